/*
 * Which hash a version must have, whatever lists and signatures say: the
 * operator's word, else the config's pin, else the one that was verified
 * first.  Pure.
 */

#ifndef LAVAVISORD_HASH_RULE_H
#define LAVAVISORD_HASH_RULE_H

#include <stddef.h>

#include "common/message.h"

enum hash_by {
	HASH_BY_NOBODY,		/* any hash will do */
	HASH_BY_FIRST,		/* this version had it before */
	HASH_BY_PIN,		/* releases.pins */
	HASH_BY_OPERATOR	/* upgrade approve VERSION SHA256 */
};

struct hash_wanted {
	enum hash_by	 by;
	char		 sha256[HASH_SIZE];	/* "" by nobody */
};

/*
 * Each hash is "" when there is none.  A pin does not overrule the first
 * hash, only the operator's word does: -1 with error (one line, TEXT_SIZE
 * bytes) when they differ, else 0.
 */
int	 hash_rule(const char *version, const char *approved,
	    const char *pin, const char *first, struct hash_wanted *,
	    char *error);

/*
 * Compares what a file has with what it must have: 0, or -1 with error as
 * above, which says what it means and how to settle it.
 */
int	 hash_rule_compare(const char *version, const struct hash_wanted *,
	    const char *sha256, char *error);

#endif
