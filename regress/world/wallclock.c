/*
 * The wall clock of one process, set off by what a file says: loaded before
 * libc by a test, so that the machine's clock stays as it is.
 *
 * WALLCLOCK names a file of one int64_t, seconds, of the machine's byte order;
 * it is mapped at the start, before any wall, and read at each call.  Other
 * clocks are untouched.
 */

#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t	*offset;

__attribute__((__constructor__)) static void
wallclock_map(void)
{
	const char	*path = getenv("WALLCLOCK");
	void		*page;
	int		 fd;

	if (path == NULL || (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		abort();
	page = mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		abort();
	close(fd);
	offset = page;
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int	 rc;

	rc = (int)syscall(SYS_clock_gettime, id, ts);
	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) &&
	    offset != NULL)
		ts->tv_sec += (time_t)*offset;
	return rc;
}

time_t
time(time_t *t)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t != NULL)
		*t = ts.tv_sec;
	return ts.tv_sec;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec	 ts;

	(void)tz;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = (suseconds_t)(ts.tv_nsec / 1000);
	return 0;
}
