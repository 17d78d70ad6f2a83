#include <sys/prctl.h>
#include <sys/resource.h>

#include "compat/no_dump.h"

static struct rlimit	 before;
static int		 dumpable = -1;

int
no_dump(int on)
{
	struct rlimit	 rl;

	if (!on) {
		if (dumpable == -1)
			return 0;
		return setrlimit(RLIMIT_CORE, &before) == -1 ||
		    prctl(PR_SET_DUMPABLE, dumpable == 1, 0, 0, 0) == -1 ?
		    -1 : 0;
	}
	if (getrlimit(RLIMIT_CORE, &before) == -1 ||
	    (dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)) == -1)
		return -1;
	/* The hard limit is for those that are executed later. */
	rl = before;
	rl.rlim_cur = 0;
	return setrlimit(RLIMIT_CORE, &rl) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ? -1 : 0;
}
