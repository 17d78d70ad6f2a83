/*
 * fork(2) for a process whose signals are libevent's.
 */

#ifndef LAVAVISORD_FORK_CHILD_H
#define LAVAVISORD_FORK_CHILD_H

#include <sys/types.h>

#include <signal.h>

/*
 * As fork(2).  The handlers of libevent write into a socket that parent and
 * child share, so a signal that reaches the child in them would be the
 * parent's, a shutdown for example: the child gets no signal before
 * all its handlers are the default ones; its mask is empty then.
 */
pid_t	 fork_child(void);

/*
 * The same around another kind of fork: fork_begin() before it, what it
 * returned is for fork_end(), which returns it again and keeps errno.
 */
void	 fork_begin(sigset_t *old);
pid_t	 fork_end(pid_t, const sigset_t *old);

/*
 * Signals the group that a child of ours, not reaped yet, leads; or the child
 * alone when it has not come to its setsid(2) yet.  0, or -1 and errno.
 */
int	 signal_child_group(pid_t, int signo);

#endif
