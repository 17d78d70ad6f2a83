#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "lavavisord/clock.h"
#include "lavavisord/events.h"
#include "lavavisord/history.h"

static const char	*where;
static uint64_t		 sequence;
static unsigned int	 heard_by;
static void		(*listener)(const char *, const char *);

static void	tell(const char *, json_t *, int);

void
events_init(const char *directory)
{
	where = directory;
}

void
events_listen(void (*f)(const char *, const char *))
{
	listener = f;
}

static void
tell(const char *event, json_t *facts, int lasting)
{
	char	 when[64], *line;
	json_t	*o;

	clock_text(clock_unix_ms(), when, sizeof(when));
	o = json_pack("{s:I, s:s, s:s}", "seq", (json_int_t)++sequence,
	    "time", when, "event", event);
	if (o == NULL || (facts != NULL && json_object_update(o, facts) == -1))
		fatalx("out of memory for an event");
	json_decref(facts);
	if ((line = json_dumps(o, JSON_COMPACT)) == NULL)
		fatalx("out of memory for an event");
	json_decref(o);
	log_debug("event %s", line);
	if (lasting && where != NULL)
		history_append(where, line);
	if (listener != NULL)
		listener(event, line);
	free(line);
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
