#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/ca_bundle.h"
#include "lavavisord/clock.h"
#include "lavavisord/dial.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/probe.h"
#include "lavavisord/probe_command.h"
#include "lavavisord/rooms.h"

#define ADDRESSES_MAX	128
#define UNDER_WAY_MAX	48	/* the rooms take 64 */
#define COMMANDS_MAX	8
#define LINGER_MS	5000	/* the prober stays, as tries come in rows */
#define GRACE_MS	10000	/* a prober silent for longer hangs */

enum probe_state {
	PROBE_WAITING,		/* for its turn */
	PROBE_DIALLING,
	PROBE_QUEUED,		/* connected; the prober is not there yet */
	PROBE_ASKING,
	PROBE_COMMAND
};

struct probe {
	TAILQ_ENTRY(probe)		 entry;
	uint32_t			 id;	/* towards the prober */
	enum probe_state		 state;
	const struct service		*service;
	const struct probe_plan		*plan;
	const struct config_check	*check;
	size_t				 at;	/* the address that is asked */
	int				 four;	/* at it, by IPv4 instead */
	uint32_t			 dial;
	int				 fd;	/* PROBE_QUEUED, else -1 */
	int				 again;	/* the prober died of it once */
	struct probe_command		*command;
	struct event			*guard;	/* PROBE_QUEUED, _ASKING */
	probe_done			 done;
	void				*arg;
};

TAILQ_HEAD(probe_list, probe);

static struct probe_list	 waiting = TAILQ_HEAD_INITIALIZER(waiting);
static struct probe_list	 running = TAILQ_HEAD_INITIALIZER(running);
static struct event_base	*base;
static struct event		*turn_event;
static struct event		*linger;
static unsigned int		 nrunning, ncommands;
static uint32_t			 last_id;

static void	command_done(const char *, int, void *);
static void	dialled(int, const char *, void *);
static void	prober_dispatch(struct channel *, struct imsg *);
static void	prober_gone(const char *);
static void	prober_idle(int, short, void *);
static void	prober_ready(struct channel *);
static void	probe_address(struct probe *);
static void	probe_ask(struct probe *);
static struct probe
		*probe_find(uint32_t);
static void	probe_finish(struct probe *, const char *, int);
static void	probe_free(struct probe *);
static void	probe_further(struct probe *);
static void	probe_next(struct probe *);
static void	probe_stuck(int, short, void *);
static void	turn(int, short, void *);
static void	turn_soon(void);

void
probe_init(struct event_base *b)
{
	static const struct room_user	 prober = {
		prober_ready, prober_dispatch, prober_gone
	};

	base = b;
	rooms_use(ROOM_PROBER, &prober);
	if ((turn_event = event_new(base, -1, 0, turn, NULL)) == NULL ||
	    (linger = evtimer_new(base, prober_idle, NULL)) == NULL)
		fatalx("out of memory for events");
}

int
probe_plan_make(struct probe_plan *plan, const struct service *s,
    const struct config_check *check, char *why, size_t size)
{
	struct config_address	*list;
	ssize_t			 n;

	probe_plan_free(plan);
	plan->kind = check->kind;
	if (check->kind != READY_TCP && check->kind != READY_HTTP)
		return 0;
	if ((list = calloc(ADDRESSES_MAX, sizeof(*list))) == NULL)
		fatal("calloc");
	n = config_check_addresses(env.conf, s->conf, check, list,
	    ADDRESSES_MAX, why, size);
	if (n == 0)
		strlcpy(why, "its config names no address that it listens on",
		    size);
	if (n <= 0) {
		free(list);
		return -1;
	}
	plan->address = recallocarray(list, ADDRESSES_MAX, (size_t)n,
	    sizeof(*list));
	if (plan->address == NULL)
		fatal("recallocarray");
	plan->addresses = (size_t)n;
	return 0;
}

void
probe_plan_free(struct probe_plan *plan)
{
	free(plan->address);
	memset(plan, 0, sizeof(*plan));
}

static struct probe *
probe_find(uint32_t id)
{
	struct probe	*p;

	TAILQ_FOREACH(p, &running, entry)
		if (p->id == id)
			return p;
	return NULL;
}

