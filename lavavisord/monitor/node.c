#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "common/curl_handed.h"
#include "common/log.h"
#include "common/message.h"
#include "common/room.h"
#include "compat/memory.h"
#include "lavavisord/monitor/body.h"
#include "lavavisord/monitor/chain.h"
#include "lavavisord/monitor/node.h"
#include "lavavisord/monitor/policy.h"
#include "lavavisord/monitor/rpc.h"

#define HTTP_OK		200
#define HTTP_LIMITED	429
#define HTTP_SERVER	500

enum step {
	STEP_IDLE,
	STEP_STATUS,
	STEP_PARAMS
};

struct node {
	uint32_t		 index;		/* as the parent counts */
	struct handed		*http;		/* NULL: its URL is no good */
	struct event		*pause;		/* until the next poll */
	struct event		*deadline;	/* of the request */
	enum step		 step;
	int			 again;		/* poll once more at once */
	int64_t			 request_id;
	int64_t			 started_ms;	/* the request */
	int64_t			 latency_ms;	/* of `status`, -1 unknown */
	uint32_t		 dial_id;	/* 0 none */
	struct body		 body;
	char			 request[CHAIN_REQUEST_SIZE];
	struct chain_status	 status;	/* height 0: none yet */
	int64_t			 highest;	/* height ever shown */
	int64_t			 accepted;	/* height of the last sample */
	int64_t			 retry_after_s;
	unsigned int		 failures;	/* in a row */
	enum node_state		 state;
};

static struct room		*room;
static struct handed_pool	*pool;
static struct curl_slist	*headers;
static struct msg_monitor_setup	 rules;
static struct node		 nodes[NODES_MAX];
static struct sample		 samples[NODES_MAX];
static size_t			 nnodes;
static struct sample		 accepted;	/* sent last; height 0 none */
static uint32_t			 last_dial_id;

static void	node_answered(struct node *);
static void	node_clear(struct node *);
static void	node_deadline(int, short, void *);
static void	node_dial(struct handed *, const char *, uint32_t, void *);
static void	node_finish(struct node *, enum node_state, const char *);
static void	node_options(struct node *);
static void	node_pause(struct node *, int64_t);
static void	node_pause_over(int, short, void *);
static void	node_request(struct node *, enum step);
static void	node_sample(struct node *);
static void	node_tell(struct node *, const char *);
static void	node_transferred(struct handed *, CURLcode, const char *,
		    void *);
static enum node_state
		answer_judge(struct node *, char *, size_t);
static enum node_state
		params_judge(struct node *, const json_t *, char *, size_t);
static enum node_state
		status_judge(struct node *, const json_t *, char *, size_t);
static void	url_for_curl(char *, size_t, const char *);
static struct timeval
		ms_timeval(int64_t);

void
nodes_init(struct room *r, struct handed_pool *p)
{
	room = r;
	pool = p;
	headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (headers == NULL)
		fatalx("out of memory for libcurl");
}

void
nodes_setup(const struct msg_monitor_setup *setup)
{
	size_t	 i;

	for (i = 0; i < nnodes; i++)
		node_clear(&nodes[i]);
	nnodes = 0;
	memset(&accepted, 0, sizeof(accepted));
	memset(samples, 0, sizeof(samples));
	rules = *setup;
}

static void
node_clear(struct node *n)
{
	handed_free(n->http);
	if (n->pause != NULL)
		event_free(n->pause);
	if (n->deadline != NULL)
		event_free(n->deadline);
	body_free(&n->body);
	memset(n, 0, sizeof(*n));
}

void
node_add(const struct msg_node *m)
{
	char		 url[URL_SIZE + 8];
	const char	*why;
	struct node	*n;

	if (nnodes == NODES_MAX)
		fatalx("more than %d nodes", NODES_MAX);
	n = &nodes[nnodes++];
	n->index = m->index;
	n->latency_ms = -1;
	if ((n->pause = evtimer_new(room->base, node_pause_over, n)) == NULL ||
	    (n->deadline = evtimer_new(room->base, node_deadline, n)) == NULL)
		fatalx("out of memory for events");
	n->http = handed_new(pool, node_dial, node_transferred, n);
	node_options(n);
	url_for_curl(url, sizeof(url), m->url);
	if (handed_url(n->http, url, &why) == -1) {
		handed_free(n->http);
		n->http = NULL;
		n->state = NODE_UNREACHABLE;
		log_warnx("node %u: url %s", n->index, why);
		node_tell(n, why);
	}
}

/* "tcp://" is how CometBFT writes the address of its HTTP port. */
static void
url_for_curl(char *to, size_t size, const char *url)
{
	if (strncmp(url, "tcp://", 6) == 0)
		snprintf(to, size, "http://%s", url + 6);
	else
		strlcpy(to, url, size);
}

static void
node_options(struct node *n)
{
	CURL	*c = handed_curl(n->http);

	if (curl_easy_setopt(c, CURLOPT_POST, 1L) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_POSTFIELDS, n->request) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_USERAGENT, "lavavisord") != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 8192L) != CURLE_OK ||
	    body_collect(&n->body, c) == -1)
		fatalx("curl_easy_setopt failed");
}

