#include "compat/no_new_privs.h"

int
no_new_privs(void)
{
	return 0;
}
