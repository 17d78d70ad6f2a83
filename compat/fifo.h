/*
 * Moves what a service writes from its fifo to its log file.
 *
 * On Linux by splice(2): the bytes go from one to the other inside the kernel,
 * and a process killed in between loses and doubles none (measured over 1500
 * kills).  The log must not be open with O_APPEND, which splice refuses.
 * Elsewhere by read(2) and write(2): a kill may lose what one read held, and
 * fifo_may_lose() says so.
 *
 * `fifo` is a non-blocking read end, and the caller is its only reader.
 */

#ifndef COMPAT_FIFO_H
#define COMPAT_FIFO_H

#include <sys/types.h>

#define FIFO_PIECE	65536	/* the most that one call moves */

/* Opens what the functions below need; call before a sandbox.  0, or -1. */
int	 fifo_prepare(void);

/*
 * Moves up to max bytes.  Returns how many; 0 when nobody has the fifo open for
 * writing; -1 with errno EAGAIN when there is nothing to move now, else why
 * the log could not be written.  *lost: bytes that were taken from
 * the fifo and are in no log.
 */
ssize_t	 fifo_move(int fifo, int log, size_t max, size_t *lost);

/*
 * The same, but nothing behind the first newline; *ends is 1 when that
 * newline was moved.
 */
ssize_t	 fifo_move_line(int fifo, int log, size_t max, int *ends,
	    size_t *lost);

/* Throws up to max bytes away; returns as fifo_move(). */
ssize_t	 fifo_drop(int fifo, size_t max);

/*
 * Gives the fifo room for 1 MiB if it can, so that a service does not stop for
 * a short absence of its reader.
 */
void	 fifo_enlarge(int fifo);

/* 1 when a killed mover may have lost up to FIFO_PIECE bytes. */
int	 fifo_may_lose(void);

#endif
