#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/words.h"
#include "lavavisorctl/cells.h"
#include "lavavisorctl/history.h"
#include "lavavisorctl/table.h"

#define TIME_SHOWN	19	/* of an RFC 3339 time: to the second */

static void	add_version(struct table *, const json_t *);
static void	add_what(struct table *, const json_t *);
static const char *member(const json_t *, const char *const *);
static void	say(char *, const char *, const char *);

static const struct table_column	 columns[] = {
	{ "TIME (UTC)", 0 },
	{ "EVENT", 0 },
	{ "OF", 0 },
	{ "VERSION", 0 },
	{ "WHAT", 0 }
};

/* Who it is about: the first of these */
static const char *const	 subjects[] = { "service", "name", "room",
    "url", "file", "role", NULL };
/* Without their names at the beginning and the end */
static const char *const	 states[] = { "state", "phase", "outcome",
    NULL };
static const char *const	 reasons[] = { "reason", "text", "error",
    NULL };
/* In another column, or of no use to people */
static const char *const	 placed[] = { "seq", "time", "event", "from",
    "to", "version", NULL };

/* The first member of the list that is a text with something in it */
static const char *
member(const json_t *event, const char *const *list)
{
	const char	*text;

	for (; *list != NULL; list++) {
		text = json_string_value(json_object_get(event, *list));
		if (text != NULL && text[0] != '\0')
			return text;
	}
	return "";
}

static void
say(char *cell, const char *gap, const char *text)
{
	if (text[0] == '\0')
		return;
	if (cell[0] != '\0')
		strlcat(cell, gap, CELL_SIZE);
	strlcat(cell, text, CELL_SIZE);
}

static void
add_version(struct table *t, const json_t *event)
{
	static const char *const	 version[] = { "version", NULL };
	static const char *const	 from[] = { "from", NULL };
	static const char *const	 to[] = { "to", NULL };
	char				 cell[CELL_SIZE] = "";

	say(cell, "", member(event, from));
	if (member(event, to)[0] != '\0')
		say(cell, " ", "->");
	say(cell, " ", member(event, to));
	if (cell[0] == '\0')
		say(cell, "", member(event, version));
	table_cell(t, cell[0] == '\0' ? "-" : cell, TINT_NONE);
}

/* State, what else there is by its name, reason */
static void
add_what(struct table *t, const json_t *event)
{
	const char	*subject = member(event, subjects), *key, *text;
	char		 cell[CELL_SIZE] = "", value[CELL_SIZE];
	json_t		*v;

	say(cell, "", member(event, states));
	json_object_foreach((json_t *)(uintptr_t)event, key, v) {
		text = json_string_value(v);
		if (json_is_null(v) || word_is_listed(key, placed) ||
		    (text != NULL && (text[0] == '\0' || text == subject ||
		    word_is_listed(key, states) ||
		    word_is_listed(key, reasons))))
			continue;
		cell_render(key, v, 0, value);
		say(cell, " ", key);
		strlcat(cell, "=", sizeof(cell));
		strlcat(cell, text != NULL ? text : value, sizeof(cell));
	}
	say(cell, ": ", member(event, reasons));
	table_cell(t, cell[0] == '\0' ? "-" : cell, TINT_NONE);
}

void
history_table(FILE *out, const json_t *events, int colour)
{
	static const char *const	 when[] = { "time", NULL };
	static const char *const	 event[] = { "event", NULL };
	struct table			*t;
	char				 cell[TIME_SHOWN + 1], *p;
	json_t				*v;
	size_t				 i;

	t = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(events, i, v) {
		strlcpy(cell, member(v, when), sizeof(cell));
		if ((p = strchr(cell, 'T')) != NULL)
			*p = ' ';
		table_cell(t, cell, TINT_NONE);
		table_cell(t, member(v, event), TINT_NONE);
		table_cell(t, member(v, subjects)[0] == '\0' ? "-" :
		    member(v, subjects), TINT_NONE);
		add_version(t, v);
		add_what(t, v);
	}
	table_print(t, out, colour);
	table_free(t);
}

void
history_lines(FILE *out, const json_t *events)
{
	char	*line;
	json_t	*v;
	size_t	 i;

	json_array_foreach(events, i, v) {
		if ((line = json_dumps(v, JSON_COMPACT)) == NULL)
			fatalx("out of memory");
		fprintf(out, "%s\n", line);
		free(line);
	}
}
