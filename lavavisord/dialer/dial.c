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
#include "lavavisord/dialer/lookup.h"

/* Tried of each family */
#define ADDRESSES_MAX	6

/* RFC 8305: Connection Attempt Delay and Resolution Delay */
#define STAGGER_MS	250
#define RESOLUTION_MS	50

enum family {
	IPV6,		/* the first to be tried */
	IPV4,
	FAMILIES
};

struct attempt {
	struct dial		*dial;
	int			 fd;	/* -1: not under way */
	struct event		*writable;
	struct sockaddr_storage	 address;
	socklen_t		 len;
};

/* The addresses of one family */
struct candidates {
	struct lookup		*lookup;	/* NULL: not under way */
	int			 error;		/* EAI_* of the lookup */
	int			 system_error;	/* errno when EAI_SYSTEM */
	struct attempt		 attempts[ADDRESSES_MAX];
	unsigned int		 count;
	unsigned int		 next;		/* the first not tried */
};

struct dial {
	TAILQ_ENTRY(dial)	 entry;
	struct event_base	*base;
	uint32_t		 id;
	struct msg_dial		 m;
	dial_done		 done;
	struct event		*deadline;
	struct event		*stagger;
	struct candidates	 of[FAMILIES];
	enum family		 turn;		/* of the next attempt */
	int			 tried;		/* there was one already */
	unsigned int		 running;
	char			 error[TEXT_SIZE];	/* first failure */
	int			 no_way;	/* error: of this machine */
};

static const int	 af[FAMILIES] = { AF_INET6, AF_INET };

static TAILQ_HEAD(, dial)	 dials = TAILQ_HEAD_INITIALIZER(dials);
static unsigned int		 ndials;

static void	attempt_close(struct attempt *);
static int	attempt_error(struct attempt *);
static int	attempt_start(struct attempt *);
static void	attempt_writable(int, short, void *);
static void	dial_add(struct dial *, enum family,
		    const struct lookup_answer *);
static void	dial_connected(struct dial *, struct attempt *);
static void	dial_end(struct dial *, int, const struct msg_dialed *);
static void	dial_failed(struct dial *, struct attempt *, int);
static void	dial_late(int, short, void *);
static int	dial_looks_up(const struct dial *);
static void	dial_looked_up(struct dial *, enum family,
		    const struct lookup_answer *);
static void	dial_lost(struct dial *);
static void	dial_next(struct dial *);
static void	dial_note(struct dial *, struct attempt *, const char *);
static void	dial_stagger(int, short, void *);
static void	dial_wait(struct dial *, uint32_t);
static void	looked_up4(const struct lookup_answer *, void *);
static void	looked_up6(const struct lookup_answer *, void *);
static struct attempt
		*next_address(struct dial *);
static void	numeric_text(const struct sockaddr *, socklen_t, char *,
		    size_t);
static int	read_numeric(struct dial *);
static void	set_address(struct attempt *, int,
		    const struct lookup_address *, uint32_t);
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

void
dial_begin(struct dial *d, int numeric)
{
	if (read_numeric(d) == 0)
		dial_next(d);
	else if (numeric)
		dial_fail(d, "%s is not a numeric address", d->m.host);
	else {
		d->of[IPV6].lookup = lookup_new(d->m.host, AF_INET6,
		    looked_up6, d);
		d->of[IPV4].lookup = lookup_new(d->m.host, AF_INET,
		    looked_up4, d);
	}
}

/* 0, or -1 when the host is a name.  Asks nobody. */
static int
read_numeric(struct dial *d)
{
	struct lookup_answer	 a;
	struct addrinfo		 hints, *found;
	unsigned int		 i;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST;
	if (getaddrinfo(d->m.host, NULL, &hints, &found) != 0)
		return -1;
	memset(&a, 0, sizeof(a));
	for (i = 0; i < FAMILIES; i++) {
		resolver_collect(found, af[i], &a);
		dial_add(d, i, &a);
	}
	freeaddrinfo(found);
	return 0;
}

static void
looked_up6(const struct lookup_answer *a, void *arg)
{
	dial_looked_up(arg, IPV6, a);
}

static void
looked_up4(const struct lookup_answer *a, void *arg)
{
	dial_looked_up(arg, IPV4, a);
}

static void
dial_looked_up(struct dial *d, enum family f, const struct lookup_answer *a)
{
	struct candidates	*c = &d->of[f];
	int			 early = !d->tried;

	c->lookup = NULL;
	c->error = a->error;
	c->system_error = a->system_error;
	dial_add(d, f, a);
	if (early && f == IPV4 && d->of[IPV6].lookup != NULL)
		dial_wait(d, RESOLUTION_MS);
	else if (early || d->running == 0)
		dial_next(d);
	else if (c->next < c->count &&
	    !evtimer_pending(d->stagger, NULL))
		dial_wait(d, STAGGER_MS);
}

