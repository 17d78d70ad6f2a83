#include <sys/types.h>

#include <unistd.h>

#include "compat/fork_light.h"

pid_t
fork_light(int cgroup)
{
	(void)cgroup;
	return fork();
}

void
fork_light_copy(int on)
{
	(void)on;
}

int
fork_light_keep(int keep)
{
	closefrom(keep + 1);
	while (--keep > STDERR_FILENO)
		close(keep);
	return 0;
}
