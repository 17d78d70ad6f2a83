#include <sys/types.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
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
#include "lavavisord/events.h"
#include "lavavisord/fork_child.h"
#include "lavavisord/out_of_memory.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"
#include "lavavisord/strays.h"

struct services	 services;

static void	leave(struct service *);
static void	remember_exit(struct service *, enum exit_kind, uint8_t);
static void	many_descriptors(void);
static struct service *service_new(const struct config_service *, uint8_t);
static void	service_free(struct service *);

int
services_init(const struct services_conf *c, const struct config *conf,
    uint8_t (*want)(const char *), char *error, size_t size)
{
	struct service	*s;
	size_t		 i;

	services.conf = *c;
	TAILQ_INIT(&services.list);
	many_descriptors();
	if ((services.run_dir = openat(c->dir, "run", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | O_NOFOLLOW)) == -1) {
		snprintf(error, size, "%s/run: %s", c->directory,
		    strerror(errno));
		return -1;
	}
	if (adopt_begin(error, size) == -1)
		return -1;
	strays_init(c->dir, c->privileged);
	for (i = 0; i < conf->services_count; i++) {
		s = service_new(&conf->services[i],
		    want(conf->services[i].name));
		if (fifo_make(s, error, size) == -1 ||
		    adopt_service(s, error, size) == -1)
			return -1;
		service_refresh(s);
	}
	if (adopt_end(error, size) == -1)
		return -1;
	start_init();
	supervisor_begin();
	return 0;
}

/* A fifo and, adopted, a watch for each service; rooms set their own limit */
static void
many_descriptors(void)
{
	struct rlimit	 rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return;
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		log_debug("the limit of descriptors cannot be raised");
}

static struct service *
service_new(const struct config_service *conf, uint8_t want)
{
	struct service	*s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		fatal("calloc");
	s->slot = services.next_slot++;
	s->conf = conf;
	strlcpy(s->name, conf->name, sizeof(s->name));
	s->watch = s->fifo = s->cgroup = -1;
	s->reason = "";
	s->said.slot = s->slot;
	s->said.since_ms = clock_ms();
	s->since_s = clock_s();
	s->said.want = WANT_DOWN;
	s->generation = s->said.generation = services.conf.generation();
	/* What is wanted is an order like any other, told when it can be. */
	s->want_given = want;
	s->order_given = ++services.orders;
	services_add(s);
	service_refresh(s);
	return s;
}

static void
service_free(struct service *s)
{
	start_forget(s);
	services_remove(s);
	tell_removed(s->slot);
	run_forget(s);
	fifo_remove(s);
	strays_forget(s);
	if (s->fifo != -1)
		close(s->fifo);
	adopt_unwatch(s);
	passphrase_free(s);
	service_event_now(s, SERVICE_EVENT_REMOVED);
	free(s->reason_text);
	free(s);
}

/* What is so: the supervisor's word, and what it has not heard yet */
void
service_refresh(struct service *s)
{
	uint8_t	 old = s->state.state;
	int32_t	 pid = s->state.pid;
	uint8_t	 kind = s->state.exit_kind, value = s->state.exit_value;

	s->state = s->said;
	s->state.pid = pid;
	s->state.exit_kind = kind;
	s->state.exit_value = value;
	s->state.generation = s->generation;
	if (s->started_untold && pid != 0)
		s->state.state = SERVICE_RUNNING;
	else if (pid == 0 && (s->said.state == SERVICE_RUNNING ||
	    s->said.state == SERVICE_STOPPING))
		s->state.state = s->said.want == WANT_DOWN ?
		    SERVICE_STOPPING : SERVICE_STARTING;
	if (s->state.state != old)
		s->since_s = clock_s();
}

void
service_event_now(struct service *s, enum service_event what)
{
	services.conf.event(s, what);
}

/* Most services have none: room for a long one would be most of a service. */
void
service_set_reason(struct service *s, const char *why)
{
	char	 text[TEXT_SIZE];

	log_clean(text, sizeof(text), why);
	free(s->reason_text);
	s->reason_text = NULL;
	if (text[0] != '\0' && (s->reason_text = strdup(text)) == NULL)
		fatal("strdup");
	s->reason = s->reason_text != NULL ? s->reason_text : "";
}

int
services_living(void)
{
	struct service	*s;

	TAILQ_FOREACH(s, &services.list, entry)
		if (s->state.pid != 0)
			return 1;
	return 0;
}