void
nodes_poll(void)
{
	size_t	 i;

	for (i = 0; i < nnodes; i++) {
		if (nodes[i].step != STEP_IDLE)
			nodes[i].again = 1;
		else if (nodes[i].retry_after_s == 0)
			node_pause(&nodes[i], 0);
	}
}

static void
node_pause(struct node *n, int64_t ms)
{
	struct timeval	 tv = ms_timeval(ms);

	if (n->http != NULL && evtimer_add(n->pause, &tv) == -1)
		fatalx("out of memory for events");
}

static void
node_pause_over(int fd, short what, void *arg)
{
	struct node	*n = arg;

	(void)fd;
	(void)what;
	n->again = 0;
	n->retry_after_s = 0;
	n->latency_ms = -1;
	memset(&n->status, 0, sizeof(n->status));
	node_request(n, STEP_STATUS);
}

static void
node_request(struct node *n, enum step step)
{
	struct timeval	 tv = ms_timeval(rules.timeout_ms);

	n->step = step;
	n->request_id++;
	if (step == STEP_STATUS)
		chain_status_request(n->request, sizeof(n->request),
		    n->request_id);
	else
		chain_params_request(n->request, sizeof(n->request),
		    n->request_id);
	/* The size of the last request would be sent otherwise. */
	curl_easy_setopt(handed_curl(n->http), CURLOPT_POSTFIELDSIZE,
	    (long)strlen(n->request));
	body_start(&n->body,
	    step == STEP_STATUS ? CHAIN_STATUS_MAX : CHAIN_PARAMS_MAX);
	n->started_ms = room_now_ms();
	if (evtimer_add(n->deadline, &tv) == -1)
		fatalx("out of memory for events");
	handed_start(n->http);
}

static void
node_dial(struct handed *h, const char *host, uint32_t port, void *arg)
{
	struct node	*n = arg;
	struct msg_dial	 m;
	int64_t		 left;

	(void)h;
	left = n->started_ms + rules.timeout_ms - room_now_ms();
	memset(&m, 0, sizeof(m));
	strlcpy(m.host, host, sizeof(m.host));
	m.port = port;
	m.timeout_ms = left > 0 ? (uint32_t)left : 1;
	if (++last_dial_id == 0)
		last_dial_id = 1;
	n->dial_id = last_dial_id;
	room_send(room, MSG_DIAL, n->dial_id, -1, &m);
}

void
nodes_dialed(uint32_t id, int fd, const struct msg_dialed *m)
{
	size_t	 i;

	for (i = 0; i < nnodes; i++)
		if (id != 0 && nodes[i].dial_id == id) {
			nodes[i].dial_id = 0;
			handed_socket(nodes[i].http, fd, m->error);
			return;
		}
	/* It came too late. */
	if (fd != -1)
		close(fd);
}

static void
node_deadline(int fd, short what, void *arg)
{
	struct node	*n = arg;
	char		 why[TEXT_SIZE];

	(void)fd;
	(void)what;
	n->dial_id = 0;
	handed_stop(n->http);
	snprintf(why, sizeof(why), "timed out after %g s",
	    rules.timeout_ms / 1000.0);
	node_finish(n, NODE_UNREACHABLE, why);
}

static void
node_transferred(struct handed *h, CURLcode rc, const char *error, void *arg)
{
	struct node	*n = arg;
	char		 why[TEXT_SIZE];

	(void)h;
	evtimer_del(n->deadline);
	if (rc == CURLE_OK)
		node_answered(n);
	else if (body_fault(&n->body, why, sizeof(why)))
		node_finish(n, NODE_BAD_ANSWER, why);
	else if (rc == CURLE_UNSUPPORTED_PROTOCOL ||
	    rc == CURLE_WEIRD_SERVER_REPLY)
		node_finish(n, NODE_BAD_ANSWER, error);
	else
		node_finish(n, NODE_UNREACHABLE, error);
}

static void
node_answered(struct node *n)
{
	enum node_state	 state;
	char		 why[TEXT_SIZE];

	if (n->step == STEP_STATUS)
		n->latency_ms = room_now_ms() - n->started_ms;
	state = answer_judge(n, why, sizeof(why));
	if (state != NODE_OK)
		node_finish(n, state, why);
	else if (n->step == STEP_STATUS)
		node_request(n, STEP_PARAMS);
	else {
		node_sample(n);
		node_finish(n, NODE_OK, "");
	}
}

/*
 * A JSON-RPC answer counts whatever the HTTP status: errors come with 200 or
 * 500.  A status without one speaks for itself.
 */
