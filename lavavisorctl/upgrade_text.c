#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lavavisorctl/cells.h"
#include "lavavisorctl/screen_text.h"
#include "lavavisorctl/table.h"
#include "lavavisorctl/upgrade_text.h"

#define LINE_SIZE	4096

/* How a member becomes a cell */
enum form {
	AS_IT_IS,
	SINCE_BEGIN,	/* a time, as seconds since the upgrade began */
	SPAN		/* from the time of `from` to this one */
};

struct column {
	struct table_column	 title;
	const char		*key;
	enum form		 form;
	const char		*from;
};

static void	 line(FILE *, const char *, const char *, ...)
		    __attribute__((__format__(__printf__, 3, 4)));
static const char *member(const json_t *, const char *);
static int64_t	 ms_of(const json_t *, const char *);
static void	 print_chain(FILE *, const json_t *);
static void	 print_down(FILE *, const json_t *);
static void	 print_file(FILE *, const char *, const json_t *);
static void	 print_head(FILE *, const json_t *);
static void	 print_rows(FILE *, const char *, const json_t *,
		    const struct column *, size_t, int64_t, int);
static void	 print_sources(FILE *, const json_t *);
static json_t	*ways_back(const json_t *);

#define COLUMNS(a)	(a), sizeof(a) / sizeof((a)[0])

static const struct column	 service_columns[] = {
	{ { "ORDER", 1 }, "order", AS_IT_IS, NULL },
	{ { "NAME", 0 }, "name", AS_IT_IS, NULL },
	{ { "FROM", 0 }, "from", AS_IT_IS, NULL },
	{ { "OUTCOME", 0 }, "outcome", AS_IT_IS, NULL },
	{ { "DRAINED", 1 }, "ordered", SPAN, "draining" },
	{ { "ORDERED", 1 }, "ordered", SINCE_BEGIN, NULL },
	{ { "EXITED", 1 }, "exited", SINCE_BEGIN, NULL },
	{ { "STARTED", 1 }, "started", SINCE_BEGIN, NULL },
	{ { "READY", 1 }, "ready", SINCE_BEGIN, NULL },
	{ { "STABLE", 1 }, "stable", SINCE_BEGIN, NULL },
	{ { "GAP-MS", 1 }, "gap_ms", AS_IT_IS, NULL },
	{ { "READY-MS", 1 }, "ready_ms", AS_IT_IS, NULL },
	{ { "REASON", 0 }, "reason", AS_IT_IS, NULL }
};

static const struct column	 back_columns[] = {
	{ { "NAME", 0 }, "name", AS_IT_IS, NULL },
	{ { "ORDERED", 1 }, "ordered", SINCE_BEGIN, NULL },
	{ { "EXITED", 1 }, "exited", SINCE_BEGIN, NULL },
	{ { "STARTED", 1 }, "started", SINCE_BEGIN, NULL },
	{ { "READY", 1 }, "ready", SINCE_BEGIN, NULL }
};

static const struct column	 hook_columns[] = {
	{ { "HOOK", 0 }, "name", AS_IT_IS, NULL },
	{ { "STATE", 0 }, "state", AS_IT_IS, NULL },
	{ { "EXIT", 0 }, "exit", AS_IT_IS, NULL },
	{ { "STARTED", 1 }, "started", SINCE_BEGIN, NULL },
	{ { "TOOK", 1 }, "ended", SPAN, "started" },
	{ { "REASON", 0 }, "reason", AS_IT_IS, NULL }
};

/* Its text, "" when there is none */
static const char *
member(const json_t *o, const char *key)
{
	const char	*text = json_string_value(json_object_get(o, key));

	return text == NULL ? "" : text;
}

/* A time of RFC 3339 as ms since 1970, -1 none */
static int64_t
ms_of(const json_t *o, const char *key)
{
	const char	*text = member(o, key), *dot;
	int64_t		 s = time_parse(text);
	int		 ms = 0, i;

	if (s == -1)
		return -1;
	if ((dot = strchr(text, '.')) != NULL)
		for (i = 1; i <= 3; i++)
			ms = ms * 10 + (dot[i] >= '0' && dot[i] <= '9' ?
			    dot[i] - '0' : 0);
	return s * 1000 + ms;
}

static void
line(FILE *out, const char *title, const char *fmt, ...)
{
	char	 text[LINE_SIZE], *safe;
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	safe = screen_text(text, strlen(text));
	fprintf(out, "%-10s %s\n", title, safe);
	free(safe);
}

static void
print_chain(FILE *out, const json_t *c)
{
	json_t	*height = json_object_get(c, "height");

	if (member(c, "provider_target")[0] == '\0')
		return;
	line(out, "chain:", "providers %s (min %s), consumers %s (min %s), "
	    "height %" JSON_INTEGER_FORMAT " of %s, proof %s",
	    member(c, "provider_target"), member(c, "provider_min"),
	    member(c, "consumer_target"), member(c, "consumer_min"),
	    json_integer_value(height), member(c, "time"),
	    member(c, "proof"));
}

