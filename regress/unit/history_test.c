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

#include "lavavisord/history.h"

static void	 path_of(char *, size_t, const char *, const char *);
static void	 clean(const char *);
static int64_t	 sequence(json_t *, size_t);
static void	 appends_and_reads(void **);
static void	 rotates(void **);
static void	 mends_a_torn_line(void **);
static void	 skips_what_is_no_event(void **);
static void	 survives_errors(void **);

static void
path_of(char *to, size_t size, const char *dir, const char *name)
{
	snprintf(to, size, "%s/%s", dir, name);
}

static void
clean(const char *dir)
{
	char	 path[128];

	path_of(path, sizeof(path), dir, HISTORY_FILE);
	unlink(path);
	path_of(path, sizeof(path), dir, HISTORY_OLD_FILE);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

static int64_t
sequence(json_t *events, size_t i)
{
	return json_integer_value(json_object_get(json_array_get(events, i),
	    "seq"));
}

static void
appends_and_reads(void **state)
{
	char	 dir[] = "history.XXXXXXXX", line[128];
	json_t	*o;
	int	 i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	o = history_last(dir, NULL, 10);
	assert_int_equal(json_array_size(o), 0);
	json_decref(o);
	for (i = 0; i < 50; i++) {
		snprintf(line, sizeof(line), "{\"seq\":%d,\"event\":\"%s\"}",
		    i, i % 2 ? "roll" : "commit");
		assert_int_equal(history_append(dir, line), 0);
	}
	o = history_last(dir, NULL, 10);
	assert_int_equal(json_array_size(o), 10);
	assert_int_equal(sequence(o, 0), 40);
	assert_int_equal(sequence(o, 9), 49);
	json_decref(o);
	o = history_last(dir, "commit", 100);
	assert_int_equal(json_array_size(o), 25);
	assert_int_equal(sequence(o, 24), 48);
	json_decref(o);
	clean(dir);
}

static void
rotates(void **state)
{
	char		 dir[] = "history.XXXXXXXX", path[128], *line;
	struct stat	 st;
	json_t		*o;
	int		 i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true((line = malloc(64 * 1024)) != NULL);
	for (i = 0; i < 150; i++) {
		snprintf(line, 64 * 1024, "{\"seq\":%d,\"event\":\"node\","
		    "\"pad\":\"%060000d\"}", i, 0);
		assert_int_equal(history_append(dir, line), 0);
	}
	free(line);
	path_of(path, sizeof(path), dir, HISTORY_FILE);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size <= HISTORY_MAX_SIZE);
	path_of(path, sizeof(path), dir, HISTORY_OLD_FILE);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size <= HISTORY_MAX_SIZE);
	/* What is asked for goes over both files. */
	o = history_last(dir, "node", 80);
	assert_int_equal(json_array_size(o), 80);
	for (i = 0; i < 80; i++)
		assert_int_equal(sequence(o, (size_t)i), 70 + i);
	json_decref(o);
	clean(dir);
}

static void
mends_a_torn_line(void **state)
{
	char	 dir[] = "history.XXXXXXXX", path[128];
	json_t	*o;
	FILE	*f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(history_append(dir, "{\"seq\":1}"), 0);
	path_of(path, sizeof(path), dir, HISTORY_FILE);
	assert_non_null(f = fopen(path, "a"));
	fprintf(f, "{\"seq\":2,\"ev");
	fclose(f);
	o = history_last(dir, NULL, 10);
	assert_int_equal(json_array_size(o), 1);
	json_decref(o);
	assert_int_equal(history_append(dir, "{\"seq\":3}"), 0);
	o = history_last(dir, NULL, 10);
	assert_int_equal(json_array_size(o), 2);
	assert_int_equal(sequence(o, 1), 3);
	json_decref(o);
	clean(dir);
}

static void
skips_what_is_no_event(void **state)
{
	static const char *const	 lines[] = {
		"[]", "5", "nonsense", "{\"event\":5}", "{\"event\":\"x\"",
		"{\"event\":\"roll\",\"seq\":9}", "{\"text\":\"roll\"}"
	};
	char	 dir[] = "history.XXXXXXXX";
	json_t	*o;
	size_t	 i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(history_append(dir, lines[i]), 0);
	o = history_last(dir, "roll", 10);
	assert_int_equal(json_array_size(o), 1);
	assert_int_equal(sequence(o, 0), 9);
	json_decref(o);
	clean(dir);
}

static void
survives_errors(void **state)
{
	char	 dir[] = "history.XXXXXXXX", path[128];
	json_t	*o;

	(void)state;
	assert_int_equal(history_append("/nonexistent/directory", "{}"), -1);
	o = history_last("/nonexistent/directory", NULL, 10);
	assert_int_equal(json_array_size(o), 0);
	json_decref(o);
	/* A link is not followed, a fifo does not stop us. */
	assert_non_null(mkdtemp(dir));
	path_of(path, sizeof(path), dir, HISTORY_FILE);
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_int_equal(history_append(dir, "{}"), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(history_append(dir, "{}"), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(history_append(dir, "{}"), 0);
	clean(dir);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(appends_and_reads),
		cmocka_unit_test(rotates),
		cmocka_unit_test(mends_a_torn_line),
		cmocka_unit_test(skips_what_is_no_event),
		cmocka_unit_test(survives_errors)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
