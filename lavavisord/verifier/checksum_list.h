/*
 * Lists of SHA-256 hashes, as sha256sum(1), `sha256sum --tag`, goreleaser,
 * sha256(1) of OpenBSD and signify -C write them:
 *
 *	HASH  NAME		GNU, text mode
 *	HASH *NAME		GNU, binary mode
 *	SHA256 (NAME) = HASH	BSD
 *
 * one a line, ended by LF or CRLF.  Lines of other algorithms, comments
 * and names with escapes (a leading backslash) are not ours and skipped.
 */

#ifndef VERIFIER_CHECKSUM_LIST_H
#define VERIFIER_CHECKSUM_LIST_H

#include <stddef.h>
#include <stdint.h>

#define CHECKSUM_LIST_MAX	(1024 * 1024)	/* bytes of a list */
#define SHA256_SIZE		32

/*
 * May this be looked for: not empty, "." or "..", no '/', backslash or
 * control character, no blank at either end?
 */
int	 checksum_name_is_fine(const char *);

/*
 * Finds name, compared as a whole and by case, in the list of len bytes and
 * copies its hash.  It must be there once, and not in a directory: what a list
 * says twice is not for us to choose from.  0, or -1 with *why a static text.
 */
int	 checksum_list_find(const char *list, size_t len, const char *name,
	    uint8_t hash[SHA256_SIZE], const char **why);

#endif
