#include <sys/types.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/staging.h"

#define STAT_BLOCK	512	/* bytes of st_blocks, POSIX aside */

static const char	*directory;

static int	fail(const char *, char *, size_t);
static int	free_bytes(const char *, uint64_t *, dev_t *);
static void	from_path(const char *, char *, size_t);
static void	path_of(const char *, enum staging_file, char *, size_t);
static int	open_again(const char *, int);
static void	resume(const char *, const char *, struct staged *);

void
staging_init(const char *path)
{
	directory = path;
}

const char *
staging_directory(void)
{
	return directory;
}

static void
path_of(const char *version, enum staging_file file, char *path, size_t size)
{
	static const char *const	 ends[] = {
		[STAGING_LIST] = ".list",
		[STAGING_SIGNATURE] = ".signature",
		[STAGING_BINARY] = ""
	};

	snprintf(path, size, "%s/v%s%s", directory, version, ends[file]);
}

static void
from_path(const char *version, char *path, size_t size)
{
	snprintf(path, size, "%s/v%s.from", directory, version);
}

static int
fail(const char *path, char *error, size_t size)
{
	snprintf(error, size, "%s: %s", path, strerror(errno));
	return -1;
}

/* A directory that somebody removed is made again. */
static int
open_again(const char *path, int flags)
{
	int	 fd;

	if ((fd = open(path, flags, 0600)) != -1 || errno != ENOENT)
		return fd;
	if (mkdir(directory, 0700) == -1)
		return -1;
	log_warnx("%s had gone and is made again", directory);
	return open(path, flags, 0600);
}

/* What is known of the binary that lies there */
static void
resume(const char *version, const char *url, struct staged *s)
{
	struct stat	 st;
	char		 path[700], text[URL_SIZE + ETAG_SIZE + 2];
	char		*etag, *end;
	ssize_t		 n;
	int		 fd;

	from_path(version, path, sizeof(path));
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK)) == -1)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0 || text[n - 1] != '\n')
		return;
	text[n] = '\0';
	if ((etag = strchr(text, '\n')) == NULL)
		return;
	*etag++ = '\0';
	if ((end = strchr(etag, '\n')) == NULL || end[1] != '\0' ||
	    strcmp(text, url) != 0)
		return;
	*end = '\0';
	if (etag[0] == '\0' || fstat(s->write, &st) == -1 ||
	    st.st_size <= 0 || strlcpy(s->etag, etag, sizeof(s->etag)) >=
	    sizeof(s->etag)) {
		s->etag[0] = '\0';
		return;
	}
	s->offset = (uint64_t)st.st_size;
}

int
staging_open(const char *version, enum staging_file file, const char *url,
    struct staged *s, char *error, size_t size)
{
	char	 path[700], from[700];

	memset(s, 0, sizeof(*s));
	s->read = -1;
	path_of(version, file, path, sizeof(path));
	if ((s->write = open_again(path, O_RDWR | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW)) == -1)
		return fail(path, error, size);
	if (file == STAGING_BINARY)
		resume(version, url, s);
	if (s->offset == 0) {
		if (file == STAGING_BINARY) {
			from_path(version, from, sizeof(from));
			unlink(from);
		}
		if (ftruncate(s->write, 0) == -1)
			goto bad;
	}
	/* Its own now: the name may have gone when the file is complete. */
	if ((s->read = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) != -1)
		return 0;
bad:
	fail(path, error, size);
	close(s->write);
	return -1;
}

void
staging_note(const char *version, const char *url, const char *etag)
{
	char	 path[700], text[URL_SIZE + ETAG_SIZE + 2];
	int	 fd, len;

	from_path(version, path, sizeof(path));
	if (etag[0] == '\0') {
		unlink(path);
		return;
	}
	len = snprintf(text, sizeof(text), "%s\n%s\n", url, etag);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOFOLLOW, 0600)) == -1)
		return;
	if (write(fd, text, (size_t)len) != len)
		unlink(path);
	close(fd);
}

/* What a user without privileges may still write there */
static int
free_bytes(const char *path, uint64_t *bytes, dev_t *device)
{
	struct statvfs	 fs;
	struct stat	 st;

	if (statvfs(path, &fs) == -1 || stat(path, &st) == -1)
		return -1;
	*bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	*device = st.st_dev;
	return 0;
}

int
staging_room_for(const char *path, uint64_t bytes, char *error, size_t size)
{
	uint64_t	 free;
	dev_t		 device;

	if (free_bytes(path, &free, &device) == -1)
		return fail(path, error, size);
	if (bytes <= free)
		return 0;
	snprintf(error, size, "%s: too little space: %llu bytes are needed, "
	    "%llu are free", path, (unsigned long long)bytes,
	    (unsigned long long)free);
	return -1;
}

int
staging_room(int fd, uint64_t total, const char *other, char *error,
    size_t size)
{
	struct stat	 st;
	uint64_t	 have, here, need, there;
	dev_t		 device, other_device;

	if (fstat(fd, &st) == -1 ||
	    free_bytes(directory, &here, &device) == -1)
		return fail(directory, error, size);
	if (free_bytes(other, &there, &other_device) == -1)
		return fail(other, error, size);
	/* What lies there already is a part of it. */
	have = (uint64_t)st.st_blocks * STAT_BLOCK;
	here += have < total ? have : total;
	need = device == other_device ? 2 * total : total;
	if (need > here) {
		snprintf(error, size, "%s: too little space for %s of %llu "
		    "bytes: %llu bytes are needed, %llu are free", directory,
		    device == other_device ? "two copies" : "a file",
		    (unsigned long long)total, (unsigned long long)need,
		    (unsigned long long)here);
		return -1;
	}
	if (device == other_device)
		return 0;
	return staging_room_for(other, total, error, size);
}

void
staging_clean(const char *version)
{
	char	 path[700];
	int	 i;

	for (i = STAGING_LIST; i <= STAGING_BINARY; i++) {
		path_of(version, (enum staging_file)i, path, sizeof(path));
		if (unlink(path) == -1 && errno != ENOENT)
			log_warn("%s", path);
	}
	from_path(version, path, sizeof(path));
	if (unlink(path) == -1 && errno != ENOENT)
		log_warn("%s", path);
}

void
staging_clean_others(const char *version)
{
	char		 path[900], keep[VERSION_SIZE + 2];
	struct dirent	*de;
	size_t		 len;
	DIR		*dir;

	snprintf(keep, sizeof(keep), "v%s", version);
	len = strlen(keep);
	if ((dir = opendir(directory)) == NULL)
		return;
	while ((de = readdir(dir)) != NULL) {
		if (de->d_name[0] != 'v' || (strncmp(de->d_name, keep, len) ==
		    0 && !isdigit((unsigned char)de->d_name[len])))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, de->d_name);
		if (unlink(path) == -1)
			log_warn("%s", path);
	}
	closedir(dir);
}
