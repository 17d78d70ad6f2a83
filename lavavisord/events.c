#include <sys/types.h>

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/log.h"
#include "lavavisord/clock.h"
#include "lavavisord/events.h"
#include "lavavisord/history.h"

#define SEQUENCE_LEN	42	/* two numbers of 20 digits */

/* A line that is kept in memory */
struct kept {
	uint64_t	 seq;
	char		*line;
	int		 lasting;
};

/* Someone who is told what was missed */
struct replay {
	uint64_t	  told;		/* all up to this */
	uint64_t	  end;		/* what memory has begins here */
	int		  any;		/* the history has older ones */
	int		(*f)(const char *, void *);
	void		 *arg;
};

static const char	*where;
static uint64_t		 sequence;
static unsigned int	 heard_by;
static void		(*listener)(const char *, const char *);
static void		(*noter)(const json_t *);

static struct kept	 ring[EVENTS_KEPT];
static size_t		 ring_first, ring_count, ring_bytes;

/* What should be in the history: all up to `lasting`, and is: to `written` */
static uint64_t		 lasting, written;
static uint64_t		 gone;	/* the last one that will never be written */
static int		 sequence_fd = -1;

static void	 drop_oldest(void);
static json_t	*event_new(uint64_t, const char *, json_t *);
static void	 flush(void);
static void	 keep(uint64_t, char *, int);
static char	*line_of(const json_t *);
static char	*lost_line(uint64_t, uint64_t, const char *);
static int	 highest(uint64_t, const char *, void *);
static int	 replay_line(uint64_t, const char *, void *);
static int	 replay_lost(struct replay *, uint64_t);
static int	 sequence_file(void);
static void	 sequence_open(void);
static int	 sequence_read(const char *);
static void	 sequence_save(void);
static void	 tell(const char *, json_t *, int);

static int
highest(uint64_t seq, const char *line, void *arg)
{
	uint64_t	*n = arg;

	(void)line;
	if (seq > *n)
		*n = seq;
	return 0;
}

static int
sequence_file(void)
{
	char	 path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", where, EVENTS_SEQUENCE);
	return open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC, 0640);
}

/* What sequence_save() writes; -1 when it is something else. */
static int
sequence_read(const char *text)
{
	char	*end;

	if (strspn(text, "0123456789") != 20 || text[20] != ' ' ||
	    strspn(text + 21, "0123456789") != 20 || text[41] != '\n')
		return -1;
	sequence = strtoull(text, &end, 10);
	lasting = strtoull(text + 21, &end, 10);
	return lasting <= sequence && sequence < INT64_MAX / 2 ? 0 : -1;
}

/*
 * Where the numbers have come to.  Without the file, which an older daemon has
 * not made, they were counted from 1 by each daemon: go above all of them.
 */
static void
sequence_open(void)
{
	char		 text[SEQUENCE_LEN + 1];
	uint64_t	 in_history = history_last_number(where);
	ssize_t		 n;

	sequence_fd = sequence_file();
	n = sequence_fd == -1 ? -1 : pread(sequence_fd, text, SEQUENCE_LEN, 0);
	text[n > 0 ? n : 0] = '\0';
	if (n != SEQUENCE_LEN || sequence_read(text) == -1) {
		sequence = 0;
		history_each(where, highest, &sequence);
		lasting = in_history;
	}
	if (in_history > lasting)
		lasting = in_history;
	if (lasting > sequence)
		sequence = lasting;
	written = in_history;
	/* A full disk has kept them from the history until we died. */
	if (lasting > written)
		gone = lasting;
}

/* In place: on a full disk as well */
static void
sequence_save(void)
{
	static int	 failing;
	char		 text[SEQUENCE_LEN + 1];
	int		 failed;

	if (where == NULL)
		return;
	if (sequence_fd == -1)
		sequence_fd = sequence_file();
	snprintf(text, sizeof(text), "%020" PRIu64 " %020" PRIu64 "\n",
	    sequence, lasting);
	failed = sequence_fd == -1 ||
	    pwrite(sequence_fd, text, SEQUENCE_LEN, 0) != SEQUENCE_LEN;
	if (failed && !failing)
		log_warn("%s/%s: the numbers of events may begin anew",
		    where, EVENTS_SEQUENCE);
	failing = failed;
}

void
events_init(const char *directory)
{
	while (ring_count > 0)
		drop_oldest();
	if (sequence_fd != -1)
		close(sequence_fd);
	sequence_fd = -1;
	sequence = lasting = written = gone = 0;
	if ((where = directory) == NULL)
		return;
	sequence_open();
}

void
events_listen(void (*f)(const char *, const char *))
{
	listener = f;
}

void
events_note(void (*f)(const json_t *))
{
	noter = f;
}

static json_t *
event_new(uint64_t seq, const char *event, json_t *facts)
{
	char	 when[64];
	json_t	*o;

	clock_text(clock_unix_ms(), when, sizeof(when));
	o = json_pack("{s:I, s:s, s:s}", "seq", (json_int_t)seq,
	    "time", when, "event", event);
	if (o == NULL || (facts != NULL && json_object_update(o, facts) == -1))
		fatalx("out of memory for an event");
	json_decref(facts);
	return o;
}

