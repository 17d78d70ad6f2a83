/*
 * What follows from the answers of a periodic check.  Pure: the clock is
 * passed in.
 *
 * `threshold` failures in a row make a service fail; one good answer makes it
 * well again, so one that flaps is neither reported nor restarted all the
 * time.  A restart that has not helped is repeated only after a pause: a
 * minute, doubled with each further one up to an hour; an hour after the last
 * one a good answer makes them forgotten.
 */

#ifndef LAVAVISORD_HEALTH_RULE_H
#define LAVAVISORD_HEALTH_RULE_H

#include <stdint.h>

#define HEALTH_PAUSE_MS		60000
#define HEALTH_PAUSE_MAX_MS	3600000
#define HEALTH_FORGET_MS	3600000

#define HEALTH_PROBATION_MS	5000
#define HEALTH_PROBATION_MIN_MS	500

struct health_rule {
	uint32_t	 threshold;
	int		 restart;	/* 0: only reported */
};

/* Zeroed at first; it outlives the process that it is about. */
struct health_count {
	uint32_t	 failures;	/* in a row */
	int		 failing;
	uint32_t	 restarts;	/* not forgotten yet */
	int64_t		 restart_ms;	/* of the last one */
};

enum health_verdict {
	HEALTH_SAME,		/* nothing is to be done */
	HEALTH_FAILS,		/* it fails from now on: to be reported */
	HEALTH_RESTART,		/* it is to be restarted now */
	HEALTH_WELL		/* it fails no longer */
};

/*
 * One answer, good or not.  may_restart: 0 while something else forbids it;
 * then a later failure will ask again.
 */
enum health_verdict	 health_step(const struct health_rule *,
			    struct health_count *, int good, int may_restart,
			    int64_t now_ms);

/*
 * How long to wait between two answers in a probation of so many ms: as in
 * `interval` (0: none is set, 5 s), but so that in half of the probation there
 * is time for `threshold` of them; not less than half a second.
 */
uint32_t	 health_probation_ms(uint32_t interval_ms, uint32_t threshold,
		    int64_t probation_ms);

/* The earliest time of the next restart, in ms; 0 at once. */
int64_t	 health_next_restart(const struct health_count *);

#endif
