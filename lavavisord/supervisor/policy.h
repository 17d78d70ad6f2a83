/*
 * When a service is started, stopped and started again: the state machine of
 * one service.  Pure: no input or output, the clock and the dice are passed
 * in, so that every rule is a row of a table in the tests.
 *
 *	STOPPED  -- WANT up ------------------------------> STARTING
 *	STARTING -- STARTED ------------------------------> RUNNING
 *	STARTING -- START_FAILED, may not run yet --------> STOPPED
 *	STARTING -- START_FAILED, no passphrase ----------> LOCKED
 *	STARTING -- START_FAILED -------------------------> BACKOFF, FAILED
 *	BACKOFF, FAILED -- LOCK --------------------------> LOCKED
 *	RUNNING  -- WANT down, restart -------------------> STOPPING
 *	RUNNING  -- ENDED ----------> STARTING, BACKOFF, FAILED, STOPPED
 *	STOPPING -- ENDED ------------> STOPPED, or STARTING if wanted up
 *	BACKOFF, FAILED -- DUE, WANT up ------------------> STARTING
 *	BACKOFF, FAILED, LOCKED -- WANT down -------------> STOPPED
 *	LOCKED -- WANT up --------------------------------> STARTING
 *
 * A stop has three steps: the service's stop signal, after its grace TERM,
 * after POLICY_TERM_MS more KILL, which is repeated.  A service whose stop
 * signal is TERM has no second TERM.  Another stop order during a stop goes to
 * the next step at once.
 *
 * A service that ends by itself is started again at once when it is the
 * first failure and it had been up POLICY_UP_MS; after that it waits
 * backoff_ms, doubled with each failure in a row up to backoff_max_ms and up to
 * a quarter less by chance.  A run of stable_ms makes the failures forgotten.
 * With `limit` failures in a row it is FAILED and tried each retry_ms.
 */

#ifndef SUPERVISOR_POLICY_H
#define SUPERVISOR_POLICY_H

#include <stdint.h>

#include "common/message.h"

#define POLICY_UP_MS	1000	/* a run this long is restarted at once */
#define POLICY_TERM_MS	5000	/* from TERM to KILL, and KILL to KILL */
#define POLICY_DEFER_MS	1000	/* wait of a restart the host cannot afford */

enum policy_event_type {
	POLICY_WANT,		/* want, order */
	POLICY_STARTED,		/* generation, pid */
	POLICY_START_FAILED,	/* wait: as msg_service_started */
	POLICY_ENDED,		/* generation, exit_kind, exit_value */
	POLICY_LOCK,		/* it could not be started */
	POLICY_DUE		/* the clock may have reached due_ms */
};

struct policy_event {
	enum policy_event_type	 type;
	uint8_t			 want;		/* enum service_want */
	uint64_t		 order;
	uint64_t		 generation;
	int32_t			 pid;
	uint8_t			 wait;
	uint8_t			 exit_kind;	/* enum exit_kind */
	uint8_t			 exit_value;
};

/* What the parent is to be told to do; all zero is nothing. */
struct policy_orders {
	uint8_t		 start;
	uint8_t		 automatic;	/* the start is nobody's order */
	uint8_t		 signal;	/* 0 none */
};

/* A host where everything falls over must not also thrash. */
struct policy_budget {
	int64_t		 tokens;	/* thousandths of a restart */
	int64_t		 at_ms;
	int		 started;
};

/*
 * One event at now_ms (CLOCK_MONOTONIC).  Changes *state and fills *orders.
 * chance: any random number.  Events that are stale (an order or a generation
 * of the past) change nothing.
 */
void	 policy_step(const struct msg_service *, struct msg_service_state *,
	    const struct policy_event *, int64_t now_ms, uint32_t chance,
	    struct policy_orders *);

/*
 * A new supervisor was handed this state: which orders may have been lost
 * with the old one.  The parent refuses those that were not.
 */
void	 policy_resume(const struct msg_service *,
	    const struct msg_service_state *, struct policy_orders *);

/* Puts off the start that the last step ordered. */
void	 policy_defer(struct msg_service_state *, int64_t now_ms,
	    uint32_t chance, struct policy_orders *);

/*
 * Takes one automatic restart from the host's budget: 100 and two for each
 * service, refilled in a minute.  1, or 0 when there is none left.
 */
int	 policy_budget_take(struct policy_budget *, uint32_t services,
	    int64_t now_ms);

#endif
