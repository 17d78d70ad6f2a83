/*
 * The parent's hold on its rooms: fork and exec with the channel as fd 3,
 * hello, ready, death, backoff, and their end.
 */

#ifndef LAVAVISORD_ROOMS_H
#define LAVAVISORD_ROOMS_H

#include <sys/types.h>

#include <stdint.h>

#include "common/channel.h"
#include "common/message.h"
#include "common/sandbox.h"

struct event_base;

/*
 * What the parent does with one kind of room.  Any callback may be NULL.
 * ready: its sandbox is entered, it may be spoken to.  dispatch: a message
 * other than HELLO, READY and LOG.  gone: it died or was ended; what was
 * asked of it gets no answer.
 */
struct room_user {
	void	(*ready)(struct channel *);
	void	(*dispatch)(struct channel *, struct imsg *);
	void	(*gone)(const char *why);
};

struct rooms_conf {
	struct event_base	*base;
	const char		*libexec;	/* absolute directory */
	const char		*user;		/* NULL when unprivileged */
	const char		*empty;		/* chroot, when user */
	enum sandbox_mode	 sandbox;
	int			 verbose;
	int			 foreground;	/* stderr is the rooms' too */
};

void	 rooms_init(const struct rooms_conf *);
void	 rooms_use(enum room_kind, const struct room_user *);

/*
 * Starts a room and keeps it running: when it dies it is started again, at
 * once, then with backoff; one other than the supervisor that dies 5 times in
 * 10 minutes stays down for 5 minutes.  Does nothing when it runs.
 */
void	 rooms_keep(enum room_kind);

/*
 * Kinds (bits 1 << kind) that rooms_keep() only remembers until they are
 * released, for a start in which others are to be first.
 */
void	 rooms_hold(unsigned int kinds);
void	 rooms_release(void);

/* Starts a room for one job: its death is told by gone, and that is all. */
void	 rooms_start(enum room_kind);

/*
 * A room that outlives a reexec.  rest: it says nothing from now on, and is not
 * spoken to.  hand: its channel, open over an exec, and its pid.  adopt: our
 * child already, from the program before us; fd is taken.  resume: it is told
 * to go on, and is ready when it answers with READY.
 */
void	 rooms_rest(enum room_kind);
void	 rooms_hand(enum room_kind, int *fd, pid_t *);
void	 rooms_adopt(enum room_kind, pid_t, int fd);
void	 rooms_resume(enum room_kind, enum message_type, const void *);

/* Closes the channel, which ends the room; kills what stays for 5 s. */
void	 rooms_end(enum room_kind);

/* Kills it at once. */
void	 rooms_kill(enum room_kind);

/*
 * Ends every room but the ones in keep (bits 1 << kind).  From then on no other
 * is started, whoever asks, until rooms_reopen(): then those are that were
 * asked for with rooms_keep().
 */
void	 rooms_end_all(unsigned int keep);
void	 rooms_reopen(void);

/* Rooms that still have a process. */
int	 rooms_living(void);

/* The channel of a room that is ready, else NULL. */
struct channel *rooms_channel(enum room_kind);

/* Sends if the room is ready; takes fd always.  0 or -1. */
int	 rooms_send(enum room_kind, enum message_type, uint32_t id, int fd,
	    const void *);

/* A child was reaped: 1 if it was a room, whose death is now dealt with. */
int	 rooms_reaped(pid_t, int status);

/*
 * Before it is reaped: what the room said last is heard.  And at each SIGCHLD:
 * a room that was stopped (SIGSTOP) is continued, the second time killed.
 */
void	 rooms_ending(pid_t);
void	 rooms_stopped(void);

/*
 * The daemon is up.  Until then a room without the walls that are required is
 * fatal: better no start than one without them.
 */
void	 rooms_settled(void);

/* For show sandbox and records: pid 0 when there is no process. */
struct room_view {
	pid_t			 pid;
	int			 ready;
	int			 degraded;
	int			 other_build;	/* reexec needed */
	struct msg_ready	 walls;
};
void	 rooms_view(enum room_kind, struct room_view *);

/* Called at each start, ready, death of a room; for the event stream. */
void	 rooms_listen(void (*)(enum room_kind, const char *what,
	    const char *why));

#endif