struct probe *
probe_start(const struct service *s, const struct probe_plan *plan,
    const struct config_check *check, probe_done done, void *arg)
{
	struct probe	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("calloc");
	do {
		p->id = ++last_id;
	} while (p->id == 0 || probe_find(p->id) != NULL);
	p->service = s;
	p->plan = plan;
	p->check = check;
	p->fd = -1;
	p->done = done;
	p->arg = arg;
	TAILQ_INSERT_TAIL(&waiting, p, entry);
	turn_soon();
	return p;
}

static void
turn_soon(void)
{
	event_active(turn_event, 0, 0);
}

/* So many at once that no room refuses one for being too many */
static void
turn(int fd, short what, void *arg)
{
	struct probe	*p, *next;

	(void)fd;
	(void)what;
	(void)arg;
	for (p = TAILQ_FIRST(&waiting); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (nrunning >= UNDER_WAY_MAX)
			return;
		if (p->plan->kind == READY_COMMAND &&
		    ncommands >= COMMANDS_MAX)
			continue;
		TAILQ_REMOVE(&waiting, p, entry);
		TAILQ_INSERT_TAIL(&running, p, entry);
		nrunning++;
		probe_next(p);
		/* That may have ended others. */
		next = TAILQ_FIRST(&waiting);
	}
}

static void
probe_next(struct probe *p)
{
	const char	*why;

	if (p->plan->kind != READY_COMMAND) {
		probe_address(p);
		return;
	}
	p->command = probe_command_start(base, p->service, p->check,
	    -1, command_done, p, &why);
	if (p->command == NULL) {
		probe_finish(p, why, 1);
		return;
	}
	p->state = PROBE_COMMAND;
	ncommands++;
}

static void
command_done(const char *error, int ours, void *arg)
{
	struct probe	*p = arg;

	p->command = NULL;
	ncommands--;
	probe_finish(p, error, ours);
}

static void
probe_address(struct probe *p)
{
	const struct config_address	*a = &p->plan->address[p->at];

	p->state = PROBE_DIALLING;
	p->dial = dial_probe(p->four ? "127.0.0.1" : a->host, a->port,
	    p->check->timeout_ms,
	    dialled, p);
}

/* This address is as it should be */
static void
probe_further(struct probe *p)
{
	p->four = 0;
	if (++p->at < p->plan->addresses)
		probe_address(p);
	else
		probe_finish(p, NULL, 0);
}

static void
dialled(int fd, const char *error, void *arg)
{
	struct probe	*p = arg;

	p->dial = 0;
	if (error != NULL) {
		if (fd != -1)
			close(fd);
		/* Its host may have no IPv6, or listen there to IPv4 only. */
		if (p->plan->address[p->at].any && !p->four) {
			p->four = 1;
			probe_address(p);
		} else
			probe_finish(p, error, 0);
		return;
	}
	if (p->plan->address[p->at].url[0] == '\0') {
		close(fd);
		probe_further(p);
		return;
	}
	p->fd = fd;
	p->state = PROBE_QUEUED;
	if (p->guard == NULL && (p->guard = evtimer_new(base, probe_stuck,
	    p)) == NULL)
		fatalx("out of memory for events");
	clock_timer(p->guard, p->check->timeout_ms + GRACE_MS);
	if (rooms_channel(ROOM_PROBER) != NULL)
		probe_ask(p);
	else
		rooms_keep(ROOM_PROBER);
}

static void
probe_ask(struct probe *p)
{
	struct msg_probe	 m;
	int			 fd = p->fd;

	memset(&m, 0, sizeof(m));
	strlcpy(m.url, p->plan->address[p->at].url, sizeof(m.url));
	if (p->check->body != NULL)
		strlcpy(m.body, p->check->body, sizeof(m.body));
	m.status_min = p->check->status_min;
	m.status_max = p->check->status_max;
	m.verify = p->check->verify != 0;
	m.timeout_ms = p->check->timeout_ms;
	p->fd = -1;
	p->state = PROBE_ASKING;
	if (rooms_send(ROOM_PROBER, MSG_PROBE, p->id, fd, &m) == -1)
		probe_address(p);
}

