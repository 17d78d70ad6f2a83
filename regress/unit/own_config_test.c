/*
 * The first configuration, what contradicts one that is there, and which
 * version of those that lie there is taken.
 */

#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lavavisorctl/local/own_config.h"
#include "lavavisorctl/local/place.h"
#include "lavavisorctl/local/placed.h"

static struct place	 place;
static char		 directory[] = "/tmp/lv.own.XXXXXX";

static int
make(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	strlcpy(place.directory, directory, sizeof(place.directory));
	snprintf(place.config, sizeof(place.config), "%s/config.yml",
	    directory);
	return 0;
}

static int
clear(void **state)
{
	(void)state;
	unlink(place.config);
	return rmdir(directory);
}

static void
put(const char *text)
{
	FILE	*f = fopen(place.config, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void
what_was_said(void **state)
{
	static const struct {
		const char	*chain, *node;
		int		 result, is_public, is_default;
		size_t		 nodes;
	} rows[] = {
		{ NULL, NULL, 0, 0, 1, 1 },
		{ "lava", NULL, 0, 0, 1, 1 },
		{ "lava-mainnet-1", NULL, 0, 1, 0, 1 },
		{ "lava-testnet-2", NULL, 0, 1, 0, 2 },
		{ "lava-testnet-2", "http://h:1", 0, 0, 0, 1 },
		{ NULL, "tcp://127.0.0.1:26657", 0, 0, 0, 1 },
		{ "", NULL, -1, 0, 0, 0 },
		{ "a b", NULL, -1, 0, 0, 0 },
		{ "a\nb", NULL, -1, 0, 0, 0 },
		{ "0123456789012345678901234567890123456789012345678901",
		    NULL, -1, 0, 0, 0 },
		{ NULL, "ftp://h", -1, 0, 0, 0 },
		{ NULL, "http://u:secret@h", -1, 0, 0, 0 },
		{ NULL, "", -1, 0, 0, 0 }
	};
	struct own_config	 c;
	char			 why[512];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		why[0] = '\0';
		if (own_config_make(&c, rows[i].chain, rows[i].node, why,
		    sizeof(why)) != rows[i].result)
			fail_msg("row %zu: %s", i, why);
		assert_null(strstr(why, "secret"));
		if (rows[i].result == -1)
			continue;
		assert_int_equal(c.is_public, rows[i].is_public);
		assert_int_equal(c.is_default, rows[i].is_default);
		assert_int_equal(c.nodes, rows[i].nodes);
	}
}

/* What is written is read as what was said. */
static void
written(void **state)
{
	struct own_config	 c;
	char			 why[512];
	size_t			 services;

	(void)state;
	assert_int_equal(own_config_make(&c, "lava-testnet-2",
	    "http://[::1]:26657/a?b=c%20d", why, sizeof(why)), 0);
	assert_int_equal(own_config_write(&place, &c, 0, why, sizeof(why)), 0);
	assert_int_equal(own_config_look(&place, "lava-testnet-2",
	    "http://[::1]:26657/a?b=c%20d", &services, why, sizeof(why)),
	    OWN_THERE);
	assert_int_equal(services, 0);
}

static void
contradicted(void **state)
{
	static const struct {
		const char	*text, *chain, *node;
		enum own_state	 want;
		const char	*why;	/* in it */
	} rows[] = {
		{ "", "lava", NULL, OWN_NONE, "" },
		{ " \n\n", NULL, NULL, OWN_NONE, "" },
		{ "services: []\n", NULL, NULL, OWN_THERE, "" },
		{ "services: []\n", "lava", NULL, OWN_WRONG,
		    "config.yml:1: it has no chain-id" },
		{ "a: b\nchain-id: x\n", "y", NULL, OWN_WRONG,
		    "config.yml:2: chain-id is x, not the y" },
		{ "a: b\nchain-id: [x]\n", "x", NULL, OWN_WRONG,
		    "chain-id is no text" },
		{ "chain-id: x\n", "x", "tcp://localhost:26657", OWN_THERE,
		    "" },
		{ "chain-id: x\n", "x", "tcp://h:1", OWN_WRONG,
		    "it names no nodes" },
		{ "nodes: [http://a, http://b]\n", NULL, "http://b",
		    OWN_THERE, "" },
		{ "#\nnodes:\n  - url: http://a\n    operator: o\n", NULL,
		    "http://a", OWN_THERE, "" },
		{ "#\nnodes:\n  - url: http://a\n", NULL, "http://c",
		    OWN_WRONG, "config.yml:3: it names other nodes" },
		{ "nodes: http://a\n", NULL, "http://a", OWN_WRONG,
		    "it names other nodes" },
		{ "a: [\n", NULL, NULL, OWN_WRONG, "config.yml:2:" },
		{ "- a\n", "x", NULL, OWN_WRONG, "it has no chain-id" }
	};
	char	 why[1024];
	size_t	 i, services;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(rows[i].text);
		why[0] = '\0';
		if (own_config_look(&place, rows[i].chain, rows[i].node,
		    &services, why, sizeof(why)) != rows[i].want ||
		    strstr(why, rows[i].why) == NULL)
			fail_msg("row %zu: %s", i, why);
	}
	put("services:\n  - a\n  - b\n");
	assert_int_equal(own_config_look(&place, NULL, NULL, &services, why,
	    sizeof(why)), OWN_THERE);
	assert_int_equal(services, 2);
	unlink(place.config);
	assert_int_equal(own_config_look(&place, "x", "y", &services, why,
	    sizeof(why)), OWN_NONE);
}

static void
which_is_taken(void **state)
{
	static const char *const	 versions[] = {
		"6.2.9", "6.2.10", "5.9.0", "7.0.0"
	};
	static const char		 answer[] =
	    "some note\n{\"roles\": [{\"role\": \"provider\", \"target\": "
	    "\"6.2.10\", \"min\": \"6.0.0\", \"installed\": null}, "
	    "{\"role\": \"consumer\", \"target\": \"6.2.9\", \"min\": "
	    "\"5.9.0\"}]}\nand more\n";
	static const char *const	 bad[] = {
		"", "{", "{}", "{\"roles\": []}", "{\"roles\": [{}, {}]}",
		"{\"roles\": [{\"target\": \"6\", \"min\": \"x\"}, {}]}",
		"{\"code\": 1, \"text\": \"no\"}"
	};
	struct placed			 p;
	struct placed_range		 r[PLACED_ROLES];
	char				 text[SEMVER_SIZE];
	size_t				 i;

	(void)state;
	memset(&p, 0, sizeof(p));
	assert_null(placed_newest(&p, NULL));
	for (i = 0; i < 4; i++)
		semver_parse(versions[i], &p.list[p.count++].version);
	assert_int_equal(placed_ranges(answer, r), 0);
	assert_string_equal(semver_text(&placed_newest(&p, &r[0])->version,
	    text, sizeof(text)), "6.2.10");
	assert_string_equal(semver_text(&placed_newest(&p, &r[1])->version,
	    text, sizeof(text)), "6.2.9");
	assert_string_equal(semver_text(&placed_newest(&p, NULL)->version,
	    text, sizeof(text)), "7.0.0");
	semver_parse("7.0.1", &r[0].min);
	semver_parse("8.0.0", &r[0].target);
	assert_null(placed_newest(&p, &r[0]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(placed_ranges(bad[i], r), -1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(what_was_said),
		cmocka_unit_test(written),
		cmocka_unit_test(contradicted),
		cmocka_unit_test(which_is_taken)
	};

	return cmocka_run_group_tests(tests, make, clear);
}
