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
#include "lavavisord/passphrase.h"
#include "lavavisord/readiness.h"
#include "lavavisord/roll.h"
#include "lavavisord/roll_own.h"
#include "lavavisord/roll_read.h"
#include "lavavisord/services.h"

/* While a service may still become ready, how often to look again, ms */
#define LOOK_MS			500

struct roll	 roll = { .moves = TAILQ_HEAD_INITIALIZER(roll.moves) };

static void	 again(void);
static void	 died(struct move *);
static size_t	 facts(struct roll_fact *, struct service **);
static int	 is_candidate(const struct service *);
static int	 is_left_locked(struct move *);
static int	 is_undecided(const struct service *);
static void	 look(evutil_socket_t, short, void *);
static void	 look_at(const struct service *);
static int	 move_begin(struct service *);
static void	 move_order(struct move *);
static int	 note(struct service *);
static int	 order_pending(void);
static enum roll_place place_of(const struct move *);
static void	 prepared(struct move *);
static void	 resume(struct service *);
static void	 run_checked(const char *, void *);
static int	 stays_down(const struct service *);
static void	 unnote(const struct service *, struct journal_service *);
static const char	*why_ended(const struct service *, char *, size_t);

void
roll_init(struct event_base *b, void (*f)(enum upgrade_event, const char *))
{
	roll.base = b;
	roll.report = f;
	if ((roll.look_event = evtimer_new(b, look, NULL)) == NULL)
		fatalx("out of memory for events");
	roll_read_init(b, again);
	switch_init(b, again);
	roll_down_init(b);
}

int
roll_is_on(const struct service *s, const struct semver *v)
{
	return s->has_version && semver_compare(&s->version, v) == 0;
}

static int
is_candidate(const struct service *s)
{
	struct journal_service	*j;

	if (s->conf == NULL || !s->conf->is_lavap ||
	    (roll.roles & (1U << s->conf->role)) == 0)
		return 0;
	if ((j = journal_service(&env.journal, s->conf->name)) == NULL ||
	    j->moved)
		return 0;
	/* Nothing is stopped that could not be started again. */
	if (s->state.pid != 0 && service_is_locked(s))
		return 0;
	if (!j->has_version)
		return 1;
	/* A pin moves all that are not there, also down. */
	if (env.journal.upgrade.by == UPGRADE_BY_PIN)
		return semver_compare(&j->version, &roll.target) != 0;
	return semver_compare(&j->version, &roll.target) < 0;
}

/* One that dies and comes back young again and again is not waited for. */
static int
is_undecided(const struct service *s)
{
	if (s->state.pid != 0 && passphrase_is_coming(s))
		return 1;
	return readiness_is_due(s) && (roll.undecided_ms == 0 ||
	    roll.undecided != s->slot || clock_ms() - roll.undecided_ms <=
	    env.conf->policy.ready_timeout_ms);
}

/* Its turn has come, and it may still become ready. */
static void
look_at(const struct service *s)
{
	if (roll.undecided_ms == 0 || roll.undecided != s->slot) {
		roll.undecided = s->slot;
		roll.undecided_ms = clock_ms();
		event_tell("roll", json_pack("{s:s, s:s, s:s}", "service",
		    s->conf->name, "state", "waiting", "reason",
		    passphrase_is_coming(s) ? "its passphrase is being read" :
		    "it is not ready yet, and has its ready-timeout for it"));
	}
	clock_timer(roll.look_event, LOOK_MS);
}

static enum roll_place
place_of(const struct move *m)
{
	/* Ready, and its clients are still elsewhere. */
	if (switch_is_settling(m->service))
		return ROLL_MOVING;
	switch (m->phase) {
	case MOVE_PROBATION:
		return ROLL_SOAKING;
	case MOVE_DONE:
		return ROLL_MOVED;
	default:
		return ROLL_MOVING;
	}
}

/* What roll_order.c has to know, and of whom; returns how many */
static size_t
facts(struct roll_fact *f, struct service **of)
{
	struct service	*s;
	struct move	*m;
	size_t		 n = 0;

	for (s = service_first(); s != NULL; s = service_next(s)) {
		if ((m = move_find(s)) != NULL)
			f[n].place = place_of(m);
		else if (is_candidate(s))
			f[n].place = is_undecided(s) ? ROLL_UNDECIDED :
			    ROLL_UNMOVED;
		else
			continue;
		f[n].canary = s->conf != NULL && s->conf->canary;
		f[n].votes = m != NULL && m->votes;
		of[n++] = s;
	}
	return n;
}

int
roll_is_moving(void)
{
	struct move	*m;

	TAILQ_FOREACH(m, &roll.moves, entry)
		if (move_is_moving(m))
			return 1;
	return 0;
}