/* The room does not answer, which says nothing of the service */
static void
probe_stuck(int fd, short what, void *arg)
{
	struct probe	*p = arg;

	(void)fd;
	(void)what;
	if (p->state == PROBE_ASKING) {
		log_warnx("the prober does not answer, killed");
		rooms_kill(ROOM_PROBER);
	}
	probe_finish(p, "the prober does not answer", 1);
}

static void
probe_finish(struct probe *p, const char *error, int ours)
{
	probe_done	 done = p->done;
	void		*arg = p->arg;
	char		 why[TEXT_SIZE];

	/* Which of several addresses it was */
	if (error != NULL && p->plan->addresses > 1)
		snprintf(why, sizeof(why), "%s port %u: %s",
		    p->plan->address[p->at].host,
		    p->plan->address[p->at].port, error);
	else if (error != NULL)
		strlcpy(why, error, sizeof(why));
	probe_free(p);
	done(error != NULL ? why : NULL, ours, arg);
}

static void
probe_free(struct probe *p)
{
	if (p->state == PROBE_WAITING)
		TAILQ_REMOVE(&waiting, p, entry);
	else {
		TAILQ_REMOVE(&running, p, entry);
		nrunning--;
	}
	if (p->fd != -1)
		close(p->fd);
	if (p->guard != NULL)
		event_free(p->guard);
	free(p);
	turn_soon();
	clock_timer(linger, LINGER_MS);
}

void
probe_cancel(struct probe *p)
{
	if (p->dial != 0)
		dial_cancel(p->dial);
	if (p->state == PROBE_ASKING)
		rooms_send(ROOM_PROBER, MSG_PROBE_CANCEL, p->id, -1, NULL);
	if (p->command != NULL) {
		probe_command_cancel(p->command);
		ncommands--;
	}
	probe_free(p);
}

static void
prober_ready(struct channel *ch)
{
	struct probe	*p, *next;
	char		 error[TEXT_SIZE];
	int		 fd;

	if ((fd = ca_bundle_open(env.conf->ca_file, error, sizeof(error))) !=
	    -1)
		channel_send(ch, MSG_CA, 0, fd, NULL);
	else
		log_debug("%s", error);
	for (p = TAILQ_FIRST(&running); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (p->state == PROBE_QUEUED)
			probe_ask(p);
	}
	clock_timer(linger, LINGER_MS);
}

static void
prober_dispatch(struct channel *ch, struct imsg *imsg)
{
	struct msg_probed	 m;
	struct probe		*p;

	if (imsg_get_type(imsg) != MSG_PROBED) {
		log_warnx("prober: unexpected %s message",
		    message_name(imsg_get_type(imsg)));
		rooms_kill(ROOM_PROBER);
		return;
	}
	if (channel_read(ch, imsg, MSG_PROBED, &m, sizeof(m)) == -1) {
		rooms_kill(ROOM_PROBER);
		return;
	}
	/* Who asked may have gone. */
	if ((p = probe_find(imsg_get_id(imsg))) == NULL ||
	    p->state != PROBE_ASKING)
		return;
	if (m.error[0] != '\0')
		probe_finish(p, m.error, 0);
	else
		probe_further(p);
}

/* Asked once more, but not of a room that it may have killed */
static void
prober_gone(const char *why)
{
	struct probe	*p;
	int		 again;

	(void)why;
	do {
		again = 0;
		TAILQ_FOREACH(p, &running, entry) {
			if (p->state != PROBE_ASKING)
				continue;
			again = 1;
			if (p->again++ > 0)
				probe_finish(p, "the prober died", 1);
			else
				probe_address(p);
			break;
		}
	} while (again);
}

/* There only while it is needed */
static void
prober_idle(int fd, short what, void *arg)
{
	struct probe	*p;

	(void)fd;
	(void)what;
	(void)arg;
	TAILQ_FOREACH(p, &running, entry)
		if (p->state == PROBE_QUEUED || p->state == PROBE_ASKING) {
			clock_timer(linger, LINGER_MS);
			return;
		}
	rooms_end(ROOM_PROBER);
}
