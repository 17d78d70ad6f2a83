#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <imsg.h>

#include "common/channel.h"
#include "common/log.h"
#include "common/room.h"
#include "lavavisord/control/clients.h"
#include "lavavisord/control/log_limit.h"

#define FAREWELL_MS	1000	/* for the last words to all of them */

enum client_state {
	CLIENT_NEW,		/* its request is awaited */
	CLIENT_ASKED,		/* the parent has it */
	CLIENT_CLOSING		/* its last answer is queued */
};

struct client {
	TAILQ_ENTRY(client)	 entry;
	struct channel		 channel;
	struct event		*deadline;
	enum client_state	 state;
	uint32_t		 id;	/* towards the parent */
	uint32_t		 files;	/* that are still to come */
	uid_t			 uid;
	gid_t			 gid;
};

TAILQ_HEAD(client_list, client);

static struct client_list	 clients = TAILQ_HEAD_INITIALIZER(clients);
static struct room		*room;
static struct event		*listener;
static struct event		*resume;	/* accepting again */
static int			 listen_fd = -1;
static uint32_t			 last_id;
static uint32_t			 count;
static struct log_limit		 limit;

static void	client_accept(int, short, void *);
static void	client_add(int, uid_t, gid_t);
static void	client_closed(struct channel *, const char *, void *);
static void	client_complain(struct client *, const char *, ...)
		    __attribute__((__format__(__printf__, 2, 3)));
static void	client_deadline(struct client *, int);
static void	client_dispatch(struct channel *, struct imsg *, void *);
static void	client_end(struct client *, uint32_t, const char *);
static void	client_file(struct client *, struct imsg *);
static struct client *client_find(uint32_t);
static void	client_free(struct client *);
static void	client_late(int, short, void *);
static uint32_t	client_new_id(void);
static void	client_request(struct client *, struct imsg *);
static void	client_sent(struct channel *, void *);
static int	client_stuck(struct client *);
static uint32_t	clients_of(uid_t);
static int	other_catalogue(const unsigned char *, size_t, uint32_t *);
static void	client_resume(int, short, void *);
static void	client_turn_away(int, uid_t, const char *);

void
clients_init(struct room *r)
{
	room = r;
	if ((resume = evtimer_new(r->base, client_resume, NULL)) == NULL)
		fatalx("out of memory for events");
}

void
clients_listen(int fd)
{
	int	 flags;

	if (listener != NULL) {
		event_free(listener);
		close(listen_fd);
	}
	listen_fd = fd;
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		fatal("listening socket: fcntl");
	listener = event_new(room->base, fd, EV_READ | EV_PERSIST,
	    client_accept, NULL);
	if (listener == NULL || event_add(listener, NULL) == -1)
		fatalx("out of memory for events");
}

void
clients_farewell(void)
{
	struct client	*c;
	int64_t		 end = room_now_ms() + FAREWELL_MS, left;

	TAILQ_FOREACH(c, &clients, entry) {
		left = end - room_now_ms();
		channel_drain(&c->channel, left < 0 ? 0 : left < 200 ?
		    (int)left : 200);
	}
}

static void
client_accept(int fd, short what, void *arg)
{
	struct timeval	 tv = { 1, 0 };
	uid_t		 uid;
	gid_t		 gid;
	int		 s;

	(void)what;
	(void)arg;
	s = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (s == -1) {
		if (errno == ENFILE || errno == EMFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			/* Readable until one is accepted: rest, not spin. */
			event_del(listener);
			evtimer_add(resume, &tv);
		} else if (errno != EAGAIN && errno != EWOULDBLOCK &&
		    errno != EINTR && errno != ECONNABORTED)
			fatal("accept");
		return;
	}
	if (getpeereid(s, &uid, &gid) == -1) {
		close(s);
		return;
	}
	if (count >= CLIENTS_MAX)
		client_turn_away(s, uid, "too many clients, try again later");
	else if (uid != 0 && clients_of(uid) >= CLIENTS_PER_UID)
		client_turn_away(s, uid,
		    "too many clients of your user, try again later");
	else
		client_add(s, uid, gid);
}

static void
client_resume(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (listener != NULL)
		event_add(listener, NULL);
}

static uint32_t
clients_of(uid_t uid)
{
	struct client	*c;
	uint32_t	 n = 0;

	TAILQ_FOREACH(c, &clients, entry)
		if (c->uid == uid)
			n++;
	return n;
}

