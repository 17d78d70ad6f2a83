/*
 * Which service a roll moves next, and when: pure, the clock is passed in.
 *
 * Canaries (`canary: true`) go first, one after the other, each through the
 * whole of its soak; without one, the first service of the config is the
 * canary.  The others follow in the order of the config, at most
 * max-unavailable on their way at once, with a pause after each that has
 * become ready.  A service that was not ready before is moved in its turn,
 * and nothing waits for it; one that may still become ready comes last, and
 * has its ready-timeout for it.
 */

#ifndef LAVAVISORD_ROLL_ORDER_H
#define LAVAVISORD_ROLL_ORDER_H

#include <stddef.h>
#include <stdint.h>

enum roll_place {
	ROLL_UNMOVED,
	ROLL_UNDECIDED,		/* unmoved; it may still become ready */
	ROLL_MOVING,		/* on its way: may be down */
	ROLL_SOAKING,		/* ready on the new version, watched */
	ROLL_MOVED,		/* nothing is waited for any more */
	ROLL_GOING_BACK,
	ROLL_BACK
};

struct roll_fact {
	enum roll_place	 place;
	int		 canary;
	int		 votes;		/* once moved: it was ready before */
};

struct roll_rules {
	uint32_t	 max_unavailable;	/* 0 counts as 1 */
	uint32_t	 pause_ms;
	int64_t		 ready_ms;	/* when the last one was; 0 never */
};

enum roll_next {
	ROLL_NEXT_MOVE,		/* the service of index */
	ROLL_NEXT_WAIT,		/* for what is on its way or soaks */
	ROLL_NEXT_PAUSE,	/* look again in wait_ms */
	ROLL_NEXT_LOOK,		/* whether the one of index has a vote */
	ROLL_NEXT_NONE		/* none is left to move, none on its way */
};

struct roll_answer {
	enum roll_next	 next;
	size_t		 index;		/* of facts */
	int64_t		 wait_ms;
};

/* facts: all services that this roll moves or has moved, in their order. */
void	 roll_order_next(const struct roll_fact *, size_t,
	    const struct roll_rules *, int64_t now_ms, struct roll_answer *);

/*
 * Which one goes back next: one that is down before one that is not ready yet,
 * and that before one that serves, else in their order.  facts: as above;
 * MOVING is one that is down, SOAKING one that is not ready.  Returns
 * ROLL_NEXT_MOVE, _WAIT (one at a time) or _NONE.
 */
void	 roll_order_back(const struct roll_fact *, size_t,
	    struct roll_answer *);

#endif
