#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lavavisord/config.h"
#include "lavavisord/directories.h"

int
service_directory(const struct config_service *conf, const char *state,
    int privileged, char *error, size_t size)
{
	struct stat	 st;
	char		 home[600], fresh[700];
	mode_t		 old;
	int		 made;
	size_t		 len;

	if (stat(conf->directory, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		snprintf(error, size, "%s is not a directory",
		    conf->directory);
		return -1;
	}
	len = (size_t)snprintf(home, sizeof(home), "%s/home", state);
	if (errno != ENOENT || len >= sizeof(home) ||
	    strncmp(conf->directory, home, len) != 0 ||
	    conf->directory[len] != '/' ||
	    strchr(conf->directory + len + 1, '/') != NULL) {
		snprintf(error, size, "its directory %s: %s", conf->directory,
		    strerror(errno));
		return -1;
	}
	/* Renamed into place: what has the name has its owner as well. */
	if (snprintf(fresh, sizeof(fresh), "%s/.%s.new", home,
	    conf->directory + len + 1) >= (int)sizeof(fresh)) {
		snprintf(error, size, "its directory %s: name too long",
		    conf->directory);
		return -1;
	}
	old = umask(022);
	made = (mkdir(home, 0755) == 0 || errno == EEXIST) &&
	    (rmdir(fresh) == 0 || errno == ENOENT) &&
	    mkdir(fresh, 0750) == 0 && (!privileged ||
	    lchown(fresh, conf->uid, conf->gid) == 0) &&
	    rename(fresh, conf->directory) == 0;
	umask(old);
	if (!made) {
		snprintf(error, size, "its directory %s cannot be made: %s",
		    conf->directory, strerror(errno));
		return -1;
	}
	return 0;
}
