/*
 * What a service leaves behind when its process ends: children in its group or
 * session, and, as root where there are control groups (Linux), daemons that
 * have left both.  All of it is ended before the next start.  What
 * is not surely the service's is never touched.
 *
 * The cgroups are lavavisord-DEV-INODE.d/NAME.d in the daemon's own, after the
 * state directory: the next lavavisord finds them again.
 */

#ifndef LAVAVISORD_STRAYS_H
#define LAVAVISORD_STRAYS_H

#include <sys/types.h>

#include <stdint.h>

struct service;

/* Before anything is adopted.  dir: the state directory. */
void	 strays_init(int dir, int privileged);

/* The directory of the cgroups, -1 where there are none; not the caller's */
int	 strays_base(void);

/* fork(2) into the cgroup of the service, as far as there is one. */
pid_t	 strays_fork(struct service *);

/* 1: this process is in its cgroup now; 0 also where there is none. */
int	 strays_has(const struct service *, pid_t);

/* It was found running: sets what must be known of it at its end. */
void	 strays_adopted(struct service *);

/* It was not found running: ends what an earlier run of it has left. */
void	 strays_unwatched(struct service *, pid_t leader, uint64_t start);

/* One that no config names was ended: the same for its session. */
void	 strays_unknown(const char *name, pid_t leader, uid_t,
	    uint64_t start);

/* Of services that no config names: ends what is left, forgets them. */
void	 strays_sweep(void);

/*
 * Its leader is a zombie of ours.  One look at all processes, if any is
 * needed, serves all services that have ended by then.
 */
void	 strays_ending(struct service *);

/* Its adopted leader has ended. */
void	 strays_lost(struct service *);

/* It is in no config any more, and stopped. */
void	 strays_forget(struct service *);

/* All are stopped, and the daemon is about to leave. */
void	 strays_leave(void);

#endif
