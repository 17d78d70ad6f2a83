/* fuzz: lavavisord/monitor/chain.c lavavisord/monitor/params.c */
/* fuzz: lavavisord/monitor/rpc.c */
/*
 * Any bytes as the body of an answer to `status` and to `abci_query`.  What is
 * taken must be within its bounds; what is refused must say why.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/message.h"
#include "lavavisord/monitor/chain.h"
#include "lavavisord/monitor/rpc.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chain_status	 status;
	struct chain_versions	 versions;
	json_t			*result;
	char			 why[TEXT_SIZE] = "";
	int64_t			 height;

	json_object_seed(1);
	if (rpc_parse((const char *)data, size, 1, &result, why,
	    sizeof(why)) != RPC_RESULT) {
		check(result == NULL && why[0] != '\0');
		return 0;
	}
	why[0] = '\0';
	if (chain_status(result, &status, why, sizeof(why)) == 0)
		check(status.height > 0 && status.network[0] != '\0' &&
		    strlen(status.network) < sizeof(status.network) &&
		    status.time_s >= -62135596800 &&
		    status.time_s <= 253402300799);
	else
		check(why[0] != '\0');
	why[0] = '\0';
	if (chain_params(result, &versions, &height, why, sizeof(why)) == 0)
		check(height > 0 && strlen(versions.consumer_min) >= 5);
	else
		check(why[0] != '\0');
	json_decref(result);
	return 0;
}
