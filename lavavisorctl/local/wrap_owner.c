#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file_lock.h"
#include "lavavisorctl/local/wrap_owner.h"

/* For the lock of a daemon that is dead, ms: lavavisord/startup.c */
#define LOCK_WAIT_MS	5000
#define LOCK_LOOK_MS	10


int
wrap_become(const char *user, char *why, size_t size)
{
	struct passwd	*pw;

	errno = 0;
	if ((pw = getpwnam(user)) == NULL) {
		snprintf(why, size, "--user %.80s: %s", user, errno != 0 ?
		    strerror(errno) : "there is no such account");
		return -1;
	}
	if (geteuid() != 0 && pw->pw_uid != geteuid()) {
		snprintf(why, size, "--user %.80s: only root can become "
		    "another user", user);
		return -1;
	}
	if (geteuid() == 0 && (initgroups(pw->pw_name, pw->pw_gid) == -1 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)) {
		snprintf(why, size, "--user %.80s: %s", user, strerror(errno));
		return -1;
	}
	if (setenv("HOME", pw->pw_dir, 1) == -1) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	return 0;
}

/*
 * Nobody here closes the descriptor, as that would give up the lock of the
 * process; rooms and services do not get it.
 */
int
wrap_lock(const struct place *p, int *taken, char *why, size_t size)
{
	char	 path[PLACE_PATH_SIZE + 16];
	pid_t	 holder;
	mode_t	 old = umask(022);
	int	 fd = -1, n, tries = LOCK_WAIT_MS / LOCK_LOOK_MS;

	*taken = 0;
	snprintf(path, sizeof(path), "%s/run", p->directory);
	if (mkdir(path, 0755) == 0 || errno == EEXIST) {
		strlcat(path, "/lock", sizeof(path));
		fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
	}
	umask(old);
	if (fd == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	/* A child of one that is dead lets go in a moment. */
	while ((n = file_lock(fd, &holder)) == -1 && holder > 0 &&
	    kill(holder, 0) == -1 && errno == ESRCH && tries-- > 0)
		poll(NULL, 0, LOCK_LOOK_MS);
	*taken = n == -1;
	return 0;
}
