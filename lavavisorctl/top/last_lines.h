/*
 * The log files whose last lines the table shows.  A file stays open, and is
 * asked for again now and then, as it may have been rotated.
 */

#ifndef TOP_LAST_LINES_H
#define TOP_LAST_LINES_H

#include <stdint.h>

#include "lavavisorctl/top/rows.h"

/*
 * A row whose file is to be asked for, or NULL: there is none yet, or it is
 * from half a minute ago.  It counts as asked for from then on.
 */
const struct row	*last_lines_due(const struct rows *, int64_t now_ms);

/* Takes the file that came, fd, which is ours then; -1: there is none. */
void	 last_lines_take(const char *name, int fd);

/* Reads the last line of each file into its row. */
void	 last_lines_read(struct rows *);

#endif
