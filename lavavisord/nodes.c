#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/ca_bundle.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/decide.h"
#include "lavavisord/decision.h"
#include "lavavisord/dial.h"
#include "lavavisord/events.h"
#include "lavavisord/explain.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/nodes.h"
#include "lavavisord/rooms.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_orders.h"
#include "lavavisord/upgrade_prepare.h"

/* How long one request to a node may take, ms */
#define REQUEST_TIMEOUT_MS	5000

/* So many lines of one kind about one node, or about all, in so long */
#define LINES_MAX	3
#define LINES_MS	(10 * 60 * 1000)

/* Keeps what flaps from filling the log. */
struct talk {
	int64_t		 since_ms;	/* the window began; 0 never */
	unsigned int	 lines;		/* in it */
};

static const struct config	*conf;
static struct msg_node_state	*states;	/* conf->nodes_count of them */
static struct talk		(*talks)[NODE_STATES];	/* as many */
static size_t			 nstates;
static struct msg_agreement	 agreement;
static struct talk		 agreement_talks[AGREEMENTS];
static void			(*sampled)(const struct msg_versions *);

static void	agreement_heard(const struct msg_agreement *);
static const char *chain_id(void);
static const char *may_talk(struct talk *);
static int	news(const struct msg_node_state *,
		    const struct msg_node_state *);
static int	same_but_numbers(const char *, const char *);
static void	versions_heard(struct msg_versions *);
static void	warn_of_trust(const struct config *);
static void	monitor_dispatch(struct channel *, struct imsg *);
static void	monitor_gone(const char *);
static void	monitor_ready(struct channel *);
static void	node_heard(const struct msg_node_state *);
static void	node_url(const struct config_node *, char *, size_t);

void
nodes_init(void (*f)(const struct msg_versions *))
{
	static const struct room_user	 user = {
		monitor_ready, monitor_dispatch, monitor_gone
	};

	sampled = f;
	rooms_use(ROOM_MONITOR, &user);
	rooms_keep(ROOM_MONITOR);
}

void
nodes_use(const struct config *c)
{
	struct channel	*ch;
	size_t		 i;

	conf = c;
	free(states);
	free(talks);
	nstates = c->nodes_count;
	states = calloc(nstates ? nstates : 1, sizeof(*states));
	talks = calloc(nstates ? nstates : 1, sizeof(*talks));
	if (states == NULL || talks == NULL)
		fatal("calloc");
	for (i = 0; i < nstates; i++) {
		states[i].index = (uint32_t)i;
		states[i].age_s = states[i].latency_ms = -1;
		states[i].agrees = 2;
	}
	memset(&agreement, 0, sizeof(agreement));
	if (c->nodes_default)
		log_info("no nodes are configured: %s is asked",
		    c->nodes[0].url);
	if (chain_id() == env.journal.chain_id && *chain_id() != '\0')
		log_info("no chain-id is configured: %s, as remembered (until "
		    "lavavisorctl nodes forget)", chain_id());
	warn_of_trust(c);
	if ((ch = rooms_channel(ROOM_MONITOR)) != NULL)
		monitor_ready(ch);
}

static void
warn_of_trust(const struct config *c)
{
	if (c->groups_count == 1)
		log_warnx("the nodes of one operator alone are believed: with "
		    "nodes of more operators and a quorum one that lies "
		    "changes nothing");
	else if (c->quorum == 1)
		log_warnx("quorum: 1: each of %u operators is believed, the "
		    "default of %u would be safer", c->groups_count,
		    c->groups_count / 2 + 1);
}

void
nodes_rename(const struct config *c)
{
	conf = c;
}

static void
monitor_ready(struct channel *ch)
{
	struct msg_monitor_setup	 setup;
	struct msg_node			 node;
	char				 error[TEXT_SIZE];
	size_t				 i;
	int				 fd;

	if (conf == NULL)
		return;
	if ((fd = ca_bundle_open(conf->ca_file, error, sizeof(error))) != -1)
		channel_send(ch, MSG_CA, 0, fd, NULL);
	else
		log_warnx("%s", error);
	memset(&setup, 0, sizeof(setup));
	strlcpy(setup.chain_id, chain_id(), sizeof(setup.chain_id));
	setup.poll_ms = conf->poll_ms;
	setup.timeout_ms = REQUEST_TIMEOUT_MS;
	setup.max_block_age_s = conf->max_block_age_ms / 1000;
	setup.quorum = conf->quorum;
	if (strcmp(env.journal.chain_id, chain_id()) == 0) {
		setup.height = env.journal.chain.height;
		setup.block_time_s = env.journal.chain.block_time_s;
	}
	channel_send(ch, MSG_MONITOR_SETUP, 0, -1, &setup);
	for (i = 0; i < conf->nodes_count; i++) {
		memset(&node, 0, sizeof(node));
		node.index = (uint32_t)i;
		node.group = conf->nodes[i].group;
		node_url(&conf->nodes[i], node.url, sizeof(node.url));
		strlcpy(node.operator_name, conf->nodes[i].operator_name,
		    sizeof(node.operator_name));
		channel_send(ch, MSG_NODE, 0, -1, &node);
	}
	channel_send(ch, MSG_NODES_END, 0, -1, NULL);
}

