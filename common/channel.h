/*
 * One end of an imsg socketpair (or client socket) on an event loop.
 *
 * A channel owns its fd.  Writes are queued and leave when the socket takes
 * them; reads are handed to `dispatch` one message at a time.  When the peer
 * goes away or talks nonsense, `closed` is called once with the reason, after
 * which the owner calls channel_close().  Both callbacks may close the channel
 * and free what holds it.  An owner that wants to know when everything queued
 * has left sets `sent` after channel_open(); it may close the channel too.
 */

#ifndef COMMON_CHANNEL_H
#define COMMON_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include <imsg.h>

#include "common/message.h"

struct event;
struct event_base;
struct channel;

typedef void	(*channel_dispatch)(struct channel *, struct imsg *, void *);
typedef void	(*channel_closed)(struct channel *, const char *why, void *);

struct channel {
	struct imsgbuf		 ibuf;
	struct event		*read_event;	/* NULL: not open */
	struct event		*write_event;
	channel_dispatch	 dispatch;
	channel_closed		 closed;
	void			(*sent)(struct channel *, void *);
	void			*arg;
	const char		*peer;	/* for logs; static or the owner's */
	int			*gone;	/* set while messages are handed out */
};

/*
 * Takes fd, which is made non-blocking.  allow_fds: descriptors may come and
 * go with messages (between rooms); 0 for sockets of clients, which only get
 * answers (a client that is to receive one says 1 on its side; control says 1).
 * The struct must not move while it is open.  Allocation failure is fatal.
 */
void	 channel_open(struct channel *, struct event_base *, int fd,
	    const char *peer, int allow_fds, channel_dispatch, channel_closed,
	    void *arg);

/* Closes the fd and what is queued; does nothing when it is not open. */
void	 channel_close(struct channel *);

int	 channel_is_open(const struct channel *);

/* Its descriptor, which stays the channel's. */
int	 channel_fd(const struct channel *);

/*
 * Queues a message.  *m is the struct of its type, NULL for a message without
 * payload.  fd (or -1) is taken, also on failure.  0, or -1 when the
 * channel is not open or m breaks its own rules (logged).
 */
int	 channel_send(struct channel *, enum message_type, uint32_t id, int fd,
	    const void *m);

/* Messages that still wait for the socket. */
uint32_t channel_queued(const struct channel *);

/*
 * Waits until everything queued has left or timeout_ms have passed; for the
 * moments before an exec or an exit.  0, or -1 when something is left.
 */
int	 channel_drain(struct channel *, int timeout_ms);

/*
 * Hands out what the peer, which has ended, left in the socket, and reports the
 * end of file: `closed` is called.  Does nothing when it is not open.
 */
void	 channel_read_rest(struct channel *);

/*
 * Reads the payload into m; when it is malformed logs peer, message and field
 * and returns -1.
 */
int	 channel_read(struct channel *, struct imsg *, enum message_type,
	    void *m, size_t size);

#endif
