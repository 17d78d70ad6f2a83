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

#include "common/atomic_file.h"
#include "compat/process.h"
#include "lavavisord/runfile.h"

#define BOOT	"7c1e0c1a-0000-4000-8000-123456789abc"

static void	 fill(struct runfile *);
static int	 parse(const char *, size_t, struct runfile *, char *);
static void	 seal(const char *, char **, size_t *);
static void	 round_trip(void **);
static void	 torn_is_empty(void **);
static void	 flipped_is_empty(void **);
static void	 random_bytes(void **);
static void	 table(void **);
static void	 changes(void **);
static void	 on_disk(void **);
static void	 errors_are_not_empty(void **);
static void	 services(void **);

static void
fill(struct runfile *r)
{
	struct runfile_service	*s;
	char			 name[NAME_SIZE];
	uint32_t		 i;

	runfile_init(r, BOOT);
	r->parent.pid = 100;
	r->parent.start = 123456;
	r->supervisor.pid = 101;
	r->supervisor.start = UINT64_MAX;
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "consumer%u", i);
		s = runfile_service_add(r, name);
		assert_non_null(s);
		s->slot = i;
		s->generation = (UINT64_C(1) << 40) + i;
		s->process.pid = i == 2 ? 0 : (int32_t)(200 + i);
		s->process.start = 5000 + i;
		s->has_version = i != 3;
		if (s->has_version)
			semver_parse("6.2.5", &s->version);
		s->state = (uint8_t)(i == 2 ? SERVICE_BACKOFF :
		    SERVICE_RUNNING);
		s->want = (uint8_t)(i == 1 ? WANT_DOWN : WANT_UP);
		s->since_ms = 1000 * i;
		s->started_ms = -1;
		s->restarts = UINT32_MAX;
		s->failures = 3;
		s->exit_kind = EXIT_SIGNAL;
		s->exit_value = 255;
		s->said_pid = (int32_t)i;
		s->due_ms = i == 2 ? 77 : 0;
	}
}

