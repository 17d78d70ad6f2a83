/*
 * A container that has no proc(5), or that of another pid namespace: what
 * lavavisord cannot tell there.
 */

#ifndef LAVAVISORD_WITHOUT_PROC_H
#define LAVAVISORD_WITHOUT_PROC_H

#include <stddef.h>

/*
 * 1 and one line for people in the text, of that size; or 0: everything can be
 * seen, as it may be from one moment to the next.
 */
int	 without_proc(char *, size_t);

#endif
