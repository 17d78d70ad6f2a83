/*
 * Which version goes when there are more than to keep.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisord/keep.h"

#define MOST	8

static size_t	parse(const char *, struct semver *);
static void	test_choose(void **);

static const struct {
	const char	*installed;
	const char	*used;
	size_t		 keep;
	const char	*goes;		/* NULL: none */
} rows[] = {
	{ "", "", 0, NULL },
	{ "", "", 3, NULL },
	{ "1.0.0", "", 3, NULL },
	{ "1.0.0 2.0.0 3.0.0", "", 3, NULL },
	{ "1.0.0 2.0.0 3.0.0 4.0.0", "", 3, "1.0.0" },
	{ "4.0.0 1.0.0 3.0.0 2.0.0", "", 3, "1.0.0" },
	{ "5.10.0 5.9.0 6.0.0", "", 2, "5.9.0" },
	{ "1.0.0 2.0.0 3.0.0 4.0.0", "1.0.0", 3, "2.0.0" },
	{ "1.0.0 2.0.0 3.0.0", "1.0.0 2.0.0", 1, "3.0.0" },
	{ "1.0.0 2.0.0 3.0.0", "1.0.0 2.0.0 3.0.0", 1, NULL },
	{ "1.0.0 2.0.0", "9.0.0", 1, "1.0.0" },
	{ "1.0.0", "", 0, "1.0.0" },
	{ "1.0.0", "1.0.0", 0, NULL },
	{ "1.0.0 2.0.0", "1.0.0 1.0.0", 1, "2.0.0" }
};

static size_t
parse(const char *text, struct semver *v)
{
	char	 copy[128], *p = copy, *word;
	size_t	 n = 0;

	strlcpy(copy, text, sizeof(copy));
	while ((word = strsep(&p, " ")) != NULL)
		if (word[0] != '\0')
			assert_int_equal(semver_parse(word, &v[n++]), 0);
	return n;
}

static void
test_choose(void **state)
{
	struct semver	 installed[MOST], used[MOST];
	char		 text[SEMVER_SIZE];
	size_t		 i, n, nused;
	int		 k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = parse(rows[i].installed, installed);
		nused = parse(rows[i].used, used);
		k = keep_choose(installed, n, used, nused, rows[i].keep);
		if (rows[i].goes == NULL) {
			assert_int_equal(k, -1);
			continue;
		}
		assert_in_range(k, 0, MOST - 1);
		assert_string_equal(rows[i].goes, semver_text(&installed[k],
		    text, sizeof(text)));
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_choose)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
