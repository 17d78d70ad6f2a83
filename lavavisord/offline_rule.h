/*
 * What `install FILE` may believe: which version a file is, and what must
 * vouch for it under this configuration.  Pure.
 */

#ifndef LAVAVISORD_OFFLINE_RULE_H
#define LAVAVISORD_OFFLINE_RULE_H

#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/hash_rule.h"
#include "lavavisord/manifest.h"

struct offline_facts {
	const char		*version;
	enum trust_mode		 trust;		/* releases.trust */
	size_t			 keys;		/* configured */
	int			 has_list;	/* --sums */
	int			 has_signature;	/* --sig, signify */
	int			 has_minisig;	/* --sig, minisign */
	int			 imported;	/* --imported */
	struct hash_wanted	 wanted;
};

struct offline_basis {
	enum trust_mode		 trust;		/* for the verifier */
	enum manifest_how	 how;		/* for the manifest */
};

/*
 * asked is the operator's --version or "", name the file's own name, os and
 * arch are this machine's: the version, from either.  A name of a release of
 * another version or machine is refused.  0, or -1 with error (TEXT_SIZE).
 */
int	 offline_version(const char *asked, const char *name, const char *os,
	    const char *arch, struct semver *, char *error);

/* What it is verified by.  0, or -1 with error: what is lacking. */
int	 offline_rule(const struct offline_facts *, struct offline_basis *,
	    char *error);

#endif
