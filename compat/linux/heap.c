#include <sys/types.h>
#include <sys/mman.h>

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compat/heap.h"

static uintptr_t	 find_heap(void);

/* Where it begins, 0 when there is none. */
static uintptr_t
find_heap(void)
{
	FILE		*f;
	char		 line[512];
	uintptr_t	 from = 0;

	if ((f = fopen("/proc/self/maps", "re")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, " [heap]") != NULL &&
		    sscanf(line, "%" SCNxPTR, &from) == 1)
			break;
	fclose(f);
	return from;
}

void
heap_inherit(int on)
{
	static uintptr_t	 from;
	static int		 asked;
	uintptr_t		 to;

	if (!asked)
		from = find_heap();
	asked = 1;
	to = (uintptr_t)sbrk(0) & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
	if (from == 0 || to <= from)
		return;
	madvise((void *)from, to - from, on ? MADV_DOFORK : MADV_DONTFORK);
}
