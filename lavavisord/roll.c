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
#include "lavavisord/binary.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/events.h"
#include "lavavisord/install.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/readiness.h"
#include "lavavisord/roll.h"
#include "lavavisord/services.h"

/* For the steps of a stop beyond the grace, and the fork */
#define STOP_EXTRA_MS		30000

/* While a service may still become ready, how often to look again, ms */
#define LOOK_MS			500

enum phase {
	MOVE_PENDING,		/* noted as moved, not ordered yet */
	MOVE_RESTARTING,	/* ordered, the new process is not there yet */
	MOVE_WAITING,		/* for readiness */
	MOVE_PROBATION,
	MOVE_DONE,
	BACK_RESTARTING,
	BACK_WAITING,
	BACK_DONE
};

struct move {
	TAILQ_ENTRY(move)	 entry;
	struct service		*service;
	enum phase		 phase;
	int			 votes;	/* it was ready before */
	struct event		*timer;
	int64_t			 ended_ms;
	int64_t			 gap_ms;	/* from ended to forked, -1 */
	int64_t			 ready_ms;	/* from forked to ready, -1 */
};

static TAILQ_HEAD(, move)	 moves = TAILQ_HEAD_INITIALIZER(moves);
static struct event_base	*base;
static void			(*report)(enum upgrade_event, const char *);
static struct semver		 target;
static unsigned int		 roles_moved;
static int			 expected;	/* services to be moved */
static int			 checking;
static struct event		*look_event;

static int		 can_run(const struct semver *);
static struct service	*candidate(void);
static unsigned int	 in_motion(void);
static int		 is_candidate(const struct service *);
static int		 is_on(const struct service *, const struct semver *);
static void		 look(evutil_socket_t, short, void *);
static void		 look_again(void);
static void		 move_failed(struct move *, const char *);
static struct move	*move_find(const struct service *);
static struct move	*move_new(struct service *);
static void		 move_order(struct move *);
static int		 move_start(struct service *);
static void		 move_started(struct move *);
static void		 move_tell(const struct move *, const char *,
			    const char *);
static void		 move_timer(int, short, void *);
static void		 move_wait(struct move *, int64_t);
static void		 put_back(struct journal_service *, struct move *);
static void		 resume(struct service *);
static void		 run_checked(const char *, void *);
static void		 was_put_back(const struct service *,
			    struct journal_service *);
static const char	*why_ended(const struct service *, char *, size_t);

void
roll_init(struct event_base *b, void (*f)(enum upgrade_event, const char *))
{
	base = b;
	report = f;
	if ((look_event = evtimer_new(base, look, NULL)) == NULL)
		fatalx("out of memory for events");
}

static struct move *
move_find(const struct service *s)
{
	struct move	*m;

	TAILQ_FOREACH(m, &moves, entry)
		if (m->service == s)
			return m;
	return NULL;
}

static struct move *
move_new(struct service *s)
{
	struct move	*m;

	if ((m = calloc(1, sizeof(*m))) == NULL ||
	    (m->timer = evtimer_new(base, move_timer, m)) == NULL)
		fatalx("out of memory for a move");
	m->service = s;
	m->gap_ms = m->ready_ms = -1;
	TAILQ_INSERT_TAIL(&moves, m, entry);
	return m;
}

static void
move_wait(struct move *m, int64_t ms)
{
	clock_timer(m->timer, ms);
}

static void
move_tell(const struct move *m, const char *state, const char *why)
{
	struct move	*other;
	char		 to[SEMVER_SIZE];
	int		 done = 0, all = 0, back = m->phase >= BACK_RESTARTING;

	TAILQ_FOREACH(other, &moves, entry) {
		all++;
		done += other->phase == (back ? BACK_DONE : MOVE_DONE);
	}
	if (!back && all < expected)
		all = expected;
	event_tell("roll", json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}",
	    "service", m->service->conf != NULL ? m->service->conf->name : "-",
	    "version", semver_text(&target, to, sizeof(to)), "state", state,
	    "reason", why, "services_done", done, "services", all));
}

