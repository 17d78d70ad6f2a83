/*
 * What the monitor reads, against recorded answers of real nodes and bodies
 * that must be refused.
 */

#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/hex.h"
#include "common/message.h"
#include "lavavisord/monitor/chain.h"
#include "lavavisord/monitor/rpc.h"

static char		 why[TEXT_SIZE];

static json_t *
load(const char *name)
{
	json_error_t	 error;
	json_t		*json;
	const char	*top = getenv("TOP");
	char		 path[1024];

	snprintf(path, sizeof(path), "%s/regress/vectors/%s",
	    top != NULL ? top : ".", name);
	if ((json = json_load_file(path, 0, &error)) == NULL)
		fail_msg("%s: %s", path, error.text);
	return json;
}

/* A recorded body through the same door as one from the network */
static enum rpc_outcome
load_answer(const char *set, const char *place, const char *file,
    json_t **result)
{
	enum rpc_outcome	 outcome;
	json_t			*json;
	char			 name[256], *body;

	snprintf(name, sizeof(name), "%s/%s/%s", set, place, file);
	json = load(name);
	body = json_dumps(json, JSON_COMPACT);
	outcome = rpc_parse(body, strlen(body), 1, result, why, sizeof(why));
	free(body);
	json_decref(json);
	return outcome;
}

static void
check_place(const char *set, const char *place, const json_t *expected)
{
	struct chain_status	 status;
	struct chain_versions	 v;
	const char		*file;
	json_t			*plain, *result, *code;
	int64_t			 height;

	assert_int_equal(load_answer(set, place, "status.json", &result),
	    RPC_RESULT);
	assert_int_equal(chain_status(result, &status, why, sizeof(why)), 0);
	assert_true(status.height > 1 && !status.catching_up);
	assert_string_equal(status.network, strcmp(set, "lava-node-gov") == 0 ?
	    "lava-testnet-2" : "lava");
	/* All were recorded on 2026-11-23. */
	assert_true(status.time_s >= 1795392000 && status.time_s < 1795478400);
	json_decref(result);

	assert_int_equal(load_answer(set, place, "abci_params_plain.json",
	    &result), RPC_RESULT);
	assert_int_equal(chain_params(result, &v, &height, why, sizeof(why)),
	    0);
	json_decref(result);
	plain = json_object_get(expected, "plain");
#define SAME(field) assert_string_equal(v.field,			\
	    json_string_value(json_object_get(plain, #field)))
	SAME(provider_target);
	SAME(provider_min);
	SAME(consumer_target);
	SAME(consumer_min);
#undef SAME
	assert_true(height >= status.height && height < status.height + 10);

	if (strcmp(set, "lava-node") != 0)
		return;
	json_object_foreach(json_object_get(expected, "codes"), file, code) {
		assert_int_equal(load_answer(set, place, file, &result),
		    RPC_RESULT);
		assert_int_equal(chain_params(result, &v, &height, why,
		    sizeof(why)), -1);
		assert_non_null(strstr(why, "query failed with code "));
		assert_int_equal(strtoll(why + strlen(
		    "query failed with code "), NULL, 10),
		    json_integer_value(code));
		json_decref(result);
	}
	assert_int_equal(load_answer(set, place, "unknown_method.json",
	    &result), RPC_ERROR);
	assert_string_equal(why, "error -32601: Method not found");
}

static void
test_recorded(void **state)
{
	static const struct {
		const char	*set, *place;
	} places[] = {
		{ "lava-node", "01-before" },
		{ "lava-node", "03-after-legacy" },
		{ "lava-node-4", "10-four-validators" },
		{ "lava-node-4", "11-one-validator-absent" },
		{ "lava-node-gov", "20-proven-proposal" },
	};
	json_t	*expected;
	size_t	 i;
	char	 name[64];

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(name, sizeof(name), "%s/expected.json",
		    places[i].set);
		expected = load(name);
		check_place(places[i].set, places[i].place,
		    json_object_get(expected, places[i].place));
		json_decref(expected);
	}
}

static void
test_bad_bodies(void **state)
{
	uint8_t	 body[65536];
	json_t	*file, *entry, *text, *result;
	size_t	 i;
	ssize_t	 len;

	(void)state;
	file = load("rpc/bad_bodies.json");
	assert_true(json_array_size(json_object_get(file, "cases")) > 10);
	json_array_foreach(json_object_get(file, "cases"), i, entry) {
		text = json_object_get(entry, "body_b64");
		len = rpc_base64(json_string_value(text),
		    json_string_length(text), body, sizeof(body));
		assert_true(len >= 0);
		if (rpc_parse((char *)body, (size_t)len, 1, &result, why,
		    sizeof(why)) == RPC_RESULT)
			fail_msg("taken: %s", json_string_value(
			    json_object_get(entry, "name")));
		assert_null(result);
		assert_string_not_equal(why, "");
	}
	json_decref(file);
}

static void
test_envelope(void **state)
{
	static const struct {
		const char		*body;
		enum rpc_outcome	 outcome;
		const char		*why;
	} rows[] = {
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
		    RPC_RESULT, NULL },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},"
		    "\"error\":null} \r\n", RPC_RESULT, NULL },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}x",
		    RPC_NOT_ANSWER, "not JSON: " },
		{ "\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
		    RPC_NOT_ANSWER, "not JSON: " },
		{ "{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{}}",
		    RPC_NOT_ANSWER, "answer to another request" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1.0,\"result\":{}}",
		    RPC_NOT_ANSWER, "answer to another request" },
		{ "{\"jsonrpc\":2.0,\"id\":1,\"result\":{}}",
		    RPC_NOT_ANSWER, "not a JSON-RPC 2.0 answer" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}",
		    RPC_NOT_ANSWER, "answer without a result" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,"
		    "\"message\":\"Internal error\",\"data\":\"x\"}}",
		    RPC_ERROR, "error -32603: Internal error: x" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":7}",
		    RPC_ERROR, "error 0: no message" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":"
		    "\"\\u0000\"}}", RPC_NOT_ANSWER, "not JSON: " },
		{ "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[\"}",
		    RPC_NOT_ANSWER, "not a JSON-RPC 2.0 answer" },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", RPC_NOT_ANSWER,
		    "not JSON: nested deeper than 32" },
	};
	json_t	*result;
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		why[0] = '\0';
		if (rpc_parse(rows[i].body, strlen(rows[i].body), 1, &result,
		    why, sizeof(why)) != rows[i].outcome || (rows[i].why !=
		    NULL && strncmp(why, rows[i].why, strlen(rows[i].why)) !=
		    0))
			fail_msg("row %zu: %s", i, why);
		json_decref(result);
	}
}

