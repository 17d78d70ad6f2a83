#include <sys/types.h>
#include <sys/queue.h>

#include <stdlib.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/install.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/readiness.h"
#include "lavavisord/roll.h"
#include "lavavisord/roll_own.h"
#include "lavavisord/services.h"

static int	 is_going_back(const struct move *);
static int	 never_left(const struct service *,
		    const struct journal_service *);
static int	 is_coming_back(const struct service *,
		    const struct journal_service *);
static struct service *next_back(void);
static int	 no_more_forward(void);
static void	 put_back(struct journal_service *, struct move *);
static int	 was_put_back(const struct service *,
		    const struct journal_service *);

/* It was, in the journal; its process is still the one that had moved */
static int
was_put_back(const struct service *s, const struct journal_service *j)
{
	return !j->moved && j->has_version && s->state.pid != 0 &&
	    roll_is_on(s, &roll.target) &&
	    semver_compare(&j->version, &roll.target) != 0;
}

/* Put back by a parent before us, and not ready yet as far as we know */
static int
is_coming_back(const struct service *s, const struct journal_service *j)
{
	struct journal_upgrade	*u = &env.journal.upgrade;

	if (j->moved || !j->has_version || !j->ran || !s->conf->is_lavap ||
	    (roll.roles & (1U << s->conf->role)) == 0 ||
	    j->want == WANT_DOWN || readiness_counts(s))
		return 0;
	if (s->state.pid == 0)
		return s->state.state != SERVICE_STOPPED &&
		    s->state.state != SERVICE_FAILED;
	/* One older than the upgrade was not touched by it. */
	return clock_ms() - s->state.started_ms <=
	    (clock_s() - u->started_s) * 1000;
}

void
roll_back_resume(struct service *s, struct journal_service *j)
{
	struct move	*m;

	if (was_put_back(s, j)) {
		j->moved = 1;
		j->has_previous = 1;
		j->previous = j->version;
		j->version = roll.target;
	} else if (is_coming_back(s, j)) {
		m = move_new(s);
		m->votes = 1;
		m->phase = BACK_PREPARING;
		move_started(m);
	}
}

static int
is_going_back(const struct move *m)
{
	return m->phase == BACK_PREPARING || m->phase == BACK_RESTARTING ||
	    m->phase == BACK_WAITING;
}

/* Ends what goes forward.  0, or -1: one goes back already, one at a time */
static int
no_more_forward(void)
{
	struct move	*m, *next;

	for (m = TAILQ_FIRST(&roll.moves); m != NULL; m = next) {
		next = TAILQ_NEXT(m, entry);
		if (is_going_back(m))
			return -1;
		if (m->phase == MOVE_PREPARING)
			move_leave(m, "no more are moved");
		else if (m->phase < BACK_PREPARING)
			move_wait_no_more(m);
	}
	evtimer_del(roll.look_event);
	return 0;
}

/*
 * One that is down goes first: it would begin the bad version again.  NULL: all
 * are back
 */
static struct service *
next_back(void)
{
	struct journal_service	*j;
	struct roll_answer	 a;
	struct roll_fact	*f;
	struct service		*s, **of;
	struct move		*m;
	size_t			 n = 0;

	if ((f = calloc(services_count() + 1, sizeof(*f))) == NULL ||
	    (of = calloc(services_count() + 1, sizeof(*of))) == NULL)
		fatal("calloc");
	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (s->conf == NULL || (j = journal_service(&env.journal,
		    s->conf->name)) == NULL || !j->moved)
			continue;
		m = move_find(s);
		if (j->want == WANT_DOWN)
			f[n].place = ROLL_MOVED;
		else if (s->state.pid == 0)
			f[n].place = ROLL_MOVING;
		else
			f[n].place = readiness_counts(s) && (m == NULL ||
			    !m->unwell) ? ROLL_MOVED : ROLL_SOAKING;
		of[n++] = s;
	}
	roll_order_back(f, n, &a);
	s = a.next == ROLL_NEXT_MOVE ? of[a.index] : NULL;
	free(f);
	free(of);
	return s;
}

void
roll_back_next(void)
{
	struct journal_service	*j;
	struct service		*s;
	struct move		*m;

	if (no_more_forward() == -1)
		return;
	if ((s = next_back()) == NULL) {
		roll.report(EV_ALL_BACK, "");
		return;
	}
	/* The clients of the one before come back first, if there are any. */
	if (s->state.pid != 0 && readiness_counts(s) &&
	    switch_is_settling_any())
		return;
	j = journal_service(&env.journal, s->conf->name);
	/* One that is damaged is put back all the same, and says so. */
	if (j->has_previous && install_find(&j->previous) != NULL &&
	    !install_find(&j->previous)->damaged &&
	    !roll_can_run(&j->previous))
		return;
	if ((m = move_find(s)) == NULL) {
		m = move_new(s);
		m->votes = 1;
	}
	put_back(j, m);
}

/* It may still be on the version it had, and the order not carried out. */
static int
never_left(const struct service *s, const struct journal_service *j)
{
	return s->state.state == SERVICE_RUNNING && service_order_seen(s) &&
	    s->want_given != WANT_RESTART && j->has_version &&
	    roll_is_on(s, &j->version);
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
	if (j->want == WANT_DOWN) {
		m->phase = BACK_DONE;
		roll.report(EV_SERVICE_READY, "");
	} else if (s->state.pid != 0 && service_is_locked(s)) {
		m->phase = BACK_DONE;
		move_tell(m, "left", "it is locked: it goes back once it is "
		    "unlocked, or ends");
		log_warnx("service %s stays on the version that is given up, "
		    "as it could not be started again: %s", s->conf->name,
		    service_locked_why(s));
		roll.report(EV_SERVICE_READY, "");
	} else if (never_left(s, j)) {
		m->phase = BACK_PREPARING;
		move_started(m);
		if (readiness_counts(s))
			roll_service_ready(s);
	} else if (!j->has_version || !m->votes) {
		switch_go(m->change, 0);
		m->phase = BACK_DONE;
		move_tell(m, "back", j->has_version ?
		    "it was not ready before" : "it never ran before");
		roll.report(EV_SERVICE_READY, "");
	} else {
		m->phase = BACK_PREPARING;
		switch_prepare(m->change, &j->version, s->state.pid != 0 &&
		    readiness_counts(s));
	}
}

void
back_event(struct move *m, enum service_event what)
{
	/* It came back by itself, on the version that it is to have. */
	if (what == SERVICE_EVENT_STARTED)
		back_news(m, SWITCH_STARTED, "");
	/* There is nobody left to drain. */
	else if (what == SERVICE_EVENT_ENDED)
		switch_prepare(m->change, &roll.target, 0);
}

void
back_news(struct move *m, enum switch_news what, const char *why)
{
	if (!is_going_back(m))
		return;
	switch (what) {
	case SWITCH_PREPARED:
		/* It may have come back by itself in between. */
		if (m->phase != BACK_PREPARING)
			break;
		m->phase = BACK_RESTARTING;
		switch_go(m->change, 1);
		move_tell(m, "going-back", "");
		break;
	case SWITCH_STARTED:
		move_started(m);
		break;
	case SWITCH_FAILED:
		move_failed(m, why);
		break;
	}
}
