#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lavavisord/ca_bundle.h"

int
ca_bundle_open(const char *path, char *error, size_t size)
{
	static const char *const	 known[] = {
		"/etc/ssl/cert.pem",			/* OpenBSD */
		"/etc/ssl/certs/ca-certificates.crt",	/* Debian */
		"/etc/pki/tls/certs/ca-bundle.crt"	/* Fedora */
	};
	size_t				 i;
	int				 fd;

	if (path != NULL) {
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
			snprintf(error, size, "ca-file %s: %s", path,
			    strerror(errno));
		return fd;
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((fd = open(known[i], O_RDONLY | O_CLOEXEC)) != -1)
			return fd;
	snprintf(error, size, "no bundle of trusted certificates was found: "
	    "install ca-certificates or set ca-file");
	return -1;
}