static void
dial_add(struct dial *d, enum family f, const struct lookup_answer *answer)
{
	struct candidates	*c = &d->of[f];
	struct attempt		*a;
	const char		*what;
	char			 text[96];
	uint32_t		 i;

	for (i = 0; i < answer->count && c->count < ADDRESSES_MAX; i++) {
		a = &c->attempts[c->count];
		a->dial = d;
		a->fd = -1;
		set_address(a, af[f], &answer->addresses[i], d->m.port);
		if (d->m.named || (what =
		    address_refused((struct sockaddr *)&a->address)) == NULL)
			c->count++;
		else {
			snprintf(text, sizeof(text), "%s, for which the "
			    "config must name the host", what);
			dial_note(d, a, text);
		}
	}
}

static void
set_address(struct attempt *a, int family, const struct lookup_address *from,
    uint32_t port)
{
	struct sockaddr_in6	*in6 = (struct sockaddr_in6 *)&a->address;
	struct sockaddr_in	*in = (struct sockaddr_in *)&a->address;

	memset(&a->address, 0, sizeof(a->address));
	a->address.ss_family = (sa_family_t)family;
	if (family == AF_INET6) {
		memcpy(&in6->sin6_addr, from->bytes, 16);
		in6->sin6_scope_id = from->scope;
		in6->sin6_port = htons((uint16_t)port);
		a->len = sizeof(*in6);
	} else {
		memcpy(&in->sin_addr, from->bytes, 4);
		in->sin_port = htons((uint16_t)port);
		a->len = sizeof(*in);
	}
}

static int
dial_looks_up(const struct dial *d)
{
	return d->of[IPV6].lookup != NULL || d->of[IPV4].lookup != NULL;
}

/* The families take turns while both have some left. */
static struct attempt *
next_address(struct dial *d)
{
	struct candidates	*c = &d->of[d->turn];

	if (c->next == c->count) {
		d->turn = d->turn == IPV6 ? IPV4 : IPV6;
		c = &d->of[d->turn];
		if (c->next == c->count)
			return NULL;
	}
	d->turn = d->turn == IPV6 ? IPV4 : IPV6;
	return &c->attempts[c->next++];
}

static void
dial_next(struct dial *d)
{
	struct attempt	*a;
	int		 started = 0;

	evtimer_del(d->stagger);
	while (!started && (a = next_address(d)) != NULL) {
		d->tried = 1;
		started = attempt_start(a);
	}
	if (started)
		dial_wait(d, STAGGER_MS);
	else if (d->running == 0 && !dial_looks_up(d))
		dial_lost(d);
}

/* Until the next address is tried, whatever becomes of the last one */
static void
dial_wait(struct dial *d, uint32_t ms)
{
	struct timeval	 tv = ms_timeval(ms);

	if (evtimer_add(d->stagger, &tv) == -1)
		fatalx("out of memory for events");
}

/* Everything has failed: an address says more than a name server. */
static void
dial_lost(struct dial *d)
{
	const struct candidates	*c = &d->of[IPV4];

	if (d->error[0] != '\0')
		dial_fail(d, "%s", d->error);
	else {
		/* One family may just have none; "try again" weighs more. */
		if (c->error == 0 || d->of[IPV6].error == EAI_AGAIN)
			c = &d->of[IPV6];
		dial_fail(d, "%s: %s", d->m.host,
		    c->error == 0 ? "no address" :
		    c->error == EAI_SYSTEM ? strerror(c->system_error) :
		    gai_strerror(c->error));
	}
}

/* 1: under way.  0: failed at once, noted. */
static int
attempt_start(struct attempt *a)
{
	struct sockaddr	*sa = (struct sockaddr *)&a->address;

	a->fd = socket(sa->sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd == -1) {
		dial_failed(a->dial, a, errno);
		return 0;
	}
	if (connect(a->fd, sa, a->len) == -1 && errno != EINPROGRESS) {
		dial_failed(a->dial, a, errno);
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
	dial_failed(d, a, error);
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

/*
 * That this machine has no way there, for want of IPv6 say, is told only when
 * no other address can tell more.
 */
static void
dial_failed(struct dial *d, struct attempt *a, int error)
{
	int	 no_way = error == ENETUNREACH || error == EADDRNOTAVAIL ||
		    error == EAFNOSUPPORT;

	if (d->no_way && !no_way)
		d->error[0] = '\0';
	if (d->error[0] == '\0')
		d->no_way = no_way;
	dial_note(d, a, strerror(error));
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
	struct candidates	*c;
	unsigned int		 i;

	for (c = d->of; c < d->of + FAMILIES; c++) {
		lookup_cancel(c->lookup);
		for (i = 0; i < c->count; i++)
			attempt_close(&c->attempts[i]);
	}
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
	else if (!d->tried && dial_looks_up(d))
		dial_fail(d, "%s: no answer from the name servers in %g s",
		    d->m.host, d->m.timeout_ms / 1000.0);
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

static struct timeval
ms_timeval(uint32_t ms)
{
	struct timeval	 tv;

	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	return tv;
}
