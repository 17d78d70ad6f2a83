/*
 * The config.yml of a directory as far as `init' and `start' look at it: the
 * chain and its nodes; and the first one, as `init' writes it.
 */

#ifndef LAVAVISORCTL_OWN_CONFIG_H
#define LAVAVISORCTL_OWN_CONFIG_H

#include <stddef.h>

struct place;

#define OWN_NODES_MAX	4

/* What the command line says, and what is made of it */
struct own_config {
	const char	*chain_id;	/* NULL: what the node says */
	const char	*node[OWN_NODES_MAX];
	size_t		 nodes;
	int		 is_public;	/* the chain's well-known nodes */
	int		 is_default;	/* nothing was said: localhost */
};

enum own_state {
	OWN_NONE,		/* there is none, or an empty one */
	OWN_THERE,		/* and it agrees with what was said */
	OWN_WRONG		/* why says so, with file:line */
};

/* Fills it from --chain-id and --node, NULL each if not said.  0 or -1. */
int	 own_config_make(struct own_config *, const char *chain_id,
	    const char *node, char *why, size_t size);

/*
 * Looks at the one that is there.  *services gets how many it lists.  An own
 * config whose chain_id or node[0] was said must be found in it.
 */
enum own_state	 own_config_look(const struct place *, const char *chain_id,
		    const char *node, size_t *services, char *why,
		    size_t size);

/*
 * Writes the first one, mode 0640; not flushed where it is made anew at each
 * start.  0, or -1 with why.
 */
int	 own_config_write(const struct place *, const struct own_config *,
	    int anew, char *why, size_t size);

#endif
