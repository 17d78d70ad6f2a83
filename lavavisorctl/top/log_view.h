/*
 * The end of a service's log: its last line in the table, or a screenful.
 */

#ifndef TOP_LOG_VIEW_H
#define TOP_LOG_VIEW_H

#include <stddef.h>

#define LOG_VIEW_BYTES	(256 * 1024)	/* looked at, from the end */

/*
 * Reads the last whole line, or the last one without an end, of the file into
 * line; "" when there is none.  0, or -1 and errno.
 */
int	 log_last_line(int fd, char *line, size_t size);

/*
 * The last `lines' lines, *back lines before the end (no further than there
 * are, then *back is less), each given to put with its number from 0.  0, or
 * -1 and errno.
 */
int	 log_view(int fd, int lines, int *back,
	    void (*put)(int, const char *));

#endif