static void
test_int64(void **state)
{
	static const struct {
		const char	*json;
		int		 rc;
		int64_t		 number;
	} rows[] = {
		{ "\"0\"", 0, 0 }, { "\"44\"", 0, 44 }, { "44", 0, 44 },
		{ "-7", 0, -7 }, { "\"-7\"", 0, -7 },
		{ "\"9223372036854775807\"", 0, INT64_MAX },
		{ "\"9223372036854775808\"", -1, 0 },
		{ "\"-9223372036854775808\"", 0, INT64_MIN },
		{ "\"-9223372036854775809\"", -1, 0 },
		{ "\"99999999999999999999999\"", -1, 0 },
		{ "\"\"", -1, 0 }, { "\"-\"", -1, 0 }, { "\"-0\"", -1, 0 },
		{ "\"+1\"", -1, 0 }, { "\"01\"", -1, 0 },
		{ "\" 1\"", -1, 0 }, { "\"1 \"", -1, 0 },
		{ "\"1e3\"", -1, 0 }, { "\"1.0\"", -1, 0 }, { "1.0", -1, 0 },
		{ "1e3", -1, 0 }, { "true", -1, 0 }, { "null", -1, 0 },
		{ "\"0x10\"", -1, 0 },
	};
	json_t	*json;
	size_t	 i;
	int64_t	 number;
	int	 rc;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);
		assert_non_null(json);
		rc = rpc_int64(json, &number);
		if (rc != rows[i].rc || (rc == 0 && number != rows[i].number))
			fail_msg("%s: %d", rows[i].json, rc);
		json_decref(json);
	}
	assert_int_equal(rpc_int64(NULL, &number), -1);
}

