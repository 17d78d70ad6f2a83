#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lavavisord/verifier/signature.h"

#define UNTRUSTED	"untrusted comment: "
#define TRUSTED		"trusted comment: "
#define TEXT_LEN(s)	(sizeof(s) - 1)
#define COMMENT_MAX	1024	/* signify's and minisign's own limit */

/* A cursor over the lines of a file, each ended by LF */
struct lines {
	const char	*p;
	size_t		 left;
};

static int	comment_line(struct lines *, const char *, const char **,
		    size_t *);
static int	base64_line(struct lines *, void *, size_t);
static int	next_line(struct lines *, const char **, size_t *);
static int	signature_bytes(struct signature *, struct lines *);
static int	word_is(const char *, size_t, const char *);
static int	has_word(const char *, const char *);
static int	holds_version(const char *, const char *);

static int
next_line(struct lines *l, const char **line, size_t *len)
{
	const char	*lf;

	if (l->left == 0 || (lf = memchr(l->p, '\n', l->left)) == NULL)
		return -1;
	*line = l->p;
	*len = (size_t)(lf - l->p);
	l->left -= *len + 1;
	l->p = lf + 1;
	return 0;
}

/* A line that begins with prefix; *text is what follows it */
static int
comment_line(struct lines *l, const char *prefix, const char **text,
    size_t *len)
{
	size_t	 i, n = strlen(prefix);

	if (next_line(l, text, len) == -1 || *len < n ||
	    memcmp(*text, prefix, n) != 0)
		return -1;
	*text += n;
	*len -= n;
	if (*len > COMMENT_MAX)
		return -1;
	for (i = 0; i < *len; i++)
		if (((unsigned char)(*text)[i] < 0x20 && (*text)[i] != '\t') ||
		    (*text)[i] == 0x7f)
			return -1;
	return 0;
}

/* A line that is the base64 of exactly size bytes, with its padding */
static int
base64_line(struct lines *l, void *to, size_t size)
{
	const char	*line;
	size_t		 i, len, got;

	if (next_line(l, &line, &len) == -1 ||
	    len != (size + 2) / 3 * 4)
		return -1;
	/* libsodium takes some bytes above 127 for letters. */
	for (i = 0; i < len; i++)
		if ((unsigned char)line[i] >= 0x80)
			return -1;
	if (sodium_base642bin(to, size, line, len, NULL, &got, NULL,
	    sodium_base64_VARIANT_ORIGINAL) == -1 || got != size)
		return -1;
	return 0;
}

int
public_key_parse(struct public_key *key, const char *text, const char **why)
{
	struct lines	 l;
	const char	*comment;
	unsigned char	 raw[2 + KEY_ID_SIZE + sizeof(key->key)];
	char		 file[KEY_SIZE + 1];
	size_t		 len = strlen(text);

	*why = "is not a signify or minisign public key";
	if (len == 0 || len >= KEY_SIZE)
		return -1;
	memcpy(file, text, len);
	if (file[len - 1] != '\n')
		file[len++] = '\n';
	l.p = file;
	l.left = len;
	if (comment_line(&l, UNTRUSTED, &comment, &len) == -1 ||
	    base64_line(&l, raw, sizeof(raw)) == -1 || l.left != 0)
		return -1;
	if (memcmp(raw, "Ed", 2) != 0) {
		*why = "is a public key of an unknown algorithm";
		return -1;
	}
	memcpy(key->id, raw + 2, KEY_ID_SIZE);
	memcpy(key->key, raw + 2 + KEY_ID_SIZE, sizeof(key->key));
	return 0;
}

