#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/fault.h"
#include "common/log.h"
#include "common/message.h"
#include "compat/file_reserve.h"
#include "compat/process.h"
#include "lavavisord/clock.h"
#include "lavavisord/runfile.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"

/* For what changes without a start or an end, ms */
#define SOON_MS		200

/* Changes are appended until they are this much, and more than all else. */
#define GROWTH_MIN	(256 * 1024)
#define CHANGE_TYPICAL	256

static int			 append(int, const char *, size_t);
static int			 append_all(const struct runfile *);
static int			 fill(struct service *,
				    struct runfile_service *, char *);
static enum service_state	 known_state(const struct service *);
static int			 reopen(char *);
static void			 save_due(evutil_socket_t, short, void *);
static int			 start_of(struct service *, char *);
static int			 start_seen(pid_t, uint64_t *);

static struct event		*later;

/*
 * For appending; the number stays the same as long as we live, as a child that
 * was just forked may share it.
 */
static int			 file = -1;
static int			 is_open;	/* `file` is the file */
static size_t			 whole_size, grown;
static int			 unseen_allowed;

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

void
run_unseen_allow(void)
{
	unseen_allowed = 1;
}

/* process_start() of a child of ours */
static int
start_seen(pid_t pid, uint64_t *start)
{
	if (process_start(pid, start) == 0)
		return 0;
	if (errno != ENXIO || !unseen_allowed)
		return -1;
	*start = PROCESS_START_UNKNOWN;
	return 0;
}

/* A child that has died already, and is not reaped, has no start time. */
static int
start_of(struct service *s, char *error)
{
	if (s->start != 0 || start_seen(s->state.pid, &s->start) == 0)
		return 0;
	s->start = 0;
	if (errno == ESRCH)
		return 0;
	snprintf(error, TEXT_SIZE, "service %s, pid %d, cannot be written "
	    "down: %s", s->name, s->state.pid, strerror(errno));
	return -1;
}

