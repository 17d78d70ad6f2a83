#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/hex.h"
#include "lavavisord/verifier/checksum_list.h"

#define NAME	"lavap-v6.2.5-linux-amd64"
#define A	"2d711642b726b04401627ca9fbac32f5" \
	"c8530fb1903cc4db02258717921a4881"
#define UPPER	"2D711642B726B04401627CA9FBAC32F5" \
	"C8530FB1903CC4DB02258717921A4881"
#define B	"ffffffffb726b04401627ca9fbac32f5" \
	"c8530fb1903cc4db02258717921a4881"
#define NOHEX	"gd711642b726b04401627ca9fbac32f5" \
	"c8530fb1903cc4db02258717921a4881"

struct list_case {
	const char	*what;
	const char	*list;
	const char	*hash;	/* NULL: refused */
};

static const struct list_case	 cases[] = {
	{ "GNU text", A "  " NAME "\n", A },
	{ "GNU binary", A " *" NAME "\n", A },
	{ "BSD", "SHA256 (" NAME ") = " A "\n", A },
	{ "upper case", UPPER "  " NAME "\n", A },
	{ "BSD upper case", "SHA256 (" NAME ") = " UPPER "\n", A },
	{ "CRLF", B "  other\r\n" A "  " NAME "\r\n", A },
	{ "BSD with CRLF", "SHA256 (" NAME ") = " A "\r\n", A },
	{ "no last line end", A "  " NAME, A },
	{ "among others", B "  x\n" A "  " NAME "\n" B "  y\n", A },
	{ "comments and blank lines", "# list\n\n\r\n" A "  " NAME "\n", A },
	{ "another algorithm", A A "  " NAME "\n" A "  " NAME "\n", A },
	{ "another tag", "SHA512 (" NAME ") = " B "\nSHA256 (" NAME ") = " A
	    "\n", A },
	{ "others in directories", B "  dist/x\nSHA256 (a/y) = " B "\n" A
	    "  " NAME "\n", A },
	{ "same twice", A "  " NAME "\n" UPPER " *" NAME "\n", NULL },
	{ "both forms", "SHA256 (" NAME ") = " A "\n" A "  " NAME "\n",
	    NULL },
	{ "empty", "", NULL },
	{ "only line ends", "\n\n\n", NULL },
	{ "not there", A "  other\n", NULL },
	{ "two hashes", A "  " NAME "\n" B "  " NAME "\n", NULL },
	{ "two hashes in two forms", A "  " NAME "\nSHA256 (" NAME ") = " B
	    "\n", NULL },
	{ "longer name", A "  " NAME ".tar.gz\n", NULL },
	{ "shorter name", A "  lavap-v6.2.5-linux-amd6\n", NULL },
	{ "name in a directory", A "  ./" NAME "\n", NULL },
	{ "also in a directory", A "  " NAME "\n" B " *dist/" NAME "\n",
	    NULL },
	{ "above us", A "  ../" NAME "\n" A "  " NAME "\n", NULL },
	{ "BSD in a directory", "SHA256 (/x/" NAME ") = " A "\n" A "  " NAME
	    "\n", NULL },
	{ "BSD only a slash", "SHA256 (/" NAME ") = " A "\n", NULL },
	{ "backslash directory", A "  x\\" NAME "\n", NULL },
	{ "other case", A "  LAVAP-v6.2.5-linux-amd64\n", NULL },
	{ "one blank", A " " NAME "\n", NULL },
	{ "three blanks", A "   " NAME "\n", NULL },
	{ "tab", A "\t " NAME "\n", NULL },
	{ "leading blank", " " A "  " NAME "\n", NULL },
	{ "trailing blank", A "  " NAME " \n", NULL },
	{ "escaped", "\\" A "  " NAME "\n", NULL },
	{ "no hex", NOHEX "  " NAME "\n", NULL },
	{ "no hex after a good one", A "  " NAME "\n" NOHEX "  " NAME "\n",
	    NULL },
	{ "BSD no hex", "SHA256 (" NAME ") = " NOHEX "\n", NULL },
	{ "BSD short hash", "SHA256 (" NAME ") = abcd\n", NULL },
	{ "BSD junk after hash", "SHA256 (" NAME ") = " A "0\n", NULL },
	{ "BSD no end", "SHA256 (" NAME, NULL },
	{ "BSD longer name", "SHA256 (" NAME ") = (x) = " A "\n", NULL },
	{ "two CR", A "  " NAME "\r\r\n", NULL },
	{ "CR alone ends no line", A "  " NAME "\r" B "  x\n", NULL },
	{ "a web page", "<html>" A "  " NAME "</html>\n", NULL }
};

