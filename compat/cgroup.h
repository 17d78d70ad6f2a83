/*
 * Control groups (cgroups(7), version 2) as a place that a process and all it
 * forks cannot leave.  One directory for the daemon, the base, in the cgroup
 * where it runs itself; in it one per service.  Where there are none (OpenBSD)
 * everything fails with ENOSYS.
 *
 * base is a descriptor of the base, name one safe file name below it.
 * Failures are -1 and errno.
 */

#ifndef COMPAT_CGROUP_H
#define COMPAT_CGROUP_H

#include <sys/types.h>

/*
 * Finds where cgroup2 is mounted and our own place in it, makes the base there
 * and opens it, close-on-exec.  ENOENT: there is no such mount, or our place is
 * not within it.
 */
int	 cgroup_base_open(const char *base_name);

/*
 * The base that holds a process: its cgroup must be BASE_NAME/NAME, wherever
 * that is.  A descriptor of the caller's; ENOENT when it is in another one.
 */
int	 cgroup_base_of(pid_t, const char *base_name, const char *name);

/* Removes an empty base, by the name it was opened with. */
int	 cgroup_base_remove(int base, const char *base_name);

/* Calls back with each name in the base; the callback may remove it. */
int	 cgroup_each(int base, void (*)(const char *name, void *), void *);

/*
 * Makes it anew, as it must be for a child to be born in it.  1, or 0 when one
 * that is in use is there, or none can be made.
 */
int	 cgroup_renew(int base, const char *name);

/*
 * fork(2), and the child is in the cgroup, which is made when there is none.
 * *error is 0 then.  When only that failed the child is where we are, and
 * *error says why.  fresh: cgroup_end() was never called for it since it was
 * made; then the child can be born in it, which is faster.  The child must call
 * fork_light_keep() first.
 */
pid_t	 cgroup_fork(int base, const char *name, int fresh, int *error);

/* 1 some process lives in it or below, 0 none or no such cgroup. */
int	 cgroup_populated(int base, const char *name);

/*
 * Ends by SIGKILL all that is in it and below, what is being forked as well;
 * they may still be dying on return.  *count: how many there were in it.
 */
int	 cgroup_end(int base, const char *name, unsigned int *count);

/* Until it is empty, at most that long; 0, or -1 with ETIMEDOUT. */
int	 cgroup_wait(int base, const char *name, int timeout_ms);

/* Removes it when it is empty; one that is not there is no failure. */
int	 cgroup_remove(int base, const char *name);

#endif
