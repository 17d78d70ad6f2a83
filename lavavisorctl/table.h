/*
 * A table of text whose columns line up, in as many columns of the screen as
 * there are: what does not fit is left out if it says nothing, then wrapped
 * within its column; where even that is too narrow, each row is a list.
 */

#ifndef LAVAVISORCTL_TABLE_H
#define LAVAVISORCTL_TABLE_H

#include <stddef.h>
#include <stdio.h>

enum tint {
	TINT_NONE,
	TINT_GOOD,
	TINT_WARN,
	TINT_BAD
};

struct table_column {
	const char	*title;		/* in capitals */
	int		 right;		/* numbers stand to the right */
};

struct table;

/* The columns must live as long as the table; free with table_free(). */
struct table	*table_new(const struct table_column *, size_t n);
void		 table_free(struct table *);

/* The next cell, row by row; text is made safe for a terminal and copied. */
void		 table_cell(struct table *, const char *, enum tint);

/* How wide tables may be from now on, 0 as wide as they are. */
void	 table_limit(size_t columns);

/* Prints titles and rows; without a row nothing but the titles. */
void		 table_print(const struct table *, FILE *, int colour);

/* What begins and ends a colour, "" for TINT_NONE. */
const char	*tint_begin(enum tint);
const char	*tint_end(enum tint);

#endif