/* A new socket takes one small message at once or never will */
static void
client_turn_away(int fd, uid_t uid, const char *why)
{
	struct imsgbuf		 ibuf;
	struct msg_answer_end	 end;
	unsigned char		 buf[sizeof(end) + 16];
	uint32_t		 missed;
	ssize_t			 len;

	memset(&end, 0, sizeof(end));
	end.code = 1;
	strlcpy(end.text, why, sizeof(end.text));
	len = message_pack(MSG_ANSWER_END, &end, buf, sizeof(buf));
	if (len == -1 || imsgbuf_init(&ibuf, fd) == -1)
		fatalx("cannot turn a client away");
	if (imsg_compose(&ibuf, MSG_ANSWER_END, 0, 0, -1, buf,
	    (size_t)len) == -1)
		fatal("imsg_compose");
	imsgbuf_write(&ibuf);
	imsgbuf_clear(&ibuf);
	close(fd);
	if (log_limit_take(&limit, room_now_ms(), &missed))
		log_info("client of uid %u turned away: %s%s", uid, why,
		    missed > 0 ? " (more like this before)" : "");
}

static void
client_add(int fd, uid_t uid, gid_t gid)
{
	struct client	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("calloc");
	c->state = CLIENT_NEW;
	c->uid = uid;
	c->gid = gid;
	channel_open(&c->channel, room->base, fd, "client", 1,
	    client_dispatch, client_closed, c);
	c->channel.sent = client_sent;
	if ((c->deadline = evtimer_new(room->base, client_late, c)) == NULL)
		fatalx("out of memory for events");
	client_deadline(c, CLIENT_REQUEST_S);
	TAILQ_INSERT_TAIL(&clients, c, entry);
	count++;
}

static void
client_free(struct client *c)
{
	if (c->state == CLIENT_ASKED)
		room_send(room, MSG_CLIENT_GONE, c->id, -1, NULL);
	TAILQ_REMOVE(&clients, c, entry);
	count--;
	event_free(c->deadline);
	channel_close(&c->channel);
	free(c);
}

static void
client_deadline(struct client *c, int seconds)
{
	struct timeval	 tv = { seconds, 0 };

	if (evtimer_add(c->deadline, &tv) == -1)
		fatalx("out of memory for events");
}

/* One line about a client that is being dropped, if the log has room */
static void
client_complain(struct client *c, const char *fmt, ...)
{
	char		 why[TEXT_SIZE];
	uint32_t	 missed;
	va_list		 ap;

	if (!log_limit_take(&limit, room_now_ms(), &missed))
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (missed > 0)
		log_warnx("%" PRIu32 " more clients were dropped", missed);
	log_warnx("client of uid %u dropped: %s", c->uid, why);
}

static void
client_late(int fd, short what, void *arg)
{
	struct client	*c = arg;

	(void)fd;
	(void)what;
	if (c->state == CLIENT_NEW)
		client_complain(c, "no request in %d seconds",
		    CLIENT_REQUEST_S);
	else
		client_complain(c, "did not read its answer in %d seconds",
		    CLIENT_CLOSING_S);
	client_free(c);
}

static void
client_closed(struct channel *ch, const char *why, void *arg)
{
	struct client	*c = arg;

	/* Who only knocked or has heard enough may just go. */
	if (c->state == CLIENT_NEW && strcmp(why, "end of file") != 0)
		client_complain(c, "bad message: %s", why);
	else
		log_debug("client of uid %u: %s", c->uid, why);
	(void)ch;
	client_free(c);
}

static void
client_dispatch(struct channel *ch, struct imsg *imsg, void *arg)
{
	struct client	*c = arg;
	uint32_t	 type = imsg_get_type(imsg);

	(void)ch;
	if (c->files > 0 && type == MSG_REQUEST_FILE) {
		client_file(c, imsg);
	} else if (c->state != CLIENT_NEW) {
		client_complain(c, "a second message, %s (%" PRIu32 ")",
		    message_name(type), type);
		client_free(c);
	} else if (type != MSG_REQUEST) {
		client_complain(c, "no request but %s (%" PRIu32 ")",
		    message_name(type), type);
		client_free(c);
	} else
		client_request(c, imsg);
}

