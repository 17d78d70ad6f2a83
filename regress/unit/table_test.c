/* What reaches the screen: safe text, cells, tables, event lines, logs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "lavavisorctl/cells.h"
#include "lavavisorctl/commands.h"
#include "lavavisorctl/event_line.h"
#include "lavavisorctl/log_tail.h"
#include "lavavisorctl/screen_text.h"
#include "lavavisorctl/show.h"
#include "lavavisorctl/table.h"
#include "lavavisord/control/log_limit.h"

#define NOW	1790000000	/* 2026-09-21T14:13:20Z */

struct text_row {
	const char	*from;
	const char	*to;
	size_t		 width;
};

struct cell_row {
	const char	*key;
	const char	*json;
	const char	*text;
};

static void	 check_log(const char *, size_t, int64_t, const char *);
static json_t	*load(const char *);
static char	*shown(enum verb, const char *, int);

static void
text_is_safe(void **state)
{
	static const struct text_row	 table[] = {
		{ "", "", 0 },
		{ "plain", "plain", 5 },
		{ "a\033[31mb", "a\\x1b[31mb", 10 },
		{ "a\r\n\tb", "a\\x0d\\x0a\\x09b", 14 },
		{ "\177", "\\x7f", 4 },
		{ "gr\303\274n", "gr\303\274n", 4 },
		{ "\346\227\245\346\234\254", "\346\227\245\346\234\254", 4 },
		{ "e\314\201", "e\314\201", 1 },
		/* C1 CSI, right-to-left override, zero width space */
		{ "\302\233", "\\u{9b}", 6 },
		{ "\342\200\256", "\\u{202e}", 8 },
		{ "\342\200\213", "\\u{200b}", 8 },
		/* stray, overlong, surrogate, cut, beyond */
		{ "\377", "\\xff", 4 },
		{ "\300\200", "\\xc0\\x80", 8 },
		{ "\355\240\200", "\\xed\\xa0\\x80", 12 },
		{ "\342\202", "\\xe2\\x82", 8 },
		{ "\364\220\200\200", "\\xf4\\x90\\x80\\x80", 16 }
	};
	size_t	 i;
	char	*safe;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		safe = screen_text(table[i].from, strlen(table[i].from));
		assert_string_equal(safe, table[i].to);
		assert_int_equal(screen_width(safe), table[i].width);
		free(safe);
	}
	safe = screen_text("a\0b", 3);
	assert_string_equal(safe, "a\\x00b");
	free(safe);
}

static void
long_text_is_safe(void **state)
{
	char	*safe, bad[5000];

	(void)state;
	memset(bad, '\001', sizeof(bad));
	safe = screen_text(bad, sizeof(bad));
	assert_int_equal(strlen(safe), sizeof(bad) * 4);
	free(safe);
}

static json_t *
load(const char *text)
{
	json_error_t	 error;
	json_t		*v;

	if ((v = json_loads(text, JSON_DECODE_ANY, &error)) == NULL)
		fail_msg("%s: %s", text, error.text);
	return v;
}

