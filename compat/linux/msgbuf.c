#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/linux/ibuf.h"

/*
 * Room for one descriptor, which alignment makes room for two on 64-bit
 * systems: the kernel fills it, so look at all that came.
 */
union fd_control {
	struct cmsghdr	 hdr;
	char		 buf[CMSG_SPACE(sizeof(int))];
};

static void	drain(struct msgbuf *, size_t);
static void	keep_fds(struct msgbuf *, struct msghdr *);
static int	next_message(struct msgbuf *, const unsigned char *, uint32_t);
static int	parse(struct msgbuf *, size_t, uint32_t);
static void	pending_add(struct msgbuf *, int);
static void	pending_close(struct msgbuf *);
static int	pending_take(struct msgbuf *);

struct msgbuf *
msgbuf_new(void)
{
	struct msgbuf	*m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	if ((m->rbuf = malloc(IBUF_READ_SIZE)) == NULL) {
		free(m);
		return NULL;
	}
	TAILQ_INIT(&m->out);
	TAILQ_INIT(&m->in);
	return m;
}

void
msgbuf_free(struct msgbuf *m)
{
	struct ibuf	*b;

	while ((b = TAILQ_FIRST(&m->out)) != NULL) {
		TAILQ_REMOVE(&m->out, b, entry);
		ibuf_free(b);
	}
	while ((b = TAILQ_FIRST(&m->in)) != NULL) {
		TAILQ_REMOVE(&m->in, b, entry);
		ibuf_free(b);
	}
	ibuf_free(m->partial);
	pending_close(m);
	freezero(m->rbuf, IBUF_READ_SIZE);
	free(m);
}

void
msgbuf_queue(struct msgbuf *m, struct ibuf *b)
{
	TAILQ_INSERT_TAIL(&m->out, b, entry);
	m->outlen++;
}

/*
 * A descriptor leaves with the first byte of its own header, so a message
 * that has one begins a write.
 */
int
msgbuf_write(struct msgbuf *m, int fd, int fdpass)
{
	struct iovec		 iov[IOV_MAX];
	union fd_control	 control;
	struct cmsghdr		*cmsg;
	struct msghdr		 msg;
	struct ibuf		*b, *first = TAILQ_FIRST(&m->out);
	size_t			 n = 0;
	ssize_t			 sent;

	TAILQ_FOREACH(b, &m->out, entry) {
		if (n == IOV_MAX || (fdpass && b != first && b->fd != -1))
			break;
		iov[n].iov_base = b->buf + b->rpos;
		iov[n++].iov_len = ibuf_size(b);
	}
	if (n == 0)
		return 0;
	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = iov;
	msg.msg_iovlen = n;
	if (fdpass && first->fd != -1) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(cmsg), &first->fd, sizeof(int));
	}
	do
		sent = fdpass ? sendmsg(fd, &msg, 0) :
		    writev(fd, iov, (int)n);
	while (sent == -1 && errno == EINTR);
	if (sent == -1)
		return errno == EAGAIN || errno == ENOBUFS ? 0 : -1;
	if (sent > 0 && first->fd != -1) {
		close(first->fd);
		first->fd = -1;
	}
	drain(m, (size_t)sent);
	return 0;
}

static void
drain(struct msgbuf *m, size_t n)
{
	struct ibuf	*b;

	while ((b = TAILQ_FIRST(&m->out)) != NULL) {
		if (n < ibuf_size(b)) {
			b->rpos += n;
			return;
		}
		n -= ibuf_size(b);
		TAILQ_REMOVE(&m->out, b, entry);
		m->outlen--;
		ibuf_free(b);
	}
}

int
msgbuf_read(struct msgbuf *m, int fd, int fdpass, uint32_t maxsize)
{
	union fd_control	 control;
	struct iovec		 iov;
	struct msghdr		 msg;
	ssize_t			 n;

	iov.iov_base = m->rbuf + m->roff;
	iov.iov_len = IBUF_READ_SIZE - m->roff;
	memset(&msg, 0, sizeof(msg));
	memset(&control, 0, sizeof(control));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = &control;
	msg.msg_controllen = sizeof(control);
	do
		n = fdpass ? recvmsg(fd, &msg, MSG_CMSG_CLOEXEC) :
		    readv(fd, &iov, 1);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? 1 : -1;
	if (fdpass)
		keep_fds(m, &msg);
	if (n == 0) {
		pending_close(m);
		return 0;
	}
	return parse(m, m->roff + (size_t)n, maxsize) == -1 ? -1 : 1;
}

/*
 * One descriptor at most belongs to a message: the first; others are closed.
 * One that did not fit into our table is kept as -1, so that its message
 * does not get the descriptor of the next.
 */
static void
keep_fds(struct msgbuf *m, struct msghdr *msg)
{
	struct cmsghdr	*cmsg;
	size_t		 i, n;
	int		 fd, first = -1;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	    cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int),
			    sizeof(fd));
			if (first == -1)
				first = fd;
			else
				close(fd);
		}
	}
	if (first != -1 || msg->msg_flags & MSG_CTRUNC)
		pending_add(m, first);
}

static void
pending_add(struct msgbuf *m, int fd)
{
	if (m->npending == PENDING_FDS) {
		if (fd != -1)
			close(fd);
		return;
	}
	m->pending[m->npending++] = fd;
}

static int
pending_take(struct msgbuf *m)
{
	int	 fd;

	if (m->npending == 0)
		return -1;
	fd = m->pending[0];
	m->pending[0] = m->pending[1];
	m->npending--;
	return fd;
}

static void
pending_close(struct msgbuf *m)
{
	int	 i;

	for (i = 0; i < m->npending; i++)
		if (m->pending[i] != -1)
			close(m->pending[i]);
	m->npending = 0;
}

/* Cuts what was read into messages; -1: a length is out of range. */
static int
parse(struct msgbuf *m, size_t have, uint32_t maxsize)
{
	const unsigned char	*p = m->rbuf;
	size_t			 n;

	for (;;) {
		if (m->partial == NULL) {
			if (have < IMSG_HEADER_SIZE)
				break;
			if (next_message(m, p, maxsize) == -1)
				return -1;
		}
		n = m->partial->size - m->partial->wpos;
		if (n > have)
			n = have;
		if (ibuf_add(m->partial, p, n) == -1)
			return -1;
		p += n;
		have -= n;
		if (m->partial->wpos < m->partial->size)
			break;
		TAILQ_INSERT_TAIL(&m->in, m->partial, entry);
		m->partial = NULL;
	}
	/* An fd can only belong to a header that begins in what came with it */
	if (have == 0)
		pending_close(m);
	if (have > 0)
		memmove(m->rbuf, p, have);
	m->roff = have;
	return 0;
}

static int
next_message(struct msgbuf *m, const unsigned char *p, uint32_t maxsize)
{
	struct imsg_hdr	 hdr;
	uint32_t	 len;

	memcpy(&hdr, p, sizeof(hdr));
	len = hdr.len & ~IMSG_FD_MARK;
	if (len < IMSG_HEADER_SIZE || len > maxsize) {
		errno = ERANGE;
		return -1;
	}
	if ((m->partial = ibuf_open(len)) == NULL)
		return -1;
	if (hdr.len & IMSG_FD_MARK)
		m->partial->fd = pending_take(m);
	return 0;
}
