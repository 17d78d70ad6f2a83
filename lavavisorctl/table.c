#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisorctl/screen_text.h"
#include "lavavisorctl/table.h"

#define GAP	2		/* columns between two */

struct cell {
	char		*text;
	size_t		 width;
	enum tint	 tint;
};

struct table {
	const struct table_column	*columns;
	size_t				 ncolumns;
	struct cell			*cells;
	size_t				 ncells;
	size_t				 size;
};

static void	 pad(FILE *, size_t);
static void	 print_cell(const struct table *, FILE *, size_t, size_t,
		    const struct cell *, int);

struct table *
table_new(const struct table_column *columns, size_t n)
{
	struct table	*t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		fatal("calloc");
	t->columns = columns;
	t->ncolumns = n;
	return t;
}

void
table_free(struct table *t)
{
	size_t	 i;

	for (i = 0; i < t->ncells; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t);
}

void
table_cell(struct table *t, const char *text, enum tint tint)
{
	struct cell	*cells, *cell;

	if (t->ncells == t->size) {
		t->size = t->size == 0 ? 64 : t->size * 2;
		cells = reallocarray(t->cells, t->size, sizeof(*cells));
		if (cells == NULL)
			fatal("reallocarray");
		t->cells = cells;
	}
	cell = &t->cells[t->ncells++];
	cell->text = screen_text(text, strlen(text));
	cell->width = screen_width(cell->text);
	cell->tint = tint;
}

static void
pad(FILE *out, size_t n)
{
	fprintf(out, "%*s", (int)n, "");
}

static void
print_cell(const struct table *t, FILE *out, size_t column, size_t width,
    const struct cell *cell, int colour)
{
	int	 last = column + 1 == t->ncolumns;

	if (t->columns[column].right)
		pad(out, width - cell->width);
	fprintf(out, "%s%s%s", colour ? tint_begin(cell->tint) : "",
	    cell->text, colour ? tint_end(cell->tint) : "");
	if (last) {
		fputc('\n', out);
		return;
	}
	if (!t->columns[column].right)
		pad(out, width - cell->width);
	pad(out, GAP);
}

void
table_print(const struct table *t, FILE *out, int colour)
{
	struct cell	 title;
	size_t		*widths, i, c;

	if ((widths = calloc(t->ncolumns, sizeof(*widths))) == NULL)
		fatal("calloc");
	for (c = 0; c < t->ncolumns; c++)
		widths[c] = screen_width(t->columns[c].title);
	for (i = 0; i < t->ncells; i++) {
		c = i % t->ncolumns;
		if (t->cells[i].width > widths[c])
			widths[c] = t->cells[i].width;
	}
	for (c = 0; c < t->ncolumns; c++) {
		title.text = (char *)(uintptr_t)t->columns[c].title;
		title.width = screen_width(title.text);
		title.tint = TINT_NONE;
		print_cell(t, out, c, widths[c], &title, 0);
	}
	for (i = 0; i < t->ncells; i++) {
		c = i % t->ncolumns;
		print_cell(t, out, c, widths[c], &t->cells[i], colour);
	}
	free(widths);
}

const char *
tint_begin(enum tint tint)
{
	switch (tint) {
	case TINT_GOOD:
		return "\033[32m";
	case TINT_WARN:
		return "\033[33m";
	case TINT_BAD:
		return "\033[31m";
	default:
		return "";
	}
}

const char *
tint_end(enum tint tint)
{
	return tint == TINT_NONE ? "" : "\033[0m";
}
