#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "common/room.h"
#include "compat/memory.h"
#include "lavavisord/monitor/node.h"
#include "lavavisord/monitor/policy.h"
#include "lavavisord/monitor/quorum.h"
#include "lavavisord/monitor/round.h"

/* Nodes are not all asked in the same instant: within 5 % of a poll, and */
#define SPREAD_MAX_MS	1000

static struct watch		 watch;
static struct node		 nodes[NODES_MAX];
static size_t			 nnodes;
static uint32_t			 ngroups;
static struct event		*next_round;
static uint64_t			 round_number;
static int			 concluded;	/* this round */
static int			 told_value;	/* in this round */
static struct sample		 accepted;	/* told last; no vote: none */

static void	accept_value(const struct sample *);
static void	agreement_tell(const struct tally *);
static enum agreement
		clock_look(int64_t *);
static void	conclude(void);
static void	count(uint64_t, struct tally *);
static void	node_tell(struct node *);
static void	polled(struct node *);
static void	round_begin(int);
static void	round_due(int, short, void *);
static uint8_t	does_agree(const struct node *);
static int	is_asked(const struct node *);

void
round_init(struct room *room, struct handed_pool *pool)
{
	watch.room = room;
	watch.pool = pool;
	watch.polled = polled;
	watch.headers = curl_slist_append(NULL,
	    "Content-Type: application/json");
	if (watch.headers == NULL)
		fatalx("out of memory for libcurl");
	next_round = evtimer_new(room->base, round_due, NULL);
	if (next_round == NULL)
		fatalx("out of memory for events");
}

void
round_setup(const struct msg_monitor_setup *setup)
{
	size_t	 i;

	for (i = 0; i < nnodes; i++)
		node_clear(&nodes[i]);
	nnodes = ngroups = 0;
	evtimer_del(next_round);
	watch.rules = *setup;
	if (watch.rules.quorum == 0)
		watch.rules.quorum = 1;
	watch.known.height = setup->height;
	watch.known.time_s = setup->block_time_s;
	memset(&accepted, 0, sizeof(accepted));
	concluded = 1;
}

void
round_node(const struct msg_node *m)
{
	struct node	*n;
	size_t		 i;

	if (nnodes == NODES_MAX)
		fatalx("more than %d nodes", NODES_MAX);
	for (i = 0; i < nnodes; i++)
		if (nodes[i].group == m->group)
			break;
	if (i == nnodes)
		ngroups++;
	n = &nodes[nnodes++];
	node_init(n, &watch, m);
	n->agrees = 2;
	if (n->http == NULL) {
		log_warnx("node %u: url %s", n->index, n->why);
		node_tell(n);
	}
}

void
round_now(void)
{
	size_t	 i;

	for (i = 0; i < nnodes; i++) {
		if (is_asked(&nodes[i]))
			nodes[i].again = 1;
		else if (nodes[i].retry_after_s <= 0)
			nodes[i].not_before_ms = 0;
	}
	/* Who asks wants to hear of the new round. */
	concluded = 1;
	round_begin(0);
}

static int
is_asked(const struct node *n)
{
	return n->step == STEP_STATUS || n->step == STEP_PARAMS;
}

void
round_dialed(uint32_t id, int fd, const struct msg_dialed *m)
{
	size_t	 i;

	for (i = 0; i < nnodes; i++)
		if (id != 0 && nodes[i].dial_id == id) {
			node_dialed(&nodes[i], fd, m);
			return;
		}
	/* It came too late. */
	if (fd != -1)
		close(fd);
}

static void
round_due(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	round_begin(1);
}

static void
round_begin(int spread)
{
	struct timeval	 tv;
	struct node	*n;
	int64_t		 ms, now = room_now_ms();
	uint32_t	 most = 0;
	size_t		 i;

	if (!concluded)
		conclude();
	round_number++;
	concluded = told_value = 0;
	if (spread && nnodes > 1)
		most = watch.rules.poll_ms / 20;
	if (most > SPREAD_MAX_MS)
		most = SPREAD_MAX_MS;
	for (i = 0; i < nnodes; i++) {
		n = &nodes[i];
		if (n->http == NULL || is_asked(n) || now < n->not_before_ms)
			continue;
		node_poll(n, most == 0 ? 0 : arc4random_uniform(most));
	}
	ms = policy_round_ms(watch.rules.poll_ms, arc4random());
	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	if (evtimer_add(next_round, &tv) == -1)
		fatalx("out of memory for events");
}

/* One node is done: with a majority the rest cannot contradict it. */
static void
polled(struct node *n)
{
	struct tally	 tally;
	int64_t		 wait;
	size_t		 i;

	if (n->state == NODE_OK)
		n->sample_round = round_number;
	wait = policy_backoff_ms(watch.rules.poll_ms, n->failures,
	    n->retry_after_s);
	n->not_before_ms = wait > 0 ? room_now_ms() + wait : 0;

	if (2 * watch.rules.quorum > ngroups && n->state == NODE_OK) {
		count(round_number, &tally);
		if (tally.state == AGREEMENT_YES &&
		    (!told_value || !same_value(&tally.found, &accepted)))
			accept_value(&tally.found);
	}
	node_tell(n);
	if (n->again && n->retry_after_s <= 0) {
		n->again = 0;
		node_poll(n, 0);
	}
	for (i = 0; i < nnodes; i++)
		if (nodes[i].step != STEP_IDLE)
			return;
	if (!concluded)
		conclude();
	memory_drop_text();
}

