#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisorctl/screen_text.h"
#include "lavavisorctl/table.h"

#define GAP		2	/* columns between two */
#define NARROWEST	6	/* no column is made narrower */

struct cell {
	char		*text;
	size_t		 length;	/* bytes */
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

/* How one column is printed */
struct layout_column {
	size_t		 width;
	int		 left_out;
	const char	*at;	/* what is left of the cell of this row */
};

struct layout {
	struct layout_column	*columns;
	size_t			 gap;
};

static size_t	 limit;		/* of all tables, 0 none */

static int	 lay_out(const struct table *, struct layout *);
static void	 leave_out(const struct table *, struct layout *);
static int	 narrow(const struct table *, struct layout *);
static size_t	 piece(const char *, size_t, size_t *);
static size_t	 print_piece(FILE *, struct layout_column *,
		    const struct cell *, int, size_t, int);
static void	 print_list(const struct table *, FILE *,
		    const struct layout *, int);
static void	 print_row(const struct table *, FILE *,
		    const struct layout *, const struct cell *, int);
static size_t	 total(const struct table *, const struct layout *);
static size_t	 width_of(const char *, size_t);

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
	cell->length = strlen(cell->text);
	cell->width = screen_width(cell->text);
	cell->tint = tint;
}

void
table_limit(size_t columns)
{
	limit = columns;
}

static size_t
total(const struct table *t, const struct layout *l)
{
	size_t	 c, n = 0, sum = 0;

	for (c = 0; c < t->ncolumns; c++) {
		if (l->columns[c].left_out)
			continue;
		sum += l->columns[c].width;
		n++;
	}
	return n == 0 ? 0 : sum + (n - 1) * l->gap;
}

/* Columns that say nothing */
static void
leave_out(const struct table *t, struct layout *l)
{
	size_t	 c, i;

	for (c = 1; c < t->ncolumns; c++) {
		for (i = c; i < t->ncells; i += t->ncolumns)
			if (strcmp(t->cells[i].text, "-") != 0)
				break;
		l->columns[c].left_out = i >= t->ncells;
	}
}

/* The widest that may be, by one.  0, or -1 when none may. */
static int
narrow(const struct table *t, struct layout *l)
{
	struct layout_column	*w, *widest = NULL;
	size_t			 c, least;

	for (c = 0; c < t->ncolumns; c++) {
		w = &l->columns[c];
		least = screen_width(t->columns[c].title);
		if (least < NARROWEST)
			least = NARROWEST;
		if (w->left_out || t->columns[c].right || w->width <= least)
			continue;
		if (widest == NULL || w->width > widest->width)
			widest = w;
	}
	if (widest == NULL)
		return -1;
	widest->width--;
	return 0;
}

/* 0, or -1 when a table is too wide however it is laid out */
static int
lay_out(const struct table *t, struct layout *l)
{
	size_t	 i, c;

	l->gap = GAP;
	for (c = 0; c < t->ncolumns; c++)
		l->columns[c].width = screen_width(t->columns[c].title);
	for (i = 0; i < t->ncells; i++) {
		c = i % t->ncolumns;
		if (t->cells[i].width > l->columns[c].width)
			l->columns[c].width = t->cells[i].width;
	}
	if (limit == 0 || t->ncells == 0 || total(t, l) <= limit)
		return 0;
	leave_out(t, l);
	if (total(t, l) <= limit)
		return 0;
	l->gap = 1;
	while (total(t, l) > limit)
		if (narrow(t, l) == -1)
			return -1;
	return 0;
}

/* So much of text is for one line; *skip: and so much is a space behind it */
static size_t
piece(const char *text, size_t width, size_t *skip)
{
	size_t	 n = screen_fit(text, width), k;

	*skip = 0;
	if (text[n] == '\0')
		return n;
	for (k = n; k > 0 && text[k] != ' '; k--)
		;
	if (k == 0)
		return n;
	*skip = strspn(text + k, " ");
	return k;
}

/* The next piece of a cell, and the gap before it; returns the gap behind */
static size_t
print_piece(FILE *out, struct layout_column *w, const struct cell *cell,
    int right, size_t gap, int colour)
{
	const char	*text = w->at;
	size_t		 n, skip, width;

	n = piece(text, w->width, &skip);
	w->at += n + skip;
	width = n == cell->length ? cell->width : width_of(text, n);
	if (right)
		gap += w->width - width;
	if (n > 0) {
		fprintf(out, "%*s%s%.*s%s", (int)gap, "",
		    colour ? tint_begin(cell->tint) : "", (int)n, text,
		    colour ? tint_end(cell->tint) : "");
		gap = 0;
	}
	return right ? gap : gap + w->width - width;
}

/* A row, of as many lines as its longest cell needs */
static void
print_row(const struct table *t, FILE *out, const struct layout *l,
    const struct cell *cells, int colour)
{
	struct layout_column	*w;
	size_t			 c, gap;
	int			 more;

	for (c = 0; c < t->ncolumns; c++)
		l->columns[c].at = cells[c].text;
	do {
		gap = 0;
		more = 0;
		for (c = 0; c < t->ncolumns; c++) {
			w = &l->columns[c];
			if (w->left_out)
				continue;
			gap = l->gap + print_piece(out, w, &cells[c],
			    t->columns[c].right, gap, colour);
			more |= *w->at != '\0';
		}
		fputc('\n', out);
	} while (more);
}

static size_t
width_of(const char *text, size_t n)
{
	char	*copy;
	size_t	 width;

	if ((copy = strndup(text, n)) == NULL)
		fatal("strndup");
	width = screen_width(copy);
	free(copy);
	return width;
}

/* Where there is no room beside each other */
static void
print_list(const struct table *t, FILE *out, const struct layout *l,
    int colour)
{
	const struct cell	*cell;
	size_t			 i, c;

	for (i = 0; i < t->ncells; i++) {
		c = i % t->ncolumns;
		cell = &t->cells[i];
		if (c == 0 && i > 0)
			fputc('\n', out);
		if (!l->columns[c].left_out)
			fprintf(out, "%s: %s%s%s\n", t->columns[c].title,
			    colour ? tint_begin(cell->tint) : "", cell->text,
			    colour ? tint_end(cell->tint) : "");
	}
}

void
table_print(const struct table *t, FILE *out, int colour)
{
	struct layout	 l;
	struct cell	*titles;
	size_t		 i, c;

	if ((l.columns = calloc(t->ncolumns, sizeof(*l.columns))) == NULL ||
	    (titles = calloc(t->ncolumns, sizeof(*titles))) == NULL)
		fatal("calloc");
	for (c = 0; c < t->ncolumns; c++) {
		titles[c].text = (char *)(uintptr_t)t->columns[c].title;
		titles[c].length = strlen(titles[c].text);
		titles[c].width = screen_width(titles[c].text);
	}
	if (lay_out(t, &l) == -1)
		print_list(t, out, &l, colour);
	else {
		print_row(t, out, &l, titles, 0);
		for (i = 0; i + t->ncolumns <= t->ncells; i += t->ncolumns)
			print_row(t, out, &l, &t->cells[i], colour);
	}
	free(titles);
	free(l.columns);
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
