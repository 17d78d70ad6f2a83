/*
 * What services say of their readiness by themselves: a line in their output
 * (`ready: log`), or READY=1 to the socket NOTIFY_SOCKET (`ready: notify`, as
 * sd_notify(3)).  The supervisor reads both; what it has found is checked here.
 *
 * Such a sign is given once, so it is kept: run/ready/NAME is a line of the
 * run's generation, where its output begins in the log, and whether it was
 * ready, for the next parent.
 */

#ifndef LAVAVISORD_READY_SIGNS_H
#define LAVAVISORD_READY_SIGNS_H

#include <stddef.h>

#include "common/message.h"
#include "lavavisord/services.h"

/* seen: the run of this service has shown that it is ready. */
void	 ready_signs_init(void (*seen)(struct service *));

/* It is about to be forked. */
void	 ready_signs_before(struct service *);

/*
 * Its process runs: looks for the sign.  1 when it was seen by the parent
 * before us; 0; or -1 and why it cannot be looked for.
 */
int	 ready_signs_begin(struct service *, char *why, size_t);

/* Its process has ended; or it has left the config. */
void	 ready_signs_end(struct service *);
void	 ready_signs_forget(struct service *);

/* A new supervisor, or another log file: tells it what to look at. */
void	 ready_signs_tell(struct service *);
void	 ready_signs_rotated(struct service *);

/* What the supervisor says. */
void	 ready_signs_matched(const struct msg_log_matched *);
void	 ready_signs_notified(const struct msg_notified *);

/* The path of its NOTIFY_SOCKET, or NULL when it has none. */
const char	*ready_signs_socket(const struct service *);

#endif