/* Counts what was said in this round and since that one. */
static void
count(uint64_t since, struct tally *tally)
{
	struct sample	 samples[NODES_MAX];
	size_t		 i;

	for (i = 0; i < nnodes; i++) {
		samples[i] = nodes[i].sample;
		if (nodes[i].sample_round < since)
			samples[i].vote = 0;
	}
	quorum_count(samples, nnodes, watch.rules.quorum, tally);
}

/*
 * The end of a round.  What was said in the one before still counts, for a
 * node that is only silent for a moment.
 */
static void
conclude(void)
{
	struct tally	 tally;
	size_t		 i;

	concluded = 1;
	if (nnodes == 0)
		return;
	count(round_number - 1, &tally);
	if (tally.state == AGREEMENT_YES && !told_value)
		accept_value(&tally.found);
	agreement_tell(&tally);
	for (i = 0; i < nnodes; i++)
		if (nodes[i].state != NODE_UNKNOWN &&
		    nodes[i].agrees != does_agree(&nodes[i]))
			node_tell(&nodes[i]);
}

static void
accept_value(const struct sample *found)
{
	struct msg_versions		 m;
	const struct chain_versions	*v = &found->versions;

	/* Balanced nodes may lag a little; what is known stays. */
	if ((uint64_t)found->height < watch.known.height ||
	    found->time_s < watch.known.time_s)
		return;
	watch.known.height = (uint64_t)found->height;
	watch.known.time_s = found->time_s;
	accepted = *found;
	told_value = 1;
	if (watch.rules.chain_id[0] == '\0') {
		strlcpy(watch.rules.chain_id, found->network,
		    sizeof(watch.rules.chain_id));
		log_info("chain id is %s, as the nodes say",
		    watch.rules.chain_id);
	}
	memset(&m, 0, sizeof(m));
	m.height = (uint64_t)found->height;
	m.block_time_s = found->time_s;
	m.proof = watch.rules.quorum > 1 ? PROOF_QUORUM : PROOF_NONE;
	strlcpy(m.chain_id, found->network, sizeof(m.chain_id));
	strlcpy(m.provider_target, v->provider_target,
	    sizeof(m.provider_target));
	strlcpy(m.provider_min, v->provider_min, sizeof(m.provider_min));
	strlcpy(m.consumer_target, v->consumer_target,
	    sizeof(m.consumer_target));
	strlcpy(m.consumer_min, v->consumer_min, sizeof(m.consumer_min));
	room_send(watch.room, MSG_VERSIONS, 0, -1, &m);
}

static void
agreement_tell(const struct tally *tally)
{
	struct msg_agreement	 m;
	enum agreement		 clock;
	int64_t			 off_s;

	memset(&m, 0, sizeof(m));
	m.groups = ngroups;
	m.quorum = watch.rules.quorum;
	m.voting = tally->voting;
	m.agree = tally->agree;
	m.state = tally->state;
	clock = clock_look(&off_s);
	if (m.state != AGREEMENT_YES && clock != AGREEMENT_UNKNOWN)
		m.state = clock;
	else if (m.state == AGREEMENT_UNKNOWN)
		m.state = AGREEMENT_FEW;
	policy_agreement(&m, off_s, m.text, sizeof(m.text));
	room_send(watch.room, MSG_AGREEMENT, 0, -1, &m);
}

static enum agreement
clock_look(int64_t *off_s)
{
	struct clock_view	 views[NODES_MAX];
	const struct node	*n;
	size_t			 i;

	for (i = 0; i < nnodes; i++) {
		n = &nodes[i];
		views[i].group = n->group;
		/* What it said last, however long it is left alone now */
		views[i].known = n->status.height != 0 &&
		    !n->status.catching_up && n->state != NODE_WRONG_CHAIN;
		views[i].age_s = n->age_s;
	}
	return quorum_clock(views, nnodes, watch.rules.quorum,
	    watch.rules.max_block_age_s, off_s);
}

static uint8_t
does_agree(const struct node *n)
{
	if (!n->sample.vote || n->sample_round + 1 < round_number ||
	    !accepted.vote)
		return 2;
	return same_value(&n->sample, &accepted) ? 1 : 0;
}

static void
node_tell(struct node *n)
{
	const struct chain_versions	*v = &n->sample.versions;
	struct msg_node_state		 m;
	char				 text[TEXT_SIZE];

	memset(&m, 0, sizeof(m));
	m.index = n->index;
	m.state = n->state;
	m.height = (uint64_t)(n->status.height != 0 ? n->status.height :
	    n->sample.height);
	m.age_s = -1;
	if (n->status.height != 0)
		m.age_s = n->age_s < 0 ? 0 : n->age_s;
	m.latency_ms = n->latency_ms;
	m.agrees = n->agrees = does_agree(n);
	strlcpy(m.chain_id, n->status.network, sizeof(m.chain_id));
	strlcpy(text, n->why, sizeof(text));
	if (n->state == NODE_OK && n->agrees == 0 &&
	    strcmp(n->sample.network, accepted.network) != 0)
		snprintf(text, sizeof(text), "is on chain %s, unlike the "
		    "quorum", n->sample.network);
	else if (n->state == NODE_OK && n->agrees == 0)
		snprintf(text, sizeof(text), "says providers %s (min %s), "
		    "consumers %s (min %s), unlike the quorum",
		    v->provider_target, v->provider_min, v->consumer_target,
		    v->consumer_min);
	log_clean(m.error, sizeof(m.error), text);
	room_send(watch.room, MSG_NODE_STATE, 0, -1, &m);
}
