#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lavavisorctl/local/own_directory.h"
#include "lavavisorctl/local/place.h"

static int	make_all(const char *, char *, size_t);

int
own_directory_check(const struct place *p, char *why, size_t size)
{
	struct passwd	*pw;
	struct stat	 st;
	char		 who[64];

	if (stat(p->directory, &st) == -1) {
		if (errno == ENOENT)
			return 0;
		snprintf(why, size, "%s: %s", p->directory, strerror(errno));
		return -1;
	}
	if (!S_ISDIR(st.st_mode)) {
		snprintf(why, size, "%s is not a directory", p->directory);
		return -1;
	}
	if (st.st_uid != geteuid()) {
		if ((pw = getpwuid(st.st_uid)) != NULL)
			snprintf(who, sizeof(who), "%s", pw->pw_name);
		else
			snprintf(who, sizeof(who), "uid %u",
			    (unsigned int)st.st_uid);
		snprintf(why, size, "%s belongs to %s: run this as %s, or "
		    "give another --directory", p->directory, who, who);
		return -1;
	}
	if ((st.st_mode & 022) != 0) {
		snprintf(why, size, "%s: others may write there (mode %03o): "
		    "chmod go-w it", p->directory,
		    (unsigned int)(st.st_mode & 0777));
		return -1;
	}
	return 0;
}

static int
make_all(const char *path, char *why, size_t size)
{
	char	 copy[PLACE_PATH_SIZE], *slash;
	mode_t	 old = umask(022);
	int	 result = 0;

	strlcpy(copy, path, sizeof(copy));
	for (slash = copy + 1; result == 0; slash++) {
		if ((slash = strchr(slash, '/')) != NULL)
			*slash = '\0';
		if (mkdir(copy, 0755) == -1 && errno != EEXIST &&
		    errno != EISDIR && (slash == NULL || errno != EROFS)) {
			snprintf(why, size, "%s cannot be made: %s", copy,
			    strerror(errno));
			result = -1;
		}
		if (slash == NULL)
			break;
		*slash = '/';
	}
	umask(old);
	return result;
}

int
own_directory_make(const struct place *p, char *why, size_t size)
{
	char	 copy[PLACE_PATH_SIZE];

	strlcpy(copy, p->config, sizeof(copy));
	return make_all(p->directory, why, size) == -1 ||
	    make_all(dirname(copy), why, size) == -1 ? -1 : 0;
}
