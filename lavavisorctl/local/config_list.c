#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/yaml_tree.h"
#include "lavavisorctl/local/config_list.h"
#include "lavavisorctl/local/yaml_quote.h"

#define KEY		"services"
#define OLD_SUFFIX	".service"

/* A text and what it says */
struct list {
	const char		*file;
	const char		*text;
	size_t			 len;
	struct yaml_node	*root;
	const struct yaml_node	*key;		/* services, NULL none */
	const struct yaml_node	*value;
	char			*why;
	size_t			 size;
};

/* Where bytes are cut out and others put in their place */
struct cut {
	size_t	 from, to;
	char	 fresh[384];
};

static enum list_edit	 by_hand(const struct list *, const char *);
static int		 complain(const struct list *,
			    const struct yaml_node *, const char *, ...)
			    __attribute__((__format__(__printf__, 3, 4)));
static const struct yaml_node	*find(const struct list *, const char *);
static int		 cut_add(const struct list *, const char *,
			    struct cut *);
static int		 cut_add_block(const struct list *, const char *,
			    struct cut *);
static int		 cut_add_flow(const struct list *, const char *,
			    struct cut *);
static int		 cut_add_key(const struct list *, const char *,
			    struct cut *);
static int		 cut_empty_line(const struct list *, const char *,
			    struct cut *);
static int		 cut_remove(const struct list *,
			    const struct yaml_node *, struct cut *);
static int		 cut_remove_flow(const struct list *,
			    const struct yaml_node *, struct cut *);
static size_t		 break_at(const char *, size_t, size_t);
static size_t		 item_end(const struct list *,
			    const struct yaml_node *);
static const char	*line_break(const struct list *);
static size_t		 line_begin(const struct list *, size_t);
static size_t		 line_end(const struct list *, size_t);
static size_t		 offset(const struct list *, unsigned int,
			    unsigned int);
static int		 read_list(struct list *, const char *, const char *,
			    size_t, char *, size_t);
static int		 same_but(const struct list *, const struct list *,
			    const char *);
static int		 same_tree(const struct yaml_node *,
			    const struct yaml_node *);
static enum list_edit	 finish(const struct list *, const struct cut *,
			    const char *, const char *, char **, size_t *);

static int
complain(const struct list *l, const struct yaml_node *at, const char *fmt,
    ...)
{
	char	 text[320];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(l->why, l->size, "%s:%u:%u: %s", l->file,
	    at != NULL ? at->line : 1, at != NULL ? at->column : 1, text);
	return -1;
}

static enum list_edit
by_hand(const struct list *l, const char *what)
{
	complain(l, l->value != NULL ? l->value : l->key, "this way of "
	    "writing " KEY ": is not understood well enough to be changed "
	    "here; %s by hand", what);
	return LIST_REFUSED;
}

/* Bytes of the line break at i, 0 if there is none: those of libyaml */
static size_t
break_at(const char *text, size_t len, size_t i)
{
	if (i >= len)
		return 0;
	if (text[i] == '\r')
		return i + 1 < len && text[i + 1] == '\n' ? 2 : 1;
	if (text[i] == '\n')
		return 1;
	if (i + 1 < len && memcmp(text + i, "\xc2\x85", 2) == 0)
		return 2;
	if (i + 2 < len && (memcmp(text + i, "\xe2\x80\xa8", 3) == 0 ||
	    memcmp(text + i, "\xe2\x80\xa9", 3) == 0))
		return 3;
	return 0;
}

/* Of a place that libyaml named: columns are characters, not bytes. */
static size_t
offset(const struct list *l, unsigned int line, unsigned int column)
{
	size_t	 i = 0, n;

	while (line > 1 && i < l->len) {
		if ((n = break_at(l->text, l->len, i)) == 0)
			n = 1;
		else
			line--;
		i += n;
	}
	for (; column > 1 && i < l->len; column--)
		for (i++; i < l->len && (l->text[i] & 0xc0) == 0x80; i++)
			;
	return i;
}

static size_t
line_begin(const struct list *l, size_t i)
{
	while (i > 0 && l->text[i - 1] != '\n' && l->text[i - 1] != '\r')
		i--;
	return i;
}

/* Behind its line break */
static size_t
line_end(const struct list *l, size_t i)
{
	size_t	 n;

	for (; i < l->len; i++)
		if ((n = break_at(l->text, l->len, i)) > 0)
			return i + n;
	return i;
}

/* As the first line ends */
static const char *
line_break(const struct list *l)
{
	const char	*p = memchr(l->text, '\n', l->len);

	return p != NULL && p > l->text && p[-1] == '\r' ? "\r\n" : "\n";
}

