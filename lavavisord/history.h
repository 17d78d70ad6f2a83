/*
 * The history: one JSON object a line for each event that matters, in the
 * file `history` of the state directory.  At HISTORY_MAX_SIZE it becomes
 * `history.1`, in place of an older one.  It is for people and for
 * `show upgrades`; nothing is decided by it.
 */

#ifndef LAVAVISORD_HISTORY_H
#define LAVAVISORD_HISTORY_H

#include <stddef.h>

#include <jansson.h>

#define HISTORY_FILE		"history"
#define HISTORY_OLD_FILE	"history.1"
#define HISTORY_MAX_SIZE	(4 * 1024 * 1024)

/*
 * Appends a line, given without its newline and longer than nothing.  0, or -1
 * when that failed: it is logged when it begins to fail, and what was left of
 * a line half written is made a line of its own by the next append.
 */
int	 history_append(const char *directory, const char *line);

/*
 * The last max events (JSON objects) whose member `event` is this, NULL any,
 * oldest first, in a new array.  Lines that are no JSON objects are skipped, a
 * file that cannot be read is taken as empty.
 */
json_t	*history_last(const char *directory, const char *event, size_t max);

#endif
