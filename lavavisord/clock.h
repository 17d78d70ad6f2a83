/*
 * The two clocks of the parent.  Delays and deadlines are on the monotonic
 * one; what is written down or compared with block times on the wall clock.
 */

#ifndef LAVAVISORD_CLOCK_H
#define LAVAVISORD_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct event;

/* CLOCK_MONOTONIC, ms */
int64_t	 clock_ms(void);

/* CLOCK_REALTIME, Unix seconds */
int64_t	 clock_s(void);

/* RFC 3339 in UTC with ms for a time in ms since 1970; returns buf */
char	*clock_text(int64_t unix_ms, char *buf, size_t);

/* CLOCK_REALTIME, ms */
int64_t	 clock_unix_ms(void);

/* Sets a timer event to go off in ms from now; a failure is fatal. */
void	 clock_timer(struct event *, int64_t ms);

#endif