static int
is_on(const struct service *s, const struct semver *v)
{
	return s->has_version && semver_compare(&s->version, v) == 0;
}

static int
is_candidate(const struct service *s)
{
	struct journal_service	*j;

	if (s->conf == NULL || !s->conf->is_lavap ||
	    (roles_moved & (1U << s->conf->role)) == 0)
		return 0;
	if ((j = journal_service(&env.journal, s->conf->name)) == NULL ||
	    j->moved)
		return 0;
	if (!j->has_version)
		return 1;
	/* A pin moves all that are not there, also down. */
	if (env.journal.upgrade.by == UPGRADE_BY_PIN)
		return semver_compare(&j->version, &target) != 0;
	return semver_compare(&j->version, &target) < 0;
}

/* The canary goes first, the others in the order of the config */
static struct service *
candidate(void)
{
	struct service	*s, *first = NULL;

	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (!is_candidate(s))
			continue;
		if (s->conf->canary)
			return s;
		if (first == NULL)
			first = s;
	}
	return first;
}

static unsigned int
in_motion(void)
{
	struct move	*m;
	unsigned int	 n = 0;

	TAILQ_FOREACH(m, &moves, entry)
		n += m->phase == MOVE_PENDING || m->phase ==
		    MOVE_RESTARTING || m->phase == MOVE_WAITING;
	return n;
}

int
roll_is_moving(void)
{
	return in_motion() > 0;
}

int
roll_in_motion(const struct service *s)
{
	struct move	*m = move_find(s);

	return m != NULL && m->phase != MOVE_DONE && m->phase != BACK_DONE &&
	    m->phase != MOVE_PROBATION;
}

void
roll_begin(const struct semver *to, unsigned int roles, int back)
{
	struct journal_service	*j;
	struct service		*s;

	roll_end();
	target = *to;
	roles_moved = roles;
	expected = 0;
	if (back)
		return;
	/* What a parent before us had moved already */
	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (s->conf == NULL || (j = journal_service(&env.journal,
		    s->conf->name)) == NULL)
			continue;
		if (env.journal.upgrade.state == UPGRADE_ROLLING_BACK)
			was_put_back(s, j);
		expected += j->moved || is_candidate(s);
		if (j->moved)
			resume(s);
	}
}

/* It was, in the journal; its process is still the one that had moved */
static void
was_put_back(const struct service *s, struct journal_service *j)
{
	if (j->moved || !j->has_version || s->state.pid == 0 ||
	    !is_on(s, &target) || semver_compare(&j->version, &target) == 0)
		return;
	j->moved = 1;
	j->has_previous = 1;
	j->previous = j->version;
	j->version = target;
}

static void
resume(struct service *s)
{
	struct move	*m = move_new(s);

	struct journal_service	*j = journal_service(&env.journal,
				    s->conf->name);

	m->votes = j->ran;
	if (j->want == WANT_DOWN)
		m->phase = MOVE_DONE;
	else if (s->state.pid != 0 && is_on(s, &target)) {
		m->phase = MOVE_WAITING;
		move_wait(m, env.conf->policy.ready_timeout_ms);
		if (readiness_counts(s))
			roll_service_ready(s);
	} else
		m->phase = MOVE_PENDING;
}

void
roll_end(void)
{
	struct move	*m;

	while ((m = TAILQ_FIRST(&moves)) != NULL) {
		TAILQ_REMOVE(&moves, m, entry);
		event_free(m->timer);
		free(m);
	}
	evtimer_del(look_event);
}

