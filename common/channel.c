#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <imsg.h>

#include "common/channel.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/message.h"

static void	channel_end(struct channel *, const char *);
static void	channel_readable(int, short, void *);
static void	channel_writable(int, short, void *);

void
channel_open(struct channel *ch, struct event_base *base, int fd,
    const char *peer, int allow_fds, channel_dispatch dispatch,
    channel_closed closed, void *arg)
{
	int	 flags;

	memset(ch, 0, sizeof(*ch));
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		fatal("%s: fcntl", peer);
	if (imsgbuf_init(&ch->ibuf, fd) == -1)
		fatal("%s: imsgbuf_init", peer);
	if (allow_fds)
		imsgbuf_allow_fdpass(&ch->ibuf);
	ch->peer = peer;
	ch->dispatch = dispatch;
	ch->closed = closed;
	ch->arg = arg;
	ch->read_event = event_new(base, fd, EV_READ | EV_PERSIST,
	    channel_readable, ch);
	ch->write_event = event_new(base, fd, EV_WRITE, channel_writable, ch);
	if (ch->read_event == NULL || ch->write_event == NULL ||
	    event_add(ch->read_event, NULL) == -1)
		fatalx("%s: out of memory for events", peer);
}

void
channel_close(struct channel *ch)
{
	if (ch->read_event == NULL)
		return;
	event_free(ch->read_event);
	event_free(ch->write_event);
	ch->read_event = ch->write_event = NULL;
	imsgbuf_clear(&ch->ibuf);
	close(ch->ibuf.fd);
	ch->ibuf.fd = -1;
	if (ch->gone != NULL)
		*ch->gone = 1;
}

int
channel_is_open(const struct channel *ch)
{
	return ch->read_event != NULL;
}

int
channel_fd(const struct channel *ch)
{
	return event_get_fd(ch->read_event);
}

int
channel_send(struct channel *ch, enum message_type type, uint32_t id, int fd,
    const void *m)
{
	unsigned char	 buf[MAX_IMSGSIZE - IMSG_HEADER_SIZE];
	ssize_t		 len = 0;

	FAULT_MESSAGE(ch->peer, "send", type, "before");
	if (!channel_is_open(ch))
		goto fail;
	if (m != NULL &&
	    (len = message_pack(type, m, buf, sizeof(buf))) == -1) {
		log_warnx("%s: cannot pack a %s message", ch->peer,
		    message_name(type));
		goto fail;
	}
	if (imsg_compose(&ch->ibuf, type, id, 0, fd, len ? buf : NULL,
	    (size_t)len) == -1)
		fatal("%s: imsg_compose", ch->peer);
	if (event_add(ch->write_event, NULL) == -1)
		fatalx("%s: event_add", ch->peer);
	FAULT_MESSAGE(ch->peer, "send", type, "after");
	return 0;
fail:
	if (fd != -1)
		close(fd);
	return -1;
}

uint32_t
channel_queued(const struct channel *ch)
{
	struct imsgbuf	 ibuf;

	if (!channel_is_open(ch))
		return 0;
	ibuf = ch->ibuf;	/* queuelen takes it non-const, reads only */
	return imsgbuf_queuelen(&ibuf);
}

int
channel_drain(struct channel *ch, int timeout_ms)
{
	struct pollfd	 pfd;
	struct timespec	 now, end;
	int64_t		 left;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout_ms / 1000;
	end.tv_nsec += (timeout_ms % 1000) * 1000000L;
	while (channel_is_open(ch) && imsgbuf_queuelen(&ch->ibuf) > 0) {
		if (imsgbuf_write(&ch->ibuf) == -1)
			return -1;
		if (imsgbuf_queuelen(&ch->ibuf) == 0)
			break;
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = (int64_t)(end.tv_sec - now.tv_sec) * 1000 +
		    (end.tv_nsec - now.tv_nsec) / 1000000;
		if (left <= 0)
			return -1;
		pfd.fd = ch->ibuf.fd;
		pfd.events = POLLOUT;
		if (poll(&pfd, 1, (int)left) == -1 && errno != EINTR)
			return -1;
	}
	return 0;
}

void
channel_read_rest(struct channel *ch)
{
	struct pollfd	 pfd;

	while (channel_is_open(ch) && event_pending(ch->read_event, EV_READ,
	    NULL)) {
		pfd.fd = ch->ibuf.fd;
		pfd.events = POLLIN;
		if (poll(&pfd, 1, 0) != 1)
			return;
		channel_readable(ch->ibuf.fd, EV_READ, ch);
	}
}

int
channel_read(struct channel *ch, struct imsg *imsg, enum message_type type,
    void *m, size_t size)
{
	const char	*why;

	if (message_read(imsg, type, m, size, &why) == 0)
		return 0;
	log_warnx("%s: malformed %s message: %s", ch->peer,
	    message_name(type), why);
	return -1;
}

static void
channel_end(struct channel *ch, const char *why)
{
	/* A peer at end of file stays readable: never hear it twice. */
	event_del(ch->read_event);
	event_del(ch->write_event);
	ch->closed(ch, why, ch->arg);
}

static void
channel_readable(int fd, short what, void *arg)
{
	struct channel	*ch = arg;
	struct imsg	 imsg;
	int		 n, gone = 0, eof;

	(void)fd;
	(void)what;
	if ((n = imsgbuf_read(&ch->ibuf)) == -1) {
		channel_end(ch, strerror(errno));
		return;
	}
	eof = n == 0;
	ch->gone = &gone;
	for (;;) {
		if ((n = imsgbuf_get(&ch->ibuf, &imsg)) == -1) {
			ch->gone = NULL;
			channel_end(ch, strerror(errno));
			return;
		}
		if (n == 0)
			break;
		FAULT_MESSAGE(ch->peer, "got", imsg_get_type(&imsg),
		    "before");
		ch->dispatch(ch, &imsg, ch->arg);
		FAULT_MESSAGE(gone ? "closed" : ch->peer, "got",
		    imsg_get_type(&imsg), "after");
		imsg_free(&imsg);
		if (gone)
			return;		/* ch may be freed memory now */
	}
	ch->gone = NULL;
	if (eof)
		channel_end(ch, "end of file");
}

static void
channel_writable(int fd, short what, void *arg)
{
	struct channel	*ch = arg;

	(void)fd;
	(void)what;
	if (imsgbuf_write(&ch->ibuf) == -1) {
		/*
		 * What the peer had said before it left is read first; the
		 * end of file follows it.
		 */
		if (errno == EPIPE || errno == ECONNRESET)
			return;
		channel_end(ch, strerror(errno));
		return;
	}
	FAULT_FILE("channel", ch->peer, "written");
	if (imsgbuf_queuelen(&ch->ibuf) > 0) {
		if (event_add(ch->write_event, NULL) == -1)
			fatalx("%s: event_add", ch->peer);
	} else if (ch->sent != NULL)
		ch->sent(ch, ch->arg);
}
