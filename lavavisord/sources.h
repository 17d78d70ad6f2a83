/*
 * In which order the sources of releases are asked for a file.  Pure.
 */

#ifndef LAVAVISORD_SOURCES_H
#define LAVAVISORD_SOURCES_H

#include <stddef.h>

#define SOURCES_NONE	((size_t)-1)

/*
 * Fills order, which has room for n, with the indexes of the n sources: from
 * the one at `first` (modulo n) on, round to the one before it.  Those of the
 * origin of source `apart` (SOURCES_NONE: of no one) come last, in that same
 * order: whoever holds one origin alone shall not bring a file and its hash.
 */
void	 sources_order(char *const *sources, size_t n, size_t first,
	    size_t apart, size_t *order);

#endif
