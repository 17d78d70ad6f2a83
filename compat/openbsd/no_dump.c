#include <sys/types.h>
#include <sys/resource.h>

#include "compat/no_dump.h"

static struct rlimit	 before;
static int		 is_on;

int
no_dump(int on)
{
	struct rlimit	 rl;

	if (!on)
		return is_on ? setrlimit(RLIMIT_CORE, &before) : 0;
	if (getrlimit(RLIMIT_CORE, &before) == -1)
		return -1;
	is_on = 1;
	/* The hard limit is for those that are executed later. */
	rl = before;
	rl.rlim_cur = 0;
	return setrlimit(RLIMIT_CORE, &rl);
}