static int
read_list(struct list *l, const char *file, const char *text, size_t len,
    char *why, size_t size)
{
	struct yaml_problem	 problem;
	const struct yaml_node	*n;

	memset(l, 0, sizeof(*l));
	l->file = file;
	l->text = text;
	l->len = len;
	l->why = why;
	l->size = size;
	if (yaml_tree_read(text, len, 0, &l->root, &problem) == -1) {
		snprintf(why, size, "%s:%u:%u: %s", file, problem.line,
		    problem.column, problem.text);
		return -1;
	}
	if (l->root == NULL || yaml_is_empty(l->root))
		return 0;
	if (l->root->kind != YAML_MAP) {
		complain(l, l->root, "it must be a mapping (key: value)");
		yaml_tree_free(l->root);
		return -1;
	}
	for (n = l->root->child; n != NULL; n = n->next->next)
		if (strcmp(n->text, KEY) == 0) {
			l->key = n;
			l->value = n->next;
		}
	if (l->value == NULL || l->value->kind == YAML_LIST ||
	    yaml_is_empty(l->value)) {
		for (n = l->value != NULL ? l->value->child : NULL; n != NULL;
		    n = n->next)
			if (n->kind != YAML_TEXT)
				break;
		if (n == NULL)
			return 0;
	}
	complain(l, l->value, KEY " must be a list of names");
	yaml_tree_free(l->root);
	return -1;
}

static const struct yaml_node *
find(const struct list *l, const char *name)
{
	const struct yaml_node	*n;

	for (n = l->value != NULL ? l->value->child : NULL; n != NULL;
	    n = n->next)
		if (strcmp(n->text, name) == 0)
			return n;
	return NULL;
}

int
config_list_has(const char *file, const char *text, size_t len,
    const char *name, char *why, size_t size)
{
	struct list	 l;
	int		 has;

	if (read_list(&l, file, text, len, why, size) == -1)
		return -1;
	has = find(&l, name) != NULL;
	yaml_tree_free(l.root);
	return has;
}

int
config_list_names(const char *text, size_t len, char ***names, size_t *count)
{
	const struct yaml_node	*n;
	struct list		 l;
	char			 why[512];

	*count = 0;
	if (read_list(&l, "", text, len, why, sizeof(why)) == -1)
		return -1;
	/* Not more than a tree may have nodes */
	if ((*names = calloc(YAML_TREE_NODES, sizeof(**names))) == NULL)
		fatal("calloc");
	for (n = l.value != NULL ? l.value->child : NULL; n != NULL;
	    n = n->next)
		if (((*names)[(*count)++] = strdup(n->text)) == NULL)
			fatal("strdup");
	yaml_tree_free(l.root);
	return 0;
}

/* Behind the last byte of a scalar in a flow list */
static size_t
item_end(const struct list *l, const struct yaml_node *item)
{
	size_t	 i = offset(l, item->line, item->column);
	char	 quote = i < l->len ? l->text[i] : '\0';

	if (item->plain || (quote != '"' && quote != '\'')) {
		while (i < l->len && strchr(",]}#\r\n", l->text[i]) == NULL)
			i++;
		while (i > 0 && (l->text[i - 1] == ' ' ||
		    l->text[i - 1] == '\t'))
			i--;
		return i;
	}
	for (i++; i < l->len && l->text[i] != quote; i++)
		if (quote == '"' && l->text[i] == '\\')
			i++;
	return i < l->len ? i + 1 : l->len;
}

/* `services: []' alone in its line becomes the list that people expect. */
static int
cut_empty_line(const struct list *l, const char *name, struct cut *c)
{
	size_t	 key, begin, i;

	key = offset(l, l->key->line, l->key->column);
	begin = line_begin(l, key);
	if (strspn(l->text + begin, " ") != key - begin || key - begin > 64 ||
	    strncmp(l->text + key, KEY ":", strlen(KEY ":")) != 0)
		return 0;
	i = key + strlen(KEY ":");
	c->from = i;
	i += strspn(l->text + i, " ");
	if (strncmp(l->text + i, "[]", 2) != 0)
		return 0;
	c->to = i += 2;
	i += strspn(l->text + i, " ");
	if (i < l->len && break_at(l->text, l->len, i) == 0)
		return 0;
	snprintf(c->fresh, sizeof(c->fresh), "%s%*s  - %s", line_break(l),
	    (int)(key - begin), "", name);
	return 1;
}

static int
cut_add_flow(const struct list *l, const char *name, struct cut *c)
{
	const struct yaml_node	*last = l->value->child;

	if (last == NULL) {
		if (cut_empty_line(l, name, c))
			return 0;
		c->from = offset(l, l->value->line, l->value->column) + 1;
		snprintf(c->fresh, sizeof(c->fresh), "%s", name);
	} else {
		while (last->next != NULL)
			last = last->next;
		c->from = item_end(l, last);
		snprintf(c->fresh, sizeof(c->fresh), ", %s", name);
	}
	c->to = c->from;
	return 0;
}

