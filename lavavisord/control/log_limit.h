/*
 * Keeps a crowd of bad clients from filling the log: so many lines in a
 * window, the rest counted.  Pure; the clock is passed in.
 */

#ifndef CONTROL_LOG_LIMIT_H
#define CONTROL_LOG_LIMIT_H

#include <stdint.h>

/* Lines per window */
#define LOG_LIMIT_LINES		10
#define LOG_LIMIT_WINDOW_MS	60000

/* Zeroed is ready for use. */
struct log_limit {
	int64_t		 window_ms;	/* when it began, 0 never */
	uint32_t	 lines;		/* let through in it */
	uint32_t	 dropped;	/* not let through in it */
};

/*
 * 1 when a line may be logged at now_ms.  *missed is then the number of
 * lines that an earlier window swallowed and nobody was told of, mostly 0.
 */
int	 log_limit_take(struct log_limit *, int64_t now_ms, uint32_t *missed);

#endif
