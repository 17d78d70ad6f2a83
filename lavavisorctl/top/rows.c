#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisorctl/cells.h"
#include "lavavisorctl/screen_text.h"
#include "lavavisorctl/top/rows.h"

#define NAME_LEAST	12
#define LINE_LEAST	20	/* narrower is not worth a column */

/* Behind the name; the last one takes what is left. */
static const struct {
	const char	*title;
	int		 width;
	int		 right;
} columns[] = {
	{ "STATE", 9, 0 },
	{ "VERSION", 8, 0 },
	{ "PID", 7, 1 },
	{ "UP", 7, 1 },
	{ "CPU%", 6, 1 },
	{ "MEM", 9, 1 },
	{ "RST", 4, 1 }
};

#define COLUMNS	(sizeof(columns) / sizeof(columns[0]))

static void	cell(char *, size_t, const char *, size_t);
static void	copy(const json_t *, const char *, const char *, char *,
		    size_t);
static int64_t	number(const json_t *, const char *, int64_t);
static int	name_width(const struct rows *, int);
static int	row_fill(struct row *, const json_t *);
static void	put_columns(const struct rows *, const char *,
		    const char (*)[32], const char *, int, char *);

static void
copy(const json_t *o, const char *key, const char *none, char *to, size_t size)
{
	const char	*text = json_string_value(json_object_get(o, key));

	strlcpy(to, text == NULL ? none : text, size);
}

static int64_t
number(const json_t *o, const char *key, int64_t none)
{
	const json_t	*value = json_object_get(o, key);

	return json_is_integer(value) ? json_integer_value(value) : none;
}

static int
row_fill(struct row *r, const json_t *o)
{
	const char	*since = json_string_value(json_object_get(o,
			    "since"));
	const json_t	*ready = json_object_get(o, "ready");

	memset(r, 0, sizeof(*r));
	copy(o, "name", "", r->name, sizeof(r->name));
	if (r->name[0] == '\0')
		return -1;
	copy(o, "role", "-", r->role, sizeof(r->role));
	copy(o, "state", "-", r->state, sizeof(r->state));
	copy(o, "version", "-", r->version, sizeof(r->version));
	copy(o, "reason", "", r->reason, sizeof(r->reason));
	r->pid = number(o, "pid", 0);
	r->restarts = number(o, "restarts", 0);
	r->cpu_ms = number(o, "cpu_ms", -1);
	r->memory_kb = number(o, "memory_kb", -1);
	r->since_s = since == NULL ? -1 : time_parse(since);
	r->ready = json_is_boolean(ready) ? json_is_true(ready) : -1;
	r->cpu_tenths = -1;
	return 0;
}

struct row *
rows_find(const struct rows *rows, const char *name)
{
	size_t	 i;

	for (i = 0; i < rows->count; i++)
		if (strcmp(rows->row[i].name, name) == 0)
			return &rows->row[i];
	return NULL;
}

int
rows_fill(struct rows *rows, const json_t *answer, int64_t now_ms)
{
	struct rows	 fresh;
	struct row	*r;
	const struct row *was;
	size_t		 i;

	if (!json_is_array(answer))
		return -1;
	fresh.count = json_array_size(answer);
	fresh.at_ms = now_ms;
	if ((fresh.row = calloc(fresh.count + 1, sizeof(*r))) == NULL)
		fatal("calloc");
	for (i = 0; i < fresh.count; i++) {
		r = &fresh.row[i];
		if (row_fill(r, json_array_get(answer, i)) == -1) {
			free(fresh.row);
			return -1;
		}
		if ((was = rows_find(rows, r->name)) == NULL)
			continue;
		strlcpy(r->line, was->line, sizeof(r->line));
		if (r->pid == 0 || r->pid != was->pid || r->cpu_ms == -1 ||
		    was->cpu_ms == -1 || r->cpu_ms < was->cpu_ms)
			continue;
		/* Asked too soon again, a tick of the clock is far too much */
		if (now_ms - rows->at_ms < 100) {
			r->cpu_tenths = was->cpu_tenths;
			continue;
		}
		r->cpu_tenths = (int)((r->cpu_ms - was->cpu_ms) * 1000 /
		    (now_ms - rows->at_ms));
	}
	free(rows->row);
	*rows = fresh;
	return 0;
}

void
rows_free(struct rows *rows)
{
	free(rows->row);
	memset(rows, 0, sizeof(*rows));
}

