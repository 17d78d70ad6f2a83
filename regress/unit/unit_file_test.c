/* systemd's unit files: lines, words, commands, times. */

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisorctl/local/unit_file.h"

struct row {
	const char	*value;
	const char	*words;		/* with | between; NULL: refused */
	const char	*why;		/* a part of it */
};

/* ExecStart= */
static const struct row	 commands[] = {
	{ "/bin/a", "/bin/a", NULL },
	{ "  /bin/a  b\t c ", "/bin/a|b|c", NULL },
	{ "/bin/a \"b c\" 'd e'", "/bin/a|b c|d e", NULL },
	{ "/bin/a \"\" ''", "/bin/a||", NULL },
	{ "/bin/a --x=\"b c\"d", "/bin/a|--x=b cd", NULL },
	{ "/bin/a \"it's\" '\"'", "/bin/a|it's|\"", NULL },
	{ "/bin/a b\\ c", NULL, "an escape that is none" },
	{ "/bin/a b\\sc \\x41\\102\\u00e9\\U0001F600",
	    "/bin/a|b c|AB\303\251\360\237\230\200", NULL },
	{ "/bin/a \\\\ \\\" \\'", "/bin/a|\\|\"|'", NULL },
	{ "/bin/a \\n", NULL, "control characters" },
	{ "/bin/a \\u0085", NULL, "control characters" },
	{ "/bin/a \\xff", NULL, "control characters" },
	{ "/bin/a \\x00", NULL, "an escape that is none" },
	{ "/bin/a \\ud800", NULL, "an escape that is none" },
	{ "/bin/a \\U00110000", NULL, "an escape that is none" },
	{ "/bin/a \\400", NULL, "an escape that is none" },
	{ "/bin/a b\\", NULL, "an escape that is none" },
	{ "/bin/a \"b", NULL, "quote" },
	{ "/bin/a 'b\"", NULL, "quote" },
	{ "/bin/a 100%%", "/bin/a|100%", NULL },
	{ "/bin/a %h/x", NULL, "a specifier" },
	{ "/bin/a %", NULL, "a specifier" },
	{ "/bin/a \\x25h", "/bin/a|%h", NULL },
	{ "/bin/a $HOME", NULL, "a variable" },
	{ "/bin/a x${HOME}y", NULL, "a variable" },
	{ "/bin/a '$HOME'", NULL, "a variable" },
	{ "/bin/a $$HOME $ 5$ $1", "/bin/a|$HOME|$|5$|$1", NULL },
	{ ":/bin/a $HOME", "/bin/a|$HOME", NULL },
	{ "-/bin/a", "/bin/a", NULL },
	{ "@/bin/a me b", "/bin/a|b", NULL },
	{ "-@:/bin/a me $b", "/bin/a|$b", NULL },
	{ "@/bin/a", NULL, "no command" },
	{ "", NULL, "no command" },
	{ "-", NULL, "no command" },
	{ "\"\" b", NULL, "no command" },
	{ "/bin/a ; /bin/b", NULL, "a second command" },
	{ ":/bin/a ; /bin/b", NULL, "a second command" },
	{ "/bin/a \\; b;c", "/bin/a|;|b;c", NULL },
	{ "/bin/a \";\"", "/bin/a|;", NULL },
};

/* Environment= */
static const struct row	 values[] = {
	{ "A=1 \"B=two words\" C=$x", "A=1|B=two words|C=$x", NULL },
	{ "; a", ";|a", NULL },
	{ "A=%i", NULL, "a specifier" },
	{ "", "", NULL },
};

static void
join(const struct unit_words *w, char *out, size_t size)
{
	size_t	 i;

	out[0] = '\0';
	for (i = 0; i < w->count; i++) {
		if (i > 0)
			strlcat(out, "|", size);
		strlcat(out, w->word[i], size);
	}
	assert_null(w->word[w->count]);
}

static void
check(const struct row *r, int result, struct unit_words *w, const char *why)
{
	char	 have[512];

	if (r->words == NULL) {
		if (result != -1)
			fail_msg("taken: %s", r->value);
		if (strstr(why, r->why) == NULL)
			fail_msg("%s: %s", r->value, why);
		return;
	}
	if (result == -1)
		fail_msg("%s: %s", r->value, why);
	join(w, have, sizeof(have));
	assert_string_equal(have, r->words);
	unit_words_free(w);
}

static void
test_commands(void **state)
{
	struct unit_command	 c;
	char			 why[256];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		why[0] = '\0';
		check(&commands[i], unit_command_split(&c, commands[i].value,
		    why, sizeof(why)), &c.words, why);
	}
	assert_int_equal(unit_command_split(&c, "-/a", why, sizeof(why)), 0);
	assert_true(c.may_fail && !c.as_root);
	unit_words_free(&c.words);
	assert_int_equal(unit_command_split(&c, "+/a", why, sizeof(why)), 0);
	assert_true(!c.may_fail && c.as_root);
	unit_words_free(&c.words);
	assert_int_equal(unit_command_split(&c, "!!/a", why, sizeof(why)), 0);
	assert_true(c.as_root);
	unit_words_free(&c.words);
}