static int
parse(const char *text, size_t len, struct runfile *r, char *error)
{
	char	*copy;
	int	 e;

	copy = malloc(len > 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	runfile_init(r, BOOT);
	e = runfile_parse(copy, len, r, error);
	free(copy);
	return e;
}

static void
seal(const char *body, char **text, size_t *len)
{
	uint64_t	 h = UINT64_C(0xcbf29ce484222325);
	const char	*p;

	for (p = body; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	*len = (size_t)asprintf(text, "%send %016llx\n", body,
	    (unsigned long long)h);
}

static void
round_trip(void **state)
{
	struct runfile	 a, b;
	char		*text, error[TEXT_SIZE];
	size_t		 len;

	(void)state;
	fill(&a);
	runfile_format(&a, &text, &len);
	assert_int_equal(parse(text, len, &b, error), 1);
	assert_string_equal(error, "");
	assert_int_equal(b.service_count, 4);
	assert_memory_equal(a.service, b.service, 4 * sizeof(*a.service));
	assert_int_equal(b.parent.pid, 100);
	assert_true(b.supervisor.start == UINT64_MAX);
	assert_true(runfile_generation(&b) == (UINT64_C(1) << 40) + 3);
	free(text);
	runfile_free(&a);
	runfile_free(&b);
}

static void
torn_is_empty(void **state)
{
	struct runfile	 r;
	char		*text, error[TEXT_SIZE];
	size_t		 len, i;

	(void)state;
	fill(&r);
	runfile_format(&r, &text, &len);
	runfile_free(&r);
	for (i = 0; i < len; i++) {
		assert_int_equal(parse(text, i, &r, error), 0);
		assert_int_equal(r.service_count, 0);
		assert_int_equal(r.supervisor.pid, 0);
		assert_string_equal(r.boot_id, BOOT);
		assert_non_null(strstr(error, "torn"));
		runfile_free(&r);
	}
	free(text);
}

static void
flipped_is_empty(void **state)
{
	struct runfile	 r;
	char		*text, error[TEXT_SIZE];
	size_t		 len, i;
	int		 bit;

	(void)state;
	fill(&r);
	runfile_format(&r, &text, &len);
	runfile_free(&r);
	for (i = 0; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			text[i] = (char)(text[i] ^ 1 << bit);
			assert_int_equal(parse(text, len, &r, error), 0);
			assert_int_equal(r.service_count, 0);
			runfile_free(&r);
			text[i] = (char)(text[i] ^ 1 << bit);
		}
	free(text);
}

static void
random_bytes(void **state)
{
	struct runfile	 r;
	char		*text, *body, *sealed, error[TEXT_SIZE];
	size_t		 len, body_len, i;
	unsigned int	 seed = 7, n;

	(void)state;
	fill(&r);
	runfile_format(&r, &text, &len);
	runfile_free(&r);
	body_len = len - 21;
	text[body_len] = '\0';
	for (n = 0; n < 20000; n++) {
		body = strdup(text);
		assert_non_null(body);
		for (i = 0; i <= n % 4; i++) {
			seed = seed * 1103515245 + 12345;
			body[(seed >> 8) % body_len] =
			    (char)(seed >> 24 == 0 ? '\n' : seed >> 24);
		}
		seal(body, &sealed, &len);
		(void)parse(sealed, len, &r, error);
		runfile_free(&r);
		free(sealed);
		free(body);
	}
	free(text);
}

static void
table(void **state)
{
#define START	"lavavisord-run 2\nboot " BOOT "\n"
#define REST	" 1 5 10 11 6.2.5 running up 1 2 3 4 0 0\n"
	static const struct {
		const char	*body;
		int		 want;
		size_t		 count;
	} rows[] = {
		{ START, 1, 0 },
		{ "lavavisord-run 1\nboot " BOOT "\nservice a" REST, 1, 1 },
		{ START "service a" REST, 1, 1 },
		{ START "service a" REST "service b" REST, 1, 2 },
		{ START "parent 5 6\nsupervisor 7 8\n", 1, 0 },
		/* unknown complete lines are skipped */
		{ START "prober 7 8\nservice a" REST, 1, 1 },
		{ START "\nservice a" REST, 1, 1 },
		/* of another boot, or of none */
		{ "lavavisord-run 1\nboot another\nservice a" REST, 0, 0 },
		{ "lavavisord-run 1\nservice a" REST, 0, 0 },
		{ "lavavisord-run 3\nboot another\nnonsense\n", 0, 0 },
		{ "lavavisord-run 1\nboot " BOOT "0\n", 0, 0 },
		/* of one that nobody knows */
		{ "lavavisord-run 1\nboot unknown\nservice a" REST, 1, 1 },
		{ "lavavisord-run 1\nboot unknown0\nservice a" REST, 0, 0 },
		/* intact, of this boot, not understood: not empty */
		{ "lavavisord-run 3\nboot " BOOT "\n", -1, 0 },
		{ START "gone a\n", 1, 0 },
		{ START "service a\n", -1, 0 },
		{ START "service a" REST "service a" REST, -1, 0 },
		{ START "service a 1 5 10 11 6.2.5 running up 1 2 3 4 0\n",
		    -1, 0 },
		{ START "service a 1 5 10 11 6.2.5 running up 1 2 3 4 0 0 9\n",
		    -1, 0 },
		{ START "service a 1 5 10 11 6.2.5 flying up 1 2 3 4 0 0\n",
		    -1, 0 },
		{ START "service a 1 5 10 11 6.2.5 running in 1 2 3 4 0 0\n",
		    -1, 0 },
		{ START "service a 1 5 2147483648 11 - running up 1 2 3 4 0 0"
		    "\n", -1, 0 },
		{ START "service a 1 5 -3 11 - running up 1 2 3 4 0 0\n",
		    -1, 0 },
		{ START "service a 1 5 10 11 - running up 1 2 3 4 9 0\n",
		    -1, 0 },
		{ START "service a 1 5 10 11 - running up 1 2 3 4 0 256\n",
		    -1, 0 },
		{ START "supervisor x 8\n", -1, 0 },
		{ START "parent 8\n", -1, 0 }
	};
	struct runfile	 r;
	char		*text, error[TEXT_SIZE];
	size_t		 i, len;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seal(rows[i].body, &text, &len);
		if (parse(text, len, &r, error) != rows[i].want)
			fail_msg("%s: not %d: %s", rows[i].body, rows[i].want,
			    error);
		assert_int_equal(r.service_count, rows[i].count);
		assert_int_equal(error[0] == '\0', rows[i].want == 1);
		runfile_free(&r);
		free(text);
	}
}

/* Appended one after the other, and cut off at every byte */
static void
changes(void **state)
{
	struct runfile		 r;
	struct runfile_service	 one;
	char			 change[3][RUNFILE_CHANGE_SIZE], *text, *all;
	char			 error[TEXT_SIZE];
	size_t			 len, part[3], end[3], i, at;

	(void)state;
	fill(&r);
	runfile_format(&r, &text, &len);
	one = *runfile_service(&r, "consumer1");
	runfile_free(&r);
	one.process.pid = 999;
	one.made_of = 5;
	part[0] = runfile_change(&one, change[0]);
	strlcpy(one.name, "another", sizeof(one.name));
	part[1] = runfile_change(&one, change[1]);
	part[2] = runfile_gone("consumer2", change[2]);
	all = malloc(len + part[0] + part[1] + part[2]);
	assert_non_null(all);
	memcpy(all, text, len);
	for (i = 0, at = len; i < 3; i++) {
		memcpy(all + at, change[i], part[i]);
		end[i] = at += part[i];
	}
	for (i = len; i <= end[2]; i++) {
		assert_int_equal(parse(all, i, &r, error), 1);
		assert_int_equal(runfile_service(&r, "consumer1")->process.pid,
		    i < end[0] ? 201 : 999);
		assert_int_equal(runfile_service(&r, "consumer1")->made_of,
		    i < end[0] ? 0 : 5);
		assert_int_equal(runfile_service(&r, "another") != NULL,
		    i >= end[1]);
		assert_int_equal(runfile_service(&r, "consumer2") != NULL,
		    i < end[2]);
		runfile_free(&r);
	}
	/* What comes behind a torn one counts; a newline is all it lends. */
	for (i = 0; i < part[0] - 1; i++) {
		memcpy(all, text, len);
		memcpy(all + len, change[0], i);
		memcpy(all + len + i, change[1], part[1]);
		memcpy(all + len + i + part[1], change[2], part[2]);
		assert_int_equal(parse(all, len + i + part[1] + part[2], &r,
		    error), 1);
		assert_int_equal(runfile_service(&r, "consumer1")->process.pid,
		    201);
		assert_non_null(runfile_service(&r, "another"));
		assert_null(runfile_service(&r, "consumer2"));
		runfile_free(&r);
	}
	free(all);
	free(text);
}

static void
on_disk(void **state)
{
	struct runfile	 a, b;
	struct stat	 st;
	char		 path[] = "runfile.XXXXXXXX", error[TEXT_SIZE];
	size_t		 size;
	int		 dir;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir != -1);
	assert_int_equal(runfile_load(dir, BOOT, &a, error), 0);
	assert_string_equal(error, "there is no run file");
	runfile_free(&a);
	fill(&a);
	assert_int_equal(runfile_save(dir, &a, &size, error), 0);
	assert_int_equal(fstatat(dir, RUNFILE_NAME, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, size);
	assert_int_equal(runfile_load(dir, BOOT, &b, error), 0);
	assert_string_equal(error, "");
	assert_int_equal(b.service_count, 4);
	runfile_free(&b);
	assert_int_equal(runfile_load(dir, "other-boot", &b, error), 0);
	assert_int_equal(b.service_count, 0);
	assert_string_equal(b.boot_id, "other-boot");
	assert_non_null(strstr(error, "another boot"));
	assert_int_equal(runfile_load(dir, BOOT_ID_UNKNOWN, &b, error), 0);
	assert_int_equal(b.service_count, 4);
	assert_string_equal(b.boot_id, BOOT_ID_UNKNOWN);
	runfile_free(&a);
	runfile_free(&b);
	assert_int_equal(unlinkat(dir, RUNFILE_NAME, 0), 0);
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

/* What cannot be read is not empty: a service would run twice. */
static void
errors_are_not_empty(void **state)
{
	struct runfile	 r;
	char		 path[] = "runfile.XXXXXXXX", error[TEXT_SIZE];
	size_t		 size;
	int		 dir, fd;

	(void)state;
	assert_int_equal(runfile_load(-1, BOOT, &r, error), -1);
	assert_non_null(strstr(error, "not known"));
	runfile_free(&r);
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir != -1);
	assert_int_equal(symlinkat("elsewhere", dir, RUNFILE_NAME), 0);
	assert_int_equal(runfile_load(dir, BOOT, &r, error), -1);
	runfile_free(&r);
	assert_int_equal(unlinkat(dir, RUNFILE_NAME, 0), 0);
	assert_int_equal(mkdirat(dir, RUNFILE_NAME, 0700), 0);
	assert_int_equal(runfile_load(dir, BOOT, &r, error), -1);
	assert_int_equal(runfile_save(dir, &r, &size, error), -1);
	runfile_free(&r);
	assert_int_equal(unlinkat(dir, RUNFILE_NAME, AT_REMOVEDIR), 0);
	fd = openat(dir, RUNFILE_NAME, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd != -1);
	assert_int_equal(ftruncate(fd, RUNFILE_MAX_SIZE + 1), 0);
	close(fd);
	assert_int_equal(runfile_load(dir, BOOT, &r, error), -1);
	runfile_free(&r);
	assert_int_equal(unlinkat(dir, RUNFILE_NAME, 0), 0);
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

static void
services(void **state)
{
	struct runfile	 r;

	(void)state;
	fill(&r);
	runfile_service_remove(&r, "consumer1");
	runfile_service_remove(&r, "consumer1");
	assert_int_equal(r.service_count, 3);
	assert_null(runfile_service(&r, "consumer1"));
	assert_int_equal(runfile_service(&r, "consumer3")->slot, 3);
	assert_int_equal(runfile_service_add(&r, "consumer3")->slot, 3);
	assert_int_equal(runfile_service_add(&r, "new")->generation, 0);
	runfile_service_remove(&r, "new");
	assert_int_equal(r.service_count, 3);
	runfile_free(&r);
	assert_true(runfile_generation(&r) == 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(torn_is_empty),
		cmocka_unit_test(flipped_is_empty),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(table),
		cmocka_unit_test(changes),
		cmocka_unit_test(on_disk),
		cmocka_unit_test(errors_are_not_empty),
		cmocka_unit_test(services)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
