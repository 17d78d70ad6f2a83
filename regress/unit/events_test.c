#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lavavisord/events.h"
#include "lavavisord/history.h"

/* What a replay has brought: "3 4 [5-7] 8", [] what was lost */
struct heard {
	char	 text[64 * 1024];
	int	 left;		/* lines until it is full */
};

static char	 dir[32];

static void	 age(void **);
static void	 begin(void);
static void	 counts_on(void **);
static void	 counts_on_from_old(void **);
static void	 disk_is_full(void **);
static void	 end(void);
static void	 fill(int);
static int	 hear(const char *, void *);
static void	 history_goes(void **);
static void	 in_pages(void **);
static void	 path(char *, size_t, const char *);
static void	 progress_is_forgotten(void **);
static void	 replays(void **);
static void	 say(int, int);
static char	*since(uint64_t);

static void
path(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%.31s/%.60s", dir, name);
}

static void
begin(void)
{
	char	 run[128];

	strlcpy(dir, "/tmp/lv.events.XXXXXX", sizeof(dir));
	assert_non_null(mkdtemp(dir));
	path(run, sizeof(run), "run");
	assert_int_equal(mkdir(run, 0700), 0);
	events_init(dir);
}

static void
end(void)
{
	static const char *const	 files[] = { HISTORY_FILE,
	    HISTORY_OLD_FILE, EVENTS_SEQUENCE };
	char				 file[128];
	size_t				 i;

	events_init(NULL);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		path(file, sizeof(file), files[i]);
		unlink(file);
	}
	path(file, sizeof(file), "run");
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(rmdir(dir), 0);
}

static int
hear(const char *line, void *arg)
{
	struct heard	*h = arg;
	json_t		*o = json_loads(line, 0, NULL);
	size_t		 used = strlen(h->text);
	const char	*event;

	assert_non_null(o);
	event = json_string_value(json_object_get(o, "event"));
	assert_non_null(event);
	assert_non_null(json_object_get(o, "time"));
	if (strcmp(event, "lost") == 0)
		snprintf(h->text + used, sizeof(h->text) - used, "[%d-%d] ",
		    (int)json_integer_value(json_object_get(o, "first")),
		    (int)json_integer_value(json_object_get(o, "last")));
	else
		snprintf(h->text + used, sizeof(h->text) - used, "%d ",
		    (int)json_integer_value(json_object_get(o, "seq")));
	json_decref(o);
	return --h->left == 0;
}

static char *
since(uint64_t after)
{
	static struct heard	 h;

	memset(&h, 0, sizeof(h));
	assert_int_equal(events_since(after, hear, &h), 0);
	return h.text;
}

/* Events that last, or not */
static void
say(int n, int lasts)
{
	while (n-- > 0)
		if (lasts)
			event_tell("service", json_pack("{s:s}", "name",
			    "web"));
		else
			event_tell_progress("fetch", NULL);
}

static void
replays(void **state)
{
	(void)state;
	begin();
	assert_string_equal(since(0), "");
	say(3, 1);
	assert_int_equal(events_last(), 3);
	assert_string_equal(since(0), "1 2 3 ");
	assert_string_equal(since(2), "3 ");
	assert_string_equal(since(3), "");
	events_heard_by(1);
	say(2, 0);
	say(1, 1);
	assert_string_equal(since(2), "3 4 5 6 ");
	events_heard_by(0);
	say(1, 0);
	assert_int_equal(events_last(), 6);
	end();
}

static void
counts_on(void **state)
{
	(void)state;
	begin();
	say(3, 1);
	events_heard_by(1);
	say(2, 0);
	events_init(dir);
	/* Progress is not kept, and nobody is told that it is lost. */
	assert_int_equal(events_last(), 5);
	assert_string_equal(since(1), "2 3 ");
	say(2, 1);
	assert_string_equal(since(1), "2 3 6 7 ");
	assert_string_equal(since(4), "6 7 ");
	events_init(dir);
	events_init(dir);
	assert_string_equal(since(0), "1 2 3 6 7 ");
	end();
}

/* A history of daemons that counted from 1 each, without run/sequence */
static void
counts_on_from_old(void **state)
{
	char	 line[64];
	int	 i;

	(void)state;
	begin();
	for (i = 1; i <= 5; i++) {
		snprintf(line, sizeof(line),
		    "{\"seq\":%d,\"time\":\"\",\"event\":\"room\"}", i);
		assert_int_equal(history_append(dir, line), 0);
	}
	assert_int_equal(history_append(dir,
	    "{\"seq\":1,\"time\":\"\",\"event\":\"room\"}"), 0);
	path(line, sizeof(line), EVENTS_SEQUENCE);
	assert_int_equal(unlink(line), 0);
	events_init(dir);
	assert_int_equal(events_last(), 5);
	say(1, 1);
	assert_string_equal(since(0), "1 2 3 4 5 6 ");
	end();
}

