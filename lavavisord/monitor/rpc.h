/*
 * JSON-RPC 2.0 answers of a CometBFT node, read strictly.  Pure: no I/O.
 */

#ifndef MONITOR_RPC_H
#define MONITOR_RPC_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* Nesting of an answer; jansson alone would take 2048 */
#define RPC_DEPTH_MAX	32

enum rpc_outcome {
	RPC_RESULT,	/* *result is set */
	RPC_ERROR,	/* the node answered with an error object */
	RPC_NOT_ANSWER	/* no answer to this request */
};

/*
 * Reads body as the answer to the request with this id: one object, nothing
 * after it, UTF-8, no duplicate members, "jsonrpc" "2.0", the id, no error and
 * a result that is an object.  RPC_RESULT: *result is the caller's to
 * json_decref(); else why says in one line what is wrong (it may quote the
 * node).
 */
enum rpc_outcome	 rpc_parse(const char *body, size_t len, int64_t id,
			    json_t **result, char *why, size_t size);

/*
 * A 64-bit integer as CometBFT writes it, a string "-?(0|[1-9][0-9]*)", or an
 * integral JSON number.  0, or -1.
 */
int	 rpc_int64(const json_t *, int64_t *);

/*
 * base64 of RFC 4648 section 4, with padding, nothing else in it, unused bits
 * zero.  The number of bytes, or -1 when it is not that or over size.
 */
ssize_t	 rpc_base64(const char *text, size_t len, uint8_t *to, size_t size);

/*
 * RFC 3339 in UTC, "YYYY-MM-DDTHH:MM:SS[.1-9 digits]Z", years 0001 to 9999,
 * into Unix seconds; the fraction is checked and dropped.  0, or -1.
 */
int	 rpc_time(const char *text, int64_t *seconds);

#endif