static char *
line_of(const json_t *o)
{
	char	*line;

	if ((line = json_dumps(o, JSON_COMPACT)) == NULL)
		fatalx("out of memory for an event");
	return line;
}

static char *
lost_line(uint64_t first, uint64_t last, const char *reason)
{
	json_t	*o;
	char	*line;

	o = event_new(last, "lost", json_pack("{s:I, s:I, s:I, s:s}",
	    "first", (json_int_t)first, "last", (json_int_t)last, "count",
	    (json_int_t)(last - first + 1), "reason", reason));
	line = line_of(o);
	json_decref(o);
	return line;
}

static void
drop_oldest(void)
{
	struct kept	*k = &ring[ring_first];

	if (k->lasting && k->seq > written && k->seq > gone)
		gone = k->seq;
	ring_bytes -= strlen(k->line);
	free(k->line);
	ring_first = (ring_first + 1) % EVENTS_KEPT;
	ring_count--;
}

/* The line is taken. */
static void
keep(uint64_t seq, char *line, int lasts)
{
	struct kept	*k;
	size_t		 len = strlen(line);

	while (ring_count == EVENTS_KEPT ||
	    (ring_count > 0 && ring_bytes + len > EVENTS_BYTES))
		drop_oldest();
	k = &ring[(ring_first + ring_count++) % EVENTS_KEPT];
	k->seq = seq;
	k->line = line;
	k->lasting = lasts;
	ring_bytes += len;
}

/* To the history, what is not there yet */
static void
flush(void)
{
	struct kept	*k;
	char		*line;
	size_t		 i;
	int		 r;

	if (where == NULL)
		return;
	if (gone > written) {
		line = lost_line(written + 1, gone,
		    "the history could not be written");
		r = history_append(where, line);
		free(line);
		if (r == -1)
			return;
		written = gone;
	}
	/* Nearly always only the last one */
	for (i = ring_count; i > 0; i--)
		if (ring[(ring_first + i - 1) % EVENTS_KEPT].seq <= written)
			break;
	for (; i < ring_count; i++) {
		k = &ring[(ring_first + i) % EVENTS_KEPT];
		if (!k->lasting)
			continue;
		if (history_append(where, k->line) == -1)
			return;
		written = k->seq;
	}
}

static void
tell(const char *event, json_t *facts, int lasts)
{
	char	*line, *copy;
	json_t	*o;

	o = event_new(++sequence, event, facts);
	line = line_of(o);
	log_debug("event %s", line);
	/* What listens may tell of something itself. */
	if ((copy = strdup(line)) == NULL)
		fatal("strdup");
	keep(sequence, line, lasts);
	if (lasts)
		lasting = sequence;
	sequence_save();
	if (lasts)
		flush();
	if (lasts && noter != NULL)
		noter(o);
	json_decref(o);
	if (listener != NULL)
		listener(event, copy);
	free(copy);
}

void
event_tell(const char *event, json_t *facts)
{
	tell(event, facts, 1);
}

void
events_heard_by(unsigned int n)
{
	heard_by = n;
}

int
events_are_heard(void)
{
	return heard_by > 0;
}

void
event_tell_progress(const char *event, json_t *facts)
{
	if (heard_by == 0) {
		json_decref(facts);
		return;
	}
	tell(event, facts, 0);
}

uint64_t
events_last(void)
{
	return sequence;
}

int
events_kept(uint64_t after)
{
	return where == NULL || after + 1 >= (ring_count > 0 ?
	    ring[ring_first].seq : sequence + 1);
}

/* Up to last nobody has them any more */
static int
replay_lost(struct replay *r, uint64_t last)
{
	char	*line;
	int	 n;

	line = lost_line(r->told + 1, last, "the history has them no "
	    "more");
	n = r->f(line, r->arg);
	free(line);
	r->told = last;
	return n;
}

/* Numbers of a daemon that counted from 1 again are not told twice. */
static int
replay_line(uint64_t seq, const char *line, void *arg)
{
	struct replay	*r = arg;
	int		 oldest = !r->any;

	if (seq >= r->end)
		return 0;
	r->any = 1;
	if (seq <= r->told)
		return 0;
	/* No text within it has these quotes, which JSON escapes. */
	if (strstr(line, "\"event\":\"lost\"") != NULL)
		return replay_lost(r, seq);
	if (oldest && seq > r->told + 1 && replay_lost(r, seq - 1) != 0)
		return 1;
	r->told = seq;
	return r->f(line, r->arg);
}

int
events_since(uint64_t after, int (*f)(const char *, void *), void *arg)
{
	struct replay	 r = { after, UINT64_MAX, 0, f, arg };
	struct kept	*k;
	size_t		 i;
	uint64_t	 missing;

	r.end = ring_count > 0 ? ring[ring_first].seq : sequence + 1;
	/* Memory is enough for who has missed little. */
	if (!events_kept(after) &&
	    history_each(where, replay_line, &r) != 0)
		return 1;
	missing = r.any ? gone > written ? gone : 0 : r.end - 1;
	if (missing > r.told && replay_lost(&r, missing) != 0)
		return 1;
	for (i = 0; i < ring_count; i++) {
		k = &ring[(ring_first + i) % EVENTS_KEPT];
		if (k->seq <= r.told)
			continue;
		r.told = k->seq;
		if (f(k->line, arg) != 0)
			return 1;
	}
	return 0;
}
