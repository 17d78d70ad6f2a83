#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "common/log.h"
#include "common/yaml_tree.h"

struct reader {
	yaml_parser_t		 parser;
	int			 lenient;
	size_t			 nodes;
	struct yaml_problem	*problem;
};

static int	reader_fail(struct reader *, unsigned int, unsigned int,
		    const char *, ...)
		    __attribute__((__format__(__printf__, 4, 5)));
static int	reader_fail_at(struct reader *, const yaml_mark_t *,
		    const char *);
static size_t	utf8_length(const unsigned char *, size_t);
static int	text_check(struct reader *, const unsigned char *, size_t);
static int	event_next(struct reader *, yaml_event_t *);
static int	event_check(struct reader *, const yaml_event_t *);
static int	key_check(struct reader *, const struct yaml_node *,
		    const struct yaml_node *);
static int	children_read(struct reader *, struct yaml_node *, int);
static int	node_read(struct reader *, yaml_event_t *, int,
		    struct yaml_node **);
static int	document_read(struct reader *, struct yaml_node **);

static int
reader_fail(struct reader *r, unsigned int line, unsigned int column,
    const char *format, ...)
{
	va_list	 ap;

	r->problem->line = line;
	r->problem->column = column;
	va_start(ap, format);
	vsnprintf(r->problem->text, sizeof(r->problem->text), format, ap);
	va_end(ap);
	return -1;
}

static int
reader_fail_at(struct reader *r, const yaml_mark_t *mark, const char *text)
{
	return reader_fail(r, (unsigned int)mark->line + 1,
	    (unsigned int)mark->column + 1, "%s", text);
}

/* Bytes of the character at p, 0 when it is not UTF-8 (RFC 3629). */
static size_t
utf8_length(const unsigned char *p, size_t left)
{
	size_t	 len, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (len > left)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

/* libyaml reports these without a usable place. */
static int
text_check(struct reader *r, const unsigned char *p, size_t len)
{
	unsigned int	 line = 1, column = 1;
	size_t		 i, n;

	for (i = 0; i < len; i += n) {
		if ((n = utf8_length(p + i, len - i)) == 0)
			return reader_fail(r, line, column,
			    "byte 0x%02x is not UTF-8 text", p[i]);
		if (p[i] == '\0')
			return reader_fail(r, line, column, "there is a NUL");
		if ((p[i] < 0x20 && strchr("\t\n\r", p[i]) == NULL) ||
		    p[i] == 0x7f)
			return reader_fail(r, line, column,
			    "there is a control character (0x%02x)", p[i]);
		if (p[i] == '\n') {
			line++;
			column = 1;
		} else
			column++;
	}
	return 0;
}

static int
event_next(struct reader *r, yaml_event_t *event)
{
	yaml_parser_t	*p = &r->parser;

	if (yaml_parser_parse(p, event))
		return 0;
	if (p->error == YAML_MEMORY_ERROR)
		fatalx("out of memory");
	return reader_fail(r, (unsigned int)p->problem_mark.line + 1,
	    (unsigned int)p->problem_mark.column + 1, "%s%s%s",
	    p->context != NULL ? p->context : "",
	    p->context != NULL ? ": " : "",
	    p->problem != NULL ? p->problem : "not YAML");
}

/* What strict reading does not take, whatever the kind of the node. */
static int
event_check(struct reader *r, const yaml_event_t *event)
{
	const yaml_char_t	*anchor = NULL, *tag = NULL;

	if (r->lenient)
		return 0;
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return reader_fail_at(r, &event->start_mark,
		    "aliases (*name) are not supported");
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor != NULL)
		return reader_fail_at(r, &event->start_mark,
		    "anchors (&name) are not supported");
	if (tag != NULL)
		return reader_fail_at(r, &event->start_mark,
		    "tags (!name) are not supported");
	return 0;
}

static int
key_check(struct reader *r, const struct yaml_node *map,
    const struct yaml_node *key)
{
	const struct yaml_node	*n;

	if (r->lenient)
		return 0;
	if (key->kind != YAML_TEXT)
		return reader_fail(r, key->line, key->column,
		    "a key must be text");
	for (n = map->child; n != NULL && n != key; n = n->next->next)
		if (n->text != NULL && key->text != NULL &&
		    strcmp(n->text, key->text) == 0)
			return reader_fail(r, key->line, key->column,
			    "duplicate key \"%.60s\", first on line %u",
			    key->text, n->line);
	return 0;
}