void
roll_next(void)
{
	struct service	*s;
	struct move	*first, *m;

	/* What a parent before us noted and did not come to order */
	TAILQ_FOREACH(m, &moves, entry)
		if (m->phase == MOVE_PENDING) {
			if (!can_run(&target))
				return;
			move_order(m);
		}
	for (;;) {
		if ((s = candidate()) == NULL) {
			if (in_motion() == 0)
				report(EV_ALL_MOVED, "");
			return;
		}
		if (in_motion() >= env.conf->policy.max_unavailable)
			return;
		/* The first one's probation holds up the rest. */
		first = TAILQ_FIRST(&moves);
		while (first != NULL && !first->votes)
			first = TAILQ_NEXT(first, entry);
		if (first != NULL && first->phase != MOVE_DONE &&
		    TAILQ_NEXT(first, entry) == NULL)
			return;
		/* Nothing is stopped for what could not be started. */
		if (!can_run(&target))
			return;
		/* Whether it has a vote is known once it had its time. */
		if (readiness_is_due(s)) {
			look_again();
			return;
		}
		if (move_start(s) == -1)
			return;
	}
}

static void
look_again(void)
{
	struct timeval	 tv = { 0, LOOK_MS * 1000 };

	if (evtimer_add(look_event, &tv) == -1)
		fatalx("event_add");
}

static void
look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	report(EV_RETRY, "");
}

/* 0: it is being looked at, and the table is told when that is over */
static int
can_run(const struct semver *v)
{
	if (binary_is_checked(v))
		return 1;
	if (!checking) {
		checking = 1;
		binary_check(v, run_checked, NULL);
	}
	return 0;
}

static void
run_checked(const char *error, void *arg)
{
	(void)arg;
	struct installed	*i = install_find(&target);

	checking = 0;
	if (error == NULL)
		report(EV_RETRY, "");
	else if (i == NULL || i->damaged)
		report(EV_SERVICE_FAILED, error);
	else {
		/* The host's trouble, not the version's. */
		log_warnx("the roll waits: %s", error);
		report(EV_DISK_FULL, error);
	}
}

/* 0, or -1: it could not be noted, and the table has been told */
static int
move_start(struct service *s)
{
	struct journal_service	*j = journal_service(&env.journal,
				    s->conf->name);
	struct journal_service	 before = *j;
	struct move		*m;
	int			 had_run = j->has_version;

	j->has_previous = j->has_version;
	j->previous = j->version;
	j->has_version = 1;
	j->version = target;
	j->moved = 1;
	/* Nothing is moved that a next parent would not know of. */
	if (journal_keep() == -1) {
		*j = before;
		return -1;
	}
	m = move_new(s);
	m->votes = s->state.pid != 0 && readiness_counts(s);
	if (j->want == WANT_DOWN) {
		m->phase = MOVE_DONE;
		move_tell(m, "noted", "it is stopped");
		return 0;
	}
	/* One that has ended for good, by its own policy, stays ended. */
	if (s->state.pid == 0 && s->state.state == SERVICE_STOPPED &&
	    had_run) {
		m->phase = MOVE_DONE;
		move_tell(m, "noted", "it does not run");
		return 0;
	}
	move_order(m);
	return 0;
}

static void
move_order(struct move *m)
{
	struct service	*s = m->service;

	service_want(s, s->state.pid != 0 ? WANT_RESTART : WANT_UP);
	if (!m->votes) {
		/* It was not ready before: it neither votes nor blocks. */
		m->phase = MOVE_DONE;
		move_tell(m, "moved", "it was not ready before");
		return;
	}
	m->phase = MOVE_RESTARTING;
	move_wait(m, s->conf->grace_ms + STOP_EXTRA_MS);
	move_tell(m, "restarting", "");
}

static const char *
why_ended(const struct service *s, char *buf, size_t size)
{
	switch (s->state.exit_kind) {
	case EXIT_CODE:
		snprintf(buf, size, "exit code %u", s->state.exit_value);
		break;
	case EXIT_SIGNAL:
		snprintf(buf, size, "signal %u", s->state.exit_value);
		break;
	default:
		snprintf(buf, size, "unknown status");
		break;
	}
	return buf;
}