int
roll_in_motion(const struct service *s)
{
	struct move	*m = move_find(s);

	return m != NULL && m->phase != MOVE_PREPARING &&
	    m->phase != MOVE_DONE && m->phase != BACK_DONE &&
	    m->phase != MOVE_PROBATION;
}

int
roll_in_probation(const struct service *s)
{
	struct move	*m = move_find(s);

	return m != NULL && m->phase == MOVE_PROBATION;
}

void
roll_begin(const struct semver *to, unsigned int roles, int back)
{
	struct journal_service	*j;
	struct service		*s;

	roll_end();
	roll.target = *to;
	roll.roles = roles;
	roll.expected = 0;
	roll.ready_ms = roll.undecided_ms = 0;
	/* What a parent before us had moved already, or put back */
	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (s->conf == NULL || (j = journal_service(&env.journal,
		    s->conf->name)) == NULL)
			continue;
		unnote(s, j);
		if (back)
			roll_back_resume(s, j);
		else {
			roll.expected += j->moved || is_candidate(s);
			if (j->moved)
				resume(s);
		}
	}
}

/*
 * Noted, and its process never heard of it: should it crash now, it is to come
 * back on the version it has.
 */
static void
unnote(const struct service *s, struct journal_service *j)
{
	if (!j->moved || !j->has_previous || s->state.pid == 0 ||
	    s->want_given == WANT_RESTART || !roll_is_on(s, &j->previous))
		return;
	j->moved = 0;
	j->version = j->previous;
	j->has_previous = 0;
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
	else if (s->state.pid != 0 && roll_is_on(s, &roll.target)) {
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

	while ((m = TAILQ_FIRST(&roll.moves)) != NULL)
		move_free(m);
	evtimer_del(roll.look_event);
	roll_read_forget();
}

void
roll_hold(void)
{
	struct move	*m, *next;

	for (m = TAILQ_FIRST(&roll.moves); m != NULL; m = next) {
		next = TAILQ_NEXT(m, entry);
		if (m->phase == MOVE_PREPARING)
			move_leave(m, "no more are moved");
	}
	evtimer_del(roll.look_event);
}

/*
 * What a parent before us noted and did not come to order, as far as those
 * that are on their way let it.  0, or -1: the rest comes later.
 */
static int
order_pending(void)
{
	struct move	*m;
	unsigned int	 n = 0;

	TAILQ_FOREACH(m, &roll.moves, entry)
		n += move_is_moving(m) && m->phase != MOVE_PENDING;
	TAILQ_FOREACH(m, &roll.moves, entry) {
		if (m->phase != MOVE_PENDING)
			continue;
		if (n >= env.conf->policy.max_unavailable ||
		    !roll_can_run(&roll.target))
			return -1;
		move_order(m);
		if (m->phase == MOVE_PENDING)
			return -1;
		n += move_is_moving(m);
	}
	return 0;
}

void
roll_next(void)
{
	struct roll_rules	 rules;
	struct roll_answer	 a;
	struct roll_fact	*f;
	struct service		**of;
	size_t			 n;
	int			 more = 1;

	if (order_pending() == -1)
		return;
	if ((f = calloc(services_count() + 1, sizeof(*f))) == NULL ||
	    (of = calloc(services_count() + 1, sizeof(*of))) == NULL)
		fatal("calloc");
	rules.max_unavailable = env.conf->policy.max_unavailable;
	rules.pause_ms = env.conf->policy.pause_ms;
	while (more) {
		more = 0;
		rules.ready_ms = roll.ready_ms;
		n = facts(f, of);
		roll_order_next(f, n, &rules, clock_ms(), &a);
		switch (a.next) {
		case ROLL_NEXT_NONE:
			roll.report(EV_ALL_MOVED, "");
			break;
		case ROLL_NEXT_WAIT:
			break;
		case ROLL_NEXT_PAUSE:
			clock_timer(roll.look_event, a.wait_ms);
			break;
		case ROLL_NEXT_LOOK:
			look_at(of[a.index]);
			break;
		case ROLL_NEXT_MOVE:
			/* Nothing is stopped for what could not start. */
			more = roll_can_run(&roll.target) &&
			    roll_read_in(&roll.target) &&
			    move_begin(of[a.index]) == 0;
			break;
		}
	}
	free(f);
	free(of);
}

static void
look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	roll.report(EV_RETRY, "");
}

static void
again(void)
{
	roll.report(EV_RETRY, "");
}

/* 0: it is being looked at, and the table is told when that is over */
int
roll_can_run(const struct semver *v)
{
	if (binary_is_checked(v))
		return 1;
	if (!roll.checking) {
		roll.checking = 1;
		binary_check(v, run_checked, NULL);
	}
	return 0;
}

