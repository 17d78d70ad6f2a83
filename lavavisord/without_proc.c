#include <stdio.h>

#include "common/message.h"
#include "compat/oom_kills.h"
#include "compat/process.h"
#include "lavavisord/without_proc.h"

int
without_proc(char *text, size_t size)
{
	char		 why[TEXT_SIZE];
	uint64_t	 kills;

	if (process_visible(why, sizeof(why)) == 0)
		return 0;
	snprintf(text, size, "%s: not known are CPU time and memory of the "
	    "services%s", why, oom_kills(&kills) == -1 ? ", their cgroups, "
	    "and what the kernel kills for want of memory" : "");
	return 1;
}
