#include <stdio.h>
#include <string.h>

#include "lavavisorctl/local/query_flags.h"

#define QUERY_FLAGS	4

static void	tell(const char *);

void
query_flags_add(struct option_taken *to, const struct option_taken *own,
    struct query_flags *q)
{
	const struct option_taken	 ours[QUERY_FLAGS + 1] = {
		{ "grpc-addr", 0, NULL, &q->grpc_addr },
		{ "grpc-insecure", 0, &q->grpc_insecure, NULL },
		{ "height", 0, NULL, &q->height },
		{ "output", 'o', NULL, &q->output },
		{ NULL, 0, NULL, NULL }
	};
	size_t				 n = 0;

	while (own[n].name != NULL && n < OPTIONS_WITH_QUERY - QUERY_FLAGS -
	    1) {
		to[n] = own[n];
		n++;
	}
	memcpy(to + n, ours, sizeof(ours));
}

static void
tell(const char *name)
{
	fprintf(stderr, "note: --%s is not used: lavavisord asks the nodes of "
	    "its configuration for their latest block\n", name);
}

void
query_flags_tell(const struct query_flags *q)
{
	if (q->grpc_addr != NULL)
		tell("grpc-addr");
	if (q->grpc_insecure)
		tell("grpc-insecure");
	if (q->height != NULL)
		tell("height");
	if (q->output != NULL)
		tell("output");
}