static void
run_checked(const char *error, void *arg)
{
	struct installed	*i = install_find(&roll.target);

	(void)arg;
	roll.checking = 0;
	if (error == NULL)
		roll.report(EV_RETRY, "");
	else if (i == NULL || i->damaged)
		roll.report(EV_SERVICE_FAILED, error);
	else {
		/* The host's trouble, not the version's. */
		log_warnx("the roll waits: %s", error);
		roll.report(EV_DISK_FULL, error);
	}
}

/* 0, or -1: it could not be noted, and the table has been told */
static int
note(struct service *s)
{
	struct journal_service	*j = journal_service(&env.journal,
				    s->conf->name);
	struct journal_service	 before = *j;

	j->has_previous = j->has_version;
	j->previous = j->version;
	j->has_version = 1;
	j->version = roll.target;
	j->moved = 1;
	/* Nothing is moved that a next parent would not know of. */
	if (journal_keep() == -1) {
		*j = before;
		return -1;
	}
	return 0;
}

/* By the operator's word, or for good by its own policy */
static int
stays_down(const struct service *s)
{
	struct journal_service	*j = journal_service(&env.journal,
				    s->conf->name);

	return j->want == WANT_DOWN || (s->state.pid == 0 &&
	    (s->state.state == SERVICE_STOPPED || service_is_locked(s)) &&
	    j->has_version);
}

/* 0, or -1: it could not be noted, and the table has been told */
static int
move_begin(struct service *s)
{
	struct move	*m;
	int		 down = stays_down(s);

	if (down && note(s) == -1)
		return -1;
	/* Nothing is drained that could not be noted as moved then. */
	if (!down && env.journal_failed && journal_keep() == -1)
		return -1;
	m = move_new(s);
	if (down) {
		m->phase = MOVE_DONE;
		move_tell(m, "noted", "it does not run");
		return 0;
	}
	m->votes = s->state.pid != 0 && readiness_counts(s);
	m->phase = MOVE_PREPARING;
	switch_prepare(m->change, &roll.target, m->votes);
	return 0;
}

/* A drain takes time: what it began with is looked at again. */
static void
prepared(struct move *m)
{
	struct service	*s = m->service;

	if (s->conf == NULL || !is_candidate(s) || stays_down(s) ||
	    passphrase_is_coming(s) ||
	    !roll_can_run(&roll.target) || note(s) == -1) {
		move_leave(m, "it cannot be moved now");
		/* Whatever it was, the next look finds out. */
		clock_timer(roll.look_event, LOOK_MS);
		return;
	}
	move_order(m);
}

/*
 * It could not be started again, and runs; or its start found that out.  Nobody
 * waits for it: 1.
 */
static int
is_left_locked(struct move *m)
{
	struct service		*s = m->service;
	struct journal_service	*j;

	if (!service_is_locked(s) || s->conf == NULL)
		return 0;
	j = journal_service(&env.journal, s->conf->name);
	if (s->state.pid != 0 && j->moved && j->has_previous) {
		j->moved = 0;
		j->version = j->previous;
		j->has_previous = 0;
		journal_keep();
	}
	move_wait_no_more(m);
	switch_end(m->change);
	m->phase = m->phase < BACK_PREPARING ? MOVE_DONE : BACK_DONE;
	move_tell(m, "left", "it is locked");
	roll.report(EV_SERVICE_GONE, "");
	return 1;
}

static void
move_order(struct move *m)
{
	if (m->service->state.pid != 0 && is_left_locked(m))
		return;
	/* Can it be started again?  That is known soon. */
	if (m->service->state.pid != 0 && passphrase_is_coming(m->service)) {
		m->phase = MOVE_PENDING;
		clock_timer(roll.look_event, LOOK_MS);
		return;
	}
	switch_go(m->change, m->votes);
	if (!m->votes) {
		/* It was not ready before: it neither votes nor blocks. */
		m->phase = MOVE_DONE;
		move_tell(m, "moved", "it was not ready before");
		roll.report(EV_RETRY, "");
		return;
	}
	m->phase = MOVE_RESTARTING;
	move_tell(m, "restarting", "");
}

