#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "compat/drained.h"

#define SMALLEST	4096	/* is rounded up to a page */

static int	sink[2] = { -1, -1 };

void
drained_pipe(int fd)
{
	/* One that stays larger says too early that there is room. */
	fcntl(fd, F_SETPIPE_SZ, SMALLEST);
}

int
drained_is_told(void)
{
	return 1;
}

int
drained_prepare(void)
{
	if (sink[0] != -1)
		return 0;
	return pipe2(sink, O_CLOEXEC | O_NONBLOCK);
}

/* O_NONBLOCK would be the reader's as well: splice(2) has a flag of its own. */
void
drained_take_back(int fd)
{
	char	 piece[256];
	ssize_t	 n;

	do {
		n = splice(fd, NULL, sink[1], NULL, SMALLEST,
		    SPLICE_F_NONBLOCK);
	} while (n > 0 || (n == -1 && errno == EINTR));
	while (read(sink[0], piece, sizeof(piece)) > 0)
		;
	explicit_bzero(piece, sizeof(piece));
}
