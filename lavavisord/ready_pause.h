/*
 * When a service that is not ready yet is asked again.  Pure.
 */

#ifndef LAVAVISORD_READY_PAUSE_H
#define LAVAVISORD_READY_PAUSE_H

#include <stddef.h>
#include <stdint.h>

#define READY_PAUSE_MIN_MS	10
#define READY_PAUSE_COMMAND_MS	100	/* a process each time */
#define READY_PAUSE_MAX_MS	2000

/*
 * ms until the next question.  elapsed_ms: since the service was started;
 * asked: how many services are being asked now.  A sixteenth of what it has
 * taken so far, so that one that is ready is not left waiting for long; longer
 * the more are starting at once, but not more than it has taken so far.
 */
int64_t	 ready_pause_ms(int64_t elapsed_ms, size_t asked, int is_command);

#endif