/*
 * As it was understood, with the port: "tcp://" is how CometBFT writes HTTP,
 * with another default.  A URL that grows too long stays as it is.
 */
static void
node_url(const struct config_node *n, char *to, size_t size)
{
	const struct url	*u = &n->parsed;
	int			 len, six = u->kind == URL_IPV6;

	len = snprintf(to, size, "%s://%s%s%s:%u%s",
	    u->scheme == URL_HTTPS ? "https" : "http", six ? "[" : "",
	    u->host, six ? "]" : "", u->port, u->path);
	if (len < 0 || (size_t)len >= size)
		strlcpy(to, n->url, size);
}

static void
monitor_gone(const char *why)
{
	size_t	 i;

	(void)why;
	dial_forget_room(ROOM_MONITOR);
	for (i = 0; i < nstates; i++)
		states[i].state = NODE_UNKNOWN;
	memset(&agreement, 0, sizeof(agreement));
}

static void
monitor_dispatch(struct channel *ch, struct imsg *imsg)
{
	struct msg_node_state	 state;
	struct msg_versions	 versions;
	struct msg_agreement	 now;

	switch (imsg_get_type(imsg)) {
	case MSG_DIAL:
		dial_for_room(ROOM_MONITOR, ch, imsg);
		return;
	case MSG_NODE_STATE:
		if (channel_read(ch, imsg, MSG_NODE_STATE, &state,
		    sizeof(state)) == -1)
			break;
		node_heard(&state);
		return;
	case MSG_VERSIONS:
		if (channel_read(ch, imsg, MSG_VERSIONS, &versions,
		    sizeof(versions)) == -1)
			break;
		versions_heard(&versions);
		return;
	case MSG_AGREEMENT:
		if (channel_read(ch, imsg, MSG_AGREEMENT, &now,
		    sizeof(now)) == -1)
			break;
		agreement_heard(&now);
		return;
	default:
		log_warnx("monitor: unexpected %s message",
		    message_name(imsg_get_type(imsg)));
		break;
	}
	rooms_kill(ROOM_MONITOR);
}

/* Of the config, else the one that a quorum said first */
static const char *
chain_id(void)
{
	return conf->chain_id[0] != '\0' ? conf->chain_id :
	    env.journal.chain_id;
}

static void
versions_heard(struct msg_versions *m)
{
	if (conf->chain_id[0] != '\0' &&
	    strcmp(conf->chain_id, m->chain_id) != 0)
		return;		/* of the config before a reload */
	journal_set_chain_id(&env.journal, m->chain_id);
	sampled(m);
}

static void
agreement_heard(const struct msg_agreement *m)
{
	const char	*last;
	int		 changed = m->state != agreement.state;

	agreement = *m;
	if (changed && m->state == AGREEMENT_CLOCK_SLOW) {
		/* Nothing is decided by a clock that is wrong. */
		decision_chain_seen(0);
		upgrade_consider();
	}
	/* Who waits for a sample waits in vain. */
	if (m->state != AGREEMENT_YES) {
		explain_sampled();
		orders_sampled();
		prepare_no_sample(m->text);
	}
	if (!changed)
		return;
	event_tell("chain", json_pack("{s:s, s:s}", "state",
	    agreement_name(m->state), "text", m->text));
	if ((last = may_talk(&agreement_talks[m->state])) == NULL)
		return;
	if (m->state == AGREEMENT_YES)
		log_info("chain: %u of %u operators agree%s", m->agree,
		    m->groups, last);
	else
		log_warnx("chain: %s%s", m->text, last);
}

/* NULL when enough was said; else what to add to the line */
static const char *
may_talk(struct talk *t)
{
	int64_t	 now = clock_ms();

	if (t->lines == 0 || now - t->since_ms > LINES_MS) {
		t->since_ms = now;
		t->lines = 0;
	}
	if (t->lines >= LINES_MAX)
		return NULL;
	return ++t->lines == LINES_MAX ? " (changes often: no more of it "
	    "for ten minutes)" : "";
}