static void
cells_are_rendered(void **state)
{
	static const struct cell_row	 table[] = {
		{ "name", "\"a\"", "a" },
		{ "name", "\"\"", "-" },
		{ "pid", "null", "-" },
		{ "pid", "4711", "4711" },
		{ "ready", "true", "yes" },
		{ "ready", "false", "no" },
		{ "ready", "null", "-" },
		{ "since", "\"2026-09-21T14:13:20Z\"", "0s" },
		{ "since", "\"2026-09-21T14:12:21.5Z\"", "59s" },
		{ "since", "\"2026-09-21T13:13:20Z\"", "1h0m" },
		{ "since", "\"2026-09-18T10:13:20Z\"", "3d4h" },
		{ "since", "\"2027-09-18T10:13:20Z\"", "0s" },
		{ "since", "\"yesterday\"", "yesterday" },
		{ "since", "\"2026-09-21T14:13:20+02:00\"",
		    "2026-09-21T14:13:20+02:00" },
		{ "next", "\"2026-09-21T14:23:21Z\"", "in 10m1s" },
		{ "next", "null", "-" },
		{ "time", "\"2026-09-21T14:13:15Z\"", "5s ago" },
		{ "exit", "null", "-" },
		{ "exit", "{\"code\": 3}", "3" },
		{ "exit", "{\"signal\": 9}", "signal 9" },
		{ "exit", "{\"unknown\": true}", "unknown" },
		{ "bad", "null", "-" },
		{ "bad", "{\"reason\": \"crashed\", \"until\": "
		    "\"2026-09-22T00:00:00Z\"}",
		    "crashed, until 2026-09-22T00:00:00Z" },
		{ "sha256", "\"6b86b273ff34fce19d6b804eff5a3f57\"",
		    "6b86b273ff34" },
		{ "mechanisms", "{\"chroot\": \"on\", \"user\": true, "
		    "\"seccomp\": \"off\", \"landlock\": false, "
		    "\"pledge\": null}",
		    "chroot, user, no seccomp, no landlock" },
		{ "mechanisms", "{}", "none" },
		{ "services", "[{\"name\": \"a\", \"gap_ms\": 850}, "
		    "{\"name\": \"b\", \"gap_ms\": null}]", "a 850 ms, b" },
		{ "services", "[]", "-" },
		{ "age_s", "75", "1m15s" },
		{ "latency_ms", "12", "12 ms" },
		{ "missing", "[]", "-" },
		{ "missing", "[\"landlock\", \"user\"]", "landlock, user" },
		{ "x", "{\"a\": 1, \"b\": [1, 2.5]}", "a=1 b=1, 2.5" },
		{ "x", "[[[[[1]]]]]", "..." },
		/* of another kind than it should be: still no harm */
		{ "exit", "7", "7" },
		{ "exit", "{}", "unknown" },
		{ "bad", "true", "yes" },
		{ "sha256", "12", "12" },
		{ "mechanisms", "\"x\"", "x" },
		{ "services", "[1]", "?" },
		{ "age_s", "-1", "0s" }
	};
	char	 text[CELL_SIZE];
	json_t	*v;
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		v = load(table[i].json);
		cell_render(table[i].key, v, NOW, text);
		assert_string_equal(text, table[i].text);
		cell_tint(table[i].key, v);
		json_decref(v);
	}
	cell_render("name", NULL, NOW, text);
	assert_string_equal(text, "-");
}

static void
long_cells_are_cut(void **state)
{
	char	 text[CELL_SIZE], big[CELL_SIZE * 2];
	json_t	*v;
	size_t	 i;

	(void)state;
	for (i = 0; i + 2 < sizeof(big); i += 2)
		memcpy(big + i, "\303\274", 3);
	for (i = 0; i < 3; i++) {
		v = json_string(big);
		cell_render("reason", v, NOW, text);
		json_decref(v);
		assert_true(strlen(text) < CELL_SIZE);
		assert_string_equal(text + strlen(text) - 3, "...");
		v = json_string(text);		/* still UTF-8 */
		assert_non_null(v);
		json_decref(v);
		memmove(big + 1, big, sizeof(big) - 1);
		big[0] = 'x';
		big[sizeof(big) - 2] = '\0';
		if ((big[sizeof(big) - 3] & 0xff) == 0xc3)
			big[sizeof(big) - 3] = '\0';
	}
}

static char *
shown(enum verb verb, const char *json, int colour)
{
	struct show_style	 style = { NOW, colour };
	json_t			*v = load(json);
	FILE			*out;
	char			*text;
	size_t			 size;

	out = open_memstream(&text, &size);
	assert_non_null(out);
	show_print(out, verb, v, &style);
	fclose(out);
	json_decref(v);
	return text;
}

