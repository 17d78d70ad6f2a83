/*
 * The history: one JSON object a line for each event that matters, in the
 * file `history` of the state directory.  At HISTORY_MAX_SIZE it becomes
 * `history.1`, in place of an older one.  It is for people and for
 * `show`, and for clients that have missed something (events.h); nothing is
 * decided by it.
 */

#ifndef LAVAVISORD_HISTORY_H
#define LAVAVISORD_HISTORY_H

#include <stddef.h>
#include <stdint.h>

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
 * Calls f with each line that begins with a sequence number, {"seq":N, as all
 * of ours do, oldest first and without its newline; the line lasts until f
 * returns.  f ends it with other than 0, which is returned; 0 at the end.
 */
int	 history_each(const char *directory, int (*f)(uint64_t seq,
	    const char *line, void *), void *);

/* The number of the last line that has one, 0 none. */
uint64_t history_last_number(const char *directory);

/*
 * The last max events (JSON objects) whose member `event` is this, NULL any,
 * oldest first, in a new array.  Lines that are no JSON objects are skipped, a
 * file that cannot be read is taken as empty.
 */
json_t	*history_last(const char *directory, const char *event, size_t max);

#endif
