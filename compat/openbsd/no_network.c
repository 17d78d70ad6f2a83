#include <unistd.h>

#include "compat/no_network.h"

int
no_network(void)
{
	return pledge(NULL, "stdio rpath wpath cpath flock tty proc exec "
	    "prot_exec error");
}
