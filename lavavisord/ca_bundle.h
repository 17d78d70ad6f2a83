/*
 * The certificates that rooms trust, as a file they are handed.
 */

#ifndef LAVAVISORD_CA_BUNDLE_H
#define LAVAVISORD_CA_BUNDLE_H

#include <stddef.h>

/*
 * Opens path, or when it is NULL the first bundle the system is known to
 * have.  A read-only fd, or -1 with error.
 */
int	 ca_bundle_open(const char *path, char *error, size_t);

#endif
