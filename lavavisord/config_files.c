#include <sys/types.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lavavisord/config_main.h"

static int	fail(char *, size_t, const char *, ...)
		    __attribute__((__format__(__printf__, 3, 4)));
static int	check_owner(const char *, const struct stat *, char *, size_t);
static int	check_directory(const char *, char *, size_t);
static int	check_trusted(const char *, int, const struct stat *, char *,
		    size_t);
static int	has_changed(int, const struct stat *);
static int	read_all(const char *, int, size_t, char **, size_t *, char *,
		    size_t);

static const char *const bundles[] = {
	"/etc/ssl/cert.pem",			/* OpenBSD, Alpine */
	"/etc/ssl/certs/ca-certificates.crt",	/* Debian */
	"/etc/pki/tls/certs/ca-bundle.crt"	/* Fedora */
};

const char *
config_system_ca(void)
{
	size_t	 i;

	for (i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
		if (access(bundles[i], R_OK) == 0)
			return bundles[i];
	return NULL;
}

static int
fail(char *error, size_t errsize, const char *format, ...)
{
	va_list	 ap;

	va_start(ap, format);
	vsnprintf(error, errsize, format, ap);
	va_end(ap);
	return -1;
}

static int
check_owner(const char *path, const struct stat *st, char *error,
    size_t errsize)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return fail(error, errsize, "%s: it belongs to uid %u, who "
		    "could change it", path, (unsigned int)st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return fail(error, errsize, "%s: others can write to it "
		    "(mode %04o)", path, (unsigned int)(st->st_mode & 07777));
	return 0;
}

/* Who can write to a file's directory can put another file in its place. */
static int
check_directory(const char *path, char *error, size_t errsize)
{
	char		 copy[PATH_MAX];
	const char	*directory;
	struct stat	 st;
	struct statvfs	 fs;

	if (strlcpy(copy, path, sizeof(copy)) >= sizeof(copy))
		return fail(error, errsize, "%.80s...: %s", path,
		    strerror(ENAMETOOLONG));
	directory = dirname(copy);
	if (stat(directory, &st) == -1)
		return fail(error, errsize, "%s: %s", directory,
		    strerror(errno));
	if (check_owner(directory, &st, error, errsize) == 0)
		return 0;
	/* Volumes of a container engine: mode 0777, but nobody can write */
	if (statvfs(directory, &fs) == 0 && (fs.f_flag & ST_RDONLY)) {
		error[0] = '\0';
		return 0;
	}
	return -1;
}

int
config_path_trusted(const char *path, char *error, size_t errsize)
{
	char	 real[PATH_MAX];

	if (check_directory(path, error, errsize) == -1)
		return -1;
	if (realpath(path, real) == NULL)
		return fail(error, errsize, "%s: %s", path, strerror(errno));
	return strcmp(real, path) == 0 ? 0 :
	    check_directory(real, error, errsize);
}

static int
check_trusted(const char *path, int fd, const struct stat *st, char *error,
    size_t errsize)
{
	struct statvfs	 fs;

	if (check_owner(path, st, error, errsize) == -1) {
		if (fstatvfs(fd, &fs) == -1 || !(fs.f_flag & ST_RDONLY))
			return -1;
		error[0] = '\0';
	}
	return config_path_trusted(path, error, errsize);
}

static int
read_all(const char *path, int fd, size_t max, char **text, size_t *len,
    char *error, size_t errsize)
{
	size_t	 size = 4096;
	ssize_t	 n;
	char	*p;

	*len = 0;
	*text = schema_zeroed(size + 1, 1);
	for (;;) {
		n = read(fd, *text + *len, size - *len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			fail(error, errsize, "%s: %s", path, strerror(errno));
			break;
		}
		*len += (size_t)n;
		if (*len > max) {
			fail(error, errsize, "%s: it is larger than %zu bytes",
			    path, max);
			break;
		}
		if (n == 0) {
			(*text)[*len] = '\0';
			return 0;
		}
		if (*len == size) {
			p = schema_zeroed(size * 2 + 1, 1);
			memcpy(p, *text, size);
			free(*text);
			*text = p;
			size *= 2;
		}
	}
	free(*text);
	*text = NULL;
	return -1;
}

/* Someone wrote to it since *was. */
static int
has_changed(int fd, const struct stat *was)
{
	struct stat	 st;

	return fstat(fd, &st) == -1 || st.st_size != was->st_size ||
	    st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != was->st_mtim.tv_nsec;
}

int
config_read_file(const char *path, size_t max, int trusted, char **text,
    size_t *len, int *missing, char *error, size_t errsize)
{
	struct stat	 st;
	int		 fd, result = -1;

	*text = NULL;
	if (missing != NULL)
		*missing = 0;
	/* Non-blocking: a fifo must not hold up the parent */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1) {
		if (missing != NULL)
			*missing = errno == ENOENT;
		return fail(error, errsize, "%s: %s", path, strerror(errno));
	}
	if (fstat(fd, &st) == -1)
		fail(error, errsize, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		fail(error, errsize, "%s: it is no regular file", path);
	else if (!trusted ||
	    check_trusted(path, fd, &st, error, errsize) == 0)
		result = read_all(path, fd, max, text, len, error, errsize);
	if (result == 0 && has_changed(fd, &st)) {
		free(*text);
		*text = NULL;
		result = fail(error, errsize, "%s: it is being written just "
		    "now: try again", path);
	}
	close(fd);
	return result;
}
