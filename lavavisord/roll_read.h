/*
 * Reads a lavap in before it is needed, so that no service waits for the disk
 * between its stop and its start.  A child does it, as the parent must not.
 */

#ifndef LAVAVISORD_ROLL_READ_H
#define LAVAVISORD_ROLL_READ_H

#include <sys/types.h>

#include "common/semver.h"

struct event_base;

/* done: called from the loop whenever a reading has ended, well or not. */
void	 roll_read_init(struct event_base *, void (*done)(void));

/*
 * 1 if this version was read in since roll_read_forget(), or cannot be; else 0
 * and done is called once it was.
 */
int	 roll_read_in(const struct semver *);

/* The roll is over: the next one reads again.  Ends what is going on. */
void	 roll_read_forget(void);

/* A child was reaped: 1 if it was ours. */
int	 roll_read_reaped(pid_t, int status);

#endif