/* The catalogue comes first in every catalogue's request */
static int
other_catalogue(const unsigned char *p, size_t len, uint32_t *theirs)
{
	if (len < sizeof(*theirs))
		return 0;
	*theirs = (uint32_t)p[0] | (uint32_t)p[1] << 8 |
	    (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	return *theirs != MESSAGE_CATALOGUE;
}

static void
client_request(struct client *c, struct imsg *imsg)
{
	unsigned char		 buf[sizeof(struct msg_request) + 64];
	char			 text[TEXT_SIZE];
	struct msg_request	 request;
	size_t			 len = imsg_get_len(imsg);
	uint32_t		 theirs;
	const char		*why = "length";

	if (len == 0 || len > sizeof(buf) ||
	    imsg_get_data(imsg, buf, len) == -1)
		goto malformed;
	if (other_catalogue(buf, len, &theirs)) {
		snprintf(text, sizeof(text), "lavavisorctl speaks catalogue %"
		    PRIu32 ", the daemon %d: use the lavavisorctl of its "
		    "release, or send it SIGUSR2 if it is the older one",
		    theirs, MESSAGE_CATALOGUE);
		client_end(c, 1, text);
		return;
	}
	if (message_unpack(MSG_REQUEST, buf, len, &request, sizeof(request),
	    &why) == -1)
		goto malformed;
	if (request.verb == VERB_NONE) {
		why = "verb";
		goto malformed;
	}
	/* Who asks is what the kernel says, never what the client says. */
	request.uid = c->uid;
	request.gid = c->gid;
	evtimer_del(c->deadline);
	if (request.verb == VERB_INSTALL && room->kind == ROOM_ADMIN) {
		why = "number";
		if (request.number < 1 || request.number > REQUEST_FILES_MAX)
			goto malformed;
		c->files = (uint32_t)request.number;
	}
	if (request.verb == VERB_UNLOCK && room->kind == ROOM_ADMIN)
		c->files = request.number != 0;
	c->id = client_new_id();
	c->state = CLIENT_ASKED;
	log_debug("client of uid %u asks %s", c->uid,
	    verb_name(request.verb));
	room_send(room, MSG_REQUEST, c->id, -1, &request);
	return;
malformed:
	client_complain(c, "malformed request: %s", why);
	client_free(c);
}

/* A file on its way to the parent; one that comes too late is closed */
static void
client_file(struct client *c, struct imsg *imsg)
{
	struct msg_request_file	 m;
	const char		*why;
	int			 fd;

	c->files--;
	fd = imsg_get_fd(imsg);
	if (c->state == CLIENT_CLOSING) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (fd == -1 || message_read(imsg, MSG_REQUEST_FILE, &m, sizeof(m),
	    &why) == -1) {
		if (fd != -1)
			close(fd);
		client_complain(c, "a malformed file of a request");
		client_free(c);
		return;
	}
	room_send(room, MSG_REQUEST_FILE, c->id, fd, &m);
}

static uint32_t
client_new_id(void)
{
	do {
		last_id++;
	} while (last_id == 0 || client_find(last_id) != NULL);
	return last_id;
}

static struct client *
client_find(uint32_t id)
{
	struct client	*c;

	TAILQ_FOREACH(c, &clients, entry)
		if (c->state == CLIENT_ASKED && c->id == id)
			return c;
	return NULL;
}

static void
client_sent(struct channel *ch, void *arg)
{
	struct client	*c = arg;

	(void)ch;
	if (c->state == CLIENT_CLOSING)
		client_free(c);
}

/* A burst of the parent is no fault of the client: let it read first. */
static int
client_stuck(struct client *c)
{
	if (channel_queued(&c->channel) < CLIENT_QUEUE_MAX)
		return 0;
	channel_drain(&c->channel, 0);
	return channel_queued(&c->channel) >= CLIENT_QUEUE_MAX;
}

void
clients_answer(uint32_t id, int fd, const struct msg_answer *answer)
{
	struct client	*c;

	if ((c = client_find(id)) == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (client_stuck(c)) {
		client_complain(c, "does not read, %d answers wait",
		    CLIENT_QUEUE_MAX);
		if (fd != -1)
			close(fd);
		client_free(c);
		return;
	}
	channel_send(&c->channel, MSG_ANSWER, 0, fd, answer);
}

void
clients_answer_end(uint32_t id, const struct msg_answer_end *end)
{
	struct client	*c;

	if ((c = client_find(id)) != NULL)
		client_end(c, end->code, end->text);
}

static void
client_end(struct client *c, uint32_t code, const char *text)
{
	struct msg_answer_end	 end;

	memset(&end, 0, sizeof(end));
	end.code = code;
	strlcpy(end.text, text, sizeof(end.text));
	c->state = CLIENT_CLOSING;
	channel_send(&c->channel, MSG_ANSWER_END, 0, -1, &end);
	client_deadline(c, CLIENT_CLOSING_S);
}