static void
test_base64(void **state)
{
	static const struct {
		const char	*text;
		ssize_t		 len;
		const char	*bytes;
	} rows[] = {
		{ "", 0, "" }, { "Zg==", 1, "f" }, { "Zm8=", 2, "fo" },
		{ "Zm9v", 3, "foo" }, { "Zm9vYg==", 4, "foob" },
		{ "+/+/", 3, "\xfb\xff\xbf" },
		{ "Z", -1, "" }, { "Zg", -1, "" }, { "Zg=", -1, "" },
		{ "Zh==", -1, "" }, { "Zm9=", -1, "" }, { "====", -1, "" },
		{ "Z===", -1, "" }, { "Zg==Zg==", -1, "" },
		{ "Zm9v\n", -1, "" }, { "Zm-v", -1, "" }, { "Zm_v", -1, "" },
		{ " Zm9", -1, "" }, { "Zm9vZm9vZm9v", -1, "" },
	};
	uint8_t	 bytes[8];
	size_t	 i;
	ssize_t	 len;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		len = rpc_base64(rows[i].text, strlen(rows[i].text), bytes,
		    sizeof(bytes));
		if (len != rows[i].len || (len > 0 && memcmp(bytes,
		    rows[i].bytes, (size_t)len) != 0))
			fail_msg("%s: %zd", rows[i].text, len);
	}
}

static void
test_time(void **state)
{
	static const struct {
		const char	*text;
		int		 rc;
		int64_t		 seconds;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "0001-01-01T00:00:00Z", 0, -62135596800 },
		{ "9999-12-31T23:59:59Z", 0, 253402300799 },
		{ "2026-11-23T02:04:11.510080305Z", 0, 1795399451 },
		{ "2024-02-29T12:00:00.1Z", 0, 1709208000 },
		{ "2000-02-29T00:00:00Z", 0, 951782400 },
		{ "2024-03-01T00:00:00Z", 0, 1709251200 },
		{ "1969-12-31T23:59:59Z", 0, -1 },
		{ "2023-02-29T12:00:00Z", -1, 0 },
		{ "1900-02-29T12:00:00Z", -1, 0 },
		{ "0000-01-01T00:00:00Z", -1, 0 },
		{ "2024-13-01T00:00:00Z", -1, 0 },
		{ "2024-00-01T00:00:00Z", -1, 0 },
		{ "2024-04-31T00:00:00Z", -1, 0 },
		{ "2024-04-00T00:00:00Z", -1, 0 },
		{ "2024-04-01T24:00:00Z", -1, 0 },
		{ "2024-04-01T00:60:00Z", -1, 0 },
		{ "2024-04-01T00:00:60Z", -1, 0 },
		{ "2024-04-01T00:00:00", -1, 0 },
		{ "2024-04-01T00:00:00.Z", -1, 0 },
		{ "2024-04-01T00:00:00.1234567890Z", -1, 0 },
		{ "2024-04-01T00:00:00.12x4Z", -1, 0 },
		{ "2024-04-01T00:00:00+00:00", -1, 0 },
		{ "2024-04-01 00:00:00Z", -1, 0 },
		{ "2024-04-01t00:00:00z", -1, 0 },
		{ "", -1, 0 },
	};
	size_t	 i;
	int64_t	 seconds = 0;
	int	 rc;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rc = rpc_time(rows[i].text, &seconds);
		if (rc != rows[i].rc || (rc == 0 &&
		    seconds != rows[i].seconds))
			fail_msg("%s: %d %lld", rows[i].text, rc,
			    (long long)seconds);
	}
}

