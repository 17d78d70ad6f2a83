/*
 * upgrades/vX.Y.Z/manifest: what the lavap beside it is, and why it is
 * trusted.  Written once, when the version is installed, and never changed; a
 * lavap without one is never run.
 *
 *	lavavisord-manifest 1
 *	version 6.2.5
 *	sha256 HEX
 *	size 123456789
 *	how signed			signed pinned checksum imported built
 *	time 1780000000			of the installation, Unix seconds
 *	key TEXT			who signed; nothing unless signed
 *	source URL			or nothing
 *
 * Every line once, in this order.  There is no sum: people copy the hash.
 */

#ifndef LAVAVISORD_MANIFEST_H
#define LAVAVISORD_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/semver.h"

#define MANIFEST_FILE		"manifest"
#define MANIFEST_MAX_SIZE	4096

enum manifest_how {
	HOW_SIGNED,
	HOW_PINNED,
	HOW_CHECKSUM,
	HOW_IMPORTED,
	HOW_BUILT,
	HOWS
};

struct manifest {
	struct semver		 version;
	char			 sha256[HASH_SIZE];
	uint64_t		 size;		/* bytes, more than 0 */
	enum manifest_how	 how;
	int64_t			 time_s;
	char			 key[128];	/* as in struct msg_verified */
	char			 source[URL_SIZE];
};

/*
 * Reads the manifest in the directory `dir` (upgrades/vX.Y.Z).  0, or -1 with
 * error: one line of TEXT_SIZE bytes.
 */
int	 manifest_load(int dir, struct manifest *, char *error);

/* Writes it, mode 0444, flushed.  0, or -1 with error as above. */
int	 manifest_save(int dir, const struct manifest *, char *error);

/* The text form; parse may write into text.  format allocates *text. */
int	 manifest_parse(char *text, size_t len, struct manifest *,
	    char *error);
void	 manifest_format(const struct manifest *, char **text, size_t *len);

/* The words of `how`; never NULL. */
const char	*manifest_how_name(enum manifest_how);

#endif