int
service_want(struct service *s, enum service_want want)
{
	if (want == WANT_RESTART && s->state.pid != 0 &&
	    service_is_locked(s)) {
		log_warnx("service %s is not restarted, as it could not be "
		    "started again: %s", s->name, service_locked_why(s));
		return -1;
	}
	s->want_given = (uint8_t)want;
	s->order_given = ++services.orders;
	tell_want(s);
	/* Each order to start is answered in the end. */
	if (want == WANT_DOWN && s->start_held)
		start_again(s);
	return 0;
}

int
service_order_seen(const struct service *s)
{
	return s->said.order >= s->order_given && !s->started_untold &&
	    !s->ended_untold;
}

void
service_start_order(const struct msg_order *m)
{
	struct service	*s = service_by_slot(m->slot);

	if (s == NULL || s->state.pid != 0 || s->is_due || s->start_held) {
		/* One that runs is told of anyway. */
		log_debug("a start of slot %u, generation %llu is refused",
		    m->slot, (unsigned long long)m->generation);
		return;
	}
	if (m->generation != s->generation) {
		/* Not the service's failure: nobody else hears of it. */
		tell_refused(s, 2, "the order was for an earlier run");
		return;
	}
	start_soon(s);
}

/*
 * To its group: a leader of ours is a zombie until we reap it, and one that was
 * adopted is watched, so the number is nobody else's.
 */
int
service_signal(const struct service *s, int signo)
{
	if (s->watch != -1 && process_watch_ended(s->watch)) {
		errno = ESRCH;
		return -1;
	}
	return s->watch != -1 ? kill(-s->state.pid, signo) :
	    signal_child_group(s->state.pid, signo);
}

int
service_pass_signal(const struct service *s, int signo)
{
	if (s->state.pid == 0 || (s->watch != -1 &&
	    process_watch_ended(s->watch))) {
		errno = ESRCH;
		return -1;
	}
	return kill(s->state.pid, signo);
}

int
service_is_over(const struct service *s)
{
	return s->state.pid == 0 && s->state.state == SERVICE_STOPPED &&
	    s->want_given != WANT_DOWN && !s->refused && !s->is_due &&
	    s->state.exit_kind != EXIT_NONE && service_order_seen(s);
}

void
service_signal_order(const struct msg_order *m)
{
	struct service	*s = service_by_slot(m->slot);

	if (s == NULL || m->generation != s->generation ||
	    s->state.pid == 0) {
		log_debug("a signal to slot %u, generation %llu is refused",
		    m->slot, (unsigned long long)m->generation);
		return;
	}
	/*
	 * A new supervisor repeats the order that may have been lost with the
	 * old one; lavap takes a second INT for impatience.
	 */
	if (s->signalled == s->generation && s->said.step < 2 &&
	    s->signalled_step == s->said.step) {
		log_debug("service %s: had this signal", s->name);
		return;
	}
	log_debug("service %s: signal %u", s->name, m->signal);
	if (service_signal(s, m->signal) == -1) {
		if (errno != ESRCH)
			log_warn("service %s: signal %u", s->name, m->signal);
		return;
	}
	s->signalled = s->generation;
	s->signalled_step = s->said.step;
}

void
service_rotate_order(const struct msg_order *m)
{
	struct service	*s = service_by_slot(m->slot);

	if (s == NULL || s->conf == NULL)
		return;
	/* Whoever asks without need would push all old lines out. */
	if (log_is_full(s))
		tell_log(s);
	else
		tell_same_log(s);
}

void
service_said(const struct msg_service_state *m)
{
	struct service	*s = service_by_slot(m->slot);
	uint8_t		 before;

	if (s == NULL || m->generation > s->generation) {
		log_warnx("the supervisor speaks of slot %u, generation %llu, "
		    "which there is not", m->slot,
		    (unsigned long long)m->generation);
		return;
	}
	before = s->state.state;
	s->said = *m;
	if (m->generation == s->generation) {
		s->started_untold = 0;
		if (m->state != SERVICE_RUNNING && m->state !=
		    SERVICE_STOPPING)
			s->ended_untold = 0;
	}
	if (m->state == SERVICE_LOCKED && service_is_locked(s))
		service_set_reason(s, service_locked_why(s));
	/* Nobody wants it up, so nothing is in its way. */
	if (m->state == SERVICE_STOPPED && before == SERVICE_LOCKED)
		service_set_reason(s, "");
	service_refresh(s);
	run_record_soon(s);
	if (s->state.state != before || service_order_seen(s))
		service_event_now(s, SERVICE_EVENT_STATE);
	if (s->conf == NULL)
		leave(s);
}

