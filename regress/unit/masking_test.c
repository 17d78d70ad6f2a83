#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lavavisord/masking.h"

static void	 names(void **);
static void	 texts(void **);
static void	 words(void **);

static void
names(void **state)
{
	static const char *const	 secret[] = { "KEY", "API_KEY",
	    "apikey", "--password", "keyring-passphrase", "DB_PASSWORD",
	    "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "mnemonic", "PGPASSWORD",
	    "x-auth", "SEED", "PWD" };
	static const char *const	 open[] = { "HOME", "PATH",
	    "keyring-backend", "--from", "KEYRING", "MONKEY", "compass", "",
	    "author", "authority", "LANG", "seeds", "log_level" };
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		if (!masking_is_secret(secret[i]))
			fail_msg("\"%s\" is no secret", secret[i]);
	for (i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		if (masking_is_secret(open[i]))
			fail_msg("\"%s\" is a secret", open[i]);
}

static void
texts(void **state)
{
	static const char *const	 rows[][2] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "http://host/path", "http://host/path" },
		{ "http://u@host", "http://MASKED@host" },
		{ "http://u:p@host:1/x", "http://MASKED@host:1/x" },
		{ "http://u:p@q@host/a@b", "http://MASKED@host/a@b" },
		{ "http://host/a@b", "http://host/a@b" },
		{ "http://host?x=u@h", "http://host?x=u@h" },
		{ "http://host/?token=abc", "http://host/?token=MASKED" },
		{ "http://host/?a=1&api_key=abc&b=2#f",
		    "http://host/?a=1&api_key=MASKED&b=2#f" },
		{ "http://host/?token=", "http://host/?token=" },
		{ "http://host/?token", "http://host/?token" },
		{ "http://host/?&=&", "http://host/?&=&" },
		{ "://", "://" },
		{ "://@", "://MASKED@" },
		{ "a http://u:p@h b ws://x:y@z?key=k c",
		    "a http://MASKED@h b ws://MASKED@z?key=MASKED c" },
		{ "http://u:p", "http://u:p" }
	};
	char				*got;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		got = masking_text(rows[i][0]);
		assert_string_equal(got, rows[i][1]);
		free(got);
	}
}

static void
words(void **state)
{
	char		*line[] = { (char[]){ "lavap" },
	    (char[]){ "--from" }, (char[]){ "servicer1" },
	    (char[]){ "--password" }, (char[]){ "p" },
	    (char[]){ "--token=t" }, (char[]){ "SECRET=s" },
	    (char[]){ "--node=http://u:p@h" }, (char[]){ "--password" },
	    (char[]){ "--help" }, (char[]){ "-key" }, (char[]){ "k" },
	    (char[]){ "http://h/?a=b" }, (char[]){ "=" }, NULL };
	static const char *const	 want[] = { "lavap", "--from",
	    "servicer1", "--password", "MASKED", "--token=MASKED",
	    "SECRET=MASKED", "--node=http://MASKED@h", "--password", "--help",
	    "-key", "MASKED", "http://h/?a=b", "=" };
	char				*got;
	size_t				 i;

	(void)state;
	for (i = 0; line[i] != NULL; i++) {
		got = masking_word(line, i);
		assert_string_equal(got, want[i]);
		free(got);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(texts),
		cmocka_unit_test(words)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
