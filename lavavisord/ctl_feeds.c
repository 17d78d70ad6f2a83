#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/ctl.h"
#include "lavavisord/ctl_feeds.h"
#include "lavavisord/events.h"
#include "lavavisord/history.h"
#include "lavavisord/lavavisord.h"

/* Answers that a client which reads is sure to take at once */
#define MONITOR_PAGE	128

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

void
ctl_monitor(struct client *c, const struct msg_request *m)
{
	struct page	 page = { c, MONITOR_PAGE };

	if (m->number != 0 && (m->number < 0 ||
	    (uint64_t)m->number - 1 > events_last())) {
		client_end(c, CTL_FAILED, "the last event is number %llu, so "
		    "there is none after %lld: monitor --from %llu goes on "
		    "with the next", (unsigned long long)events_last(),
		    (long long)m->number - 1,
		    (unsigned long long)events_last());
		return;
	}
	if (m->number != 0 && !client_may_stay(c)) {
		client_stays(c, NULL, NULL);	/* which says so */
		return;
	}
	if (m->number != 0 && events_since((uint64_t)m->number - 1,
	    monitor_line, &page) != 0)
		client_end(c, CTL_DONE, "%s", MONITOR_MORE);
	else
		client_stays(c, NULL, NULL);
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
