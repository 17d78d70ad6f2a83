/*
 * The protobuf wire format, as far as this one message needs it: see
 * https://protobuf.dev/programming-guides/encoding
 */

#include <sys/types.h>

#include <stddef.h>
#include <string.h>

#include "lavavisord/monitor/chain.h"

/* The chain refuses a minor or patch above this. */
#define PART_MAX	10000
#define MAJOR_MAX	999999999

enum wire_type {
	WIRE_VARINT = 0,
	WIRE_FIXED64 = 1,
	WIRE_BYTES = 2,
	WIRE_FIXED32 = 5
};

struct span {
	const uint8_t	*at;
	size_t		 len;
};

struct wire_field {
	uint32_t	 number;
	enum wire_type	 type;
	struct span	 bytes;	/* of a WIRE_BYTES */
};

static int	field_next(struct span *, struct wire_field *);
static int	only_message(struct span, uint32_t, struct span *);
static int	part(const char **, uint64_t);
static int	skip(struct span *, size_t);
static int	varint(struct span *, uint64_t *);
static int	version_is_fine(const char *);
static int	version_take(const struct span *, char *);

int
params_parse(const uint8_t *bytes, size_t len, struct chain_versions *v,
    const char **why)
{
	struct span		 params, version, all = { bytes, len };
	struct wire_field	 f;
	char			*text[] = { v->provider_target, v->provider_min,
				    v->consumer_target, v->consumer_min };
	unsigned int		 i, seen = 0;
	int			 more;

	memset(v, 0, sizeof(*v));
	if (only_message(all, 1, &params) == -1 ||
	    only_message(params, 1, &version) == -1) {
		*why = "not a QueryParamsResponse";
		return -1;
	}
	while ((more = field_next(&version, &f)) == 1) {
		if (f.number < 1 || f.number > 4)
			continue;
		i = f.number - 1;
		if (f.type != WIRE_BYTES || (seen & 1U << i) ||
		    version_take(&f.bytes, text[i]) == -1) {
			*why = "holds a version that is none";
			return -1;
		}
		seen |= 1U << i;
	}
	if (more == -1) {
		*why = "cut short";
		return -1;
	}
	if (seen != 0xf) {
		*why = "lacks one of the four versions";
		return -1;
	}
	return 0;
}

/* The message in this field, which must be there once. */
static int
only_message(struct span in, uint32_t number, struct span *out)
{
	struct wire_field	 f;
	int			 more, seen = 0;

	while ((more = field_next(&in, &f)) == 1) {
		if (f.number != number)
			continue;
		if (f.type != WIRE_BYTES || seen++)
			return -1;
		*out = f.bytes;
	}
	return more == 0 && seen ? 0 : -1;
}

/* 1: *f is the next field.  0: there is none.  -1: malformed. */
static int
field_next(struct span *in, struct wire_field *f)
{
	uint64_t	 key, n;

	if (in->len == 0)
		return 0;
	if (varint(in, &key) == -1 || key > UINT32_MAX || key >> 3 == 0)
		return -1;
	f->number = (uint32_t)(key >> 3);
	f->type = key & 7;
	f->bytes.at = NULL;
	f->bytes.len = 0;
	switch (f->type) {
	case WIRE_VARINT:
		return varint(in, &n) == -1 ? -1 : 1;
	case WIRE_FIXED64:
		return skip(in, 8) == -1 ? -1 : 1;
	case WIRE_FIXED32:
		return skip(in, 4) == -1 ? -1 : 1;
	case WIRE_BYTES:
		if (varint(in, &n) == -1 || n > in->len)
			return -1;
		f->bytes.at = in->at;
		f->bytes.len = (size_t)n;
		return skip(in, (size_t)n) == -1 ? -1 : 1;
	default:
		return -1;
	}
}

static int
varint(struct span *in, uint64_t *n)
{
	unsigned int	 shift;
	uint8_t		 byte;

	*n = 0;
	for (shift = 0; shift < 64; shift += 7) {
		if (in->len == 0)
			return -1;
		byte = *in->at;
		skip(in, 1);
		if (shift == 63 && byte > 1)
			return -1;
		*n |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return 0;
	}
	return -1;
}

static int
skip(struct span *in, size_t n)
{
	if (n > in->len)
		return -1;
	in->at += n;
	in->len -= n;
	return 0;
}

static int
version_take(const struct span *bytes, char *text)
{
	if (bytes->len >= VERSION_SIZE ||
	    memchr(bytes->at, '\0', bytes->len) != NULL)
		return -1;
	memcpy(text, bytes->at, bytes->len);
	text[bytes->len] = '\0';
	return version_is_fine(text) ? 0 : -1;
}

static int
version_is_fine(const char *text)
{
	return part(&text, MAJOR_MAX) == 0 && *text++ == '.' &&
	    part(&text, PART_MAX) == 0 && *text++ == '.' &&
	    part(&text, PART_MAX) == 0 && *text == '\0';
}

/* Takes a decimal number without leading zeros, of at most max. */
static int
part(const char **text, uint64_t max)
{
	const char	*p = *text;
	uint64_t	 n = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if ((n = n * 10 + (uint64_t)(*p - '0')) > max)
			return -1;
	if (p == *text || (**text == '0' && p - *text > 1))
		return -1;
	*text = p;
	return 0;
}
