#include <string.h>

#include "lavavisord/config.h"
#include "lavavisord/verify_answer.h"

static int	 is_hash(const char *);
static int	 names_a_key(const struct config_key *, size_t, const char *);

static int
is_hash(const char *text)
{
	return strspn(text, "0123456789abcdef") == HASH_SIZE - 1 &&
	    text[HASH_SIZE - 1] == '\0';
}

/* "release.pub 0123456789ABCDEF" */
static int
names_a_key(const struct config_key *keys, size_t n, const char *text)
{
	size_t	 i, len;

	for (i = 0; i < n; i++) {
		len = strlen(keys[i].key.name);
		if (strncmp(text, keys[i].key.name, len) == 0 &&
		    text[len] == ' ')
			return 1;
	}
	return 0;
}

int
verify_answer_check(const struct msg_verify *asked,
    const struct config_key *keys, size_t nkeys, uint64_t written,
    const struct msg_verified *m, const char **why)
{
	*why = "a hash that is none";
	if ((m->ok || m->sha256[0] != '\0') && !is_hash(m->sha256))
		return -1;
	*why = "no reason why not";
	if (!m->ok && m->error[0] == '\0')
		return -1;
	*why = "it is both right and wrong";
	if (m->ok && m->unwanted)
		return -1;
	*why = "unwanted, where any hash will do or this one is wanted";
	if (m->unwanted && (m->sha256[0] == '\0' || asked->want[0] == '\0' ||
	    strcmp(asked->want, m->sha256) == 0))
		return -1;
	if (!m->ok)
		return 0;
	*why = "right, with another hash than the one that is wanted";
	if (asked->want[0] != '\0' && strcmp(asked->want, m->sha256) != 0)
		return -1;
	*why = "a size that cannot be";
	if (m->size == 0 || (asked->max_size != 0 &&
	    m->size > asked->max_size))
		return -1;
	*why = "another size than the new file has";
	if (written != VERIFY_NO_OUTPUT && written != m->size)
		return -1;
	*why = "signed by a key that is not configured";
	if (asked->trust == TRUST_SIGNED && !names_a_key(keys, nkeys, m->key))
		return -1;
	*why = "signed, where nobody looked at a signature";
	if (asked->trust != TRUST_SIGNED && m->key[0] != '\0')
		return -1;
	return 0;
}
