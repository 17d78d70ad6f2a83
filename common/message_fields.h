/*
 * The layout of each message as data, for message.c: one table of fields per
 * struct, one row per type.
 */

#ifndef COMMON_MESSAGE_FIELDS_H
#define COMMON_MESSAGE_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

enum field_kind {
	FIELD_END,
	FIELD_U8,
	FIELD_U32,
	FIELD_U64,
	FIELD_I32,
	FIELD_I64,
	FIELD_TEXT,		/* one line: no control characters */
	FIELD_LINES,		/* newline and tab as well */
	FIELD_BYTES		/* as many as the struct has */
};

struct field {
	enum field_kind	 kind;
	size_t		 offset;	/* in the struct */
	size_t		 size;		/* bytes there */
	uint64_t	 max;		/* of an unsigned number */
	const char	*name;
};

struct layout {
	const char		*name;		/* "VERSIONS" */
	size_t			 size;		/* of the struct, 0: none */
	const struct field	*fields;	/* NULL: no payload */
};

/* Indexed by enum message_type; a NULL name is no message. */
extern const struct layout	 message_layouts[MSG_TYPES];

#endif
