#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/events.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/probation.h"
#include "lavavisord/readiness.h"
#include "lavavisord/roll.h"
#include "lavavisord/roll_own.h"

static const char *name_of(const struct move *);
static void	 asked(enum probation_news, const char *, void *);
static void	 stable(struct move *);
static void	 timer(evutil_socket_t, short, void *);

struct move *
move_find(const struct service *s)
{
	struct move	*m;

	TAILQ_FOREACH(m, &roll.moves, entry)
		if (m->service == s)
			return m;
	return NULL;
}

struct move *
move_new(struct service *s)
{
	struct move	*m;

	if ((m = calloc(1, sizeof(*m))) == NULL ||
	    (m->timer = evtimer_new(roll.base, timer, m)) == NULL)
		fatalx("out of memory for a move");
	m->service = s;
	m->ready_ms = -1;
	m->change = switch_new(roll.base, s, roll_switched, m);
	TAILQ_INSERT_TAIL(&roll.moves, m, entry);
	return m;
}

void
move_free(struct move *m)
{
	TAILQ_REMOVE(&roll.moves, m, entry);
	probation_end(m->probation);
	switch_free(m->change);
	event_free(m->timer);
	free(m);
}

void
move_leave(struct move *m, const char *why)
{
	move_tell(m, "left", why);
	move_free(m);
}

void
move_wait(struct move *m, int64_t ms)
{
	clock_timer(m->timer, ms);
}

void
move_wait_no_more(struct move *m)
{
	evtimer_del(m->timer);
	probation_end(m->probation);
	m->probation = NULL;
}

void
move_probation(struct move *m, int64_t ms)
{
	move_wait_no_more(m);
	m->over = 0;
	if (ms > 0)
		m->probation = probation_begin(roll.base, m->service, ms,
		    asked, m);
	move_wait(m, ms);
}

/* Once its time is over, the first good answer ends it. */
static void
asked(enum probation_news news, const char *why, void *arg)
{
	struct move	*m = arg;
	char		 text[TEXT_SIZE];

	if (env.stopping || m->phase != MOVE_PROBATION)
		return;
	snprintf(text, sizeof(text), "%s: it fails its check in its "
	    "probation: %s", name_of(m), why);
	switch (news) {
	case PROBATION_FLAPS:
		roll.report(EV_PROBE_FLAPS, text);
		break;
	case PROBATION_FAILED:
		move_wait_no_more(m);
		m->unwell = 1;
		m->phase = MOVE_DONE;
		move_tell(m, "failed", text + strlen(name_of(m)) + 2);
		roll.report(EV_UNWELL_MOVED, text);
		break;
	case PROBATION_GOOD:
	case PROBATION_UNKNOWN:
		if (m->over)
			stable(m);
		break;
	}
}

static void
stable(struct move *m)
{
	move_wait_no_more(m);
	m->phase = MOVE_DONE;
	move_tell(m, "stable", "");
	roll.report(EV_PART_OVER, "");
}

int
move_is_moving(const struct move *m)
{
	return m->phase <= MOVE_WAITING;
}

static const char *
name_of(const struct move *m)
{
	return m->service->conf != NULL ? m->service->conf->name :
	    "a removed service";
}

void
move_tell(const struct move *m, const char *state, const char *why)
{
	struct move	*other;
	char		 to[SEMVER_SIZE];
	int		 done = 0, all = 0, back = m->phase >= BACK_PREPARING;

	TAILQ_FOREACH(other, &roll.moves, entry) {
		all++;
		done += other->phase == (back ? BACK_DONE : MOVE_DONE);
	}
	if (!back && all < roll.expected)
		all = roll.expected;
	event_tell("roll", json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}",
	    "service", m->service->conf != NULL ? m->service->conf->name : "-",
	    "version", semver_text(&roll.target, to, sizeof(to)), "state",
	    state, "reason", why, "services_done", done, "services", all));
}

void
move_started(struct move *m)
{
	m->phase = m->phase < BACK_PREPARING ? MOVE_WAITING : BACK_WAITING;
	move_wait(m, env.conf->policy.ready_timeout_ms);
}

void
move_failed(struct move *m, const char *why)
{
	char	 text[TEXT_SIZE];

	snprintf(text, sizeof(text), "%s: %s", name_of(m), why);
	move_wait_no_more(m);
	switch (m->phase) {
	case MOVE_RESTARTING:
	case MOVE_WAITING:
		m->phase = MOVE_DONE;
		move_tell(m, "failed", why);
		roll.report(EV_SERVICE_FAILED, text);
		break;
	case MOVE_PROBATION:
		m->phase = MOVE_DONE;
		move_tell(m, "died", why);
		roll.report(EV_CRASH_MOVED, text);
		break;
	case BACK_PREPARING:
	case BACK_RESTARTING:
	case BACK_WAITING:
		m->phase = BACK_DONE;
		switch_end(m->change);
		move_tell(m, "not-back", why);
		log_warnx("service %s is down on the version it had, too: %s; "
		    "it is tried again", name_of(m), why);
		roll_down_add(m->service);
		roll.report(EV_SERVICE_FAILED, text);
		break;
	case MOVE_PREPARING:
	case MOVE_PENDING:
	case MOVE_DONE:
	case BACK_DONE:
		break;
	}
}

static void
timer(evutil_socket_t fd, short what, void *arg)
{
	struct move	*m = arg;
	char		 why[TEXT_SIZE];

	(void)fd;
	(void)what;
	switch (m->phase) {
	case MOVE_PROBATION:
		m->over = 1;
		if (!probation_is_open(m->probation))
			stable(m);
		break;
	case MOVE_WAITING:
	case BACK_WAITING:
		snprintf(why, sizeof(why), "not ready within %u s%s%s",
		    (unsigned int)env.conf->policy.ready_timeout_ms / 1000,
		    readiness_why(m->service)[0] ? ": " : "",
		    readiness_why(m->service));
		move_failed(m, why);
		break;
	default:
		break;
	}
}
