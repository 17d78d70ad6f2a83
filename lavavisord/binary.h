/*
 * Which lavap a service executes: the version of its record, verified, and
 * still the very file that was.
 */

#ifndef LAVAVISORD_BINARY_H
#define LAVAVISORD_BINARY_H

#include <stddef.h>

#include "common/semver.h"
#include "lavavisord/services.h"

struct event_base;

/* See binary in struct services_conf. */
int	 binary_for(struct service *, char *path, size_t,
	    struct semver *, char *why, size_t);

void	 binary_init(struct event_base *);

/* 1 if a start could execute this version at once. */
int	 binary_is_checked(const struct semver *);

/* 1 while the version that this service is to run is being hashed. */
int	 binary_is_pending(const struct service *);

/* Hashes, from now on, whatever services are to run and was not looked at. */
void	 binary_check_all(void);

/* Services that wait for a file are started, if it is there now. */
void	 binary_arrived(void);

/*
 * Hashes an installed version again unless this parent has and the file is
 * the same since.  done is called once, from the loop: error NULL when its
 * bytes are those of the manifest.  When they are not, the version is
 * marked damaged; any other error is the host's trouble and may pass.
 */
void	 binary_check(const struct semver *, void (*done)(const char *error,
	    void *), void *);

/* The same, whatever is known of it. */
void	 binary_recheck(const struct semver *, void (*done)(const char *error,
	    void *), void *);

#endif
