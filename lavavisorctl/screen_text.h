/*
 * Text as a terminal may have it: nothing in it that moves the cursor, hides
 * or turns what stands beside it, and its width in columns.
 */

#ifndef LAVAVISORCTL_SCREEN_TEXT_H
#define LAVAVISORCTL_SCREEN_TEXT_H

#include <stddef.h>

/*
 * A copy of text (length bytes, UTF-8 mostly) for free(3) with control
 * characters, marks that turn the direction of writing and stray bytes
 * written as \xNN or \u{NNNN}.
 */
char	*screen_text(const char *text, size_t length);

/* Columns that text from screen_text() takes. */
size_t	 screen_width(const char *);

/*
 * Bytes of text from screen_text() that fit into so many columns: whole
 * characters, and one at least where there is one.
 */
size_t	 screen_fit(const char *, size_t columns);

/*
 * Columns that the output may have: those that COLUMNS says, else of the
 * terminal that fd is; 0 when there is no limit.
 */
size_t	 output_columns(int fd);

#endif
