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

/*
 * Forgets the height, value and learned chain id, for a chain that began anew
 * or a height that was a lie; the nodes are asked again.  1, or 0 when nothing
 * was known; text is for people.
 */
int	 nodes_forget(char *text, size_t);

/* How many there are and are well; text lasts until the next sample. */
struct nodes_count {
	unsigned int	 all;
	unsigned int	 asked;		/* of those, once at least */
	unsigned int	 well;		/* answer, and agree */
	enum agreement	 agreement;
	const char	*text;		/* what is amiss, "" nothing */
};
void	 nodes_count(struct nodes_count *);

/* What they say together: a new object, for `show versions -j`. */
json_t	*nodes_agreement(void);

/* For `show nodes -j`: a new array. */
json_t	*nodes_show(void);

#endif
