#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisord/verifier/elf.h"

#define SIZE	4096	/* of the file that the header speaks of */

/* The header of a static Go program for amd64 */
static const unsigned char	 go_amd64[ELF_HEADER_SIZE] = {
	0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	2, 0, 62, 0, 1, 0, 0, 0, 0x20, 0xf6, 0x46, 0, 0, 0, 0, 0,
	64, 0, 0, 0, 0, 0, 0, 0, 0x90, 1, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 64, 0, 56, 0, 6, 0, 64, 0, 23, 0, 3, 0
};

struct elf_case {
	const char	*what;
	size_t		 at;
	unsigned char	 value;
	int		 rc;
};

static const struct elf_case	 cases[] = {
	{ "as it is", 0, 0x7f, 0 },
	{ "no magic", 0, 0x7e, -1 },
	{ "no magic at the end", 3, 'G', -1 },
	{ "32-bit", 4, 1, -1 },
	{ "no class", 4, 0, -1 },
	{ "big-endian", 5, 2, -1 },
	{ "ident version", 6, 0, -1 },
	{ "Linux ABI", 7, 3, 0 },
	{ "OpenBSD ABI", 7, 12, -1 },
	{ "FreeBSD ABI", 7, 9, -1 },
	{ "shared object or PIE", 16, 3, 0 },
	{ "object file", 16, 1, -1 },
	{ "core file", 16, 4, -1 },
	{ "type 0x0202", 17, 2, -1 },
	{ "arm64", 18, 183, -1 },
	{ "i386", 18, 3, -1 },
	{ "machine with high byte", 19, 1, -1 },
	{ "version", 20, 2, -1 },
	{ "program headers inside the header", 32, 63, -1 },
	{ "program headers past the end", 33, 0x10, -1 },
	{ "program headers far past the end", 39, 0x80, -1 },
	{ "odd size of the header", 52, 63, -1 },
	{ "odd size of program headers", 54, 55, -1 },
	{ "no program headers", 56, 0, -1 },
	{ "too many program headers", 57, 1, -1 }
};

static void
headers(void **state)
{
	const struct elf_target	*t = elf_target("Linux", "x86_64");
	const char		*why;
	unsigned char		 head[ELF_HEADER_SIZE];
	size_t			 i;

	(void)state;
	assert_non_null(t);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(head, go_amd64, sizeof(head));
		head[cases[i].at] = cases[i].value;
		if (elf_check(head, sizeof(head), SIZE, t, 0, &why) !=
		    cases[i].rc)
			fail_msg("%s: %s", cases[i].what, why);
	}
}

/* Every byte of the header wrong in every way: nothing is read beyond it */
static void
hostile(void **state)
{
	const struct elf_target	*t = elf_target("Linux", "x86_64");
	const char		*why;
	unsigned char		*head;
	size_t			 i, v;

	(void)state;
	head = malloc(ELF_HEADER_SIZE);
	assert_non_null(head);
	for (i = 0; i < ELF_HEADER_SIZE; i++)
		for (v = 0; v < 256; v++) {
			memcpy(head, go_amd64, ELF_HEADER_SIZE);
			head[i] = (unsigned char)v;
			why = NULL;
			elf_check(head, ELF_HEADER_SIZE, SIZE, t, 0, &why);
			assert_non_null(why);
		}
	/* Offsets that wrap around, and more headers than any kernel runs */
	memcpy(head, go_amd64, ELF_HEADER_SIZE);
	memset(head + 32, 0xff, 8);
	assert_int_equal(elf_check(head, ELF_HEADER_SIZE, UINT64_MAX, t, 0,
	    &why), -1);
	memcpy(head, go_amd64, ELF_HEADER_SIZE);
	memset(head + 56, 0xff, 2);
	assert_int_equal(elf_check(head, ELF_HEADER_SIZE, UINT64_MAX, t, 0,
	    &why), -1);
	memset(head, 0xff, ELF_HEADER_SIZE);
	assert_int_equal(elf_check(head, ELF_HEADER_SIZE, SIZE, t, 0, &why),
	    -1);
	free(head);
}

static void
short_files(void **state)
{
	const struct elf_target	*t = elf_target("Linux", "x86_64");
	const char		*why;
	size_t			 len;

	(void)state;
	for (len = 0; len < ELF_HEADER_SIZE; len++)
		assert_int_equal(elf_check(go_amd64, len, len, t, 1, &why),
		    -1);
	/* The program headers end at 64 + 6 * 56. */
	assert_int_equal(elf_check(go_amd64, 64, 399, t, 1, &why), -1);
	assert_int_equal(elf_check(go_amd64, 64, 400, t, 1, &why), 0);
}

static void
other_targets(void **state)
{
	const struct elf_target	*t;
	const char		*why;
	unsigned char		 head[ELF_HEADER_SIZE];

	(void)state;
	memcpy(head, go_amd64, sizeof(head));
	t = elf_target("OpenBSD", "amd64");
	assert_non_null(t);
	assert_string_equal(t->system, "openbsd");
	assert_int_equal(elf_check(head, 64, SIZE, t, 0, &why), 0);
	head[7] = 12;
	assert_int_equal(elf_check(head, 64, SIZE, t, 0, &why), 0);
	head[7] = 3;
	assert_int_equal(elf_check(head, 64, SIZE, t, 0, &why), -1);
	t = elf_target("Linux", "aarch64");
	assert_non_null(t);
	assert_string_equal(t->arch, "arm64");
	assert_int_equal(elf_check(head, 64, SIZE, t, 0, &why), -1);
	head[18] = 183;
	assert_int_equal(elf_check(head, 64, SIZE, t, 0, &why), 0);
	assert_null(elf_target("Linux", "sparc64"));
	assert_null(elf_target("Darwin", "arm64"));
	assert_int_equal(elf_check(go_amd64, 64, SIZE, NULL, 0, &why), -1);
}

static void
scripts(void **state)
{
	const struct elf_target	*t = elf_target("Linux", "x86_64");
	const char		*why;

	(void)state;
	assert_int_equal(elf_check("#!/bin/sh\n", 10, 10, t, 1, &why), 0);
	assert_int_equal(elf_check("#!/bin/sh\n", 10, 10, t, 0, &why), -1);
	assert_string_equal(why, "is a script, and scripts are not allowed");
	assert_int_equal(elf_check("#!", 2, 2, t, 1, &why), -1);
	assert_int_equal(elf_check("#!sh", 4, 4, t, 1, &why), -1);
	assert_int_equal(elf_check("#", 1, 1, t, 1, &why), -1);
	assert_int_equal(elf_check("<html>", 6, 6, t, 1, &why), -1);
	assert_int_equal(elf_check("\x1f\x8b\x08", 3, 3, t, 1, &why), -1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(hostile),
		cmocka_unit_test(short_files),
		cmocka_unit_test(other_targets),
		cmocka_unit_test(scripts)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