static void
list_table(void **state)
{
	const char	*why;
	size_t		 i;
	uint8_t		 hash[SHA256_SIZE];
	char		 text[2 * SHA256_SIZE + 1], *copy;
	int		 rc;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Without a NUL behind it, so that a sanitizer sees more. */
		copy = malloc(strlen(cases[i].list) + 1);
		assert_non_null(copy);
		memcpy(copy, cases[i].list, strlen(cases[i].list));
		why = NULL;
		rc = checksum_list_find(copy, strlen(cases[i].list), NAME,
		    hash, &why);
		free(copy);
		if (rc != (cases[i].hash == NULL ? -1 : 0))
			fail_msg("%s: rc %d, %s", cases[i].what, rc,
			    why == NULL ? "no reason" : why);
		if (rc == -1) {
			assert_non_null(why);
			continue;
		}
		hex_encode(text, hash, sizeof(hash));
		assert_string_equal(text, cases[i].hash);
	}
}

static void
list_reasons(void **state)
{
	static const char *const	 rows[][2] = {
		{ A "  other\n", "does not name the file" },
		{ A "  " NAME "\n" A "  " NAME "\n",
		    "names the file twice" },
		{ A "  " NAME "\n" B "  " NAME "\n",
		    "names the file twice, with two hashes" },
		{ A "  ./" NAME "\n", "names the file in a directory" },
		{ NOHEX "  " NAME "\n", "names the file without a good hash" }
	};
	const char			*why;
	uint8_t				 hash[SHA256_SIZE];
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(checksum_list_find(rows[i][0],
		    strlen(rows[i][0]), NAME, hash, &why), -1);
		assert_string_equal(why, rows[i][1]);
	}
}

static void
list_not_text(void **state)
{
	static const char	 list[] = A "  " NAME "\n\0" "more\n";
	const char		*why;
	uint8_t			 hash[SHA256_SIZE];

	(void)state;
	assert_int_equal(checksum_list_find(list, sizeof(list) - 1, NAME,
	    hash, &why), -1);
	assert_string_equal(why, "is not text");
}

static void
list_too_long(void **state)
{
	const char	*why;
	char		*list;
	uint8_t		 hash[SHA256_SIZE];
	size_t		 len = strlen(A "  " NAME "\n");

	(void)state;
	list = malloc(CHECKSUM_LIST_MAX + 1);
	assert_non_null(list);
	memset(list, '\n', CHECKSUM_LIST_MAX + 1);
	memcpy(list + CHECKSUM_LIST_MAX - len, A "  " NAME "\n", len);
	assert_int_equal(checksum_list_find(list, CHECKSUM_LIST_MAX, NAME,
	    hash, &why), 0);
	assert_int_equal(checksum_list_find(list, CHECKSUM_LIST_MAX + 1, NAME,
	    hash, &why), -1);
	free(list);
}

static void
names(void **state)
{
	static const char *const	 good[] = { NAME, "a", "a b", "...",
					    "-x", "*x" };
	static const char *const	 wrong[] = { "", ".", "..", "a/b", "/a",
					    "a\nb", "a\rb", "a\x7f", "a\\b",
					    " a", "a ", "a\tb" };
	const char			*why;
	uint8_t				 hash[SHA256_SIZE];
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(checksum_name_is_fine(good[i]));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(checksum_name_is_fine(wrong[i]));
		assert_int_equal(checksum_list_find(A "  x\n", 68, wrong[i],
		    hash, &why), -1);
	}
}

static void
hex(void **state)
{
	char	 text[7];
	uint8_t	 raw[3];

	(void)state;
	assert_int_equal(hex_decode(raw, 3, "00fFa9zz"), 0);
	hex_encode(text, raw, 3);
	assert_string_equal(text, "00ffa9");
	assert_int_equal(hex_decode(raw, 3, "00fFa"), -1);
	assert_int_equal(hex_decode(raw, 3, "00fFa "), -1);
	assert_int_equal(hex_decode(raw, 3, ""), -1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(list_table),
		cmocka_unit_test(list_reasons),
		cmocka_unit_test(list_not_text),
		cmocka_unit_test(list_too_long),
		cmocka_unit_test(names),
		cmocka_unit_test(hex)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
