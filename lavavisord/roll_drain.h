/*
 * What happens before a service is stopped for another version: a wait in
 * which those who watch the events can take its clients elsewhere, or a
 * command that does it.  One that fails or hangs delays the stop by its
 * timeout and no more.
 *
 * The same command brings the clients back, with LAVAVISORD_DRAIN=off in its
 * environment and not `on`: once the service is ready again, on whichever
 * version, or when it is not to be stopped after all.  The journal knows which
 * services are drained, so that a parent's death loses none of them.
 */

#ifndef LAVAVISORD_ROLL_DRAIN_H
#define LAVAVISORD_ROLL_DRAIN_H

struct event_base;
struct roll_drain;
struct semver;
struct service;

/* settled: called from the loop when drain_is_undoing() may have changed. */
void	 drain_init(struct event_base *, void (*settled)(void));

/*
 * Begins it, for this version; done is called once, from the loop, and the
 * drain is freed then.  NULL: this service has none, and done is not called.
 */
struct roll_drain *drain_begin(struct service *, const struct semver *to,
	    void (*done)(void *), void *);

/* Calls it off, without done; NULL is allowed. */
void	 drain_cancel(struct roll_drain *);

/*
 * Brings the clients back of a service that serves, if it was drained and no
 * drain of it goes on; and from the loop, of all such.  One that does not
 * serve waits for the next call.
 */
void	 drain_undo(struct service *);
void	 drain_undo_soon(void);

/* 1 while its command runs: clients may not be back yet; of any service. */
int	 drain_is_undoing(const struct service *);
int	 drain_is_undoing_any(void);

#endif
