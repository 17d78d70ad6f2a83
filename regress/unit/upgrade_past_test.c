/*
 * The records of upgrades: what events make of them, how many are kept, and
 * what is read back.
 */

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

#include <jansson.h>

#include "lavavisord/history.h"
#include "lavavisord/upgrade_past.h"
#include "lavavisord/upgrade_trace.h"

static char	 dir_path[64];
static int	 dir = -1;

static void	 add(int, const char *, const char *, const char *);
static int	 begin(void **);
static void	 counts_tries(void **);
static int	 end(void **);
static void	 feed(json_t *, const char *);
static void	 feed_hook(json_t *, const char *);
static void	 hooks_of_a_trace(void **);
static void	 is_bounded(void **);
static void	 is_bounded_in_size(void **);
static void	 joins_the_history(void **);
static const char *member(const json_t *, const char *);
static void	 roll_of_a_trace(void **);
static void	 skips_what_is_torn(void **);
static void	 write_file(const char *, const char *);

static int
begin(void **state)
{
	(void)state;
	snprintf(dir_path, sizeof(dir_path), "/tmp/lv-past.XXXXXX");
	if (mkdtemp(dir_path) == NULL)
		return -1;
	dir = open(dir_path, O_RDONLY | O_DIRECTORY);
	return dir == -1 ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	unlinkat(dir, PAST_FILE, 0);
	unlinkat(dir, HISTORY_FILE, 0);
	close(dir);
	return rmdir(dir_path);
}

