/*
 * How one service changes its process for one of the version that its record
 * names.  What happens in between - the drain, the stop, the start and their
 * order, and what is kept for the clients meanwhile - is the matter of this
 * interface alone: the roll says when, and hears of it by three words.
 *
 * A way without a gap goes in behind it: the same switch goes there and, when
 * that fails, back, so what it holds (listening sockets, say) lasts from
 * prepare to ready whatever version comes up; a process that starts before
 * the old one stops is STARTED when it is there, and settles after it is ready.
 */

#ifndef LAVAVISORD_ROLL_SWITCH_H
#define LAVAVISORD_ROLL_SWITCH_H

#include <stdint.h>

#include "common/semver.h"
#include "lavavisord/services.h"

struct event_base;
struct roll_switch;

enum switch_news {
	SWITCH_PREPARED,	/* its drain is over; nothing has changed */
	SWITCH_STARTED,		/* the new process runs */
	SWITCH_FAILED		/* why says; what ran may be gone */
};

/*
 * Before all others.  settled: called from the loop when switch_is_settling()
 * may have changed.
 */
void	 switch_init(struct event_base *, void (*settled)(void));

/*
 * A switch of this service, to be freed by switch_free().  news is called from
 * the loop, never inside a call of ours, and may free the switch.
 */
struct roll_switch *switch_new(struct event_base *, struct service *,
	    void (*news)(void *, enum switch_news, const char *why), void *);

/*
 * First: drains it for this version, if its config says so and drain is 1.
 * PREPARED follows.  Once more with 0: what goes on is cut short.
 */
void	 switch_prepare(struct roll_switch *, const struct semver *to,
	    int drain);

/*
 * Then, its record being written: stops it and starts it again, or starts it
 * if it is down.  STARTED or FAILED follow unless wait is 0; then nothing is
 * kept for it either.
 */
void	 switch_go(struct roll_switch *, int wait);

/* What happens to the service is handed on, all of it. */
void	 switch_service_event(struct roll_switch *, enum service_event);

/*
 * It is ready, in a roll or not: what was done and kept for its switch is
 * undone, by a parent before us too.
 */
void	 switch_service_ready(struct service *);

/*
 * 1 while that goes on, and its clients may not be back yet; of this service,
 * or of any.
 */
int	 switch_is_settling(const struct service *);
int	 switch_is_settling_any(void);

/* Milliseconds without a process in the last one, -1 unknown. */
int64_t	 switch_gap_ms(const struct roll_switch *);

/*
 * The operator took it, or it is given up: nothing more is told of it, and
 * nothing is kept for it.
 */
void	 switch_end(struct roll_switch *);

/* The same, and calls off what was not ordered yet; NULL is allowed. */
void	 switch_free(struct roll_switch *);

#endif
