#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/dial.h"
#include "lavavisord/rooms.h"

/* Probes come in rows: the prober stays for this long after one, seconds */
#define PROBER_LINGER	5

/* Where a host that the config does not name may be asked */
#define UNNAMED_PORT	443

/* Questions of one room at a time; it asks for far fewer */
#define ROOM_DIALS	256

struct dial {
	LIST_ENTRY(dial)	 entry;
	uint32_t		 id;	/* towards the dialer */
	enum room_kind		 via;
	enum room_kind		 from;	/* ROOM_PARENT: a probe */
	uint32_t		 from_id;
	struct msg_dial		 question;
	int			 sent;
	int			 again;	/* one that was asked has died */
	void			(*done)(int, const char *, void *);
	void			*arg;
};

static LIST_HEAD(, dial)	 dials = LIST_HEAD_INITIALIZER(dials);
static uint32_t			 last_id;
static int			(*is_named)(const char *, uint32_t);
static struct event		*linger;	/* of the prober */

static void		 dial_answer(struct dial *, int, struct msg_dialed *);
static unsigned int	 dial_count(enum room_kind);
static int		 dial_forbidden(enum room_kind, const struct msg_dial *,
			    struct msg_dialed *);
static void		 dial_dispatch(enum room_kind, struct channel *,
			    struct imsg *);
static struct dial	*dial_find(uint32_t);
static struct dial	*dial_new(enum room_kind);
static void		 dial_room_gone(enum room_kind, const char *);
static void		 dial_send_waiting(enum room_kind);
static int		 is_degraded(enum room_kind);
static void		 dialer_dispatch(struct channel *, struct imsg *);
static void		 dialer_gone(const char *);
static void		 dialer_ready(struct channel *);
static void		 prober_dispatch(struct channel *, struct imsg *);
static void		 prober_gone(const char *);
static void		 prober_idle(int, short, void *);
static void		 prober_ready(struct channel *);
static void		 prober_rest(void);

void
dial_init(struct event_base *base)
{
	static const struct room_user	 dialer = {
		dialer_ready, dialer_dispatch, dialer_gone
	};
	static const struct room_user	 prober = {
		prober_ready, prober_dispatch, prober_gone
	};

	rooms_use(ROOM_DIALER, &dialer);
	rooms_use(ROOM_PROBER_DIALER, &prober);
	if ((linger = evtimer_new(base, prober_idle, NULL)) == NULL)
		fatalx("out of memory for events");
	rooms_keep(ROOM_DIALER);
}

void
dial_named_by(int (*f)(const char *, uint32_t))
{
	is_named = f;
}

static struct dial *
dial_new(enum room_kind via)
{
	struct dial	*d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		fatal("calloc");
	/* 0 is no id, and one in use is never handed out twice. */
	do {
		d->id = ++last_id;
	} while (d->id == 0 || dial_find(d->id) != NULL);
	d->via = via;
	LIST_INSERT_HEAD(&dials, d, entry);
	return d;
}

static struct dial *
dial_find(uint32_t id)
{
	struct dial	*d;

	LIST_FOREACH(d, &dials, entry)
		if (d->id == id)
			return d;
	return NULL;
}

static unsigned int
dial_count(enum room_kind from)
{
	struct dial	*d;
	unsigned int	 n = 0;

	LIST_FOREACH(d, &dials, entry)
		n += d->from == from;
	return n;
}

void
dial_for_room(enum room_kind from, struct channel *ch, struct imsg *imsg)
{
	struct msg_dialed	 refused;
	struct dial		*d;
	struct msg_dial		 m;

	if (channel_read(ch, imsg, MSG_DIAL, &m, sizeof(m)) == -1) {
		rooms_kill(from);
		return;
	}
	if (dial_count(from) >= ROOM_DIALS) {
		log_warnx("%s: asks for too many connections at once, killed",
		    room_name(from));
		rooms_kill(from);
		return;
	}
	d = dial_new(ROOM_DIALER);
	d->from = from;
	d->from_id = imsg_get_id(imsg);
	d->question = m;
	d->question.named = is_named != NULL && is_named(m.host, m.port);
	if (dial_forbidden(from, &d->question, &refused))
		dial_answer(d, -1, &refused);
	else if (rooms_send(ROOM_DIALER, MSG_DIAL, d->id, -1,
	    &d->question) == 0)
		d->sent = 1;
	else if (is_degraded(ROOM_DIALER)) {
		memset(&refused, 0, sizeof(refused));
		strlcpy(refused.error, "the dialer is not running",
		    sizeof(refused.error));
		dial_answer(d, -1, &refused);
	}
}

/*
 * Hosts come from the config.  Only a download may be led on to another one,
 * by a redirect, and there to HTTPS only; the dialer looks at its address.
 */
static int
dial_forbidden(enum room_kind from, const struct msg_dial *m,
    struct msg_dialed *refused)
{
	if (m->named || (from == ROOM_DOWNLOADER && m->port == UNNAMED_PORT))
		return 0;
	memset(refused, 0, sizeof(*refused));
	snprintf(refused->error, sizeof(refused->error),
	    "%s port %u is not allowed: the config does not name it", m->host,
	    m->port);
	return 1;
}

