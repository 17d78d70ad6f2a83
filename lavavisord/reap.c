#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "lavavisord/clock.h"
#include "lavavisord/reap.h"
#include "lavavisord/rooms.h"
#include "lavavisord/run_command.h"
#include "lavavisord/services.h"

/* What is left at the end of a pid 1: from TERM to KILL, and then, ms */
#define REST_TERM_MS	5000
#define REST_KILL_MS	2000

static unsigned int	rest_ends(int64_t);

void
reap_children(void (*other)(pid_t, int))
{
	siginfo_t	 si;
	pid_t		 pid;
	int		 status;

	rooms_stopped();
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
		run_command_ending(pid);
		if (waitpid(pid, &status, WNOHANG) != pid)
			return;
		if (!services_reaped(pid, status))
			other(pid, status);
	}
}

void
reap_rest(void)
{
	unsigned int	 count;

	/* No process but pid 1 may mean all others by -1. */
	if (getpid() != 1 || kill(-1, SIGTERM) == -1)
		return;
	kill(-1, SIGCONT);
	count = rest_ends(REST_TERM_MS);
	if (kill(-1, SIGKILL) == 0)
		count += rest_ends(REST_KILL_MS);
	log_info("%u process%s that services had left behind: ended", count,
	    count == 1 ? "" : "es");
}

/* Until nobody is left, or the time is over: how many were reaped */
static unsigned int
rest_ends(int64_t ms)
{
	struct timespec	 pause = { 0, 10000000 };
	int64_t		 until = clock_ms() + ms;
	unsigned int	 count = 0;

	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			count++;
		if (kill(-1, 0) == -1 || clock_ms() >= until)
			return count;
		nanosleep(&pause, NULL);
	}
}
