#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <event2/event.h>

#include "common/log.h"
#include "lavavisord/clock.h"

static int64_t	read_ms(clockid_t);

static int64_t
read_ms(clockid_t id)
{
	struct timespec	 ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

int64_t
clock_unix_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

int64_t
clock_s(void)
{
	return read_ms(CLOCK_REALTIME) / 1000;
}

char *
clock_text(int64_t unix_ms, char *buf, size_t size)
{
	time_t		 t = (time_t)(unix_ms / 1000);
	struct tm	 tm;
	char		 day[32];

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		day[0] = '\0';
	snprintf(buf, size, "%s.%03dZ", day, (int)(unix_ms % 1000));
	return buf;
}

void
clock_timer(struct event *timer, int64_t ms)
{
	struct timeval	 tv;

	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	if (evtimer_add(timer, &tv) == -1)
		fatalx("event_add");
}