static void
tables_line_up(void **state)
{
	static const char	 services[] =
	    "[{\"name\": \"\346\227\245\346\234\254\", \"role\": "
	    "\"provider\", \"state\": \"running\", \"pid\": 12, \"version\": "
	    "\"6.2.5\", \"restarts\": 0, \"since\": "
	    "\"2026-09-21T14:13:10Z\", \"exit\": null, \"ready\": true, "
	    "\"reason\": null, \"later\": 1},"
	    "{\"name\": \"c1\", \"state\": \"failed\", \"pid\": null, "
	    "\"exit\": {\"signal\": 11}, \"reason\": \"a\\u001b[2Jb\"}]";
	char	*text;

	(void)state;
	text = shown(VERB_SHOW_SERVICES, services, 0);
	assert_string_equal(text,
	    "NAME  ROLE      STATE    PID  VERSION  RESTARTS  SINCE  EXIT"
	    "       READY  REASON\n"
	    "\346\227\245\346\234\254  provider  running   12  6.2.5        "
	    "   0    10s  -          yes    -\n"
	    "c1    -         failed     -  -               -      -  "
	    "signal 11  -      a\\x1b[2Jb\n");
	free(text);
	text = shown(VERB_SHOW_SERVICES, services, 1);
	assert_non_null(strstr(text, "\033[32mrunning\033[0m   12"));
	assert_non_null(strstr(text, "\033[31mfailed\033[0m     -"));
	free(text);
	text = shown(VERB_SHOW_NODES, "[]", 0);
	assert_string_equal(text, "URL  OPERATOR  STATE  HEIGHT  AGE  "
	    "LATENCY  AGREES  ERROR\n");
	free(text);
}

static void
versions_have_parts(void **state)
{
	char	*text;

	(void)state;
	text = shown(VERB_SHOW_VERSIONS, "{\"chain\": null, \"installed\": "
	    "[], \"services\": []}", 0);
	assert_string_equal(text, "Chain:\nnothing heard yet\n\nInstalled:\n"
	    "none\n\nServices:\nnone\n");
	free(text);
	text = shown(VERB_SHOW_VERSIONS, "{\"chain\": {\"provider_target\": "
	    "\"6.2.5\", \"height\": 7}, \"installed\": [{\"version\": "
	    "\"6.2.5\", \"current\": true}], \"services\": [{\"name\": "
	    "\"p\", \"why\": \"up-to-date\"}]}", 0);
	assert_non_null(strstr(text, "PROVIDER-TARGET  PROVIDER-MIN"));
	assert_non_null(strstr(text, "6.2.5            -"));
	assert_non_null(strstr(text, "up-to-date"));
	free(text);
}

static void
anything_can_be_shown(void **state)
{
	static const char *const	 values[] = { "[]", "{}", "[1, 2]",
	    "[[]]", "[{}]", "[{}, 1]", "[null]", "{\"a\": []}", "\"x\"" };
	char	*text;
	size_t	 i;
	int	 verb;

	(void)state;
	for (verb = VERB_NONE; verb < VERBS; verb++)
		for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			text = shown((enum verb)verb, values[i], 0);
			free(text);
		}
	text = shown(VERB_RELOAD, "{\"ok\": true, \"changes\": [{\"name\": "
	    "\"p\", \"what\": \"restart\"}]}", 0);
	assert_string_equal(text, "ok: yes\nchanges:\nNAME  WHAT\n"
	    "p     restart\n");
	free(text);
}

static void
events_are_lines(void **state)
{
	static const struct {
		const char	*json;
		const char	*line;
	} table[] = {
		{ "{\"seq\": 1, \"time\": \"T\", \"event\": \"service\", "
		    "\"state\": \"running\", \"name\": \"p\", \"pid\": 7, "
		    "\"exit\": null}", "T service  p running pid=7" },
		{ "{\"seq\": 1, \"time\": \"T\", \"event\": \"fetch\", "
		    "\"version\": \"6.2.5\", \"state\": \"progress\", "
		    "\"done\": 512, \"total\": 1024}",
		    "T fetch    6.2.5 progress 50% 512 B" },
		{ "{\"time\": \"T\", \"event\": \"roll\", \"from\": \"1\", "
		    "\"to\": \"2\", \"reason\": \"below-min\"}",
		    "T roll     1 -> 2: below-min" },
		{ "{\"event\": \"new\", \"text\": \"hello\", \"more\": "
		    "{\"a\": 1}}", " new      more=a=1: hello" },
		{ "{\"event\": \"new\", \"name\": 5}", " new      name=5" },
		{ "{}", "         " }
	};
	char	 line[EVENT_LINE_SIZE];
	json_t	*v;
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		v = load(table[i].json);
		event_line(v, line);
		assert_string_equal(line, table[i].line);
		json_decref(v);
	}
}

