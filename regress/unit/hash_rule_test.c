#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisord/hash_rule.h"

#define A	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" \
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C	"cccccccccccccccccccccccccccccccc" \
	"cccccccccccccccccccccccccccccccc"

struct rule_case {
	const char	*approved;
	const char	*pin;
	const char	*first;
	int		 rc;
	enum hash_by	 by;
	const char	*wanted;
};

static const struct rule_case	 cases[] = {
	{ "", "", "", 0, HASH_BY_NOBODY, "" },
	{ "", "", A, 0, HASH_BY_FIRST, A },
	{ "", A, "", 0, HASH_BY_PIN, A },
	{ "", A, A, 0, HASH_BY_PIN, A },
	{ "", A, B, -1, HASH_BY_PIN, A },
	{ A, "", "", 0, HASH_BY_OPERATOR, A },
	{ A, "", B, 0, HASH_BY_OPERATOR, A },
	{ A, B, "", 0, HASH_BY_OPERATOR, A },
	{ A, B, C, 0, HASH_BY_OPERATOR, A },
	{ A, B, B, 0, HASH_BY_OPERATOR, A }
};

static void
rules(void **state)
{
	struct hash_wanted	 w;
	char			 error[TEXT_SIZE];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (hash_rule("6.2.5", cases[i].approved, cases[i].pin,
		    cases[i].first, &w, error) != cases[i].rc ||
		    w.by != cases[i].by ||
		    strcmp(w.sha256, cases[i].wanted) != 0)
			fail_msg("row %zu", i);
		if (cases[i].rc == 0)
			continue;
		assert_non_null(strstr(error, A));
		assert_non_null(strstr(error, B));
		assert_non_null(strstr(error, "upgrade approve 6.2.5"));
	}
}

static void
comparisons(void **state)
{
	struct hash_wanted	 w;
	char			 error[TEXT_SIZE];

	(void)state;
	assert_int_equal(hash_rule("6.2.5", "", "", "", &w, error), 0);
	assert_int_equal(hash_rule_compare("6.2.5", &w, A, error), 0);
	assert_int_equal(hash_rule("6.2.5", "", "", A, &w, error), 0);
	assert_int_equal(hash_rule_compare("6.2.5", &w, A, error), 0);
	assert_int_equal(hash_rule_compare("6.2.5", &w, B, error), -1);
	assert_non_null(strstr(error, "another hash than before"));
	assert_non_null(strstr(error, A));
	assert_non_null(strstr(error, B));
	assert_int_equal(hash_rule("6.2.5", "", A, "", &w, error), 0);
	assert_int_equal(hash_rule_compare("6.2.5", &w, B, error), -1);
	assert_non_null(strstr(error, "releases.pins"));
	assert_int_equal(hash_rule("6.2.5", A, B, B, &w, error), 0);
	assert_int_equal(hash_rule_compare("6.2.5", &w, A, error), 0);
	assert_int_equal(hash_rule_compare("6.2.5", &w, B, error), -1);
	assert_non_null(strstr(error, "approved"));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(comparisons)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
