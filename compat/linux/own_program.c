#include <sys/auxv.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/own_program.h"

int
own_program(char *path, size_t size)
{
	const char	*executed;
	char		 real[PATH_MAX];
	ssize_t		 n;

	if ((n = readlink("/proc/self/exe", path, size - 1)) != -1) {
		path[n] = '\0';
		return 0;
	}
	if ((executed = (const char *)getauxval(AT_EXECFN)) == NULL ||
	    realpath(executed, real) == NULL)
		return -1;
	if (strlcpy(path, real, size) >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}
