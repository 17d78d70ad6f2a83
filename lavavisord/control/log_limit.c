#include <stdint.h>

#include "lavavisord/control/log_limit.h"

int
log_limit_take(struct log_limit *limit, int64_t now_ms, uint32_t *missed)
{
	*missed = 0;
	if (limit->lines == 0 ||
	    now_ms - limit->window_ms >= LOG_LIMIT_WINDOW_MS) {
		*missed = limit->dropped;
		limit->window_ms = now_ms;
		limit->lines = 0;
		limit->dropped = 0;
	}
	if (limit->lines >= LOG_LIMIT_LINES) {
		limit->dropped++;
		return 0;
	}
	limit->lines++;
	return 1;
}
