#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lavavisord/ca_bundle.h"
#include "lavavisord/config.h"

int
ca_bundle_open(const char *path, char *error, size_t size)
{
	int	 fd;

	if (path == NULL)
		path = config_system_ca();
	if (path != NULL) {
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
			snprintf(error, size, "ca-file %s: %s", path,
			    strerror(errno));
		return fd;
	}
	snprintf(error, size, "no bundle of trusted certificates was found: "
	    "install ca-certificates or set ca-file");
	return -1;
}
