#include <sys/types.h>
#include <sys/socket.h>
#include <sys/queue.h>

#include <netinet/in.h>

#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/dialer/address.h"
#include "lavavisord/dialer/dial.h"

#define ADDRESSES_MAX	8
#define STAGGER_MS	250

struct attempt {
	struct dial		*dial;
	int			 fd;	/* -1: not under way */
	struct event		*writable;
	struct sockaddr_storage	 address;
	socklen_t		 len;
};

struct dial {
	TAILQ_ENTRY(dial)	 entry;
	struct event_base	*base;
	uint32_t		 id;
	struct msg_dial		 m;
	dial_done		 done;
	struct event		*deadline;
	struct event		*stagger;
	int			 resolved;
	struct attempt		 attempts[ADDRESSES_MAX];
	unsigned int		 count;
	unsigned int		 next;		/* the first not tried */
	unsigned int		 running;
	char			 error[TEXT_SIZE];	/* first failure */
};

static TAILQ_HEAD(, dial)	 dials = TAILQ_HEAD_INITIALIZER(dials);
static unsigned int		 ndials;

static void	attempt_close(struct attempt *);
static int	attempt_error(struct attempt *);
static int	attempt_start(struct attempt *);
static void	attempt_writable(int, short, void *);
static void	dial_add(struct dial *, const struct addrinfo *);
static void	dial_collect(struct dial *, const struct addrinfo *);
static void	dial_connected(struct dial *, struct attempt *);
static void	dial_end(struct dial *, int, const struct msg_dialed *);
static void	dial_late(int, short, void *);
static void	dial_next(struct dial *);
static void	dial_note(struct dial *, struct attempt *, const char *);
static void	dial_stagger(int, short, void *);
static void	numeric_text(const struct sockaddr *, socklen_t, char *,
		    size_t);
static struct timeval
		ms_timeval(uint32_t);

struct dial *
dial_new(struct event_base *base, uint32_t id, const struct msg_dial *m,
    dial_done done)
{
	struct timeval	 tv = ms_timeval(m->timeout_ms);
	struct dial	*d;

	if ((d = calloc(1, sizeof(*d))) == NULL ||
	    (d->deadline = evtimer_new(base, dial_late, d)) == NULL ||
	    (d->stagger = evtimer_new(base, dial_stagger, d)) == NULL ||
	    evtimer_add(d->deadline, &tv) == -1)
		fatalx("out of memory for a connection");
	d->base = base;
	d->id = id;
	d->m = *m;
	d->done = done;
	TAILQ_INSERT_TAIL(&dials, d, entry);
	ndials++;
	return d;
}

int
dial_addresses(struct dial *d, int numeric)
{
	struct addrinfo	 hints, *found;
	char		 port[16];
	int		 rc;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICSERV | (numeric ? AI_NUMERICHOST : 0);
	snprintf(port, sizeof(port), "%u", d->m.port);
	rc = getaddrinfo(d->m.host, port, &hints, &found);
	if (rc == EAI_NONAME && numeric)
		return -1;
	d->resolved = 1;
	if (rc != 0) {
		dial_fail(d, "%s: %s", d->m.host, rc == EAI_SYSTEM ?
		    strerror(errno) : gai_strerror(rc));
		return 0;
	}
	dial_collect(d, found);
	freeaddrinfo(found);
	dial_next(d);
	return 0;
}

/* In the resolver's order, but the families take turns. */
static void
dial_collect(struct dial *d, const struct addrinfo *found)
{
	const struct addrinfo	*first = found, *other = found;

	while (first != NULL || other != NULL) {
		while (first != NULL && first->ai_family != found->ai_family)
			first = first->ai_next;
		while (other != NULL && other->ai_family == found->ai_family)
			other = other->ai_next;
		if (first != NULL) {
			dial_add(d, first);
			first = first->ai_next;
		}
		if (other != NULL) {
			dial_add(d, other);
			other = other->ai_next;
		}
	}
}

static void
dial_add(struct dial *d, const struct addrinfo *ai)
{
	struct attempt	*a;
	const char	*what;

	if (d->count == ADDRESSES_MAX ||
	    ai->ai_addrlen > sizeof(d->attempts[0].address))
		return;
	a = &d->attempts[d->count];
	a->dial = d;
	a->fd = -1;
	memcpy(&a->address, ai->ai_addr, ai->ai_addrlen);
	a->len = ai->ai_addrlen;
	if (d->m.named || (what = address_refused(ai->ai_addr)) == NULL)
		d->count++;
	else
		dial_note(d, a, what);
}

static void
dial_next(struct dial *d)
{
	struct timeval	 tv = ms_timeval(STAGGER_MS);
	int		 started = 0;

	while (d->next < d->count && !started)
		started = attempt_start(&d->attempts[d->next++]);
	if (d->running == 0)
		dial_fail(d, "%s", d->error);
	else if (started && d->next < d->count)
		evtimer_add(d->stagger, &tv);
}

