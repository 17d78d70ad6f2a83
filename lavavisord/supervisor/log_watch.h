/*
 * Looks for a text in what a service has logged since its start.  The bytes go
 * from fifo to log without passing through us, so they are read again
 * from the log, and only until the text has been seen.
 */

#ifndef SUPERVISOR_LOG_WATCH_H
#define SUPERVISOR_LOG_WATCH_H

#include <stdint.h>

#include "common/message.h"

#define LOG_WATCH_TURN	(256 * 1024)	/* bytes of one service per turn */

struct event_base;
struct log_watch;

/*
 * Takes fd, the log for reading where the text may be from.  matched is called
 * from the loop or from within log_watch_more(), once.
 */
struct log_watch	*log_watch_open(struct event_base *, int fd,
			    const struct msg_watch_log *,
			    void (*matched)(uint32_t slot, uint64_t run));

/* The output goes on in another file, which is taken: the old one is read to
 * its end first. */
void	 log_watch_next(struct log_watch *, int fd);

/* Something was written to the log; NULL is ignored. */
void	 log_watch_more(struct log_watch *);

void	 log_watch_close(struct log_watch *);	/* NULL is ignored */

/* 1 while it looks for this text of this run. */
int	 log_watch_is(const struct log_watch *, const struct msg_watch_log *);

#endif
