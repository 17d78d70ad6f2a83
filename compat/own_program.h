/*
 * Where the program that runs lies.
 */

#ifndef COMPAT_OWN_PROGRAM_H
#define COMPAT_OWN_PROGRAM_H

#include <stddef.h>

/*
 * Its path, without links, NUL-terminated.  Linux: /proc/self/exe, and without
 * a proc(5) the path that it was executed by, getauxval(3); before the first
 * chdir(2) then.  0; or -1 and errno, as always on OpenBSD, which does not say
 * it.
 */
int	 own_program(char *, size_t);

#endif
