#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "compat/process.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/runfile.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"
#include "lavavisord/strays.h"

/* How long the supervisor of a dead parent may take to die, ms */
#define END_MS		20000
/* And that parent, whose lock we have already */
#define PARENT_MS	5000

/* How often a child of ours is looked at, ms */
#define LOOK_MS		10

/* Read ends of the recorded services' fifos, while they change hands */
static int	*held;
static size_t	 held_count;

static void	adopt_rest(struct service *, const struct runfile_service *);
static void	adopted_ended(evutil_socket_t, short, void *);
static void	compare_config(struct service *, int);
static int	end_child(pid_t, int, int);
static int	end_process(pid_t, uint64_t, int, int);
static void	forget_all(const char *);
static void	forget_times(void);
static void	hold_fifos(void);
static int	is_our_child(pid_t);
static int	is_recorded_service(pid_t);
static int	read_run(const char *, char *, size_t);
static void	release_fifos(void);

/* The number is ours until it is reaped, whatever can be seen of it. */
static int
end_child(pid_t pid, int signo, int timeout_ms)
{
	struct timespec	 pause = { 0, LOOK_MS * 1000000 };
	int64_t		 until = clock_ms() + timeout_ms;
	siginfo_t	 si;

	kill(pid, signo);
	for (;;) {
		memset(&si, 0, sizeof(si));
		if (waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG |
		    WNOWAIT) == -1 || si.si_pid == pid)
			return 0;
		if (clock_ms() >= until)
			break;
		nanosleep(&pause, NULL);
	}
	errno = ETIMEDOUT;
	return -1;
}

int
adopt_is(pid_t pid, uint64_t start)
{
	int	 is, saved;

	if ((is = process_is(pid, start)) != -1 || !services.conf.same)
		return is;
	saved = errno;
	is = is_our_child(pid) ? 1 : -1;
	errno = saved;
	return is;
}

/*
 * Signals a process that is surely the one meant, 0 for none.  0 once it has
 * ended; -1 with errno ETIMEDOUT when it has not, or another when that is not
 * known.
 */
static int
end_process(pid_t pid, uint64_t start, int signo, int timeout_ms)
{
	struct pollfd	 pfd;
	int		 fd, n, saved;

	/* One that died, was reaped and is still in the file has no number. */
	if (services.conf.same && is_our_child(pid) &&
	    !is_recorded_service(pid))
		return end_child(pid, signo, timeout_ms);
	if ((fd = process_watch_open(pid)) == -1)
		return errno == ESRCH ? 0 : -1;
	/* Watched first, asked then: now it cannot become another one. */
	if ((n = process_is(pid, start)) != 1) {
		saved = errno;
		process_watch_close(fd);
		errno = saved;
		return n;
	}
	kill(pid, signo);
	pfd.fd = fd;
	pfd.events = POLLIN;
	do {
		n = poll(&pfd, 1, timeout_ms);
	} while (n == -1 && errno == EINTR);
	saved = n == -1 ? errno : ETIMEDOUT;
	process_watch_close(fd);
	errno = saved;
	return n == 1 ? 0 : -1;
}

/*
 * What a service wrote last lies in its fifo; with the service and the
 * supervisor gone it would vanish.  Open, but not read.
 */
static void
hold_fifos(void)
{
	size_t	 i;

	held_count = services.run.service_count;
	if ((held = calloc(held_count + 1, sizeof(*held))) == NULL)
		fatal("calloc");
	for (i = 0; i < held_count; i++)
		held[i] = fifo_open(services.run.service[i].name);
}

static void
release_fifos(void)
{
	size_t	 i;

	for (i = 0; i < held_count; i++)
		if (held[i] != -1)
			close(held[i]);
	free(held);
	held = NULL;
	held_count = 0;
}

/*
 * Our predecessor let go of the lock before its children could see that it is
 * dead, and a child that does not see it writes itself down and goes on.  So
 * what counts is what the file says once it has ended.
 */
