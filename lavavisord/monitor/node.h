/*
 * One node and its poll: `status`, then the protocol params, over a kept
 * connection, and what is made of the answers.
 */

#ifndef MONITOR_NODE_H
#define MONITOR_NODE_H

#include <stdint.h>

#include "common/message.h"
#include "lavavisord/chain_height.h"
#include "lavavisord/monitor/body.h"
#include "lavavisord/monitor/chain.h"
#include "lavavisord/monitor/quorum.h"

struct curl_slist;
struct event;
struct handed;
struct handed_pool;
struct node;
struct room;

/* What all nodes share; round.c's. */
struct watch {
	struct room			*room;
	struct handed_pool		*pool;
	struct curl_slist		*headers;
	struct msg_monitor_setup	 rules;
	struct chain_height		 known;	/* a quorum vouched for */
	uint32_t			 last_dial_id;
	/* A poll has ended; may start the next. */
	void				(*polled)(struct node *);
};

enum step {
	STEP_IDLE,
	STEP_DELAY,			/* it is about to be asked */
	STEP_STATUS,
	STEP_PARAMS
};

struct node {
	struct watch		*watch;
	uint32_t		 index;		/* as the parent counts */
	uint32_t		 group;
	struct handed		*http;		/* NULL: its URL is no good */
	struct event		*delay;
	struct event		*deadline;	/* of the request */
	enum step		 step;
	int64_t			 request_id;
	int64_t			 started_ms;	/* the request */
	uint32_t		 dial_id;	/* 0 none */
	struct body		 body;
	char			 request[CHAIN_REQUEST_SIZE];

	/* The outcome of the last poll */
	enum node_state		 state;
	char			 why[TEXT_SIZE];	/* "" when it is ok */
	struct chain_status	 status;	/* height 0: did not say */
	int64_t			 age_s;	/* of that block then, may be < 0 */
	int64_t			 latency_ms;	/* of `status`, -1 unknown */
	int64_t			 retry_after_s;
	unsigned int		 failures;	/* in a row */
	/* Stays while the node is only silent; round.c says how long */
	struct sample		 sample;

	/* round.c's */
	int			 again;		/* poll once more at once */
	int64_t			 not_before_ms;
	uint64_t		 sample_round;
	uint8_t			 agrees;	/* as told */
};

/*
 * Makes *n, which must not move.  A URL that cannot be used makes it
 * NODE_UNREACHABLE with why, and http NULL: it must not be polled then.
 */
void	 node_init(struct node *n, struct watch *, const struct msg_node *);
void	 node_clear(struct node *);

/* Asks an idle node in delay_ms; `polled` is called when it is over. */
void	 node_poll(struct node *, int64_t delay_ms);

/* The dialer's answer; fd (or -1) is taken. */
void	 node_dialed(struct node *, int fd, const struct msg_dialed *);

#endif
