#include <sys/types.h>
#include <sys/queue.h>

#include <string.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/config.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/ready_signs.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"

/*
 * A fork makes each page that we write afterwards a copy.  So what is to be
 * started in one turn of the loop is forked in a row, and told of after that;
 * but others want their turn too.
 */
#define BATCH	64

static int	begin(struct service *);
static void	started(struct service *);
static void	turn(evutil_socket_t, short, void *);

static TAILQ_HEAD(, service)	 due = TAILQ_HEAD_INITIALIZER(due);
static struct event		*due_event;

void
start_init(void)
{
	if ((due_event = event_new(services.conf.base, -1, 0, turn,
	    NULL)) == NULL)
		fatalx("out of memory for events");
	launch_init();
}

void
start_soon(struct service *s)
{
	s->is_due = 1;
	TAILQ_INSERT_TAIL(&due, s, due);
	event_active(due_event, 0, 0);
}

void
start_forget(struct service *s)
{
	if (s->is_due)
		TAILQ_REMOVE(&due, s, due);
	s->is_due = s->start_held = 0;
}

void
start_again(struct service *s)
{
	s->start_held = 0;
	start_soon(s);
}

/*
 * 0 once it is forked; else -1, and the supervisor knows why, or the start is
 * held.
 */
static int
begin(struct service *s)
{
	struct semver	 version;
	const char	*program;
	char		 path[1024], error[TEXT_SIZE];
	uint8_t		 wait = 1;

	/* Each of them is answered, or it would be waited for forever. */
	if (services.stopping || s->conf == NULL ||
	    s->want_given == WANT_DOWN) {
		tell_not_started(s, 1, services.stopping ?
		    "the daemon is stopping" : s->conf == NULL ?
		    "it left the configuration" : "it is to be down");
		return -1;
	}
	memset(&version, 0, sizeof(version));
	program = s->conf->argv[0];
	if (s->conf->is_lavap) {
		if (services.conf.binary(s, path, sizeof(path), &version,
		    error, sizeof(error)) == -1) {
			tell_not_started(s, 1, error);
			return -1;
		}
		program = path;
	}
	switch (passphrase_may_start(s, error, sizeof(error))) {
	case PASSPHRASE_GO:
		break;
	case PASSPHRASE_LATER:
		s->start_held = 1;
		return -1;
	case PASSPHRASE_NEVER:
		tell_not_started(s, 3, error);
		return -1;
	}
	ready_signs_before(s);
	if (launch(s, program, s->conf->is_lavap ? &version : NULL, error,
	    sizeof(error), &wait) == -1) {
		tell_not_started(s, wait, error);
		return -1;
	}
	return 0;
}

static void
started(struct service *s)
{
	log_info("service %s: started, pid %d", s->name, (int)s->state.pid);
	s->pending = 0;
	service_set_reason(s, "");
	s->started_untold = 1;
	s->ended_untold = s->refused = 0;
	tell_started(s);
	service_refresh(s);
	service_event_now(s, SERVICE_EVENT_STARTED);
}

static void
turn(evutil_socket_t fd, short what, void *arg)
{
	struct service	*s, *forked[BATCH];
	size_t		 i, n = 0;

	(void)fd;
	(void)what;
	(void)arg;
	while (n < BATCH && (s = TAILQ_FIRST(&due)) != NULL) {
		start_forget(s);
		if (begin(s) == 0)
			forked[n++] = s;
	}
	for (i = 0; i < n; i++)
		started(forked[i]);
	if (!TAILQ_EMPTY(&due))
		event_active(due_event, 0, 0);
}
