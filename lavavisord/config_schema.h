/*
 * From a YAML tree to plain C fields by tables: one struct schema_key for each
 * key that a mapping may have.
 */

#ifndef LAVAVISORD_CONFIG_SCHEMA_H
#define LAVAVISORD_CONFIG_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "common/yaml_tree.h"

struct config;
struct config_service;

/* One file being read; the first error ends it */
struct config_parse {
	const char		*file;		/* what errors name */
	char			*error;
	size_t			 errsize;
	struct config		*config;
	struct config_service	*service;	/* NULL: config.yml */
	const char		*key;		/* being read, NULL: none */
};

enum schema_kind {
	SCHEMA_TEXT,	/* char *, allocated */
	SCHEMA_BOOL,	/* int */
	SCHEMA_COUNT,	/* uint32_t, min and max */
	SCHEMA_DURATION,	/* uint32_t ms, min and max */
	SCHEMA_SIZE,	/* uint64_t bytes, min and max */
	SCHEMA_CHOICE,	/* an enum, as listed */
	SCHEMA_MAP,	/* a mapping with its own keys, same struct */
	SCHEMA_CALL	/* a function */
};

struct schema_choice {
	const char	*name;		/* NULL ends the list */
	int		 value;
};

struct schema_key {
	const char			*name;	/* NULL ends the list */
	enum schema_kind		 kind;
	size_t				 offset;	/* of the field */
	uint64_t			 min, max;
	const struct schema_choice	*choices;
	const struct schema_key		*keys;
	/* SCHEMA_TEXT: may be NULL; -1 with *why when the text will not do */
	int	(*check)(const char *text, const char **why);
	/* SCHEMA_CALL */
	int	(*call)(struct config_parse *, const struct yaml_node *);
};

/* Writes "file:line:col: key: text" as the error; returns -1. */
int	 schema_fail(struct config_parse *, const struct yaml_node *,
	    const char *, ...) __attribute__((__format__(__printf__, 3, 4)));

/*
 * Reads the pairs of map by the table into the struct at base.  A key that is
 * not in it is an error, with the one that was probably meant.
 */
int	 schema_read(struct config_parse *, const struct yaml_node *map,
	    const struct schema_key *, void *base);

/* Reads one value as the key says, into the struct at base; 0 or -1. */
int	 schema_value(struct config_parse *, const struct yaml_node *,
	    const struct schema_key *, void *base);

/* node must be text with something in it: the text, else NULL (failed). */
const char	*schema_text(struct config_parse *, const struct yaml_node *);

/* node must be a list of at most max items: 0, else -1.  *count is set. */
int	 schema_list(struct config_parse *, const struct yaml_node *,
	    size_t max, size_t *count);

/* A list of texts, allocated; each is checked by check (or NULL). */
int	 schema_texts(struct config_parse *, const struct yaml_node *,
	    size_t max, int (*check)(const char *, const char **),
	    char ***texts, size_t *count);

/* A line without quotes, of words with spaces between; at most max of them. */
int	 schema_words(struct config_parse *, const struct yaml_node *,
	    const char *line, size_t max, char ***words, size_t *count);

/* A choice by name: 0 with *value, or -1 (failed, the names are listed). */
int	 schema_choose(struct config_parse *, const struct yaml_node *,
	    const struct schema_choice *, int *value);

/* strdup(3) and calloc(3) that do not fail. */
char	*schema_copy(const char *);
void	*schema_zeroed(size_t count, size_t size);

#endif
