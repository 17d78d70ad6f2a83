/*
 * What imsg.c is made of: byte buffers (ibuf.c), and the two queues of them
 * with the socket's reads and writes (msgbuf.c).
 */

#ifndef COMPAT_LINUX_IBUF_H
#define COMPAT_LINUX_IBUF_H

#include <sys/types.h>
#include <sys/queue.h>

#include <stddef.h>
#include <stdint.h>

#include <imsg.h>

/* In imsg_hdr.len: a descriptor comes with this message */
#define IMSG_FD_MARK	0x80000000U

/* Descriptors that may wait for the rest of their header */
#define PENDING_FDS	2

/* One message, header included: [rpos, wpos) of buf is unread. */
struct ibuf {
	TAILQ_ENTRY(ibuf)	 entry;
	unsigned char		*buf;
	size_t			 size;
	size_t			 wpos;
	size_t			 rpos;
	int			 fd;	/* owned, -1 none */
};

TAILQ_HEAD(ibuf_list, ibuf);

struct msgbuf {
	struct ibuf_list	 out;
	struct ibuf_list	 in;
	uint32_t		 outlen;
	struct ibuf		*partial;	/* header is in, payload not */
	unsigned char		*rbuf;		/* IBUF_READ_SIZE bytes */
	size_t			 roff;		/* bytes of a cut header */
	int			 pending[PENDING_FDS];	/* -1: was lost */
	int			 npending;
};

/* NULL and errno when out of memory.  ibuf_free() keeps errno. */
struct ibuf	*ibuf_open(size_t size);
void		 ibuf_free(struct ibuf *);
size_t		 ibuf_size(const struct ibuf *);

/* 0, or -1 with ERANGE (no room) or EBADMSG (too short). */
int		 ibuf_add(struct ibuf *, const void *, size_t);
int		 ibuf_get(struct ibuf *, void *, size_t);

struct msgbuf	*msgbuf_new(void);
void		 msgbuf_free(struct msgbuf *);
void		 msgbuf_queue(struct msgbuf *, struct ibuf *);

/* As imsgbuf_read() and imsgbuf_write(). */
int		 msgbuf_read(struct msgbuf *, int fd, int fdpass,
		    uint32_t maxsize);
int		 msgbuf_write(struct msgbuf *, int fd, int fdpass);

#endif
