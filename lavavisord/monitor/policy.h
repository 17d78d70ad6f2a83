/*
 * What the monitor makes of a node's answers.  Pure: clocks and randomness are
 * passed in.
 */

#ifndef MONITOR_POLICY_H
#define MONITOR_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "lavavisord/chain_height.h"
#include "lavavisord/monitor/chain.h"

/* The state that a node read may be apart from the height it claims */
#define POLICY_READ_BEHIND	10
#define POLICY_READ_AHEAD	100

/* A node may lag so far behind what was agreed on, blocks */
#define POLICY_LAG		10

/* The longest wait for a node that fails or says Retry-After */
#define POLICY_BACKOFF_MAX_MS	(5 * 60 * 1000)
#define POLICY_RETRY_MAX_S	3600

/*
 * Judges an answer to `status`.  known: what a quorum vouched for last.
 * now_s: Unix time.  NODE_OK, or another state and why.
 */
enum node_state	 policy_status(const struct msg_monitor_setup *,
		    const struct chain_status *, const struct chain_height *,
		    int64_t now_s, char *why, size_t);

/*
 * Judges the height at which the params were read, given the node's own
 * height; the rest as above.
 */
enum node_state	 policy_params(int64_t read_at, int64_t height,
		    const struct chain_height *, int64_t now_s, char *why,
		    size_t);

/* How long until the next round of polls, ms: poll_ms, 5 % more or less. */
int64_t		 policy_round_ms(uint32_t poll_ms, uint32_t random);

/*
 * How long a node is left alone, in ms.  0: until the next round.  After the
 * second failure in a row poll_ms is doubled, and so on up to five minutes,
 * less half a round, as rounds do not come to the ms; and never less than
 * retry_after_s (0 none, at most an hour).
 */
int64_t		 policy_backoff_ms(uint32_t poll_ms, unsigned int failures,
		    int64_t retry_after_s);

/* 1: this state is a failure, which backs off. */
int		 policy_failed(enum node_state);

/* One line of what is amiss, "" for YES.  off_s as of quorum_clock(). */
void		 policy_agreement(const struct msg_agreement *,
		    int64_t off_s, char *text, size_t);

#endif
