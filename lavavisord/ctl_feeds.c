#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/ctl.h"
#include "lavavisord/ctl_feeds.h"
#include "lavavisord/events.h"
#include "lavavisord/history.h"
#include "lavavisord/lavavisord.h"

/* Answers that a client which reads is sure to take at once */
#define MONITOR_PAGE	128

/*
 * The history is read so often at once and then every so many ms, as it takes
 * the time of the others: whoever asks more waits.
 */
#define READS_AT_ONCE	8
#define READ_EVERY_MS	10

#define SHOWN_MAX	1000
#define SHOWN_BYTES	(1024 * 1024)

struct page {
	struct client	*client;
	int		 left;
};

/* The last lines so far, a ring; NULL before there are enough */
struct tail {
	char	*line[SHOWN_MAX];
	size_t	 next;
};

static int64_t	 may_read_ms;	/* the next time the history is read */

static int	 in_turn(struct client *, void (*)(struct client *));
static void	 history(struct client *);
static void	 monitor(struct client *);
static int	 monitor_line(const char *, void *);
static int	 tail_line(uint64_t, const char *, void *);

/* Until so many answers wait for it */
static int
monitor_line(const char *line, void *arg)
{
	struct page	*page = arg;

	client_line(page->client, line);
	page->left -= 1 + (int)(strlen(line) / ANSWER_SIZE);
	return page->left <= 0;
}

/* 1 if it may go on, else f goes on for it later, or it has been ended. */
static int
in_turn(struct client *c, void (*f)(struct client *))
{
	int64_t	 now = clock_ms(), begin = now - READS_AT_ONCE * READ_EVERY_MS;

	if (may_read_ms < begin)
		may_read_ms = begin;
	may_read_ms += READ_EVERY_MS;
	if (may_read_ms <= now)
		return 1;
	if (client_stays(c, "", NULL) == 0)
		client_timer(c, may_read_ms - now, f);
	else
		may_read_ms -= READ_EVERY_MS;
	return 0;
}

/* What it has missed, and then what comes, if that was all */
static void
monitor(struct client *c)
{
	struct page	 page = { c, MONITOR_PAGE };

	if (events_since((uint64_t)client_request(c)->number - 1,
	    monitor_line, &page) != 0)
		client_end(c, CTL_DONE, "%s", MONITOR_MORE);
	else
		client_stays(c, NULL, NULL);
}

void
ctl_monitor(struct client *c, const struct msg_request *m)
{
	uint64_t	 last = events_last();

	if (m->number == 0)
		client_stays(c, NULL, NULL);
	else if (m->number < 0)
		client_end(c, CTL_FAILED, "events are numbered from 1");
	else if ((uint64_t)m->number - 1 > last)
		client_end(c, CTL_FAILED, "the last event is number %llu, so "
		    "there is none after %lld: monitor --from %llu goes on "
		    "with the next", (unsigned long long)last,
		    (long long)m->number - 1, (unsigned long long)last);
	else if (!client_may_stay(c))
		client_stays(c, NULL, NULL);	/* which says so */
	else if (events_kept((uint64_t)m->number - 1) ||
	    in_turn(c, monitor))
		monitor(c);
}

static int
tail_line(uint64_t seq, const char *line, void *arg)
{
	struct tail	*t = arg;
	char		**slot = &t->line[t->next++ % SHOWN_MAX];

	(void)seq;
	free(*slot);
	if ((*slot = strdup(line)) == NULL)
		fatal("strdup");
	return 0;
}

void
ctl_history(struct client *c, const struct msg_request *m)
{
	(void)m;
	if (in_turn(c, history))
		history(c);
}

static void
history(struct client *c)
{
	const struct msg_request *m = client_request(c);
	struct tail	 t;
	json_t		*l, *o;
	size_t		 i, n = SHOWN_MAX, size = 0;
	char		*line;

	memset(&t, 0, sizeof(t));
	if ((l = json_array()) == NULL)
		fatalx("out of memory for an answer");
	if (m->number > 0 && m->number < (int64_t)n)
		n = (size_t)m->number;
	history_each(env.places.directory, tail_line, &t);
	for (i = 0; i < n; i++) {
		line = t.line[(t.next + 2 * SHOWN_MAX - 1 - i) % SHOWN_MAX];
		if (line == NULL || (size += strlen(line)) > SHOWN_BYTES)
			break;
		/* People have editors. */
		if (json_is_object(o = json_loads(line, 0, NULL)) &&
		    json_array_insert(l, 0, o) == -1)
			fatalx("out of memory for an answer");
		json_decref(o);
	}
	for (i = 0; i < SHOWN_MAX; i++)
		free(t.line[i]);
	client_answer(c, l);
	client_end(c, CTL_DONE, "%s", "");
}
