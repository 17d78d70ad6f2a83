#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisord/offline_rule.h"

struct name_case {
	const char	*asked;
	const char	*name;
	const char	*version;	/* NULL: refused */
};

static const struct name_case	 names[] = {
	{ "", "lavap-v6.2.5-linux-amd64", "6.2.5" },
	{ "6.2.5", "lavap-v6.2.5-linux-amd64", "6.2.5" },
	{ "6.2.5", "lavap", "6.2.5" },
	{ "6.2.5", "lavap-v6", "6.2.5" },
	{ "", "lavap-v6.2.5", "6.2.5" },
	{ "6.2.5", "lavap-vx", "6.2.5" },
	{ "6.2.5", "", "6.2.5" },
	{ "", "lavap", NULL },
	{ "", "", NULL },
	{ "", "lavap-v", NULL },
	{ "", "lavap-v6.2.5.linux-amd64", NULL },
	{ "", "lavap-v6.2.5_linux-amd64", NULL },
	{ "", "lavap-v99999999999999999999.2.5-linux-amd64", NULL },
	{ "", "lavap-v6.2.5-linux-arm64", NULL },
	{ "", "lavap-v6.2.5-darwin-amd64", NULL },
	{ "", "lavap-v6.2.5-linux-amd64.old", NULL },
	{ "6.2.5", "lavap-v6.2.5-linux-arm64", NULL },
	{ "6.2.5", "lavap-v6.2.6-linux-amd64", NULL },
	{ "6.2.5", "lavap-v6.2.50-linux-amd64", NULL },
	{ "six", "lavap-v6.2.5-linux-amd64", NULL },
	{ "../6.2.5", "lavap", NULL },
	{ "6.2.5/..", "lavap", NULL }
};

static void
versions(void **state)
{
	struct semver	 v;
	char		 error[TEXT_SIZE], text[SEMVER_SIZE];
	size_t		 i;
	int		 rc;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		error[0] = '\0';
		rc = offline_version(names[i].asked, names[i].name, "linux",
		    "amd64", &v, error);
		if ((rc == 0) != (names[i].version != NULL))
			fail_msg("row %zu: %d %s", i, rc, error);
		if (rc == -1) {
			assert_int_not_equal(error[0], '\0');
			continue;
		}
		assert_string_equal(semver_text(&v, text, sizeof(text)),
		    names[i].version);
	}
}

#define LIST		1
#define SIGNIFY		2
#define MINISIGN	4
#define IMPORTED	8
#define REFUSED		TRUST_MODES

struct rule_case {
	enum trust_mode		 trust;
	size_t			 keys;
	int			 files;
	enum hash_by		 wanted;
	enum trust_mode		 by;
	enum manifest_how	 how;
};

