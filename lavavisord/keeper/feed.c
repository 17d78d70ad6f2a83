#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/queue.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "common/room.h"
#include "compat/drained.h"
#include "lavavisord/keeper/feed.h"
#include "lavavisord/keeper/safe.h"

#define LOOK_MS		20	/* where nobody tells that a pipe is empty */

struct feed {
	TAILQ_ENTRY(feed)	 entry;
	char			 name[NAME_SIZE];
	uint64_t		 generation;
	int			 in;		/* the write end, -1 none */
	int			 out;		/* the read end, -1 none */
	uint32_t		 written;	/* lines */
	uint32_t		 asked;		/* of them that were read */
	struct event		*drained;	/* NULL not begun */
	int			 fed;	/* nothing more once it has asked */
	int64_t			 until_ms;
};

static void	begin(struct feed *);
static void	count(struct feed *);
static void	feed_free(struct feed *);
static void	hear(struct feed *);
static void	shut(struct feed *);
static void	step(evutil_socket_t, short, void *);
static struct feed *find(const char *);
static struct feed *make(const char *, uint64_t);

static TAILQ_HEAD(, feed)	 feeds = TAILQ_HEAD_INITIALIZER(feeds);
static struct event_base	*base;

void
feed_setup(struct event_base *b)
{
	base = b;
}

static struct feed *
find(const char *name)
{
	struct feed	*f;

	TAILQ_FOREACH(f, &feeds, entry)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static struct feed *
make(const char *name, uint64_t generation)
{
	struct feed	*f;

	if ((f = find(name)) != NULL && f->generation == generation)
		return f;
	if (f != NULL)
		feed_free(f);
	if ((f = calloc(1, sizeof(*f))) == NULL)
		fatal("calloc");
	strlcpy(f->name, name, sizeof(f->name));
	f->generation = generation;
	f->in = f->out = -1;
	TAILQ_INSERT_TAIL(&feeds, f, entry);
	return f;
}

static void
feed_free(struct feed *f)
{
	shut(f);
	TAILQ_REMOVE(&feeds, f, entry);
	free(f);
}

/* Nothing more is written, and nothing of it stays behind. */
static void
shut(struct feed *f)
{
	if (f->out != -1) {
		count(f);
		drained_take_back(f->out);
		close(f->out);
	}
	if (f->in != -1)
		close(f->in);
	if (f->drained != NULL)
		event_free(f->drained);
	f->in = f->out = -1;
	f->drained = NULL;
}

/* A line is read when nothing of it is left. */
static void
count(struct feed *f)
{
	int	 left;

	if (f->asked < f->written && f->out != -1 &&
	    ioctl(f->out, FIONREAD, &left) == 0 && left == 0)
		f->asked = f->written;
}

void
feed_write_end(const char *name, uint64_t generation, int fd)
{
	struct feed	*f = make(name, generation);

	if (f->in != -1)
		close(f->in);
	f->in = fd;
	begin(f);
}

void
feed_read_end(const char *name, uint64_t generation, int fd)
{
	struct feed	*f = make(name, generation);

	if (f->out != -1)
		close(f->out);
	f->out = fd;
	begin(f);
}

static void
begin(struct feed *f)
{
	int	 flags;

	if (f->in == -1 || f->out == -1 || f->drained != NULL)
		return;
	/* Of the write end alone: the service has the other one. */
	if ((flags = fcntl(f->in, F_GETFL)) == -1 ||
	    fcntl(f->in, F_SETFL, flags | O_NONBLOCK) == -1)
		fatal("fcntl");
	if ((f->drained = event_new(base, drained_is_told() ? f->in : -1,
	    EV_WRITE, step, f)) == NULL)
		fatalx("out of memory for events");
	f->until_ms = room_now_ms() + FEED_MS;
	step(-1, 0, f);
}

/* Until it is empty, or for the next look */
static void
hear(struct feed *f)
{
	struct timeval	 tv = { 0, LOOK_MS * 1000 };
	int64_t		 left = f->until_ms - room_now_ms();

	if (drained_is_told()) {
		if (left < 1)
			left = 1;
		tv.tv_sec = (time_t)(left / 1000);
		tv.tv_usec = (suseconds_t)(left % 1000) * 1000;
	}
	if (event_add(f->drained, &tv) == -1)
		fatalx("event_add");
}

static void
step(evutil_socket_t fd, short what, void *arg)
{
	const struct secret	*s;
	struct feed		*f = arg;

	(void)fd;
	(void)what;
	count(f);
	if (f->asked < f->written) {
		if (room_now_ms() >= f->until_ms)
			shut(f);
		else
			hear(f);
		return;
	}
	if ((f->fed && f->asked > 0) || f->written == FEED_LINES ||
	    (s = safe_find(f->name)) == NULL ||
	    safe_write(s, f->in) == -1) {
		shut(f);
		return;
	}
	f->written++;
	hear(f);
}

void
feed_fed(const char *name, uint64_t generation)
{
	struct secret	*s;
	struct feed	*f;

	if ((f = find(name)) == NULL || f->generation != generation)
		return;
	f->fed = 1;
	count(f);
	if (f->asked > 0)
		shut(f);
	if ((s = safe_find(name)) != NULL)
		s->proven = 1;
}

uint32_t
feed_end(const char *name, uint64_t generation)
{
	struct feed	*f;
	uint32_t	 asked;

	if ((f = find(name)) == NULL || f->generation != generation)
		return 0;
	if (f->out != -1)
		count(f);
	asked = f->asked;
	feed_free(f);
	return asked;
}

uint64_t
feed_generation(const char *name)
{
	struct feed	*f = find(name);

	return f != NULL ? f->generation : 0;
}

void
feed_stop(const char *name)
{
	struct feed	*f;

	if ((f = find(name)) != NULL)
		shut(f);
}
