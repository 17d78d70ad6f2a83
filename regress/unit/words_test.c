/* What people type: words, options, and the request that comes of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisorctl/commands.h"
#include "common/words.h"

#define ARGS_MAX	8
#define HASH		"6B86B273FF34FCE19D6B804EFF5A3F57" \
			"47ADA4EAA22F1D49C01E52DDB7875B4B"

static const char *const	 list[] = { "show", "start", "stop", "status",
    "restart", "start" };

struct right {
	const char	*args[ARGS_MAX];
	enum verb	 verb;
	const char	*name;
	const char	*argument;
	int64_t		 number;
};

struct wrong {
	const char	*args[ARGS_MAX];
	const char	*why;		/* a part of it */
};

static int	parse(struct invocation *, const char *const *, char *,
		    size_t);

static void
finds_words(void **state)
{
	(void)state;
	assert_int_equal(word_find(list, 6, "show"), 0);
	assert_int_equal(word_find(list, 6, "sh"), 0);
	assert_int_equal(word_find(list, 6, "sta"), WORD_AMBIGUOUS);
	assert_int_equal(word_find(list, 6, "star"), 1);
	assert_int_equal(word_find(list, 6, "start"), 1);
	assert_int_equal(word_find(list, 6, "starts"), WORD_UNKNOWN);
	assert_int_equal(word_find(list, 6, "s"), WORD_AMBIGUOUS);
	assert_int_equal(word_find(list, 6, ""), WORD_UNKNOWN);
	assert_int_equal(word_find(list, 6, "Show"), WORD_UNKNOWN);
	assert_int_equal(word_find(list, 0, "show"), WORD_UNKNOWN);
}

static void
counts_typos(void **state)
{
	(void)state;
	assert_int_equal(word_distance("", ""), 0);
	assert_int_equal(word_distance("show", "show"), 0);
	assert_int_equal(word_distance("show", "shwo"), 1);
	assert_int_equal(word_distance("show", "sho"), 1);
	assert_int_equal(word_distance("show", "shoow"), 1);
	assert_int_equal(word_distance("show", "shaw"), 1);
	assert_int_equal(word_distance("", "abc"), 3);
	assert_int_equal(word_distance(
	    "a very long word that nobody would ever want to type",
	    "a very long word that nobody would think of"), 0);
}

static void
guesses_words(void **state)
{
	(void)state;
	assert_int_equal(word_nearest(list, 6, "shwo"), 0);
	assert_int_equal(word_nearest(list, 6, "statr"), 1);
	assert_int_equal(word_nearest(list, 6, "reboot"), -1);
	assert_int_equal(word_nearest(list, 6, "x"), -1);
	assert_int_equal(word_nearest(list, 6, ""), -1);
	assert_int_equal(word_nearest(list, 0, "show"), -1);
}

static int
parse(struct invocation *inv, const char *const *args, char *why, size_t size)
{
	int	 argc = 0;

	while (argc < ARGS_MAX && args[argc] != NULL)
		argc++;
	return invocation_parse(inv, argc,
	    (char *const *)(uintptr_t)args, why, size);
}

