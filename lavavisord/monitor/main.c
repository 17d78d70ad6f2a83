/*
 * The monitor: asks the chain's nodes which versions the chain wants, over
 * sockets that it is handed.
 */

#include <sys/types.h>

#include <string.h>
#include <time.h>

#include <jansson.h>

#include "common/curl_handed.h"
#include "common/log.h"
#include "common/message.h"
#include "common/room.h"
#include "lavavisord/monitor/round.h"

#define POLL_MS_MIN		50
#define POLL_MS_DEFAULT		15000
#define POLL_MS_MAX		(24 * 3600 * 1000)
#define TIMEOUT_MS_DEFAULT	5000
#define TIMEOUT_MS_MAX		60000

static struct handed_pool	*pool;
static int			 set_up;

static void	dispatch(struct room *, struct imsg *);
static void	exercise(struct room *);
static void	prepare(struct room *);
static void	take_ca(struct imsg *);
static void	take_dialed(struct room *, struct imsg *);
static void	take_node(struct room *, struct imsg *);
static void	take_setup(struct room *, struct imsg *);

static const struct room_code	 code = {
	.kind = ROOM_MONITOR,
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
	/* Both read files at their first use. */
	tzset();
	json_object_seed(0);
	pool = handed_pool_new(room->base);
	round_init(room, pool);
}

static void
exercise(struct room *room)
{
	(void)room;
	json_decref(json_pack("{s:i, s:[]}", "number", 1, "list"));
	(void)time(NULL);
	(void)room_now_ms();
}

static void
dispatch(struct room *room, struct imsg *imsg)
{
	uint32_t	 type = imsg_get_type(imsg);

	if (!set_up && (type == MSG_NODE || type == MSG_NODES_END))
		fatalx("%s before the setup", message_name(type));
	switch (type) {
	case MSG_CA:
		take_ca(imsg);
		break;
	case MSG_MONITOR_SETUP:
		take_setup(room, imsg);
		break;
	case MSG_NODE:
		take_node(room, imsg);
		break;
	case MSG_NODES_END:
	case MSG_POLL_NOW:
		round_now();
		break;
	case MSG_DIALED:
		take_dialed(room, imsg);
		break;
	default:
		fatalx("unexpected %s message", message_name(type));
	}
}

static void
take_ca(struct imsg *imsg)
{
	const char	*why;
	int		 fd, n;

	if ((fd = imsg_get_fd(imsg)) == -1)
		fatalx("no file with the trusted certificates");
	if ((n = handed_pool_ca(pool, fd, &why)) == -1)
		log_warnx("file of trusted certificates: %s", why);
	else
		log_debug("%d trusted certificates", n);
}

static void
take_setup(struct room *room, struct imsg *imsg)
{
	struct msg_monitor_setup	 m;

	room_read(room, imsg, MSG_MONITOR_SETUP, &m, sizeof(m));
	if (m.poll_ms == 0)
		m.poll_ms = POLL_MS_DEFAULT;
	if (m.poll_ms < POLL_MS_MIN)
		m.poll_ms = POLL_MS_MIN;
	if (m.poll_ms > POLL_MS_MAX)
		m.poll_ms = POLL_MS_MAX;
	if (m.timeout_ms == 0)
		m.timeout_ms = TIMEOUT_MS_DEFAULT;
	if (m.timeout_ms > TIMEOUT_MS_MAX)
		m.timeout_ms = TIMEOUT_MS_MAX;
	round_setup(&m);
	set_up = 1;
}

static void
take_node(struct room *room, struct imsg *imsg)
{
	struct msg_node	 m;

	room_read(room, imsg, MSG_NODE, &m, sizeof(m));
	round_node(&m);
}

static void
take_dialed(struct room *room, struct imsg *imsg)
{
	struct msg_dialed	 m;

	room_read(room, imsg, MSG_DIALED, &m, sizeof(m));
	round_dialed(imsg_get_id(imsg), imsg_get_fd(imsg), &m);
}
