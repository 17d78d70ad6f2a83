#include <fcntl.h>
#include <unistd.h>

#include "compat/oom_score.h"

void
oom_score_reset(void)
{
	ssize_t	 n;
	int	 fd;

	if ((fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)) ==
	    -1)
		return;
	n = write(fd, "0", 1);
	(void)n;
	close(fd);
}
