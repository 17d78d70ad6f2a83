#include <sys/types.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "common/curl_handed.h"
#include "common/log.h"
#include "common/room.h"
#include "common/url.h"
#include "common/version.h"
#include "lavavisord/downloader/fetch.h"
#include "lavavisord/downloader/redirect.h"
#include "lavavisord/downloader/resume.h"

#define PROGRESS_MS	250	/* at most four a second */
#define DIAL_MS		20000	/* for the dialer */
#define DIAL_LATE_S	60	/* for a dialer that is being started again */
#define CONNECT_S	30L	/* TLS handshake included */
#define SLOW_BYTES	1024L	/* a second, */
#define SLOW_S		30	/* for that long, is too slow; a default */
#define TOTAL_S		(4 * 3600)	/* a default as well */
#define HTTPS_PORT	443
#define UNWANTED_MAX	65536	/* bytes of an answer that is not the file */

/* What the answer at hand turned out to be, once its headers are there */
enum body {
	BODY_UNKNOWN,
	BODY_FILE,		/* written at base + received */
	BODY_UNWANTED,		/* of an error or a redirect: dropped */
	BODY_CHANGED,		/* a part of another file: ask for all of it */
	BODY_REFUSED		/* error says why */
};

struct fetch {
	struct room		*room;
	struct handed		*handed;
	struct curl_slist	*headers;
	struct event		*dial_late;
	fetch_ended		 ended;
	void			*arg;

	uint32_t		 id;
	struct msg_fetch	 order;
	int			 fd;
	struct redirects	 redirects;
	char			 file[128];	/* its name, for people */

	uint32_t		 dial_id;	/* 0: nothing asked */
	uint64_t		 offset;	/* asked for, 0 all */
	enum body		 body;
	int			 touched;	/* staging file has changed */
	int			 local;		/* it cannot be written */
	uint64_t		 base;		/* where the body begins */
	uint64_t		 received;
	uint64_t		 unwanted;
	uint64_t		 total;		/* of the file, 0 unknown */
	int64_t			 told_ms;	/* of the last progress */
	char			 error[TEXT_SIZE];
	struct msg_fetched	 result;
};

static uint32_t	last_dial_id;

static enum body	 body_begins(struct fetch *);
static enum body	 body_part(struct fetch *);
static const char	*header(struct fetch *, const char *);
static void		 ask(struct fetch *);
static void		 cut_off(struct fetch *);
static void		 fail(struct fetch *, int, const char *, ...)
			    __attribute__((__format__(__printf__, 3, 4)));
static void		 finish(struct fetch *);
static void		 follow(struct fetch *);
static int		 is_redirect(uint32_t);
static int		 known_total(struct fetch *, uint64_t);
static void		 on_dial(struct handed *, const char *, uint32_t,
			    void *);
static void		 on_dial_late(evutil_socket_t, short, void *);
static void		 on_done(struct handed *, CURLcode, const char *,
			    void *);
static size_t		 on_header(char *, size_t, size_t, void *);
static size_t		 on_write(char *, size_t, size_t, void *);
static void		 not_written(struct fetch *);
static void		 option(CURLcode);
static int		 goes_inside(struct fetch *, const char *);
static void		 refuse(struct fetch *, const char *, ...)
			    __attribute__((__format__(__printf__, 2, 3)));
static void		 report(struct fetch *);
static void		 set_headers(struct fetch *);
static void		 set_options(struct fetch *);
static void		 start_over(struct fetch *);
static void		 status_error(struct fetch *);
static void		 tell_beginning(struct fetch *);
static void		 transfer_error(struct fetch *, CURLcode,
			    const char *);
static void		 unsatisfied(struct fetch *);
static int		 write_all(int, const char *, size_t, uint64_t);

struct fetch *
fetch_new(struct room *room, struct handed_pool *pool, uint32_t id,
    const struct msg_fetch *order, int fd, fetch_ended ended, void *arg)
{
	struct fetch	*f;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		fatal(NULL);
	f->room = room;
	f->ended = ended;
	f->arg = arg;
	f->id = id;
	f->order = *order;
	f->fd = fd;
	f->handed = handed_new(pool, on_dial, on_done, f);
	if (f->order.proxy_host[0] != '\0')
		handed_proxy(f->handed, f->order.proxy_host,
		    f->order.proxy_port);
	f->dial_late = evtimer_new(room->base, on_dial_late, f);
	if (f->dial_late == NULL)
		fatalx("out of memory for events");
	set_options(f);
	return f;
}

