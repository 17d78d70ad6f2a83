#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "lavavisord/config.h"
#include "lavavisord/verify_answer.h"

#define A	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" \
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define UPPER	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define MAX	1000

struct answer_case {
	const char	*what;
	enum trust_mode	 trust;
	const char	*want;
	uint64_t	 written;
	int		 ok;
	int		 unwanted;
	uint64_t	 size;
	const char	*sha256;
	const char	*key;
	const char	*error;
	int		 rc;
};

static const struct answer_case	 cases[] = {
	{ "good", TRUST_CHECKSUM, "", 5, 1, 0, 5, A, "", "", 0 },
	{ "as wanted", TRUST_CHECKSUM, A, 5, 1, 0, 5, A, "", "", 0 },
	{ "signed", TRUST_SIGNED, "", 5, 1, 0, 5, A, "b.pub 12", "", 0 },
	{ "again", TRUST_REHASH, A, VERIFY_NO_OUTPUT, 1, 0, 5, A, "", "", 0 },
	{ "as large as can be", TRUST_PINNED, A, MAX, 1, 0, MAX, A, "", "",
	    0 },
	{ "refused", TRUST_SIGNED, "", 0, 0, 0, 0, "", "", "no", 0 },
	{ "refused, hash known", TRUST_SIGNED, "", 5, 0, 0, 5, A, "", "no",
	    0 },
	{ "refused as unwanted", TRUST_SIGNED, A, 5, 0, 1, 5, B, "a.pub 1",
	    "no", 0 },
	{ "no hash", TRUST_CHECKSUM, "", 5, 1, 0, 5, "", "", "", -1 },
	{ "short hash", TRUST_CHECKSUM, "", 5, 1, 0, 5, "aa", "", "", -1 },
	{ "upper case hash", TRUST_CHECKSUM, "", 5, 1, 0, 5, UPPER, "", "",
	    -1 },
	{ "refused with a word for a hash", TRUST_CHECKSUM, "", 5, 0, 0, 5,
	    "zz", "", "no", -1 },
	{ "another than wanted", TRUST_CHECKSUM, A, 5, 1, 0, 5, B, "", "",
	    -1 },
	{ "another than pinned", TRUST_PINNED, A, 5, 1, 0, 5, B, "", "", -1 },
	{ "another at a rehash", TRUST_REHASH, A, VERIFY_NO_OUTPUT, 1, 0, 5,
	    B, "", "", -1 },
	{ "no size", TRUST_CHECKSUM, "", 0, 1, 0, 0, A, "", "", -1 },
	{ "too large", TRUST_CHECKSUM, "", MAX + 1, 1, 0, MAX + 1, A, "", "",
	    -1 },
	{ "shorter than written", TRUST_CHECKSUM, "", 5, 1, 0, 4, A, "", "",
	    -1 },
	{ "longer than written", TRUST_CHECKSUM, "", 5, 1, 0, 6, A, "", "",
	    -1 },
	{ "nobody signed", TRUST_SIGNED, "", 5, 1, 0, 5, A, "", "", -1 },
	{ "a stranger signed", TRUST_SIGNED, "", 5, 1, 0, 5, A, "c.pub 12",
	    "", -1 },
	{ "a longer name", TRUST_SIGNED, "", 5, 1, 0, 5, A, "a.pubs 1", "",
	    -1 },
	{ "only a name", TRUST_SIGNED, "", 5, 1, 0, 5, A, "a.pub", "", -1 },
	{ "signed unasked", TRUST_CHECKSUM, "", 5, 1, 0, 5, A, "a.pub 1", "",
	    -1 },
	{ "no reason", TRUST_CHECKSUM, "", 0, 0, 0, 0, "", "", "", -1 },
	{ "right and unwanted", TRUST_CHECKSUM, A, 5, 1, 1, 5, A, "", "",
	    -1 },
	{ "unwanted, none wanted", TRUST_CHECKSUM, "", 5, 0, 1, 5, B, "",
	    "no", -1 },
	{ "unwanted, the wanted one", TRUST_CHECKSUM, A, 5, 0, 1, 5, A, "",
	    "no", -1 },
	{ "unwanted, no hash", TRUST_CHECKSUM, A, 5, 0, 1, 5, "", "", "no",
	    -1 }
};

static void
answers(void **state)
{
	const struct answer_case	*c;
	struct config_key		 keys[2];
	struct msg_verify		 asked;
	struct msg_verified		 m;
	const char			*why;
	size_t				 i;

	(void)state;
	memset(keys, 0, sizeof(keys));
	strlcpy(keys[0].key.name, "a.pub", sizeof(keys[0].key.name));
	strlcpy(keys[1].key.name, "b.pub", sizeof(keys[1].key.name));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c = &cases[i];
		memset(&asked, 0, sizeof(asked));
		memset(&m, 0, sizeof(m));
		asked.trust = (uint8_t)c->trust;
		asked.max_size = MAX;
		strlcpy(asked.want, c->want, sizeof(asked.want));
		m.ok = (uint8_t)c->ok;
		m.unwanted = (uint8_t)c->unwanted;
		m.size = c->size;
		strlcpy(m.sha256, c->sha256, sizeof(m.sha256));
		strlcpy(m.key, c->key, sizeof(m.key));
		strlcpy(m.error, c->error, sizeof(m.error));
		why = NULL;
		if (verify_answer_check(&asked, keys, 2, c->written, &m,
		    &why) != c->rc)
			fail_msg("%s", c->what);
		if (c->rc == -1)
			assert_non_null(why);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(answers)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
