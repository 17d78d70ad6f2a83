/*
 * OpenBSD 7.8's imsg API, imsg_init(3), as far as lavavisord calls it.
 *
 * On the wire a message is struct imsg_hdr in native byte order and its
 * payload; len counts both, and its highest bit says that a file descriptor
 * belongs to the message.  What differs from OpenBSD's own: received
 * descriptors are close-on-exec, and an fd whose header is cut by the end of a
 * read is kept for it (Linux hands out earlier bytes together with an fd).
 */

#ifndef COMPAT_LINUX_IMSG_H
#define COMPAT_LINUX_IMSG_H

#include <sys/types.h>
#include <sys/uio.h>

#include <stddef.h>
#include <stdint.h>

#define IBUF_READ_SIZE		65535
#define IMSG_HEADER_SIZE	sizeof(struct imsg_hdr)
#define MAX_IMSGSIZE		16384	/* header included */

struct ibuf;
struct msgbuf;

/* Its fd stays the caller's.  Must not move once initialized. */
struct imsgbuf {
	struct msgbuf	*w;
	pid_t		 pid;
	uint32_t	 maxsize;
	int		 fd;
	int		 flags;
};

struct imsg_hdr {
	uint32_t	 type;
	uint32_t	 len;
	uint32_t	 peerid;
	uint32_t	 pid;
};

struct imsg {
	struct imsg_hdr	 hdr;
	void		*data;	/* payload, NULL when empty; owned by buf */
	struct ibuf	*buf;
};

/* 0, or -1 and errno. */
int	 imsgbuf_init(struct imsgbuf *, int fd);

/* From here on descriptors are sent and received; else they are dropped. */
void	 imsgbuf_allow_fdpass(struct imsgbuf *);

/*
 * One read.  1: fine, also when there was nothing to read; 0: the peer closed;
 * -1: error, ERANGE for a header with an impossible length.  After -1 only
 * imsgbuf_clear() is allowed.
 */
int	 imsgbuf_read(struct imsgbuf *);

/* One write of as much as the socket takes.  0, also on EAGAIN, or -1. */
int	 imsgbuf_write(struct imsgbuf *);

/* Writes until nothing is queued; only for a blocking fd.  0 or -1. */
int	 imsgbuf_flush(struct imsgbuf *);

/* Frees everything queued and closes the descriptors in it. */
void	 imsgbuf_clear(struct imsgbuf *);

/* Messages that wait to be written. */
uint32_t imsgbuf_queuelen(struct imsgbuf *);

/* 1: *imsg is the next message, for imsg_free(); 0: none; -1: error. */
int	 imsgbuf_get(struct imsgbuf *, struct imsg *imsg);

uint32_t imsg_get_type(struct imsg *);
uint32_t imsg_get_id(struct imsg *);
pid_t	 imsg_get_pid(struct imsg *);

/* Payload bytes that were not taken yet. */
size_t	 imsg_get_len(struct imsg *);

/*
 * Copies and takes the payload, which must be exactly len bytes.  0, or -1
 * with EBADMSG, or EINVAL when len is 0.
 */
int	 imsg_get_data(struct imsg *, void *, size_t len);

/*
 * The descriptor, from now on the caller's; -1 when there is none, also when
 * the kernel could not install it.
 */
int	 imsg_get_fd(struct imsg *);

/* Frees the payload and closes a descriptor that nobody took. */
void	 imsg_free(struct imsg *);

/*
 * Queues a copy of the payload.  pid 0: our own.  1, and fd (-1: none) now
 * belongs to the imsgbuf; or -1, ERANGE when too long, and fd is still
 * the caller's.
 */
int	 imsg_compose(struct imsgbuf *, uint32_t type, uint32_t id, pid_t pid,
	    int fd, const void *, size_t len);
int	 imsg_composev(struct imsgbuf *, uint32_t type, uint32_t id, pid_t pid,
	    int fd, const struct iovec *, int iovcnt);

#endif
