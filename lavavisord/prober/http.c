#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "common/log.h"
#include "lavavisord/prober/answer.h"
#include "lavavisord/prober/http.h"

struct probe {
	LIST_ENTRY(probe)	 entry;
	uint32_t		 id;
	int			 fd;		/* -1: handed over */
	struct handed		*http;
	struct answer		 answer;
	struct event		*deadline;
	uint32_t		 timeout_ms;
	probe_done		 done;
};

static LIST_HEAD(, probe)	 probes = LIST_HEAD_INITIALIZER(probes);
static unsigned int		 nprobes;

static const char
		*advice(CURLcode);
static void	probe_dial(struct handed *, const char *, uint32_t, void *);
static void	probe_free(struct probe *);
static void	probe_late(int, short, void *);
static void	probe_options(struct probe *, const struct msg_probe *);
static long	probe_status(struct probe *);
static void	probe_transferred(struct handed *, CURLcode, const char *,
		    void *);
static size_t	take_body(char *, size_t, size_t, void *);
static size_t	take_header(char *, size_t, size_t, void *);

void
probe_begin(struct event_base *base, struct handed_pool *pool, uint32_t id,
    int fd, const struct msg_probe *m, probe_done done)
{
	struct timeval	 tv;
	struct probe	*p;
	const char	*why;

	tv.tv_sec = m->timeout_ms / 1000;
	tv.tv_usec = m->timeout_ms % 1000 * 1000;
	if ((p = calloc(1, sizeof(*p))) == NULL ||
	    (p->deadline = evtimer_new(base, probe_late, p)) == NULL ||
	    evtimer_add(p->deadline, &tv) == -1)
		fatalx("out of memory for a probe");
	p->timeout_ms = m->timeout_ms;
	LIST_INSERT_HEAD(&probes, p, entry);
	nprobes++;
	p->id = id;
	p->fd = fd;
	p->done = done;
	answer_init(&p->answer, m);
	p->http = handed_new(pool, probe_dial, probe_transferred, p);
	/* The parent has parsed it: the two sides are one build. */
	if (handed_url(p->http, m->url, &why) == -1)
		fatalx("a probe's URL %s", why);
	probe_options(p, m);
	handed_start(p->http);
}

static void
probe_options(struct probe *p, const struct msg_probe *m)
{
	CURL	*c = handed_curl(p->http);

	if (curl_easy_setopt(c, CURLOPT_USERAGENT, "lavavisord") != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 8192L) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, (long)m->verify) !=
	    CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, m->verify ? 2L : 0L) !=
	    CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header) !=
	    CURLE_OK || curl_easy_setopt(c, CURLOPT_HEADERDATA, p) !=
	    CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) !=
	    CURLE_OK || curl_easy_setopt(c, CURLOPT_WRITEDATA, p) != CURLE_OK)
		fatalx("curl_easy_setopt failed");
}

static void
probe_free(struct probe *p)
{
	LIST_REMOVE(p, entry);
	nprobes--;
	handed_free(p->http);
	event_free(p->deadline);
	if (p->fd != -1)
		close(p->fd);
	free(p);
}

void
probe_cancel(uint32_t id)
{
	struct probe	*p;

	LIST_FOREACH(p, &probes, entry)
		if (p->id == id) {
			probe_free(p);
			return;
		}
}

static void
probe_late(int fd, short what, void *arg)
{
	struct probe	*p = arg;
	probe_done	 done = p->done;
	uint32_t	 id = p->id;
	char		 why[TEXT_SIZE];

	(void)fd;
	(void)what;
	snprintf(why, sizeof(why), "no whole answer within %u ms",
	    p->timeout_ms);
	probe_free(p);
	done(id, why);
}

unsigned int
probe_count(void)
{
	return nprobes;
}

static void
probe_dial(struct handed *h, const char *host, uint32_t port, void *arg)
{
	struct probe	*p = arg;
	int		 fd = p->fd;

	(void)host;
	(void)port;
	p->fd = -1;
	handed_socket(h, fd, "it closed the connection");
}

/* What an operator can do about it; "" nothing in particular */
static const char *
advice(CURLcode rc)
{
	switch (rc) {
	case CURLE_SSL_CONNECT_ERROR:
		return " (does it speak TLS there? Else it is http://)";
	case CURLE_PEER_FAILED_VERIFICATION:
		return " (name who signed it in `ca-file`, or set `verify: "
		    "false`)";
	case CURLE_UNSUPPORTED_PROTOCOL:
		return " (does it speak HTTP there?)";
	default:
		return "";
	}
}

static long
probe_status(struct probe *p)
{
	long	 status = 0;

	curl_easy_getinfo(handed_curl(p->http), CURLINFO_RESPONSE_CODE,
	    &status);
	return status;
}

static size_t
take_header(char *data, size_t size, size_t count, void *arg)
{
	struct probe	*p = arg;
	size_t		 len = size * count;

	/* 0 ends the transfer: nothing more need come. */
	return answer_header(&p->answer, data, len, probe_status(p)) ==
	    ANSWER_MORE ? len : 0;
}

static size_t
take_body(char *data, size_t size, size_t count, void *arg)
{
	struct probe	*p = arg;
	size_t		 len = size * count;

	return answer_body(&p->answer, data, len) == ANSWER_MORE ? len : 0;
}

static void
probe_transferred(struct handed *h, CURLcode rc, const char *error, void *arg)
{
	struct probe	*p = arg;
	probe_done	 done = p->done;
	uint32_t	 id = p->id;
	char		 why[TEXT_SIZE];

	(void)h;
	if (rc == CURLE_OK)
		answer_end(&p->answer, probe_status(p));
	answer_why(&p->answer, why, sizeof(why));
	if (p->answer.verdict == ANSWER_MORE && error[0] != '\0')
		log_clean(why, sizeof(why), error);
	if (p->answer.verdict == ANSWER_MORE)
		strlcat(why, advice(rc), sizeof(why));
	probe_free(p);
	done(id, why);
}
