#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "compat/oom_kills.h"

int
oom_kills(uint64_t *count)
{
	char	 line[128];
	FILE	*f;
	int	 result = -1;

	if ((f = fopen("/proc/vmstat", "re")) == NULL)
		return -1;
	while (result == -1 && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "oom_kill %" SCNu64, count) == 1)
			result = 0;
	fclose(f);
	/* Before Linux 4.13 it is not counted. */
	if (result == -1)
		errno = ENOSYS;
	return result;
}
