#include <sys/types.h>
#include <sys/queue.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/ctl.h"
#include "lavavisord/events.h"
#include "lavavisord/rooms.h"

/* Clients that stay at the same time, of each room */
#define STAYING_MAX	128

struct client {
	TAILQ_ENTRY(client)	 entry;
	enum room_kind		 via;
	uint32_t		 id;
	struct msg_request	 request;
	int			 stays;
	const char		*events;
	uint32_t		 mark;
	struct event		*timer;
	void			(*timeout)(struct client *);
	void			(*gone)(struct client *);
	void			(*file)(struct client *, enum verify_file,
				    int);
};

static TAILQ_HEAD(, client)	 clients = TAILQ_HEAD_INITIALIZER(clients);
static unsigned int		 staying[ROOM_KINDS];
static struct event_base	*base;
static int			 sockets[ROOM_KINDS];
static void			(*all_up)(void);

static void	admin_dispatch(struct channel *, struct imsg *);
static void	admin_gone(const char *);
static void	admin_ready(struct channel *);
static struct client *client_find(enum room_kind, uint32_t);
static void	client_free(struct client *);
static void	client_timed_out(int, short, void *);
static void	ctl_dispatch(enum room_kind, struct channel *, struct imsg *);
static void	ctl_event(const char *, const char *);
static void	ctl_gone(enum room_kind);
static void	ctl_ready(enum room_kind, struct channel *);
static void	ctl_request(enum room_kind, struct channel *, struct imsg *);
static void	ctl_file(enum room_kind, struct channel *, struct imsg *);
static int	event_is_for(const struct client *, const char *);
static void	show_dispatch(struct channel *, struct imsg *);
static void	show_gone(const char *);
static void	show_ready(struct channel *);

void
ctl_init(struct event_base *b, int admin_fd, int show_fd, void (*up)(void))
{
	static const struct room_user	 admin = {
		admin_ready, admin_dispatch, admin_gone
	};
	static const struct room_user	 show = {
		show_ready, show_dispatch, show_gone
	};

	base = b;
	all_up = up;
	sockets[ROOM_ADMIN] = admin_fd;
	sockets[ROOM_SHOW] = show_fd;
	events_listen(ctl_event);
	rooms_use(ROOM_ADMIN, &admin);
	rooms_use(ROOM_SHOW, &show);
	rooms_keep(ROOM_ADMIN);
	rooms_keep(ROOM_SHOW);
}

static void
admin_ready(struct channel *ch)
{
	ctl_ready(ROOM_ADMIN, ch);
}

static void
show_ready(struct channel *ch)
{
	ctl_ready(ROOM_SHOW, ch);
}

static void
admin_dispatch(struct channel *ch, struct imsg *imsg)
{
	ctl_dispatch(ROOM_ADMIN, ch, imsg);
}

static void
show_dispatch(struct channel *ch, struct imsg *imsg)
{
	ctl_dispatch(ROOM_SHOW, ch, imsg);
}

static void
admin_gone(const char *why)
{
	(void)why;
	ctl_gone(ROOM_ADMIN);
}

static void
show_gone(const char *why)
{
	(void)why;
	ctl_gone(ROOM_SHOW);
}

static void
ctl_ready(enum room_kind kind, struct channel *ch)
{
	int	 fd;

	if ((fd = fcntl(sockets[kind], F_DUPFD_CLOEXEC, 0)) == -1) {
		log_warn("%s: the socket cannot be handed over",
		    room_name(kind));
		rooms_kill(kind);
		return;
	}
	channel_send(ch, MSG_LISTEN, 0, fd, NULL);
	if (all_up != NULL && rooms_channel(ROOM_ADMIN) != NULL &&
	    rooms_channel(ROOM_SHOW) != NULL) {
		all_up();
		all_up = NULL;
	}
}

static void
ctl_gone(enum room_kind kind)
{
	struct client	*c, *next;

	for (c = TAILQ_FIRST(&clients); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->via == kind)
			client_free(c);
	}
}

