/* fuzz: lavavisord/monitor/params.c lavavisord/monitor/rpc.c */
/*
 * Any bytes as the protobuf answer, as base64 and as a time.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisord/monitor/chain.h"
#include "lavavisord/monitor/rpc.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int holds)
{
	if (!holds)
		abort();
}

static void
check_version(const char *text)
{
	check(strlen(text) >= 5 && strlen(text) < VERSION_SIZE &&
	    strspn(text, "0123456789.") == strlen(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chain_versions	 v;
	const char		*why = NULL;
	uint8_t			 bytes[64];
	char			*text;
	int64_t			 seconds;

	if (params_parse(data, size, &v, &why) == 0) {
		check_version(v.provider_target);
		check_version(v.provider_min);
		check_version(v.consumer_target);
		check_version(v.consumer_min);
	} else
		check(why != NULL);
	check(rpc_base64((const char *)data, size, bytes, sizeof(bytes)) <=
	    (ssize_t)sizeof(bytes));
	if ((text = malloc(size + 1)) == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (rpc_time(text, &seconds) == 0)
		check(seconds >= -62135596800 && seconds <= 253402300799);
	free(text);
	return 0;
}
