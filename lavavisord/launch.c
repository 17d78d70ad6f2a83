#include <sys/types.h>
#include <sys/queue.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/fault.h"
#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "compat/process.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/directories.h"
#include "lavavisord/fork_child.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"
#include "lavavisord/strays.h"

static TAILQ_HEAD(, service)	 forked = TAILQ_HEAD_INITIALIZER(forked);
static struct event		*release_event;

static void	launch_reported(evutil_socket_t, short, void *);
static void	launch_undone(struct service *, const char *);
static void	release(evutil_socket_t, short, void *);
static int	shortage(int);

/* What is the host's trouble and not the service's */
static int
shortage(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EIO:
		return 1;
	default:
		return 0;
	}
}

/*
 * Start barrier: the child executes nothing before its pid, start time and
 * boot are in run/services, and leaves when we die before that.
 */
int
launch(struct service *s, const char *path, const struct semver *version,
    char *error, size_t size, uint8_t *wait)
{
	struct timeval	 now = { 0, 0 };
	char		 fifo[700];
	int		 barrier[2] = { -1, -1 }, report[2] = { -1, -1 };
	sigset_t	 old;
	pid_t		 pid;

	*wait = 0;
	FAULT_POINT("launch.before");
	if (service_directory(s->conf, services.conf.directory,
	    services.conf.privileged, error, size) == -1)
		return -1;
	fifo_path(s, fifo, sizeof(fifo));
	if (fifo_make(s, error, size) == -1)
		return -1;
	/* Somebody tidied up: the supervisor reads another fifo, or none. */
	if (!fifo_is_same(s)) {
		if (s->fifo != -1)
			close(s->fifo);
		s->fifo = -1;
		tell_fifo(s);
	}
	if (pipe2(barrier, O_CLOEXEC) == -1 ||
	    pipe2(report, O_CLOEXEC | O_NONBLOCK) == -1 ||
	    (fork_begin(&old), pid = fork_end(strays_fork(s), &old)) == -1) {
		*wait = shortage(errno) ? 2 : 0;
		snprintf(error, size, "it cannot be forked: %s",
		    strerror(errno));
		goto fail;
	}
	if (pid == 0) {
		close(barrier[1]);
		launch_child(s->conf, path, fifo, barrier[0], report[1]);
	}
	FAULT_POINT("launch.forked");
	close(barrier[0]);
	close(report[1]);
	barrier[0] = report[1] = -1;
	s->generation = services.conf.generation();
	s->made_of = config_service_run_hash(s->conf);
	s->state.pid = s->run_pid = pid;
	s->state.generation = s->generation;
	/* The next parent counts from here; the supervisor's word is later. */
	s->state.since_ms = s->state.started_ms = clock_ms();
	s->has_version = version != NULL;
	if (version != NULL)
		s->version = *version;
	launch_report_end(s);
	/* The supervisor must not see an end of output before its begin. */
	s->fifo_write = fifo_open_write(s);
	s->report = report[0];
	if ((s->report_event = event_new(services.conf.base, s->report,
	    EV_READ | EV_PERSIST, launch_reported, s)) == NULL ||
	    event_add(s->report_event, NULL) == -1)
		fatalx("out of memory for events");
	s->barrier = barrier[1];
	TAILQ_INSERT_TAIL(&forked, s, forked);
	if (evtimer_add(release_event, &now) == -1)
		fatalx("event_add");
	return 0;
fail:
	if (barrier[0] != -1)
		close(barrier[0]);
	if (barrier[1] != -1)
		close(barrier[1]);
	if (report[0] != -1)
		close(report[0]);
	if (report[1] != -1)
		close(report[1]);
	return -1;
}

/*
 * One write of run/services for all that were forked in this turn.  Without
 * it none of them goes: end of file on its barrier ends each.
 */
static void
release(evutil_socket_t fd, short what, void *arg)
{
	struct service	*s;
	char		 error[TEXT_SIZE];
	int		 failed = 0, saved;

	(void)fd;
	(void)what;
	(void)arg;
	TAILQ_FOREACH(s, &forked, forked)
		if (process_start(s->state.pid, &s->start) == 0) {
			if (run_note(s, error) == -1)
				failed = 1;
		} else {
			/* Gone: it was killed, and is reaped in a moment. */
			s->start = 0;
			if (errno == ESRCH)
				continue;
			saved = errno;
			if (process_visible(error, sizeof(error)) == 0)
				snprintf(error, sizeof(error), "its process "
				    "cannot be written down: %s",
				    strerror(saved));
			failed = 1;
		}
	FAULT_POINT("launch.noted");
	if (failed || run_save(error) == -1)
		failed = 1;
	FAULT_POINT("launch.recorded");
	while ((s = TAILQ_FIRST(&forked)) != NULL) {
		TAILQ_REMOVE(&forked, s, forked);
		if (!failed && s->start != 0 &&
		    write(s->barrier, "", 1) != 1)
			log_warn("service %s: its start", s->name);
		FAULT_POINT("launch.let-go");
		close(s->barrier);
		s->barrier = -1;
		if (failed) {
			launch_undone(s, error);
			continue;
		}
		log_info("service %s: started, pid %d", s->name,
		    (int)s->state.pid);
		service_started(s);
	}
}

/* It ends by itself, and was never the service */
static void
launch_undone(struct service *s, const char *error)
{
	char	 text[TEXT_SIZE];

	launch_report_end(s);
	s->state.pid = 0;
	/* Its pid may be in the record already; the next save has this. */
	run_note(s, text);
	tell_not_started(s, 2, error);
}

/* It was reaped before it was let go, or its service goes away */
void
launch_forget(struct service *s)
{
	if (s->barrier == -1)
		return;
	TAILQ_REMOVE(&forked, s, forked);
	close(s->barrier);
	s->barrier = -1;
}

void
launch_init(void)
{
	if ((release_event = evtimer_new(services.conf.base, release,
	    NULL)) == NULL)
		fatalx("out of memory for events");
}

/* End of file: it was executed.  Text: why it was not. */
static void
launch_reported(evutil_socket_t fd, short what, void *arg)
{
	struct service	*s = arg;
	char		 text[TEXT_SIZE];
	ssize_t		 n;

	(void)what;
	if ((n = read((int)fd, text, sizeof(text) - 1)) == -1 &&
	    (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		text[n] = '\0';
		service_set_reason(s, text);
		log_warnx("service %s: %s", s->name, s->reason);
	}
	launch_report_end(s);
}

void
launch_report_end(struct service *s)
{
	char	 text[TEXT_SIZE];
	ssize_t	 n;

	if (s->report == -1)
		return;
	if ((n = read(s->report, text, sizeof(text) - 1)) > 0) {
		text[n] = '\0';
		service_set_reason(s, text);
		log_warnx("service %s: %s", s->name, s->reason);
	}
	event_free(s->report_event);
	s->report_event = NULL;
	close(s->report);
	s->report = -1;
	if (s->fifo_write != -1)
		close(s->fifo_write);
	s->fifo_write = -1;
}