static void
bars_fit(void **state)
{
	struct progress	 p = { 50, 100, "fetch 6.2.5", 0 };
	char		 line[512];
	size_t		 width;

	(void)state;
	progress_bar(&p, 79, line, sizeof(line));
	assert_string_equal(line,
	    "fetch 6.2.5 [###############---------------]  50% 50 B");
	for (width = 0; width < 200; width++) {
		progress_bar(&p, width, line, sizeof(line));
		assert_true(strlen(line) <= width);
		p.done = (p.done + 7) % 101;
	}
	p.total = 0;
	progress_bar(&p, 79, line, sizeof(line));
	assert_non_null(strstr(line, "fetch 6.2.5 "));
	p.total = UINT64_MAX;
	p.done = UINT64_MAX;
	progress_bar(&p, 79, line, sizeof(line));
	assert_non_null(strstr(line, "100%"));
	memset(p.what, 'x', sizeof(p.what) - 1);
	p.what[3] = '\033';
	for (width = 0; width < 300; width++) {
		progress_bar(&p, width, line, sizeof(line));
		assert_true(strlen(line) <= width);
		assert_null(strchr(line, '\033'));
	}

	/* Services are counted, not measured. */
	p = (struct progress){ 3, 5, "roll to 6.2.5", 1 };
	progress_bar(&p, 79, line, sizeof(line));
	assert_string_equal(line, "roll to 6.2.5 "
	    "[##################------------]  60% 3/5");
}

static void
check_log(const char *text, size_t len, int64_t lines, const char *rest)
{
	FILE	*f = tmpfile();
	off_t	 at;

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fflush(f), 0);
	at = log_tail_offset(fileno(f), lines);
	fclose(f);
	assert_true(at >= 0 && (size_t)at <= len);
	assert_string_equal(text + at, rest);
}

static void
tails_are_found(void **state)
{
	char	*big;
	size_t	 i, len = 200000;

	(void)state;
	check_log("", 0, 10, "");
	check_log("a\n", 2, 10, "a\n");
	check_log("a\nb\nc\n", 6, 2, "b\nc\n");
	check_log("a\nb\nc", 5, 2, "b\nc");
	check_log("a\nb\nc\n", 6, 3, "a\nb\nc\n");
	check_log("a\nb\nc\n", 6, 0, "");
	check_log("a\nb\nc\n", 6, LINES_ALL, "a\nb\nc\n");
	check_log("\n\n\n", 3, 1, "\n");
	assert_non_null(big = malloc(len + 1));
	for (i = 0; i < len; i++)
		big[i] = i % 50 == 49 ? '\n' : 'x';
	big[len] = '\0';
	check_log(big, len, 1, big + len - 50);
	check_log(big, len, 2000, big + len - 100000);
	check_log(big, len, 100000, big);
	memset(big, 'x', len);
	check_log(big, len, 1, big);
	free(big);
}

static void
logs_are_limited(void **state)
{
	struct log_limit	 limit = { 0, 0, 0 };
	uint32_t		 missed;
	int			 i, taken = 0;

	(void)state;
	for (i = 0; i < 100; i++)
		taken += log_limit_take(&limit, 5, &missed);
	assert_int_equal(taken, LOG_LIMIT_LINES);
	assert_int_equal(log_limit_take(&limit, 5 + LOG_LIMIT_WINDOW_MS - 1,
	    &missed), 0);
	assert_int_equal(log_limit_take(&limit, 5 + LOG_LIMIT_WINDOW_MS,
	    &missed), 1);
	assert_int_equal(missed, 100 - LOG_LIMIT_LINES + 1);
	assert_int_equal(log_limit_take(&limit, 6 + LOG_LIMIT_WINDOW_MS,
	    &missed), 1);
	assert_int_equal(missed, 0);
}

