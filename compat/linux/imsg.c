#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <imsg.h>

#include "compat/linux/ibuf.h"

#define IMSG_ALLOW_FDPASS	0x01

int
imsgbuf_init(struct imsgbuf *imsgbuf, int fd)
{
	memset(imsgbuf, 0, sizeof(*imsgbuf));
	if ((imsgbuf->w = msgbuf_new()) == NULL)
		return -1;
	imsgbuf->pid = getpid();
	imsgbuf->maxsize = MAX_IMSGSIZE;
	imsgbuf->fd = fd;
	return 0;
}

void
imsgbuf_allow_fdpass(struct imsgbuf *imsgbuf)
{
	imsgbuf->flags |= IMSG_ALLOW_FDPASS;
}

int
imsgbuf_read(struct imsgbuf *imsgbuf)
{
	return msgbuf_read(imsgbuf->w, imsgbuf->fd,
	    imsgbuf->flags & IMSG_ALLOW_FDPASS, imsgbuf->maxsize);
}

int
imsgbuf_write(struct imsgbuf *imsgbuf)
{
	return msgbuf_write(imsgbuf->w, imsgbuf->fd,
	    imsgbuf->flags & IMSG_ALLOW_FDPASS);
}

int
imsgbuf_flush(struct imsgbuf *imsgbuf)
{
	while (imsgbuf_queuelen(imsgbuf) > 0)
		if (imsgbuf_write(imsgbuf) == -1)
			return -1;
	return 0;
}

void
imsgbuf_clear(struct imsgbuf *imsgbuf)
{
	if (imsgbuf->w != NULL)
		msgbuf_free(imsgbuf->w);
	imsgbuf->w = NULL;
}

uint32_t
imsgbuf_queuelen(struct imsgbuf *imsgbuf)
{
	return imsgbuf->w->outlen;
}

int
imsgbuf_get(struct imsgbuf *imsgbuf, struct imsg *imsg)
{
	struct ibuf	*b;

	if ((b = TAILQ_FIRST(&imsgbuf->w->in)) == NULL)
		return 0;
	TAILQ_REMOVE(&imsgbuf->w->in, b, entry);
	memset(imsg, 0, sizeof(*imsg));
	if (ibuf_get(b, &imsg->hdr, sizeof(imsg->hdr)) == -1) {
		ibuf_free(b);
		return -1;
	}
	imsg->hdr.len &= ~IMSG_FD_MARK;
	if (ibuf_size(b) > 0)
		imsg->data = b->buf + b->rpos;
	imsg->buf = b;
	return 1;
}

uint32_t
imsg_get_type(struct imsg *imsg)
{
	return imsg->hdr.type;
}

uint32_t
imsg_get_id(struct imsg *imsg)
{
	return imsg->hdr.peerid;
}

pid_t
imsg_get_pid(struct imsg *imsg)
{
	return (pid_t)imsg->hdr.pid;
}

size_t
imsg_get_len(struct imsg *imsg)
{
	return ibuf_size(imsg->buf);
}

int
imsg_get_data(struct imsg *imsg, void *data, size_t len)
{
	if (len == 0) {
		errno = EINVAL;
		return -1;
	}
	if (ibuf_size(imsg->buf) != len) {
		errno = EBADMSG;
		return -1;
	}
	return ibuf_get(imsg->buf, data, len);
}

int
imsg_get_fd(struct imsg *imsg)
{
	int	 fd = imsg->buf->fd;

	imsg->buf->fd = -1;
	return fd;
}

void
imsg_free(struct imsg *imsg)
{
	ibuf_free(imsg->buf);
	imsg->buf = NULL;
	imsg->data = NULL;
}

int
imsg_compose(struct imsgbuf *imsgbuf, uint32_t type, uint32_t id, pid_t pid,
    int fd, const void *data, size_t len)
{
	struct iovec	 iov;

	iov.iov_base = (void *)(uintptr_t)data;
	iov.iov_len = len;
	return imsg_composev(imsgbuf, type, id, pid, fd, &iov, 1);
}

int
imsg_composev(struct imsgbuf *imsgbuf, uint32_t type, uint32_t id, pid_t pid,
    int fd, const struct iovec *iov, int iovcnt)
{
	struct imsg_hdr	 hdr;
	struct ibuf	*b;
	size_t		 len = IMSG_HEADER_SIZE;
	int		 i;

	for (i = 0; i < iovcnt; i++) {
		if (iov[i].iov_len > imsgbuf->maxsize - len) {
			errno = ERANGE;
			return -1;
		}
		len += iov[i].iov_len;
	}
	hdr.type = type;
	hdr.len = (uint32_t)len | (fd != -1 ? IMSG_FD_MARK : 0);
	hdr.peerid = id;
	hdr.pid = (uint32_t)(pid != 0 ? pid : imsgbuf->pid);
	if ((b = ibuf_open(len)) == NULL)
		return -1;
	if (ibuf_add(b, &hdr, sizeof(hdr)) == -1)
		goto fail;
	for (i = 0; i < iovcnt; i++)
		if (ibuf_add(b, iov[i].iov_base, iov[i].iov_len) == -1)
			goto fail;
	b->fd = fd;
	msgbuf_queue(imsgbuf->w, b);
	return 1;
fail:
	ibuf_free(b);
	return -1;
}
