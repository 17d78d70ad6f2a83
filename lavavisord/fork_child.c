#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lavavisord/fork_child.h"

static void	default_signals(void);

pid_t
fork_child(void)
{
	sigset_t	 old;

	fork_begin(&old);
	return fork_end(fork(), &old);
}

void
fork_begin(sigset_t *old)
{
	sigset_t	 all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, old);
}

pid_t
fork_end(pid_t pid, const sigset_t *old)
{
	sigset_t	 none;
	int		 saved = errno;

	if (pid == 0) {
		default_signals();
		sigemptyset(&none);
		old = &none;
	}
	sigprocmask(SIG_SETMASK, old, NULL);
	errno = saved;
	return pid;
}

static void
default_signals(void)
{
	struct sigaction	 sa;
	int			 i;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_DFL;
	sigemptyset(&sa.sa_mask);
	for (i = 1; i < NSIG; i++)
		sigaction(i, &sa, NULL);
}

int
signal_child_group(pid_t pid, int signo)
{
	if (kill(-pid, signo) == 0)
		return 0;
	return errno == ESRCH ? kill(pid, signo) : -1;
}
