#include <stddef.h>
#include <stdint.h>

#include "compat/oom_kills.h"
#include "lavavisord/clock.h"
#include "lavavisord/out_of_memory.h"

/* Looks before this are too old to be sure, ms */
#define SURE_MS		120000

/*
 * The one before the last counts: a big process is long in dying, and the last
 * look may have come in between.
 */
static struct {
	uint64_t	 count;
	int64_t		 ms;
	int		 known;
} before, last;

void
out_of_memory_look(void)
{
	uint64_t	 count;

	if (oom_kills(&count) == -1)
		return;
	before = last;
	last.count = count;
	last.ms = clock_ms();
	last.known = 1;
	if (!before.known)
		before = last;
}

const char *
out_of_memory_why(void)
{
	uint64_t	 count;

	if (!before.known || oom_kills(&count) == -1 ||
	    count <= before.count)
		return NULL;
	return clock_ms() - before.ms <= SURE_MS ?
	    "killed by the kernel, which ran out of memory" :
	    "killed by signal 9, perhaps by the kernel, which ran out of "
	    "memory lately";
}