void
roll_switched(void *arg, enum switch_news what, const char *why)
{
	struct move	*m = arg;

	/* Services that end with us have not failed: the journal stays. */
	if (env.stopping)
		return;
	if (m->phase >= BACK_PREPARING) {
		back_news(m, what, why);
		return;
	}
	switch (what) {
	case SWITCH_PREPARED:
		if (m->phase == MOVE_PREPARING)
			prepared(m);
		break;
	case SWITCH_STARTED:
		if (m->phase == MOVE_RESTARTING)
			move_started(m);
		break;
	case SWITCH_FAILED:
		move_failed(m, why);
		break;
	}
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

/* While it was watched: of one in its switch that is no failure. */
static void
died(struct move *m)
{
	char	 why[64], text[TEXT_SIZE];

	if (m->phase != MOVE_WAITING && m->phase != MOVE_PROBATION &&
	    m->phase != BACK_WAITING)
		return;
	/* It is started again, or found to be locked. */
	if (m->phase != MOVE_PROBATION && passphrase_was_cut(m->service))
		return;
	snprintf(text, sizeof(text), "it died %s (%s)",
	    m->phase == MOVE_PROBATION ? "in its probation" :
	    "before it was ready", why_ended(m->service, why, sizeof(why)));
	move_failed(m, text);
}

void
roll_service_event(struct service *s, enum service_event what)
{
	struct move	*m;

	if (what == SERVICE_EVENT_REMOVED)
		roll_down_remove(s);
	if ((m = move_find(s)) == NULL || env.stopping)
		return;
	if (what == SERVICE_EVENT_REMOVED) {
		roll_operator_took(s);
		if ((m = move_find(s)) != NULL)
			move_free(m);
		return;
	}
	/* Its switch may end with this, and the move go on to the next phase */
	if (what == SERVICE_EVENT_ENDED) {
		died(m);
		/* That may have ended the roll. */
		if ((m = move_find(s)) == NULL)
			return;
	}
	/* No fault of the version's, either. */
	if (what == SERVICE_EVENT_NOT_STARTED && s->start_wait == 3 &&
	    roll_in_motion(s)) {
		is_left_locked(m);
		return;
	}
	if (m->phase == BACK_PREPARING)
		back_event(m, what);
	else
		switch_service_event(m->change, what);
}

void
roll_operator_took(struct service *s)
{
	struct move	*m;
	int		 unmoved;

	roll_down_remove(s);
	if ((m = move_find(s)) == NULL || m->phase == MOVE_DONE ||
	    m->phase == BACK_DONE)
		return;
	move_wait_no_more(m);
	switch_end(m->change);
	unmoved = m->phase == MOVE_PREPARING;
	m->phase = m->phase < BACK_PREPARING ? MOVE_DONE : BACK_DONE;
	move_tell(m, "left", "the operator took it");
	if (unmoved)
		move_free(m);
	roll.report(EV_SERVICE_GONE, "");
}

void
roll_service_ready(struct service *s)
{
	struct move	*m;
	int		 soaks = s->conf != NULL && s->conf->canary;

	roll_down_remove(s);
	switch_service_ready(s);
	if ((m = move_find(s)) == NULL)
		return;
	if (m->phase == MOVE_WAITING) {
		m->ready_ms = readiness_took_ms(s);
		m->phase = MOVE_PROBATION;
		roll.ready_ms = clock_ms();
		move_tell(m, "ready", "");
		move_probation(m, soaks ? env.conf->policy.soak_ms :
		    env.conf->policy.probation_ms);
		roll.report(EV_SERVICE_READY, "");
	} else if (m->phase == BACK_WAITING) {
		evtimer_del(m->timer);
		m->phase = BACK_DONE;
		move_tell(m, "back", "");
		roll.report(EV_SERVICE_READY, "");
	}
}

void
roll_probation(void)
{
	struct move	*m;

	/* After a boot none of them runs: their probation begins again. */
	TAILQ_FOREACH(m, &roll.moves, entry)
		if (m->phase == MOVE_PENDING && (m->service->state.pid == 0 ||
		    roll_can_run(&roll.target)))
			move_order(m);
	TAILQ_FOREACH(m, &roll.moves, entry)
		if (m->phase != MOVE_DONE)
			return;
	roll.report(EV_PROBATION_OVER, "");
}

json_t *
roll_report(void)
{
	struct move	*m;
	json_t		*list, *o;
	int64_t		 gap;

	if ((list = json_array()) == NULL)
		fatalx("out of memory");
	TAILQ_FOREACH(m, &roll.moves, entry) {
		if (m->service->conf == NULL)
			continue;
		gap = switch_gap_ms(m->change);
		o = json_pack("{s:s, s:o, s:o}", "name",
		    m->service->conf->name, "gap_ms", gap >= 0 ?
		    json_integer(gap) : json_null(), "ready_ms",
		    m->ready_ms >= 0 ? json_integer(m->ready_ms) :
		    json_null());
		if (o == NULL || json_array_append_new(list, o) == -1)
			fatalx("out of memory");
	}
	return list;
}
