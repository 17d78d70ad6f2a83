#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/fault.h"
#include "common/log.h"

#define NO_GROUP	((gid_t)-1)

static int	 write_all(int, const char *, size_t);
static int	 write_temp(int, const char *, mode_t, gid_t, const void *,
		    size_t, enum atomic_sync);
static int	 sync_directory(int);

static int
write_all(int fd, const char *p, size_t len)
{
	ssize_t	 n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
write_temp(int dir, const char *temp, mode_t mode, gid_t group,
    const void *data, size_t len, enum atomic_sync sync)
{
	int	 fd, saved;

	FAULT_FILE("file", temp, "before");
	/* What a killed writer left is not ours to trust. */
	if (unlinkat(dir, temp, 0) == -1 && errno != ENOENT)
		return -1;
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	FAULT_FILE("file", temp, "made");
	/* The group first: to change it takes bits of the mode away. */
	if (write_all(fd, data, len) == -1 || (group != NO_GROUP &&
	    fchown(fd, (uid_t)-1, group) == -1) || fchmod(fd, mode) == -1 ||
	    (sync == ATOMIC_SYNC && fsync(fd) == -1)) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	FAULT_FILE("file", temp, "flushed");
	return close(fd);
}

/* Some file systems cannot flush a directory and say EINVAL. */
static int
sync_directory(int dir)
{
	return fsync(dir) == -1 && errno != EINVAL ? -1 : 0;
}

int
atomic_write(int dir, const char *name, mode_t mode, const void *data,
    size_t len, enum atomic_sync sync)
{
	return atomic_write_group(dir, name, mode, NO_GROUP, data, len, sync);
}

int
atomic_write_group(int dir, const char *name, mode_t mode, gid_t group,
    const void *data, size_t len, enum atomic_sync sync)
{
	char	 temp[NAME_MAX + 1];
	int	 n, saved;

	n = snprintf(temp, sizeof(temp), ".%s.new", name);
	if (n < 0 || (size_t)n >= sizeof(temp)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (write_temp(dir, temp, mode, group, data, len, sync) == -1 ||
	    renameat(dir, temp, dir, name) == -1) {
		saved = errno;
		(void)unlinkat(dir, temp, 0);
		errno = saved;
		return -1;
	}
	FAULT_FILE("file", name, "renamed");
	return sync == ATOMIC_SYNC ? sync_directory(dir) : 0;
}

int
atomic_write_other(int dir, const char *name, mode_t mode, const void *data,
    size_t len)
{
	char	*have;
	size_t	 n;
	int	 same;

	if (atomic_read(dir, name, len, &have, &n) == 0) {
		same = n == len && memcmp(have, data, len) == 0;
		free(have);
		if (same)
			return 0;
	}
	return atomic_write(dir, name, mode, data, len, ATOMIC_NO_SYNC);
}

int
atomic_read(int dir, const char *name, size_t max, char **data, size_t *len)
{
	struct stat	 st;
	char		*buf = NULL;
	size_t		 got = 0;
	ssize_t		 n;
	int		 fd, error;

	/* O_NONBLOCK: a fifo in the place of the file must not stop us. */
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		goto fail;
	errno = EINVAL;
	if (!S_ISREG(st.st_mode))
		goto fail;
	if ((buf = malloc(max + 1)) == NULL)
		fatal("malloc");
	while ((n = read(fd, buf + got, max + 1 - got)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			goto fail;
		got += (size_t)n;
		errno = EFBIG;
		if (got > max)
			goto fail;
	}
	close(fd);
	buf[got] = '\0';
	*data = buf;
	*len = got;
	return 0;
fail:
	error = errno;
	free(buf);
	close(fd);
	errno = error;
	return -1;
}
