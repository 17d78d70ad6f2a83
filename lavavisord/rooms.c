#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/channel.h"
#include "common/log.h"
#include "common/message.h"
#include "common/room.h"
#include "common/version.h"
#include "lavavisord/clock.h"
#include "lavavisord/room_spawn.h"
#include "lavavisord/rooms.h"

#define HELLO_MS	60000	/* from fork to ready; a loaded host is slow */
#define END_MS		5000	/* from the closed channel to a kill */
#define FAREWELL_MS	200	/* for the last words to a room */
#define BACKOFF_MAX_MS	30000
/* Messages that wait; a replay of 4096 services is 6 for each */
#define QUEUE_MAX	65536
#define ANSWERS_MAX	8192	/* of ANSWER_SIZE, to a control room */
/*
 * Without the supervisor a dead service stays down and pipes fill up: one that
 * got to its work comes back soon however often it dies, and one that never
 * does is tried less and less often.
 */
#define BACKOFF_MS		250
#define SUPERVISOR_BACKOFF_MS	25
#define SUPERVISOR_MAX_MS	1000
#define DEATHS		5	/* in DEATHS_MS: degraded for DEGRADED_MS */
#define DEATHS_MS	(10 * 60 * 1000)
#define DEGRADED_MS	(5 * 60 * 1000)

struct child {
	enum room_kind		 kind;
	struct room_user	 user;
	pid_t			 pid;	/* 0 none */
	struct channel		 ch;
	struct event		*timer;	/* restart, hello or end */
	struct msg_ready	 walls;
	int			 keep;	/* start it again when it dies */
	int			 greeted;
	int			 ready;
	int			 was_ready;	/* in this life */
	int			 ending;	/* its channel is closed */
	int			 ended;		/* by us, not by itself */
	int			 degraded;
	int			 other_build;	/* until one was ready */
	int			 stopped;	/* and continued, once */
	int			 killed;	/* by us: it is not heard now */
	unsigned int		 failures;	/* in a row */
	int64_t			 deaths[DEATHS];
	int64_t			 born;
	const char		*why;	/* of its end, if the channel said it */
};

static struct child		 children[ROOM_KINDS];
static struct rooms_conf	 conf;
static int			 settled;
static int			 closing;
static unsigned int		 closing_keep;	/* may still be started */
static unsigned int		 held;
static void			(*listener)(enum room_kind, const char *,
				    const char *);

static struct child *child_by_pid(pid_t);
static void	child_closed(struct channel *, const char *, void *);
static void	child_dispatch(struct channel *, struct imsg *, void *);
static int64_t	child_delay(struct child *, int64_t);
static void	child_gone(struct child *, const char *);
static void	child_hello(struct child *, struct imsg *);
static void	child_log(struct child *, struct imsg *);
static void	child_ready(struct child *, struct imsg *);
static int	child_may_start(const struct child *);
static void	child_spawn(struct child *);
static void	child_stopped(struct child *);
static void	child_timer(int, short, void *);
static int	queue_is_full(enum room_kind, struct channel *);
static void	tell(struct child *, const char *, const char *);
static void	timer_in(struct child *, int64_t);

void
rooms_init(const struct rooms_conf *c)
{
	int	 i;

	conf = *c;
	for (i = 0; i < ROOM_KINDS; i++) {
		children[i].kind = (enum room_kind)i;
		if ((children[i].timer = evtimer_new(conf.base, child_timer,
		    &children[i])) == NULL)
			fatalx("out of memory for events");
	}
}

void
rooms_use(enum room_kind kind, const struct room_user *user)
{
	children[kind].user = *user;
}

void
rooms_listen(void (*f)(enum room_kind, const char *, const char *))
{
	listener = f;
}

static void
tell(struct child *c, const char *what, const char *why)
{
	if (listener != NULL)
		listener(c->kind, what, why);
}

static void
timer_in(struct child *c, int64_t ms)
{
	clock_timer(c->timer, ms);
}

void
rooms_keep(enum room_kind kind)
{
	struct child	*c = &children[kind];

	c->keep = 1;
	if ((held & (1U << kind)) != 0)
		return;
	if (c->pid == 0 && child_may_start(c) &&
	    !evtimer_pending(c->timer, NULL))
		child_spawn(c);
}

void
rooms_hold(unsigned int kinds)
{
	held = kinds;
}

void
rooms_release(void)
{
	unsigned int	 were = held;
	int		 i;

	held = 0;
	for (i = 0; i < ROOM_KINDS; i++)
		if ((were & (1U << i)) != 0 && children[i].keep)
			rooms_keep((enum room_kind)i);
}