static void
test_values(void **state)
{
	struct unit_words	 w;
	char			 why[256], many[4 * UNIT_WORDS_MAX];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		why[0] = '\0';
		check(&values[i], unit_words_split(&w, values[i].value, why,
		    sizeof(why)), &w, why);
	}
	for (i = 0; i < UNIT_WORDS_MAX; i++)
		memcpy(many + 2 * i, "a ", 3);
	assert_int_equal(unit_words_split(&w, many, why, sizeof(why)), 0);
	assert_int_equal(w.count, UNIT_WORDS_MAX);
	unit_words_free(&w);
	memcpy(many + 2 * i, "a", 2);
	assert_int_equal(unit_words_split(&w, many, why, sizeof(why)), -1);
}

static const char	 whole[] =
	"# a comment \\\n"
	"; another\n"
	"  [Unit]  \n"
	"  Description = lava daemon\r\n"
	"\n"
	"[Service]\n"
	"ExecStart=/bin/a \\\n"
	"    one \\\n"
	"# in between\n"
	"  ; and this\n"
	"    two\n"
	"Environment=A=1\n"
	"Environment=\n"
	"User = lava\n"
	"Last=x \\";

static void
test_lines(void **state)
{
	const struct unit_line	*l;
	struct unit_file	 u = { 0 };
	char			 why[256];

	(void)state;
	assert_int_equal(unit_file_read(&u, whole, strlen(whole), why,
	    sizeof(why)), 0);
	assert_int_equal(u.count, 6);
	l = unit_file_find(&u, "Unit", "Description");
	assert_string_equal(l->value, "lava daemon");
	assert_int_equal(l->line, 4);
	l = unit_file_find(&u, "Service", "ExecStart");
	assert_string_equal(l->value, "/bin/a  one  two");
	assert_int_equal(l->line, 7);
	assert_null(unit_file_find(&u, "Service", "Environment"));
	assert_null(unit_file_find(&u, "Unit", "User"));
	assert_string_equal(unit_file_find(&u, "Service", "User")->value,
	    "lava");
	assert_string_equal(unit_file_find(&u, "Service", "Last")->value,
	    "x");
	/* A drop-in comes behind it; one that is wrong changes nothing. */
	assert_int_equal(unit_file_read(&u, "[Service]\nUser=b\nnonsense\n",
	    26, why, sizeof(why)), -1);
	assert_string_equal(why, "line 3: it is no KEY=VALUE");
	assert_int_equal(u.count, 6);
	assert_int_equal(unit_file_read(&u, "[Service]\nUser=b", 16, why,
	    sizeof(why)), 0);
	assert_string_equal(unit_file_find(&u, "Service", "User")->value, "b");
	unit_file_free(&u);
}

static void
test_no_unit(void **state)
{
	struct unit_file	 u = { 0 };
	char			 why[256];

	(void)state;
	assert_int_equal(unit_file_read(&u, "User=a\n", 7, why, sizeof(why)),
	    -1);
	assert_string_equal(why, "line 1: it is in no [Section]");
	assert_int_equal(unit_file_read(&u, "[a]\n\nb\n", 7, why,
	    sizeof(why)), -1);
	assert_string_equal(why, "line 3: it is no KEY=VALUE");
	assert_int_equal(unit_file_read(&u, "[a]\0", 4, why, sizeof(why)),
	    -1);
	assert_int_equal(unit_file_read(&u, "", 0, why, sizeof(why)), 0);
	assert_int_equal(u.count, 0);
	unit_file_free(&u);
}

static void
test_seconds(void **state)
{
	static const struct {
		const char	*value;
		long		 want;		/* -1: no time */
	} times[] = {
		{ "0", 0 }, { "180", 180 }, { "90s", 90 }, { "5min 20s", 320 },
		{ "5min20s", 320 }, { "500ms", 1 }, { "1h", 3600 },
		{ "2 hours", 7200 }, { "1d", 86400 }, { "", -1 }, { "s", -1 },
		{ "-1", -1 }, { "1 year", -1 }, { "1.5", -1 },
		{ "99999999999", -1 }, { "1000000d", -1 },
		{ "3aaaaaaaaaaaaaaaaaaaaaaaaa", -1 }
	};
	unsigned int	 n;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (times[i].want == -1) {
			if (unit_seconds(times[i].value, &n) != -1)
				fail_msg("taken: %s", times[i].value);
			continue;
		}
		assert_int_equal(unit_seconds(times[i].value, &n), 0);
		assert_int_equal(n, times[i].want);
	}
	assert_int_equal(unit_seconds("infinity", &n), 0);
	assert_int_equal(n, UINT_MAX);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_no_unit),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_seconds)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
