/*
 * The last step of an installation, by an upgrade or from a local file: what
 * a verifier has accepted gets its manifest, its name and its place in the
 * journal.
 */

#ifndef LAVAVISORD_INSTALL_VERIFIED_H
#define LAVAVISORD_INSTALL_VERIFIED_H

#include <stddef.h>

#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/hash_rule.h"
#include "lavavisord/manifest.h"

/* The hash that v must have; see hash_rule(). */
int	 install_wanted(const struct semver *v, struct hash_wanted *,
	    char *error);

/*
 * Finishes what install_open() began for v.  source: where it came from.
 * Remembers the hash, saves the journal, lets waiting services start, and
 * tells the event "install".  0, or -1 with error (TEXT_SIZE bytes), and
 * nothing is left of it.
 */
int	 install_verified(const struct semver *v, const struct msg_verified *,
	    enum manifest_how, const char *source, char *error);

#endif
