#include <sys/prctl.h>

#include "compat/no_new_privs.h"

int
no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