static void
one_is_shown_in_full(void **state)
{
	static const char	 json[] =
	    "{\"name\": \"p1\", \"next_start\": null, \"since\": "
	    "\"2026-09-21T14:13:10Z\", \"sha256\": "
	    "\"6b86b273ff34fce19d6b804eff5a3f57\", \"exit\": "
	    "{\"signal\": 9}, \"command\": [\"lavap\", \"a b\", \"it's\", "
	    "\"\", \"x\\u001by\", 7], \"none\": [], \"exits\": "
	    "[{\"ended\": \"2026-09-21T14:13:15Z\", \"ran_s\": 75, "
	    "\"pid\": 7, \"exit\": {\"code\": 3}}], \"definition\": "
	    "{\"role\": \"provider\", \"ready\": {\"check\": \"tcp\"}, "
	    "\"deep\": {\"a\": {\"b\": {\"c\": {\"d\": 1}}}}}}";
	static const char	 wanted[] =
	    "name:       p1\n"
	    "next start: -\n"
	    "since:      10s (2026-09-21T14:13:10Z)\n"
	    "sha256:     6b86b273ff34fce19d6b804eff5a3f57\n"
	    "exit:       signal 9\n"
	    "command:    lavap 'a b' 'it'\\''s' '' 'x\\x1by' '?'\n"
	    "none:       -\n"
	    "exits:\n"
	    "    ended 5s ago, ran 1m15s, pid 7, exit 3\n"
	    "definition:\n"
	    "    role: provider\n"
	    "    ready:\n"
	    "        check: tcp\n"
	    "    deep:\n"
	    "        a:\n"
	    "            b:\n"
	    "                c: d=1\n";
	char	*text;

	(void)state;
	text = shown(VERB_SHOW_SERVICE, json, 0);
	assert_string_equal(text, wanted);
	free(text);
	/* Not what it should be: still no harm */
	free(shown(VERB_SHOW_SERVICE, "[]", 0));
	free(shown(VERB_SHOW_SERVICE, "7", 0));
	free(shown(VERB_CHECK, "[]", 0));
}

static void
check_is_one_line(void **state)
{
	char	*text;

	(void)state;
	text = shown(VERB_CHECK, "{\"status\": \"WARNING\", \"text\": "
	    "\"a | b\\nc\", \"perfdata\": \"x=1;;;0\"}", 1);
	assert_string_equal(text,
	    "LAVAVISORD WARNING - a / b\\x0ac | x=1;;;0\n");
	free(text);
	text = shown(VERB_CHECK, "{\"status\": \"OK\", \"text\": \"fine\"}",
	    0);
	assert_string_equal(text, "LAVAVISORD OK - fine\n");
	free(text);
}

/* Each line no wider than that; and all that is said is still there */
static void
check_width(const char *text, size_t most)
{
	char	*copy = strdup(text), *line, *next;

	assert_non_null(copy);
	for (line = copy; line != NULL && *line != '\0'; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		if (screen_width(line) > most)
			fail_msg("wider than %zu: \"%s\"", most, line);
		if (line[0] != '\0' && line[strlen(line) - 1] == ' ')
			fail_msg("ends in a space: \"%s\"", line);
	}
	free(copy);
}

