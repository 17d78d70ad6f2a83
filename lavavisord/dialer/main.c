/*
 * The dialer: resolves and connects for the rooms that must not, and never
 * reads or sends a byte on what it has connected.
 *
 * getaddrinfo(3) blocks, and neither threads nor processes may be made in the
 * sandbox.  So a few helpers that are made before it look names up, and a
 * name server that is dead or slow only takes time from who asked for that
 * name: see lookup.h.  The prober's dialer is another process, without
 * helpers, that takes numeric hosts only.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "common/room.h"
#include "lavavisord/dialer/dial.h"
#include "lavavisord/dialer/lookup.h"

#define DIALS_MAX	64
#define TIMEOUT_MS_MAX	600000

static struct room	*dialer;

static void	answer(uint32_t, int, const struct msg_dialed *);
static void	dispatch(struct room *, struct imsg *);
static void	exercise(struct room *);
static void	prepare(struct room *);
static void	start(struct room *, struct imsg *);

static const struct room_code	 code = {
	.kind = ROOM_DIALER,
	.other_kind = ROOM_PROBER_DIALER,
	.prepare = prepare,
	.exercise = exercise,
	.dispatch = dispatch
};

int
main(int argc, char *argv[])
{
	return room_main(&code, argc, argv);
}

static void
prepare(struct room *room)
{
	dialer = room;
	/* A helper is to be free again soon; the deadline is the dial's. */
	if (setenv("RES_OPTIONS", "timeout:1 attempts:3", 1) == -1)
		fatal("setenv");
	/* Loads what the name service switch wants from the file system. */
	exercise(room);
	if (room->kind == ROOM_DIALER)
		lookup_helpers(room);
}

/* "localhost" is answered from a file, not by a name server. */
static void
exercise(struct room *room)
{
	struct addrinfo	 hints, *found;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	if (room->kind == ROOM_PROBER_DIALER)
		hints.ai_flags = AI_NUMERICHOST;
	if (getaddrinfo(room->kind == ROOM_PROBER_DIALER ? "127.0.0.1" :
	    "localhost", "80", &hints, &found) == 0)
		freeaddrinfo(found);
}

static void
dispatch(struct room *room, struct imsg *imsg)
{
	struct dial	*d;

	switch (imsg_get_type(imsg)) {
	case MSG_DIAL:
		start(room, imsg);
		break;
	case MSG_DIAL_CANCEL:
		if ((d = dial_find(imsg_get_id(imsg))) != NULL)
			dial_free(d);
		break;
	default:
		fatalx("unexpected %s message",
		    message_name(imsg_get_type(imsg)));
	}
}

static void
start(struct room *room, struct imsg *imsg)
{
	struct msg_dial	 m;
	struct dial	*d;

	room_read(room, imsg, MSG_DIAL, &m, sizeof(m));
	if (m.timeout_ms == 0 || m.timeout_ms > TIMEOUT_MS_MAX)
		m.timeout_ms = TIMEOUT_MS_MAX;
	d = dial_new(room->base, imsg_get_id(imsg), &m, answer);
	if (dial_count() > DIALS_MAX)
		dial_fail(d, "%u connections are being made already",
		    DIALS_MAX);
	else if (m.host[0] == '\0' || m.port == 0)
		dial_fail(d, "no host or no port");
	else
		dial_begin(d, room->kind == ROOM_PROBER_DIALER);
}

static void
answer(uint32_t id, int fd, const struct msg_dialed *m)
{
	room_send(dialer, MSG_DIALED, id, fd, m);
}
