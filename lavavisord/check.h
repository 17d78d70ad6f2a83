/*
 * Whether a start would go well, as `lavavisord -n` asks: nothing is changed.
 * A daemon that is to replace itself asks its successor this first.
 */

#ifndef LAVAVISORD_CHECK_H
#define LAVAVISORD_CHECK_H

#include <stddef.h>

#include "lavavisord/startup.h"

/*
 * Journal and run/services are understood, and each room is there and of our
 * build.  0, or -1 with error, one line of at least TEXT_SIZE bytes.
 */
int	 check_start(const struct places *, char *error, size_t);

/*
 * No service that a daemon before us left runs.  0, or -1 with error as above
 * that names one, or says that it cannot be known.
 */
int	 check_nothing_runs(const struct places *, char *error, size_t);

#endif
