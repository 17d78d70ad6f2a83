/*
 * How one service changes its process for one of the version that its record
 * names.  What happens in between - the drain, the stop, the start and their
 * order - is the matter of this interface alone: the roll says when, and hears
 * of it by three words.
 */

#ifndef LAVAVISORD_ROLL_SWITCH_H
#define LAVAVISORD_ROLL_SWITCH_H

#include <stdint.h>

#include "lavavisord/services.h"

struct event_base;
struct roll_switch;

enum switch_news {
	SWITCH_PREPARED,	/* its drain is over; nothing has changed */
	SWITCH_STARTED,		/* the new process runs */
	SWITCH_FAILED		/* why says; what ran may be gone */
};

/*
 * A switch of this service, to be freed by switch_free().  news is called from
 * the loop, never inside a call of ours, and may free the switch.
 */
struct roll_switch *switch_new(struct event_base *, struct service *,
	    void (*news)(void *, enum switch_news, const char *why), void *);

/* First: drains it, if its config says so and drain is 1.  PREPARED follows. */
void	 switch_prepare(struct roll_switch *, int drain);

/*
 * Then, its record being written: stops it and starts it again, or starts it
 * if it is down.  STARTED or FAILED follow unless wait is 0.
 */
void	 switch_go(struct roll_switch *, int wait);

/* What happens to the service is handed on, all of it. */
void	 switch_service_event(struct roll_switch *, enum service_event);

/* Milliseconds without a process in the last one, -1 unknown. */
int64_t	 switch_gap_ms(const struct roll_switch *);

/* Calls off what was not ordered yet; NULL is allowed. */
void	 switch_free(struct roll_switch *);

#endif
