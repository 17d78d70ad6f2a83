/*
 * The directories that `init' makes: of the state and of its configuration.
 */

#ifndef LAVAVISORCTL_OWN_DIRECTORY_H
#define LAVAVISORCTL_OWN_DIRECTORY_H

#include <stddef.h>

struct place;

/*
 * Whether what is there is ours to write in, and nobody else's, as lavavisord
 * asks of it.  0, or -1 with why and what to do.  One that is not there is
 * good.
 */
int	 own_directory_check(const struct place *, char *why, size_t size);

/* Makes them, and what is above them, mode 0755.  0, or -1 with why. */
int	 own_directory_make(const struct place *, char *why, size_t size);

#endif