static void
reads_commands(void **state)
{
	static const struct right	 table[] = {
		{ { "show", "services" }, VERB_SHOW_SERVICES, "", "", 0 },
		{ { "sho", "se" }, VERB_SHOW_SERVICES, "", "", 0 },
		{ { "show", "service", "one" }, VERB_SHOW_SERVICE, "one", "",
		    0 },
		{ { "show", "services", "one*" }, VERB_SHOW_SERVICES, "one*",
		    "", 0 },
		{ { "show", "se", "one" }, VERB_SHOW_SERVICES, "one", "", 0 },
		{ { "check" }, VERB_CHECK, "", "", 0 },
		{ { "ch", "providers" }, VERB_CHECK, "providers", "", 0 },
		{ { "show", "sa" }, VERB_SHOW_SANDBOX, "", "", 0 },
		{ { "show", "v" }, VERB_SHOW_VERSIONS, "", "", 0 },
		{ { "show", "n" }, VERB_SHOW_NODES, "", "", 0 },
		{ { "show", "u" }, VERB_SHOW_UPGRADES, "", "", 1 },
		{ { "show", "-j", "u" }, VERB_SHOW_UPGRADES, "", "", 0 },
		{ { "m" }, VERB_MONITOR, "", "", 0 },
		{ { "up", "c" }, VERB_UPGRADE_CHECK, "", "", 0 },
		{ { "upgrade", "now" }, VERB_UPGRADE_NOW, "", "", 0 },
		{ { "upgrade", "to", "v6.2.5" }, VERB_UPGRADE_TO, "",
		    "6.2.5", 0 },
		{ { "upgrade", "r" }, VERB_UPGRADE_ROLLBACK, "", "", 0 },
		{ { "pin", "6.2.4" }, VERB_PIN, "", "6.2.4", 0 },
		{ { "unp" }, VERB_UNPIN, "", "", 0 },
		{ { "start", "p" }, VERB_START, "p", "", 0 },
		{ { "stop", "all" }, VERB_STOP, "all", "", 0 },
		{ { "resta", "p" }, VERB_RESTART, "p", "", 0 },
		{ { "unlock", "p" }, VERB_UNLOCK, "p", "", 1 },
		{ { "unlock", "--stdin", "all" }, VERB_UNLOCK, "all", "", 1 },
		{ { "unl", "p", "--again" }, VERB_UNLOCK, "p", "", 0 },
		{ { "lock", "p*" }, VERB_LOCK, "p*", "", 0 },
		{ { "hold" }, VERB_HOLD, "", "", 0 },
		{ { "hold", "a quiet weekend" }, VERB_HOLD, "",
		    "a quiet weekend", 0 },
		{ { "resu" }, VERB_RESUME, "", "", 0 },
		{ { "reexec" }, VERB_REEXEC, "", "", 0 },
		{ { "reload" }, VERB_RELOAD, "", "", 0 },
		{ { "reload", "-n" }, VERB_RELOAD, "", "", 1 },
		{ { "reload", "--dry-run" }, VERB_RELOAD, "", "", 1 },
		{ { "shutdown" }, VERB_SHUTDOWN, "", "", 0 },
		{ { "shutdown", "--keep-services" }, VERB_SHUTDOWN, "", "", 1 },
		{ { "log", "p" }, VERB_LOG, "p", "", 0 },
		{ { "log", "-f", "p" }, VERB_LOG, "p", "", 1 },
		{ { "log", "p", "-fn5" }, VERB_LOG, "p", "", 1 },
		{ { "log", "--", "-p" }, VERB_LOG, "-p", "", 0 },
		{ { "wait", "p", "running" }, VERB_WAIT, "p", "running", 60 },
		{ { "wait", "p", "ru" }, VERB_WAIT, "p", "running", 60 },
		{ { "wait", "-t", "0", "p", "b" }, VERB_WAIT, "p", "backoff",
		    0 },
		{ { "wait", "-t2m", "p", "ready" }, VERB_WAIT, "p", "ready",
		    120 },
		{ { "wait", "p", "version", "v6.2.5" }, VERB_WAIT, "p",
		    "version 6.2.5", 60 },
		{ { "-t", "1h", "wait", "p", "f" }, VERB_WAIT, "p", "failed",
		    3600 },
		{ { "install", "x/lavap" }, VERB_INSTALL, "", "", 1 },
		{ { "ins", "--version", "v6.2.5", "f" }, VERB_INSTALL, "",
		    "6.2.5", 1 },
		{ { "install", "f", "--sums=l", "--version=6.2.5" },
		    VERB_INSTALL, "", "6.2.5", 2 },
		{ { "install", "f", "--sums", "l", "--sig", "s" },
		    VERB_INSTALL, "", "", 3 },
		{ { "upgrade", "approve" }, VERB_APPROVE, "", "", 0 },
		{ { "upgrade", "approve", "v6.2.5" }, VERB_APPROVE, "",
		    "6.2.5", 0 },
		{ { "up", "app", "6.2.5", HASH }, VERB_APPROVE, "", "6.2.5",
		    0 },
		{ { "-j", "-s", "x", "show", "nodes" }, VERB_SHOW_NODES, "",
		    "", 0 },
		{ { "show", "-j", "nodes", "--socket=x" }, VERB_SHOW_NODES,
		    "", "", 0 }
	};
	struct invocation	 inv;
	char			 why[512];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		why[0] = '\0';
		if (parse(&inv, table[i].args, why, sizeof(why)) == -1)
			fail_msg("row %zu: %s", i, why);
		assert_non_null(inv.command);
		assert_int_equal(inv.request.verb, table[i].verb);
		assert_int_equal(inv.command->verb, table[i].verb);
		assert_int_equal(inv.request.catalogue, MESSAGE_CATALOGUE);
		assert_string_equal(inv.request.name, table[i].name);
		assert_string_equal(inv.request.argument, table[i].argument);
		assert_int_equal(inv.request.number, table[i].number);
		/* What only admin may do never goes to show. */
		assert_int_equal(inv.command->read_only,
		    table[i].verb < VERB_ADMIN_FIRST);
	}
}

