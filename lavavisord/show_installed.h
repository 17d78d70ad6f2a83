/*
 * What lies in upgrades/, for `show versions`, and its verification on demand.
 */

#ifndef LAVAVISORD_SHOW_INSTALLED_H
#define LAVAVISORD_SHOW_INSTALLED_H

#include <jansson.h>

struct client;

/*
 * Each version, newest first: version, sha256, size, how, key, source,
 * installed and verified (times; verified null before its first hashing in
 * this daemon's life), damaged (null or why), current, bad.
 */
json_t	*show_installed(void);

/* [{name, why}] of what else is there. */
json_t	*show_unused(void);

/*
 * Hashes all of them again, one after the other, in verifiers; then answers
 * this client, and those that asked meanwhile, with `show versions`.  The end
 * says CTL_FAILED when a file is not what was verified.
 */
void	 show_verified(struct client *);

#endif
