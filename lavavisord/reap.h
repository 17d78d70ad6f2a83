/*
 * The children that have ended.
 */

#ifndef LAVAVISORD_REAP_H
#define LAVAVISORD_REAP_H

#include <sys/types.h>

/*
 * Reaps every child that has ended.  Of a service the rest of its group is
 * ended first, while the leader's pid cannot be anybody else's.  Others are
 * handed to `other`.
 */
void	 reap_children(void (*other)(pid_t, int status));

/*
 * As pid 1, whose end the kernel makes that of all processes of its namespace:
 * gives those that are left, orphans of services, TERM and five seconds, then
 * KILL.  The last thing before the exit, as it blocks.  Does nothing in a
 * process that is not pid 1.
 */
void	 reap_rest(void);

#endif
