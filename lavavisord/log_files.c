#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/fault.h"
#include "common/log.h"
#include "lavavisord/config.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"

static int	fifo_open_as(const char *, int);
static void	log_path(const struct service *, unsigned int, char *, size_t);

static void
log_path(const struct service *s, unsigned int n, char *path, size_t size)
{
	if (n == 0)
		snprintf(path, size, "%s/services/logs/%s.log",
		    services.conf.directory, s->name);
	else
		snprintf(path, size, "%s/services/logs/%s.log.%u",
		    services.conf.directory, s->name, n);
}

/*
 * Without O_APPEND, which splice(2) refuses.  The offset is the fd's, so each
 * supervisor gets one that stands at the end.
 */
int
log_open(const struct service *s)
{
	char	 path[800];
	int	 fd;

	log_path(s, 0, path, sizeof(path));
	if ((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0640)) == -1)
		return -1;
	if (lseek(fd, 0, SEEK_END) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

int
log_open_unfinished(const struct service *s)
{
	struct stat	 st;
	char		 path[800], last = '\n';
	int		 fd;

	log_path(s, 0, path, sizeof(path));
	if (s->conf == NULL || s->conf->log_count == 0 ||
	    (lstat(path, &st) == 0 ? st.st_size > 0 : errno != ENOENT))
		return -1;
	log_path(s, 1, path, sizeof(path));
	if ((fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK)) == -1)
		return -1;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size == 0 ||
	    pread(fd, &last, 1, st.st_size - 1) != 1 || last == '\n' ||
	    lseek(fd, 0, SEEK_END) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

int
log_is_full(const struct service *s)
{
	struct stat	 st;
	char		 path[800];

	log_path(s, 0, path, sizeof(path));
	return s->conf->log_size != 0 && (lstat(path, &st) == -1 ||
	    (uint64_t)st.st_size >= s->conf->log_size);
}

int
log_rotate(const struct service *s)
{
	char		 from[800], to[800];
	unsigned int	 n;

	for (n = s->conf->log_count; n > 0; n--) {
		log_path(s, n - 1, from, sizeof(from));
		log_path(s, n, to, sizeof(to));
		if (rename(from, to) == -1 && errno != ENOENT) {
			log_warn("%s cannot be rotated", from);
			return -1;
		}
		FAULT_POINT("rotate.renamed");
	}
	if (s->conf->log_count == 0) {
		log_path(s, 0, from, sizeof(from));
		if (unlink(from) == -1 && errno != ENOENT)
			log_warn("%s", from);
	}
	FAULT_POINT("rotate.over");
	return log_open(s);
}

int
service_log_open(const struct service *s)
{
	char	 path[800];

	log_path(s, 0, path, sizeof(path));
	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

void
fifo_path(const struct service *s, char *path, size_t size)
{
	snprintf(path, size, "%s/run/fifo/%s", services.conf.directory,
	    s->name);
}

/* Nothing but root writes in run/fifo, so what is there is ours */
int
fifo_make(const struct service *s, char *error, size_t size)
{
	struct stat	 st;
	char		 path[800];

	fifo_path(s, path, sizeof(path));
	if (lstat(path, &st) == 0 && !S_ISFIFO(st.st_mode))
		unlink(path);
	if (mkfifo(path, 0600) == -1 && errno != EEXIST) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (services.conf.privileged &&
	    lchown(path, s->conf->uid, s->conf->gid) == -1) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

int
fifo_is_same(const struct service *s)
{
	struct stat	 now, ours;
	char		 path[800];

	fifo_path(s, path, sizeof(path));
	return s->fifo != -1 && lstat(path, &now) == 0 &&
	    fstat(s->fifo, &ours) == 0 && now.st_dev == ours.st_dev &&
	    now.st_ino == ours.st_ino;
}

static int
fifo_open_as(const char *name, int how)
{
	char	 path[800];

	snprintf(path, sizeof(path), "%s/run/fifo/%s",
	    services.conf.directory, name);
	return open(path, how | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
}

int
fifo_open(const char *name)
{
	return fifo_open_as(name, O_RDWR);
}

int
fifo_open_read(const char *name)
{
	return fifo_open_as(name, O_RDONLY);
}

void
fifo_remove(const struct service *s)
{
	char	 path[800];

	fifo_path(s, path, sizeof(path));
	if (unlink(path) == -1 && errno != ENOENT)
		log_warn("%s", path);
}
