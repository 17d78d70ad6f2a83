#include <sys/types.h>

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lavavisord/monitor/rpc.h"

static int	depth_is_fine(const char *, size_t);
static int	digits(const char *, size_t, int *);
static enum rpc_outcome
		envelope(json_t *, int64_t, json_t **, char *, size_t);
static enum rpc_outcome
		not_answer(char *, size_t, const char *, ...)
		    __attribute__((__format__(__printf__, 3, 4)));
static int	sextet(char);
static enum rpc_outcome
		told_error(const json_t *, char *, size_t);

enum rpc_outcome
rpc_parse(const char *body, size_t len, int64_t id, json_t **result, char *why,
    size_t size)
{
	enum rpc_outcome	 outcome;
	json_error_t		 error;
	json_t			*root;

	*result = NULL;
	if (len == 0)
		return not_answer(why, size, "empty answer");
	if (!depth_is_fine(body, len))
		return not_answer(why, size, "not JSON: nested deeper than %d",
		    RPC_DEPTH_MAX);
	if ((root = json_loadb(body, len, JSON_REJECT_DUPLICATES, &error)) ==
	    NULL)
		return not_answer(why, size, "not JSON: %s", error.text);
	outcome = envelope(root, id, result, why, size);
	json_decref(root);
	return outcome;
}

static enum rpc_outcome
envelope(json_t *root, int64_t id, json_t **result, char *why, size_t size)
{
	const json_t	*error, *number;
	const char	*version;

	if (!json_is_object(root))
		return not_answer(why, size, "not a JSON-RPC answer");
	version = json_string_value(json_object_get(root, "jsonrpc"));
	if (version == NULL || strcmp(version, "2.0") != 0)
		return not_answer(why, size, "not a JSON-RPC 2.0 answer");
	number = json_object_get(root, "id");
	if (!json_is_integer(number) || json_integer_value(number) != id)
		return not_answer(why, size, "answer to another request");
	error = json_object_get(root, "error");
	if (error != NULL && !json_is_null(error))
		return told_error(error, why, size);
	if (!json_is_object(json_object_get(root, "result")))
		return not_answer(why, size, "answer without a result");
	*result = json_incref(json_object_get(root, "result"));
	return RPC_RESULT;
}

static enum rpc_outcome
told_error(const json_t *error, char *why, size_t size)
{
	const char	*message, *data;
	int64_t		 code = 0;

	rpc_int64(json_object_get(error, "code"), &code);
	message = json_string_value(json_object_get(error, "message"));
	data = json_string_value(json_object_get(error, "data"));
	snprintf(why, size, "error %lld: %.80s%s%.200s", (long long)code,
	    message != NULL ? message : "no message", data != NULL ? ": " : "",
	    data != NULL ? data : "");
	return RPC_ERROR;
}

static enum rpc_outcome
not_answer(char *why, size_t size, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return RPC_NOT_ANSWER;
}

/* Before the parser, which builds a tree of what it reads */
static int
depth_is_fine(const char *body, size_t len)
{
	size_t	 i;
	int	 depth = 0, in_string = 0;

	for (i = 0; i < len; i++) {
		if (in_string) {
			if (body[i] == '\\')
				i++;
			else if (body[i] == '"')
				in_string = 0;
		} else if (body[i] == '"')
			in_string = 1;
		else if (body[i] == '{' || body[i] == '[') {
			if (++depth > RPC_DEPTH_MAX)
				return 0;
		} else if (body[i] == '}' || body[i] == ']')
			depth--;
	}
	return 1;
}

int
rpc_int64(const json_t *value, int64_t *number)
{
	const char	*text;
	uint64_t	 n = 0, limit = INT64_MAX;
	int		 negative;

	if (json_is_integer(value)) {
		*number = json_integer_value(value);
		return 0;
	}
	if ((text = json_string_value(value)) == NULL)
		return -1;
	if ((negative = *text == '-')) {
		text++;
		limit++;
	}
	if (*text == '\0' || (*text == '0' && (text[1] != '\0' || negative)))
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || n > limit / 10)
			return -1;
		n = n * 10 + (uint64_t)(*text - '0');
		if (n > limit)
			return -1;
	}
	if (!negative)
		*number = (int64_t)n;
	else
		*number = n == limit ? INT64_MIN : -(int64_t)n;
	return 0;
}

ssize_t
rpc_base64(const char *text, size_t len, uint8_t *to, size_t size)
{
	size_t		 i, n = 0, pad = 0;
	uint32_t	 bits = 0;
	int		 value;

	if (len % 4 != 0)
		return -1;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	for (i = 0; i < len; i++) {
		value = i < len - pad ? sextet(text[i]) : 0;
		if (value == -1)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 != 3)
			continue;
		value = i == len - 1 ? 3 - (int)pad : 3;
		if (n + (size_t)value > size)
			return -1;
		/* What the padding drops must be zero. */
		if ((bits & ((1U << (8 * (3 - value))) - 1)) != 0)
			return -1;
		if (value > 0)
			to[n++] = bits >> 16 & 0xff;
		if (value > 1)
			to[n++] = bits >> 8 & 0xff;
		if (value > 2)
			to[n++] = bits & 0xff;
		bits = 0;
	}
	return (ssize_t)n;
}

static int
sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int
rpc_time(const char *text, int64_t *seconds)
{
	static const int	 days_before[] = { 0, 31, 59, 90, 120, 151, 181,
				    212, 243, 273, 304, 334, 365 };
	int			 y, mon, d, h, min, s, leap;
	size_t			 fraction, len = strlen(text);
	int64_t			 days;

	if (len < 20 || len > 30 || digits(text, 4, &y) == -1 ||
	    text[4] != '-' || digits(text + 5, 2, &mon) == -1 ||
	    text[7] != '-' || digits(text + 8, 2, &d) == -1 ||
	    text[10] != 'T' || digits(text + 11, 2, &h) == -1 ||
	    text[13] != ':' || digits(text + 14, 2, &min) == -1 ||
	    text[16] != ':' || digits(text + 17, 2, &s) == -1 ||
	    text[len - 1] != 'Z')
		return -1;
	fraction = strspn(text + 20, "0123456789");
	if (len != 20 && (text[19] != '.' || fraction == 0 ||
	    fraction != len - 21))
		return -1;
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (y < 1 || mon < 1 || mon > 12 || d < 1 || h > 23 || min > 59 ||
	    s > 59 || d > days_before[mon] - days_before[mon - 1] +
	    (mon == 2 && leap))
		return -1;
	/* Whole days since 1 January of the year 1, then since 1970 */
	y--;
	days = 365LL * y + y / 4 - y / 100 + y / 400 + days_before[mon - 1] +
	    (mon > 2 && leap) + d - 1 - 719162;
	*seconds = days * 86400 + h * 3600 + min * 60 + s;
	return 0;
}

static int
digits(const char *text, size_t n, int *number)
{
	*number = 0;
	for (; n > 0; n--, text++) {
		if (*text < '0' || *text > '9')
			return -1;
		*number = *number * 10 + (*text - '0');
	}
	return 0;
}
