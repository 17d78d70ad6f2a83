/*
 * The life of a room (every process but the parent): options, channel to
 * the parent on fd 3, hello, preparation, sandbox, ready, event loop.
 *
 * Options given by the parent: [-v] [-S auto|require|off] [-u user] [-e empty]
 * [-k kind].  -u is given when the daemon runs as root.
 */

#ifndef COMMON_ROOM_H
#define COMMON_ROOM_H

#include "common/channel.h"
#include "common/message.h"

struct event_base;

#define ROOM_PARENT_FD	3

/* Exit code: walls are required and cannot be had here; the log says why. */
#define ROOM_NO_WALLS	78

/* Exit code: the parent is of another build, which only a reexec mends. */
#define ROOM_OTHER_BUILD 79

struct room {
	enum room_kind		 kind;
	struct event_base	*base;
	struct channel		 parent;
	struct msg_ready	 walls;
	void			*data;	/* the room's own */
};

struct room_code {
	/* The kinds this program can be; -k chooses, default the first. */
	enum room_kind	 kind;
	enum room_kind	 other_kind;	/* ROOM_PARENT: none */

	/* Before the sandbox: load libraries, allocate room->data. */
	void	(*prepare)(struct room *);

	/*
	 * In the sandbox, before READY: use what will be needed.  May be
	 * NULL.
	 */
	void	(*exercise)(struct room *);

	/* A message of the parent.  HELLO never gets here. */
	void	(*dispatch)(struct room *, struct imsg *);

	/*
	 * The parent is gone.  NULL: exit at once.
	 */
	void	(*orphaned)(struct room *);
};

/* Runs the room; returns the exit code for main. */
int	 room_main(const struct room_code *, int argc, char *argv[]);

/* Leaves the event loop of room_main. */
void	 room_leave(struct room *);

/* 1: nothing is logged, as nobody would hear it, until 0. */
void	 room_hush(struct room *, int);

/* Sends to the parent; see channel_send(). */
void	 room_send(struct room *, enum message_type, uint32_t id, int fd,
	    const void *);

/*
 * Reads a message of the parent; a malformed one is fatal, as the two sides
 * are one build.
 */
void	 room_read(struct room *, struct imsg *, enum message_type, void *,
	    size_t);

/*
 * For calls that block: forks a helper which enters the walls of the room,
 * runs f(fd) and exits.  Only from prepare(), before the room is walled in.
 * Returns our end of a SOCK_SEQPACKET pair, blocking and close-on-exec; the
 * helper has the other one and nothing else of the room.  The death of the
 * room ends it, also in the midst of a call.  Failure is fatal.
 */
int	 room_helper(struct room *, void (*f)(int fd));

/* CLOCK_MONOTONIC in ms. */
int64_t	 room_now_ms(void);

#endif