/* Takes fd; d is gone afterwards. */
static void
dial_answer(struct dial *d, int fd, struct msg_dialed *m)
{
	LIST_REMOVE(d, entry);
	if (d->from != ROOM_PARENT)
		rooms_send(d->from, MSG_DIALED, d->from_id, fd, m);
	else {
		d->done(fd, m->error[0] == '\0' ? NULL : m->error, d->arg);
		prober_rest();
	}
	free(d);
}

static void
dialer_dispatch(struct channel *ch, struct imsg *imsg)
{
	dial_dispatch(ROOM_DIALER, ch, imsg);
}

static void
prober_dispatch(struct channel *ch, struct imsg *imsg)
{
	dial_dispatch(ROOM_PROBER_DIALER, ch, imsg);
}

static void
dial_dispatch(enum room_kind via, struct channel *ch, struct imsg *imsg)
{
	struct msg_dialed	 m;
	struct dial		*d;
	int			 fd;

	fd = imsg_get_fd(imsg);
	if (channel_read(ch, imsg, MSG_DIALED, &m, sizeof(m)) == -1) {
		if (fd != -1)
			close(fd);
		rooms_kill(via);
		return;
	}
	/* Only an answer of the one that was asked is one. */
	if ((d = dial_find(imsg_get_id(imsg))) == NULL || d->via != via ||
	    !d->sent) {
		if (fd != -1)	/* who asked has gone */
			close(fd);
		return;
	}
	if (fd == -1 && m.error[0] == '\0')
		strlcpy(m.error, "the connection was lost on its way "
		    "(out of file descriptors)", sizeof(m.error));
	dial_answer(d, fd, &m);
}

static int
is_degraded(enum room_kind kind)
{
	struct room_view	 v;

	rooms_view(kind, &v);
	return v.degraded;
}

/*
 * A death of ours says nothing of who was to be connected to: asked once
 * more, but not of a room that it may have killed, or that stays down.
 */
static void
dial_room_gone(enum room_kind via, const char *why)
{
	struct msg_dialed	 m;
	struct dial		*d;
	int			 degraded = is_degraded(via);

	memset(&m, 0, sizeof(m));
	strlcpy(m.error, why, sizeof(m.error));
	/* An answer may ask again or cancel: look from the start each time. */
	do {
		LIST_FOREACH(d, &dials, entry)
			if (d->via == via && (degraded ||
			    (d->sent && d->again)))
				break;
		if (d != NULL)
			dial_answer(d, -1, &m);
	} while (d != NULL);
	LIST_FOREACH(d, &dials, entry)
		if (d->via == via && d->sent) {
			d->sent = 0;
			d->again = 1;
		}
}

static void
dial_send_waiting(enum room_kind via)
{
	struct dial	*d;

	LIST_FOREACH(d, &dials, entry)
		if (d->via == via && !d->sent && rooms_send(via, MSG_DIAL,
		    d->id, -1, &d->question) == 0)
			d->sent = 1;
}

static void
dialer_ready(struct channel *ch)
{
	(void)ch;
	dial_send_waiting(ROOM_DIALER);
}

static void
dialer_gone(const char *why)
{
	(void)why;
	dial_room_gone(ROOM_DIALER, "the dialer died");
}

void
dial_forget_room(enum room_kind from)
{
	struct dial	*d, *next;

	for (d = LIST_FIRST(&dials); d != NULL; d = next) {
		next = LIST_NEXT(d, entry);
		if (d->from == from) {
			if (d->sent)
				rooms_send(d->via, MSG_DIAL_CANCEL, d->id, -1,
				    NULL);
			LIST_REMOVE(d, entry);
			free(d);
		}
	}
}

uint32_t
dial_probe(const char *host, uint32_t port, uint32_t timeout_ms,
    void (*done)(int, const char *, void *), void *arg)
{
	struct dial	*d;

	d = dial_new(ROOM_PROBER_DIALER);
	d->from = ROOM_PARENT;
	d->done = done;
	d->arg = arg;
	strlcpy(d->question.host, host, sizeof(d->question.host));
	d->question.port = port;
	d->question.timeout_ms = timeout_ms;
	d->question.named = 1;	/* the service's own config names it */
	if (rooms_send(ROOM_PROBER_DIALER, MSG_DIAL, d->id, -1,
	    &d->question) == 0)
		d->sent = 1;
	else
		rooms_keep(ROOM_PROBER_DIALER);
	return d->id;
}

void
dial_cancel(uint32_t id)
{
	struct dial	*d;

	if ((d = dial_find(id)) == NULL)
		return;
	if (d->sent)
		rooms_send(d->via, MSG_DIAL_CANCEL, d->id, -1, NULL);
	LIST_REMOVE(d, entry);
	free(d);
	prober_rest();
}

static void
prober_ready(struct channel *ch)
{
	(void)ch;
	dial_send_waiting(ROOM_PROBER_DIALER);
	prober_rest();
}

static void
prober_gone(const char *why)
{
	(void)why;
	dial_room_gone(ROOM_PROBER_DIALER, "the prober died");
}

/* There only while probes are due */
static void
prober_rest(void)
{
	struct timeval	 tv = { PROBER_LINGER, 0 };

	if (evtimer_add(linger, &tv) == -1)
		fatalx("event_add");
}

static void
prober_idle(int fd, short what, void *arg)
{
	struct dial	*d;

	(void)fd;
	(void)what;
	(void)arg;
	LIST_FOREACH(d, &dials, entry)
		if (d->via == ROOM_PROBER_DIALER)
			return;		/* its answer comes here again */
	rooms_end(ROOM_PROBER_DIALER);
}
