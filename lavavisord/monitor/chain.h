/*
 * What the monitor asks a node for, and what it takes from the answers.
 * Pure: no I/O, no clock.  Every number is checked for its range, every text
 * for its length and characters.
 *
 * Format: CometBFT 0.37 RPC `status` and `abci_query`, and the protobuf
 * message lavanet.lava.protocol.QueryParamsResponse of the Lava chain.
 */

#ifndef MONITOR_CHAIN_H
#define MONITOR_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/message.h"

/* An answer of `status` has about 1.3 KB, one of `abci_query` 0.3 KB. */
#define CHAIN_STATUS_MAX	(64 * 1024)
#define CHAIN_PARAMS_MAX	(256 * 1024)

/* Writes the body of a request; the length, never cut in CHAIN_REQUEST_SIZE. */
#define CHAIN_REQUEST_SIZE	256
int	 chain_status_request(char *, size_t, int64_t id);
int	 chain_params_request(char *, size_t, int64_t id);

struct chain_status {
	char		 network[NAME_SIZE];
	int64_t		 height;	/* 1 and up */
	int64_t		 time_s;	/* of that block */
	int		 catching_up;
};

/* The result of `status`.  0, or -1 with why. */
int	 chain_status(const json_t *result, struct chain_status *, char *why,
	    size_t);

struct chain_versions {
	char		 provider_target[VERSION_SIZE];
	char		 provider_min[VERSION_SIZE];
	char		 consumer_target[VERSION_SIZE];
	char		 consumer_min[VERSION_SIZE];
};

/* All four are the same. */
int	 chain_same_versions(const struct chain_versions *,
	    const struct chain_versions *);

/*
 * The result of `abci_query` for the params: the versions and the height that
 * the node read them at.  0, or -1 with why.
 */
int	 chain_params(const json_t *result, struct chain_versions *,
	    int64_t *height, char *why, size_t);

/*
 * QueryParamsResponse { Params params = 1 { Version version = 1 { strings
 * provider_target = 1, provider_min = 2, consumer_target = 3, consumer_min
 * = 4 } } }.  Unknown fields are skipped, a field that comes twice is refused,
 * all four must be there and look like "6.2.5".  0, or -1 with *why (static).
 */
int	 params_parse(const uint8_t *, size_t, struct chain_versions *,
	    const char **why);

#endif
