#include <sys/types.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compat/process.h"

#ifndef __NR_pidfd_open
#define __NR_pidfd_open	434
#endif

static ssize_t	read_file(const char *, char *, size_t);

/* The first size - 1 bytes of a file of proc(5), NUL-terminated. */
static ssize_t
read_file(const char *path, char *buf, size_t size)
{
	ssize_t	 n;
	int	 fd, saved;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	n = read(fd, buf, size - 1);
	saved = errno;
	close(fd);
	errno = saved;
	if (n == -1)
		return -1;
	buf[n] = '\0';
	return n;
}

int
process_start(pid_t pid, uint64_t *start)
{
	char		 path[64], buf[1024], *p, state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_file(path, buf, sizeof(buf)) == -1) {
		if (errno != ENOENT)
			return -1;	/* ESRCH: it ended under our eyes */
		/* Without a /proc nothing is there, whatever lives */
		errno = kill(pid, 0) == 0 ? EIO : ESRCH;
		return -1;
	}
	/* The name may hold spaces and parentheses: its end is the last one */
	if ((p = strrchr(buf, ')')) == NULL ||
	    sscanf(p + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
	    "%*s %*s %*s %*s %*s %*s %*s %" SCNu64, &state, start) != 2) {
		errno = EIO;
		return -1;
	}
	if (state == 'Z' || state == 'X') {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

int
process_is(pid_t pid, uint64_t start)
{
	uint64_t	 now;

	if (process_start(pid, &now) == -1)
		return errno == ESRCH ? 0 : -1;
	return now == start;
}

int
process_watch_open(pid_t pid)
{
	return (int)syscall(__NR_pidfd_open, pid, 0);
}

int
process_watch_ended(int fd)
{
	struct pollfd	 pfd = { fd, POLLIN, 0 };

	return poll(&pfd, 1, 0) == 1;
}

void
process_watch_close(int fd)
{
	close(fd);
}

int
boot_id(char *buf, size_t size)
{
	if (read_file("/proc/sys/kernel/random/boot_id", buf, size) <= 0)
		return -1;
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}
