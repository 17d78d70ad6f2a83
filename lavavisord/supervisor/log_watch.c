#include <sys/types.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/match.h"
#include "lavavisord/supervisor/log_watch.h"

#define PIECE	(16 * 1024)

struct log_watch {
	int		 fd;		/* -1: it is over */
	uint32_t	 slot;
	uint64_t	 generation;
	struct match	 match;
	struct event	*turn;
	void		(*matched)(uint32_t, uint64_t);
};

static int	look(struct log_watch *, size_t);
static void	over(struct log_watch *);
static void	turn(int, short, void *);

struct log_watch *
log_watch_open(struct event_base *base, int fd, const struct msg_watch_log *m,
    void (*matched)(uint32_t, uint64_t))
{
	struct log_watch	*w;

	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (w->turn = event_new(base, -1, 0, turn, w)) == NULL)
		fatalx("out of memory for a watch");
	w->fd = fd;
	w->slot = m->slot;
	w->generation = m->generation;
	match_init(&w->match, m->text);
	w->matched = matched;
	event_active(w->turn, 0, 0);
	return w;
}

int
log_watch_is(const struct log_watch *w, const struct msg_watch_log *m)
{
	return w != NULL && w->generation == m->generation &&
	    strcmp(w->match.text, m->text) == 0;
}

void
log_watch_close(struct log_watch *w)
{
	if (w == NULL)
		return;
	event_free(w->turn);
	if (w->fd != -1)
		close(w->fd);
	free(w);
}

static void
over(struct log_watch *w)
{
	close(w->fd);
	w->fd = -1;
	w->matched(w->slot, w->generation);
}

/* 1 when there may be more than max bytes. */
static int
look(struct log_watch *w, size_t max)
{
	char	 data[PIECE];
	ssize_t	 n;

	while (w->fd != -1 && max > 0) {
		n = read(w->fd, data, max < PIECE ? max : PIECE);
		if (n <= 0)
			return 0;
		max -= (size_t)n;
		if (match_feed(&w->match, data, (size_t)n))
			over(w);
	}
	return w->fd != -1;
}

void
log_watch_more(struct log_watch *w)
{
	if (w != NULL && look(w, LOG_WATCH_TURN))
		event_active(w->turn, 0, 0);
}

static void
turn(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	log_watch_more(arg);
}

/* A log begins with a new line; of the old one a turn's worth is looked at. */
void
log_watch_next(struct log_watch *w, int fd)
{
	look(w, LOG_WATCH_TURN);
	if (w->fd == -1) {
		close(fd);
		return;
	}
	close(w->fd);
	w->fd = fd;
	match_restart(&w->match);
	event_active(w->turn, 0, 0);
}
