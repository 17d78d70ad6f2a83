#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/health.h"
#include "lavavisord/health_rule.h"
#include "lavavisord/probation.h"
#include "lavavisord/probe.h"

/* Of a service without `health:` */
#define READY_THRESHOLD		3

struct probation {
	struct service			*service;
	const struct config_check	*check;
	struct event			*timer;
	struct probe_plan		 plan;
	struct probe			*probe;	/* NULL none under way */
	struct health_rule		 rule;
	struct health_count		 count;
	uint32_t			 interval_ms;
	void				(*told)(enum probation_news,
					    const char *, void *);
	void				*arg;
};

static void	answer(const char *, int, void *);
static void	ask(int, short, void *);
static int	choose(struct probation *, int64_t);

/* 0, or -1: nothing can be asked */
static int
choose(struct probation *p, int64_t ms)
{
	const struct config_service	*c = p->service->conf;
	const char			*state = health_state(p->service);
	uint32_t			 every_ms = 0;

	/* What failed on the other version as well tells nothing of this. */
	if (c->health.on && state != NULL && strcmp(state, "failing") != 0) {
		p->check = &c->health.check;
		p->rule.threshold = c->health.threshold;
		every_ms = c->health.interval_ms;
	} else {
		p->check = &c->ready;
		p->rule.threshold = READY_THRESHOLD;
	}
	p->interval_ms = health_probation_ms(every_ms, p->rule.threshold, ms);
	return p->check->kind == READY_TCP || p->check->kind == READY_HTTP ||
	    p->check->kind == READY_COMMAND ? 0 : -1;
}

struct probation *
probation_begin(struct event_base *base, struct service *s, int64_t ms,
    void (*told)(enum probation_news, const char *, void *), void *arg)
{
	struct probation	*p;
	char			 why[TEXT_SIZE];

	if ((p = calloc(1, sizeof(*p))) == NULL ||
	    (p->timer = evtimer_new(base, ask, p)) == NULL)
		fatalx("out of memory for a probation");
	p->service = s;
	p->told = told;
	p->arg = arg;
	why[0] = '\0';
	if (choose(p, ms) == -1 || probe_plan_make(&p->plan, s, p->check, why,
	    sizeof(why)) == -1) {
		if (why[0] != '\0')
			log_warnx("service %s: not asked in its probation: %s",
			    s->name, why);
		probation_end(p);
		return NULL;
	}
	clock_timer(p->timer, p->interval_ms);
	return p;
}

static void
ask(int fd, short what, void *arg)
{
	struct probation	*p = arg;

	(void)fd;
	(void)what;
	if (p->service->conf != NULL)
		p->probe = probe_start(p->service, &p->plan, p->check, answer,
		    p);
}

static void
answer(const char *error, int ours, void *arg)
{
	struct probation	*p = arg;
	enum probation_news	 news;

	p->probe = NULL;
	if (ours)
		news = PROBATION_UNKNOWN;
	else if (health_step(&p->rule, &p->count, error == NULL, 0,
	    clock_ms()) == HEALTH_FAILS)
		news = PROBATION_FAILED;
	else
		news = error == NULL ? PROBATION_GOOD : PROBATION_FLAPS;
	if (news != PROBATION_FAILED)
		clock_timer(p->timer, p->interval_ms);
	/* That may end it. */
	p->told(news, error != NULL ? error : "", p->arg);
}

int
probation_is_open(const struct probation *p)
{
	return p != NULL && (p->probe != NULL || p->count.failures > 0);
}

void
probation_end(struct probation *p)
{
	if (p == NULL)
		return;
	if (p->probe != NULL)
		probe_cancel(p->probe);
	event_free(p->timer);
	probe_plan_free(&p->plan);
	free(p);
}
