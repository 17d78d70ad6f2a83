/*
 * A cgroup for each command that is to be ended with all it has forked, beside
 * those of the services (strays.h): run-N.cmd.
 */

#ifndef LAVAVISORD_RUN_CGROUP_H
#define LAVAVISORD_RUN_CGROUP_H

#include <sys/types.h>

/*
 * fork(2) into one; *place is for the others here, -1 where there is none.  The
 * child must call fork_light_keep() first.
 */
pid_t	 run_cgroup_fork(int *place);

/* Kills all that is in it.  -1 is allowed. */
void	 run_cgroup_end(int place);

/* The command is reaped: it may be taken again.  -1 is allowed. */
void	 run_cgroup_leave(int place);

#endif
