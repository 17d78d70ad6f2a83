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
#include "lavavisord/monitor/body.h"
#include "lavavisord/monitor/chain.h"
#include "lavavisord/monitor/node.h"
#include "lavavisord/monitor/policy.h"
#include "lavavisord/monitor/rpc.h"

#define HTTP_OK		200
#define HTTP_LIMITED	429
#define HTTP_SERVER	500

static void	node_answered(struct node *);
static void	node_deadline(int, short, void *);
static void	node_dial(struct handed *, const char *, uint32_t, void *);
static void	node_finish(struct node *, enum node_state, const char *);
static void	node_delay_over(int, short, void *);
static void	node_options(struct node *);
static void	node_request(struct node *, enum step);
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
node_init(struct node *n, struct watch *w, const struct msg_node *m)
{
	char		 url[URL_SIZE + 8];
	const char	*why;

	memset(n, 0, sizeof(*n));
	n->watch = w;
	n->index = m->index;
	n->group = m->group;
	n->latency_ms = -1;
	n->delay = evtimer_new(w->room->base, node_delay_over, n);
	n->deadline = evtimer_new(w->room->base, node_deadline, n);
	if (n->delay == NULL || n->deadline == NULL)
		fatalx("out of memory for events");
	n->http = handed_new(w->pool, node_dial, node_transferred, n);
	node_options(n);
	url_for_curl(url, sizeof(url), m->url);
	if (handed_url(n->http, url, &why) == -1) {
		handed_free(n->http);
		n->http = NULL;
		n->state = NODE_UNREACHABLE;
		strlcpy(n->why, why, sizeof(n->why));
	}
}

void
node_clear(struct node *n)
{
	handed_free(n->http);
	event_free(n->delay);
	event_free(n->deadline);
	body_free(&n->body);
	memset(n, 0, sizeof(*n));
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
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER,
	    n->watch->headers) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_USERAGENT, "lavavisord") != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 8192L) != CURLE_OK ||
	    body_collect(&n->body, c) == -1)
		fatalx("curl_easy_setopt failed");
}

void
node_poll(struct node *n, int64_t delay_ms)
{
	struct timeval	 tv = ms_timeval(delay_ms);

	n->step = STEP_DELAY;
	if (evtimer_add(n->delay, &tv) == -1)
		fatalx("out of memory for events");
}

static void
node_delay_over(int fd, short what, void *arg)
{
	struct node	*n = arg;

	(void)fd;
	(void)what;
	n->retry_after_s = 0;
	n->latency_ms = -1;
	memset(&n->status, 0, sizeof(n->status));
	node_request(n, STEP_STATUS);
}

static void
node_request(struct node *n, enum step step)
{
	struct timeval	 tv = ms_timeval(n->watch->rules.timeout_ms);

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
	left = n->started_ms + n->watch->rules.timeout_ms - room_now_ms();
	memset(&m, 0, sizeof(m));
	strlcpy(m.host, host, sizeof(m.host));
	m.port = port;
	m.timeout_ms = left > 0 ? (uint32_t)left : 1;
	if (++n->watch->last_dial_id == 0)
		n->watch->last_dial_id = 1;
	n->dial_id = n->watch->last_dial_id;
	room_send(n->watch->room, MSG_DIAL, n->dial_id, -1, &m);
}

void
node_dialed(struct node *n, int fd, const struct msg_dialed *m)
{
	n->dial_id = 0;
	handed_socket(n->http, fd, m->error);
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
	    n->watch->rules.timeout_ms / 1000.0);
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
	else
		node_finish(n, NODE_OK, "");
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
	if (chain_status(result, &n->status, why, size) == -1) {
		memset(&n->status, 0, sizeof(n->status));
		return NODE_BAD_ANSWER;
	}
	n->age_s = (int64_t)time(NULL) - n->status.time_s;
	return policy_status(&n->watch->rules, &n->status, &n->watch->known,
	    time(NULL), why, size);
}

static enum node_state
params_judge(struct node *n, const json_t *result, char *why, size_t size)
{
	struct sample	 found;
	enum node_state	 state;

	memset(&found, 0, sizeof(found));
	if (chain_params(result, &found.versions, &found.height, why, size) ==
	    -1)
		return NODE_BAD_ANSWER;
	state = policy_params(found.height, n->status.height,
	    &n->watch->known, time(NULL), why, size);
	if (state != NODE_OK)
		return state;
	found.vote = 1;
	found.group = n->group;
	found.time_s = n->status.time_s;
	strlcpy(found.network, n->status.network, sizeof(found.network));
	n->sample = found;
	return NODE_OK;
}

static void
node_finish(struct node *n, enum node_state state, const char *why)
{
	evtimer_del(n->deadline);
	body_free(&n->body);
	n->step = STEP_IDLE;
	n->state = state;
	strlcpy(n->why, why, sizeof(n->why));
	n->failures = policy_failed(state) ? n->failures + 1 : 0;
	/* One that is only silent for a moment still vouches for its last. */
	if (state != NODE_OK && state != NODE_UNREACHABLE &&
	    state != NODE_LIMITED)
		memset(&n->sample, 0, sizeof(n->sample));
	n->watch->polled(n);
}

static struct timeval
ms_timeval(int64_t ms)
{
	struct timeval	 tv;

	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	return tv;
}
