/*
 * Times of day: what can be written, and when that is open, over midnight,
 * the end of a week and both changes of the clock.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lavavisord/window.h"

/* As in Berlin in 2026: on March 29 02:00 is 03:00, on October 25 the hour
 * from 02:00 comes twice. */
#define BERLIN	"CET-1CEST,M3.5.0,M10.5.0/3"

struct row {
	const char	*text;		/* ranges, with ; between them */
	const char	*now;		/* "2026-11-27 01:59:59", UTC */
	const char	*from, *to;	/* of the span; NULL: always */
};

static const struct row	 rows[] = {
	/* every day, UTC */
	{ "02:00-04:00", "2026-11-27 01:59:59",
	    "2026-11-27 02:00:00", "2026-11-27 04:00:00" },
	{ "02:00-04:00", "2026-11-27 02:00:00",
	    "2026-11-27 02:00:00", "2026-11-27 04:00:00" },
	{ "02:00-04:00", "2026-11-27 03:59:59",
	    "2026-11-27 02:00:00", "2026-11-27 04:00:00" },
	{ "02:00-04:00 utc", "2026-11-27 04:00:00",
	    "2026-11-28 02:00:00", "2026-11-28 04:00:00" },
	/* over midnight, the month, the year */
	{ "22:00-06:00", "2026-11-30 23:30:00",
	    "2026-11-30 22:00:00", "2026-12-01 06:00:00" },
	{ "22:00-06:00", "2026-12-31 12:00:00",
	    "2026-12-31 22:00:00", "2027-01-01 06:00:00" },
	{ "22:00-00:00", "2026-11-27 12:00:00",
	    "2026-11-27 22:00:00", "2026-11-28 00:00:00" },
	{ "00:00-24:00", "2026-11-27 12:00:00", NULL, NULL },
	/* days: the day that it begins on; 2026-11-27 is a Friday */
	{ "Sat 22:00-06:00", "2026-11-27 23:00:00",
	    "2026-11-28 22:00:00", "2026-11-29 06:00:00" },
	{ "Sat 22:00-06:00", "2026-11-29 05:59:00",
	    "2026-11-28 22:00:00", "2026-11-29 06:00:00" },
	{ "Sat 22:00-06:00", "2026-11-28 05:59:00",
	    "2026-11-28 22:00:00", "2026-11-29 06:00:00" },
	{ "Sat 22:00-06:00", "2026-11-29 06:00:00",
	    "2026-12-05 22:00:00", "2026-12-06 06:00:00" },
	{ "Mon-Fri 09:00-17:00", "2026-11-27 17:00:00",
	    "2026-11-30 09:00:00", "2026-11-30 17:00:00" },
	{ "fri-mon 09:00-17:00", "2026-11-27 17:00:00",
	    "2026-11-28 09:00:00", "2026-11-28 17:00:00" },
	{ "Tue,Thu-Fri 09:00-10:00", "2026-11-27 10:00:00",
	    "2026-12-01 09:00:00", "2026-12-01 10:00:00" },
	/* days that touch are one span */
	{ "Sat,Sun 00:00-24:00", "2026-11-27 12:00:00",
	    "2026-11-28 00:00:00", "2026-11-30 00:00:00" },
	{ "02:00-04:00;04:00-05:00", "2026-11-27 02:30:00",
	    "2026-11-27 02:00:00", "2026-11-27 05:00:00" },
	{ "20:00-21:00;02:00-04:00", "2026-11-27 05:00:00",
	    "2026-11-27 20:00:00", "2026-11-27 21:00:00" },
	/* local: winter and summer */
	{ "02:00-04:00 local", "2026-11-27 00:00:00",
	    "2026-11-27 01:00:00", "2026-11-27 03:00:00" },
	{ "02:00-04:00 local", "2026-07-01 00:30:00",
	    "2026-07-01 00:00:00", "2026-07-01 02:00:00" },
	/* the hour that is left out: a window within it is not there */
	{ "02:00-03:00 local", "2026-03-29 00:30:00",
	    "2026-03-30 00:00:00", "2026-03-30 01:00:00" },
	{ "02:30-04:00 local", "2026-03-29 00:00:00",
	    "2026-03-29 01:00:00", "2026-03-29 02:00:00" },
	{ "01:30-03:30 local", "2026-03-29 00:00:00",
	    "2026-03-29 00:30:00", "2026-03-29 01:30:00" },
	{ "Sun 02:00-03:00 local", "2026-03-29 00:00:00",
	    "2026-04-05 00:00:00", "2026-04-05 01:00:00" },
	/* the hour that comes twice is open twice */
	{ "02:00-03:00 local", "2026-10-24 23:00:00",
	    "2026-10-25 00:00:00", "2026-10-25 02:00:00" },
	{ "02:30-02:45 local", "2026-10-25 00:00:00",
	    "2026-10-25 00:30:00", "2026-10-25 00:45:00" },
	{ "02:30-02:45 local", "2026-10-25 00:50:00",
	    "2026-10-25 01:30:00", "2026-10-25 01:45:00" },
	{ "Sat 23:00-02:30 local", "2026-10-24 21:00:00",
	    "2026-10-24 21:00:00", "2026-10-25 00:30:00" },
	/* UTC does not care */
	{ "02:00-03:00", "2026-03-29 00:30:00",
	    "2026-03-29 02:00:00", "2026-03-29 03:00:00" },
	/* both zones at once */
	{ "02:00-02:30;02:00-02:30 local", "2026-11-27 00:00:00",
	    "2026-11-27 01:00:00", "2026-11-27 01:30:00" }
};

