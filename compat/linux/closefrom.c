#include <sys/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <unistd.h>

#ifndef __NR_close_range
#define __NR_close_range	436
#endif

#define FDS_MAX		65536	/* where they cannot be listed */

/* An entry of getdents64(2) */
struct listed {
	uint64_t	 inode;
	int64_t		 offset;
	uint16_t	 length;
	uint8_t		 type;
	char		 name[];
};

static void	close_each(int);
static int	number(const char *);

/*
 * Instead of that of libbsd, which allocates, as some callers have no heap, and
 * which without a /proc closes up to the limit, that is a milliard in some
 * containers.
 */
void
closefrom(int from)
{
	char			 buf[4096] __attribute__((__aligned__(8)));
	const struct listed	*l;
	long			 n, at;
	int			 dir, fd;

	/* Linux 5.9; some containers do not let it. */
	if (syscall(__NR_close_range, (unsigned int)from, UINT_MAX, 0) == 0)
		return;
	dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1) {
		close_each(from);
		return;
	}
	while ((n = syscall(SYS_getdents64, dir, buf, sizeof(buf))) > 0)
		for (at = 0; at < n; at += l->length) {
			l = (const struct listed *)(buf + at);
			fd = number(l->name);
			if (fd >= from && fd != dir)
				close(fd);
		}
	close(dir);
}

static void
close_each(int from)
{
	struct rlimit	 rl;
	int		 fd;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1 || rl.rlim_cur > FDS_MAX)
		rl.rlim_cur = FDS_MAX;
	for (fd = from; (rlim_t)fd < rl.rlim_cur; fd++)
		close(fd);
}

/* -1 when it is none, as of . and .. */
static int
number(const char *text)
{
	int	 n = 0;

	if (*text < '0' || *text > '9')
		return -1;
	for (; *text >= '0' && *text <= '9' && n < INT_MAX / 10; text++)
		n = n * 10 + (*text - '0');
	return n;
}
