#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "common/log.h"
#include "lavavisord/reap.h"
#include "lavavisord/rooms.h"
#include "lavavisord/services.h"

void
reap_children(void (*other)(pid_t, int))
{
	siginfo_t	 si;
	pid_t		 pid;
	int		 status;

	for (;;) {
		memset(&si, 0, sizeof(si));
		if (waitid(P_ALL, 0, &si, WSTOPPED | WNOHANG) == -1 ||
		    si.si_pid == 0)
			break;
		rooms_stopped(si.si_pid);
	}
	for (;;) {
		memset(&si, 0, sizeof(si));
		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == -1) {
			if (errno == EINTR)
				continue;
			return;
		}
		if ((pid = si.si_pid) == 0)
			return;
		services_ending(pid);
		rooms_ending(pid);
		if (waitpid(pid, &status, WNOHANG) != pid)
			return;
		if (!services_reaped(pid, status))
			other(pid, status);
	}
}
