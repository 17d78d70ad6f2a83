#include <sys/types.h>
#include <sys/queue.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/room.h"
#include "lavavisord/keeper/learn.h"
#include "lavavisord/keeper/safe.h"

struct learner {
	TAILQ_ENTRY(learner)	 entry;
	char			 name[NAME_SIZE];
	uint32_t		 id;		/* of the order */
	int			 fd;
	unsigned char		*room;
	size_t			 len;
	struct event		*readable;	/* NULL not waited for yet */
	int64_t			 until_ms;
};

static void	end(struct learner *, const char *);
static void	more(struct learner *);
static void	ready(evutil_socket_t, short, void *);
static void	wait_for_more(struct learner *);

static TAILQ_HEAD(, learner)	 learners = TAILQ_HEAD_INITIALIZER(learners);
static struct event_base	*base;
static void			(*told)(const char *, uint32_t, const char *);

void
learn_setup(struct event_base *b,
    void (*f)(const char *, uint32_t, const char *))
{
	base = b;
	told = f;
}

void
learn_begin(const char *name, uint32_t id, int fd, uint32_t timeout_ms)
{
	struct learner	*l;
	int		 flags;

	learn_end(name);
	if ((l = calloc(1, sizeof(*l))) == NULL)
		fatal("calloc");
	strlcpy(l->name, name, sizeof(l->name));
	l->id = id;
	l->fd = fd;
	l->room = secret_room();
	l->until_ms = room_now_ms() + timeout_ms;
	TAILQ_INSERT_TAIL(&learners, l, entry);
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		end(l, strerror(errno));
	else
		more(l);
}

/* The rest of a line that is too long is not even read. */
static void
more(struct learner *l)
{
	const char	*why;
	ssize_t		 n;

	for (;;) {
		if (l->len == SECRET_SIZE) {
			end(l, "it is longer than 1023 bytes");
			return;
		}
		n = read(l->fd, l->room + l->len, SECRET_SIZE - l->len);
		if (n > 0) {
			l->len += (size_t)n;
			continue;
		}
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno != EAGAIN) {
			end(l, strerror(errno));
			return;
		}
		break;
	}
	if (n == -1) {
		if (l->readable == NULL && (l->readable = event_new(base,
		    l->fd, EV_READ, ready, l)) == NULL)
			fatalx("out of memory for events");
		wait_for_more(l);
		return;
	}
	if ((l->len = secret_line(l->room, l->len, &why)) == 0) {
		end(l, why);
		return;
	}
	safe_put(l->name, l->room, l->len);
	l->room = NULL;
	end(l, "");
}

/* The whole of it has one time, however small its pieces are. */
static void
wait_for_more(struct learner *l)
{
	struct timeval	 tv;
	int64_t		 left = l->until_ms - room_now_ms();

	if (left < 0)
		left = 0;
	tv.tv_sec = (time_t)(left / 1000);
	tv.tv_usec = (suseconds_t)(left % 1000) * 1000;
	if (event_add(l->readable, &tv) == -1)
		end(l, "it cannot be waited for");
}

static void
ready(evutil_socket_t fd, short what, void *arg)
{
	struct learner	*l = arg;

	(void)fd;
	if ((what & EV_READ) == 0)
		end(l, "its end did not come in time");
	else
		more(l);
}

/* error NULL: nobody wants to know */
static void
end(struct learner *l, const char *error)
{
	TAILQ_REMOVE(&learners, l, entry);
	if (l->readable != NULL)
		event_free(l->readable);
	close(l->fd);
	secret_room_free(l->room);
	if (error != NULL)
		told(l->name, l->id, error);
	free(l);
}

void
learn_end(const char *name)
{
	struct learner	*l, *next;

	for (l = TAILQ_FIRST(&learners); l != NULL; l = next) {
		next = TAILQ_NEXT(l, entry);
		if (name == NULL || strcmp(l->name, name) == 0)
			end(l, NULL);
	}
}
