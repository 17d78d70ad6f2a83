/*
 * A service in its probation on another version is not only to stay up but to
 * stay ready: its `health:` is asked again and again, or without one, or when
 * that failed before already, its `ready:`; one by log or notify, or none, can
 * not be asked again, so nothing is.  How often, and what follows, is in
 * health_rule.h.
 */

#ifndef LAVAVISORD_PROBATION_H
#define LAVAVISORD_PROBATION_H

#include <stdint.h>

#include "lavavisord/services.h"

struct event_base;
struct probation;

enum probation_news {
	PROBATION_GOOD,		/* it is as it should be */
	PROBATION_FLAPS,	/* it failed, but not that often in a row */
	PROBATION_FAILED,	/* it failed for good; nothing more is asked */
	PROBATION_UNKNOWN	/* it could not be asked: we lacked something */
};

/*
 * Begins to ask a service, which has a config and runs, for a probation of so
 * many ms.  told is called from the loop for each answer; why is "" or one
 * line, valid during the call.  NULL: there is nothing to ask.
 */
struct probation	*probation_begin(struct event_base *,
			    struct service *, int64_t ms,
			    void (*told)(enum probation_news,
			    const char *why, void *), void *arg);

/*
 * 1 when the last answer was a failure or one is being waited for: what is told
 * next decides.
 */
int	 probation_is_open(const struct probation *);

/* Nothing more is asked or told.  NULL is allowed. */
void	 probation_end(struct probation *);

#endif
