#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lavavisord/manifest.h"

#define HASH \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define HASH_LINE	"sha256 " HASH

static void	 fill(struct manifest *);
static int	 parse(const char *, size_t, struct manifest *, char *);
static void	 round_trip(void **);
static void	 truncated_anywhere(void **);
static void	 table(void **);
static void	 on_disk(void **);

static void
fill(struct manifest *m)
{
	memset(m, 0, sizeof(*m));
	semver_parse("6.2.5", &m->version);
	strlcpy(m->sha256, HASH, sizeof(m->sha256));
	m->size = 123456789;
	m->how = HOW_SIGNED;
	m->time_s = 1780000000;
	strlcpy(m->key, "release.pub 1a2b3c4d5e6f7788", sizeof(m->key));
	strlcpy(m->source, "https://releases.example/v6.2.5",
	    sizeof(m->source));
}

static int
parse(const char *text, size_t len, struct manifest *m, char *error)
{
	char	*copy;
	int	 e;

	copy = malloc(len > 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	e = manifest_parse(copy, len, m, error);
	free(copy);
	return e;
}

static void
round_trip(void **state)
{
	struct manifest	 a, b;
	char		*text, error[TEXT_SIZE];
	size_t		 len;
	int		 how;

	(void)state;
	for (how = 0; how < HOWS; how++) {
		fill(&a);
		a.how = (enum manifest_how)how;
		if (how != HOW_SIGNED) {
			memset(a.key, 0, sizeof(a.key));
			memset(a.source, 0, sizeof(a.source));
		}
		manifest_format(&a, &text, &len);
		assert_int_equal(parse(text, len, &b, error), 0);
		assert_memory_equal(&a, &b, sizeof(a));
		free(text);
	}
	assert_string_equal(manifest_how_name(HOW_CHECKSUM), "checksum");
	assert_string_equal(manifest_how_name((enum manifest_how)77),
	    "unknown");
}

static void
truncated_anywhere(void **state)
{
	struct manifest	 m;
	char		*text, error[TEXT_SIZE];
	size_t		 len, i;

	(void)state;
	fill(&m);
	manifest_format(&m, &text, &len);
	for (i = 0; i < len; i++) {
		assert_int_equal(parse(text, i, &m, error), -1);
		assert_non_null(strstr(error, "the manifest"));
	}
	free(text);
}

static void
table(void **state)
{
	static const char *const	 line[] = {
		"lavavisord-manifest 1", "version 6.2.5",
		HASH_LINE, "size 5", "how pinned", "time 5", "key ", "source "
	};
	static const struct {
		int		 at;
		const char	*instead;
		int		 want;
	} rows[] = {
		{ 0, "lavavisord-manifest 1", 0 },
		{ 0, "lavavisord-manifest 2", -1 },
		{ 0, "lavavisord-manifest", -1 },
		{ 0, "", -1 },
		{ 1, "version v6.2.5", -1 },
		{ 1, "version 6.2.5 x", -1 },
		{ 1, "version 6.2.5\nversion 6.2.5", -1 },
		{ 1, "Version 6.2.5", -1 },
		{ 2, "sha256 " HASH "0", -1 },
		{ 2, "sha256 0123", -1 },
		{ 2, "sha256 0123456789ABCDEF0123456789abcdef0123456789abcdef"
		    "0123456789abcdef", -1 },
		{ 2, "sha512 " HASH, -1 },
		{ 3, "size 0", -1 },
		{ 3, "size -1", -1 },
		{ 3, "size 9223372036854775807", 0 },
		{ 3, "size 9223372036854775808", -1 },
		{ 4, "how trustme", -1 },
		{ 4, "how checksum", 0 },
		{ 5, "time now", -1 },
		{ 5, "time -5", 0 },
		{ 6, "key release.pub 1a2b", 0 },
		{ 6, "keys x", -1 },
		{ 7, "source https://a.example/v6.2.5", 0 },
		{ 7, "source x\nmore", -1 },
		{ 7, "source x\n", -1 },
		{ 7, "source", 0 }
	};
	struct manifest	 m;
	char		 text[4096], error[TEXT_SIZE];
	size_t		 i, k, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (n = k = 0; k < 8; k++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s\n", rows[i].at == (int)k ? rows[i].instead :
			    line[k]);
		if (parse(text, n, &m, error) != rows[i].want)
			fail_msg("\"%s\": %s", rows[i].instead, error);
	}
	/* A NUL, and a key that is too long. */
	assert_int_equal(parse("lavavisord-manifest 1\0\n", 23, &m, error),
	    -1);
	n = (size_t)snprintf(text, sizeof(text), "lavavisord-manifest 1\n"
	    "version 6.2.5\nsha256 " HASH "\nsize 5\nhow pinned\ntime 5\n"
	    "key %0200d\nsource \n", 0);
	assert_int_equal(parse(text, n, &m, error), -1);
}

static void
on_disk(void **state)
{
	struct manifest	 a, b;
	struct stat	 st;
	char		 path[] = "manifest.XXXXXXXX", error[TEXT_SIZE];
	int		 dir;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir != -1);
	assert_int_equal(manifest_load(dir, &b, error), -1);
	assert_non_null(strstr(error, "cannot be read"));
	fill(&a);
	assert_int_equal(manifest_save(dir, &a, error), 0);
	assert_int_equal(fstatat(dir, MANIFEST_FILE, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(manifest_load(dir, &b, error), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(unlinkat(dir, MANIFEST_FILE, 0), 0);
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(truncated_anywhere),
		cmocka_unit_test(table),
		cmocka_unit_test(on_disk)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
