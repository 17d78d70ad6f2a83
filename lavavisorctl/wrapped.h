/*
 * Daemons of `wrap' and `pod', which lie where nobody looks by himself: below
 * wrap/ of a directory, or wherever process 1 of our container says.
 */

#ifndef LAVAVISORCTL_WRAPPED_H
#define LAVAVISORCTL_WRAPPED_H

#include <stddef.h>

/* How many are looked at, and named, at most */
#define WRAPPED_MAX	16

/*
 * Calls at(DIR/wrap/NAME, arg) for each that may be one; the paths are short
 * enough for a socket below them.
 */
void	 wrapped_each(const char *directory, void (*at)(const char *, void *),
	    void *arg);

/*
 * The directory of the lavavisord that is process 1 here.  0; or -1, when
 * another program is, or it cannot be seen.
 */
int	 wrapped_first(char *directory, size_t);

#endif
