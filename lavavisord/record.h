/*
 * The text form of the parent's own state files: lines of words, and a last
 * line `end` with a sum over everything before it, so that a torn or altered
 * file is known as such.
 */

#ifndef LAVAVISORD_RECORD_H
#define LAVAVISORD_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/semver.h"

/*
 * Whether text ends in its `end` line and the sum is right.  1, with *body
 * the length without that line; 0 when it is torn or altered.
 */
int	 record_whole(const char *text, size_t len, size_t *body);

/*
 * The same line for a text in a buffer, which has RECORD_CLOSE_SIZE bytes more:
 * appended, with a NUL behind it.  The length with it.
 */
#define RECORD_CLOSE_SIZE	(4 + 16 + 1 + 1)
size_t	 record_close(char *text, size_t len);

/*
 * Closes the memory stream f, whose buffer and length are in *text and *len,
 * and appends the `end` line.  *text is freed by the caller.  Allocation
 * failure is fatal.
 */
void	 record_seal(FILE *f, char **text, size_t *len);

/*
 * Takes the next line off *text, of which *left bytes are left, and ends it
 * with a NUL in place of its newline.  NULL at the end, and for a last line
 * without a newline or a line with a NUL (then *left stays above 0).
 */
char	*record_line(char **text, size_t *left);

/*
 * Each takes one word off *line (words are parted by one space) and moves
 * *line behind it.  0, or -1 when there is none or it is not such a thing.
 */
int	 record_word(char **line, char *buf, size_t);
int	 record_number(char **line, uint64_t max, uint64_t *);
int	 record_signed(char **line, int64_t *);
int	 record_version(char **line, struct semver *);

/* The same for a version that may be `-`: then *has is 0. */
int	 record_maybe_version(char **line, struct semver *, int *has);

/* All that is left of the line, which may be nothing.  0, -1 too long. */
int	 record_rest(char **line, char *buf, size_t);

/* Nothing is left of the line. */
int	 record_done(const char *line);

/* A word that is one of n names: its index, else -1. */
int	 record_choice(char **line, const char *const *names, int n);

/*
 * Writes text as the rest of a line, control characters made visible, cut so
 * that it can be read again into a field of this size.
 */
void	 record_put_rest(FILE *, const char *text, size_t);

#endif
