/*
 * The downloader: fetches files, one after the other, into the staging files
 * that come with each order, over the connections that it is handed.
 */

#include <sys/queue.h>

#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/curl_handed.h"
#include "common/log.h"
#include "common/room.h"
#include "lavavisord/downloader/fetch.h"

struct entry {
	TAILQ_ENTRY(entry)	 next;
	struct fetch		*fetch;
	int			 over;	/* reported: to be freed */
};

struct downloader {
	struct handed_pool		*pool;
	TAILQ_HEAD(queue, entry)	 queue;	/* the first is under way */
	struct event			*turn;
};

static void	dispatch(struct room *, struct imsg *);
static void	ended(struct fetch *, void *);
static void	prepare(struct room *);
static void	take_ca(struct downloader *, struct imsg *);
static void	take_dialed(struct room *, struct imsg *);
static void	take_fetch(struct room *, struct imsg *);
static void	turn(evutil_socket_t, short, void *);

static const struct room_code	 code = {
	.kind = ROOM_DOWNLOADER,
	.prepare = prepare,
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
	struct downloader	*d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		fatal(NULL);
	TAILQ_INIT(&d->queue);
	d->pool = handed_pool_new(room->base);
	if ((d->turn = event_new(room->base, -1, 0, turn, d)) == NULL)
		fatalx("out of memory for events");
	room->data = d;
}

static void
dispatch(struct room *room, struct imsg *imsg)
{
	switch (imsg_get_type(imsg)) {
	case MSG_CA:
		take_ca(room->data, imsg);
		break;
	case MSG_FETCH:
		take_fetch(room, imsg);
		break;
	case MSG_DIALED:
		take_dialed(room, imsg);
		break;
	default:
		fatalx("a %s message is not for the downloader",
		    message_name(imsg_get_type(imsg)));
	}
}

static void
take_ca(struct downloader *d, struct imsg *imsg)
{
	const char	*why;
	int		 fd, n;

	if ((fd = imsg_get_fd(imsg)) == -1)
		fatalx("a CA message without a file");
	if ((n = handed_pool_ca(d->pool, fd, &why)) == -1)
		log_warnx("the file of trusted CAs %s", why);
	else
		log_debug("%d trusted CAs", n);
}

static void
take_fetch(struct room *room, struct imsg *imsg)
{
	struct downloader	*d = room->data;
	struct msg_fetch	 m;
	struct entry		*e;
	int			 fd;

	room_read(room, imsg, MSG_FETCH, &m, sizeof(m));
	if ((fd = imsg_get_fd(imsg)) == -1)
		fatalx("a FETCH message without a file");
	if ((e = calloc(1, sizeof(*e))) == NULL)
		fatal(NULL);
	e->fetch = fetch_new(room, d->pool, imsg_get_id(imsg), &m, fd, ended,
	    d);
	if (TAILQ_EMPTY(&d->queue))
		event_active(d->turn, EV_TIMEOUT, 0);
	TAILQ_INSERT_TAIL(&d->queue, e, next);
}

static void
take_dialed(struct room *room, struct imsg *imsg)
{
	struct downloader	*d = room->data;
	struct msg_dialed	 m;
	struct entry		*e;
	int			 fd;

	room_read(room, imsg, MSG_DIALED, &m, sizeof(m));
	fd = imsg_get_fd(imsg);
	if ((e = TAILQ_FIRST(&d->queue)) != NULL)
		fetch_dialed(e->fetch, imsg_get_id(imsg), fd, m.error);
	else if (fd != -1)
		close(fd);
}

/* From deep inside the fetch: it is freed when its turn has ended. */
static void
ended(struct fetch *fetch, void *arg)
{
	struct downloader	*d = arg;

	(void)fetch;
	TAILQ_FIRST(&d->queue)->over = 1;
	event_active(d->turn, EV_TIMEOUT, 0);
}

/* The first of the queue begins; from the loop, so that none nests. */
static void
turn(evutil_socket_t fd, short what, void *arg)
{
	struct downloader	*d = arg;
	struct entry		*e;

	(void)fd;
	(void)what;
	if ((e = TAILQ_FIRST(&d->queue)) != NULL && e->over) {
		TAILQ_REMOVE(&d->queue, e, next);
		fetch_free(e->fetch);
		free(e);
		e = TAILQ_FIRST(&d->queue);
	}
	/* The analyzer does not follow that TAILQ_REMOVE took the old one. */
	if (e != NULL)
		fetch_begin(e->fetch);	/* NOLINT(clang-analyzer-unix.Malloc) */
}
