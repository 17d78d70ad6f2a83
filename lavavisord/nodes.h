/*
 * The parent's side of the monitor: what it is told to watch, what it says
 * of each node, and the samples it brings.
 */

#ifndef LAVAVISORD_NODES_H
#define LAVAVISORD_NODES_H

#include <jansson.h>

#include "common/message.h"

struct config;

/*
 * Starts the monitor and keeps it running.  sampled is called with each
 * VERSIONS of it.
 */
void	 nodes_init(void (*sampled)(const struct msg_versions *));

/* Watches the nodes of this config, which must stay; also after a reload. */
void	 nodes_use(const struct config *);

/* The same nodes in a new config: the old one is not looked at any more. */
void	 nodes_rename(const struct config *);

/* Asks now instead of at the next poll.  0, -1 when the monitor is down. */
int	 nodes_poll_now(void);

/* For `show nodes -j`: a new array. */
json_t	*nodes_show(void);

#endif
