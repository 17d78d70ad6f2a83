/*
 * The verifier: one job in its life, from MSG_VERIFY to MSG_VERIFIED.
 */

#include <sys/utsname.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "common/log.h"
#include "common/room.h"
#include "lavavisord/verifier/job.h"

/* At most four progress messages a second */
#define PROGRESS_MS	250
#define WAIT_MS		5	/* for more of the file; doubles up to: */
#define WAIT_MAX_MS	160

struct verifier {
	struct job	 job;
	struct event	*step;
	int		 ordered;	/* MSG_VERIFY has come */
	int		 going;		/* MSG_VERIFY_GO has come */
	int		 bad_key;	/* a key could not be read */
	int64_t		 told_ms;	/* when the last progress went */
	int			 wait_ms;	/* for a file that grows */
};

static void	answer(struct room *) __attribute__((__noreturn__));
static void	dispatch(struct room *, struct imsg *);
static void	exercise(struct room *);
static void	go(struct room *);
static void	prepare(struct room *);
static void	step(evutil_socket_t, short, void *);
static void	take_file(struct room *, struct imsg *);
static void	take_key(struct room *, struct imsg *);

static const struct room_code	 code = {
	.kind = ROOM_VERIFIER,
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
	struct verifier	*v;
	struct utsname	 name;

	if ((v = calloc(1, sizeof(*v))) == NULL)
		fatal(NULL);
	if (uname(&name) == -1)
		fatal("uname");
	job_init(&v->job, elf_target(name.sysname, name.machine));
	if ((v->step = event_new(room->base, -1, 0, step, room)) == NULL)
		fatalx("out of memory for events");
	if (sodium_init() == -1)
		fatalx("libsodium cannot start");
	room->data = v;
	/* The first hash may read files: the configuration of libcrypto. */
	exercise(room);
}

static void
exercise(struct room *room)
{
	EVP_MD_CTX	*ctx;
	unsigned char	 hash[EVP_MAX_MD_SIZE];
	unsigned int	 len;

	(void)room;
	if ((ctx = EVP_MD_CTX_new()) == NULL)
		fatal(NULL);
	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, "", 0) != 1 ||
	    EVP_DigestFinal_ex(ctx, hash, &len) != 1)
		fatalx("libcrypto has no SHA-256");
	EVP_MD_CTX_free(ctx);
}

static void
dispatch(struct room *room, struct imsg *imsg)
{
	struct verifier	*v = room->data;
	uint32_t	 type = imsg_get_type(imsg);

	if (v->going && v->job.order.growing && type == MSG_VERIFY_WHOLE) {
		v->job.order.growing = 0;
		event_active(v->step, EV_TIMEOUT, 0);
		return;
	}
	if (v->going || (type != MSG_VERIFY && !v->ordered) ||
	    (type == MSG_VERIFY && v->ordered))
		fatalx("a %s message out of turn", message_name(type));
	switch (type) {
	case MSG_VERIFY:
		room_read(room, imsg, MSG_VERIFY, &v->job.order,
		    sizeof(v->job.order));
		v->ordered = 1;
		break;
	case MSG_VERIFY_KEY:
		take_key(room, imsg);
		break;
	case MSG_VERIFY_FILE:
		take_file(room, imsg);
		break;
	case MSG_VERIFY_GO:
		go(room);
		break;
	default:
		fatalx("a %s message is not for the verifier",
		    message_name(type));
	}
}

static void
take_key(struct room *room, struct imsg *imsg)
{
	struct verifier		*v = room->data;
	struct msg_verify_key	 m;

	room_read(room, imsg, MSG_VERIFY_KEY, &m, sizeof(m));
	if (!v->bad_key && job_add_key(&v->job, &m) == -1)
		v->bad_key = 1;
}

static void
take_file(struct room *room, struct imsg *imsg)
{
	struct verifier		*v = room->data;
	struct msg_verify_file	 m;
	int			 fd;

	room_read(room, imsg, MSG_VERIFY_FILE, &m, sizeof(m));
	if ((fd = imsg_get_fd(imsg)) == -1)
		fatalx("a VERIFY_FILE message without a file");
	if (v->job.fds[m.which] != -1)
		fatalx("the same VERIFY_FILE twice");
	v->job.fds[m.which] = fd;
}

static void
go(struct room *room)
{
	struct verifier	*v = room->data;

	v->going = 1;
	/* A key that is none matters where keys do. */
	if ((v->bad_key && v->job.order.trust == TRUST_SIGNED) ||
	    job_begin(&v->job) == JOB_BAD)
		answer(room);
	event_active(v->step, EV_TIMEOUT, 0);
}

/* Between two steps the loop looks after the channel. */
static void
step(evutil_socket_t fd, short what, void *arg)
{
	struct timeval			 tv = { 0, 0 };
	struct room			*room = arg;
	struct verifier			*v = room->data;
	struct msg_progress		 progress;
	int64_t				 ms;

	(void)fd;
	(void)what;
	switch (job_step(&v->job)) {
	case JOB_MORE:
		v->wait_ms = 0;
		break;
	case JOB_WAIT:
		v->wait_ms = v->wait_ms == 0 ? WAIT_MS : v->wait_ms * 2;
		if (v->wait_ms > WAIT_MAX_MS)
			v->wait_ms = WAIT_MAX_MS;
		break;
	default:
		answer(room);
	}
	tv.tv_usec = v->wait_ms * 1000;
	if ((ms = room_now_ms()) - v->told_ms >= PROGRESS_MS) {
		v->told_ms = ms;
		progress.done = v->job.done;
		progress.total = v->job.total;
		room_send(room, MSG_PROGRESS, 0, -1, &progress);
	}
	if (event_add(v->step, &tv) == -1)
		fatalx("out of memory for events");
}

/* Says what came out and leaves: nothing outlives a verdict. */
static void
answer(struct room *room)
{
	struct verifier	*v = room->data;

	job_end(&v->job);
	room_send(room, MSG_VERIFIED, 0, -1, &v->job.result);
	exit(channel_drain(&room->parent, 10000) == 0 ? 0 : 1);
}
