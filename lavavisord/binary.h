/*
 * Which lavap a service executes: the version of its record, verified, and
 * still the very file that was.
 */

#ifndef LAVAVISORD_BINARY_H
#define LAVAVISORD_BINARY_H

#include <stddef.h>

#include "common/semver.h"
#include "lavavisord/services.h"

/* See binary in struct services_conf. */
int	 binary_for(const struct service *, char *path, size_t,
	    struct semver *, char *why, size_t);

/*
 * Hashes an installed version again unless this parent has and the file is
 * the same since.  done is called once, maybe at once: error NULL when its
 * bytes are those of the manifest.
 */
void	 binary_check(const struct semver *, void (*done)(const char *error,
	    void *), void *);

#endif
