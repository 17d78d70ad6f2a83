#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/file_lock.h"

int
file_lock(int fd, pid_t *holder)
{
	struct flock	 lock;
	int		 saved;

	*holder = 0;
	memset(&lock, 0, sizeof(lock));
	lock.l_type = F_WRLCK;
	lock.l_whence = SEEK_SET;
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	saved = errno;
	if ((saved == EACCES || saved == EAGAIN) &&
	    fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		*holder = lock.l_pid;
	errno = saved;
	return -1;
}
