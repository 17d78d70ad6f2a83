/*
 * The last lines of a log file, and what is added to it.  To a pipe bytes go
 * as they are, to a terminal with what could harm it escaped.
 */

#ifndef LAVAVISORCTL_LOG_TAIL_H
#define LAVAVISORCTL_LOG_TAIL_H

#include <sys/types.h>

#include <stdint.h>

struct log_tail {
	int	 fd;		/* owned, -1 none */
	int	 out;		/* where to, not owned */
	int	 escape;
	off_t	 at;		/* read so far */
	char	*part;		/* of a line, when escaping */
	size_t	 used;
};

void	 log_tail_init(struct log_tail *, int out, int escape);

/*
 * Takes fd and goes to the last so many lines of it (LINES_ALL: its begin).
 * What is left of a file before it is printed first.  0, or -1 and errno.
 */
int	 log_tail_open(struct log_tail *, int fd, int64_t lines);

/* Prints all there is now.  0, or -1 and errno, EPIPE when nobody reads. */
int	 log_tail_copy(struct log_tail *);

/* Prints what is left of an unfinished line and closes the file. */
int	 log_tail_close(struct log_tail *);

/* Frees it; what is left of a file is not printed. */
void	 log_tail_free(struct log_tail *);

/* Where the last `lines` lines of the file begin, -1 and errno. */
off_t	 log_tail_offset(int fd, int64_t lines);

#endif
