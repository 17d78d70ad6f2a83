/*
 * A small YAML document as a tree, from libyaml's events.
 *
 * Bounded in size (by the caller), depth and number of nodes.  Strict reading
 * refuses what a configuration does not need and what hides meaning: aliases,
 * anchors, tags, a second document, duplicate keys, keys that are not text,
 * control characters in text.  Lenient reading, for files that another program
 * owns, takes them; an alias is then a node without content.
 */

#ifndef COMMON_YAML_TREE_H
#define COMMON_YAML_TREE_H

#include <stddef.h>

#define YAML_TREE_DEPTH	16
#define YAML_TREE_NODES	10000

enum yaml_kind {
	YAML_TEXT,
	YAML_LIST,	/* children: the items */
	YAML_MAP,	/* children: key, value, key, value, ... */
	YAML_ALIAS	/* lenient reading only */
};

struct yaml_node {
	enum yaml_kind		 kind;
	int			 plain;		/* text without quotes */
	unsigned int		 line, column;	/* from 1 */
	char			*text;		/* YAML_TEXT, else NULL */
	struct yaml_node	*child;		/* first */
	struct yaml_node	*next;		/* sibling */
};

struct yaml_problem {
	unsigned int	 line, column;
	char		 text[200];
};

/*
 * Reads text (UTF-8, len bytes) into *root, to be freed by yaml_tree_free();
 * NULL when the document is empty.  0, or -1 with *problem filled.
 */
int	 yaml_tree_read(const void *text, size_t len, int lenient,
	    struct yaml_node **root, struct yaml_problem *problem);

void	 yaml_tree_free(struct yaml_node *);

/* The value of a key, NULL when map is no map (also NULL) or lacks it. */
const struct yaml_node	*yaml_find(const struct yaml_node *map,
			    const char *key);

/* 1 for `key:` with nothing after it, or with an unquoted ~ or null. */
int	 yaml_is_empty(const struct yaml_node *);

#endif
