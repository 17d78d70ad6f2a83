#include <sys/types.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lavavisord/config.h"
#include "lavavisord/sources.h"
#include "lavavisord/staging.h"

static char	 directory[64];

static void
origins(void **state)
{
	static const struct {
		const char	*a;
		const char	*b;
		int		 same;
	} cases[] = {
		{ "https://a/v{version}", "https://a/mirror", 1 },
		{ "https://a/x", "https://A:443/x", 1 },
		{ "https://a/x", "https://b/x", 0 },
		{ "https://a/x", "https://a:444/x", 0 },
		{ "https://a/x", "http://a/x", 0 },
		{ "https://a/x", "http://a:443/x", 0 }
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (config_same_origin(cases[i].a, cases[i].b) !=
		    cases[i].same)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
}

static void
orders(void **state)
{
	static char *const	 four[] = {
		(char *)"https://a/x", (char *)"https://b/x",
		(char *)"https://a/y", (char *)"https://c/x"
	};
	static const struct {
		size_t	 n, first, apart;
		size_t	 order[4];
	} cases[] = {
		{ 1, 0, SOURCES_NONE, { 0 } },
		{ 1, 7, 0, { 0 } },
		{ 2, 0, SOURCES_NONE, { 0, 1 } },
		{ 2, 0, 0, { 1, 0 } },
		{ 2, 0, 1, { 0, 1 } },
		{ 2, 1, 1, { 0, 1 } },
		{ 2, 1, SOURCES_NONE, { 1, 0 } },
		{ 4, 0, SOURCES_NONE, { 0, 1, 2, 3 } },
		{ 4, 3, SOURCES_NONE, { 3, 0, 1, 2 } },
		{ 4, 4, SOURCES_NONE, { 0, 1, 2, 3 } },
		/* Both of the origin of the list come last. */
		{ 4, 0, 0, { 1, 3, 0, 2 } },
		{ 4, 2, 0, { 3, 1, 2, 0 } },
		{ 4, 0, 3, { 0, 1, 2, 3 } }
	};
	size_t	 order[4], i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sources_order(four, cases[i].n, cases[i].first,
		    cases[i].apart, order);
		if (memcmp(order, cases[i].order, cases[i].n *
		    sizeof(order[0])) != 0)
			fail_msg("case %zu", i);
	}
}

static struct staged
opened(const char *version, const char *url)
{
	struct staged	 s;
	char		 error[512];

	if (staging_open(version, STAGING_BINARY, url, &s, error,
	    sizeof(error)) == -1)
		fail_msg("%s", error);
	return s;
}

static void
closed(struct staged *s)
{
	close(s->write);
	close(s->read);
}

/* What is known of half a file, and what is not enough to go on with it */
static void
resumption(void **state)
{
	static const char *const	 spoiled[] = {
		"", "https://a/x\n", "https://a/x\n\"tag\"",
		"https://a/x\n\"tag\"\nmore\n", "https://a/x\n\n",
		"https://a/x \n\"tag\"\n"
	};
	struct staged	 s;
	char		 path[128];
	size_t		 i;
	FILE		*f;

	(void)state;
	s = opened("6.2.5", "https://a/x");
	assert_int_equal(s.offset, 0);
	assert_int_equal(write(s.write, "half", 4), 4);
	staging_note("6.2.5", "https://a/x", "\"tag\"");
	closed(&s);

	s = opened("6.2.5", "https://a/x");
	assert_int_equal(s.offset, 4);
	assert_string_equal(s.etag, "\"tag\"");
	closed(&s);

	/* From elsewhere, and then it is forgotten */
	s = opened("6.2.5", "https://b/x");
	assert_int_equal(s.offset, 0);
	assert_string_equal(s.etag, "");
	assert_int_equal(lseek(s.write, 0, SEEK_END), 0);
	closed(&s);
	s = opened("6.2.5", "https://a/x");
	assert_int_equal(s.offset, 0);
	closed(&s);

	snprintf(path, sizeof(path), "%s/v6.2.5.from", directory);
	for (i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
		s = opened("6.2.5", "https://a/x");
		assert_int_equal(write(s.write, "half", 4), 4);
		closed(&s);
		assert_non_null(f = fopen(path, "w"));
		fputs(spoiled[i], f);
		fclose(f);
		s = opened("6.2.5", "https://a/x");
		if (s.offset != 0 || s.etag[0] != '\0')
			fail_msg("taken: \"%s\"", spoiled[i]);
		closed(&s);
	}
	/* No tag: none is kept. */
	staging_note("6.2.5", "https://a/x", "\"tag\"");
	staging_note("6.2.5", "https://a/x", "");
	assert_int_equal(access(path, F_OK), -1);
}

static void
space(void **state)
{
	struct staged	 s;
	char		 error[512];

	(void)state;
	s = opened("6.2.6", "https://a/x");
	assert_int_equal(staging_room(s.write, 1, directory, error,
	    sizeof(error)), 0);
	assert_int_equal(staging_room(s.write, UINT64_C(1) << 50, directory,
	    error, sizeof(error)), -1);
	assert_non_null(strstr(error, directory));
	assert_non_null(strstr(error, "two copies of 1125899906842624 bytes: "
	    "2251799813685248 bytes are needed"));
	assert_int_equal(staging_room_for("/nonexistent", 1, error,
	    sizeof(error)), -1);
	assert_string_equal(error, "/nonexistent: No such file or directory");
	closed(&s);
}

static void
cleaning(void **state)
{
	struct staged	 s;
	char		 path[128];

	(void)state;
	s = opened("6.2.5", "https://a/x");
	staging_note("6.2.5", "https://a/x", "\"tag\"");
	closed(&s);
	s = opened("6.2.50", "https://a/x");
	closed(&s);
	staging_clean_others("6.2.5");
	snprintf(path, sizeof(path), "%s/v6.2.50", directory);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/v6.2.5.from", directory);
	assert_int_equal(access(path, F_OK), 0);
	staging_clean("6.2.5");
	/* Nothing else is in it, and it is made again. */
	assert_int_equal(rmdir(directory), 0);
	s = opened("6.2.5", "https://a/x");
	closed(&s);
	staging_clean("6.2.5");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(origins),
		cmocka_unit_test(orders),
		cmocka_unit_test(resumption),
		cmocka_unit_test(space),
		cmocka_unit_test(cleaning)
	};
	const char		*tmp = getenv("TMPDIR");
	int			 rc;

	snprintf(directory, sizeof(directory), "%.40s/staging.XXXXXX",
	    tmp != NULL && strlen(tmp) <= 40 ? tmp : "/tmp");
	if (mkdtemp(directory) == NULL)
		return 1;
	staging_init(directory);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(directory);
	return rc;
}