void
rooms_start(enum room_kind kind)
{
	struct child	*c = &children[kind];

	if (c->pid != 0)
		return;
	if (child_may_start(c))
		child_spawn(c);
	else if (c->user.gone != NULL)
		c->user.gone("the daemon is leaving");
}

static int
child_may_start(const struct child *c)
{
	return !closing || (closing_keep & (1U << c->kind)) != 0;
}

void
rooms_end(enum room_kind kind)
{
	struct child	*c = &children[kind];

	c->keep = 0;
	evtimer_del(c->timer);
	if (c->pid == 0)
		return;
	c->ending = c->ended = 1;
	c->ready = 0;
	/* What was said to it last is heard, unless it is stuck. */
	channel_drain(&c->ch, FAREWELL_MS);
	channel_close(&c->ch);
	timer_in(c, END_MS);
}

void
rooms_kill(enum room_kind kind)
{
	struct child	*c = &children[kind];

	if (c->pid == 0)
		return;
	c->killed = 1;
	kill(c->pid, SIGKILL);
}

void
rooms_end_all(unsigned int keep)
{
	int	 i;

	closing = 1;
	closing_keep = keep;
	for (i = 0; i < ROOM_KINDS; i++)
		if ((keep & (1U << i)) == 0)
			rooms_end((enum room_kind)i);
}

void
rooms_reopen(void)
{
	int	 i;

	closing = 0;
	for (i = 0; i < ROOM_KINDS; i++)
		if (children[i].keep)
			rooms_keep((enum room_kind)i);
}

int
rooms_living(void)
{
	int	 i, n = 0;

	for (i = 0; i < ROOM_KINDS; i++)
		n += children[i].pid != 0;
	return n;
}

struct channel *
rooms_channel(enum room_kind kind)
{
	struct child	*c = &children[kind];

	return c->ready && channel_is_open(&c->ch) ? &c->ch : NULL;
}

/* Answers may be long, and what asks for them may not want to read them. */
static int
queue_is_full(enum room_kind kind, struct channel *ch)
{
	uint32_t	 most = QUEUE_MAX;

	if (kind == ROOM_ADMIN || kind == ROOM_SHOW)
		most = ANSWERS_MAX;
	if (channel_queued(ch) <= most)
		return 0;
	channel_drain(ch, 0);
	return channel_queued(ch) > most;
}

int
rooms_send(enum room_kind kind, enum message_type type, uint32_t id, int fd,
    const void *m)
{
	struct channel	*ch;

	if ((ch = rooms_channel(kind)) == NULL) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	if (queue_is_full(kind, ch)) {
		log_warnx("%s: does not hear what it is told, killed",
		    room_name(kind));
		rooms_kill(kind);
		children[kind].ready = 0;
		if (fd != -1)
			close(fd);
		return -1;
	}
	return channel_send(ch, type, id, fd, m);
}

void
rooms_settled(void)
{
	settled = 1;
}

void
rooms_view(enum room_kind kind, struct room_view *view)
{
	struct child	*c = &children[kind];

	memset(view, 0, sizeof(*view));
	view->pid = c->pid;
	view->ready = c->ready;
	view->degraded = c->degraded;
	view->other_build = c->other_build;
	view->walls = c->walls;
}

static void
child_spawn(struct child *c)
{
	struct msg_hello	 hello;
	int			 fd;

	c->greeted = c->ready = c->was_ready = 0;
	c->ending = c->ended = c->stopped = 0;
	c->why = NULL;
	c->born = clock_ms();
	c->killed = 0;
	c->pid = room_spawn(c->kind, &conf, &fd);
	if (c->pid == -1) {
		c->pid = 0;
		log_warn("%s: cannot be started", room_name(c->kind));
		child_gone(c, "cannot be started");
		return;
	}
	channel_open(&c->ch, conf.base, fd, room_name(c->kind), 1,
	    child_dispatch, child_closed, c);
	memset(&hello, 0, sizeof(hello));
	hello.catalogue = MESSAGE_CATALOGUE;
	hello.kind = c->kind;
	strlcpy(hello.build, LAVAVISORD_BUILD, sizeof(hello.build));
	channel_send(&c->ch, MSG_HELLO, 0, -1, &hello);
	timer_in(c, HELLO_MS);
	log_debug("%s: started, pid %d", room_name(c->kind), (int)c->pid);
}

