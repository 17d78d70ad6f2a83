#include <sys/types.h>

#include <fcntl.h>

#include "compat/file_reserve.h"

void
file_reserve(int fd, off_t from, off_t size)
{
	(void)!fallocate(fd, FALLOC_FL_KEEP_SIZE, from, size);
}
