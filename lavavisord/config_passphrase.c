#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisord/config_main.h"
#include "lavavisord/config_passphrase.h"
#include "lavavisord/config_values.h"

#define WORDS_MAX	64

static int	read_fd(struct config_parse *, const struct yaml_node *,
		    const char *);
static int	read_words(struct config_parse *, const struct yaml_node *,
		    const char *);

static const char *const	 names[] = {
	[PASSPHRASE_NONE] = "none",
	[PASSPHRASE_PROMPT] = "prompt",
	[PASSPHRASE_FILE] = "file",
	[PASSPHRASE_FD] = "fd",
	[PASSPHRASE_COMMAND] = "command"
};

const char *
config_passphrase_name(enum passphrase_source source)
{
	return names[source];
}

int
config_passphrase_read(struct config_parse *p, const struct yaml_node *node)
{
	struct config_passphrase	*c = &p->service->passphrase;
	const char			*text, *rest;
	size_t				 i, len;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	len = strcspn(text, " ");
	rest = text + len + strspn(text + len, " ");
	for (i = PASSPHRASE_PROMPT; i <= PASSPHRASE_COMMAND; i++)
		if (strlen(names[i]) == len &&
		    strncmp(text, names[i], len) == 0)
			break;
	/* Not even in an error: it may be the passphrase itself. */
	if (i > PASSPHRASE_COMMAND)
		return schema_fail(p, node, "it must be prompt, file PATH, "
		    "fd NUMBER or command PROGRAM, never the passphrase "
		    "itself");
	c->source = (enum passphrase_source)i;
	if (c->source == PASSPHRASE_PROMPT)
		return *rest == '\0' ? 0 : schema_fail(p, node, "there is "
		    "nothing to say behind prompt");
	if (c->source == PASSPHRASE_FD)
		return read_fd(p, node, rest);
	return read_words(p, node, rest);
}

static int
read_fd(struct config_parse *p, const struct yaml_node *node, const char *text)
{
	const struct config_service	*s;
	const char			*why;
	uint64_t			 n;
	size_t				 i;

	if (value_count(text, &n, &why) == -1 || n < 3 || n > 1023)
		return schema_fail(p, node, "fd takes the number of a "
		    "descriptor, from 3 to 1023");
	/* It can be read once only. */
	for (i = 0; i < p->config->services_count; i++) {
		s = &p->config->services[i];
		if (s != p->service &&
		    s->passphrase.source == PASSPHRASE_FD &&
		    s->passphrase.fd == (int)n)
			return schema_fail(p, node, "fd %d is %s's: it can be "
			    "read once only", (int)n, s->name);
	}
	p->service->passphrase.fd = (int)n;
	return 0;
}

/* A file is one word, which may have spaces in it. */
static int
read_words(struct config_parse *p, const struct yaml_node *node,
    const char *text)
{
	struct config_passphrase	*c = &p->service->passphrase;
	const char			*why;

	if (*text == '\0')
		return schema_fail(p, node, "%s takes an absolute path",
		    names[c->source]);
	if (c->source == PASSPHRASE_FILE) {
		c->words = schema_zeroed(2, sizeof(*c->words));
		c->words[c->words_count++] = schema_copy(text);
	} else if (schema_words(p, node, text, WORDS_MAX, &c->words,
	    &c->words_count) == -1)
		return -1;
	if (check_path(c->words[0], &why) == -1)
		return schema_fail(p, node, "%s: %s", names[c->source], why);
	return 0;
}

int
config_passphrase_equal(const struct config_passphrase *a,
    const struct config_passphrase *b)
{
	size_t	 i;

	if (a->source != b->source || a->fd != b->fd ||
	    a->words_count != b->words_count)
		return 0;
	for (i = 0; i < a->words_count; i++)
		if (strcmp(a->words[i], b->words[i]) != 0)
			return 0;
	return 1;
}

void
config_passphrase_free(struct config_passphrase *c)
{
	while (c->words_count > 0)
		free(c->words[--c->words_count]);
	free(c->words);
}