/* 1: under way.  0: failed at once, noted. */
static int
attempt_start(struct attempt *a)
{
	struct sockaddr	*sa = (struct sockaddr *)&a->address;

	a->fd = socket(sa->sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd == -1) {
		dial_note(a->dial, a, strerror(errno));
		return 0;
	}
	if (connect(a->fd, sa, a->len) == -1 && errno != EINPROGRESS) {
		dial_note(a->dial, a, strerror(errno));
		close(a->fd);
		a->fd = -1;
		return 0;
	}
	/* A finished connect(2) is writable as well. */
	if ((a->writable = event_new(a->dial->base, a->fd, EV_WRITE,
	    attempt_writable, a)) == NULL || event_add(a->writable, NULL) == -1)
		fatalx("out of memory for events");
	a->dial->running++;
	return 1;
}

static void
attempt_writable(int fd, short what, void *arg)
{
	struct attempt	*a = arg;
	struct dial	*d = a->dial;
	int		 error;

	(void)fd;
	(void)what;
	if ((error = attempt_error(a)) == 0) {
		dial_connected(d, a);
		return;
	}
	dial_note(d, a, strerror(error));
	attempt_close(a);
	dial_next(d);
}

/*
 * A port of this machine where nobody listens can, when it is picked as our
 * own port, be connected to itself: that is no connection.
 */
static int
attempt_error(struct attempt *a)
{
	struct sockaddr_storage	 own, peer;
	socklen_t		 len = sizeof(int), own_len, peer_len;
	int			 error = 0;

	if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return errno;
	if (error != 0)
		return error;
	memset(&own, 0, sizeof(own));
	memset(&peer, 0, sizeof(peer));
	own_len = peer_len = sizeof(own);
	if (getsockname(a->fd, (struct sockaddr *)&own, &own_len) == -1 ||
	    getpeername(a->fd, (struct sockaddr *)&peer, &peer_len) == -1)
		return errno;
	if (own_len == peer_len && memcmp(&own, &peer, own_len) == 0)
		return ECONNREFUSED;
	return 0;
}

static void
attempt_close(struct attempt *a)
{
	if (a->fd == -1)
		return;
	event_free(a->writable);
	a->writable = NULL;
	close(a->fd);
	a->fd = -1;
	a->dial->running--;
}

static void
dial_connected(struct dial *d, struct attempt *a)
{
	struct msg_dialed	 m;
	int			 fd = a->fd;

	memset(&m, 0, sizeof(m));
	numeric_text((struct sockaddr *)&a->address, a->len, m.address,
	    sizeof(m.address));
	event_free(a->writable);
	a->writable = NULL;
	a->fd = -1;
	d->running--;
	dial_end(d, fd, &m);
}

/* The first failure is the one told: it is the address most wanted. */
static void
dial_note(struct dial *d, struct attempt *a, const char *what)
{
	char	 address[80];

	if (d->error[0] != '\0')
		return;
	numeric_text((struct sockaddr *)&a->address, a->len, address,
	    sizeof(address));
	if (strcmp(address, d->m.host) == 0)
		snprintf(d->error, sizeof(d->error), "%s port %u: %s",
		    address, d->m.port, what);
	else
		snprintf(d->error, sizeof(d->error), "%s (%s) port %u: %s",
		    d->m.host, address, d->m.port, what);
}

static void
numeric_text(const struct sockaddr *sa, socklen_t len, char *buf, size_t size)
{
	if (getnameinfo(sa, len, buf, (socklen_t)size, NULL, 0,
	    NI_NUMERICHOST) != 0)
		strlcpy(buf, "?", size);
}

void
dial_fail(struct dial *d, const char *fmt, ...)
{
	struct msg_dialed	 m;
	va_list			 ap;

	memset(&m, 0, sizeof(m));
	va_start(ap, fmt);
	vsnprintf(m.error, sizeof(m.error), fmt, ap);
	va_end(ap);
	if (m.error[0] == '\0')
		strlcpy(m.error, "no address", sizeof(m.error));
	dial_end(d, -1, &m);
}

static void
dial_end(struct dial *d, int fd, const struct msg_dialed *m)
{
	dial_done	 done = d->done;
	uint32_t	 id = d->id;

	dial_free(d);
	done(id, fd, m);
}

void
dial_free(struct dial *d)
{
	unsigned int	 i;

	for (i = 0; i < d->count; i++)
		attempt_close(&d->attempts[i]);
	event_free(d->deadline);
	event_free(d->stagger);
	TAILQ_REMOVE(&dials, d, entry);
	ndials--;
	free(d);
}

static void
dial_late(int fd, short what, void *arg)
{
	struct dial	*d = arg;

	(void)fd;
	(void)what;
	if (d->error[0] != '\0')
		dial_fail(d, "%s; timed out after %g s", d->error,
		    d->m.timeout_ms / 1000.0);
	else
		dial_fail(d, "%s port %u: timed out after %g s", d->m.host,
		    d->m.port, d->m.timeout_ms / 1000.0);
}

static void
dial_stagger(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	dial_next(arg);
}

unsigned int
dial_count(void)
{
	return ndials;
}

struct dial *
dial_find(uint32_t id)
{
	struct dial	*d;

	TAILQ_FOREACH(d, &dials, entry)
		if (d->id == id)
			return d;
	return NULL;
}

struct dial *
dial_unresolved(void)
{
	struct dial	*d;

	TAILQ_FOREACH(d, &dials, entry)
		if (!d->resolved)
			return d;
	return NULL;
}

static struct timeval
ms_timeval(uint32_t ms)
{
	struct timeval	 tv;

	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	return tv;
}
