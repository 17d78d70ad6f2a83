#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lavavisord/monitor/chain.h"
#include "lavavisord/monitor/rpc.h"

#define PARAMS_PATH	"/lavanet.lava.protocol.Query/Params"

/* The four strings have 80 bytes at most; the rest is for fields to come. */
#define PARAMS_SIZE	4096

static int	application_error(const json_t *, char *, size_t);
static int	missing(const char *, char *, size_t);
static int	network_is_fine(const char *);

int
chain_status_request(char *buf, size_t size, int64_t id)
{
	return snprintf(buf, size, "{\"jsonrpc\":\"2.0\",\"id\":%lld,"
	    "\"method\":\"status\",\"params\":{}}", (long long)id);
}

/* Height "0" is the node's latest state; 64-bit integers go as strings. */
int
chain_params_request(char *buf, size_t size, int64_t id)
{
	return snprintf(buf, size, "{\"jsonrpc\":\"2.0\",\"id\":%lld,"
	    "\"method\":\"abci_query\",\"params\":{\"path\":\"" PARAMS_PATH
	    "\",\"data\":\"\",\"height\":\"0\",\"prove\":false}}",
	    (long long)id);
}

int
chain_status(const json_t *result, struct chain_status *status, char *why,
    size_t size)
{
	const json_t	*info, *catching_up;
	const char	*network, *time;

	info = json_object_get(result, "node_info");
	network = json_string_value(json_object_get(info, "network"));
	if (network == NULL || !network_is_fine(network))
		return missing("node_info.network", why, size);
	strlcpy(status->network, network, sizeof(status->network));

	info = json_object_get(result, "sync_info");
	if (rpc_int64(json_object_get(info, "latest_block_height"),
	    &status->height) == -1 || status->height < 0)
		return missing("sync_info.latest_block_height", why, size);
	time = json_string_value(json_object_get(info, "latest_block_time"));
	if (time == NULL || rpc_time(time, &status->time_s) == -1)
		return missing("sync_info.latest_block_time", why, size);
	catching_up = json_object_get(info, "catching_up");
	if (!json_is_boolean(catching_up))
		return missing("sync_info.catching_up", why, size);
	status->catching_up = json_is_true(catching_up);
	if (status->height == 0) {
		snprintf(why, size, "the node has no block yet");
		return -1;
	}
	return 0;
}

static int
missing(const char *what, char *why, size_t size)
{
	snprintf(why, size, "no valid %s in the answer", what);
	return -1;
}

static int
network_is_fine(const char *name)
{
	const unsigned char	*p = (const unsigned char *)name;

	if (*p == '\0' || strlen(name) >= NAME_SIZE)
		return 0;
	for (; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return 0;
	return 1;
}

int
chain_same_versions(const struct chain_versions *a,
    const struct chain_versions *b)
{
	return strcmp(a->provider_target, b->provider_target) == 0 &&
	    strcmp(a->provider_min, b->provider_min) == 0 &&
	    strcmp(a->consumer_target, b->consumer_target) == 0 &&
	    strcmp(a->consumer_min, b->consumer_min) == 0;
}

int
chain_params(const json_t *result, struct chain_versions *versions,
    int64_t *height, char *why, size_t size)
{
	const json_t	*response, *value;
	const char	*fault;
	uint8_t		 bytes[PARAMS_SIZE];
	int64_t		 code;
	ssize_t		 len;

	response = json_object_get(result, "response");
	if (rpc_int64(json_object_get(response, "code"), &code) == -1 ||
	    code < 0 || code > UINT32_MAX)
		return missing("response.code", why, size);
	if (code != 0)
		return application_error(response, why, size);
	if (rpc_int64(json_object_get(response, "height"), height) == -1 ||
	    *height < 1)
		return missing("response.height", why, size);
	value = json_object_get(response, "value");
	if (json_string_length(value) == 0) {
		snprintf(why, size, "the chain has no protocol params");
		return -1;
	}
	if ((len = rpc_base64(json_string_value(value),
	    json_string_length(value), bytes, sizeof(bytes))) == -1)
		return missing("response.value", why, size);
	if (params_parse(bytes, (size_t)len, versions, &fault) == -1) {
		snprintf(why, size, "protocol params: %s", fault);
		return -1;
	}
	return 0;
}

static int
application_error(const json_t *response, char *why, size_t size)
{
	const char	*log, *codespace;
	int64_t		 code = 0;

	rpc_int64(json_object_get(response, "code"), &code);
	log = json_string_value(json_object_get(response, "log"));
	codespace = json_string_value(json_object_get(response, "codespace"));
	snprintf(why, size, "query failed with code %lld %.40s: %.200s",
	    (long long)code, codespace != NULL ? codespace : "",
	    log != NULL ? log : "");
	return -1;
}
