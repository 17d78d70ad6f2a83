/*
 * One file fetched into its staging file: redirects, resumption, limits.
 */

#ifndef DOWNLOADER_FETCH_H
#define DOWNLOADER_FETCH_H

#include <stdint.h>

#include "common/message.h"

struct fetch;
struct handed_pool;
struct room;

/* The fetch has ended and been reported to the parent; free it or not yet. */
typedef void	(*fetch_ended)(struct fetch *, void *arg);

/*
 * A fetch that has not begun.  id is that of the MSG_FETCH, whose staging
 * file fd is taken.  Never NULL: failure is fatal.
 */
struct fetch	*fetch_new(struct room *, struct handed_pool *, uint32_t id,
		    const struct msg_fetch *, int fd, fetch_ended, void *arg);

/*
 * Begins.  Reports MSG_PROGRESS and at last MSG_FETCHED to the parent by
 * itself and then calls fetch_ended, which may be from within this call.
 */
void	 fetch_begin(struct fetch *);

/*
 * An answer to a MSG_DIAL of this room; fd (or -1) is taken.  Answers to
 * questions that nobody waits for are dropped.
 */
void	 fetch_dialed(struct fetch *, uint32_t id, int fd, const char *error);

/* Closes the staging file; ends what is under way. */
void	 fetch_free(struct fetch *);

#endif