/* A line more behind that of the last item, whose dash it gets */
static int
cut_add_block(const struct list *l, const char *name, struct cut *c)
{
	const struct yaml_node	*last = l->value->child;
	size_t			 at, begin, dash;

	while (last->next != NULL)
		last = last->next;
	at = offset(l, last->line, last->column);
	begin = line_begin(l, at);
	dash = begin + strspn(l->text + begin, " ");
	if (dash >= at || l->text[dash] != '-' || dash - begin > 64)
		return -1;
	c->from = c->to = line_end(l, at);
	snprintf(c->fresh, sizeof(c->fresh), "%s%.*s- %s%s",
	    line_end(l, begin) == l->len && strchr("\r\n",
	    l->text[l->len - 1]) == NULL ? line_break(l) : "",
	    (int)(dash - begin), l->text + begin, name,
	    line_break(l));
	return 0;
}

/* There is none yet, or one without a value */
static int
cut_add_key(const struct list *l, const char *name, struct cut *c)
{
	const char	*eol = line_break(l), *first = "";
	size_t		 at, begin, deep = 0;

	c->from = c->to = l->len;
	if (l->key != NULL) {
		at = offset(l, l->key->line, l->key->column);
		begin = line_begin(l, at);
		deep = at - begin;
		if (l->value->text[0] != '\0') {
			/* ~ or null */
			c->from = offset(l, l->value->line, l->value->column);
			c->to = c->from + strlen(l->value->text);
			snprintf(c->fresh, sizeof(c->fresh), "[%s]", name);
			return 0;
		}
		c->from = c->to = line_end(l, at);
	} else if (l->root != NULL && l->root->kind == YAML_MAP) {
		at = offset(l, l->root->line, l->root->column);
		deep = at - line_begin(l, at);
	}
	if (deep > 64)
		return -1;
	if (c->from > 0 && strchr("\r\n", l->text[c->from - 1]) == NULL)
		first = eol;
	if (l->key != NULL)
		snprintf(c->fresh, sizeof(c->fresh), "%s%*s  - %s%s", first,
		    (int)deep, "", name, eol);
	else
		snprintf(c->fresh, sizeof(c->fresh), "%s%*s" KEY ":%s"
		    "%*s  - %s%s", first, (int)deep, "", eol, (int)deep, "",
		    name, eol);
	return 0;
}

static int
cut_add(const struct list *l, const char *name, struct cut *c)
{
	size_t	 at;

	if (l->value == NULL || l->value->kind != YAML_LIST)
		return cut_add_key(l, name, c);
	at = offset(l, l->value->line, l->value->column);
	if (at < l->len && l->text[at] == '[')
		return cut_add_flow(l, name, c);
	return l->value->child != NULL ? cut_add_block(l, name, c) : -1;
}

static int
cut_remove_flow(const struct list *l, const struct yaml_node *item,
    struct cut *c)
{
	size_t	 i;

	c->from = offset(l, item->line, item->column);
	c->to = item_end(l, item);
	/* With the comma behind it, or else the one before */
	i = c->to + strspn(l->text + c->to, " \t");
	if (i < l->len && l->text[i] == ',') {
		for (i++; i < l->len && (l->text[i] == ' ' ||
		    l->text[i] == '\t'); i++)
			;
		if (item->next != NULL || item == l->value->child) {
			c->to = i;
			return 0;
		}
	}
	if (item == l->value->child)
		return 0;
	for (i = c->from; i > 0 && strchr(" \t\r\n", l->text[i - 1]) != NULL;
	    i--)
		;
	if (i == 0 || l->text[i - 1] != ',')
		return -1;
	c->from = i - 1;
	return 0;
}

static int
cut_remove(const struct list *l, const struct yaml_node *item, struct cut *c)
{
	size_t	 at, begin, dash;

	c->fresh[0] = '\0';
	at = offset(l, l->value->line, l->value->column);
	if (at < l->len && l->text[at] == '[')
		return cut_remove_flow(l, item, c);
	at = offset(l, item->line, item->column);
	begin = line_begin(l, at);
	dash = begin + strspn(l->text + begin, " ");
	if (dash >= at || l->text[dash] != '-')
		return -1;
	c->from = begin;
	c->to = line_end(l, at);
	return 0;
}

static int
same_tree(const struct yaml_node *a, const struct yaml_node *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (a->kind != b->kind || (a->text == NULL) !=
		    (b->text == NULL) || (a->text != NULL &&
		    strcmp(a->text, b->text) != 0) ||
		    !same_tree(a->child, b->child))
			return 0;
	return a == b;
}

