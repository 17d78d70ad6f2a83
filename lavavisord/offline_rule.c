#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "lavavisord/offline_rule.h"

#define PREFIX	"lavap-v"

static void	 imported_rule(const struct offline_facts *, int,
		    struct offline_basis *, char *);
static int	 name_version(const char *, struct semver *, const char **);

/* "lavap-v6.2.5-linux-amd64": the version, and *rest at "-linux-amd64" */
static int
name_version(const char *name, struct semver *v, const char **rest)
{
	char	 text[SEMVER_SIZE];
	size_t	 len;

	if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0)
		return -1;
	name += sizeof(PREFIX) - 1;
	len = strspn(name, "0123456789.");
	if (len == 0 || len >= sizeof(text) ||
	    (name[len] != '-' && name[len] != '\0'))
		return -1;
	memcpy(text, name, len);
	text[len] = '\0';
	*rest = name + len;
	return semver_parse(text, v);
}

int
offline_version(const char *asked, const char *name, const char *os,
    const char *arch, struct semver *v, char *error)
{
	struct semver	 named;
	const char	*rest;
	char		 platform[128], text[SEMVER_SIZE];
	int		 has_name;

	has_name = name_version(name, &named, &rest) == 0;
	if (asked[0] != '\0' && semver_parse(asked, v) == -1) {
		snprintf(error, TEXT_SIZE, "\"%.64s\" is no version like "
		    "6.2.5", asked);
		return -1;
	}
	if (asked[0] == '\0' && !has_name) {
		snprintf(error, TEXT_SIZE, "the name %.128s does not say which "
		    "version it is: say --version", name);
		return -1;
	}
	if (asked[0] == '\0')
		*v = named;
	if (has_name && semver_compare(v, &named) != 0) {
		snprintf(error, TEXT_SIZE, "%.128s is not v%s by its name",
		    name, semver_text(v, text, sizeof(text)));
		return -1;
	}
	snprintf(platform, sizeof(platform), "-%s-%s", os, arch);
	if (has_name && rest[0] != '\0' && strcmp(rest, platform) != 0) {
		snprintf(error, TEXT_SIZE, "%.128s is not for this machine, "
		    "%s-%s, by its name", name, os, arch);
		return -1;
	}
	return 0;
}

/* A word is no signature: where one is asked for, the hash is to be settled */
static void
imported_rule(const struct offline_facts *f, int settled,
    struct offline_basis *b, char *error)
{
	if (f->has_list || f->has_signature || f->has_minisig)
		snprintf(error, TEXT_SIZE, "--imported is without list and "
		    "signature: leave it out, and they count");
	else if (settled)
		*b = (struct offline_basis){ TRUST_PINNED, HOW_PINNED };
	else if (f->trust != TRUST_CHECKSUM)
		snprintf(error, TEXT_SIZE, "releases.trust is %s, which an "
		    "imported file is not: `upgrade approve %s SHA256` "
		    "first settles which it is",
		    f->trust == TRUST_SIGNED ? "signed" : "pinned",
		    f->version);
	else
		*b = (struct offline_basis){ TRUST_IMPORTED, HOW_IMPORTED };
}

int
offline_rule(const struct offline_facts *f, struct offline_basis *b,
    char *error)
{
	int	 settled = f->wanted.by == HASH_BY_PIN ||
		    f->wanted.by == HASH_BY_OPERATOR;
	int	 is_signed = f->has_signature || f->has_minisig;

	error[0] = '\0';
	if (f->imported) {
		imported_rule(f, settled, b, error);
		return error[0] != '\0' ? -1 : 0;
	}
	if (f->trust == TRUST_PINNED && !settled)
		snprintf(error, TEXT_SIZE, "releases.trust is pinned and no "
		    "hash is pinned for v%s: add it to releases.pins, or "
		    "`upgrade approve %s SHA256`", f->version, f->version);
	else if (f->trust == TRUST_SIGNED && !is_signed)
		snprintf(error, TEXT_SIZE, "releases.trust is signed: give "
		    "the signature of v%s, --sums LIST --sig SIGNATURE",
		    f->version);
	else if (is_signed && f->keys == 0)
		snprintf(error, TEXT_SIZE, "no key is configured to check a "
		    "signature with: name the signer's in releases.keys");
	else if (f->has_signature && !f->has_list)
		snprintf(error, TEXT_SIZE, "a signify signature is over the "
		    "checksum list: give the list, too, --sums LIST");
	else if (!is_signed && !f->has_list && f->wanted.by == HASH_BY_NOBODY)
		snprintf(error, TEXT_SIZE, "nothing says what v%s is: give "
		    "its checksum list, --sums LIST, or settle its hash, "
		    "`upgrade approve %s SHA256`", f->version, f->version);
	if (error[0] != '\0')
		return -1;
	if (is_signed)
		*b = (struct offline_basis){ TRUST_SIGNED, HOW_SIGNED };
	else
		*b = (struct offline_basis){
		    f->has_list ? TRUST_CHECKSUM : TRUST_PINNED,
		    settled ? HOW_PINNED : HOW_CHECKSUM };
	return 0;
}
