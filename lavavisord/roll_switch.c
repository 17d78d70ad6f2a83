#include <stdlib.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/roll_drain.h"
#include "lavavisord/roll_switch.h"
#include "lavavisord/services.h"

/* For the steps of a stop beyond the grace, and the fork */
#define STOP_EXTRA_MS		30000

enum step {
	STEP_IDLE,
	STEP_PREPARING,
	STEP_RESTARTING
};

struct roll_switch {
	struct service		*service;
	enum step		 step;
	struct roll_drain	*drain;
	struct event		*timer;
	void			(*news)(void *, enum switch_news,
				    const char *);
	void			*arg;
	int64_t			 ended_ms;
	int64_t			 gap_ms;
};

static void	drained(void *);
static void	late(evutil_socket_t, short, void *);
static void	tell(struct roll_switch *, enum switch_news, const char *);

void
switch_init(struct event_base *base, void (*settled)(void))
{
	drain_init(base, settled);
}

struct roll_switch *
switch_new(struct event_base *base, struct service *s,
    void (*news)(void *, enum switch_news, const char *), void *arg)
{
	struct roll_switch	*w;

	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (w->timer = evtimer_new(base, late, w)) == NULL)
		fatalx("out of memory for a switch");
	w->service = s;
	w->news = news;
	w->arg = arg;
	w->gap_ms = -1;
	return w;
}

void
switch_free(struct roll_switch *w)
{
	if (w == NULL)
		return;
	switch_end(w);
	event_free(w->timer);
	free(w);
}

void
switch_end(struct roll_switch *w)
{
	drain_cancel(w->drain);
	w->drain = NULL;
	evtimer_del(w->timer);
	w->step = STEP_IDLE;
	/* One that serves after all gets its clients back. */
	drain_undo_soon();
}

void
switch_service_ready(struct service *s)
{
	drain_undo(s);
}

int
switch_is_settling(const struct service *s)
{
	return drain_is_undoing(s);
}

int
switch_is_settling_any(void)
{
	return drain_is_undoing_any();
}

/* The last thing that is done with it: it may be freed then. */
static void
tell(struct roll_switch *w, enum switch_news what, const char *why)
{
	evtimer_del(w->timer);
	w->step = STEP_IDLE;
	w->news(w->arg, what, why);
}

void
switch_prepare(struct roll_switch *w, const struct semver *to, int drain)
{
	w->step = STEP_PREPARING;
	drain_cancel(w->drain);
	w->drain = NULL;
	if (drain && w->service->conf != NULL)
		w->drain = drain_begin(w->service, to, drained, w);
	if (w->drain == NULL)
		clock_timer(w->timer, 0);
}

static void
drained(void *arg)
{
	struct roll_switch	*w = arg;

	w->drain = NULL;
	tell(w, SWITCH_PREPARED, "");
}

void
switch_go(struct roll_switch *w, int wait)
{
	struct service	*s = w->service;

	w->ended_ms = 0;
	service_want(s, s->state.pid != 0 ? WANT_RESTART : WANT_UP);
	w->step = wait ? STEP_RESTARTING : STEP_IDLE;
	if (wait)
		clock_timer(w->timer, (int64_t)s->conf->grace_ms +
		    STOP_EXTRA_MS);
}

static void
late(evutil_socket_t fd, short what, void *arg)
{
	struct roll_switch	*w = arg;

	(void)fd;
	(void)what;
	if (w->step == STEP_PREPARING)
		tell(w, SWITCH_PREPARED, "");
	else
		tell(w, SWITCH_FAILED, "it could not be restarted in time");
}

void
switch_service_event(struct roll_switch *w, enum service_event what)
{
	struct service	*s = w->service;

	if (w->step != STEP_RESTARTING)
		return;
	switch (what) {
	case SERVICE_EVENT_STARTED:
		if (w->ended_ms != 0)
			w->gap_ms = clock_ms() - w->ended_ms;
		tell(w, SWITCH_STARTED, "");
		break;
	case SERVICE_EVENT_ENDED:
		w->ended_ms = clock_ms();
		break;
	case SERVICE_EVENT_NOT_STARTED:
		/*
		 * After a start of ours its file is hashed again first, and
		 * what the host is short of is no fault of the version; the
		 * timer bounds both.
		 */
		if (!s->waits_for_check && s->start_wait != 2)
			tell(w, SWITCH_FAILED, s->reason);
		break;
	case SERVICE_EVENT_STATE:
	case SERVICE_EVENT_REMOVED:
		break;
	}
}

int64_t
switch_gap_ms(const struct roll_switch *w)
{
	return w->gap_ms;
}