/* Each row changes one member of a good answer of `status`. */
static void
test_status_members(void **state)
{
	static const struct {
		const char	*set, *name, *json;
		int		 rc;
	} rows[] = {
		{ "node_info", "network", "\"lava-mainnet-1\"", 0 },
		{ "node_info", "network", "\"\"", -1 },
		{ "node_info", "network", "7", -1 },
		{ "node_info", "network", "\"a b\"", -1 },
		{ "node_info", "network", "\"a\\u001b\"", -1 },
		{ "node_info", "network", "\"l\\u00e4va\"", -1 },
		{ "node_info", "network",
		    "\"0123456789012345678901234567890123456789012345678901"
		    "23456789012\"", 0 },
		{ "node_info", "network",
		    "\"0123456789012345678901234567890123456789012345678901"
		    "234567890123\"", -1 },
		{ "sync_info", "latest_block_height", "\"1\"", 0 },
		{ "sync_info", "latest_block_height", "\"0\"", -1 },
		{ "sync_info", "latest_block_height", "\"-1\"", -1 },
		{ "sync_info", "latest_block_height", "null", -1 },
		{ "sync_info", "latest_block_time", "\"now\"", -1 },
		{ "sync_info", "latest_block_time", "0", -1 },
		{ "sync_info", "catching_up", "true", 0 },
		{ "sync_info", "catching_up", "\"false\"", -1 },
		{ "sync_info", "catching_up", "null", -1 },
	};
	struct chain_status	 status;
	json_t			*result;
	size_t			 i;
	int			 rc;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		load_answer("lava-node", "01-before", "status.json", &result);
		json_object_set_new(json_object_get(result, rows[i].set),
		    rows[i].name, json_loads(rows[i].json, JSON_DECODE_ANY,
		    NULL));
		rc = chain_status(result, &status, why, sizeof(why));
		if (rc != rows[i].rc)
			fail_msg("row %zu: %d %s", i, rc, why);
		json_object_clear(result);
		assert_int_equal(chain_status(result, &status, why,
		    sizeof(why)), -1);
		json_decref(result);
	}
}

static void
test_params_vectors(void **state)
{
	struct chain_versions	 v;
	const char		*fault, *hex;
	json_t			*file, *entry, *version;
	uint8_t			 bytes[256];
	size_t			 i, len, cut;

	(void)state;
	file = load("params/query_params_response.json");
	json_array_foreach(json_object_get(file, "cases"), i, entry) {
		hex = json_string_value(json_object_get(entry, "hex"));
		len = strlen(hex) / 2;
		assert_true(len <= sizeof(bytes));
		assert_int_equal(hex_decode(bytes, len, hex), 0);
		assert_int_equal(params_parse(bytes, len, &v, &fault), 0);
		version = json_object_get(entry, "version");
		assert_string_equal(v.provider_target, json_string_value(
		    json_object_get(version, "provider_target")));
		assert_string_equal(v.consumer_min, json_string_value(
		    json_object_get(version, "consumer_min")));
		for (cut = 0; cut < len; cut++)
			assert_int_equal(params_parse(bytes, cut, &v,
			    &fault), -1);
	}
	json_decref(file);
}

/* The message around four strings, as the chain writes it */
static size_t
params_build(uint8_t *to, const char *const text[4])
{
	size_t	 i, len, n = 4;

	for (i = 0; i < 4; i++) {
		if ((len = strlen(text[i])) == 0)
			continue;
		to[n++] = (uint8_t)((i + 1) << 3 | 2);
		to[n++] = (uint8_t)len;
		memcpy(to + n, text[i], len);
		n += len;
	}
	to[0] = 0x0a;
	to[1] = (uint8_t)(n - 2);
	to[2] = 0x0a;
	to[3] = (uint8_t)(n - 4);
	return n;
}

static void
test_params_versions(void **state)
{
	static const struct {
		const char	*text;
		int		 rc;
	} rows[] = {
		{ "6.2.5", 0 }, { "0.0.0", 0 }, { "6.10000.10000", 0 },
		{ "999999999.0.0", 0 },
		{ "6.10001.0", -1 }, { "6.0.10001", -1 },
		{ "1000000000.0.0", -1 }, { "", -1 }, { "a", -1 },
		{ "1", -1 }, { "1.1", -1 }, { "1.1.1.", -1 }, { ".1.1", -1 },
		{ "-2.1.1", -1 }, { "1.1.1.1", -1 }, { "v1.1.1", -1 },
		{ "01.1.1", -1 }, { "1.1.01", -1 }, { "1..1", -1 },
		{ " 1.1.1", -1 }, { "1.1.1 ", -1 }, { "1.1.1-rc1", -1 },
		{ "1.1.\xff", -1 }, { "../../../etc", -1 },
		{ "1.00000000000000000000000000000.1", -1 },
	};
	struct chain_versions	 v;
	const char		*fault, *text[4];
	uint8_t			 bytes[256];
	size_t			 i, which;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (which = 0; which < 4; which++) {
			text[0] = text[1] = text[2] = text[3] = "6.2.5";
			text[which] = rows[i].text;
			if (params_parse(bytes, params_build(bytes, text), &v,
			    &fault) != rows[i].rc)
				fail_msg("%s in %zu", rows[i].text, which);
		}
	}
}