static void
client_free(struct client *c)
{
	TAILQ_REMOVE(&clients, c, entry);
	if (c->stays)
		staying[c->via]--;
	events_heard_by(staying[ROOM_ADMIN] + staying[ROOM_SHOW]);
	if (c->timer != NULL)
		event_free(c->timer);
	if (c->gone != NULL)
		c->gone(c);
	free(c);
}

static void
ctl_dispatch(enum room_kind kind, struct channel *ch, struct imsg *imsg)
{
	struct client	*c;

	switch (imsg_get_type(imsg)) {
	case MSG_REQUEST:
		ctl_request(kind, ch, imsg);
		break;
	case MSG_REQUEST_FILE:
		ctl_file(kind, ch, imsg);
		break;
	case MSG_CLIENT_GONE:
		if ((c = client_find(kind, imsg_get_id(imsg))) != NULL)
			client_free(c);
		break;
	default:
		log_warnx("%s: unexpected %s message, killed",
		    room_name(kind), message_name(imsg_get_type(imsg)));
		rooms_kill(kind);
		break;
	}
}

static struct client *
client_find(enum room_kind kind, uint32_t id)
{
	struct client	*c;

	TAILQ_FOREACH(c, &clients, entry)
		if (c->via == kind && c->id == id)
			break;
	return c;
}

/* A file behind a request; the request may have been refused already */
static void
ctl_file(enum room_kind kind, struct channel *ch, struct imsg *imsg)
{
	struct msg_request_file	 m;
	struct client		*c;
	int			 fd = imsg_get_fd(imsg);

	if (kind != ROOM_ADMIN || fd == -1 || channel_read(ch, imsg,
	    MSG_REQUEST_FILE, &m, sizeof(m)) == -1) {
		log_warnx("%s: a bad %s message, killed", room_name(kind),
		    message_name(MSG_REQUEST_FILE));
		if (fd != -1)
			close(fd);
		rooms_kill(kind);
		return;
	}
	c = client_find(kind, imsg_get_id(imsg));
	if (c != NULL && c->file != NULL)
		c->file(c, (enum verify_file)m.which, fd);
	else
		close(fd);
}

static void
ctl_request(enum room_kind kind, struct channel *ch, struct imsg *imsg)
{
	struct client	*c, *other;
	verb_handler	 handler;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("calloc");
	c->via = kind;
	c->id = imsg_get_id(imsg);
	if (channel_read(ch, imsg, MSG_REQUEST, &c->request,
	    sizeof(c->request)) == -1) {
		free(c);
		rooms_kill(kind);
		return;
	}
	other = client_find(kind, c->id);
	TAILQ_INSERT_TAIL(&clients, c, entry);
	if (other != NULL) {
		log_warnx("%s: an id in use came again, killed",
		    room_name(kind));
		rooms_kill(kind);
		return;
	}
	if (c->request.catalogue != MESSAGE_CATALOGUE)
		client_end(c, CTL_FAILED, "lavavisorctl and the daemon are of "
		    "different builds: install one, then reexec the daemon");
	else if (kind == ROOM_SHOW && c->request.verb >= VERB_ADMIN_FIRST)
		client_end(c, CTL_REFUSED, "\"%s\" is not allowed on the show "
		    "socket", verb_name(c->request.verb));
	else if ((handler = verb_find(c->request.verb)) == NULL)
		client_end(c, CTL_USAGE, "\"%s\" is not supported",
		    verb_name(c->request.verb));
	else
		handler(c, &c->request);
}

const struct msg_request *
client_request(const struct client *c)
{
	return &c->request;
}

void
client_line(struct client *c, const char *text)
{
	struct msg_answer	 m;
	size_t			 left = strlen(text), n;
	char			*del;

	memset(&m, 0, sizeof(m));
	do {
		n = left < sizeof(m.text) - 1 ? left : sizeof(m.text) - 1;
		/* No piece ends inside a character: it would be cleaned. */
		while (n < left && n > 1 && ((unsigned char)text[n] & 0xc0) ==
		    0x80)
			n--;
		memcpy(m.text, text, n);
		m.text[n] = '\0';
		/* DEL, which JSON lets through and messages do not */
		while ((del = strchr(m.text, 0x7f)) != NULL)
			*del = '?';
		text += n;
		left -= n;
		m.more = left > 0;
		rooms_send(c->via, MSG_ANSWER, c->id, -1, &m);
	} while (left > 0);
}