static void
write_file(const char *name, const char *text)
{
	int	 fd;

	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static const char *
member(const json_t *o, const char *key)
{
	const char	*text = json_string_value(json_object_get(o, key));

	return text == NULL ? "" : text;
}

static void
add(int id, const char *to, const char *outcome, const char *reason)
{
	char	 started[32];
	json_t	*o;

	snprintf(started, sizeof(started), "begun %d", id);
	o = json_pack("{s:i, s:n, s:s, s:s, s:s, s:s, s:s, s:i, s:[{s:s, "
	    "s:i, s:i, s:s}], s:[], s:n}", "id", id, "from", "role", "both",
	    "started", started, "to", to, "outcome", outcome, "reason",
	    reason, "tries", 1, "services", "name", "p1", "gap_ms", 3,
	    "ready_ms", 4, "exited", "then", "hooks", "chain");
	assert_non_null(o);
	past_add(o);
	json_decref(o);
}

static void
is_bounded(void **state)
{
	int	 i;

	(void)state;
	assert_int_equal(past_load(dir, dir_path), 0);
	for (i = 1; i <= PAST_MAX + 6; i++)
		add(i, "6.2.5", "committed", "");
	assert_int_equal(past_count(), PAST_MAX);
	assert_null(past_find(6));
	assert_non_null(past_find(7));
	assert_null(past_find(PAST_MAX + 7));
	assert_null(past_find(UINT64_MAX));
	/* The same again, read from the disk */
	assert_int_equal(past_load(dir, dir_path), PAST_MAX + 6);
	assert_int_equal(past_count(), PAST_MAX);
	assert_null(past_find(6));
	assert_string_equal(member(past_find(7), "started"), "begun 7");
}

static void
is_bounded_in_size(void **state)
{
	static char	 big[3 * 1024 * 1024];
	int		 i;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	past_load(dir, dir_path);
	for (i = 1; i <= 5; i++)
		add(i, "6.2.5", "rolled-back", big);
	assert_int_equal(past_load(dir, dir_path), 5);
	assert_int_equal(past_count(), 2);
	assert_non_null(past_find(4));
}

static void
counts_tries(void **state)
{
	json_t	*o;
	int	 i;

	(void)state;
	past_load(dir, dir_path);
	add(1, "6.2.4", "committed", "");
	for (i = 2; i <= 9; i++)
		add(i, "6.2.5", "abandoned", "not there");
	add(10, "6.2.5", "abandoned", "another reason");
	assert_int_equal(past_count(), 3);
	assert_ptr_equal(past_find(2), past_find(9));
	for (i = 0; i < 2; i++) {
		o = past_find(5);
		assert_int_equal(json_integer_value(json_object_get(o,
		    "tries")), 8);
		assert_string_equal(member(o, "started"), "begun 2");
		assert_int_equal(json_integer_value(json_object_get(o,
		    "id")), 9);
		assert_int_equal(past_load(dir, dir_path), 10);
		assert_int_equal(past_count(), 3);
	}
	/* What failed with others is none of a row. */
	add(11, "6.2.6", "failed", "x");
	add(12, "6.2.6", "failed", "x");
	assert_int_equal(past_count(), 5);
}

/* An older daemon's, or one that had no room for its records */
static void
joins_the_history(void **state)
{
	json_t	*brief, *s;

	(void)state;
	past_load(dir, dir_path);
	add(3, "6.2.5", "abandoned", "no");
	add(4, "6.2.5", "abandoned", "no");
	add(6, "6.2.6", "committed", "");
	write_file(HISTORY_FILE,
	    "{\"seq\":1,\"time\":\"t\",\"event\":\"commit\",\"id\":2,"
	    "\"outcome\":\"committed\",\"to\":\"6.2.4\",\"services\":"
	    "[{\"name\":\"old\",\"gap_ms\":1,\"ready_ms\":2}]}\n"
	    "{\"seq\":2,\"time\":\"t\",\"event\":\"abandon\",\"id\":3,"
	    "\"outcome\":\"abandoned\",\"to\":\"6.2.5\"}\n"
	    "{\"seq\":3,\"time\":\"t\",\"event\":\"rollback\",\"state\":"
	    "\"started\"}\n"
	    "{\"seq\":4,\"time\":\"t\",\"event\":\"commit\",\"id\":6,"
	    "\"outcome\":\"committed\",\"to\":\"other\"}\n"
	    "{\"seq\":5,\"time\":\"t\",\"event\":\"rollback\",\"id\":5,"
	    "\"outcome\":\"rolled-back\",\"to\":\"6.2.5\"}\n");
	assert_int_equal(past_load(dir, dir_path), 6);
	assert_int_equal(past_count(), 4);
	assert_string_equal(member(past_at(0), "to"), "6.2.4");
	assert_int_equal(json_object_size(past_at(0)), 4);
	assert_string_equal(member(past_find(3), "reason"), "no");
	assert_string_equal(member(past_at(2), "outcome"), "rolled-back");
	/* What is kept whole is better. */
	assert_string_equal(member(past_at(3), "to"), "6.2.6");
	brief = past_brief(past_at(3));
	assert_null(json_object_get(brief, "hooks"));
	assert_null(json_object_get(brief, "chain"));
	s = json_array_get(json_object_get(brief, "services"), 0);
	assert_int_equal(json_object_size(s), 3);
	json_decref(brief);
	assert_int_equal(json_object_size(json_array_get(json_object_get(
	    past_at(3), "services"), 0)), 4);
	brief = past_brief(past_at(0));
	assert_int_equal(json_array_size(json_object_get(brief, "services")),
	    1);
	json_decref(brief);
}

static void
skips_what_is_torn(void **state)
{
	(void)state;
	write_file(PAST_FILE, "no json\n{\"id\":\"x\",\"outcome\":\"y\"}\n"
	    "{\"id\":-4,\"outcome\":\"y\"}\n[1]\n"
	    "{\"id\":2,\"outcome\":\"committed\"}\n{\"id\":3,\"outc");
	assert_int_equal(past_load(dir, dir_path), 2);
	assert_int_equal(past_count(), 1);
}

/* line: "EVENT NAME STATE TIME [REASON]" */
static void
feed(json_t *trace, const char *line)
{
	char	 event[16], name[16], what[16], when[16], reason[16] = "";
	json_t	*o;

	assert_true(sscanf(line, "%15s %15s %15s %15s %15s", event, name,
	    what, when, reason) >= 4);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "event", event,
	    strcmp(event, "roll") == 0 ? "service" : "name", name, "state",
	    what, "time", when, "reason", reason);
	trace_event(trace, o);
	json_decref(o);
}

