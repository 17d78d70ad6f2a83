/*
 * A disk on which one step takes its time: loaded before libc by a test, it
 * lets renameat(2) to a name that the file $SLOWRENAME holds wait until that
 * file says another or is gone.  $SLOWRENAME.waits is there meanwhile.
 */

#define _GNU_SOURCE
#include <sys/syscall.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int
waits_for(const char *path, const char *name)
{
	char	 text[256];
	ssize_t	 n;
	int	 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, name) == 0;
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	const struct timespec	 tick = { 0, 20000000 };
	const char		*path = getenv("SLOWRENAME");
	char			 mark[512];
	int			 fd;

	if (path != NULL && waits_for(path, to)) {
		snprintf(mark, sizeof(mark), "%s.waits", path);
		if ((fd = open(mark, O_CREAT | O_WRONLY | O_CLOEXEC,
		    0644)) != -1)
			close(fd);
		while (waits_for(path, to))
			nanosleep(&tick, NULL);
		unlink(mark);
	}
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}
