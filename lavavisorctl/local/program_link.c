#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lavavisorctl/local/place.h"
#include "lavavisorctl/local/program_link.h"

#define NAME		"lavap"
#define ROOTS		"/usr/local/bin"
#define OURS		"/upgrades/"	/* LavaVisor's, too */

static int	find_directory(const char *, char *, size_t, char *, size_t);
static int	replace(const char *, const char *);

static int
find_directory(const char *given, char *dir, size_t dirsize, char *text,
    size_t size)
{
	const char	*home = getenv("HOME");
	char		 local[PLACE_PATH_SIZE];

	if (given == NULL && geteuid() == 0)
		given = ROOTS;
	if (given != NULL) {
		if (strlcpy(dir, given, dirsize) < dirsize)
			return 0;
		snprintf(text, size, "%.60s...: %s", given,
		    strerror(ENAMETOOLONG));
		return -1;
	}
	if (home == NULL || home[0] != '/') {
		snprintf(text, size, "HOME is not set");
		return -1;
	}
	if ((size_t)snprintf(dir, dirsize, "%s/.local/bin", home) >= dirsize ||
	    (size_t)snprintf(local, sizeof(local), "%s/.local", home) >=
	    sizeof(local)) {
		snprintf(text, size, "%.60s...: %s", home,
		    strerror(ENAMETOOLONG));
		return -1;
	}
	if ((mkdir(local, 0755) == -1 && errno != EEXIST) ||
	    (mkdir(dir, 0755) == -1 && errno != EEXIST)) {
		snprintf(text, size, "%s: %s", dir, strerror(errno));
		return -1;
	}
	return 0;
}

/* At every moment there is a link, the old one or the new one. */
static int
replace(const char *target, const char *path)
{
	char	 new_path[PLACE_PATH_SIZE + 8];

	snprintf(new_path, sizeof(new_path), "%s.new", path);
	if (unlink(new_path) == -1 && errno != ENOENT)
		return -1;
	if (symlink(target, new_path) == -1)
		return -1;
	return rename(new_path, path);
}

enum link_state
program_link(const struct place *p, const char *directory, char *path,
    char *text, size_t size)
{
	struct stat	 st;
	char		 dir[PLACE_PATH_SIZE], to[PLACE_PATH_SIZE + 32];
	char		 is[PLACE_PATH_SIZE + 32];
	ssize_t		 n;

	path[0] = '\0';
	if (find_directory(directory, dir, sizeof(dir), text, size) == -1)
		return LINK_FAILED;
	if ((size_t)snprintf(path, PLACE_PATH_SIZE, "%s/" NAME, dir) >=
	    PLACE_PATH_SIZE - 8) {
		snprintf(text, size, "%.60s...: %s", dir,
		    strerror(ENAMETOOLONG));
		return LINK_FAILED;
	}
	snprintf(to, sizeof(to), "%s/upgrades/current/" NAME, p->directory);
	if (symlink(to, path) == 0)
		return LINK_MADE;
	if (errno != EEXIST || lstat(path, &st) == -1) {
		snprintf(text, size, "%s: %s", path, strerror(errno));
		return LINK_FAILED;
	}
	if (!S_ISLNK(st.st_mode) || (n = readlink(path, is,
	    sizeof(is) - 1)) == -1) {
		snprintf(text, size, "%s is there and is no link of ours",
		    path);
		return LINK_FOREIGN;
	}
	is[n] = '\0';
	if (strcmp(is, to) == 0)
		return LINK_THERE;
	if (strstr(is, OURS) == NULL) {
		snprintf(text, size, "%s is there and leads to %s", path, is);
		return LINK_FOREIGN;
	}
	if (replace(to, path) == -1) {
		snprintf(text, size, "%s: %s", path, strerror(errno));
		return LINK_FAILED;
	}
	snprintf(text, size, "it led to %s", is);
	return LINK_CHANGED;
}

int
program_link_found(const char *path)
{
	const char	*p = getenv("PATH"), *end;
	const char	*slash = strrchr(path, '/');
	size_t		 len = slash == NULL ? 0 : (size_t)(slash - path);

	while (p != NULL) {
		end = strchr(p, ':');
		if ((end == NULL ? strlen(p) : (size_t)(end - p)) == len &&
		    strncmp(p, path, len) == 0)
			return 1;
		p = end == NULL ? NULL : end + 1;
	}
	return 0;
}
