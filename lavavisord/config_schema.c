#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisord/config_schema.h"
#include "lavavisord/config_values.h"

static int	unknown_key(struct config_parse *, const struct yaml_node *,
		    const struct schema_key *);
static int	number_read(struct config_parse *, const struct yaml_node *,
		    const struct schema_key *, void *);
static int	bool_read(struct config_parse *, const struct yaml_node *,
		    int *);
static void	duration_text(uint64_t, char *, size_t);
static void	size_text(uint64_t, char *, size_t);

int
schema_fail(struct config_parse *p, const struct yaml_node *node,
    const char *format, ...)
{
	char	 text[800];
	va_list	 ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(p->error, p->errsize, "%s:%u:%u: %s%s%s", p->file,
	    node != NULL ? node->line : 1, node != NULL ? node->column : 1,
	    p->key != NULL ? p->key : "", p->key != NULL ? ": " : "", text);
	return -1;
}

char *
schema_copy(const char *text)
{
	char	*copy;

	if ((copy = strdup(text)) == NULL)
		fatal("strdup");
	return copy;
}

void *
schema_zeroed(size_t count, size_t size)
{
	void	*p;

	if ((p = calloc(count > 0 ? count : 1, size)) == NULL)
		fatal("calloc");
	return p;
}

static int
unknown_key(struct config_parse *p, const struct yaml_node *node,
    const struct schema_key *keys)
{
	const char	*best = NULL;
	size_t		 distance, least = 0;

	for (; keys->name != NULL; keys++)
		if (value_resembles(node->text, keys->name, &distance) &&
		    (best == NULL || distance < least)) {
			best = keys->name;
			least = distance;
		}
	if (best != NULL)
		return schema_fail(p, node,
		    "unknown key \"%.60s\" (did you mean \"%s\"?)",
		    node->text, best);
	return schema_fail(p, node, "unknown key \"%.60s\"", node->text);
}

const char *
schema_text(struct config_parse *p, const struct yaml_node *node)
{
	if (node->kind != YAML_TEXT) {
		schema_fail(p, node, "it must be text, not a %s",
		    node->kind == YAML_LIST ? "list" : "mapping");
		return NULL;
	}
	if (yaml_is_empty(node) || node->text[0] == '\0') {
		schema_fail(p, node, "it has no value");
		return NULL;
	}
	return node->text;
}

int
schema_list(struct config_parse *p, const struct yaml_node *node, size_t max,
    size_t *count)
{
	const struct yaml_node	*n;

	*count = 0;
	if (yaml_is_empty(node))
		return 0;
	if (node->kind != YAML_LIST)
		return schema_fail(p, node, "it must be a list");
	for (n = node->child; n != NULL; n = n->next)
		if (++*count > max)
			return schema_fail(p, n, "more than %zu items", max);
	return 0;
}

int
schema_texts(struct config_parse *p, const struct yaml_node *node, size_t max,
    int (*check)(const char *, const char **), char ***texts, size_t *count)
{
	const struct yaml_node	*n;
	const char		*text, *why;
	size_t			 total;

	if (schema_list(p, node, max, &total) == -1)
		return -1;
	*texts = schema_zeroed(total + 1, sizeof(**texts));
	*count = 0;
	for (n = node->child; n != NULL; n = n->next) {
		if (n->kind == YAML_TEXT && !n->plain && n->text[0] == '\0')
			text = "";
		else if ((text = schema_text(p, n)) == NULL)
			return -1;
		if (check != NULL && check(text, &why) == -1)
			return schema_fail(p, n, "%s", why);
		(*texts)[(*count)++] = schema_copy(text);
	}
	return 0;
}

/* No shell is asked, so there is nothing to quote. */
int
schema_words(struct config_parse *p, const struct yaml_node *node,
    const char *line, size_t max, char ***words, size_t *count)
{
	char	*word;
	size_t	 len;

	*words = schema_zeroed(max + 1, sizeof(**words));
	for (*count = 0; *line != '\0'; (*count)++) {
		if (*count == max)
			return schema_fail(p, node, "more than %zu words",
			    max);
		len = strcspn(line, " ");
		word = schema_zeroed(len + 1, 1);
		memcpy(word, line, len);
		(*words)[*count] = word;
		line += len + strspn(line + len, " ");
	}
	return 0;
}

int
schema_choose(struct config_parse *p, const struct yaml_node *node,
    const struct schema_choice *choices, int *value)
{
	const struct schema_choice	*c;
	const char			*text;
	char				 list[160] = "";
	size_t				 n = 0;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	for (c = choices; c->name != NULL; c++) {
		if (strcmp(text, c->name) == 0) {
			*value = c->value;
			return 0;
		}
		if (n < sizeof(list))
			n += (size_t)snprintf(list + n, sizeof(list) - n,
			    "%s%s", n > 0 ? ", " : "", c->name);
	}
	return schema_fail(p, node, "\"%.60s\" is not one of %s", text, list);
}