void
fetch_free(struct fetch *f)
{
	if (f == NULL)
		return;
	handed_free(f->handed);
	event_free(f->dial_late);
	curl_slist_free_all(f->headers);
	redirects_end(&f->redirects);
	if (f->fd != -1)
		close(f->fd);
	free(f);
}

static void
option(CURLcode rc)
{
	if (rc != CURLE_OK)
		fatalx("curl_easy_setopt: %s", curl_easy_strerror(rc));
}

static void
set_options(struct fetch *f)
{
	CURL	*c = handed_curl(f->handed);
	long	 stall;

	stall = f->order.stall_s != 0 ? (long)f->order.stall_s : SLOW_S;
	option(curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header));
	option(curl_easy_setopt(c, CURLOPT_HEADERDATA, f));
	option(curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_write));
	option(curl_easy_setopt(c, CURLOPT_WRITEDATA, f));
	option(curl_easy_setopt(c, CURLOPT_USERAGENT,
	    "lavavisord/" LAVAVISORD_VERSION));
	option(curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
	    stall < CONNECT_S ? stall : CONNECT_S));
	option(curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES));
	option(curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, stall));
	option(curl_easy_setopt(c, CURLOPT_TIMEOUT,
	    (long)(f->order.total_s != 0 ? f->order.total_s : TOTAL_S)));
	option(curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 256 * 1024L));
	option(curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED));
}

/*
 * Range by hand: curl's own resumption takes a 200 for an error, where it
 * means that the file has changed and comes whole.
 */
static void
set_headers(struct fetch *f)
{
	struct curl_slist	*more;
	char			 line[256];
	int			 i;

	curl_slist_free_all(f->headers);
	f->headers = NULL;
	for (i = 0; f->offset > 0 && i < 2; i++) {
		if (i == 0)
			snprintf(line, sizeof(line), "Range: bytes=%llu-",
			    (unsigned long long)f->offset);
		else
			snprintf(line, sizeof(line), "If-Range: %s",
			    f->order.etag);
		if ((more = curl_slist_append(f->headers, line)) == NULL)
			fatalx("out of memory for libcurl");
		f->headers = more;
	}
	option(curl_easy_setopt(handed_curl(f->handed), CURLOPT_HTTPHEADER,
	    f->headers));
}

void
fetch_begin(struct fetch *f)
{
	const char	*why;
	off_t		 end;

	url_file_text(f->order.url, f->file, sizeof(f->file));
	/* Bytes that nothing identifies, or that are not there, are lost. */
	if (f->order.offset > 0 && etag_is_strong(f->order.etag,
	    sizeof(f->order.etag)) &&
	    (end = lseek(f->fd, 0, SEEK_END)) != -1 &&
	    (uint64_t)end >= f->order.offset)
		f->offset = f->order.offset;
	if (redirects_begin(&f->redirects, f->order.url,
	    f->order.allow_http, &why) == -1) {
		fail(f, 0, "the URL %s", why);
		return;
	}
	ask(f);
}

/* Sends the request for the URL at hand. */
static void
ask(struct fetch *f)
{
	const char	*why;

	f->body = BODY_UNKNOWN;
	f->base = f->received = f->unwanted = f->total = 0;
	f->error[0] = '\0';
	set_headers(f);
	if (handed_url(f->handed, redirects_url(&f->redirects), &why) == -1)
		fail(f, 0, "the URL %s", why);
	else
		handed_start(f->handed);
}

static void
on_dial(struct handed *h, const char *host, uint32_t port, void *arg)
{
	static const struct timeval	 late = { DIAL_LATE_S, 0 };
	struct fetch			*f = arg;
	struct msg_dial			 m;

	(void)h;
	memset(&m, 0, sizeof(m));
	strlcpy(m.host, host, sizeof(m.host));
	m.port = port;
	m.timeout_ms = DIAL_MS;
	if (++last_dial_id == 0)
		last_dial_id = 1;
	f->dial_id = last_dial_id;
	if (evtimer_add(f->dial_late, &late) == -1)
		fatalx("out of memory for events");
	room_send(f->room, MSG_DIAL, f->dial_id, -1, &m);
}

