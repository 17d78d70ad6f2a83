#include "lavavisord/config.h"
#include "lavavisord/sources.h"

void
sources_order(char *const *sources, size_t n, size_t first, size_t apart,
    size_t *order)
{
	size_t	 i, k, next = 0;
	int	 last;

	for (last = 0; last < 2; last++)
		for (k = 0; k < n; k++) {
			i = (first + k) % n;
			if (last == (apart != SOURCES_NONE &&
			    config_same_origin(sources[i], sources[apart])))
				order[next++] = i;
		}
}
