/*
 * Whose a `wrap' or `pod' is before it writes anything: the user that it
 * becomes, and the lock by which there is one of a name.
 */

#ifndef LAVAVISORCTL_WRAP_OWNER_H
#define LAVAVISORCTL_WRAP_OWNER_H

#include <stddef.h>

#include "lavavisorctl/local/place.h"

/*
 * Root becomes this account for good, with its groups and HOME; whoever is it
 * already stays it.  0, or -1 with why.
 */
int	 wrap_become(const char *user, char *why, size_t size);

/*
 * Takes run/lock of the place, which is made but for run/.  The lock stays over
 * the exec of lavavisord, which takes it once more.  0 with *taken by another
 * process, 1 or 0; or -1 with why.
 */
int	 wrap_lock(const struct place *, int *taken, char *why, size_t size);

#endif