void
fetch_dialed(struct fetch *f, uint32_t id, int fd, const char *error)
{
	if (f->dial_id == 0 || id != f->dial_id) {
		if (fd != -1)
			close(fd);
		return;
	}
	f->dial_id = 0;
	evtimer_del(f->dial_late);
	if (fd == -1 && error[0] == '\0')
		error = "no connection";
	handed_socket(f->handed, fd, error);
}

static void
on_dial_late(evutil_socket_t fd, short what, void *arg)
{
	struct fetch	*f = arg;

	(void)fd;
	(void)what;
	fetch_dialed(f, f->dial_id, -1, "no answer from the dialer");
}

/* The first header of this name in the last answer, or NULL */
static const char *
header(struct fetch *f, const char *name)
{
	struct curl_header	*h;

	if (curl_easy_header(handed_curl(f->handed), name, 0, CURLH_HEADER,
	    -1, &h) != CURLHE_OK)
		return NULL;
	return h->value;
}

static void
refuse(struct fetch *f, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(f->error, sizeof(f->error), fmt, ap);
	va_end(ap);
}

/* EFBIG as well: the limit of the process is that of the order. */
static void
not_written(struct fetch *f)
{
	refuse(f, "cannot be written: %s", strerror(errno));
	f->local = 1;
}

/* Refuses what is known to be too long before it is sent. */
static int
known_total(struct fetch *f, uint64_t total)
{
	f->total = total;
	if (total <= f->order.max_size)
		return 0;
	refuse(f, "has %llu bytes, over max-size %llu",
	    (unsigned long long)total, (unsigned long long)f->order.max_size);
	return -1;
}

/* A 206: it must be the part that we asked for, of the file that we have. */
static enum body
body_part(struct fetch *f)
{
	struct content_range	 range;
	const char		*text;

	if (f->offset > 0 && (text = header(f, "ETag")) != NULL &&
	    strcmp(text, f->order.etag) != 0)
		return BODY_CHANGED;
	if (f->offset == 0 || (text = header(f, "Content-Range")) == NULL ||
	    content_range_parse(text, &range) == -1 || range.unsatisfied ||
	    range.first != f->offset ||
	    (range.has_total && range.last + 1 != range.total)) {
		refuse(f, "the server sent another part than was asked for");
		return BODY_REFUSED;
	}
	if (range.last >= f->order.max_size)
		(void)known_total(f, range.last + 1);
	else if (known_total(f, range.last + 1) == 0) {
		f->base = f->offset;
		f->touched = 1;
		strlcpy(f->result.etag, f->order.etag,
		    sizeof(f->result.etag));
		return BODY_FILE;
	}
	return BODY_REFUSED;
}

/* The headers are complete: what is this? */
static enum body
body_begins(struct fetch *f)
{
	const char	*etag, *length;
	uint32_t	 status = f->result.status;

	if (status == 206)
		return body_part(f);
	if (status != 200)
		return BODY_UNWANTED;
	/* curl has checked that it is a number; beside chunks it is void. */
	if ((length = header(f, "Content-Length")) != NULL &&
	    header(f, "Transfer-Encoding") == NULL &&
	    known_total(f, strtoull(length, NULL, 10)) == -1)
		return BODY_REFUSED;
	if (ftruncate(f->fd, 0) == -1) {
		not_written(f);
		return BODY_REFUSED;
	}
	f->touched = 1;
	f->result.etag[0] = '\0';
	if ((etag = header(f, "ETag")) != NULL &&
	    etag_is_strong(etag, sizeof(f->result.etag)))
		strlcpy(f->result.etag, etag, sizeof(f->result.etag));
	return BODY_FILE;
}