static enum node_state
answer_judge(struct node *n, char *why, size_t size)
{
	CURL			*c = handed_curl(n->http);
	enum rpc_outcome	 outcome;
	enum node_state		 state;
	json_t			*result;
	curl_off_t		 retry_after = 0;
	long			 http = 0;

	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &http);
	curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &retry_after);
	if (http == HTTP_LIMITED) {
		n->retry_after_s = retry_after;
		snprintf(why, size, "HTTP %ld", http);
		return NODE_LIMITED;
	}
	outcome = rpc_parse(n->body.bytes, n->body.len, n->request_id, &result,
	    why, size);
	if (outcome == RPC_RESULT) {
		state = n->step == STEP_STATUS ?
		    status_judge(n, result, why, size) :
		    params_judge(n, result, why, size);
		json_decref(result);
		return state;
	}
	if (outcome == RPC_NOT_ANSWER && http != HTTP_OK) {
		n->retry_after_s = retry_after;
		snprintf(why, size, "HTTP %ld", http);
		if (http >= HTTP_SERVER)
			return NODE_UNREACHABLE;
	}
	return NODE_BAD_ANSWER;
}

static enum node_state
status_judge(struct node *n, const json_t *result, char *why, size_t size)
{
	enum node_state	 state;

	if (chain_status(result, &n->status, why, size) == -1) {
		memset(&n->status, 0, sizeof(n->status));
		return NODE_BAD_ANSWER;
	}
	state = policy_status(&rules, &n->status, n->highest, time(NULL), why,
	    size);
	if (state != NODE_OK)
		return state;
	n->highest = n->status.height;
	if (rules.chain_id[0] == '\0') {
		strlcpy(rules.chain_id, n->status.network,
		    sizeof(rules.chain_id));
		log_info("chain id is %s, as node %u says", rules.chain_id,
		    n->index);
	}
	return NODE_OK;
}

static enum node_state
params_judge(struct node *n, const json_t *result, char *why, size_t size)
{
	struct sample	*s = &samples[n - nodes];
	struct sample	 found;
	enum node_state	 state;

	if (chain_params(result, &found.versions, &found.height, why, size) ==
	    -1)
		return NODE_BAD_ANSWER;
	state = policy_params(found.height, n->status.height, n->accepted, why,
	    size);
	if (state != NODE_OK)
		return state;
	found.time_s = n->status.time_s;
	n->accepted = found.height;
	*s = found;
	return NODE_OK;
}

static void
node_sample(struct node *n)
{
	struct msg_versions	 m;
	struct sample		 found;

	if (!policy_quorum(samples, nnodes, (size_t)(n - nodes), rules.quorum,
	    &found))
		return;
	accepted = found;
	memset(&m, 0, sizeof(m));
	m.height = (uint64_t)found.height;
	m.block_time_s = found.time_s;
	m.proof = rules.quorum > 1 ? PROOF_QUORUM : PROOF_NONE;
	strlcpy(m.provider_target, found.versions.provider_target,
	    sizeof(m.provider_target));
	strlcpy(m.provider_min, found.versions.provider_min,
	    sizeof(m.provider_min));
	strlcpy(m.consumer_target, found.versions.consumer_target,
	    sizeof(m.consumer_target));
	strlcpy(m.consumer_min, found.versions.consumer_min,
	    sizeof(m.consumer_min));
	room_send(room, MSG_VERSIONS, 0, -1, &m);
}

/* The end of a poll: tells the parent and plans the next one. */
static void
node_finish(struct node *n, enum node_state state, const char *why)
{
	int64_t	 wait;
	size_t	 i;

	evtimer_del(n->deadline);
	body_free(&n->body);
	n->step = STEP_IDLE;
	n->state = state;
	n->failures = policy_failed(state) ? n->failures + 1 : 0;
	/* One that is only silent for a moment still vouches for its last. */
	if (state != NODE_OK && state != NODE_UNREACHABLE &&
	    state != NODE_LIMITED)
		memset(&samples[n - nodes], 0, sizeof(samples[0]));
	node_tell(n, why);
	wait = policy_wait_ms(rules.poll_ms, n->failures, n->retry_after_s,
	    arc4random());
	node_pause(n, n->again && n->retry_after_s == 0 ? 0 : wait);

	for (i = 0; i < nnodes; i++)
		if (nodes[i].step != STEP_IDLE)
			return;
	memory_drop_text();
}

static void
node_tell(struct node *n, const char *why)
{
	struct msg_node_state	 m;
	const struct sample	*s = &samples[n - nodes];
	int64_t			 age_s;

	memset(&m, 0, sizeof(m));
	m.index = n->index;
	m.state = n->state;
	m.height = (uint64_t)(n->status.height != 0 ? n->status.height :
	    n->highest);
	m.age_s = m.latency_ms = -1;
	if (n->status.height != 0) {
		age_s = (int64_t)time(NULL) - n->status.time_s;
		m.age_s = age_s < 0 ? 0 : age_s;
	}
	m.latency_ms = n->latency_ms;
	if (s->height == 0 || accepted.height == 0)
		m.agrees = 2;
	else
		m.agrees = chain_same_versions(&s->versions,
		    &accepted.versions) ? 1 : 0;
	strlcpy(m.chain_id, n->status.network, sizeof(m.chain_id));
	log_clean(m.error, sizeof(m.error), why);
	room_send(room, MSG_NODE_STATE, 0, -1, &m);
}

static struct timeval
ms_timeval(int64_t ms)
{
	struct timeval	 tv;

	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	return tv;
}
