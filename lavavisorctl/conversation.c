#include <sys/types.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <imsg.h>

#include "common/log.h"
#include "lavavisorctl/conversation.h"

static enum heard	failed(struct hearing *, const char *, ...)
			    __attribute__((__format__(__printf__, 2, 3)));
static int		send_all(struct conversation *);
static enum heard	take(struct conversation *, struct imsg *,
			    struct hearing *);
static enum heard	take_answer(struct conversation *, struct imsg *,
			    struct hearing *);
static int		wait_for(struct conversation *, int64_t, int);

int64_t
conversation_now_ms(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static enum heard
failed(struct hearing *h, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(h->why, sizeof(h->why), fmt, ap);
	va_end(ap);
	return HEARD_ERROR;
}

int
conversation_open(struct conversation *c, int fd, const char *path,
    const struct msg_request *request, int timeout_s)
{
	unsigned char	 buf[sizeof(*request) + 64];
	ssize_t		 len;

	memset(c, 0, sizeof(*c));
	c->path = path;
	c->timeout_ms = (int64_t)timeout_s * 1000;
	c->fd = -1;
	if ((len = message_pack(MSG_REQUEST, request, buf, sizeof(buf))) ==
	    -1) {
		errno = EINVAL;
		return -1;
	}
	if (imsgbuf_init(&c->ibuf, fd) == -1)
		return -1;
	imsgbuf_allow_fdpass(&c->ibuf);
	if (imsg_compose(&c->ibuf, MSG_REQUEST, 0, 0, -1, buf, (size_t)len) ==
	    -1)
		return -1;
	c->heard_ms = conversation_now_ms();
	return send_all(c);
}

int
conversation_file(struct conversation *c, enum verify_file which, int fd)
{
	struct msg_request_file	 m;
	unsigned char		 buf[sizeof(m) + 16];
	ssize_t			 len;

	m.which = (uint8_t)which;
	len = message_pack(MSG_REQUEST_FILE, &m, buf, sizeof(buf));
	if (len == -1 || imsg_compose(&c->ibuf, MSG_REQUEST_FILE, 0, 0, fd,
	    buf, (size_t)len) == -1) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return send_all(c);
}

void
conversation_close(struct conversation *c)
{
	imsgbuf_clear(&c->ibuf);
	close(c->ibuf.fd);
	if (c->fd != -1)
		close(c->fd);
	free(c->line);
	c->line = NULL;
}

static int
send_all(struct conversation *c)
{
	while (imsgbuf_queuelen(&c->ibuf) > 0) {
		if (imsgbuf_write(&c->ibuf) == -1)
			/* Why it hung up may stand in what it sent. */
			return errno == EPIPE || errno == ECONNRESET ? 0 : -1;
		if (imsgbuf_queuelen(&c->ibuf) > 0 &&
		    wait_for(c, -1, POLLOUT) == -1)
			return -1;
	}
	return 0;
}

/* 1 ready, 0 time is up or a signal came, -1 errno */
static int
wait_for(struct conversation *c, int64_t wait_ms, int events)
{
	struct pollfd	 pfd;
	int64_t		 left;
	int		 n;

	if (c->timeout_ms > 0) {
		left = c->heard_ms + c->timeout_ms - conversation_now_ms();
		if (left < 0)
			left = 0;
		if (wait_ms == -1 || left < wait_ms)
			wait_ms = left;
	}
	pfd.fd = c->ibuf.fd;
	pfd.events = (short)events;
	pfd.revents = 0;
	if ((n = poll(&pfd, 1, (int)wait_ms)) == -1)
		return errno == EINTR ? 0 : -1;
	return n;
}

static enum heard
take_answer(struct conversation *c, struct imsg *imsg, struct hearing *h)
{
	struct msg_answer	 answer;
	const char		*why;
	char			*line;
	size_t			 len, size;
	int			 fd;

	if ((fd = imsg_get_fd(imsg)) != -1) {
		if (c->fd != -1)
			close(c->fd);
		c->fd = fd;
	}
	if (message_read(imsg, MSG_ANSWER, &answer, sizeof(answer), &why) ==
	    -1)
		return failed(h, "the daemon's answer is malformed: %s", why);
	len = strlen(answer.text);
	if (c->used + len >= c->size) {
		if (c->used + len >= LINE_MAX_BYTES)
			return failed(h, "the daemon's answer is longer than "
			    "%u bytes", LINE_MAX_BYTES);
		size = (c->used + len + 1) * 2;
		if ((line = realloc(c->line, size)) == NULL)
			fatal("realloc");
		c->line = line;
		c->size = size;
	}
	memcpy(c->line + c->used, answer.text, len + 1);
	c->used += len;
	if (answer.more)
		return HEARD_NOTHING;
	h->line = c->line;
	h->length = c->used;
	h->fd = c->fd;
	c->used = 0;
	c->fd = -1;
	return HEARD_LINE;
}

static enum heard
take(struct conversation *c, struct imsg *imsg, struct hearing *h)
{
	const char	*why;

	switch (imsg_get_type(imsg)) {
	case MSG_ANSWER:
		return take_answer(c, imsg, h);
	case MSG_ANSWER_END:
		if (message_read(imsg, MSG_ANSWER_END, &h->end,
		    sizeof(h->end), &why) == -1)
			return failed(h, "the daemon's answer is malformed: "
			    "%s", why);
		return HEARD_END;
	default:
		return failed(h, "the daemon sent message %" PRIu32 ", which "
		    "this lavavisorctl does not know: use the one of its "
		    "release", imsg_get_type(imsg));
	}
}

enum heard
conversation_hear(struct conversation *c, int wait_ms, struct hearing *h)
{
	struct imsg	 imsg;
	enum heard	 heard;
	int64_t		 until = conversation_now_ms() + wait_ms;
	int64_t		 left = wait_ms;
	int		 n;

	h->line = NULL;
	h->length = 0;
	h->fd = -1;
	for (;;) {
		if ((n = imsgbuf_get(&c->ibuf, &imsg)) == -1)
			return failed(h, "the daemon's answer is no message: "
			    "%s", strerror(errno));
		if (n == 1) {
			c->heard_ms = conversation_now_ms();
			heard = take(c, &imsg, h);
			imsg_free(&imsg);
			if (heard != HEARD_NOTHING)
				return heard;
			continue;
		}
		if (c->eof)
			return HEARD_EOF;
		if (wait_ms != -1 && (left = until - conversation_now_ms()) < 0)
			left = 0;
		if ((n = wait_for(c, left, POLLIN)) == -1)
			return failed(h, "poll: %s", strerror(errno));
		if (n == 0) {
			if (c->timeout_ms > 0 && conversation_now_ms() >=
			    c->heard_ms + c->timeout_ms)
				return HEARD_SILENCE;
			return HEARD_NOTHING;
		}
		if ((n = imsgbuf_read(&c->ibuf)) == 0)
			c->eof = 1;
		else if (n == -1 && errno == ECONNRESET)
			c->eof = 1;
		else if (n == -1)
			return failed(h, "the daemon's answer is no message: "
			    "%s", strerror(errno));
	}
}

enum heard
conversation_ask(int fd, const char *path, const struct msg_request *request,
    int timeout_s, struct hearing *h)
{
	struct conversation	 c;
	enum heard		 heard;

	memset(h, 0, sizeof(*h));
	if (conversation_open(&c, fd, path, request, timeout_s) == -1) {
		close(fd);
		return HEARD_ERROR;
	}
	do {
		heard = conversation_hear(&c, -1, h);
		if (h->fd != -1)
			close(h->fd);
	} while (heard == HEARD_LINE || heard == HEARD_NOTHING);
	conversation_close(&c);
	return heard;
}
