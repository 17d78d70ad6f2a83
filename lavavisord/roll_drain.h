/*
 * What happens before a service is stopped for another version: a wait in
 * which those who watch the events can take its clients elsewhere, or a
 * command that does it.  One that fails or hangs delays the stop by its
 * timeout and no more.
 */

#ifndef LAVAVISORD_ROLL_DRAIN_H
#define LAVAVISORD_ROLL_DRAIN_H

struct config_service;
struct event_base;
struct roll_drain;

/*
 * Begins it; done is called once, from the loop, and the drain is freed then.
 * NULL: this service has none, and done is not called.
 */
struct roll_drain *drain_begin(struct event_base *,
	    const struct config_service *, void (*done)(void *), void *);

/* Calls it off, without done; NULL is allowed. */
void	 drain_cancel(struct roll_drain *);

#endif
