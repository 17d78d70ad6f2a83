#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <imsg.h>

#include "common/message.h"
#include "common/message_fields.h"
#include "common/utf8.h"

struct reader {
	const unsigned char	*p;
	size_t			 left;
};

struct writer {
	unsigned char		*p;
	size_t			 left;
};

static int		 get_field(struct reader *, const struct field *,
			    unsigned char *, const char **);
static int		 get_number(struct reader *, size_t, uint64_t *);
static int		 get_text(struct reader *, const struct field *,
			    char *);
static const struct layout *layout_of(enum message_type);
static int		 put_field(struct writer *, const struct field *,
			    const unsigned char *);
static int		 put_number(struct writer *, size_t, uint64_t);
static int		 text_is_fine(const struct field *, const char *,
			    size_t);
static size_t		 wire_width(enum field_kind);

static const struct layout *
layout_of(enum message_type type)
{
	if ((unsigned int)type >= MSG_TYPES ||
	    message_layouts[type].name == NULL)
		return NULL;
	return &message_layouts[type];
}

/* Bytes of a number on the wire, which is also its size in the struct */
static size_t
wire_width(enum field_kind kind)
{
	switch (kind) {
	case FIELD_U8:
		return 1;
	case FIELD_U32:
	case FIELD_I32:
		return 4;
	case FIELD_U64:
	case FIELD_I64:
		return 8;
	default:
		return 0;
	}
}

static int
text_is_fine(const struct field *f, const char *text, size_t len)
{
	size_t		 i;
	unsigned char	 c;

	for (i = 0; i < len; i++) {
		c = (unsigned char)text[i];
		if (f->kind == FIELD_LINES && (c == '\n' || c == '\t'))
			continue;
		if (c < 0x20 || c == 0x7f)
			return 0;
	}
	return 1;
}

static int
put_number(struct writer *w, size_t width, uint64_t v)
{
	size_t	 i;

	if (w->left < width)
		return -1;
	for (i = 0; i < width; i++)
		w->p[i] = (unsigned char)(v >> (8 * i));
	w->p += width;
	w->left -= width;
	return 0;
}

static int
put_field(struct writer *w, const struct field *f, const unsigned char *from)
{
	const char	*text;
	uint64_t	 v = 0;
	uint32_t	 v32;
	size_t		 len;

	switch (f->kind) {
	case FIELD_U8:
		v = *from;
		break;
	case FIELD_U32:
	case FIELD_I32:
		memcpy(&v32, from, sizeof(v32));
		v = v32;
		break;
	case FIELD_U64:
	case FIELD_I64:
		memcpy(&v, from, sizeof(v));
		break;
	case FIELD_TEXT:
	case FIELD_LINES:
		text = (const char *)from;
		len = strnlen(text, f->size);
		if (len == f->size || !text_is_fine(f, text, len) ||
		    put_number(w, 2, len) == -1 || w->left < len)
			return -1;
		memcpy(w->p, text, len);
		w->p += len;
		w->left -= len;
		return 0;
	case FIELD_BYTES:
		if (w->left < f->size)
			return -1;
		memcpy(w->p, from, f->size);
		w->p += f->size;
		w->left -= f->size;
		return 0;
	case FIELD_END:
		return -1;
	}
	if ((f->kind == FIELD_U8 || f->kind == FIELD_U32) && v > f->max)
		return -1;
	return put_number(w, wire_width(f->kind), v);
}

ssize_t
message_pack(enum message_type type, const void *m, void *buf, size_t size)
{
	const struct layout	*l = layout_of(type);
	const struct field	*f;
	struct writer		 w = { buf, size };

	if (l == NULL || l->fields == NULL)
		return -1;
	for (f = l->fields; f->kind != FIELD_END; f++)
		if (put_field(&w, f, (const unsigned char *)m + f->offset) ==
		    -1)
			return -1;
	return (ssize_t)(size - w.left);
}

static int
get_number(struct reader *r, size_t width, uint64_t *v)
{
	size_t	 i;

	if (r->left < width)
		return -1;
	for (*v = 0, i = 0; i < width; i++)
		*v |= (uint64_t)r->p[i] << (8 * i);
	r->p += width;
	r->left -= width;
	return 0;
}

static int
get_text(struct reader *r, const struct field *f, char *to)
{
	uint64_t	 len;

	if (get_number(r, 2, &len) == -1 || len > r->left || len >= f->size ||
	    !text_is_fine(f, (const char *)r->p, (size_t)len))
		return -1;
	memcpy(to, r->p, (size_t)len);
	to[len] = '\0';
	utf8_clean(to);
	r->p += len;
	r->left -= (size_t)len;
	return 0;
}

static int
get_field(struct reader *r, const struct field *f, unsigned char *to,
    const char **why)
{
	uint64_t	 v;
	uint32_t	 v32;

	*why = f->name;
	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_LINES:
		return get_text(r, f, (char *)to);
	case FIELD_BYTES:
		if (r->left < f->size)
			return -1;
		memcpy(to, r->p, f->size);
		r->p += f->size;
		r->left -= f->size;
		return 0;
	default:
		break;
	}
	if (get_number(r, wire_width(f->kind), &v) == -1)
		return -1;
	switch (f->kind) {
	case FIELD_U8:
		if (v > f->max)
			return -1;
		*to = (unsigned char)v;
		break;
	case FIELD_U32:
		if (v > f->max)
			return -1;
		/* FALLTHROUGH */
	case FIELD_I32:
		v32 = (uint32_t)v;
		memcpy(to, &v32, sizeof(v32));
		break;
	default:
		memcpy(to, &v, sizeof(v));
		break;
	}
	return 0;
}

