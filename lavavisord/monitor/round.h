/*
 * Rounds: all nodes are asked at about the same time, so that their heights
 * can be compared; then a quorum counts.  A node that fails or limits us is
 * left out of some.
 */

#ifndef MONITOR_ROUND_H
#define MONITOR_ROUND_H

#include <stdint.h>

#include "common/message.h"

#define NODES_MAX	64

struct handed_pool;
struct room;

/* Where to send and to poll from; once. */
void	 round_init(struct room *, struct handed_pool *);

/* Forgets all nodes and takes these rules for those to come. */
void	 round_setup(const struct msg_monitor_setup *);

/*
 * One more node.  A URL that cannot be used is told with MSG_NODE_STATE and
 * the node never polled.  Over NODES_MAX is fatal.
 */
void	 round_node(const struct msg_node *);

/*
 * All are there: poll.  Also at any later time: poll all at once, but for those
 * that said Retry-After.
 */
void	 round_now(void);

/* The dialer's answer; fd (or -1) is taken. */
void	 round_dialed(uint32_t id, int fd, const struct msg_dialed *);

#endif