/* One timer per room: which of its three uses is due follows from the state */
static void
child_timer(int fd, short what, void *arg)
{
	struct child	*c = arg;

	(void)fd;
	(void)what;
	if (c->pid == 0) {
		if (c->keep && child_may_start(c)) {
			c->degraded = 0;
			child_spawn(c);
		}
		return;
	}
	if (!c->ending)
		log_warnx("%s: not ready after %d s, killed",
		    room_name(c->kind), HELLO_MS / 1000);
	kill(c->pid, SIGKILL);
}

static void
child_dispatch(struct channel *ch, struct imsg *imsg, void *arg)
{
	struct child	*c = arg;

	switch (imsg_get_type(imsg)) {
	case MSG_HELLO:
		child_hello(c, imsg);
		break;
	case MSG_READY:
		child_ready(c, imsg);
		break;
	case MSG_LOG:
		child_log(c, imsg);
		break;
	default:
		if (c->killed)
			break;	/* what it had still queued */
		if (c->ready && c->user.dispatch != NULL)
			c->user.dispatch(ch, imsg);
		else {
			log_warnx("%s: unexpected %s message, killed",
			    room_name(c->kind),
			    message_name(imsg_get_type(imsg)));
			rooms_kill(c->kind);
		}
		break;
	}
}

static void
child_hello(struct child *c, struct imsg *imsg)
{
	struct msg_hello	 hello;

	if (c->greeted || channel_read(&c->ch, imsg, MSG_HELLO, &hello,
	    sizeof(hello)) == -1 || hello.kind != (uint32_t)c->kind) {
		log_warnx("%s: bad hello, killed", room_name(c->kind));
		kill(c->pid, SIGKILL);
		return;
	}
	if (hello.catalogue != MESSAGE_CATALOGUE ||
	    strcmp(hello.build, LAVAVISORD_BUILD) != 0) {
		log_warnx("%s: is build %s, this is %s: reexec needed",
		    room_name(c->kind), hello.build, LAVAVISORD_BUILD);
		c->other_build = 1;
		kill(c->pid, SIGKILL);
		return;
	}
	c->greeted = 1;
}

static void
child_ready(struct child *c, struct imsg *imsg)
{
	if (!c->greeted || c->ready || channel_read(&c->ch, imsg, MSG_READY,
	    &c->walls, sizeof(c->walls)) == -1) {
		kill(c->pid, SIGKILL);
		return;
	}
	evtimer_del(c->timer);
	c->ready = c->was_ready = 1;
	c->other_build = 0;
	if (c->walls.missing[0] != '\0')
		log_info("%s: sandbox: %s", room_name(c->kind),
		    c->walls.missing);
	tell(c, "ready", "");
	if (c->user.ready != NULL)
		c->user.ready(&c->ch);
}

static void
child_log(struct child *c, struct imsg *imsg)
{
	struct msg_log	 m;

	if (channel_read(&c->ch, imsg, MSG_LOG, &m, sizeof(m)) == 0)
		log_relay(room_name(c->kind), (int)m.priority, m.text);
}

static void
child_closed(struct channel *ch, const char *why, void *arg)
{
	struct child	*c = arg;

	/* Its death is dealt with when it is reaped. */
	c->why = why;
	c->ready = 0;
	channel_close(ch);
	if (!c->ending && c->pid != 0)
		timer_in(c, 1000);
	c->ending = 1;
}

/* How long until the next start of one that died at `now` */
static int64_t
child_delay(struct child *c, int64_t now)
{
	int64_t	 delay, first, most;

	most = c->kind == ROOM_SUPERVISOR ? SUPERVISOR_MAX_MS :
	    BACKOFF_MAX_MS;
	/* No crash: its file is another one. */
	if (c->other_build)
		return most;
	memmove(&c->deaths[1], &c->deaths[0],
	    (DEATHS - 1) * sizeof(c->deaths[0]));
	c->deaths[0] = now;
	if (c->kind != ROOM_SUPERVISOR && c->deaths[DEATHS - 1] != 0 &&
	    now - c->deaths[DEATHS - 1] < DEATHS_MS) {
		c->degraded = 1;
		memset(c->deaths, 0, sizeof(c->deaths));
		return DEGRADED_MS;
	}
	if (now - c->born > 10000)
		c->failures = 0;
	else if (c->kind == ROOM_SUPERVISOR && c->was_ready && c->failures > 1)
		c->failures = 1;
	first = c->kind == ROOM_SUPERVISOR ? SUPERVISOR_BACKOFF_MS :
	    BACKOFF_MS;
	delay = c->failures == 0 ? 0 : first << c->failures;
	if (c->failures < 8)
		c->failures++;
	return delay < most ? delay : most;
}