static void
print_file(FILE *out, const char *title, const json_t *f)
{
	char	 size[32];

	if (!json_is_object(f))
		return;
	bytes_text((uint64_t)json_integer_value(json_object_get(f, "size")),
	    size, sizeof(size));
	line(out, title, "%s, sha256 %s, %s, %s%s%s%s%s",
	    member(f, "version"), member(f, "sha256"), size, member(f, "how"),
	    member(f, "key")[0] ? " by " : "", member(f, "key"),
	    member(f, "source")[0] ? ", from " : "", member(f, "source"));
}

static void
print_sources(FILE *out, const json_t *sources)
{
	json_t	*s;
	size_t	 i;

	json_array_foreach(sources, i, s)
		line(out, "source:", "%s: %s", member(s, "url"),
		    member(s, "error"));
}

static void
print_down(FILE *out, const json_t *down)
{
	json_t	*name;
	size_t	 i;

	json_array_foreach(down, i, name)
		if (json_is_string(name))
			line(out, "down:", "%s", json_string_value(name));
}

static void
print_head(FILE *out, const json_t *u)
{
	int64_t		 from = ms_of(u, "started"), to = ms_of(u, "ended");
	json_int_t	 tries;

	line(out, "upgrade:", "%" JSON_INTEGER_FORMAT " to %s, %s",
	    json_integer_value(json_object_get(u, "id")), member(u, "to"),
	    member(u, "outcome"));
	line(out, "services:", "%s, from %s", member(u, "role"),
	    member(u, "from")[0] ? member(u, "from") : "none");
	line(out, "wanted by:", "%s%s%s", member(u, "by"),
	    member(u, "order")[0] ? ", " : "", member(u, "order"));
	print_chain(out, json_object_get(u, "chain"));
	line(out, "started:", "%s", member(u, "started"));
	if (to != -1 && from != -1)
		line(out, "ended:", "%s, after %" PRId64 ".%03" PRId64 "s",
		    member(u, "ended"), (to - from) / 1000,
		    (to - from) % 1000);
	tries = json_integer_value(json_object_get(u, "tries"));
	if (tries > 1)
		line(out, "tries:", "%" JSON_INTEGER_FORMAT, tries);
	if (member(u, "reason")[0] != '\0')
		line(out, "reason:", "%s", member(u, "reason"));
	print_file(out, "new file:", json_object_get(u, "new"));
	print_file(out, "old file:", json_object_get(u, "old"));
	print_sources(out, json_object_get(u, "sources"));
	print_down(out, json_object_get(u, "down"));
}

static void
print_rows(FILE *out, const char *title, const json_t *rows,
    const struct column *columns, size_t n, int64_t begin_ms, int colour)
{
	struct table_column	 titles[sizeof(service_columns) /
				    sizeof(service_columns[0])];
	const struct column	*c;
	struct table		*t;
	json_t			*row, *v;
	char			 text[CELL_SIZE];
	int64_t			 ms, since;
	size_t			 i;

	if (json_array_size(rows) == 0)
		return;
	for (i = 0; i < n; i++)
		titles[i] = columns[i].title;
	t = table_new(titles, n);
	json_array_foreach(rows, i, row) {
		for (c = columns; c < columns + n; c++) {
			v = json_object_get(row, c->key);
			ms = ms_of(row, c->key);
			since = c->form == SPAN ? ms_of(row, c->from) :
			    begin_ms;
			if (c->form == AS_IT_IS)
				cell_render(c->key, v, 0, text);
			else if (ms == -1 || since == -1)
				strlcpy(text, "-", sizeof(text));
			else
				snprintf(text, sizeof(text), "%.3fs",
				    (double)(ms - since) / 1000);
			table_cell(t, text, cell_tint(c->key, v));
		}
	}
	fprintf(out, "\n%s:\n", title);
	table_print(t, out, colour);
	table_free(t);
}

static json_t *
ways_back(const json_t *services)
{
	json_t	*list = json_array(), *s, *back, *o;
	size_t	 i;

	json_array_foreach(services, i, s) {
		back = json_object_get(s, "back");
		if (!json_is_object(back) || (o = json_copy(back)) == NULL)
			continue;
		json_object_set(o, "name", json_object_get(s, "name"));
		json_array_append_new(list, o);
	}
	return list;
}

void
upgrade_print(FILE *out, const json_t *u, int colour)
{
	json_t	*services = json_object_get(u, "services"), *back;
	int64_t	 begin_ms = ms_of(u, "started");

	print_head(out, u);
	print_rows(out, "Services, seconds since the beginning", services,
	    COLUMNS(service_columns), begin_ms, colour);
	back = ways_back(services);
	print_rows(out, "The way back", back, COLUMNS(back_columns), begin_ms,
	    colour);
	json_decref(back);
	print_rows(out, "Hooks", json_object_get(u, "hooks"),
	    COLUMNS(hook_columns), begin_ms, colour);
}