static void
test_params_wire(void **state)
{
#define GOOD	"0a05362e322e351205362e322e351a05362e322e352205362e322e35"
	static const struct {
		const char	*hex;
		int		 rc;
	} rows[] = {
		{ "0a1e0a1c" GOOD, 0 },
		/* unknown fields: varint, fixed64, fixed32, bytes */
		{ "0a1e0a1c" GOOD "1001", 0 },
		{ "0a1e0a1c" GOOD "19" "0000000000000000", 0 },
		{ "0a1e0a1c" GOOD "1d" "00000000", 0 },
		{ "0a220a20" GOOD "2a02" "6161", 0 },
		{ "0a1e0a1c" GOOD "10ffffffffffffffffff01", 0 },
		/* a varint of more than 64 bits, or that never ends */
		{ "0a1e0a1c" GOOD "10ffffffffffffffffff02", -1 },
		{ "0a1e0a1c" GOOD "10ffffffffffffffffffff01", -1 },
		{ "0a1e0a1c" GOOD "10ff", -1 },
		/* lengths beyond the end */
		{ "0a1f0a1c" GOOD, -1 },
		{ "0a1e0a1d" GOOD, -1 },
		{ "0affffffffffffffffff01", -1 },
		/* the same field twice */
		{ "0a1e0a1c" GOOD "0a1e0a1c" GOOD, -1 },
		{ "0a250a23" GOOD "0a05362e322e35", -1 },
		/* wrong wire types, groups, field number 0 */
		{ "0801", -1 },
		{ "0b0c", -1 },
		{ "0a020801", -1 },
		{ "0a1e0a1c" GOOD "0200", -1 },
		{ "0a1e0a1c" GOOD "0e00", -1 },
		{ "", -1 },
		{ "0a00", -1 },
		{ "0a020a00", -1 },
	};
#undef GOOD
	struct chain_versions	 v;
	const char		*fault;
	uint8_t			 bytes[256], *exact;
	size_t			 i, len;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		len = strlen(rows[i].hex) / 2;
		assert_int_equal(hex_decode(bytes, len, rows[i].hex), 0);
		/* Of its own length, so that a sanitizer sees the end. */
		exact = malloc(len + 1);
		memcpy(exact, bytes, len);
		if (params_parse(exact, len, &v, &fault) != rows[i].rc)
			fail_msg("row %zu: %s", i, rows[i].hex);
		free(exact);
	}
}

static void
test_requests(void **state)
{
	json_t	*made, *file, *entry, *asked;
	char	 buf[CHAIN_REQUEST_SIZE];
	size_t	 i, seen = 0;

	(void)state;
	file = load("lava-node/01-before/index.json");
	assert_true(chain_params_request(buf, sizeof(buf), INT64_MAX) <
	    (int)sizeof(buf));
	json_array_foreach(json_object_get(file, "files"), i, entry) {
		asked = json_object_get(entry, "request");
		if (strcmp(json_string_value(json_object_get(entry, "file")),
		    "status.json") == 0)
			chain_status_request(buf, sizeof(buf), 7);
		else if (strcmp(json_string_value(json_object_get(entry,
		    "file")), "abci_params_plain.json") == 0)
			chain_params_request(buf, sizeof(buf), 7);
		else
			continue;
		seen++;
		made = json_loads(buf, 0, NULL);
		assert_non_null(made);
		assert_true(json_equal(json_object_get(made, "method"),
		    json_object_get(asked, "method")));
		assert_true(json_equal(json_object_get(made, "params"),
		    json_object_get(asked, "params")));
		assert_int_equal(json_integer_value(json_object_get(made,
		    "id")), 7);
		json_decref(made);
	}
	assert_int_equal(seen, 2);
	json_decref(file);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_bad_bodies),
		cmocka_unit_test(test_envelope),
		cmocka_unit_test(test_int64),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_status_members),
		cmocka_unit_test(test_params_vectors),
		cmocka_unit_test(test_params_versions),
		cmocka_unit_test(test_params_wire),
		cmocka_unit_test(test_requests)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
