/*
 * The times of day at which a version that is only a target may be taken:
 * `window:` of lavavisord.yml(5).  Pure but for the zone, which is that of
 * localtime(3) (TZ, /etc/localtime) where a range says `local`.
 *
 *	RANGE = [DAYS] HH:MM-HH:MM [utc|local]
 *	DAYS = DAY[-DAY][,DAY[-DAY]]...		Mon Tue Wed Thu Fri Sat Sun
 *
 * Without days it is every day, without a zone UTC.  A range whose end is not
 * above its beginning ends on the next day.  A range is what the clock on the
 * wall shows: an hour that summer time leaves out is not waited for on that
 * day, one that comes twice counts twice.
 */

#ifndef LAVAVISORD_WINDOW_H
#define LAVAVISORD_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#define WINDOW_RANGES_MAX	16
#define WINDOW_TEXT_SIZE	64	/* of one range */

struct window_range {
	uint8_t		 days;		/* bit 0 Sunday; when it begins */
	uint16_t	 from;		/* minute of the day, 0 to 1439 */
	uint16_t	 to;		/* 1 to 1440; <= from: the next day */
	uint8_t		 local;
};

/* All ranges together; none: always open. */
struct window {
	struct window_range	 range[WINDOW_RANGES_MAX];
	uint32_t		 count;
};

/* A time in which it is open, Unix seconds, [from, to). */
struct window_span {
	int64_t	 from_s;
	int64_t	 to_s;
};

/* 0, or -1 with *why: a reason without the text itself. */
int	 window_parse(const char *, struct window_range *, const char **why);

/* The range as window_parse() takes it; WINDOW_TEXT_SIZE is enough. */
char	*window_text(const struct window_range *, char *text, size_t size);

/* 1 if it is open at this time. */
int	 window_is_open(const struct window *, int64_t unix_s);

/*
 * The span that holds unix_s, else the next one; one longer than eight days
 * is cut there.  0, or -1 when there is none within eight days.
 */
int	 window_span(const struct window *, int64_t unix_s,
	    struct window_span *);

#endif
