/*
 * The flags of the Cosmos SDK's queries that LavaVisor's commands take.  The
 * chain is asked by lavavisord, over the nodes of its configuration, so these
 * say nothing here: they are taken, and that they are not used is said.
 */

#ifndef LAVAVISORCTL_QUERY_FLAGS_H
#define LAVAVISORCTL_QUERY_FLAGS_H

#include "lavavisorctl/local/options.h"

#define OPTIONS_WITH_QUERY	32

struct query_flags {
	const char	*grpc_addr;
	const char	*height;
	const char	*output;
	int		 grpc_insecure;
};

/* to (OPTIONS_WITH_QUERY of them) gets own and these behind it. */
void	 query_flags_add(struct option_taken *to,
	    const struct option_taken *own, struct query_flags *);

/* A line on stderr for each that was given: stdout may be a service's. */
void	 query_flags_tell(const struct query_flags *);

#endif
