#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisorctl/local/command_split.h"

static void	same(const char *, const char *);
static void	wrong(const char *, const char *);

/* want: the words, each with a | behind it */
static void
same(const char *text, const char *want)
{
	struct command_words	 w;
	char			 have[4096], why[200];
	size_t			 i;

	have[0] = '\0';
	if (command_split(&w, text, why, sizeof(why)) == -1)
		fail_msg("%s: %s", text, why);
	for (i = 0; i < w.count; i++) {
		strlcat(have, w.word[i], sizeof(have));
		strlcat(have, "|", sizeof(have));
	}
	assert_null(w.word[w.count]);
	assert_string_equal(have, want);
	command_words_free(&w);
}

static void
wrong(const char *text, const char *want)
{
	struct command_words	 w;
	char			 why[200];

	if (command_split(&w, text, why, sizeof(why)) == 0)
		fail_msg("%s is taken", text);
	if (strncmp(why, want, strlen(want)) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", text, why, want);
	assert_null(w.text);
}

static void
words(void **state)
{
	(void)state;
	same("lavap", "lavap|");
	same("  lavap \t rpcconsumer\n c.yml  ", "lavap|rpcconsumer|c.yml|");
	same("a --b=c,d:e%f+g@h{i}!^", "a|--b=c,d:e%f+g@h{i}!^|");
	same("a b~c d#e", "a|b~c|d#e|");
}

static void
quotes(void **state)
{
	(void)state;
	same("a 'b c' \"d e\"", "a|b c|d e|");
	same("a b'c d'e\"f g\"h", "a|bc def gh|");
	same("a '' \"\" b", "a|||b|");
	same("'$x `y` \\ \"z\" *?[;&'", "$x `y` \\ \"z\" *?[;&|");
	same("\"it's *?[;&|~#\"", "it's *?[;&|~#|");
	same("\"\\$x \\`y \\\"z \\\\ \\n\"", "$x `y \"z \\ \\n|");
	same("'a\tb\nc'", "a\tb\nc|");
	same("'it'\\''s'", "it's|");
}

static void
backslashes(void **state)
{
	(void)state;
	same("a\\ b \\$c \\\\ \\'d \\\"e \\*", "a b|$c|\\|'d|\"e|*|");
	same("a \\\n b", "a|b|");
	same("a\\\nb", "ab|");
	same("\"a\\\nb\"", "ab|");
	same("\\~ \\# \\n", "~|#|n|");
}

static void
errors(void **state)
{
	(void)state;
	wrong("", "column 1: there is no command");
	wrong("  ", "column 3: there is no command");
	wrong("a 'b c", "column 3: the quote ' is not closed");
	wrong("a b\"c d", "column 4: the quote \" is not closed");
	wrong("a \"b\\\"", "column 3: the quote \" is not closed");
	wrong("a b\\", "column 4: nothing follows the backslash");
	wrong("a | b", "column 3: there is no shell");
	wrong("a >b", "column 3: there is no shell");
	wrong("a;b", "column 2: there is no shell");
	wrong("a $HOME", "column 3: nothing is expanded");
	wrong("a \"b $HOME\"", "column 6: nothing is expanded");
	wrong("a `b`", "column 3: nothing is expanded");
	wrong("a ~/b", "column 3: nothing is expanded");
	wrong("a *.yml", "column 3: nothing is expanded");
	wrong("a # b", "column 3: there are no comments");
	wrong("a \001", "column 3: a control character");
	wrong("\303\244\303\266 \"b", "column 4: the quote \" is not closed");
	wrong("\303\244$b", "column 2: nothing is expanded");
	wrong("a 'b\033'", "column 5: a control character");
}

static void
bounds(void **state)
{
	static char		 text[COMMAND_MAX + 2];
	struct command_words	 w;
	char			 why[200];
	size_t			 i;

	(void)state;
	for (i = 0; i < COMMAND_WORDS_MAX; i++)
		memcpy(text + 2 * i, "a ", 2);
	assert_int_equal(command_split(&w, text, why, sizeof(why)), 0);
	assert_int_equal(w.count, COMMAND_WORDS_MAX);
	command_words_free(&w);
	text[2 * i] = 'a';
	wrong(text, "column 513: too many words");
	memset(text, 'a', COMMAND_MAX);
	assert_int_equal(command_split(&w, text, why, sizeof(why)), 0);
	command_words_free(&w);
	text[COMMAND_MAX] = 'a';
	wrong(text, "column 65537: it is too long");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(quotes),
		cmocka_unit_test(backslashes),
		cmocka_unit_test(errors),
		cmocka_unit_test(bounds)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
