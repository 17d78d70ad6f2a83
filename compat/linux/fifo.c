#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "compat/fifo.h"

static int	scratch[2] = { -1, -1 };
static char	piece[FIFO_PIECE];

static ssize_t	copy(int, int, size_t, size_t *);
static ssize_t	peek(int, size_t);

int
fifo_prepare(void)
{
	if (scratch[0] != -1)
		return 0;
	return pipe2(scratch, O_CLOEXEC | O_NONBLOCK);
}

ssize_t
fifo_move(int fifo, int log, size_t max, size_t *lost)
{
	ssize_t	 n;

	*lost = 0;
	if (max > FIFO_PIECE)
		max = FIFO_PIECE;
	do {
		n = splice(fifo, NULL, log, NULL, max,
		    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	} while (n == -1 && errno == EINTR);
	/* A file system that cannot splice */
	if (n == -1 && errno == EINVAL)
		return copy(fifo, log, max, lost);
	return n;
}

ssize_t
fifo_move_line(int fifo, int log, size_t max, int *ends, size_t *lost)
{
	const char	*newline;
	ssize_t		 n;
	size_t		 want;

	*ends = 0;
	*lost = 0;
	if (max > FIFO_PIECE)
		max = FIFO_PIECE;
	if ((n = peek(fifo, max)) <= 0)
		return n;
	newline = memchr(piece, '\n', (size_t)n);
	want = newline != NULL ? (size_t)(newline - piece) + 1 : (size_t)n;
	n = fifo_move(fifo, log, want, lost);
	*ends = newline != NULL && n == (ssize_t)want;
	return n;
}

/* Copies what lies in the fifo to `piece` and leaves it there. */
static ssize_t
peek(int fifo, size_t max)
{
	ssize_t	 n, done, got;

	do {
		n = tee(fifo, scratch[1], max, SPLICE_F_NONBLOCK);
	} while (n == -1 && errno == EINTR);
	if (n <= 0)
		return n;
	for (done = 0; done < n; done += got) {
		got = read(scratch[0], piece + done, (size_t)(n - done));
		if (got == -1 && errno == EINTR)
			got = 0;
		else if (got <= 0) {
			if (got == 0)
				errno = EIO;
			return -1;
		}
	}
	return n;
}

static ssize_t
copy(int fifo, int log, size_t max, size_t *lost)
{
	ssize_t	 n, put, done;

	do {
		n = read(fifo, piece, max);
	} while (n == -1 && errno == EINTR);
	if (n <= 0)
		return n;
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

/* Only root: others have a quota of pages, after which new pipes are tiny. */
void
fifo_enlarge(int fifo)
{
	if (geteuid() == 0)
		fcntl(fifo, F_SETPIPE_SZ, 1024 * 1024);
}

int
fifo_may_lose(void)
{
	return 0;
}
