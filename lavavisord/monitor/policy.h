/*
 * What the monitor makes of a node's answers.  Pure: clocks and randomness are
 * passed in.
 */

#ifndef MONITOR_POLICY_H
#define MONITOR_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "lavavisord/monitor/chain.h"

/* A block later than this is our clock's fault, or the node's. */
#define POLICY_FUTURE_S		30

/* Samples further apart than this are not compared. */
#define POLICY_WINDOW		10

/* The state that a node read may be apart from the height it claims */
#define POLICY_READ_BEHIND	10
#define POLICY_READ_AHEAD	100

/* The longest wait for a node that fails or says Retry-After */
#define POLICY_BACKOFF_MAX_MS	(5 * 60 * 1000)
#define POLICY_RETRY_MAX_S	3600

/*
 * Judges an answer to `status`.  highest: the greatest height this node has
 * shown, 0 none.  now_s: Unix time.  NODE_OK, or another state and why.
 */
enum node_state	 policy_status(const struct msg_monitor_setup *,
		    const struct chain_status *, int64_t highest,
		    int64_t now_s, char *why, size_t);

/*
 * Judges the height at which the params were read, given the node's own
 * height and that of the last sample accepted from it (0 none).
 */
enum node_state	 policy_params(int64_t read_at, int64_t height,
		    int64_t accepted, char *why, size_t);

/*
 * How long until the next poll, in ms: poll_ms; after the nth failure in a
 * row poll_ms doubled n-1 times up to five minutes; always with 10 % of jitter,
 * taken from `random`; never before retry_after_s (0 none, at most an hour).
 */
int64_t		 policy_wait_ms(uint32_t poll_ms, unsigned int failures,
		    int64_t retry_after_s, uint32_t random);

/* 1: this state is a failure, which backs off. */
int		 policy_failed(enum node_state);

/* What a node said last; height 0: nothing. */
struct sample {
	int64_t			 height;
	int64_t			 time_s;
	struct chain_versions	 versions;
};

/*
 * Do enough of the n samples agree with samples[which]?  Those that agree have
 * the same versions within POLICY_WINDOW blocks.  1: *out is what they
 * vouch for, at the quorum-th highest height and block time among them, so
 * that fewer than quorum nodes can push neither up.  0: not enough.
 */
int		 policy_quorum(const struct sample *, size_t n, size_t which,
		    uint32_t quorum, struct sample *out);

#endif
