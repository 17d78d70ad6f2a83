#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/health.h"
#include "lavavisord/health_rule.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/probe.h"
#include "lavavisord/readiness.h"
#include "lavavisord/roll.h"

struct health_watch {
	struct service		*service;
	struct event		*timer;
	struct probe_plan	 plan;
	struct probe		*probe;		/* NULL none under way */
	struct health_count	 count;
	int			 asked;		/* it has answered once */
	int			 restarting;	/* until it is ready again */
	char			*why;		/* of the last failure */
};

static struct event_base	*base;
static void			(*changed)(struct service *, const char *);

static void		 answer(const char *, int, void *);
static void		 ask(int, short, void *);
static int		 may_restart(const struct service *);
static void		 plan(struct health_watch *);
static void		 rest(struct health_watch *);
static void		 say(struct health_watch *, const char *);
static void		 watch_in(struct health_watch *, int);

void
health_init(struct event_base *b, void (*f)(struct service *, const char *))
{
	base = b;
	changed = f;
}

static void
say(struct health_watch *w, const char *why)
{
	free(w->why);
	w->why = NULL;
	if (why != NULL && (w->why = strdup(why)) == NULL)
		fatal("strdup");
}

/* The first time anywhere in the interval, so that not all are asked at once */
static void
watch_in(struct health_watch *w, int first)
{
	uint32_t	 ms = w->service->conf->health.interval_ms;

	clock_timer(w->timer, first ? arc4random_uniform(ms) : ms);
}

void
health_ready(struct service *s)
{
	struct health_watch	*w = s->health;

	if (s->conf == NULL || !s->conf->health.on) {
		health_forget(s);
		return;
	}
	if (w == NULL) {
		if ((w = calloc(1, sizeof(*w))) == NULL ||
		    (w->timer = evtimer_new(base, ask, w)) == NULL)
			fatalx("out of memory for a watch");
		w->service = s;
		s->health = w;
	}
	w->restarting = 0;
	w->count.failures = 0;
	plan(w);
}

static void
plan(struct health_watch *w)
{
	struct service	*s = w->service;
	char		 why[TEXT_SIZE];

	rest(w);
	if (probe_plan_make(&w->plan, s, &s->conf->health.check, why,
	    sizeof(why)) == 0)
		watch_in(w, 1);
	else
		log_warnx("service %s: its health cannot be asked for: %s",
		    s->name, why);
}

static void
rest(struct health_watch *w)
{
	if (w->probe != NULL)
		probe_cancel(w->probe);
	w->probe = NULL;
	evtimer_del(w->timer);
}

void
health_ended(struct service *s)
{
	if (s->health != NULL)
		rest(s->health);
}

void
health_forget(struct service *s)
{
	struct health_watch	*w = s->health;

	if (w == NULL)
		return;
	rest(w);
	event_free(w->timer);
	probe_plan_free(&w->plan);
	free(w->why);
	free(w);
	s->health = NULL;
}

void
health_reconfigured(void)
{
	struct service	*s;

	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (s->conf == NULL || !s->conf->health.on)
			health_forget(s);
		else if (s->health != NULL)
			rest(s->health);
		if (s->conf != NULL && s->conf->health.on &&
		    s->state.pid != 0 && readiness_counts(s))
			health_ready(s);
	}
}

static void
ask(int fd, short what, void *arg)
{
	struct health_watch	*w = arg;

	(void)fd;
	(void)what;
	if (w->service->conf == NULL)
		return;
	/* Its probation asks the same, and one that asks is enough. */
	if (roll_in_probation(w->service) && !w->count.failing) {
		watch_in(w, 0);
		return;
	}
	w->probe = probe_start(w->service, &w->plan,
	    &w->service->conf->health.check, answer, w);
}

/* A restart is one more service that is down. */
static int
may_restart(const struct service *s)
{
	struct service	*o;
	uint32_t	 n = 0;

	if (s->state.state != SERVICE_RUNNING || service_is_locked(s) ||
	    passphrase_is_coming(s) || roll_is_moving() ||
	    roll_in_motion(s) || roll_in_probation(s))
		return 0;
	for (o = service_first(); o != NULL; o = service_next(o))
		n += o->health != NULL && o->health->restarting &&
		    (o->state.pid == 0 || readiness_is_due(o));
	return n < env.conf->policy.max_unavailable;
}

static void
answer(const char *error, int ours, void *arg)
{
	struct health_watch	*w = arg;
	struct service		*s = w->service;
	struct health_rule	 rule;

	w->probe = NULL;
	if (s->conf == NULL)
		return;
	watch_in(w, 0);
	if (ours) {
		log_debug("service %s: not asked for its health: %s", s->name,
		    error);
		return;
	}
	w->asked = 1;
	say(w, error);
	rule.threshold = s->conf->health.threshold;
	rule.restart = s->conf->health.restart;
	switch (health_step(&rule, &w->count, error == NULL, may_restart(s),
	    clock_ms())) {
	case HEALTH_FAILS:
		log_warnx("service %s, pid %d: it fails its health check: %s",
		    s->name, (int)s->state.pid, error);
		changed(s, "failing");
		break;
	case HEALTH_RESTART:
		log_warnx("service %s, pid %d: it fails its health check and "
		    "is restarted: %s", s->name, (int)s->state.pid, error);
		w->restarting = 1;
		changed(s, "health-restart");
		service_want(s, WANT_RESTART);
		break;
	case HEALTH_WELL:
		log_info("service %s, pid %d: it is well again", s->name,
		    (int)s->state.pid);
		changed(s, "well");
		break;
	case HEALTH_SAME:
		break;
	}
}

const char *
health_state(const struct service *s)
{
	if (s->conf == NULL || !s->conf->health.on)
		return NULL;
	if (s->health == NULL || !s->health->asked)
		return "unknown";
	return s->health->count.failing ? "failing" : "ok";
}

const char *
health_why(const struct service *s)
{
	return s->health != NULL && s->health->count.failing &&
	    s->health->why != NULL ? s->health->why : "";
}
