#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/dial.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/readiness.h"

#define ADDRESSES_MAX	16
#define PROBE_MS	2000	/* one connect */
#define PAUSE_MS	100	/* before the first repeat; doubles */
#define PAUSE_MAX_MS	2000
#define NONE_MS		1000	/* without a check: up for so long */

struct readiness_watch {
	struct service		*service;
	struct event		*timer;
	struct config_address	*address;
	size_t			 addresses;
	size_t			 at;		/* the one that is asked */
	uint32_t		 dial;		/* 0 none in flight */
	int64_t			 started_ms;
	int64_t			 pause_ms;
	int64_t			 took_ms;	/* -1 not ready */
	int			 blind;		/* nothing to ask */
	char			*why;		/* NULL nothing */
};

static struct event_base	*base;
static void			(*changed)(struct service *);

static void		 watch_answer(const char *, void *);
static void		 watch_ask(struct readiness_watch *);
static void		 watch_free(struct readiness_watch *);
static void		 watch_in(struct readiness_watch *, int64_t);
static void		 watch_ready(struct readiness_watch *);
static void		 watch_say(struct readiness_watch *, const char *);
static void		 watch_timer(int, short, void *);

void
readiness_init(struct event_base *b, void (*f)(struct service *))
{
	base = b;
	changed = f;
}

static void
watch_free(struct readiness_watch *w)
{
	if (w->dial != 0)
		dial_cancel(w->dial);
	w->service->readiness = NULL;
	event_free(w->timer);
	free(w->address);
	free(w->why);
	free(w);
}

/* Most have nothing to say, so there is no room for it in each. */
static void
watch_say(struct readiness_watch *w, const char *why)
{
	free(w->why);
	w->why = NULL;
	if (why[0] != '\0' && (w->why = strdup(why)) == NULL)
		fatal("strdup");
}

static void
watch_in(struct readiness_watch *w, int64_t ms)
{
	clock_timer(w->timer, ms);
}

void
readiness_started(struct service *s)
{
	struct config_address	 list[ADDRESSES_MAX];
	struct readiness_watch	*w;
	char			 why[TEXT_SIZE];
	ssize_t			 n;

	readiness_ended(s);
	if (s->conf == NULL)
		return;
	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (w->timer = evtimer_new(base, watch_timer, w)) == NULL)
		fatalx("out of memory for a watch");
	w->service = s;
	w->started_ms = clock_ms();
	w->pause_ms = PAUSE_MS;
	w->took_ms = -1;
	s->readiness = w;
	if (s->conf->ready == READY_NONE) {
		watch_in(w, NONE_MS);
		return;
	}
	n = config_listen_addresses(env.conf, s->conf, list, ADDRESSES_MAX,
	    why, sizeof(why));
	if (n == 0)
		strlcpy(why, "its config names no address that it listens on",
		    sizeof(why));
	if (n <= 0) {
		log_warnx("service %s: cannot tell when it is ready: %s",
		    s->conf->name, why);
		watch_say(w, why);
		/* For a roll it counts as one without a check. */
		w->blind = 1;
		watch_in(w, NONE_MS);
		return;
	}
	if ((w->address = calloc((size_t)n, sizeof(*list))) == NULL)
		fatal("calloc");
	memcpy(w->address, list, (size_t)n * sizeof(*list));
	w->addresses = (size_t)n;
	watch_in(w, PAUSE_MS);
}

void
readiness_ended(struct service *s)
{
	struct readiness_watch	*w;

	if ((w = s->readiness) != NULL)
		watch_free(w);
}

static void
watch_timer(int fd, short what, void *arg)
{
	struct readiness_watch	*w = arg;

	(void)fd;
	(void)what;
	if (w->addresses == 0)
		watch_ready(w);
	else
		watch_ask(w);
}

static void
watch_ask(struct readiness_watch *w)
{
	w->dial = dial_probe(w->address[w->at].host, w->address[w->at].port,
	    PROBE_MS, watch_answer, w);
}

static void
watch_answer(const char *error, void *arg)
{
	struct readiness_watch	*w = arg;

	w->dial = 0;
	if (error != NULL) {
		watch_say(w, error);
		watch_in(w, w->pause_ms);
		w->pause_ms *= 2;
		if (w->pause_ms > PAUSE_MAX_MS)
			w->pause_ms = PAUSE_MAX_MS;
		return;
	}
	if (++w->at < w->addresses) {
		watch_ask(w);
		return;
	}
	watch_ready(w);
}

static void
watch_ready(struct readiness_watch *w)
{
	w->took_ms = clock_ms() - w->started_ms;
	if (!w->blind)
		watch_say(w, "");
	changed(w->service);
}

enum readiness
readiness_of(const struct service *s)
{
	struct readiness_watch	*w = s->readiness;

	if (s->conf == NULL || s->conf->ready == READY_NONE)
		return READINESS_NONE;
	return w != NULL && !w->blind && w->took_ms != -1 ? READINESS_YES :
	    READINESS_NO;
}

int
readiness_counts(const struct service *s)
{
	struct readiness_watch	*w = s->readiness;

	return w != NULL && w->took_ms != -1;
}

int
readiness_is_due(const struct service *s)
{
	struct readiness_watch	*w = s->readiness;

	return w != NULL && w->took_ms == -1 && s->state.pid != 0 &&
	    clock_ms() - w->started_ms <
	    (int64_t)env.conf->policy.ready_timeout_ms;
}

int64_t
readiness_took_ms(const struct service *s)
{
	struct readiness_watch	*w = s->readiness;

	return w != NULL ? w->took_ms : -1;
}

const char *
readiness_why(const struct service *s)
{
	struct readiness_watch	*w = s->readiness;

	return w != NULL && w->why != NULL ? w->why : "";
}
