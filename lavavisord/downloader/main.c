#include "common/room.h"

static void	dispatch(struct room *, struct imsg *);

static const struct room_code	 code = {
	.kind = ROOM_DOWNLOADER,
	.dispatch = dispatch
};

int
main(int argc, char *argv[])
{
	return room_main(&code, argc, argv);
}

static void
dispatch(struct room *room, struct imsg *imsg)
{
	(void)room;
	(void)imsg;
}
