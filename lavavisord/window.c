#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lavavisord/window.h"

#define MINUTE		60
#define DAY_MINUTES	1440
#define LOOK_MINUTES	(8 * DAY_MINUTES)
#define EVERY_DAY	0x7f

static int	 parse_clock(const char **, uint16_t *);
static int	 parse_day(const char **, int *);
static int	 parse_days(const char **, uint8_t *);
static int	 range_is_open(const struct window_range *, const struct tm *);

/* "02:30" to "24:00" */
static int
parse_clock(const char **p, uint16_t *minute)
{
	const char	*s = *p;
	int		 h, m;

	if (!isdigit((unsigned char)s[0]) || !isdigit((unsigned char)s[1]) ||
	    s[2] != ':' || !isdigit((unsigned char)s[3]) ||
	    !isdigit((unsigned char)s[4]))
		return -1;
	h = (s[0] - '0') * 10 + s[1] - '0';
	m = (s[3] - '0') * 10 + s[4] - '0';
	if (m > 59 || h * 60 + m > DAY_MINUTES)
		return -1;
	*minute = (uint16_t)(h * 60 + m);
	*p = s + 5;
	return 0;
}

static int
parse_day(const char **p, int *day)
{
	static const char *const	 names[] = {
		"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
	};
	int				 i;

	for (i = 0; i < 7; i++)
		if (strncasecmp(*p, names[i], 3) == 0)
			break;
	if (i == 7)
		return -1;
	*day = i;
	*p += 3;
	return 0;
}

/* Fri-Mon goes over the end of the week */
static int
parse_days(const char **p, uint8_t *days)
{
	int	 first, last;

	*days = 0;
	for (;;) {
		if (parse_day(p, &first) == -1)
			return -1;
		last = first;
		if (**p == '-') {
			(*p)++;
			if (parse_day(p, &last) == -1)
				return -1;
		}
		for (;; first = (first + 1) % 7) {
			*days |= (uint8_t)(1 << first);
			if (first == last)
				break;
		}
		if (**p != ',')
			return 0;
		(*p)++;
	}
}

int
window_parse(const char *text, struct window_range *r, const char **why)
{
	const char	*p = text;

	*why = "a window is like \"02:00-04:00\", \"Mon-Fri 22:00-06:00 "
	    "local\" or \"Sat,Sun 00:00-24:00 utc\"";
	memset(r, 0, sizeof(*r));
	r->days = EVERY_DAY;
	if (isalpha((unsigned char)*p)) {
		if (parse_days(&p, &r->days) == -1 || *p++ != ' ')
			return -1;
	}
	if (parse_clock(&p, &r->from) == -1 || *p++ != '-' ||
	    parse_clock(&p, &r->to) == -1)
		return -1;
	if (strcasecmp(p, " local") == 0)
		r->local = 1;
	else if (*p != '\0' && strcasecmp(p, " utc") != 0)
		return -1;
	*why = "it must not begin at 24:00";
	if (r->from == DAY_MINUTES)
		return -1;
	*why = "it ends when it begins; all day is 00:00-24:00";
	if (r->from == r->to || (r->from == 0 && r->to == 0))
		return -1;
	/* "22:00-00:00" is until midnight, without a next day. */
	if (r->to == 0)
		r->to = DAY_MINUTES;
	return 0;
}

static int
range_is_open(const struct window_range *r, const struct tm *tm)
{
	int	 minute = tm->tm_hour * 60 + tm->tm_min;
	int	 today, yesterday;

	today = (r->days >> tm->tm_wday) & 1;
	yesterday = (r->days >> ((tm->tm_wday + 6) % 7)) & 1;
	if (r->from < r->to)
		return today && minute >= r->from && minute < r->to;
	return (today && minute >= r->from) || (yesterday && minute < r->to);
}

int
window_is_open(const struct window *w, int64_t unix_s)
{
	struct tm	 utc, local;
	time_t		 t = (time_t)unix_s;
	uint32_t	 i;

	if (w->count == 0)
		return 1;
	if (gmtime_r(&t, &utc) == NULL || localtime_r(&t, &local) == NULL)
		return 0;
	for (i = 0; i < w->count; i++)
		if (range_is_open(&w->range[i],
		    w->range[i].local ? &local : &utc))
			return 1;
	return 0;
}

int
window_span(const struct window *w, int64_t unix_s, struct window_span *span)
{
	int64_t	 t = unix_s - unix_s % MINUTE;
	int	 i;

	/* Nothing but each minute knows what summer time does to it. */
	if (window_is_open(w, t)) {
		for (i = 0; i < LOOK_MINUTES && window_is_open(w, t - MINUTE);
		    i++)
			t -= MINUTE;
		span->from_s = t;
		t = unix_s - unix_s % MINUTE;
	} else {
		for (i = 0; i < LOOK_MINUTES && !window_is_open(w, t); i++)
			t += MINUTE;
		if (i == LOOK_MINUTES)
			return -1;
		span->from_s = t;
	}
	for (i = 0; i < LOOK_MINUTES && window_is_open(w, t); i++)
		t += MINUTE;
	span->to_s = t;
	return 0;
}

char *
window_text(const struct window_range *r, char *text, size_t size)
{
	static const char	 names[] = "SunMonTueWedThuFriSat";
	char			 days[40] = "";
	int			 i;

	for (i = 0; i < 7 && r->days != EVERY_DAY; i++)
		if ((r->days >> i) & 1)
			snprintf(days + strlen(days),
			    sizeof(days) - strlen(days), "%s%.3s",
			    days[0] == '\0' ? "" : ",", names + 3 * i);
	snprintf(text, size, "%s%s%02u:%02u-%02u:%02u %s", days,
	    days[0] == '\0' ? "" : " ", r->from / MINUTE, r->from % MINUTE,
	    r->to / MINUTE, r->to % MINUTE, r->local ? "local" : "utc");
	return text;
}