void
text_fit(const char *text, int width, char *out, size_t size)
{
	char	*safe = screen_text(text, strlen(text));
	size_t	 used, n;

	/* A character more while it fits, then back where it did. */
	for (used = n = 0; safe[n] != '\0' && n + 1 < size; ) {
		for (n++; (safe[n] & 0xc0) == 0x80; n++)
			continue;
		if (n + 1 >= size)
			break;
		memcpy(out, safe, n);
		out[n] = '\0';
		if (screen_width(out) > (size_t)width)
			break;
		used = n;
	}
	out[used] = '\0';
	for (n = screen_width(out); n < (size_t)width && used + 1 < size; n++)
		out[used++] = ' ';
	out[used] = '\0';
	free(safe);
}

static int
name_width(const struct rows *rows, int screen)
{
	size_t	 i, width = NAME_LEAST;
	int	 most = screen < 100 ? 22 : 40;

	for (i = 0; i < rows->count; i++)
		if (screen_width(rows->row[i].name) > width)
			width = screen_width(rows->row[i].name);
	return width > (size_t)most ? most : (int)width;
}

static void
cell(char *out, size_t size, const char *text, size_t i)
{
	int	 width = columns[i].width;

	if (columns[i].right)
		snprintf(out, size, " %*.*s", width, width, text);
	else
		snprintf(out, size, " %-*.*s", width, width, text);
}

static void
put_columns(const struct rows *rows, const char *name,
    const char (*cells)[32], const char *line, int screen, char *out)
{
	char	 all[ROW_TEXT_SIZE], part[ROW_TEXT_SIZE];
	size_t	 i;
	int	 left = screen, width = name_width(rows, screen);

	text_fit(name, width, all, sizeof(all));
	left -= width;
	for (i = 0; i < COLUMNS; i++) {
		cell(part, sizeof(part), cells[i], i);
		strlcat(all, part, sizeof(all));
		left -= columns[i].width + 1;
	}
	if (left > LINE_LEAST) {
		strlcat(all, "  ", sizeof(all));
		text_fit(line, left - 2, part, sizeof(part));
		strlcat(all, part, sizeof(all));
	}
	text_fit(all, screen, out, ROW_TEXT_SIZE);
}

void
rows_title(const struct rows *rows, int screen, char *out)
{
	char	 cells[COLUMNS][32];
	size_t	 i;

	if (screen > COLUMNS_MAX)
		screen = COLUMNS_MAX;
	for (i = 0; i < COLUMNS; i++)
		strlcpy(cells[i], columns[i].title, sizeof(cells[i]));
	put_columns(rows, "SERVICE", (const char (*)[32])cells, "LAST LINE",
	    screen, out);
}

void
rows_text(const struct rows *rows, const struct row *r, int64_t now_s,
    int screen, char *out)
{
	char	 cells[COLUMNS][32];

	if (screen > COLUMNS_MAX)
		screen = COLUMNS_MAX;
	snprintf(cells[0], 32, "%.16s%s", r->state,
	    r->ready == 0 && r->pid != 0 ? "*" : "");
	strlcpy(cells[1], r->version, 32);
	strlcpy(cells[2], "-", 32);
	strlcpy(cells[3], "-", 32);
	strlcpy(cells[4], "-", 32);
	strlcpy(cells[5], "-", 32);
	if (r->pid != 0)
		snprintf(cells[2], 32, "%" PRId64, r->pid);
	if (r->pid != 0 && r->since_s != -1)
		span_text(now_s - r->since_s, cells[3], 32);
	if (r->pid != 0 && r->cpu_tenths != -1)
		snprintf(cells[4], 32, "%d.%d", r->cpu_tenths / 10,
		    r->cpu_tenths % 10);
	if (r->pid != 0 && r->memory_kb != -1)
		bytes_text((uint64_t)r->memory_kb * 1024, cells[5], 32);
	snprintf(cells[6], 32, "%" PRId64, r->restarts);
	/* Why it is not well is more than what it wrote. */
	put_columns(rows, r->name, (const char (*)[32])cells,
	    r->reason[0] != '\0' ? r->reason : r->line, screen, out);
}

void
rows_summary(const struct rows *rows, char *out, size_t size)
{
	static const char *const	 states[] = { "running", "starting",
	    "stopping", "backoff", "failed", "locked", "stopped" };
	char		 part[64];
	const char	*gap = ":";
	size_t		 i, j, n;

	snprintf(out, size, "%zu service%s", rows->count,
	    rows->count == 1 ? "" : "s");
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		for (j = n = 0; j < rows->count; j++)
			n += strcmp(rows->row[j].state, states[i]) == 0;
		if (n == 0)
			continue;
		snprintf(part, sizeof(part), "%s %zu %s", gap, n, states[i]);
		strlcat(out, part, size);
		gap = ",";
	}
}
