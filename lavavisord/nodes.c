#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/ca_bundle.h"
#include "lavavisord/config.h"
#include "lavavisord/dial.h"
#include "lavavisord/events.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/nodes.h"
#include "lavavisord/rooms.h"

/* How long one request to a node may take, ms */
#define REQUEST_TIMEOUT_MS	5000

static const struct config	*conf;
static struct msg_node_state	*states;	/* conf->nodes_count of them */
static size_t			 nstates;
static void			(*sampled)(const struct msg_versions *);

static const char *chain_id(void);
static void	monitor_dispatch(struct channel *, struct imsg *);
static void	monitor_gone(const char *);
static void	monitor_ready(struct channel *);
static void	node_heard(const struct msg_node_state *);

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
	nstates = c->nodes_count;
	if ((states = calloc(nstates ? nstates : 1, sizeof(*states))) == NULL)
		fatal("calloc");
	for (i = 0; i < nstates; i++) {
		states[i].index = (uint32_t)i;
		states[i].age_s = states[i].latency_ms = -1;
		states[i].agrees = 2;
	}
	if (c->nodes_default)
		log_info("no nodes are configured: %s is asked",
		    c->nodes[0].url);
	if (c->nodes_count == 1)
		log_warnx("one node alone is believed: with more nodes and a "
		    "quorum one lying node changes nothing");
	if ((ch = rooms_channel(ROOM_MONITOR)) != NULL)
		monitor_ready(ch);
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
	strlcpy(setup.chain_id, conf->chain_id, sizeof(setup.chain_id));
	setup.poll_ms = conf->poll_ms;
	setup.timeout_ms = REQUEST_TIMEOUT_MS;
	setup.max_block_age_s = conf->max_block_age_ms / 1000;
	setup.quorum = conf->quorum;
	channel_send(ch, MSG_MONITOR_SETUP, 0, -1, &setup);
	for (i = 0; i < conf->nodes_count; i++) {
		memset(&node, 0, sizeof(node));
		node.index = (uint32_t)i;
		strlcpy(node.url, conf->nodes[i].url, sizeof(node.url));
		strlcpy(node.operator_name, conf->nodes[i].operator_name,
		    sizeof(node.operator_name));
		channel_send(ch, MSG_NODE, 0, -1, &node);
	}
	channel_send(ch, MSG_NODES_END, 0, -1, NULL);
}

static void
monitor_gone(const char *why)
{
	size_t	 i;

	(void)why;
	dial_forget_room(ROOM_MONITOR);
	for (i = 0; i < nstates; i++)
		states[i].state = NODE_UNKNOWN;
}

static void
monitor_dispatch(struct channel *ch, struct imsg *imsg)
{
	struct msg_node_state	 state;
	struct msg_versions	 versions;

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
		if (chain_id()[0] != '\0')
			journal_set_chain_id(&env.journal, chain_id());
		sampled(&versions);
		return;
	default:
		log_warnx("monitor: unexpected %s message",
		    message_name(imsg_get_type(imsg)));
		break;
	}
	rooms_kill(ROOM_MONITOR);
}

/* Of the config, else of the first node that said it */
static const char *
chain_id(void)
{
	size_t	 i;

	if (conf->chain_id[0] != '\0')
		return conf->chain_id;
	for (i = 0; i < nstates; i++)
		if (states[i].chain_id[0] != '\0')
			return states[i].chain_id;
	return "";
}

static void
node_heard(const struct msg_node_state *m)
{
	struct msg_node_state	*old;

	if (m->index >= nstates)
		return;		/* of the config before a reload */
	old = &states[m->index];
	if (old->state != m->state || strcmp(old->error, m->error) != 0) {
		if (m->state == NODE_OK)
			log_info("node %s: ok at height %llu",
			    conf->nodes[m->index].url,
			    (unsigned long long)m->height);
		else
			log_warnx("node %s: %s: %s",
			    conf->nodes[m->index].url,
			    node_state_name(m->state), m->error);
	}
	if (old->state != m->state)
		event_tell("node", json_pack("{s:s, s:s, s:s}", "url",
		    conf->nodes[m->index].url, "state",
		    node_state_name(m->state), "error", m->error));
	*old = *m;
}

int
nodes_poll_now(void)
{
	return rooms_send(ROOM_MONITOR, MSG_POLL_NOW, 0, -1, NULL);
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