static int64_t	 unix_time(const char *);
static void	 window(const char *, struct window *);
static void	 table(void **);
static void	 each_minute(void **);
static void	 refuses(void **);
static void	 none(void **);

static int64_t
unix_time(const char *text)
{
	static const int	 before[] = {
		0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334
	};
	long			 y, mo, d, h, mi, s;

	y = strtol(text, NULL, 10);
	mo = strtol(text + 5, NULL, 10);
	d = strtol(text + 8, NULL, 10);
	h = strtol(text + 11, NULL, 10);
	mi = strtol(text + 14, NULL, 10);
	s = strtol(text + 17, NULL, 10);
	/* From 1973 to 2099, and no February 29 in this test. */
	return ((y - 1970) * 365 + (y - 1969) / 4 + before[mo - 1] + d - 1) *
	    (int64_t)86400 + h * 3600 + mi * 60 + s;
}

static void
window(const char *text, struct window *w)
{
	char		 range[WINDOW_TEXT_SIZE];
	const char	*why;
	size_t		 len;

	memset(w, 0, sizeof(*w));
	while (*text != '\0') {
		len = strcspn(text, ";");
		assert_true(len < sizeof(range));
		memcpy(range, text, len);
		range[len] = '\0';
		if (window_parse(range, &w->range[w->count], &why) == -1)
			fail_msg("%s: %s", range, why);
		w->count++;
		text += len;
		text += *text == ';';
	}
}

static void
table(void **state)
{
	struct window_span	 s;
	struct window		 w;
	const struct row	*r;
	int64_t			 now;
	size_t			 i, wrong = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = &rows[i];
		window(r->text, &w);
		now = unix_time(r->now);
		assert_int_equal(window_span(&w, now, &s), 0);
		if (r->from == NULL) {
			/* Always open: cut after days. */
			if (s.from_s <= now - 86400 && s.to_s > now + 86400)
				continue;
		} else if (s.from_s == unix_time(r->from) &&
		    s.to_s == unix_time(r->to) && window_is_open(&w, now) ==
		    (now >= s.from_s && now < s.to_s))
			continue;
		wrong++;
		print_message("%s at %s: %lld s to %lld s from then\n",
		    r->text, r->now, (long long)(s.from_s - now),
		    (long long)(s.to_s - now));
	}
	assert_int_equal(wrong, 0);
}

/* A year of minutes: the span agrees with each of them. */
static void
each_minute(void **state)
{
	struct window_span	 s;
	struct window		 w;
	int64_t			 t, end;

	(void)state;
	window("Mon,Sun 22:30-02:15 local;Wed 12:00-12:01", &w);
	t = unix_time("2026-03-01 00:00:00");
	end = unix_time("2026-11-15 00:00:00");
	while (t < end) {
		assert_int_equal(window_span(&w, t, &s), 0);
		for (; t < s.from_s; t += 60)
			assert_false(window_is_open(&w, t));
		for (; t < s.to_s; t += 60)
			assert_true(window_is_open(&w, t));
	}
}

static void
refuses(void **state)
{
	static const char *const	 bad[] = {
		"", " ", "02:00", "02:00-", "2:00-4:00", "02:00-04:00 ",
		"02:00 - 04:00", "02:00-04:0", "02:60-04:00", "25:00-26:00",
		"24:00-02:00", "24:01-02:00", "02:00-02:00", "00:00-00:00",
		"-02:00-04:00", "Mon", "Mon ", "Mon02:00-04:00",
		"Mon-02:00-04:00", "Mon,02:00-04:00", "Monday 02:00-04:00",
		"Mox 02:00-04:00", "Mon-Fri,  02:00-04:00",
		"02:00-04:00 gmt", "02:00-04:00 localx", "02:00-04:00local",
		"Mon-Fri  02:00-04:00", "Mo 02:00-04:00", "0x:00-04:00"
	};
	struct window_range		 r;
	const char			*why;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = NULL;
		if (window_parse(bad[i], &r, &why) != -1)
			fail_msg("\"%s\" is taken", bad[i]);
		assert_non_null(why);
	}
}

static void
none(void **state)
{
	struct window_span	 s;
	struct window		 w;

	(void)state;
	memset(&w, 0, sizeof(w));
	assert_true(window_is_open(&w, 0));
	/* A window that no day has is not found, and ends the search. */
	window("Mon 02:00-03:00", &w);
	w.range[0].days = 0;
	assert_int_equal(window_span(&w, 1780000000, &s), -1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(each_minute),
		cmocka_unit_test(refuses),
		cmocka_unit_test(none)
	};

	setenv("TZ", BERLIN, 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