static void
roll_of_a_trace(void **state)
{
	static const char *const	 lines[] = {
		"service p1 ended t0",
		"roll p2 restarting t1",
		"service p1 ended t1",
		"service p2 ended t2",
		"service p2 started t3",
		"roll p2 ready t4",
		"service p2 ended t5",
		"service p2 started t6",
		"roll p1 draining t7",
		"service p1 ended t7",
		"service p1 started t7",
		"roll p1 restarting t8",
		"service p1 ended t9",
		"service p1 started u1",
		"roll p1 failed u2 slow",
		"roll p2 going-back u3",
		"service p2 ended u4",
		"service p2 started u5",
		"roll p2 back u6",
		"roll p1 not-back u7",
		"roll p3 unheard-of u8",
		"hook p1 done u9",
	};
	static const struct {
		int		 i;
		const char	*leg;		/* NULL: the way there */
		const char	*key;
		const char	*want;
	} rows[] = {
		{ 0, NULL, "name", "p2" },
		{ 0, NULL, "ordered", "t1" },
		{ 0, NULL, "exited", "t2" },
		{ 0, NULL, "started", "t3" },
		{ 0, NULL, "ready", "t4" },
		{ 0, NULL, "stable", "" },
		{ 0, NULL, "draining", "" },
		{ 0, NULL, "outcome", "back" },
		{ 0, "back", "ordered", "u3" },
		{ 0, "back", "exited", "u4" },
		{ 0, "back", "started", "u5" },
		{ 0, "back", "ready", "u6" },
		{ 1, NULL, "name", "p1" },
		{ 1, NULL, "draining", "t7" },
		{ 1, NULL, "ordered", "t8" },
		{ 1, NULL, "exited", "t9" },
		{ 1, NULL, "started", "u1" },
		{ 1, NULL, "ready", "" },
		{ 1, NULL, "outcome", "not-back" },
		{ 1, NULL, "reason", "slow" },
		{ 1, "back", "ready", "" }
	};
	json_t	*trace = trace_new(), *list, *s;
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		feed(trace, lines[i]);
	list = trace_services(trace);
	assert_int_equal(json_array_size(list), 2);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s = json_array_get(list, (size_t)rows[i].i);
		assert_int_equal(json_integer_value(json_object_get(s,
		    "order")), rows[i].i + 1);
		if (rows[i].leg != NULL)
			s = json_object_get(s, rows[i].leg);
		if (strcmp(member(s, rows[i].key), rows[i].want) != 0)
			fail_msg("%s of %d is \"%s\", not \"%s\"",
			    rows[i].key, rows[i].i, member(s, rows[i].key),
			    rows[i].want);
	}
	json_decref(list);
	json_decref(trace);
}

static void
feed_hook(json_t *hooks, const char *text)
{
	json_t	*o = json_loads(text, 0, NULL);

	assert_non_null(o);
	assert_true(trace_is_hook_of(o, 4));
	assert_false(trace_is_hook_of(o, 5));
	trace_hook(hooks, o);
	json_decref(o);
}

static void
hooks_of_a_trace(void **state)
{
	json_t	*hooks = json_array(), *h;
	int	 i;

	(void)state;
	feed_hook(hooks, "{\"event\":\"hook\",\"upgrade\":4,\"time\":\"t1\","
	    "\"name\":\"pre-upgrade\",\"state\":\"started\"}");
	h = json_array_get(hooks, 0);
	assert_string_equal(member(h, "state"), "running");
	feed_hook(hooks, "{\"event\":\"hook\",\"upgrade\":4,\"time\":\"t2\","
	    "\"name\":\"pre-upgrade\",\"state\":\"failed\",\"reason\":"
	    "\"no\",\"exit\":{\"code\":7}}");
	assert_string_equal(member(h, "state"), "failed");
	assert_string_equal(member(h, "started"), "t1");
	assert_string_equal(member(h, "ended"), "t2");
	assert_string_equal(member(h, "reason"), "no");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(h,
	    "exit"), "code")), 7);
	/* One that was never begun, and more than are kept */
	feed_hook(hooks, "{\"event\":\"hook\",\"upgrade\":4,\"time\":\"t3\","
	    "\"name\":\"on-failure\",\"state\":\"done\"}");
	for (i = 0; i < 2 * TRACE_HOOKS_MAX; i++)
		feed_hook(hooks, "{\"event\":\"hook\",\"upgrade\":4,"
		    "\"time\":\"t1\",\"name\":\"x\",\"state\":\"started\"}");
	assert_int_equal(json_array_size(hooks), TRACE_HOOKS_MAX);
	assert_string_equal(member(json_array_get(hooks, 1), "state"),
	    "unknown");
	h = json_array_get(hooks, TRACE_HOOKS_MAX - 1);
	assert_string_equal(member(h, "state"), "running");
	trace_hooks_lost(hooks);
	assert_string_equal(member(h, "state"), "unknown");
	assert_string_equal(member(json_array_get(hooks, 0), "state"),
	    "failed");
	json_decref(hooks);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(is_bounded, begin, end),
		cmocka_unit_test_setup_teardown(is_bounded_in_size, begin,
		    end),
		cmocka_unit_test_setup_teardown(counts_tries, begin, end),
		cmocka_unit_test_setup_teardown(joins_the_history, begin,
		    end),
		cmocka_unit_test_setup_teardown(skips_what_is_torn, begin,
		    end),
		cmocka_unit_test(roll_of_a_trace),
		cmocka_unit_test(hooks_of_a_trace)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
