#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/probe.h"
#include "lavavisord/readiness.h"
#include "lavavisord/ready_pause.h"
#include "lavavisord/ready_signs.h"

#define NONE_MS		1000	/* without a check: up for so long */

struct readiness_watch {
	struct service		*service;
	struct event		*timer;
	struct probe_plan	 plan;
	struct probe		*probe;		/* NULL none under way */
	int64_t			 started_ms;
	int64_t			 took_ms;	/* -1 not ready */
	int			 blind;		/* nothing to ask */
	int			 signs;		/* the service itself says */
	int			 asked;		/* again, until ready */
	char			*why;		/* NULL nothing */
};

static struct event_base	*base;
static void			(*changed)(struct service *);
static size_t			 asking;	/* watches that are asked */

static void		 signs_seen(struct service *);
static void		 watch_again(struct readiness_watch *);
static void		 watch_answer(const char *, int, void *);
static void		 watch_begin(struct readiness_watch *);
static void		 watch_blind(struct readiness_watch *, const char *);
static void		 watch_free(struct readiness_watch *);
static void		 watch_in(struct readiness_watch *, int64_t);
static void		 watch_asked(struct readiness_watch *, int);
static void		 watch_ready(struct readiness_watch *);
static void		 watch_say(struct readiness_watch *, const char *);
static void		 watch_timer(int, short, void *);

void
readiness_init(struct event_base *b, void (*f)(struct service *))
{
	base = b;
	changed = f;
	probe_init(b);
	ready_signs_init(signs_seen);
}

static void
watch_free(struct readiness_watch *w)
{
	watch_asked(w, 0);
	if (w->probe != NULL)
		probe_cancel(w->probe);
	probe_plan_free(&w->plan);
	w->service->readiness = NULL;
	event_free(w->timer);
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
	struct readiness_watch	*w;

	readiness_ended(s);
	if (s->conf == NULL)
		return;
	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (w->timer = evtimer_new(base, watch_timer, w)) == NULL)
		fatalx("out of memory for a watch");
	w->service = s;
	w->started_ms = clock_ms();
	w->took_ms = -1;
	s->readiness = w;
	watch_begin(w);
}

static void
watch_begin(struct readiness_watch *w)
{
	struct service	*s = w->service;
	char		 why[TEXT_SIZE];

	w->blind = w->signs = 0;
	watch_asked(w, 0);
	probe_plan_free(&w->plan);
	evtimer_del(w->timer);
	switch (s->conf->ready.kind) {
	case READY_NONE:
		watch_in(w, NONE_MS);
		return;
	case READY_LOG:
	case READY_NOTIFY:
		w->signs = 1;
		switch (ready_signs_begin(s, why, sizeof(why))) {
		case -1:
			watch_blind(w, why);
			break;
		case 1:
			watch_in(w, 0);
			break;
		default:
			watch_say(w, s->conf->ready.kind == READY_LOG ?
			    "the line that says so has not come yet" :
			    "it has not sent READY=1 yet");
			break;
		}
		return;
	default:
		break;
	}
	if (probe_plan_make(&w->plan, s, &s->conf->ready, why, sizeof(why)) ==
	    -1)
		watch_blind(w, why);
	else {
		watch_asked(w, 1);
		watch_again(w);
	}
}

static void
watch_asked(struct readiness_watch *w, int asked)
{
	if (asked && !w->asked)
		asking++;
	else if (!asked && w->asked)
		asking--;
	w->asked = asked;
}

static void
watch_again(struct readiness_watch *w)
{
	watch_in(w, ready_pause_ms(clock_ms() - w->started_ms, asking,
	    w->plan.kind == READY_COMMAND));
}

/* For a roll it counts as one without a check. */
static void
watch_blind(struct readiness_watch *w, const char *why)
{
	log_warnx("service %s: cannot tell when it is ready: %s",
	    w->service->name, why);
	watch_say(w, why);
	w->blind = 1;
	watch_in(w, NONE_MS);
}

void
readiness_ended(struct service *s)
{
	struct readiness_watch	*w;

	ready_signs_end(s);
	if ((w = s->readiness) != NULL)
		watch_free(w);
}

void
readiness_reconfigured(void)
{
	struct readiness_watch	*w;
	struct service		*s;

	for (s = service_first(); s != NULL; s = service_next(s)) {
		if ((w = s->readiness) == NULL)
			continue;
		/* What it was asked by has gone. */
		if (w->probe != NULL)
			probe_cancel(w->probe);
		w->probe = NULL;
		if (s->conf != NULL && w->took_ms == -1)
			watch_begin(w);
	}
}

static void
signs_seen(struct service *s)
{
	if (s->readiness != NULL && s->readiness->took_ms == -1)
		watch_ready(s->readiness);
}

static void
watch_timer(int fd, short what, void *arg)
{
	struct readiness_watch	*w = arg;

	(void)fd;
	(void)what;
	if (w->service->conf == NULL)
		return;
	if (w->blind || w->signs || w->plan.kind == READY_NONE)
		watch_ready(w);
	else
		w->probe = probe_start(w->service, &w->plan,
		    &w->service->conf->ready, watch_answer, w);
}

static void
watch_answer(const char *error, int ours, void *arg)
{
	struct readiness_watch	*w = arg;

	(void)ours;
	w->probe = NULL;
	if (error == NULL) {
		watch_ready(w);
		return;
	}
	watch_say(w, error);
	watch_again(w);
}

static void
watch_ready(struct readiness_watch *w)
{
	w->took_ms = clock_ms() - w->started_ms;
	watch_asked(w, 0);
	probe_plan_free(&w->plan);
	if (!w->blind)
		watch_say(w, "");
	changed(w->service);
}

enum readiness
readiness_of(const struct service *s)
{
	struct readiness_watch	*w = s->readiness;

	if (s->conf == NULL || s->conf->ready.kind == READY_NONE)
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
