#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lavavisord/control_sockets.h"

/* Shortest sun_path of our systems, its NUL included */
#define SOCKET_PATH_MAX	104

static int	may_replace(const char *, char *, size_t);

/* 0 if there is nothing, or a socket of our own. */
static int
may_replace(const char *path, char *error, size_t len)
{
	struct stat	 st;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			return 0;
		snprintf(error, len, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(error, len, "%s: it is no socket and in the way of "
		    "ours: remove it", path);
		return -1;
	}
	if (st.st_uid != geteuid()) {
		snprintf(error, len, "%s: this socket belongs to uid %u, not "
		    "to uid %u: remove it", path, (unsigned int)st.st_uid,
		    (unsigned int)geteuid());
		return -1;
	}
	return 0;
}

int
control_socket(const char *directory, const char *name, mode_t mode,
    gid_t gid, char *error, size_t len)
{
	struct sockaddr_un	 sun;
	mode_t			 old;
	int			 fd, n;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	n = snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s", directory,
	    name);
	if (n < 0 || n >= SOCKET_PATH_MAX) {
		snprintf(error, len, "%s/%s: the path of a socket may have "
		    "%d bytes at most: use a shorter directory", directory,
		    name, SOCKET_PATH_MAX - 1);
		return -1;
	}
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0)) == -1) {
		snprintf(error, len, "socket: %s", strerror(errno));
		return -1;
	}
	if (may_replace(sun.sun_path, error, len) == -1) {
		close(fd);
		return -1;
	}
	/* We hold the lock of the directory: whoever made it is dead. */
	if (unlink(sun.sun_path) == -1 && errno != ENOENT)
		goto fail;
	old = umask(0177);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		umask(old);
		goto fail;
	}
	umask(old);
	if ((gid != (gid_t)-1 && chown(sun.sun_path, (uid_t)-1, gid) == -1) ||
	    chmod(sun.sun_path, mode) == -1 || listen(fd, 128) == -1)
		goto fail;
	return fd;
fail:
	snprintf(error, len, "%s: %s", sun.sun_path, strerror(errno));
	close(fd);
	return -1;
}