void
service_lost_output(const struct msg_output_lost *m)
{
	struct service	*s = service_by_slot(m->slot);

	if (s == NULL)
		return;
	s->output_lost += m->bytes;
	log_warnx("service %s: %llu bytes of its output are lost: %s", s->name,
	    (unsigned long long)m->bytes, m->error);
	/* It may be possible by now. */
	if (strcmp(m->error, OUTPUT_NO_LOG) == 0)
		tell_same_log(s);
	event_tell("service", json_pack("{s:s, s:s, s:I, s:s}", "name",
	    s->name, "state", "output-lost", "bytes", (json_int_t)m->bytes,
	    "reason", m->error));
}

int
services_ending(pid_t pid)
{
	struct service	*s;

	if ((s = service_by_pid(pid)) == NULL)
		return 0;
	strays_ending(s);
	return 1;
}

int
services_reaped(pid_t pid, int status)
{
	struct service	*s;

	if ((s = service_by_pid(pid)) == NULL)
		return 0;
	launch_failed(s, status, &s->ended_wait);
	if (WIFSIGNALED(status))
		service_ended(s, EXIT_SIGNAL, (uint8_t)WTERMSIG(status));
	else
		service_ended(s, EXIT_CODE, (uint8_t)WEXITSTATUS(status));
	return 1;
}

static void
remember_exit(struct service *s, enum exit_kind kind, uint8_t value)
{
	struct service_exit	*e = &s->exits[0];

	memmove(e + 1, e, (SERVICE_EXITS - 1) * sizeof(*e));
	if (s->exits_count < SERVICE_EXITS)
		s->exits_count++;
	e->ended_s = clock_s();
	e->ran_ms = s->state.started_ms > 0 ? clock_ms() -
	    s->state.started_ms : -1;
	e->pid = s->state.pid;
	e->kind = (uint8_t)kind;
	e->value = value;
}

void
service_ended(struct service *s, enum exit_kind kind, uint8_t value)
{
	const char	*why;
	char		 error[TEXT_SIZE];

	if (kind == EXIT_SIGNAL && value == SIGKILL &&
	    s->want_given != WANT_DOWN && (why = out_of_memory_why()) != NULL) {
		service_set_reason(s, why);
		log_warnx("service %s, pid %d: %s", s->name, s->state.pid,
		    why);
	}
	switch (kind) {
	case EXIT_SIGNAL:
		log_info("service %s, pid %d: ended by signal %u", s->name,
		    s->state.pid, value);
		break;
	case EXIT_CODE:
		log_info("service %s, pid %d: ended with code %u", s->name,
		    s->state.pid, value);
		break;
	default:
		log_info("service %s, pid %d: ended, its status is unknown",
		    s->name, s->state.pid);
		break;
	}
	remember_exit(s, kind, value);
	passphrase_ended(s, kind, value);
	service_set_pid(s, 0);
	s->state.exit_kind = (uint8_t)kind;
	s->state.exit_value = value;
	s->ended_untold = 1;
	if (run_record(s, error) == -1)
		log_warnx("%s", error);
	tell_ended(s);
	if (service_is_locked(s))
		tell_locked(s);
	service_refresh(s);
	service_event_now(s, SERVICE_EVENT_ENDED);
	if (s->conf == NULL)
		leave(s);
	stop_step();
}

/* One that left the config is forgotten once nothing of it runs */
static void
leave(struct service *s)
{
	if (s->state.pid == 0 && s->said.state == SERVICE_STOPPED &&
	    service_order_seen(s))
		service_free(s);
}

void
services_reconfigure(const struct config *conf,
    uint8_t (*want)(const char *))
{
	const struct config_service	*old, *now;
	struct service			*s, *next;
	char				 error[TEXT_SIZE];
	size_t				 i;

	for (s = TAILQ_FIRST(&services.list); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		old = s->conf;
		now = config_find_service(conf, s->name);
		s->conf = now;
		if (now == NULL && old != NULL) {
			service_want(s, WANT_DOWN);
			leave(s);
		} else if (now != NULL && old == NULL) {
			/* It comes back before it has left. */
			tell_policy(s);
			service_want(s, want(s->name));
		} else if (now != NULL && !config_service_equal(old, now)) {
			tell_policy(s);
			if (!config_service_run_equal(old, now) &&
			    s->state.pid != 0 && want(s->name) == WANT_UP &&
			    (!passphrase_is_known(s) ||
			    service_want(s, WANT_RESTART) == -1))
				s->pending = 1;
		}
	}
	for (i = 0; i < conf->services_count; i++) {
		if (service_by_name(conf->services[i].name) != NULL)
			continue;
		s = service_new(&conf->services[i],
		    want(conf->services[i].name));
		if (fifo_make(s, error, sizeof(error)) == -1)
			log_warnx("%s", error);
		tell_everything(s);
	}
}