int
message_unpack(enum message_type type, const void *buf, size_t len, void *m,
    size_t size, const char **why)
{
	const struct layout	*l = layout_of(type);
	const struct field	*f;
	struct reader		 r = { buf, len };

	if (l == NULL || l->fields == NULL || l->size != size) {
		*why = "no such message";
		return -1;
	}
	memset(m, 0, size);
	for (f = l->fields; f->kind != FIELD_END; f++)
		if (get_field(&r, f, (unsigned char *)m + f->offset, why) == -1)
			return -1;
	if (r.left != 0) {
		*why = "too long";
		return -1;
	}
	return 0;
}

int
message_read(struct imsg *imsg, enum message_type type, void *m, size_t size,
    const char **why)
{
	unsigned char	 buf[MAX_IMSGSIZE];
	size_t		 len = imsg_get_len(imsg);

	if (imsg_get_type(imsg) != (uint32_t)type) {
		*why = "another type";
		return -1;
	}
	if (len == 0 || len > sizeof(buf) ||
	    imsg_get_data(imsg, buf, len) == -1) {
		*why = "length";
		return -1;
	}
	return message_unpack(type, buf, len, m, size, why);
}

const char *
message_name(uint32_t type)
{
	if (type >= MSG_TYPES || message_layouts[type].name == NULL)
		return "unknown";
	return message_layouts[type].name + sizeof("MSG_") - 1;
}

const char *
room_name(enum room_kind kind)
{
	static const char *const	 names[ROOM_KINDS] = {
		[ROOM_PARENT] = "parent",
		[ROOM_DIALER] = "dialer",
		[ROOM_PROBER_DIALER] = "prober-dialer",
		[ROOM_PROBER] = "prober",
		[ROOM_MONITOR] = "monitor",
		[ROOM_DOWNLOADER] = "downloader",
		[ROOM_VERIFIER] = "verifier",
		[ROOM_SUPERVISOR] = "supervisor",
		[ROOM_ADMIN] = "admin",
		[ROOM_SHOW] = "show",
		[ROOM_KEEPER] = "keeper"
	};

	return (unsigned int)kind < ROOM_KINDS ? names[kind] : "unknown";
}

const char *
verb_name(uint32_t verb)
{
	static const char *const	 names[VERBS] = {
		[VERB_NONE] = "none",
		[VERB_SHOW_SERVICES] = "show services",
		[VERB_SHOW_VERSIONS] = "show versions",
		[VERB_SHOW_NODES] = "show nodes",
		[VERB_SHOW_UPGRADES] = "show upgrades",
		[VERB_SHOW_SANDBOX] = "show sandbox",
		[VERB_SHOW_CONFIG] = "show config",
		[VERB_SHOW_HISTORY] = "show history",
		[VERB_SHOW_SERVICE] = "show service",
		[VERB_CHECK] = "check",
		[VERB_MONITOR] = "monitor",
		[VERB_WAIT] = "wait",
		[VERB_UPGRADE_CHECK] = "upgrade check",
		[VERB_START] = "start",
		[VERB_STOP] = "stop",
		[VERB_RESTART] = "restart",
		[VERB_UPGRADE_NOW] = "upgrade now",
		[VERB_RELOAD] = "reload",
		[VERB_LOG] = "log",
		[VERB_SHUTDOWN] = "shutdown",
		[VERB_REEXEC] = "reexec",
		[VERB_HOLD] = "hold",
		[VERB_RESUME] = "resume",
		[VERB_APPROVE] = "upgrade approve",
		[VERB_NODES_FORGET] = "nodes forget",
		[VERB_INSTALL] = "install",
		[VERB_UPGRADE_TO] = "upgrade to",
		[VERB_UPGRADE_ROLLBACK] = "upgrade rollback",
		[VERB_UPGRADE_PREPARE] = "upgrade prepare",
		[VERB_PIN] = "pin",
		[VERB_UNPIN] = "unpin",
		[VERB_UNLOCK] = "unlock",
		[VERB_LOCK] = "lock"
	};

	return verb < VERBS && names[verb] != NULL ? names[verb] : "unknown";
}

const char *
service_state_name(uint32_t state)
{
	static const char *const	 names[SERVICE_STATES] = {
		"stopped", "starting", "running", "stopping", "backoff",
		"failed", "locked"
	};

	return state < SERVICE_STATES ? names[state] : "unknown";
}

const char *
node_state_name(uint32_t state)
{
	static const char *const	 names[NODE_STATES] = {
		"unknown", "ok", "catching-up", "stale", "wrong-chain",
		"unreachable", "bad-answer", "limited"
	};

	return state < NODE_STATES ? names[state] : "unknown";
}

const char *
agreement_name(uint32_t state)
{
	static const char *const	 names[AGREEMENTS] = {
		"unknown", "yes", "few", "split", "conflict", "clock-slow",
		"all-old"
	};

	return state < AGREEMENTS ? names[state] : "unknown";
}
