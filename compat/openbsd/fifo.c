#include <sys/types.h>

#include <errno.h>
#include <unistd.h>

#include "compat/fifo.h"

static char	piece[FIFO_PIECE];

static ssize_t	put_piece(int, ssize_t, size_t *);

int
fifo_prepare(void)
{
	return 0;
}

ssize_t
fifo_move(int fifo, int log, size_t max, size_t *lost)
{
	ssize_t	 n;

	*lost = 0;
	if ((n = fifo_drop(fifo, max)) <= 0)
		return n;
	return put_piece(log, n, lost);
}

/* There is no peeking into a fifo: a byte at a time, once per rotation. */
ssize_t
fifo_move_line(int fifo, int log, size_t max, int *ends, size_t *lost)
{
	ssize_t	 got = 0, n = 0;
	int	 newline = 0;

	*ends = 0;
	*lost = 0;
	if (max > FIFO_PIECE)
		max = FIFO_PIECE;
	while ((size_t)n < max && !newline) {
		got = read(fifo, piece + n, 1);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		newline = piece[n++] == '\n';
	}
	if (n == 0)
		return got;
	got = put_piece(log, n, lost);
	*ends = newline && got == n;
	return got;
}

static ssize_t
put_piece(int log, ssize_t n, size_t *lost)
{
	ssize_t	 put, done;

	for (done = 0; done < n; done += put) {
		put = write(log, piece + done, (size_t)(n - done));
		if (put == -1 && errno == EINTR)
			put = 0;
		else if (put == -1) {
			*lost = (size_t)(n - done);
			return done > 0 ? done : -1;
		}
	}
	return n;
}

ssize_t
fifo_drop(int fifo, size_t max)
{
	ssize_t	 n;

	if (max > FIFO_PIECE)
		max = FIFO_PIECE;
	do {
		n = read(fifo, piece, max);
	} while (n == -1 && errno == EINTR);
	return n;
}

void
fifo_enlarge(int fifo)
{
	(void)fifo;
}

int
fifo_may_lose(void)
{
	return 1;
}
