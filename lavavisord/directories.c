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
	char		 home[600];
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
	if ((mkdir(home, 0755) == -1 && errno != EEXIST) ||
	    mkdir(conf->directory, 0750) == -1 || (privileged &&
	    lchown(conf->directory, conf->uid, conf->gid) == -1)) {
		snprintf(error, size, "its directory %s cannot be made: %s",
		    conf->directory, strerror(errno));
		return -1;
	}
	return 0;
}
