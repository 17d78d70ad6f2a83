/*
 * The nodes and their polls: `status`, then the protocol params, then a pause.
 * One transfer per node at a time, over a kept connection.
 */

#ifndef MONITOR_NODE_H
#define MONITOR_NODE_H

#include <stdint.h>

#include "common/message.h"

struct handed_pool;
struct room;

#define NODES_MAX	64

/* Where to send and to poll from; once. */
void	 nodes_init(struct room *, struct handed_pool *);

/* Forgets all nodes and takes these rules for those to come. */
void	 nodes_setup(const struct msg_monitor_setup *);

/*
 * One more node.  A URL that cannot be used is told with MSG_NODE_STATE and
 * the node never polled.  Over NODES_MAX is fatal.
 */
void	 node_add(const struct msg_node *);

/*
 * All are there: poll.  Also at any later time: poll all at once, but for those
 * that said Retry-After.
 */
void	 nodes_poll(void);

/* The dialer's answer; fd (or -1) is taken. */
void	 nodes_dialed(uint32_t id, int fd, const struct msg_dialed *);

#endif