static void
move_failed(struct move *m, const char *why)
{
	char	 text[TEXT_SIZE];

	snprintf(text, sizeof(text), "%s: %s", m->service->conf != NULL ?
	    m->service->conf->name : "a removed service", why);
	evtimer_del(m->timer);
	switch (m->phase) {
	case MOVE_RESTARTING:
	case MOVE_WAITING:
		m->phase = MOVE_DONE;
		move_tell(m, "failed", why);
		report(EV_SERVICE_FAILED, text);
		break;
	case MOVE_PROBATION:
		m->phase = MOVE_DONE;
		move_tell(m, "died", why);
		report(EV_CRASH_MOVED, text);
		break;
	case BACK_RESTARTING:
	case BACK_WAITING:
		m->phase = BACK_DONE;
		move_tell(m, "not-back", why);
		log_warnx("service %s is down on the version it had, too: %s; "
		    "it is tried again", m->service->conf != NULL ?
		    m->service->conf->name : "-", why);
		report(EV_SERVICE_FAILED, text);
		break;
	default:
		break;
	}
}

static void
move_timer(int fd, short what, void *arg)
{
	struct move	*m = arg;
	char		 why[TEXT_SIZE];

	(void)fd;
	(void)what;
	switch (m->phase) {
	case MOVE_PROBATION:
		m->phase = MOVE_DONE;
		move_tell(m, "stable", "");
		report(EV_PART_OVER, "");
		break;
	case MOVE_RESTARTING:
	case BACK_RESTARTING:
		move_failed(m, "it could not be restarted in time");
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

static void
move_started(struct move *m)
{
	if (m->ended_ms != 0)
		m->gap_ms = clock_ms() - m->ended_ms;
	m->phase = m->phase == MOVE_RESTARTING ? MOVE_WAITING : BACK_WAITING;
	move_wait(m, env.conf->policy.ready_timeout_ms);
}

void
roll_service_event(struct service *s, enum service_event what)
{
	struct move	*m;
	char		 why[64], text[TEXT_SIZE];

	if ((m = move_find(s)) == NULL || env.stopping)
		return;
	switch (what) {
	case SERVICE_EVENT_STARTED:
		if (m->phase == MOVE_RESTARTING || m->phase == BACK_RESTARTING)
			move_started(m);
		break;
	case SERVICE_EVENT_ENDED:
		if (m->phase == MOVE_RESTARTING || m->phase == BACK_RESTARTING)
			m->ended_ms = clock_ms();
		else if (m->phase != MOVE_DONE && m->phase != BACK_DONE) {
			snprintf(text, sizeof(text), "it died %s (%s)",
			    m->phase == MOVE_PROBATION ? "in its probation" :
			    "before it was ready",
			    why_ended(s, why, sizeof(why)));
			move_failed(m, text);
		}
		break;
	case SERVICE_EVENT_NOT_STARTED:
		/*
		 * After a start of ours its file is hashed again first, and
		 * what the host is short of is no fault of the version; the
		 * timer bounds both.
		 */
		if ((m->phase == MOVE_RESTARTING || m->phase ==
		    BACK_RESTARTING) && !s->waits_for_check &&
		    s->start_wait != 2)
			move_failed(m, s->reason);
		break;
	case SERVICE_EVENT_REMOVED:
		roll_operator_took(s);
		TAILQ_REMOVE(&moves, m, entry);
		event_free(m->timer);
		free(m);
		break;
	case SERVICE_EVENT_STATE:
		break;
	}
}

void
roll_operator_took(struct service *s)
{
	struct move	*m;

	if ((m = move_find(s)) == NULL || m->phase == MOVE_DONE ||
	    m->phase == BACK_DONE)
		return;
	evtimer_del(m->timer);
	m->phase = m->phase < BACK_RESTARTING ? MOVE_DONE : BACK_DONE;
	move_tell(m, "left", "the operator took it");
	report(EV_SERVICE_GONE, "");
}

void
roll_service_ready(struct service *s)
{
	struct move	*m;

	if ((m = move_find(s)) == NULL)
		return;
	if (m->phase == MOVE_WAITING) {
		m->ready_ms = readiness_took_ms(s);
		m->phase = MOVE_PROBATION;
		move_tell(m, "ready", "");
		move_wait(m, env.conf->policy.probation_ms);
		report(EV_SERVICE_READY, "");
	} else if (m->phase == BACK_WAITING) {
		evtimer_del(m->timer);
		m->phase = BACK_DONE;
		move_tell(m, "back", "");
		report(EV_SERVICE_READY, "");
	}
}

void
roll_probation(void)
{
	struct move	*m;

	/* After a boot none of them runs: their probation begins again. */
	TAILQ_FOREACH(m, &moves, entry)
		if (m->phase == MOVE_PENDING && (m->service->state.pid == 0 ||
		    can_run(&target)))
			move_order(m);
	TAILQ_FOREACH(m, &moves, entry)
		if (m->phase != MOVE_DONE)
			return;
	report(EV_PROBATION_OVER, "");
}

void
roll_back_next(void)
{
	struct journal_service	*j = NULL;
	struct service		*s;
	struct move		*m;

	TAILQ_FOREACH(m, &moves, entry) {
		if (m->phase == BACK_RESTARTING || m->phase == BACK_WAITING)
			return;		/* one at a time */
		if (m->phase < BACK_RESTARTING)
			evtimer_del(m->timer);
	}
	for (s = service_first(); s != NULL; s = service_next(s))
		if (s->conf != NULL && (j = journal_service(&env.journal,
		    s->conf->name)) != NULL && j->moved)
			break;
	if (s == NULL) {
		report(EV_ALL_BACK, "");
		return;
	}
	/* One that is damaged is put back all the same, and says so. */
	if (j->has_previous && install_find(&j->previous) != NULL &&
	    !install_find(&j->previous)->damaged && !can_run(&j->previous))
		return;
	if ((m = move_find(s)) == NULL) {
		m = move_new(s);
		m->votes = 1;
	}
	put_back(j, m);
}

static void
put_back(struct journal_service *j, struct move *m)
{
	struct service	*s = m->service;

	j->moved = 0;
	j->has_version = j->has_previous;
	j->version = j->previous;
	j->has_previous = 0;
	journal_keep();
	m->ended_ms = 0;
	if (j->want == WANT_DOWN) {
		m->phase = BACK_DONE;
		report(EV_SERVICE_READY, "");
		return;
	}
	/* It may never have left the version it had. */
	if (s->state.state == SERVICE_RUNNING && service_order_seen(s) &&
	    s->want_given != WANT_RESTART && j->has_version &&
	    is_on(s, &j->version)) {
		m->phase = BACK_WAITING;
		move_wait(m, env.conf->policy.ready_timeout_ms);
		if (readiness_counts(s))
			roll_service_ready(s);
		return;
	}
	service_want(s, s->state.pid != 0 ? WANT_RESTART : WANT_UP);
	if (!j->has_version || !m->votes) {
		m->phase = BACK_DONE;
		move_tell(m, "back", j->has_version ?
		    "it was not ready before" : "it never ran before");
		report(EV_SERVICE_READY, "");
		return;
	}
	m->phase = BACK_RESTARTING;
	move_tell(m, "going-back", "");
	move_wait(m, s->conf->grace_ms + STOP_EXTRA_MS);
}

json_t *
roll_report(void)
{
	struct move	*m;
	json_t		*list, *o;

	if ((list = json_array()) == NULL)
		fatalx("out of memory");
	TAILQ_FOREACH(m, &moves, entry) {
		if (m->service->conf == NULL)
			continue;
		o = json_pack("{s:s, s:o, s:o}", "name",
		    m->service->conf->name,
		    "gap_ms", m->gap_ms >= 0 ? json_integer(m->gap_ms) :
		    json_null(), "ready_ms", m->ready_ms >= 0 ?
		    json_integer(m->ready_ms) : json_null());
		if (o == NULL || json_array_append_new(list, o) == -1)
			fatalx("out of memory");
	}
	return list;
}
