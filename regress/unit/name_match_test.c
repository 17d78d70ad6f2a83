/* What NAME means: a service, a pattern, a role or all. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisord/name_match.h"

struct fit_row {
	const char	*pattern;
	const char	*name;
	int		 fits;
};

struct read_row {
	const char		*text;
	int			 is_service;
	enum name_kind		 kind;
	enum service_role	 role;
};

static void
patterns_fit(void **state)
{
	static const struct fit_row	 table[] = {
		{ "", "", 1 },
		{ "", "a", 0 },
		{ "*", "", 1 },
		{ "*", "provider1", 1 },
		{ "**", "x", 1 },
		{ "provider*", "provider1-ETH1", 1 },
		{ "provider*", "consumer1", 0 },
		{ "provider*", "provider", 1 },
		{ "*ETH1", "provider1-ETH1", 1 },
		{ "*ETH1", "provider1-ETH1x", 0 },
		{ "*1*1", "provider1-ETH1", 1 },
		{ "p*r?-*", "provider1-ETH1", 1 },
		{ "a*b*c", "aXbYbZc", 1 },
		{ "a*b*c", "aXbYbZd", 0 },
		{ "provider?", "provider1", 1 },
		{ "provider?", "provider", 0 },
		{ "provider?", "provider12", 0 },
		{ "provider[12]", "provider2", 1 },
		{ "provider[12]", "provider3", 0 },
		{ "provider[1-3]x", "provider3x", 1 },
		{ "provider[!1-3]", "provider3", 0 },
		{ "provider[^1-3]", "provider4", 1 },
		{ "provider[!1-3]", "provider", 0 },
		{ "[]]", "]", 1 },
		{ "[!]]", "]", 0 },
		{ "[a-]", "-", 1 },
		{ "x[", "x[", 1 },
		{ "x[a", "x[a", 1 },
		{ "x[]", "x[]", 1 },
		{ "x[a", "xa", 0 },
		{ "\\*", "*", 1 },
		{ "\\*", "a", 0 },
		{ "a\\", "a\\", 1 },
		{ "*.eth", "p.eth", 1 },
		{ "PROVIDER*", "provider1", 0 },
		/* exponential for who tries all that each * may take */
		{ "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    0 }
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (name_fits(table[i].pattern, table[i].name) !=
		    table[i].fits)
			fail_msg("\"%s\" and \"%s\"", table[i].pattern,
			    table[i].name);
}

static void
names_are_read(void **state)
{
	static const struct read_row	 table[] = {
		{ "provider1", 1, NAME_ONE, ROLE_OTHER },
		{ "provider1", 0, NAME_ONE, ROLE_OTHER },
		{ "", 0, NAME_ONE, ROLE_OTHER },
		{ "all", 0, NAME_ALL, ROLE_OTHER },
		{ "role:all", 0, NAME_ALL, ROLE_OTHER },
		{ "al", 0, NAME_ONE, ROLE_OTHER },
		{ "*", 0, NAME_PATTERN, ROLE_OTHER },
		{ "p?", 0, NAME_PATTERN, ROLE_OTHER },
		{ "p[1]", 0, NAME_PATTERN, ROLE_OTHER },
		{ "provider", 0, NAME_ROLE, ROLE_PROVIDER },
		{ "providers", 0, NAME_ROLE, ROLE_PROVIDER },
		{ "role:provider", 0, NAME_ROLE, ROLE_PROVIDER },
		{ "consumer", 0, NAME_ROLE, ROLE_CONSUMER },
		{ "consumers", 0, NAME_ROLE, ROLE_CONSUMER },
		{ "role:consumer", 0, NAME_ROLE, ROLE_CONSUMER },
		{ "other", 0, NAME_ROLE, ROLE_OTHER },
		{ "role:other", 0, NAME_ROLE, ROLE_OTHER },
		{ "others", 0, NAME_ONE, ROLE_OTHER },
		{ "role:providers", 0, NAME_ONE, ROLE_OTHER },
		{ "role:", 0, NAME_ONE, ROLE_OTHER },
		{ "provide", 0, NAME_ONE, ROLE_OTHER },
		{ "providerss", 0, NAME_ONE, ROLE_OTHER },
		/* a service of this name wins */
		{ "provider", 1, NAME_ONE, ROLE_OTHER },
		{ "consumers", 1, NAME_ONE, ROLE_OTHER },
		{ "other", 1, NAME_ONE, ROLE_OTHER }
	};
	struct name_choice	 c;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		name_read(&c, table[i].text, table[i].is_service);
		if (c.kind != table[i].kind || c.role != table[i].role)
			fail_msg("\"%s\": kind %d, role %d", table[i].text,
			    (int)c.kind, (int)c.role);
	}
}

static void
names_mean_services(void **state)
{
	struct name_choice	 c;

	(void)state;
	name_read(&c, "provider", 1);
	assert_true(name_means(&c, "provider", ROLE_CONSUMER));
	assert_false(name_means(&c, "provider1", ROLE_PROVIDER));
	name_read(&c, "provider", 0);
	assert_true(name_means(&c, "x", ROLE_PROVIDER));
	assert_false(name_means(&c, "provider1", ROLE_OTHER));
	name_read(&c, "p*", 0);
	assert_true(name_means(&c, "p1", ROLE_OTHER));
	assert_false(name_means(&c, "x1", ROLE_PROVIDER));
	name_read(&c, "all", 0);
	assert_true(name_means(&c, "x1", ROLE_CONSUMER));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(patterns_fit),
		cmocka_unit_test(names_are_read),
		cmocka_unit_test(names_mean_services)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