static void
reads_options(void **state)
{
	const char *const	 log[ARGS_MAX] = { "-j", "log", "-n", "all",
	    "--directory", "/d", "p" };
	const char *const	 approve[ARGS_MAX] = { "upgrade", "approve",
	    "6.2.5", HASH };
	const char *const	 help[ARGS_MAX] = { "show", "services", "-h" };
	const char *const	 quiet[ARGS_MAX] = { "hold", "-t", "5" };
	struct invocation	 inv;
	char			 why[512];

	(void)state;
	assert_int_equal(parse(&inv, log, why, sizeof(why)), 0);
	assert_int_equal(inv.lines, LINES_ALL);
	assert_int_equal(inv.json, 1);
	assert_string_equal(inv.directory, "/d");
	assert_null(inv.socket);
	assert_int_equal(inv.timeout_s, 30);
	assert_int_equal(parse(&inv, approve, why, sizeof(why)), 0);
	assert_string_equal(inv.request.extra,
	    "6b86b273ff34fce19d6b804eff5a3f57"
	    "47ada4eaa22f1d49c01e52ddb7875b4b");
	assert_int_equal(parse(&inv, help, why, sizeof(why)), 0);
	assert_int_equal(inv.help, 1);
	assert_int_equal(inv.command->verb, VERB_SHOW_SERVICES);
	assert_int_equal(parse(&inv, quiet, why, sizeof(why)), 0);
	assert_int_equal(inv.timeout_s, 5);
}

static void
refuses(void **state)
{
	static const char	 n64[] = "0123456789012345678901234567890123"
	    "456789012345678901234567890123";
	const struct wrong	 table[] = {
		{ { NULL }, "no command" },
		{ { "" }, "unknown word \"\"" },
		{ { "shwo" }, "did you mean \"show\"?" },
		{ { "frobnicate" }, "there are: show, check, monitor, wait, " },
		{ { "re" }, "could be: restart, resume, reload, reexec" },
		{ { "show" }, "show what? There are: services, service, " },
		{ { "show", "service5" }, "did you mean \"services\"?" },
		{ { "show", "s" }, "could be: services, service, sandbox" },
		{ { "show", "service" }, "show service needs NAME" },
		{ { "show", "services", "x", "y" }, "takes [NAME], not \"y\"" },
		{ { "upgrade" }, "upgrade what? There are: check, now" },
		{ { "start" }, "start needs NAME|all" },
		{ { "start", "a", "b" }, "start takes NAME|all, not \"b\"" },
		{ { "start", "" }, "must not be empty" },
		{ { "start", "a\nb" }, "control character" },
		{ { "start", n64 }, "longer than 63 bytes" },
		{ { "wait", "p" }, "wait needs NAME STATE|version" },
		{ { "wait", "p", "runing" }, "did you mean \"running\"?" },
		{ { "wait", "p", "st" }, "could be: stopped, starting" },
		{ { "wait", "p", "running", "x" }, "takes no \"x\"" },
		{ { "wait", "p", "version" },
		  "wait p version needs VERSION" },
		{ { "wait", "p", "version", "new" }, "is not a version" },
		{ { "wait", "p", "version", "1", "2" }, "takes NAME STATE" },
		{ { "wait", "-t", "soon", "p", "running" }, "-t takes" },
		{ { "wait", "-t", "-1", "p", "running" }, "-t takes" },
		{ { "wait", "-t", "9000h", "p", "running" }, "-t takes" },
		{ { "wait", "-t", "5x", "p", "running" }, "-t takes" },
		{ { "wait", "-t", "5ms", "p", "running" }, "-t takes" },
		{ { "wait", "-t" }, "-t needs a value" },
		{ { "log", "-n", "many", "p" }, "-n takes" },
		{ { "log", "-n", "-5", "p" }, "-n takes" },
		{ { "log", "-n", "5k", "p" }, "-n takes" },
		{ { "log", "-n" }, "-n needs a value" },
		{ { "log" }, "log needs NAME" },
		{ { "lo", "p" }, "could be: log, lock" },
		{ { "unlock" }, "unlock needs NAME|all" },
		{ { "unlock", "p", "x" }, "unlock takes NAME|all" },
		{ { "unlock", "" }, "must not be empty" },
		{ { "unlock", "--again", "--stdin", "p" }, "not both" },
		{ { "unlock", "--stdin=x", "p" }, "takes no value" },
		{ { "lock", "--stdin", "p" }, "unknown option --stdin" },
		{ { "reload", "-f" }, "unknown option -f" },
		{ { "show", "nodes", "-n" }, "-n needs a value" },
		{ { "show", "nodes", "-n", "5" }, "only show history takes" },
		{ { "monitor", "--from", "x" }, "--from takes the number" },
		{ { "monitor", "--from", "" }, "--from takes the number" },
		{ { "monitor", "--from", "-1" }, "--from takes the number" },
		{ { "monitor", "--from" }, "--from needs a value" },
		{ { "show", "config", "a", "b" }, "takes [NAME|all]" },
		{ { "show", "nodes", "--jsno" }, "did you mean --json?" },
		{ { "show", "nodes", "--what" }, "unknown option --what" },
		{ { "show", "nodes", "--json=1" }, "takes no value" },
		{ { "show", "nodes", "--socket" }, "needs a value" },
		{ { "start", "x", "--keep-services" }, "unknown option" },
		{ { "u" }, "could be: upgrade, unlock, unpin" },
		{ { "upgrade", "to" }, "needs VERSION" },
		{ { "upgrade", "to", "latest" }, "is not a version" },
		{ { "pin" }, "needs VERSION" },
		{ { "pin", "6.2.5", "now" }, "takes VERSION, not \"now\"" },
		{ { "unpin", "6.2.5" }, "takes no argument" },
		{ { "upgrade", "approve", "latest" }, "is not a version" },
		{ { "upgrade", "approve", "6.2.5-rc1" }, "is not a version" },
		{ { "upgrade", "approve", "6.2.5", "abc" },
		    "is not a SHA-256" },
		{ { "a", "b", "c", "d", "e", "f" }, "too many words" }
	};
	struct invocation	 inv;
	char			 why[512];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		why[0] = '\0';
		if (parse(&inv, table[i].args, why, sizeof(why)) == 0)
			fail_msg("row %zu was taken", i);
		if (strstr(why, table[i].why) == NULL)
			fail_msg("row %zu: \"%s\" not in \"%s\"", i,
			    table[i].why, why);
	}
}

