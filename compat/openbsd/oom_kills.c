#include <errno.h>
#include <stdint.h>

#include "compat/oom_kills.h"

int
oom_kills(uint64_t *count)
{
	(void)count;
	errno = ENOSYS;
	return -1;
}