static void
child_gone(struct child *c, const char *why)
{
	int64_t	 delay;

	channel_close(&c->ch);
	evtimer_del(c->timer);
	c->pid = 0;
	c->ready = 0;
	if (c->keep && c->ended)
		timer_in(c, 0);		/* wanted again while it left */
	else if (c->keep) {
		delay = child_delay(c, clock_ms());
		if (c->degraded)
			log_warnx("%s: died %d times in %d minutes (%s): "
			    "it stays down for %d minutes, services run on",
			    room_name(c->kind), DEATHS, DEATHS_MS / 60000,
			    why, DEGRADED_MS / 60000);
		timer_in(c, delay);
		tell(c, c->other_build ? "other-build" : c->degraded ?
		    "degraded" : "died", why);
	}
	if (c->user.gone != NULL)
		c->user.gone(why);
}

void
rooms_rest(enum room_kind kind)
{
	children[kind].ready = 0;
}

/* Nothing is queued either way: it rests. */
void
rooms_hand(enum room_kind kind, int *fd, pid_t *pid)
{
	struct child	*c = &children[kind];

	if (c->pid == 0 || !channel_is_open(&c->ch) ||
	    channel_drain(&c->ch, FAREWELL_MS) == -1)
		return;
	*fd = channel_fd(&c->ch);
	*pid = c->pid;
}

void
rooms_adopt(enum room_kind kind, pid_t pid, int fd)
{
	struct child	*c = &children[kind];

	c->greeted = c->keep = 1;
	c->born = clock_ms();
	c->pid = pid;
	channel_open(&c->ch, conf.base, fd, room_name(kind), 1,
	    child_dispatch, child_closed, c);
}

void
rooms_resume(enum room_kind kind, enum message_type type, const void *m)
{
	struct child	*c = &children[kind];

	if (c->pid == 0 || !channel_is_open(&c->ch))
		return;
	channel_send(&c->ch, type, 0, -1, m);
	timer_in(c, HELLO_MS);
}

static struct child *
child_by_pid(pid_t pid)
{
	int	 i;

	for (i = 0; i < ROOM_KINDS; i++)
		if (children[i].pid == pid)
			return &children[i];
	return NULL;
}

void
rooms_ending(pid_t pid)
{
	struct child	*c;

	if ((c = child_by_pid(pid)) != NULL)
		channel_read_rest(&c->ch);
}

/* Each by itself: all children are as many as there are services. */
void
rooms_stopped(void)
{
	siginfo_t	 si;
	int		 i;

	for (i = 0; i < ROOM_KINDS; i++) {
		memset(&si, 0, sizeof(si));
		if (children[i].pid > 0 && waitid(P_PID,
		    (id_t)children[i].pid, &si, WSTOPPED | WNOHANG) == 0 &&
		    si.si_pid != 0)
			child_stopped(&children[i]);
	}
}

static void
child_stopped(struct child *c)
{
	log_warnx("%s: was stopped by a signal, %s", room_name(c->kind),
	    c->stopped ? "killed" : "continued");
	tell(c, "held", c->stopped ? "stopped by a signal, killed" :
	    "stopped by a signal, continued");
	kill(c->pid, c->stopped ? SIGKILL : SIGCONT);
	c->stopped = 1;
}

int
rooms_reaped(pid_t pid, int status)
{
	struct child	*c;
	char		 why[64];

	if ((c = child_by_pid(pid)) == NULL)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == ROOM_OTHER_BUILD)
		c->other_build = 1;
	if (c->other_build)
		strlcpy(why, "of another build than the parent: reexec needed",
		    sizeof(why));
	else if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "killed by signal %d%s",
		    WTERMSIG(status), WTERMSIG(status) == SIGSYS ?
		    " (a forbidden system call)" : "");
	else
		snprintf(why, sizeof(why), "exit code %d",
		    WEXITSTATUS(status));
	if (!settled && WIFEXITED(status) &&
	    WEXITSTATUS(status) == ROOM_NO_WALLS)
		fatalx("the sandbox is required, and %s cannot have it here",
		    room_name(c->kind));
	if (c->keep && !c->ended)
		log_warnx("%s: died: %s", room_name(c->kind), why);
	else
		log_debug("%s: ended: %s", room_name(c->kind), why);
	child_gone(c, why);
	return 1;
}
