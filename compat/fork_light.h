/*
 * fork(2) for a parent that has thousands of descriptors open.  To copy its
 * table, and to close the copies again, costs more than all the rest of a
 * start.  On Linux the child is born with the parent's table instead and leaves
 * it for one of its own with the few that it keeps (clone(2), CLONE_FILES;
 * close_range(2), CLOSE_RANGE_UNSHARE).  Elsewhere it is fork(2).
 */

#ifndef COMPAT_FORK_LIGHT_H
#define COMPAT_FORK_LIGHT_H

#include <sys/types.h>

/*
 * As fork(2).  The child must call fork_light_keep() before it does anything
 * with descriptors, and the parent may neither close nor replace what the child
 * needs.  cgroup: a directory of a cgroup2 for the child to be born in, -1 for
 * the parent's own.
 */
pid_t	 fork_light(int cgroup);

/*
 * 1: from now on, until 0, a child is born with a copy of the table, and what
 * the parent does with its descriptors is nothing to it.
 */
void	 fork_light_copy(int);

/*
 * In the child: a table of its own, with 0, 1, 2 and `keep` (above 2) in it
 * and nothing else.  0, or -1 with errno: then it must end.
 */
int	 fork_light_keep(int keep);

#endif
