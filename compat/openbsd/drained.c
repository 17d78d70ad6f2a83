#include <sys/types.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "compat/drained.h"

void
drained_pipe(int fd)
{
	(void)fd;
}

int
drained_is_told(void)
{
	return 0;
}

int
drained_prepare(void)
{
	return 0;
}

/* The reader, which has what it needs, could see EAGAIN for a moment. */
void
drained_take_back(int fd)
{
	char	 piece[256];
	int	 flags;

	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return;
	while (read(fd, piece, sizeof(piece)) > 0)
		;
	fcntl(fd, F_SETFL, flags);
	explicit_bzero(piece, sizeof(piece));
}
