/*
 * The control room: what a client of lavavisorctl may reach of the daemon.
 * It runs twice, as admin and as show; which verbs a socket is good for is
 * for the parent to say.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <unistd.h>

#include "common/log.h"
#include "common/room.h"
#include "lavavisord/control/clients.h"

static void	dispatch(struct room *, struct imsg *);
static void	exercise(struct room *);
static void	orphaned(struct room *);

static const struct room_code	 code = {
	.kind = ROOM_ADMIN,
	.other_kind = ROOM_SHOW,
	.prepare = clients_init,
	.exercise = exercise,
	.dispatch = dispatch,
	.orphaned = orphaned
};

int
main(int argc, char *argv[])
{
	return room_main(&code, argc, argv);
}

/* Who is at the other end is asked of each client */
static void
exercise(struct room *room)
{
	uid_t	 uid;
	gid_t	 gid;

	(void)room;
	if (getpeereid(ROOM_PARENT_FD, &uid, &gid) == -1)
		fatal("getpeereid");
}

/* The parent's last answers reach those who wait for them */
static void
orphaned(struct room *room)
{
	clients_farewell();
	room_leave(room);
}

static void
dispatch(struct room *room, struct imsg *imsg)
{
	struct msg_answer	 answer;
	struct msg_answer_end	 end;
	uint32_t		 id = imsg_get_id(imsg);
	int			 fd;

	switch (imsg_get_type(imsg)) {
	case MSG_LISTEN:
		if ((fd = imsg_get_fd(imsg)) == -1)
			fatalx("LISTEN without a socket");
		clients_listen(fd);
		break;
	case MSG_ANSWER:
		fd = imsg_get_fd(imsg);
		room_read(room, imsg, MSG_ANSWER, &answer, sizeof(answer));
		clients_answer(id, fd, &answer);
		break;
	case MSG_ANSWER_END:
		room_read(room, imsg, MSG_ANSWER_END, &end, sizeof(end));
		clients_answer_end(id, &end);
		break;
	default:
		fatalx("unexpected %s message",
		    message_name(imsg_get_type(imsg)));
	}
}
