/*
 * How many versions stay: `keep` of them, and beside these whatever somebody
 * may still need.
 */

#ifndef LAVAVISORD_KEEP_H
#define LAVAVISORD_KEEP_H

#include <stddef.h>

#include "common/semver.h"

/*
 * Pure.  Of n installed versions, in any order and without repeats, which one
 * is to go so that keep stay: the oldest that is not among the used ones.
 * Its index, or -1 when all may stay or all that could go are used.
 */
int	 keep_choose(const struct semver *installed, size_t n,
	    const struct semver *used, size_t nused, size_t keep);

/*
 * Removes versions beyond `keep` of the configuration.  Never one that runs,
 * that a service is to run or goes back to, that the chain or the upgrade in
 * hand wants, or `current`.
 */
void	 keep_trim(void);

#endif
