#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "lavavisord/hash_rule.h"

int
hash_rule(const char *version, const char *approved, const char *pin,
    const char *first, struct hash_wanted *w, char *error)
{
	const char	*hash = "";

	memset(w, 0, sizeof(*w));
	if (approved[0] != '\0') {
		w->by = HASH_BY_OPERATOR;
		hash = approved;
	} else if (pin[0] != '\0') {
		w->by = HASH_BY_PIN;
		hash = pin;
	} else if (first[0] != '\0') {
		w->by = HASH_BY_FIRST;
		hash = first;
	}
	strlcpy(w->sha256, hash, sizeof(w->sha256));
	if (w->by == HASH_BY_PIN && first[0] != '\0' &&
	    strcmp(pin, first) != 0) {
		snprintf(error, TEXT_SIZE, "v%s: releases.pins says sha256 "
		    "%s, but this version had %s first: `upgrade approve %s "
		    "SHA256` settles which one it is", version, pin, first,
		    version);
		return -1;
	}
	return 0;
}

int
hash_rule_compare(const char *version, const struct hash_wanted *w,
    const char *sha256, char *error)
{
	if (w->by == HASH_BY_NOBODY || strcmp(w->sha256, sha256) == 0)
		return 0;
	switch (w->by) {
	case HASH_BY_FIRST:
		snprintf(error, TEXT_SIZE, "v%s has another hash than before: "
		    "sha256 is %s, and was %s when this version was first "
		    "verified; if its maker has replaced it, `upgrade approve "
		    "%s SHA256` lets it through", version, sha256, w->sha256,
		    version);
		break;
	case HASH_BY_PIN:
		snprintf(error, TEXT_SIZE, "v%s: sha256 is %s, pinned in "
		    "releases.pins is %s", version, sha256, w->sha256);
		break;
	default:
		snprintf(error, TEXT_SIZE, "v%s: sha256 is %s, approved is %s",
		    version, sha256, w->sha256);
		break;
	}
	return -1;
}
