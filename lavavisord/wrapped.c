#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/binary.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/roll.h"
#include "lavavisord/rooms.h"
#include "lavavisord/services.h"
#include "lavavisord/shutdown.h"
#include "lavavisord/wrapped.h"

/* When the other rooms are started, whatever became of the service, ms */
#define OTHERS_MS	50
/* What it has the processors for alone, from its fork on, ms */
#define EXEC_MS		5

static int	is_given_up(const struct service *);
static void	pass_on(evutil_socket_t, short, void *);
static void	release(evutil_socket_t, short, void *);

static const int	 passed[] = { SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH };

static struct event	*late;
static int		 ran;	/* the service, since we were started */

#define PASSED	(sizeof(passed) / sizeof(passed[0]))

void
wrapped_signals(sigset_t *set)
{
	size_t	 i;

	for (i = 0; i < PASSED; i++)
		sigaddset(set, passed[i]);
}

void
wrapped_begin(struct event_base *base)
{
	struct event	*ev;
	size_t		 i;

	for (i = 0; i < PASSED; i++)
		if ((ev = evsignal_new(base, passed[i], pass_on, NULL)) ==
		    NULL || event_add(ev, NULL) == -1)
			fatalx("out of memory for events");
}

static void
release(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	event_free(late);
	late = NULL;
	rooms_release();
}

void
wrapped_rooms(struct event_base *base)
{
	if ((late = evtimer_new(base, release, NULL)) == NULL)
		fatalx("out of memory for events");
	clock_timer(late, OTHERS_MS);
	rooms_hold(1U << ROOM_DIALER | 1U << ROOM_MONITOR | 1U << ROOM_ADMIN |
	    1U << ROOM_SHOW);
}

void
wrapped_started(void)
{
	ran = 1;
	if (late != NULL)
		clock_timer(late, EXEC_MS);
}

void
wrapped_wants(void)
{
	journal_service_add(&env.journal, env.wrapped)->want = WANT_UP;
}

static void
pass_on(evutil_socket_t signo, short what, void *arg)
{
	struct service	*s = service_first();

	(void)what;
	(void)arg;
	if (s == NULL || s->state.pid == 0)
		log_info("signal %d: the service does not run, nobody gets it",
		    (int)signo);
	else if (service_pass_signal(s, (int)signo) == -1)
		log_warn("service %s: signal %d", s->conf->name, (int)signo);
}

/* It failed too often, and is not to be tried again later. */
static int
is_given_up(const struct service *s)
{
	return s->state.pid == 0 && s->state.state == SERVICE_FAILED &&
	    s->conf->retry_ms == 0 && s->want_given != WANT_DOWN &&
	    s->state.exit_kind != EXIT_NONE && service_order_seen(s);
}

void
wrapped_look(const struct service *s)
{
	ran |= s->state.pid != 0;	/* adopted */
	if (env.wrapped == NULL || env.stopping || s->conf == NULL)
		return;
	/* Who has typed it sits there and types it again at the next start. */
	if (s->state.pid == 0 && s->state.state == SERVICE_LOCKED &&
	    passphrase_failed(s)) {
		log_warnx("service %s: the passphrase that was typed is "
		    "wrong, so there is nothing more to do here",
		    s->conf->name);
		shutdown_begin(0);
		return;
	}
	if (!(service_is_over(s) || is_given_up(s)) || s->state.again ||
	    binary_is_pending(s) || roll_in_motion(s))
		return;
	log_info("service %s has ended, and is not to be started again",
	    s->conf->name);
	shutdown_begin(0);
}

int
wrapped_exit_code(void)
{
	const struct service	*s = service_first();

	/* What it is known to have ended with may be of another life. */
	if (s == NULL || !(ran || env.handed))
		return 0;
	switch (s->state.exit_kind) {
	case EXIT_NONE:
		return 0;
	case EXIT_CODE:
		return s->state.exit_value;
	case EXIT_SIGNAL:
		return 128 + s->state.exit_value;
	default:
		return 1;
	}
}
