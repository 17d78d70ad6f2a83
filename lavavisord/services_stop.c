#include <sys/types.h>
#include <sys/queue.h>

#include <signal.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"
#include "lavavisord/strays.h"

#define LOOK_MS		250
#define UNHEARD_MS	2000	/* then the supervisor does not listen */
#define TERM_MS		10000	/* from TERM to KILL */
#define LATE_MS		15000	/* beyond the grace of a stop by order */
#define KILL_MS		5000	/* from KILL to KILL */

static int64_t	grace_of(const struct service *);
static void	look(evutil_socket_t, short, void *);
static void	look_at(struct service *, int64_t);
static void	own_step(struct service *, int64_t);

static int64_t	begun_ms;

void
services_stop_all(void (*done)(void))
{
	struct service	*s;

	services.stopping = 1;
	services.stopped = done;
	begun_ms = clock_ms();
	TAILQ_FOREACH(s, &services.list, entry) {
		/* Another order would shorten a stop that is going on. */
		if (s->want_given != WANT_DOWN)
			service_want(s, WANT_DOWN);
		s->stop_step = 0;
		s->stop_due_ms = 0;
	}
	if (services.late == NULL && (services.late =
	    evtimer_new(services.conf.base, look, NULL)) == NULL)
		fatalx("out of memory for events");
	look(-1, EV_TIMEOUT, NULL);
	stop_step();
}

static int64_t
grace_of(const struct service *s)
{
	return s->conf != NULL ? s->conf->grace_ms : s->policy.grace_ms;
}

/* The supervisor may be hung or dead: the end of the daemon is not its */
static void
look(evutil_socket_t fd, short what, void *arg)
{
	struct timeval	 tv = { 0, LOOK_MS * 1000 };
	struct service	*s;
	int64_t		 now = clock_ms();

	(void)fd;
	(void)what;
	(void)arg;
	TAILQ_FOREACH(s, &services.list, entry)
		if (s->state.pid != 0)
			look_at(s, now);
	if (evtimer_add(services.late, &tv) == -1)
		fatalx("event_add");
}

static void
look_at(struct service *s, int64_t now)
{
	if (s->stop_step == 0 && s->said.order >= s->order_given) {
		/* It is being stopped by order. */
		if (now < begun_ms + grace_of(s) + LATE_MS)
			return;
		s->stop_step = 2;
	}
	if (now >= begun_ms + UNHEARD_MS && now >= s->stop_due_ms)
		own_step(s, now);
}

/* The steps of the supervisor's own policy */
static void
own_step(struct service *s, int64_t now)
{
	int	 signo = s->conf != NULL ? s->conf->stop_signal :
		    s->policy.stop_signal;

	if (signo == 0)
		signo = SIGTERM;
	switch (s->stop_step++) {
	case 0:
		/* When the supervisor comes back it finds this one given. */
		s->signalled = s->generation;
		s->signalled_step = 0;
		s->stop_due_ms = now + grace_of(s);
		break;
	case 1:
		if (signo == SIGTERM)
			goto end;
		signo = SIGTERM;
		s->stop_due_ms = now + TERM_MS;
		break;
	default:
end:
		signo = SIGKILL;
		s->stop_step = 2;
		s->stop_due_ms = now + KILL_MS;
		break;
	}
	log_warnx("service %s, pid %d, is not stopped by the supervisor: "
	    "signal %d", s->name, (int)s->state.pid, signo);
	service_signal(s, signo);
}

void
services_hurry(void)
{
	struct service	*s;

	services.hurried++;
	TAILQ_FOREACH(s, &services.list, entry) {
		if (s->state.pid == 0)
			continue;
		/* A supervisor that does not listen is passed over. */
		if (s->said.order < s->order_given)
			service_signal(s, services.hurried > 1 ? SIGKILL :
			    SIGTERM);
		service_want(s, WANT_DOWN);
	}
}

/* A start that was ordered before the stop is refused from now on */
void
stop_step(void)
{
	void		(*done)(void) = services.stopped;
	struct service	*s;

	if (done == NULL || services_living())
		return;
	services.stopped = NULL;
	/* The supervisor leaves once there is no writer any more. */
	TAILQ_FOREACH(s, &services.list, entry)
		if (s->fifo != -1) {
			close(s->fifo);
			s->fifo = -1;
		}
	services_record();
	event_free(services.late);
	services.late = NULL;
	strays_leave();
	done();
}
