#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "compat/linux/own_proc.h"

int
own_proc_self(char *text, size_t size)
{
	ssize_t	 n;

	if ((n = readlink("/proc/self", text, size - 1)) == -1)
		return -1;
	text[n] = '\0';
	return 0;
}

/* Asked each time, as it may come and go. */
int
own_proc(void)
{
	char	 self[32];

	if (own_proc_self(self, sizeof(self)) == -1)
		return 0;
	errno = ENOENT;
	return strtol(self, NULL, 10) == (long)getpid();
}
