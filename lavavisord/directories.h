/*
 * The working directory of a service.
 */

#ifndef LAVAVISORD_DIRECTORIES_H
#define LAVAVISORD_DIRECTORIES_H

#include <stddef.h>

struct config_service;

/*
 * Sees to it that conf->directory is there.  One right below STATE/home is
 * made, and given to the service's user, as only root writes in STATE/home; any
 * other must exist.  0, or -1 with error.
 */
int	 service_directory(const struct config_service *conf,
	    const char *state, int privileged, char *error, size_t);

#endif