static void
tables_fit_the_screen(void **state)
{
	static const char	 services[] =
	    "[{\"name\": \"provider1-\346\227\245\346\234\254\", "
	    "\"role\": \"provider\", \"state\": \"running\", "
	    "\"pid\": 1234567, \"version\": \"6.2.5\", \"restarts\": 10, "
	    "\"since\": \"2026-09-21T14:13:10Z\", \"exit\": null, "
	    "\"ready\": true, \"reason\": null},"
	    "{\"name\": \"c1\", \"state\": \"failed\", \"pid\": null, "
	    "\"exit\": null, \"reason\": \"the first, second and third of "
	    "its ports are all in use by others\"}]";
	static const size_t	 widths[] = { 10000, 200, 132, 100, 90, 80 };
	static const char	 narrow[] =
	    "NAME     WHY\n"
	    "\346\227\245\346\234\254     one two\n"
	    "         three\n"
	    "         fourfive\n"
	    "         six\n"
	    "a-name-- -\n"
	    "of-12\n";
	static const struct table_column	 columns[] = {
		{ "NAME", 0 }, { "NONE", 1 }, { "WHY", 0 }
	};
	struct table		*t;
	FILE			*out;
	char			*text;
	size_t			 i, size;

	(void)state;
	for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		table_limit(widths[i]);
		text = shown(VERB_SHOW_SERVICES, services, 0);
		check_width(text, widths[i]);
		assert_int_equal(strncmp(text, "NAME ", 5), 0);
		assert_non_null(strstr(text, "1234567"));
		assert_non_null(strstr(text, "others"));
		free(text);
	}
	/* No room for that: a list */
	table_limit(20);
	text = shown(VERB_SHOW_SERVICES, services, 0);
	assert_non_null(strstr(text, "NAME: provider1-"));
	assert_non_null(strstr(text, "\nPID: 1234567\n"));
	assert_non_null(strstr(text, "\n\nNAME: c1\n"));
	assert_null(strstr(text, "EXIT"));
	free(text);

	t = table_new(columns, 3);
	table_cell(t, "\346\227\245\346\234\254", TINT_NONE);
	table_cell(t, "-", TINT_NONE);
	table_cell(t, "one two three fourfivesix", TINT_NONE);
	table_cell(t, "a-name--of-12", TINT_NONE);
	table_cell(t, "-", TINT_NONE);
	table_cell(t, "-", TINT_NONE);
	table_limit(17);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	table_print(t, out, 0);
	fclose(out);
	assert_string_equal(text, narrow);
	free(text);
	table_free(t);
	table_limit(0);
}

static void
columns_are_known(void **state)
{
	static const struct {
		const char	*columns;
		size_t		 width;
	} table[] = {
		{ "80", 80 }, { "200", 200 }, { "20", 20 }, { "1", 1 },
		{ "99999", 10000 }, { "0", 0 }, { "-5", 0 }, { "", 0 },
		{ "many", 0 }, { "999999999999", 0 }
	};
	size_t	 i;
	int	 p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(setenv("COLUMNS", table[i].columns, 1), 0);
		assert_int_equal(output_columns(p[1]), table[i].width);
	}
	unsetenv("COLUMNS");
	assert_int_equal(output_columns(p[1]), 0);
	close(p[0]);
	close(p[1]);
	assert_int_equal(screen_fit("", 5), 0);
	assert_int_equal(screen_fit("abc", 2), 2);
	assert_int_equal(screen_fit("abc", 3), 3);
	/* One at least, and no half of one */
	assert_int_equal(screen_fit("abc", 0), 1);
	assert_int_equal(screen_fit("\346\227\245x", 1), 3);
	assert_int_equal(screen_fit("x\346\227\245", 2), 1);
	assert_int_equal(screen_fit("e\314\201x", 1), 3);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(text_is_safe),
		cmocka_unit_test(long_text_is_safe),
		cmocka_unit_test(cells_are_rendered),
		cmocka_unit_test(long_cells_are_cut),
		cmocka_unit_test(tables_line_up),
		cmocka_unit_test(one_is_shown_in_full),
		cmocka_unit_test(check_is_one_line),
		cmocka_unit_test(tables_fit_the_screen),
		cmocka_unit_test(columns_are_known),
		cmocka_unit_test(versions_have_parts),
		cmocka_unit_test(anything_can_be_shown),
		cmocka_unit_test(events_are_lines),
		cmocka_unit_test(bars_fit),
		cmocka_unit_test(tails_are_found),
		cmocka_unit_test(logs_are_limited)
	};


	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