/* What begins of a word means it, or there is another that begins so */
static void
check_prefixes(const char *const *words, size_t n, size_t which)
{
	char	 prefix[64];
	size_t	 len, i, whole = strlen(words[which]);
	int	 found, others;

	assert_true(whole < sizeof(prefix));
	for (len = 1; len <= whole; len++) {
		memcpy(prefix, words[which], len);
		prefix[len] = '\0';
		for (i = 0, others = 0; i < n; i++)
			others += strncmp(words[i], prefix, len) == 0 &&
			    strcmp(words[i], words[which]) != 0;
		found = word_find(words, n, prefix);
		if (others == 0 || len == whole) {
			assert_true(found >= 0);
			assert_string_equal(words[found], words[which]);
		} else if (found != WORD_AMBIGUOUS) {
			/* Whole itself, or one with its plural */
			assert_true(found >= 0);
			assert_true(strcmp(words[found], prefix) == 0 ||
			    others == 1);
		}
	}
}

static void
every_prefix_is_known(void **state)
{
	const char	*firsts[128], *seconds[128];
	size_t		 i, k, n, seen = 0;

	(void)state;
	for (i = 0; i < commands_count; i++)
		firsts[i] = commands[i].first;
	for (i = 0; i < commands_count; i++) {
		check_prefixes(firsts, commands_count, i);
		if (commands[i].second == NULL)
			continue;
		for (k = 0, n = 0; k < commands_count; k++) {
			if (strcmp(commands[k].first, commands[i].first) != 0)
				continue;
			seen = k == i ? n : seen;
			seconds[n++] = commands[k].second;
		}
		check_prefixes(seconds, n, seen);
	}
}

static void
table_is_whole(void **state)
{
	size_t	 i, j;

	(void)state;
	for (i = 0; i < commands_count; i++) {
		assert_true(commands[i].verb > VERB_NONE);
		assert_true(commands[i].verb < VERBS);
		for (j = 0; j < i; j++)
			assert_int_not_equal(commands[i].verb,
			    commands[j].verb);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(finds_words),
		cmocka_unit_test(counts_typos),
		cmocka_unit_test(guesses_words),
		cmocka_unit_test(reads_commands),
		cmocka_unit_test(reads_options),
		cmocka_unit_test(refuses),
		cmocka_unit_test(every_prefix_is_known),
		cmocka_unit_test(table_is_whole)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