static int
read_run(const char *id, char *error, size_t size)
{
	struct runfile	*run = &services.run;
	char		 text[TEXT_SIZE];

	if (runfile_load(services.run_dir, id, run, text) == -1)
		goto unknown;
	if (run->parent.pid != 0 && run->parent.pid != getpid()) {
		if (end_process(run->parent.pid, run->parent.start, 0,
		    PARENT_MS) == -1) {
			snprintf(error, size, "%s/run/%s is of the lavavisord "
			    "with pid %d, which has not ended: %s",
			    services.conf.directory, RUNFILE_NAME,
			    run->parent.pid, errno == ETIMEDOUT ? "end it, or "
			    "remove the file from what is a copy" :
			    strerror(errno));
			return -1;
		}
		runfile_free(run);
		if (runfile_load(services.run_dir, id, run, text) == -1)
			goto unknown;
	}
	if (text[0] != '\0')
		log_debug("%s", text);
	return 0;
unknown:
	snprintf(error, size, "%s: what runs is not known, so nothing is "
	    "started", text);
	return -1;
}

/*
 * A container that begins has nothing of the one before it, whose processes
 * had the same numbers: only the generations go on.
 */
static void
forget_all(const char *id)
{
	struct runfile	*run = &services.run;
	char		 text[TEXT_SIZE];

	if (runfile_load(services.run_dir, id, run, text) == 0)
		services.conf.generation_seen(runfile_generation(run));
	runfile_free(run);
	runfile_init(run, id);
}

/* The file may be of another boot, whose clock says nothing here. */
static void
forget_times(void)
{
	struct runfile_service	*r;
	size_t			 i;

	for (i = 0; i < services.run.service_count; i++) {
		r = &services.run.service[i];
		r->since_ms = r->started_ms = r->due_ms = 0;
	}
}

int
adopt_begin(char *error, size_t size)
{
	char	 id[BOOT_ID_SIZE];

	if (boot_id(id, sizeof(id)) == -1) {
		snprintf(error, size, "this boot has no name: %s",
		    strerror(errno));
		return -1;
	}
	if (getpid() == 1 || services.conf.wrapped)
		run_unseen_allow();
	if (getpid() == 1 && !services.conf.same)
		forget_all(id);
	else if (read_run(id, error, size) == -1)
		return -1;
	if (!services.conf.same && strcmp(id, BOOT_ID_UNKNOWN) == 0)
		forget_times();
	hold_fifos();
	/*
	 * It drains the services' output until this moment; two readers of
	 * one fifo would tear its lines.
	 */
	if (services.run.supervisor.pid != 0 &&
	    end_process(services.run.supervisor.pid,
	    services.run.supervisor.start, SIGKILL, END_MS) == -1) {
		snprintf(error, size, "the supervisor of an earlier parent, "
		    "pid %d, does not end: %s", services.run.supervisor.pid,
		    strerror(errno));
		return -1;
	}
	services.conf.generation_seen(runfile_generation(&services.run));
	services.run.supervisor.pid = 0;
	services.run.parent.pid = getpid();
	if (process_start(getpid(), &services.run.parent.start) == -1)
		services.run.parent.pid = 0;
	return 0;
}

/*
 * Its config was changed while nobody looked, or by a reload that was not
 * lived through.  A daemon that replaces itself stops nothing.
 */
static void
compare_config(struct service *s, int restart)
{
	if (s->made_of == 0 || s->want_given == WANT_DOWN ||
	    s->made_of == config_service_run_hash(s->conf))
		return;
	s->pending = 1;
	/* Whoever kept its passphrase has died: it could not start again. */
	if (s->conf->passphrase.source == PASSPHRASE_PROMPT ||
	    s->conf->passphrase.source == PASSPHRASE_FD)
		restart = 0;
	log_info("service %s: its configuration is another one now%s",
	    s->name, restart ? ": it is restarted" : "");
	if (restart)
		s->want_given = WANT_RESTART;
}

static int
is_recorded_service(pid_t pid)
{
	size_t	 i;

	for (i = 0; i < services.run.service_count; i++)
		if (services.run.service[i].process.pid == pid)
			return 1;
	return 0;
}

static int
is_our_child(pid_t pid)
{
	siginfo_t	 si;

	memset(&si, 0, sizeof(si));
	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) ==
	    0;
}

/*
 * It has no process: goes on from where its supervisor was, which is told of an
 * end that it had not heard of.  What it knew to be wanted is not news.
 */