/* "10 s old" and "25 s old" are no news. */
static int
same_but_numbers(const char *a, const char *b)
{
	static const char	 digits[] = "0123456789";

	for (;;) {
		a += strspn(a, digits);
		b += strspn(b, digits);
		if (*a != *b)
			return 0;
		if (*a == '\0')
			return 1;
		a++;
		b++;
	}
}

static int
news(const struct msg_node_state *old, const struct msg_node_state *m)
{
	return old->state != m->state ||
	    !same_but_numbers(old->error, m->error) ||
	    (old->agrees != m->agrees && m->agrees == 0);
}

static void
node_heard(const struct msg_node_state *m)
{
	struct msg_node_state	*old;
	const char		*last, *url;

	if (m->index >= nstates)
		return;		/* of the config before a reload */
	old = &states[m->index];
	url = conf->nodes[m->index].url;
	if (news(old, m) &&
	    (last = may_talk(&talks[m->index][m->state])) != NULL) {
		if (m->state != NODE_OK)
			log_warnx("node %s: %s: %s%s", url,
			    node_state_name(m->state), m->error, last);
		else if (m->error[0] != '\0')
			log_warnx("node %s: %s%s", url, m->error, last);
		else
			log_info("node %s: ok at height %llu%s", url,
			    (unsigned long long)m->height, last);
	}
	if (old->state != m->state ||
	    (old->agrees != m->agrees && m->agrees == 0))
		event_tell("node", json_pack("{s:s, s:s, s:s}", "url", url,
		    "state", node_state_name(m->state), "error", m->error));
	*old = *m;
}

int
nodes_poll_now(void)
{
	return rooms_send(ROOM_MONITOR, MSG_POLL_NOW, 0, -1, NULL);
}

int
nodes_forget(char *text, size_t size)
{
	struct channel		*ch;
	struct decide_chain	*chain = &env.journal.chain;
	uint64_t		 height = chain->height;

	if (height == 0 && env.journal.chain_id[0] == '\0') {
		strlcpy(text, "nothing is remembered of the chain", size);
		return 0;
	}
	snprintf(text, size, "height %llu of %s is forgotten: what the nodes "
	    "say next counts", (unsigned long long)height,
	    env.journal.chain_id[0] != '\0' ? env.journal.chain_id :
	    "the chain");
	memset(chain, 0, sizeof(*chain));
	env.journal.chain_id[0] = '\0';
	decision_chain_seen(0);
	journal_keep();
	if ((ch = rooms_channel(ROOM_MONITOR)) != NULL)
		monitor_ready(ch);
	upgrade_consider();
	return 1;
}

void
nodes_count(struct nodes_count *n)
{
	size_t	 i;

	memset(n, 0, sizeof(*n));
	n->all = (unsigned int)nstates;
	for (i = 0; i < nstates; i++) {
		n->asked += states[i].state != NODE_UNKNOWN;
		n->well += states[i].state == NODE_OK && states[i].agrees != 0;
	}
	n->agreement = (enum agreement)agreement.state;
	n->text = agreement.text;
}

json_t *
nodes_agreement(void)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}", "state",
	    agreement_name(agreement.state), "operators",
	    (json_int_t)conf->groups_count, "quorum",
	    (json_int_t)conf->quorum, "voting", (json_int_t)agreement.voting,
	    "agree", (json_int_t)agreement.agree, "text", agreement.text);
}

json_t *
nodes_show(void)
{
	const struct msg_node_state	*s;
	json_t				*list, *o;
	size_t				 i;

	if ((list = json_array()) == NULL)
		fatalx("out of memory");
	for (i = 0; i < nstates; i++) {
		s = &states[i];
		o = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
		    "url", conf->nodes[i].url,
		    "operator", conf->nodes[i].operator_name,
		    "state", node_state_name(s->state),
		    "height", s->height ? json_integer((json_int_t)s->height) :
		    json_null(),
		    "age_s", s->age_s >= 0 ? json_integer(s->age_s) :
		    json_null(),
		    "latency_ms", s->latency_ms >= 0 ?
		    json_integer(s->latency_ms) : json_null(),
		    "error", s->error[0] ? json_string(s->error) : json_null(),
		    "agrees", s->agrees == 2 ? json_null() :
		    json_boolean(s->agrees));
		if (o == NULL || json_array_append_new(list, o) == -1)
			fatalx("out of memory");
	}
	return list;
}