static int
write_all(int fd, const char *p, size_t len, uint64_t offset)
{
	ssize_t	 n;

	while (len > 0) {
		n = pwrite(fd, p, len, (off_t)offset);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/*
 * From curl: a line of the headers.  At the empty one that ends them it
 * is decided what follows; a size that is too much ends the transfer at once.
 */
static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct fetch	*f = arg;
	long		 status = 0;

	n *= size;
	if (f->body != BODY_UNKNOWN || n == 0 || (p[0] != '\r' &&
	    p[0] != '\n'))
		return n;
	curl_easy_getinfo(handed_curl(f->handed), CURLINFO_RESPONSE_CODE,
	    &status);
	if (status < 200)
		return n;	/* 100 and the like: more will come */
	f->result.status = (uint32_t)status;
	f->body = body_begins(f);
	if (f->body == BODY_FILE)
		tell_beginning(f);
	return f->body == BODY_FILE || f->body == BODY_UNWANTED ? n : 0;
}

static void
tell_beginning(struct fetch *f)
{
	struct msg_fetching	 m;

	memset(&m, 0, sizeof(m));
	m.offset = f->base;
	m.total = f->total;
	strlcpy(m.etag, f->result.etag, sizeof(m.etag));
	room_send(f->room, MSG_FETCHING, f->id, -1, &m);
}

/* From curl: some of the body.  0 ends the transfer. */
static size_t
on_write(char *p, size_t size, size_t n, void *arg)
{
	struct fetch		*f = arg;
	struct msg_progress	 m;
	uint64_t		 done;
	int64_t			 now;

	n *= size;
	if (n == 0)
		return 0;
	if (f->body == BODY_UNWANTED)
		return (f->unwanted += n) > UNWANTED_MAX ? 0 : n;
	if (f->body != BODY_FILE)
		return 0;
	done = f->base + f->received;
	if (n > f->order.max_size || done > f->order.max_size - n) {
		refuse(f, "has more than the %llu bytes of max-size",
		    (unsigned long long)f->order.max_size);
		f->body = BODY_REFUSED;
		return 0;
	}
	if (write_all(f->fd, p, n, done) == -1) {
		not_written(f);
		f->body = BODY_REFUSED;
		return 0;
	}
	f->received += n;
	if ((now = room_now_ms()) - f->told_ms >= PROGRESS_MS) {
		f->told_ms = now;
		m.done = done + n;
		m.total = f->total;
		room_send(f->room, MSG_PROGRESS, f->id, -1, &m);
	}
	return n;
}

static void
on_done(struct handed *h, CURLcode rc, const char *error, void *arg)
{
	struct fetch	*f = arg;

	(void)h;
	switch (f->body) {
	case BODY_UNKNOWN:
		transfer_error(f, rc, error);
		break;
	case BODY_FILE:
		if (rc != CURLE_OK)
			transfer_error(f, rc, error);
		else
			finish(f);
		break;
	case BODY_CHANGED:
		start_over(f);
		break;
	case BODY_REFUSED:
		fail(f, 0, "%s", f->error);
		break;
	case BODY_UNWANTED:
		if (is_redirect(f->result.status))
			follow(f);
		else if (f->result.status == 416 && f->offset > 0)
			unsatisfied(f);
		else
			status_error(f);
		break;
	}
}

static int
is_redirect(uint32_t status)
{
	return (status >= 301 && status <= 303) || status == 307 ||
	    status == 308;
}

static void
follow(struct fetch *f)
{
	const char	*why;
	char		*url = NULL, host[HOST_SIZE + 8];

	curl_easy_getinfo(handed_curl(f->handed), CURLINFO_REDIRECT_URL, &url);
	if (url == NULL) {
		fail(f, 0, "redirect without a location");
		return;
	}
	url_host_text(url, host, sizeof(host));
	if (redirects_follow(&f->redirects, url, &why) == -1) {
		fail(f, 0, "redirect to %s %s", host, why);
		return;
	}
	if (goes_inside(f, redirects_url(&f->redirects))) {
		fail(f, 0, "redirect to %s: behind a proxy only to "
		    "names, on port %d", host, HTTPS_PORT);
		return;
	}
	log_debug("%s: redirect to %s", f->file, host);
	ask(f);
}

/*
 * The dialer looks at the addresses that we are led to; behind a proxy it
 * cannot, and a name of the inside must at least not be written as such.
 */
static int
goes_inside(struct fetch *f, const char *url)
{
	char		 host[HOST_SIZE + 8], own[HOST_SIZE + 8];
	char		 origin[HOST_SIZE + 24];
	const char	*why;
	struct url	 u;

	if (f->order.proxy_host[0] == '\0')
		return 0;
	url_host_text(url, host, sizeof(host));
	url_host_text(f->order.url, own, sizeof(own));
	if (strcmp(host, own) == 0)
		return 0;
	/* The URL itself may be longer than one in a config. */
	snprintf(origin, sizeof(origin), "https://%s/", host);
	return url_parse(origin, &u, &why) == -1 || u.kind != URL_NAME ||
	    u.port != HTTPS_PORT || strcmp(u.host, "localhost") == 0;
}

/*
 * 416: nothing comes after what we have.  When the server says another
 * length, ours is of another file.
 */
static void
unsatisfied(struct fetch *f)
{
	struct content_range	 range;
	const char		*text = header(f, "Content-Range");

	if (text != NULL && (content_range_parse(text, &range) == -1 ||
	    !range.has_total || range.total != f->offset)) {
		start_over(f);
		return;
	}
	f->base = f->offset;
	strlcpy(f->result.etag, f->order.etag, sizeof(f->result.etag));
	finish(f);
}

/* The whole file, from the first URL on: this happens at most once. */
static void
start_over(struct fetch *f)
{
	const char	*why;

	f->offset = 0;
	redirects_end(&f->redirects);
	if (redirects_begin(&f->redirects, f->order.url,
	    f->order.allow_http, &why) == -1)
		fail(f, 0, "the URL %s", why);
	else
		ask(f);
}

static void
status_error(struct fetch *f)
{
	uint32_t	 status = f->result.status;

	/* A release may well be published after the chain asks for it. */
	if (status == 404 || status == 410)
		fail(f, 1, "not found (%u)", status);
	else
		fail(f, status >= 500 || status == 429 || status == 408,
		    "the server answers with status %u", status);
}

static void
transfer_error(struct fetch *f, CURLcode rc, const char *error)
{
	char	 done[64] = "";
	int	 again;

	/* Half a file, and the server was not slow: it can go on at once. */
	if (f->body == BODY_FILE && (rc == CURLE_PARTIAL_FILE ||
	    rc == CURLE_RECV_ERROR || rc == CURLE_GOT_NOTHING ||
	    rc == CURLE_SEND_ERROR)) {
		cut_off(f);
		return;
	}
	/* These do not get better by waiting. */
	again = rc != CURLE_PEER_FAILED_VERIFICATION &&
	    rc != CURLE_URL_MALFORMAT && rc != CURLE_UNSUPPORTED_PROTOCOL &&
	    rc != CURLE_WEIRD_SERVER_REPLY && rc != CURLE_WRITE_ERROR;
	if (f->body == BODY_FILE)
		snprintf(done, sizeof(done), " after %llu bytes",
		    (unsigned long long)(f->base + f->received));
	fail(f, again, "%s%s", error, done);
}

static void
cut_off(struct fetch *f)
{
	unsigned long long	 size = f->base + f->received;

	f->result.broken = 1;
	if (f->total != 0)
		fail(f, 1, "ended after %llu of %llu bytes", size,
		    (unsigned long long)f->total);
	else
		fail(f, 1, "ended after %llu bytes", size);
}

static void
finish(struct fetch *f)
{
	uint64_t	 size = f->base + f->received;

	if (f->total != 0 && size != f->total)
		cut_off(f);
	else if (size == 0)
		fail(f, 0, "is empty");
	else if (ftruncate(f->fd, (off_t)size) == -1) {
		not_written(f);
		fail(f, 1, "%s", f->error);
	} else {
		/*
		 * Not flushed: what a power failure leaves of it is hashed
		 * before it is used, and so far it is only a copy.
		 */
		f->result.ok = 1;
		report(f);
	}
}

/* again: worth another try later */
static void
fail(struct fetch *f, int again, const char *fmt, ...)
{
	va_list	 ap;
	char	 what[TEXT_SIZE], text[TEXT_SIZE + 512];
	char	 host[HOST_SIZE + 8];

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	url_host_text(f->redirects.urls[0] == NULL ? f->order.url :
	    redirects_url(&f->redirects), host, sizeof(host));
	if (f->local)
		snprintf(text, sizeof(text), "%s %s", f->file, what);
	else
		snprintf(text, sizeof(text), "%s from %s: %s", f->file, host,
		    what);
	log_clean(f->result.error, sizeof(f->result.error), text);
	f->result.ok = 0;
	f->result.again = again != 0;
	f->result.local = f->local != 0;
	report(f);
}

/* What lies in the staging file, good or half, and whose it is */
static void
report(struct fetch *f)
{
	if (f->touched || f->result.ok)
		f->result.size = f->base + f->received;
	else {
		/* What was there before is still there. */
		f->result.size = f->offset;
		strlcpy(f->result.etag, f->offset > 0 ? f->order.etag : "",
		    sizeof(f->result.etag));
	}
	room_send(f->room, MSG_FETCHED, f->id, -1, &f->result);
	f->ended(f, f->arg);
}