static void
adopt_rest(struct service *s, const struct runfile_service *r)
{
	int	 ended = r->state == SERVICE_RUNNING ||
		    r->state == SERVICE_STOPPING;

	if (ended && r->said_pid == 0)
		return;
	s->generation = s->said.generation = r->generation;
	s->said.state = r->state;
	s->said.want = r->want;
	s->said.pid = s->run_pid = ended ? r->said_pid : 0;
	s->said.since_ms = r->since_ms;
	s->said.started_ms = r->started_ms;
	s->said.due_ms = ended ? 0 : r->due_ms;
	s->said.exit_kind = r->exit_kind;
	s->said.exit_value = r->exit_value;
	s->ended_untold = ended;
	if ((s->want_given == WANT_DOWN) == (r->want == WANT_DOWN))
		s->said.order = s->order_given;
}

int
adopt_service(struct service *s, char *error, size_t size)
{
	struct runfile_service	*r;
	int			 is = 0;

	r = runfile_service(&services.run, s->name);
	if (r == NULL || r->process.pid == 0)
		strays_unwatched(s, 0, 0);
	if (r == NULL)
		return 0;
	s->fifo = fifo_open(s->name);
	s->has_version = r->has_version;
	s->version = r->version;
	s->state.exit_kind = r->exit_kind;
	s->state.exit_value = r->exit_value;
	s->said.restarts = r->restarts;
	s->said.failures = r->failures;
	if (r->process.pid == 0) {
		adopt_rest(s, r);
		return 0;
	}
	/* As its supervisor would have known it */
	s->generation = s->said.generation = r->generation;
	s->said.state = SERVICE_RUNNING;
	s->said.want = WANT_UP;
	s->said.pid = s->run_pid = r->process.pid;
	s->said.since_ms = s->said.started_ms = r->since_ms != 0 ?
	    r->since_ms : clock_ms();
	s->state = s->said;
	s->start = r->process.start;
	s->made_of = r->made_of;
	/* After a reexec it is our child still, even when it has ended. */
	if (is_our_child(r->process.pid)) {
		service_set_pid(s, r->process.pid);
		strays_adopted(s);
		log_info("service %s, pid %d: kept", s->name, s->state.pid);
		compare_config(s, 0);
		return 0;
	}
	s->watch = process_watch_open(r->process.pid);
	if ((s->watch == -1 && errno != ESRCH) || (s->watch != -1 &&
	    (is = process_is(r->process.pid, r->process.start)) == -1)) {
		/* A second copy of it would be worse than none of us. */
		snprintf(error, size, "service %s, pid %d: whether it runs "
		    "cannot be found out: %s", s->name, r->process.pid,
		    strerror(errno));
		return -1;
	}
	if (!is) {
		/* It ended while nobody looked. */
		adopt_unwatch(s);
		log_info("service %s, pid %d: ended while no lavavisord ran",
		    s->name, s->state.pid);
		s->state.pid = 0;
		s->state.exit_kind = EXIT_UNKNOWN;
		s->state.exit_value = 0;
		s->ended_untold = 1;
		strays_unwatched(s, r->process.pid, r->process.start);
		return 0;
	}
	if ((s->watch_event = event_new(services.conf.base, s->watch,
	    EV_READ | EV_PERSIST, adopted_ended, s)) == NULL ||
	    event_add(s->watch_event, NULL) == -1)
		fatalx("out of memory for events");
	strays_adopted(s);
	log_info("service %s, pid %d: adopted", s->name, s->state.pid);
	compare_config(s, 1);
	return 0;
}

static void
adopted_ended(evutil_socket_t fd, short what, void *arg)
{
	struct service	*s = arg;

	(void)what;
	if (!process_watch_ended((int)fd))
		return;
	strays_lost(s);
	adopt_unwatch(s);
	service_ended(s, EXIT_UNKNOWN, 0);
}

void
adopt_unwatch(struct service *s)
{
	if (s->watch_event != NULL)
		event_free(s->watch_event);
	s->watch_event = NULL;
	if (s->watch != -1)
		process_watch_close(s->watch);
	s->watch = -1;
}

int
adopt_end(char *error, size_t size)
{
	char	 text[TEXT_SIZE];

	release_fifos();
	if (adopt_end_unknown(error, size) == -1)
		return -1;
	strays_sweep();
	/* From here on the services themselves are what it is made of. */
	runfile_forget_services(&services.run);
	if (run_save(text) == -1) {
		snprintf(error, size, "%s", text);
		return -1;
	}
	return 0;
}