void
client_answer(struct client *c, json_t *o)
{
	char	*text;

	if (o == NULL || (text = json_dumps(o, JSON_COMPACT |
	    JSON_ENCODE_ANY)) == NULL)
		fatalx("out of memory for an answer");
	json_decref(o);
	client_line(c, text);
	free(text);
}

void
client_file(struct client *c, const char *text, int fd)
{
	struct msg_answer	 m;

	memset(&m, 0, sizeof(m));
	strlcpy(m.text, text, sizeof(m.text));
	rooms_send(c->via, MSG_ANSWER, c->id, fd, &m);
}

void
client_end(struct client *c, int code, const char *fmt, ...)
{
	struct msg_answer_end	 m;
	char			 text[TEXT_SIZE];
	va_list			 ap;

	memset(&m, 0, sizeof(m));
	m.code = (uint32_t)code;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_clean(m.text, sizeof(m.text), text);
	rooms_send(c->via, MSG_ANSWER_END, c->id, -1, &m);
	c->gone = NULL;
	client_free(c);
}

int
client_may_stay(const struct client *c)
{
	return c->stays || staying[c->via] < STAYING_MAX;
}

int
client_stays(struct client *c, const char *events,
    void (*gone)(struct client *))
{
	if (!client_may_stay(c)) {
		client_end(c, CTL_FAILED, "%d clients wait already",
		    STAYING_MAX);
		return -1;
	}
	if (!c->stays)
		staying[c->via]++;
	c->stays = 1;
	events_heard_by(staying[ROOM_ADMIN] + staying[ROOM_SHOW]);
	c->events = events;
	c->gone = gone;
	return 0;
}

void
client_files(struct client *c, void (*f)(struct client *, enum verify_file,
    int))
{
	c->file = f;
}

int
client_has_files(const struct client *c)
{
	return c->file != NULL;
}

void
client_timer(struct client *c, int64_t timeout_ms,
    void (*f)(struct client *))
{
	c->timeout = f;
	if (c->timer == NULL && (c->timer = evtimer_new(base,
	    client_timed_out, c)) == NULL)
		fatalx("out of memory for events");
	clock_timer(c->timer, timeout_ms);
}

static void
client_timed_out(int fd, short what, void *arg)
{
	struct client	*c = arg;

	(void)fd;
	(void)what;
	c->timeout(c);
}

void
client_means(struct client *c, const char *argument)
{
	strlcpy(c->request.argument, argument, sizeof(c->request.argument));
}

uint32_t *
client_mark(struct client *c)
{
	return &c->mark;
}

void
clients_each(enum verb verb, void (*f)(struct client *, void *), void *arg)
{
	struct client	*c, *next;

	for (c = TAILQ_FIRST(&clients); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->stays && c->request.verb == (uint32_t)verb)
			f(c, arg);
	}
}

void
clients_end_all(int code, const char *text)
{
	struct client	*c;

	while ((c = TAILQ_FIRST(&clients)) != NULL) {
		/* It asks the next daemon when its connection ends. */
		if (c->request.verb == VERB_WAIT) {
			c->gone = NULL;
			client_free(c);
		} else
			client_end(c, code, "%s", text);
	}
}

static int
event_is_for(const struct client *c, const char *event)
{
	const char	*p;
	size_t		 len = strlen(event);

	if (c->events == NULL)
		return 1;
	for (p = c->events; (p = strstr(p, event)) != NULL; p += len)
		if ((p == c->events || p[-1] == ' ') &&
		    (p[len] == ' ' || p[len] == '\0'))
			return 1;
	return 0;
}

static void
ctl_event(const char *event, const char *line)
{
	struct client	*c, *next;

	for (c = TAILQ_FIRST(&clients); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (c->stays && event_is_for(c, event))
			client_line(c, line);
	}
}