static int
bool_read(struct config_parse *p, const struct yaml_node *node, int *value)
{
	const char	*text;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	if (node->plain && strcmp(text, "true") == 0)
		*value = 1;
	else if (node->plain && strcmp(text, "false") == 0)
		*value = 0;
	else
		return schema_fail(p, node,
		    "it must be true or false, without quotes");
	return 0;
}

static void
duration_text(uint64_t ms, char *text, size_t size)
{
	if (ms >= 3600000 && ms % 3600000 == 0)
		snprintf(text, size, "%" PRIu64 "h", ms / 3600000);
	else if (ms >= 60000 && ms % 60000 == 0)
		snprintf(text, size, "%" PRIu64 "m", ms / 60000);
	else if (ms % 1000 == 0)
		snprintf(text, size, "%" PRIu64 "s", ms / 1000);
	else
		snprintf(text, size, "%" PRIu64 "ms", ms);
}

static void
size_text(uint64_t bytes, char *text, size_t size)
{
	static const char	 units[] = "KMGT";
	size_t			 i = 0;

	while (bytes >= 1024 && bytes % 1024 == 0 && i < 4) {
		bytes /= 1024;
		i++;
	}
	if (i == 0)
		snprintf(text, size, "%" PRIu64, bytes);
	else
		snprintf(text, size, "%" PRIu64 "%c", bytes, units[i - 1]);
}

/* A count, duration or size, in its range. */
static int
number_read(struct config_parse *p, const struct yaml_node *node,
    const struct schema_key *key, void *field)
{
	const char	*text, *why;
	char		 low[32], high[32];
	uint64_t	 n = 0;
	uint32_t	 ms = 0;
	int		 bad;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	if (key->kind == SCHEMA_DURATION) {
		bad = value_duration(text, &ms, &why);
		n = ms;
		duration_text(key->min, low, sizeof(low));
		duration_text(key->max, high, sizeof(high));
	} else if (key->kind == SCHEMA_SIZE) {
		bad = value_size(text, &n, &why);
		size_text(key->min, low, sizeof(low));
		size_text(key->max, high, sizeof(high));
	} else {
		bad = value_count(text, &n, &why);
		snprintf(low, sizeof(low), "%" PRIu64, key->min);
		snprintf(high, sizeof(high), "%" PRIu64, key->max);
	}
	if (bad == -1)
		return schema_fail(p, node, "%s", why);
	if (n < key->min || n > key->max)
		return schema_fail(p, node, "it must be from %s to %s", low,
		    high);
	if (key->kind == SCHEMA_SIZE)
		*(uint64_t *)field = n;
	else
		*(uint32_t *)field = (uint32_t)n;
	return 0;
}

int
schema_value(struct config_parse *p, const struct yaml_node *node,
    const struct schema_key *key, void *base)
{
	void		*field = (char *)base + key->offset;
	const char	*text, *why;
	int		 value;

	switch (key->kind) {
	case SCHEMA_TEXT:
		if ((text = schema_text(p, node)) == NULL)
			return -1;
		if (key->check != NULL && key->check(text, &why) == -1)
			return schema_fail(p, node, "%s", why);
		*(char **)field = schema_copy(text);
		return 0;
	case SCHEMA_BOOL:
		return bool_read(p, node, field);
	case SCHEMA_COUNT:
	case SCHEMA_DURATION:
	case SCHEMA_SIZE:
		return number_read(p, node, key, field);
	case SCHEMA_CHOICE:
		if (schema_choose(p, node, key->choices, &value) == -1)
			return -1;
		/* An enum is as wide as an int on every system we build for */
		memcpy(field, &value, sizeof(value));
		return 0;
	case SCHEMA_MAP:
		if (yaml_is_empty(node))
			return 0;
		return schema_read(p, node, key->keys, base);
	case SCHEMA_CALL:
		return key->call(p, node);
	}
	return -1;
}

int
schema_read(struct config_parse *p, const struct yaml_node *map,
    const struct schema_key *keys, void *base)
{
	const struct schema_key	*key;
	const struct yaml_node	*n;

	if (map->kind != YAML_MAP)
		return schema_fail(p, map, "it must be a mapping (key: value)");
	for (n = map->child; n != NULL; n = n->next->next) {
		for (key = keys; key->name != NULL; key++)
			if (strcmp(key->name, n->text) == 0)
				break;
		p->key = key->name;
		if (key->name == NULL)
			return unknown_key(p, n, keys);
		if (schema_value(p, n->next, key, base) == -1)
			return -1;
	}
	p->key = NULL;
	return 0;
}