static void
progress_is_forgotten(void **state)
{
	(void)state;
	begin();
	events_heard_by(1);
	say(1, 1);
	say(EVENTS_KEPT + 10, 0);
	say(1, 1);
	/* Not lost: the history has all that lasts. */
	assert_true(strncmp(since(0), "1 13 14 ", 8) == 0);
	assert_null(strchr(since(0), '['));
	end();
}

/* Someone has removed the history */
static void
history_goes(void **state)
{
	char	 file[128];

	(void)state;
	begin();
	say(EVENTS_KEPT + 100, 1);
	path(file, sizeof(file), HISTORY_FILE);
	assert_int_equal(unlink(file), 0);
	assert_true(strncmp(since(7), "[8-100] 101 102 ", 16) == 0);
	say(1, 1);
	assert_true(strncmp(since(7), "[8-101] 102 103 ", 16) == 0);
	events_init(dir);
	assert_string_equal(since(7), "[8-1124] 1125 ");
	assert_int_equal(unlink(file), 0);
	events_init(dir);
	assert_string_equal(since(7), "[8-1125] ");
	say(1, 1);
	assert_string_equal(since(7), "[8-1125] 1126 ");
	assert_string_equal(since(1125), "1126 ");
	end();
}

/* No byte more in the history, as on a full disk */
static void
fill(int full)
{
	struct rlimit	 rl;
	struct stat	 st;
	char		 file[128];

	path(file, sizeof(file), HISTORY_FILE);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &rl), 0);
	rl.rlim_cur = full ? (rlim_t)st.st_size : rl.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &rl), 0);
}

static void
disk_is_full(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	begin();
	say(2, 1);
	fill(1);
	say(2, 1);
	assert_string_equal(since(2), "3 4 ");
	fill(0);
	say(1, 1);
	assert_string_equal(since(0), "1 2 3 4 5 ");
	events_init(dir);
	assert_string_equal(since(0), "1 2 3 4 5 ");
	/* And it dies meanwhile. */
	fill(1);
	say(2, 1);
	events_init(dir);
	assert_int_equal(events_last(), 7);
	say(1, 1);
	assert_string_equal(since(3), "4 5 [6-7] 8 ");
	fill(0);
	say(1, 1);
	assert_string_equal(since(3), "4 5 [6-7] 8 9 ");
	events_init(dir);
	assert_string_equal(since(0), "1 2 3 4 5 [6-7] 8 9 ");
	/* So long that memory does not hold it. */
	fill(1);
	say(EVENTS_KEPT + 10, 1);
	assert_true(strncmp(since(8), "9 [10-19] 20 ", 13) == 0);
	fill(0);
	say(1, 1);
	events_init(dir);
	assert_true(strncmp(since(8), "9 [10-20] 21 ", 13) == 0);
	end();
}

static void
in_pages(void **state)
{
	struct heard	 h;
	uint64_t	 seen = 0;
	int		 pages = 0, more;

	(void)state;
	begin();
	say(2500, 1);
	do {
		memset(&h, 0, sizeof(h));
		h.left = 100;
		more = events_since(seen, hear, &h);
		seen += (uint64_t)(100 - h.left);
		pages++;
	} while (more);
	assert_int_equal(seen, 2500);
	assert_in_range(pages, 25, 26);
	end();
}

/* The history is bounded; what has left it is told */
static void
age(void **state)
{
	char	 text[8 * 1024], *got;
	int	 i;

	(void)state;
	begin();
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 1600; i++)
		event_tell("service", json_pack("{s:s}", "reason", text));
	got = since(3);
	assert_true(strncmp(got, "[4-", 3) == 0);
	assert_null(strchr(got + 1, '['));
	assert_non_null(strstr(got, " 1600 "));
	end();
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(replays),
		cmocka_unit_test(counts_on),
		cmocka_unit_test(counts_on_from_old),
		cmocka_unit_test(progress_is_forgotten),
		cmocka_unit_test(history_goes),
		cmocka_unit_test(disk_is_full),
		cmocka_unit_test(in_pages),
		cmocka_unit_test(age)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