static int
children_read(struct reader *r, struct yaml_node *node, int depth)
{
	struct yaml_node	**tail = &node->child;
	yaml_event_t		  event;
	int			  done, is_key = node->kind == YAML_MAP;

	for (;;) {
		if (event_next(r, &event) == -1)
			return -1;
		done = event.type == YAML_SEQUENCE_END_EVENT ||
		    event.type == YAML_MAPPING_END_EVENT;
		if (done) {
			yaml_event_delete(&event);
			return 0;
		}
		if (node_read(r, &event, depth, tail) == -1)
			return -1;
		if (is_key && key_check(r, node, *tail) == -1)
			return -1;
		if (node->kind == YAML_MAP)
			is_key = !is_key;
		tail = &(*tail)->next;
	}
}

/* Takes the event.  What was read so far hangs in the tree, also on error. */
static int
node_read(struct reader *r, yaml_event_t *event, int depth,
    struct yaml_node **out)
{
	struct yaml_node	*node;
	const char		*p;
	size_t			 len;

	if (event_check(r, event) == -1)
		goto fail;
	if (++r->nodes > YAML_TREE_NODES) {
		reader_fail_at(r, &event->start_mark, "too many values");
		goto fail;
	}
	if ((node = calloc(1, sizeof(*node))) == NULL)
		fatal("calloc");
	*out = node;
	node->line = (unsigned int)event->start_mark.line + 1;
	node->column = (unsigned int)event->start_mark.column + 1;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		node->kind = YAML_TEXT;
		node->plain =
		    event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		len = event->data.scalar.length;
		if ((node->text = calloc(1, len + 1)) == NULL)
			fatal("calloc");
		memcpy(node->text, event->data.scalar.value, len);
		for (p = node->text; !r->lenient && p < node->text + len; p++)
			if ((*p >= 0 && *p < 0x20) || *p == 0x7f) {
				reader_fail_at(r, &event->start_mark,
				    "there is a control character or a line "
				    "break in the text");
				goto fail;
			}
		break;
	case YAML_SEQUENCE_START_EVENT:
		node->kind = YAML_LIST;
		break;
	case YAML_MAPPING_START_EVENT:
		node->kind = YAML_MAP;
		break;
	default:
		node->kind = YAML_ALIAS;
		break;
	}
	if ((node->kind == YAML_LIST || node->kind == YAML_MAP) &&
	    depth >= YAML_TREE_DEPTH) {
		reader_fail_at(r, &event->start_mark, "nested too deeply");
		goto fail;
	}
	yaml_event_delete(event);
	if (node->kind == YAML_LIST || node->kind == YAML_MAP)
		return children_read(r, node, depth + 1);
	return 0;
fail:
	yaml_event_delete(event);
	return -1;
}

static int
document_read(struct reader *r, struct yaml_node **root)
{
	yaml_event_t	 event;
	int		 documents = 0, end;

	for (;;) {
		if (event_next(r, &event) == -1)
			return -1;
		switch (event.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			yaml_event_delete(&event);
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (++documents > 1) {
				reader_fail_at(r, &event.start_mark,
				    "a second document begins here");
				end = r->lenient ? 0 : -1;
				yaml_event_delete(&event);
				return end;
			}
			yaml_event_delete(&event);
			break;
		case YAML_STREAM_END_EVENT:
			yaml_event_delete(&event);
			return 0;
		default:
			if (node_read(r, &event, 0, root) == -1)
				return -1;
		}
	}
}

int
yaml_tree_read(const void *text, size_t len, int lenient,
    struct yaml_node **root, struct yaml_problem *problem)
{
	struct reader	 r;
	int		 result;

	*root = NULL;
	memset(&r, 0, sizeof(r));
	r.lenient = lenient;
	r.problem = problem;
	if (text_check(&r, text, len) == -1)
		return -1;
	if (!yaml_parser_initialize(&r.parser))
		fatalx("out of memory");
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, text, len);
	if ((result = document_read(&r, root)) == -1) {
		yaml_tree_free(*root);
		*root = NULL;
	}
	yaml_parser_delete(&r.parser);
	return result;
}

void
yaml_tree_free(struct yaml_node *node)
{
	struct yaml_node	*next;

	for (; node != NULL; node = next) {
		next = node->next;
		yaml_tree_free(node->child);
		free(node->text);
		free(node);
	}
}

int
yaml_is_empty(const struct yaml_node *node)
{
	return node->kind == YAML_TEXT && node->plain &&
	    (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
	    strcmp(node->text, "null") == 0);
}

const struct yaml_node *
yaml_find(const struct yaml_node *map, const char *key)
{
	const struct yaml_node	*n;

	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (n = map->child; n != NULL; n = n->next->next)
		if (n->kind == YAML_TEXT && strcmp(n->text, key) == 0)
			return n->next;
	return NULL;
}