static int
fill(struct service *s, struct runfile_service *r, char *error)
{
	memset(r, 0, sizeof(*r));
	if (s->state.pid != 0 && start_of(s, error) == -1)
		return -1;
	strlcpy(r->name, s->name, sizeof(r->name));
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

/* The file is another one now.  Without it nothing may be written. */
static int
reopen(char *error)
{
	int	 fd, saved;

	if ((fd = openat(services.run_dir, RUNFILE_NAME, O_WRONLY | O_APPEND |
	    O_CLOEXEC | O_NOFOLLOW)) == -1)
		saved = errno;
	is_open = fd != -1;
	/* A disk that fills up later is no reason not to restart a service. */
	if (fd != -1)
		file_reserve(fd, (off_t)whole_size, GROWTH_MIN +
		    (off_t)whole_size);
	if (fd != -1 && file == -1) {
		file = fd;
		return 0;
	}
	/* A directory cannot be written to, which is what is wanted then. */
	if (file != -1)
		dup3(fd != -1 ? fd : services.run_dir, file, O_CLOEXEC);
	if (fd != -1) {
		close(fd);
		return 0;
	}
	snprintf(error, TEXT_SIZE, "the run file cannot be opened: %s",
	    strerror(saved));
	errno = saved;
	return -1;
}

int
run_save(char *error)
{
	struct runfile	 all = services.run;
	struct service	*s;
	size_t		 i = 0, size;
	int		 result = 0;

	all.service_count = services_count();
	if ((all.service = calloc(all.service_count + 1,
	    sizeof(*all.service))) == NULL)
		fatal("calloc");
	TAILQ_FOREACH(s, &services.list, entry)
		if ((result = fill(s, &all.service[i++], error)) == -1)
			break;
	if (result == -1)
		goto done;
	result = runfile_save(services.run_dir, &all, &size, error);
	if (result == -1)
		/* There may be room in the old one yet. */
		result = append_all(&all);
	else {
		FAULT_POINT("run.saved");
		whole_size = size;
		grown = 0;
		result = reopen(error);
	}
	if (result == 0)
		TAILQ_FOREACH(s, &services.list, entry)
			s->unwritten = 0;
done:
	free(all.service);
	return result;
}

/* All of it as changes of the file that is there */
static int
append_all(const struct runfile *all)
{
	struct stat	 st;
	char		 text[RUNFILE_CHANGE_SIZE];
	size_t		 i, len;

	if (!is_open && reopen(text) == -1)
		return -1;
	if (fstat(file, &st) == -1 || st.st_nlink == 0)
		return -1;
	len = runfile_owners(all, text);
	for (i = 0;; i++) {
		if (append(file, text, len) == -1)
			return -1;
		grown += len;
		if (i == all->service_count)
			return 0;
		len = runfile_change(&all->service[i], text);
	}
}

static int
append(int fd, const char *text, size_t len)
{
	ssize_t	 n;

	do {
		n = write(fd, text, len);
	} while (n == -1 && errno == EINTR);
	if (n != -1 && (size_t)n != len) {
		errno = ENOSPC;
		return -1;
	}
	return n == -1 ? -1 : 0;
}

/*
 * Somebody may have tidied up.  What has grown too long is written anew, but
 * that may need more room on the disk than there is: then it grows on.
 */
int
run_ready(char *error)
{
	struct stat	 st;
	int		 is_there;

	is_there = is_open && fstat(file, &st) == 0 && st.st_nlink > 0;
	if (is_there && grown < GROWTH_MIN + whole_size)
		return 0;
	if (run_save(error) == 0)
		return 0;
	return is_there && is_open && whole_size + grown <
	    RUNFILE_MAX_SIZE / 2 ? 0 : -1;
}

int
run_descriptor(void)
{
	return file;
}

void
run_grows(void)
{
	grown += CHANGE_TYPICAL;
}

int
run_record(struct service *s, char *error)
{
	struct runfile_service	 r;
	char			 text[RUNFILE_CHANGE_SIZE];
	size_t			 len;

	if (run_ready(error) == -1 || fill(s, &r, error) == -1)
		return -1;
	len = runfile_change(&r, text);
	if (append(file, text, len) == -1)
		return run_save(error);
	FAULT_POINT("run.appended");
	grown += len;
	s->unwritten = 0;
	return 0;
}

int
run_plan(struct service *s, const struct semver *version, uint64_t made_of,
    struct runfile_service *r, char *error)
{
	if (fill(s, r, error) == -1)
		return -1;
	r->generation = services.conf.generation();
	r->state = SERVICE_RUNNING;
	r->has_version = version != NULL;
	if (version != NULL)
		r->version = *version;
	r->since_ms = r->started_ms = clock_ms();
	r->made_of = made_of;
	return 0;
}

int
run_record_child(const struct runfile_service *planned, int fd)
{
	struct runfile_service	 r = *planned;
	char			 text[RUNFILE_CHANGE_SIZE];

	r.process.pid = getpid();
	if (start_seen(r.process.pid, &r.process.start) == -1)
		return -1;
	return append(fd, text, runfile_change(&r, text));
}

void
run_record_soon(struct service *s)
{
	struct timeval	 tv = { 0, SOON_MS * 1000 };

	s->unwritten = 1;
	if (later == NULL && (later = evtimer_new(services.conf.base,
	    save_due, NULL)) == NULL)
		fatalx("out of memory for events");
	if (!evtimer_pending(later, NULL) && evtimer_add(later, &tv) == -1)
		fatalx("event_add");
}

static void
save_due(evutil_socket_t fd, short what, void *arg)
{
	struct service	*s;
	char		 error[TEXT_SIZE];

	(void)fd;
	(void)what;
	(void)arg;
	TAILQ_FOREACH(s, &services.list, entry)
		if (s->unwritten && run_record(s, error) == -1) {
			log_warnx("%s", error);
			return;
		}
}

int
services_record(void)
{
	char	 error[TEXT_SIZE];

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
	if (start_seen(pid, &services.run.supervisor.start) == -1) {
		services.run.supervisor.pid = 0;
		snprintf(error, TEXT_SIZE, "pid %d: %s", (int)pid,
		    strerror(errno));
		return -1;
	}
	return run_save(error);
}

void
run_forget(struct service *s)
{
	char	 error[TEXT_SIZE], text[RUNFILE_CHANGE_SIZE];

	if ((run_ready(error) == -1 || append(file, text, runfile_gone(s->name,
	    text)) == -1) && run_save(error) == -1)
		log_warnx("%s", error);
}
