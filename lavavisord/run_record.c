#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "compat/process.h"
#include "lavavisord/runfile.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"

/* For what changes without a start or an end, ms */
#define SOON_MS	200

static enum service_state	 known_state(const struct service *);
static void			 save_due(evutil_socket_t, short, void *);

static struct event		*later;

/* What a successor goes on from, as a new supervisor would */
static enum service_state
known_state(const struct service *s)
{
	if (s->state.pid != 0)
		return SERVICE_RUNNING;
	if (services.stopping)
		return SERVICE_STOPPED;
	if (s->ended_untold)
		return s->said.state == SERVICE_STOPPING &&
		    s->said.generation == s->generation ?
		    SERVICE_STOPPING : SERVICE_RUNNING;
	/* It waits for what the daemon itself has still to find. */
	if (s->refused && s->said.want == WANT_UP)
		return SERVICE_STARTING;
	return (enum service_state)s->said.state;
}

int
run_note(struct service *s, char *error)
{
	struct runfile_service	*r;

	if ((r = runfile_service(&services.run, s->name)) == NULL &&
	    (r = runfile_service_add(&services.run, s->name)) == NULL) {
		strlcpy(error, "run/services is full", TEXT_SIZE);
		return -1;
	}
	r->slot = s->slot;
	r->generation = s->generation;
	r->process.pid = s->state.pid;
	r->process.start = s->state.pid != 0 ? s->start : 0;
	r->has_version = s->has_version;
	r->version = s->version;
	r->state = (uint8_t)known_state(s);
	/* After a stop of the daemon each is started as on a first day. */
	r->want = services.stopping ? WANT_DOWN : s->said.want;
	r->said_pid = s->ended_untold ? s->run_pid : s->said.pid;
	r->due_ms = s->said.due_ms;
	r->since_ms = s->state.since_ms;
	r->started_ms = services.stopping ? 0 : s->state.started_ms;
	r->restarts = s->said.restarts;
	r->failures = s->said.failures;
	r->exit_kind = s->state.exit_kind;
	r->exit_value = s->state.exit_value;
	r->made_of = s->state.pid != 0 ? s->made_of : 0;
	return 0;
}

int
run_save(char *error)
{
	return runfile_save(services.run_dir, &services.run, error);
}

int
run_record(struct service *s, char *error)
{
	if (run_note(s, error) == -1)
		return -1;
	return run_save(error);
}

void
run_record_soon(struct service *s)
{
	struct timeval	 tv = { 0, SOON_MS * 1000 };
	char		 error[TEXT_SIZE];

	/* One behind its barrier is written when it is let go. */
	if (s->barrier != -1 || run_note(s, error) == -1)
		return;
	if (later == NULL && (later = evtimer_new(services.conf.base,
	    save_due, NULL)) == NULL)
		fatalx("out of memory for events");
	if (!evtimer_pending(later, NULL) && evtimer_add(later, &tv) == -1)
		fatalx("event_add");
}

static void
save_due(evutil_socket_t fd, short what, void *arg)
{
	char	 error[TEXT_SIZE];

	(void)fd;
	(void)what;
	(void)arg;
	if (run_save(error) == -1)
		log_warnx("%s", error);
}

int
services_record(void)
{
	struct service	*s;
	char		 error[TEXT_SIZE];

	TAILQ_FOREACH(s, &services.list, entry)
		if (run_note(s, error) == -1) {
			log_warnx("%s", error);
			return -1;
		}
	if (run_save(error) == -1) {
		log_warnx("%s", error);
		return -1;
	}
	return 0;
}

int
run_record_supervisor(pid_t pid, char *error)
{
	services.run.supervisor.pid = pid;
	if (process_start(pid, &services.run.supervisor.start) == -1) {
		services.run.supervisor.pid = 0;
		snprintf(error, TEXT_SIZE, "pid %d: %s", (int)pid,
		    strerror(errno));
		return -1;
	}
	return runfile_save(services.run_dir, &services.run, error);
}

void
run_forget(const char *name)
{
	char	 error[TEXT_SIZE];

	runfile_service_remove(&services.run, name);
	if (runfile_save(services.run_dir, &services.run, error) == -1)
		log_warnx("%s", error);
}
