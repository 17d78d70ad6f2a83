/*
 * Upgrades that are over.  The last PAST_MAX of them are kept whole in the
 * file `upgrades-past` of the state directory, one JSON object a line, the
 * oldest first, replaced at each end of an upgrade; those that it does not
 * have, older ones say, are known as far as the history tells of them.
 */

#ifndef LAVAVISORD_UPGRADE_PAST_H
#define LAVAVISORD_UPGRADE_PAST_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define PAST_FILE	"upgrades-past"
#define PAST_MAX	64
/* With a thousand services a record is large: then fewer are kept. */
#define PAST_MAX_SIZE	(8 * 1024 * 1024)

/* Reads them, dir and directory being the same.  The highest id, 0 none. */
uint64_t past_load(int dir, const char *directory);

/*
 * Adds one, which stays the caller's as well, and keeps them.  The same
 * trouble as the last time becomes one record with it: o gets `tries`, the
 * `first_id` of all of them and the first one's `started`.
 */
void	 past_add(json_t *o);

/* After a change of one of them: keeps them. */
void	 past_keep(void);

/* Borrowed; NULL there is none.  Any id of a row of tries will do. */
json_t	*past_find(uint64_t id);

size_t	 past_count(void);

/* Borrowed; the oldest is 0. */
json_t	*past_at(size_t);

/* As much of a record as a line of a list needs: a new object. */
json_t	*past_brief(const json_t *);

#endif