static const struct rule_case	 rules[] = {
	/* signed: a signature, always */
	{ TRUST_SIGNED, 1, 0, HASH_BY_NOBODY, REFUSED, 0 },
	{ TRUST_SIGNED, 1, LIST, HASH_BY_NOBODY, REFUSED, 0 },
	{ TRUST_SIGNED, 1, LIST, HASH_BY_PIN, REFUSED, 0 },
	{ TRUST_SIGNED, 1, 0, HASH_BY_OPERATOR, REFUSED, 0 },
	{ TRUST_SIGNED, 1, 0, HASH_BY_FIRST, REFUSED, 0 },
	{ TRUST_SIGNED, 1, SIGNIFY, HASH_BY_NOBODY, REFUSED, 0 },
	{ TRUST_SIGNED, 1, LIST | SIGNIFY, HASH_BY_NOBODY, TRUST_SIGNED,
	    HOW_SIGNED },
	{ TRUST_SIGNED, 1, LIST | MINISIGN, HASH_BY_FIRST, TRUST_SIGNED,
	    HOW_SIGNED },
	{ TRUST_SIGNED, 1, MINISIGN, HASH_BY_NOBODY, TRUST_SIGNED,
	    HOW_SIGNED },
	/* pinned: a settled hash, always */
	{ TRUST_PINNED, 1, LIST | SIGNIFY, HASH_BY_NOBODY, REFUSED, 0 },
	{ TRUST_PINNED, 1, LIST | SIGNIFY, HASH_BY_FIRST, REFUSED, 0 },
	{ TRUST_PINNED, 0, LIST, HASH_BY_NOBODY, REFUSED, 0 },
	{ TRUST_PINNED, 0, 0, HASH_BY_PIN, TRUST_PINNED, HOW_PINNED },
	{ TRUST_PINNED, 0, 0, HASH_BY_OPERATOR, TRUST_PINNED, HOW_PINNED },
	{ TRUST_PINNED, 0, LIST, HASH_BY_PIN, TRUST_CHECKSUM, HOW_PINNED },
	{ TRUST_PINNED, 1, LIST | SIGNIFY, HASH_BY_PIN, TRUST_SIGNED,
	    HOW_SIGNED },
	/* checksum: something that says what it is */
	{ TRUST_CHECKSUM, 0, 0, HASH_BY_NOBODY, REFUSED, 0 },
	{ TRUST_CHECKSUM, 0, LIST, HASH_BY_NOBODY, TRUST_CHECKSUM,
	    HOW_CHECKSUM },
	{ TRUST_CHECKSUM, 0, LIST, HASH_BY_FIRST, TRUST_CHECKSUM,
	    HOW_CHECKSUM },
	{ TRUST_CHECKSUM, 0, 0, HASH_BY_FIRST, TRUST_PINNED, HOW_CHECKSUM },
	{ TRUST_CHECKSUM, 0, 0, HASH_BY_PIN, TRUST_PINNED, HOW_PINNED },
	{ TRUST_CHECKSUM, 0, LIST, HASH_BY_OPERATOR, TRUST_CHECKSUM,
	    HOW_PINNED },
	/* A signature that is given is never ignored */
	{ TRUST_CHECKSUM, 0, LIST | SIGNIFY, HASH_BY_NOBODY, REFUSED, 0 },
	{ TRUST_CHECKSUM, 0, LIST | MINISIGN, HASH_BY_PIN, REFUSED, 0 },
	{ TRUST_CHECKSUM, 1, LIST | SIGNIFY, HASH_BY_NOBODY, TRUST_SIGNED,
	    HOW_SIGNED },
	{ TRUST_CHECKSUM, 1, SIGNIFY, HASH_BY_PIN, REFUSED, 0 },
	/* imported: a word where nothing more is asked for, or a hash */
	{ TRUST_CHECKSUM, 0, IMPORTED, HASH_BY_NOBODY, TRUST_IMPORTED,
	    HOW_IMPORTED },
	{ TRUST_CHECKSUM, 0, IMPORTED, HASH_BY_FIRST, TRUST_IMPORTED,
	    HOW_IMPORTED },
	{ TRUST_CHECKSUM, 0, IMPORTED, HASH_BY_PIN, TRUST_PINNED, HOW_PINNED },
	{ TRUST_CHECKSUM, 0, IMPORTED | LIST, HASH_BY_NOBODY, REFUSED, 0 },
	{ TRUST_CHECKSUM, 1, IMPORTED | MINISIGN, HASH_BY_NOBODY, REFUSED, 0 },
	{ TRUST_SIGNED, 1, IMPORTED, HASH_BY_NOBODY, REFUSED, 0 },
	{ TRUST_SIGNED, 1, IMPORTED, HASH_BY_FIRST, REFUSED, 0 },
	{ TRUST_SIGNED, 1, IMPORTED, HASH_BY_OPERATOR, TRUST_PINNED,
	    HOW_PINNED },
	{ TRUST_PINNED, 0, IMPORTED, HASH_BY_NOBODY, REFUSED, 0 },
	{ TRUST_PINNED, 0, IMPORTED, HASH_BY_PIN, TRUST_PINNED, HOW_PINNED }
};

static void
what_is_needed(void **state)
{
	const struct rule_case	*c;
	struct offline_facts	 f;
	struct offline_basis	 b;
	char			 error[TEXT_SIZE];
	size_t			 i;
	int			 rc;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		c = &rules[i];
		memset(&f, 0, sizeof(f));
		f.version = "6.2.5";
		f.trust = c->trust;
		f.keys = c->keys;
		f.has_list = (c->files & LIST) != 0;
		f.has_signature = (c->files & SIGNIFY) != 0;
		f.has_minisig = (c->files & MINISIGN) != 0;
		f.imported = (c->files & IMPORTED) != 0;
		f.wanted.by = c->wanted;
		rc = offline_rule(&f, &b, error);
		if ((rc == -1) != (c->by == REFUSED) || (rc == -1) !=
		    (error[0] != '\0'))
			fail_msg("row %zu: %d %s", i, rc, error);
		if (rc == 0 && (b.trust != c->by || b.how != c->how))
			fail_msg("row %zu: %d %d", i, b.trust, b.how);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(versions),
		cmocka_unit_test(what_is_needed)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
