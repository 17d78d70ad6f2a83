/*
 * The prober: asks services whether they are ready and well, by HTTP, over
 * sockets that the prober's dialer has connected.  It is there only while
 * there is something to ask.
 */

#include <sys/types.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/curl_handed.h"
#include "common/log.h"
#include "common/message.h"
#include "common/room.h"
#include "lavavisord/prober/http.h"

#define PROBES_MAX	64
#define TIMEOUT_MS_MAX	600000

static struct room		*prober;
static struct handed_pool	*pool;

static void	answer(uint32_t, const char *);
static void	dispatch(struct room *, struct imsg *);
static void	exercise(struct room *);
static void	prepare(struct room *);
static void	start(struct room *, struct imsg *);
static void	take_ca(struct imsg *);

static const struct room_code	 code = {
	.kind = ROOM_PROBER,
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
	prober = room;
	tzset();
	pool = handed_pool_new(room->base);
}

static void
exercise(struct room *room)
{
	(void)room;
	(void)time(NULL);
	(void)room_now_ms();
}

static void
dispatch(struct room *room, struct imsg *imsg)
{
	switch (imsg_get_type(imsg)) {
	case MSG_CA:
		take_ca(imsg);
		break;
	case MSG_PROBE:
		start(room, imsg);
		break;
	case MSG_PROBE_CANCEL:
		probe_cancel(imsg_get_id(imsg));
		break;
	default:
		fatalx("unexpected %s message",
		    message_name(imsg_get_type(imsg)));
	}
}

static void
take_ca(struct imsg *imsg)
{
	const char	*why;
	int		 fd;

	if ((fd = imsg_get_fd(imsg)) == -1)
		fatalx("no file with the trusted certificates");
	if (handed_pool_ca(pool, fd, &why) == -1)
		log_warnx("file of trusted certificates: %s", why);
}

static void
start(struct room *room, struct imsg *imsg)
{
	struct msg_probe	 m;
	uint32_t		 id = imsg_get_id(imsg);
	int			 fd;

	room_read(room, imsg, MSG_PROBE, &m, sizeof(m));
	if ((fd = imsg_get_fd(imsg)) == -1) {
		answer(id, "the connection was lost on its way (out of file "
		    "descriptors)");
		return;
	}
	if (probe_count() >= PROBES_MAX) {
		close(fd);
		answer(id, "too many services are asked at once");
		return;
	}
	if (m.timeout_ms == 0 || m.timeout_ms > TIMEOUT_MS_MAX)
		m.timeout_ms = TIMEOUT_MS_MAX;
	probe_begin(room->base, pool, id, fd, &m, answer);
}

static void
answer(uint32_t id, const char *error)
{
	struct msg_probed	 m;

	memset(&m, 0, sizeof(m));
	strlcpy(m.error, error, sizeof(m.error));
	room_send(prober, MSG_PROBED, id, -1, &m);
}