/* Whether b says what a says, but for this one name in the list */
static int
same_but(const struct list *a, const struct list *b, const char *name)
{
	const struct yaml_node	*n, *m;

	n = a->root != NULL && a->root->kind == YAML_MAP ? a->root->child :
	    NULL;
	m = b->root != NULL && b->root->kind == YAML_MAP ? b->root->child :
	    NULL;
	for (;;) {
		if (n != NULL && n == a->key)
			n = n->next->next;
		if (m != NULL && m == b->key)
			m = m->next->next;
		if (n == NULL || m == NULL)
			break;
		if (strcmp(n->text, m->text) != 0 ||
		    n->next->kind != m->next->kind ||
		    !same_tree(n->next->child, m->next->child) ||
		    (n->next->text != NULL &&
		    strcmp(n->next->text, m->next->text) != 0))
			return 0;
		n = n->next->next;
		m = m->next->next;
	}
	if (n != m)
		return 0;
	n = a->value != NULL ? a->value->child : NULL;
	m = b->value != NULL ? b->value->child : NULL;
	for (;;) {
		while (n != NULL && strcmp(n->text, name) == 0)
			n = n->next;
		while (m != NULL && strcmp(m->text, name) == 0)
			m = m->next;
		if (n == NULL || m == NULL)
			return n == m;
		if (strcmp(n->text, m->text) != 0)
			return 0;
		n = n->next;
		m = m->next;
	}
}

static enum list_edit
finish(const struct list *l, const struct cut *c, const char *name,
    const char *what, char **out, size_t *outlen)
{
	struct list	 after;
	size_t		 n = strlen(c->fresh);
	char		*p, why[512];
	int		 good;

	*outlen = l->len - (c->to - c->from) + n;
	if ((p = malloc(*outlen + 1)) == NULL)
		fatal("malloc");
	memcpy(p, l->text, c->from);
	memcpy(p + c->from, c->fresh, n);
	memcpy(p + c->from + n, l->text + c->to, l->len - c->to);
	p[*outlen] = '\0';
	good = read_list(&after, l->file, p, *outlen, why, sizeof(why)) == 0;
	if (good) {
		good = same_but(l, &after, name) &&
		    (find(l, name) == NULL) != (find(&after, name) == NULL);
		yaml_tree_free(after.root);
	}
	if (good) {
		*out = p;
		return LIST_EDITED;
	}
	free(p);
	return by_hand(l, what);
}

enum list_edit
config_list_add(const char *file, const char *text, size_t len,
    const char *name, char **out, size_t *outlen, char *why, size_t size)
{
	const struct yaml_node	*n;
	struct list		 l;
	struct cut		 c;
	char			 what[128], *quoted;
	size_t			 k;
	enum list_edit		 result = LIST_REFUSED;

	*out = NULL;
	if (read_list(&l, file, text, len, why, size) == -1)
		return LIST_REFUSED;
	snprintf(what, sizeof(what), "add %s", name);
	quoted = yaml_quote(name);
	for (n = l.value != NULL ? l.value->child : NULL; n != NULL;
	    n = n->next) {
		k = strlen(n->text);
		if (k >= strlen(OLD_SUFFIX) && strcmp(n->text + k -
		    strlen(OLD_SUFFIX), OLD_SUFFIX) == 0)
			break;
	}
	if (find(&l, name) != NULL)
		result = LIST_SAME;
	else if (n != NULL)
		complain(&l, n, "\"%.80s\" is a unit of LavaVisor: take its "
		    "directory over with `lavavisorctl import' first",
		    n->text);
	else if (cut_add(&l, quoted, &c) == -1)
		result = by_hand(&l, what);
	else
		result = finish(&l, &c, name, what, out, outlen);
	free(quoted);
	yaml_tree_free(l.root);
	return result;
}

enum list_edit
config_list_remove(const char *file, const char *text, size_t len,
    const char *name, char **out, size_t *outlen, char *why, size_t size)
{
	const struct yaml_node	*n;
	struct list		 l;
	struct cut		 c;
	char			 what[128];
	enum list_edit		 result;

	*out = NULL;
	if (read_list(&l, file, text, len, why, size) == -1)
		return LIST_REFUSED;
	snprintf(what, sizeof(what), "remove %s", name);
	if ((n = find(&l, name)) == NULL)
		result = LIST_SAME;
	else if (cut_remove(&l, n, &c) == -1)
		result = by_hand(&l, what);
	else
		result = finish(&l, &c, name, what, out, outlen);
	yaml_tree_free(l.root);
	return result;
}
