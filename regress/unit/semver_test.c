#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "common/semver.h"

static void	 parses(void **);
static void	 refuses(void **);
static void	 compares(void **);

static void
parses(void **state)
{
	static const char *const	 good[] = {
		"0.0.0", "6.2.5", "10.20.30", "65535.65535.65535", "0.0.1",
		"3.1.10", "100.0.0"
	};
	struct semver			 v;
	char				 buf[SEMVER_SIZE];
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(semver_parse(good[i], &v), 0);
		assert_string_equal(semver_text(&v, buf, sizeof(buf)),
		    good[i]);
	}
}

static void
refuses(void **state)
{
	static const char *const	 bad[] = {
		"", "6", "6.2", "6.2.", "6.2.5.1", "6.2.5 ", " 6.2.5",
		"v6.2.5", "6.2.5-rc1", "6.2.5+x", "06.2.5", "6.02.5",
		"6.2.05", "6..5", ".6.2", "6.2.x", "-6.2.5", "+6.2.5",
		"6.-2.5", "65536.0.0", "0.65536.0", "0.0.65536",
		"4294967296.0.0", "99999999999999999999999.0.0", "6,2,5",
		"6.2.5\n", "00.0.0", "6.2.5.", "0x6.2.5", "six.two.five"
	};
	struct semver			 v = { { 1, 2, 3 } };
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (semver_parse(bad[i], &v) != -1)
			fail_msg("took \"%s\"", bad[i]);
		assert_int_equal(v.part[0], 1);
		assert_int_equal(v.part[2], 3);
	}
}

static void
compares(void **state)
{
	static const struct {
		const char		*a, *b;
		int			 sign;
		enum semver_step	 step;
	} rows[] = {
		{ "6.2.5", "6.2.5", 0, STEP_NONE },
		{ "3.1.9", "3.1.10", -1, STEP_PATCH },
		{ "5.9.0", "5.10.0", -1, STEP_MINOR },
		{ "5.10.0", "6.0.0", -1, STEP_MAJOR },
		{ "5.9.0", "6.0.0", -1, STEP_MAJOR },
		{ "6.0.0", "5.99.99", 1, STEP_MAJOR },
		{ "6.1.0", "6.0.65535", 1, STEP_MINOR },
		{ "0.0.0", "0.0.1", -1, STEP_PATCH },
		{ "10.0.0", "9.0.0", 1, STEP_MAJOR },
		{ "1.2.3", "1.20.3", -1, STEP_MINOR }
	};
	struct semver	 a, b;
	size_t		 i;
	int		 c;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(semver_parse(rows[i].a, &a), 0);
		assert_int_equal(semver_parse(rows[i].b, &b), 0);
		c = semver_compare(&a, &b);
		assert_int_equal((c > 0) - (c < 0), rows[i].sign);
		c = semver_compare(&b, &a);
		assert_int_equal((c > 0) - (c < 0), -rows[i].sign);
		assert_int_equal(semver_step(&a, &b), rows[i].step);
		assert_int_equal(semver_step(&b, &a), rows[i].step);
	}
	assert_string_equal(semver_step_name(STEP_NONE), "none");
	assert_string_equal(semver_step_name(STEP_MINOR), "minor");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(compares)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
