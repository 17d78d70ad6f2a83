/*
 * The keeper: it alone knows the passphrases of services, and writes them to
 * their standard input.  They come and go through pipes that others only pass
 * on.
 */

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/log.h"
#include "common/room.h"
#include "compat/drained.h"
#include "lavavisord/keeper/feed.h"
#include "lavavisord/keeper/learn.h"
#include "lavavisord/keeper/safe.h"

static void	dispatch(struct room *, struct imsg *);
static void	exercise(struct room *);
static void	feed(struct imsg *, enum message_type);
static void	forget(struct imsg *);
static void	learn(struct imsg *);
static void	pause_now(void);
static void	prepare(struct room *);
static void	resume(struct imsg *);
static void	run_over(struct imsg *, enum message_type);
static void	same(struct imsg *);
static void	told(const char *, uint32_t, const char *);

static const struct room_code	 code = {
	.kind = ROOM_KEEPER,
	.prepare = prepare,
	.exercise = exercise,
	.dispatch = dispatch
};

static struct room	*room;

int
main(int argc, char *argv[])
{
	return room_main(&code, argc, argv);
}

static void
prepare(struct room *r)
{
	room = r;
	if (sodium_init() == -1)
		fatalx("libsodium cannot start");
	if (drained_prepare() == -1)
		fatal("pipe");
	learn_setup(r->base, told);
	feed_setup(r->base);
}

static void
exercise(struct room *r)
{
	unsigned char	*line = secret_room();

	(void)r;
	/* sodium_malloc(3) does not say whether it could. */
	if (sodium_mlock(line, SECRET_SIZE) == -1)
		log_warn("memory cannot be locked, so passphrases may come "
		    "into the swap: raise the limit memlock");
	line[0] = '\n';
	safe_put("-", line, 1);
	safe_forget("-");
}

static void
dispatch(struct room *r, struct imsg *imsg)
{
	enum message_type	 type = imsg_get_type(imsg);

	(void)r;
	switch (type) {
	case MSG_KEEPER_LEARN:
		learn(imsg);
		break;
	case MSG_KEEPER_SAME:
		same(imsg);
		break;
	case MSG_KEEPER_FORGET:
		forget(imsg);
		break;
	case MSG_KEEPER_FEED:
	case MSG_KEEPER_FEED_READ:
		feed(imsg, type);
		break;
	case MSG_KEEPER_FED:
	case MSG_KEEPER_END:
		run_over(imsg, type);
		break;
	case MSG_KEEPER_PAUSE:
		pause_now();
		break;
	case MSG_KEEPER_RESUME:
		resume(imsg);
		break;
	default:
		fatalx("unexpected %s message", message_name(type));
	}
}

static void
told(const char *name, uint32_t id, const char *error)
{
	struct msg_keeper_learnt	 m;

	memset(&m, 0, sizeof(m));
	strlcpy(m.name, name, sizeof(m.name));
	strlcpy(m.error, error, sizeof(m.error));
	room_send(room, MSG_KEEPER_LEARNT, id, -1, &m);
}

static void
learn(struct imsg *imsg)
{
	struct msg_keeper_learn	 m;
	int			 fd;

	room_read(room, imsg, MSG_KEEPER_LEARN, &m, sizeof(m));
	if ((fd = imsg_get_fd(imsg)) == -1)
		told(m.name, imsg_get_id(imsg), "its descriptor did not come "
		    "along");
	else
		learn_begin(m.name, imsg_get_id(imsg), fd, m.timeout_ms);
}

static void
same(struct imsg *imsg)
{
	struct msg_keeper_same	 m;

	room_read(room, imsg, MSG_KEEPER_SAME, &m, sizeof(m));
	learn_end(m.name);
	told(m.name, imsg_get_id(imsg), safe_copy(m.as, m.name) == -1 ?
	    "it is forgotten already" : "");
}

static void
forget(struct imsg *imsg)
{
	struct msg_keeper_name	 m;

	room_read(room, imsg, MSG_KEEPER_FORGET, &m, sizeof(m));
	learn_end(m.name);
	feed_stop(m.name);
	safe_forget(m.name);
}

static void
feed(struct imsg *imsg, enum message_type type)
{
	struct msg_keeper_run	 m;
	int			 fd;

	room_read(room, imsg, type, &m, sizeof(m));
	if ((fd = imsg_get_fd(imsg)) == -1)
		log_warnx("%s: its standard input did not come along", m.name);
	else if (type == MSG_KEEPER_FEED)
		feed_write_end(m.name, m.generation, fd);
	else
		feed_read_end(m.name, m.generation, fd);
}

static void
run_over(struct imsg *imsg, enum message_type type)
{
	struct msg_keeper_ended	 ended;
	struct msg_keeper_run	 m;

	room_read(room, imsg, type, &m, sizeof(m));
	if (type == MSG_KEEPER_FED) {
		feed_fed(m.name, m.generation);
		return;
	}
	memset(&ended, 0, sizeof(ended));
	strlcpy(ended.name, m.name, sizeof(ended.name));
	ended.generation = m.generation;
	ended.asked = feed_end(m.name, m.generation);
	room_send(room, MSG_KEEPER_ENDED, 0, -1, &ended);
}

/* Whoever is asking is about to be another program. */
static void
pause_now(void)
{
	learn_end(NULL);
	room_send(room, MSG_KEEPER_PAUSED, 0, -1, NULL);
	room_hush(room, 1);
}

static void
resume(struct imsg *imsg)
{
	struct msg_keeper_resume	 m;
	struct msg_keeper_holds		 holds;
	struct secret			*s;

	room_read(room, imsg, MSG_KEEPER_RESUME, &m, sizeof(m));
	room_hush(room, 0);
	if (m.protocol != KEEPER_PROTOCOL) {
		log_warnx("this keeper speaks protocol %d, the parent %u",
		    KEEPER_PROTOCOL, m.protocol);
		channel_drain(&room->parent, 1000);
		exit(ROOM_OTHER_BUILD);
	}
	room_send(room, MSG_READY, 0, -1, &room->walls);
	for (s = safe_next(NULL); s != NULL; s = safe_next(s)) {
		memset(&holds, 0, sizeof(holds));
		strlcpy(holds.name, s->name, sizeof(holds.name));
		holds.proven = (uint8_t)(s->proven != 0);
		holds.generation = feed_generation(s->name);
		room_send(room, MSG_KEEPER_HOLDS, 0, -1, &holds);
	}
	room_send(room, MSG_KEEPER_HOLDS_END, 0, -1, NULL);
}
