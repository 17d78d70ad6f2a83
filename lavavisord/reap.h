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

#endif
