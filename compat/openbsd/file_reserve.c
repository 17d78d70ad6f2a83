#include "compat/file_reserve.h"

void
file_reserve(int fd, off_t from, off_t size)
{
	(void)fd;
	(void)from;
	(void)size;
}