void
key_id_text(const uint8_t id[KEY_ID_SIZE], char text[KEY_ID_TEXT])
{
	int	 i;

	for (i = 0; i < KEY_ID_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02X", id[KEY_ID_SIZE - 1 - i]);
}

/* The two lines that both kinds begin with */
static int
signature_bytes(struct signature *sig, struct lines *l)
{
	const char	*comment;
	unsigned char	 raw[2 + KEY_ID_SIZE + sizeof(sig->bytes)];
	size_t		 len;

	memset(sig, 0, sizeof(*sig));
	if (comment_line(l, UNTRUSTED, &comment, &len) == -1 ||
	    base64_line(l, raw, sizeof(raw)) == -1)
		return -1;
	if (memcmp(raw, "ED", 2) == 0)
		sig->prehashed = 1;
	else if (memcmp(raw, "Ed", 2) != 0)
		return -1;
	memcpy(sig->id, raw + 2, KEY_ID_SIZE);
	memcpy(sig->bytes, raw + 2 + KEY_ID_SIZE, sizeof(sig->bytes));
	return 0;
}

int
signify_parse(struct signature *sig, const char *buf, size_t len,
    const char **why)
{
	struct lines	 l = { buf, len };

	*why = "is not a signify signature";
	if (len > SIGNATURE_FILE_MAX || signature_bytes(sig, &l) == -1 ||
	    l.left != 0 || sig->prehashed)
		return -1;
	return 0;
}

int
minisign_parse(struct signature *sig, const char *buf, size_t len,
    const char **why)
{
	struct lines	 l = { buf, len };
	const char	*comment;
	size_t		 n;

	*why = "is not a minisign signature";
	if (len > SIGNATURE_FILE_MAX || signature_bytes(sig, &l) == -1 ||
	    comment_line(&l, TRUSTED, &comment, &n) == -1 ||
	    n >= sizeof(sig->trusted) ||
	    base64_line(&l, sig->global, sizeof(sig->global)) == -1 ||
	    l.left != 0)
		return -1;
	memcpy(sig->trusted, comment, n);
	sig->trusted[n] = '\0';
	sig->has_trusted = 1;
	return 0;
}

int
signature_verify_trusted(const struct signature *sig,
    const struct public_key *key)
{
	unsigned char	 signed_text[sizeof(sig->bytes) + TRUSTED_SIZE];
	size_t		 len;

	if (memcmp(sig->id, key->id, KEY_ID_SIZE) != 0)
		return -1;
	if (!sig->has_trusted)
		return 0;
	len = strlen(sig->trusted);
	memcpy(signed_text, sig->bytes, sizeof(sig->bytes));
	memcpy(signed_text + sizeof(sig->bytes), sig->trusted, len);
	return crypto_sign_verify_detached(sig->global, signed_text,
	    sizeof(sig->bytes) + len, key->key);
}

int
signature_verify_digest(const struct signature *sig,
    const struct public_key *key, const uint8_t digest[MESSAGE_DIGEST_SIZE])
{
	if (!sig->prehashed || signature_verify_trusted(sig, key) == -1)
		return -1;
	return crypto_sign_verify_detached(sig->bytes, digest,
	    MESSAGE_DIGEST_SIZE, key->key);
}

int
signature_verify(const struct signature *sig, const struct public_key *key,
    const void *message, size_t len)
{
	uint8_t	 digest[MESSAGE_DIGEST_SIZE];

	if (sig->prehashed) {
		if (crypto_generichash(digest, sizeof(digest), message, len,
		    NULL, 0) == -1)
			return -1;
		return signature_verify_digest(sig, key, digest);
	}
	if (signature_verify_trusted(sig, key) == -1)
		return -1;
	return crypto_sign_verify_detached(sig->bytes, message, len,
	    key->key);
}

/* text, or "KEY:text" as in "file:lavap" */
static int
word_is(const char *word, size_t len, const char *text)
{
	size_t	 n = strlen(text);

	if (n == 0 || len < n || memcmp(word + len - n, text, n) != 0)
		return 0;
	if (len == n)
		return 1;
	return word[len - n - 1] == ':' &&
	    memchr(word, ':', len) == word + len - n - 1;
}

static int
has_word(const char *comment, const char *text)
{
	size_t	 len;

	for (;; comment += len) {
		comment += strspn(comment, " \t");
		if ((len = strcspn(comment, " \t")) == 0)
			return 0;
		if (word_is(comment, len, text))
			return 1;
	}
}

/* "-v6.2.5-" or "-6.2.5-" in a file name: 6.2.5 and nothing longer */
static int
holds_version(const char *file_name, const char *version)
{
	const char	*p, *end;
	size_t		 len = strlen(version);

	for (p = file_name; (p = strstr(p, version)) != NULL; p++) {
		end = p + len;
		if (p > file_name && p[-1] == 'v')
			p--;
		if (p > file_name && (p[-1] == '-' || p[-1] == '_') &&
		    (*end == '-' || *end == '_'))
			return 1;
		p = end - len;
	}
	return 0;
}

int
trusted_comment_names(const char *comment, const char *file_name,
    const char *version, const char *system, const char *arch)
{
	char	 with_v[VERSION_SIZE + 1];

	if (version[0] == '\0')
		return 0;
	if (holds_version(file_name, version) && has_word(comment, file_name))
		return 1;
	snprintf(with_v, sizeof(with_v), "v%s", version);
	return (has_word(comment, version) || has_word(comment, with_v)) &&
	    has_word(comment, system) && has_word(comment, arch);
}
