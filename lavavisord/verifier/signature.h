/*
 * Signatures of signify(1) and minisign, both Ed25519.
 *
 * A public key file and a signify signature are two lines: "untrusted comment:
 * ..." and the base64 of "Ed", an 8-byte key id and the key (32 bytes) or
 * the signature (64).  A minisign signature has "Ed" for a signature over the
 * message or "ED" for one over its BLAKE2b-512, and two lines more: "trusted
 * comment: ..." and the base64 of a signature over signature and comment.
 * Sources: crypto_api and signify.c of OpenBSD's signify, and
 * https://jedisct1.github.io/minisign/#signature-format
 *
 * Files are read strictly: LF line ends, canonical base64, nothing before or
 * after.  The id of the key is only a hint for which key to try.  A signature
 * is never an identity: other bytes may be a signature too.
 */

#ifndef VERIFIER_SIGNATURE_H
#define VERIFIER_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

#define KEY_ID_SIZE		8
#define KEY_ID_TEXT		(2 * KEY_ID_SIZE + 1)
#define SIGNATURE_FILE_MAX	4096	/* bytes */
#define TRUSTED_SIZE		1024	/* of a trusted comment with its NUL */
#define MESSAGE_DIGEST_SIZE	64	/* BLAKE2b-512 */

struct public_key {
	char	 name[NAME_SIZE];	/* its file, for people */
	uint8_t	 id[KEY_ID_SIZE];
	uint8_t	 key[32];
};

struct signature {
	int	 prehashed;		/* over the digest of the message */
	uint8_t	 id[KEY_ID_SIZE];	/* of the key that made it */
	uint8_t	 bytes[64];
	int	 has_trusted;		/* minisign: the two below are set */
	char	 trusted[TRUSTED_SIZE];
	uint8_t	 global[64];		/* over bytes and trusted */
};

/*
 * Reads the text of a public key file; the last line end may be missing.
 * All parsers: 0, or -1 with *why a static text that follows a file name.
 */
int	 public_key_parse(struct public_key *, const char *text,
	    const char **why);

/* The id as minisign shows it: 16 capital hex digits, last byte first. */
void	 key_id_text(const uint8_t id[KEY_ID_SIZE], char text[KEY_ID_TEXT]);

int	 signify_parse(struct signature *, const char *, size_t,
	    const char **why);
int	 minisign_parse(struct signature *, const char *, size_t,
	    const char **why);

/* 0 when this key made it over these bytes and its trusted comment, or -1. */
int	 signature_verify(const struct signature *, const struct public_key *,
	    const void *, size_t);

/* The same for a prehashed one, when the caller has the digest. */
int	 signature_verify_digest(const struct signature *,
	    const struct public_key *,
	    const uint8_t digest[MESSAGE_DIGEST_SIZE]);

/* Only ids and trusted comment: 0 when this key signed the comment. */
int	 signature_verify_trusted(const struct signature *,
	    const struct public_key *);

/*
 * Does a trusted comment bind a file to what it is?  It must have as a
 * word of its own, or behind a "word:", either the name of the file, which
 * must have the version in it, or version, system and architecture each.
 */
int	 trusted_comment_names(const char *comment, const char *file_name,
	    const char *version, const char *system, const char *arch);

#endif
