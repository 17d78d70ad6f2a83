/*
 * READY=1 as sd_notify(3) sends it: a datagram of lines NAME=VALUE to the
 * socket that the service knows as NOTIFY_SOCKET.  Other lines are none of
 * our business.
 */

#ifndef SUPERVISOR_NOTIFY_H
#define SUPERVISOR_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

#define NOTIFY_SIZE	4096	/* of a datagram; the rest is cut off */
#define NOTIFY_TURN	16	/* datagrams of one service per turn */
#define NOTIFY_TOLD	8	/* told to the parent in NOTIFY_TOLD_MS */
#define NOTIFY_TOLD_MS	1000

struct event_base;
struct notify;

/* 1 if a datagram says READY=1, on a line of its own. */
int	 notify_is_ready(const void *, size_t);

/*
 * Takes fd.  told is called from the loop, not oftener than NOTIFY_TOLD in
 * NOTIFY_TOLD_MS.
 */
struct notify	*notify_open(struct event_base *, int fd, uint32_t slot,
		    void (*told)(const struct msg_notified *));

void	 notify_close(struct notify *);	/* NULL is ignored */

#endif
