#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/yaml_tree.h"
#include "lavavisorctl/local/service_file.h"
#include "lavavisorctl/local/yaml_quote.h"

#define KEYS	10

/* A key of one line */
struct pair {
	const char	*key;
	const char	*value;		/* NULL: not written */
	int		 number;	/* written without quotes */
};

static void	difference(char *, size_t, const char *, ...)
		    __attribute__((__format__(__printf__, 3, 4)));
static void	pairs(const struct service_file *, struct pair *);
static int	same_arguments(const struct service_file *,
		    const struct yaml_node *);

/* In the order of the file; arguments: follow node: */
static void
pairs(const struct service_file *s, struct pair *p)
{
	const struct pair	 all[KEYS] = {
		{ "role", s->role, 0 },
		{ "config", s->config, 0 },
		{ "from", s->from, 0 },
		{ "geolocation", s->geolocation, 1 },
		{ "chain-id", s->chain_id, 0 },
		{ "keyring-backend", s->keyring_backend, 0 },
		{ "passphrase", s->passphrase, 0 },
		{ "node", s->node, 0 },
		{ "user", s->user, 0 },
		{ "allow-root", s->allow_root ? "true" : NULL, 1 }
	};

	memcpy(p, all, sizeof(all));
}

char *
service_file_text(const struct service_file *s, size_t *len)
{
	struct pair	 p[KEYS];
	char		*text;
	size_t		 i, k;
	FILE		*f;

	if ((f = open_memstream(&text, len)) == NULL)
		fatal("open_memstream");
	fprintf(f, "# Written by `lavavisor create-service'; every key is in "
	    "lavavisord.yml(5).\n"
	    "# lavap looks its config up by name: it runs in a directory of "
	    "its own where\n# ./config is service_configs.  Its keyring is in "
	    "%s.\n", s->lava_home);
	pairs(s, p);
	for (i = 0; i < KEYS; i++) {
		if (strcmp(p[i].key, "user") == 0 && s->narguments > 0) {
			fputs("arguments: [", f);
			for (k = 0; k < s->narguments; k++) {
				fputs(k > 0 ? ", " : "", f);
				yaml_put(f, s->arguments[k]);
			}
			fputs("]\n", f);
		}
		if (p[i].value == NULL)
			continue;
		fprintf(f, "%s: ", p[i].key);
		if (p[i].number)
			fputs(p[i].value, f);
		else
			yaml_put(f, p[i].value);
		fputc('\n', f);
	}
	if (fclose(f) == EOF)
		fatal("fclose");
	return text;
}

static void
difference(char *what, size_t size, const char *fmt, ...)
{
	size_t	 len = strlen(what);
	va_list	 ap;

	if (len + 3 >= size)
		return;
	if (len > 0)
		len += (size_t)snprintf(what + len, size - len, "; ");
	va_start(ap, fmt);
	vsnprintf(what + len, size - len, fmt, ap);
	va_end(ap);
}

static int
same_arguments(const struct service_file *s, const struct yaml_node *list)
{
	const struct yaml_node	*n;
	size_t			 i = 0;

	if (list != NULL && list->kind != YAML_LIST && !yaml_is_empty(list))
		return 0;
	for (n = list != NULL ? list->child : NULL; n != NULL; n = n->next)
		if (i == s->narguments || n->kind != YAML_TEXT ||
		    strcmp(n->text, s->arguments[i++]) != 0)
			return 0;
	return i == s->narguments;
}

int
service_file_compare(const struct service_file *s, const char *file,
    const char *text, size_t len, char *what, size_t size)
{
	struct yaml_problem	 problem;
	struct yaml_node	*root;
	const struct yaml_node	*n;
	struct pair		 p[KEYS];
	const char		*there;
	size_t			 i;

	what[0] = '\0';
	if (yaml_tree_read(text, len, 0, &root, &problem) == -1) {
		snprintf(what, size, "%s:%u:%u: %s", file, problem.line,
		    problem.column, problem.text);
		return -1;
	}
	if (root == NULL || root->kind != YAML_MAP) {
		snprintf(what, size, "%s:1:1: it must be a mapping (key: "
		    "value)", file);
		yaml_tree_free(root);
		return -1;
	}
	pairs(s, p);
	for (i = 0; i < KEYS; i++) {
		n = yaml_find(root, p[i].key);
		there = n != NULL && n->kind == YAML_TEXT &&
		    !yaml_is_empty(n) ? n->text : NULL;
		/* That is what leaving it out means. */
		if (p[i].number && p[i].value == NULL && there != NULL &&
		    strcmp(there, "false") == 0)
			there = NULL;
		if (there == NULL && p[i].value == NULL)
			continue;
		if (there != NULL && p[i].value != NULL &&
		    strcmp(there, p[i].value) == 0)
			continue;
		/* A node's URL may hold a password. */
		if (strcmp(p[i].key, "node") == 0)
			difference(what, size, "another node");
		else
			difference(what, size, "%s: %.80s there, %.80s here",
			    p[i].key, there != NULL ? there : "none",
			    p[i].value != NULL ? p[i].value : "none");
	}
	if (!same_arguments(s, yaml_find(root, "arguments")))
		difference(what, size, "other arguments");
	if (yaml_find(root, "command") != NULL)
		difference(what, size, "a command of its own");
	yaml_tree_free(root);
	return what[0] != '\0';
}

char *
service_file_value(const char *text, size_t len, const char *key)
{
	struct yaml_problem	 problem;
	struct yaml_node	*root;
	const struct yaml_node	*n;
	char			*value = NULL;

	if (yaml_tree_read(text, len, 0, &root, &problem) == -1)
		return NULL;
	n = yaml_find(root, key);
	if (n != NULL && n->kind == YAML_TEXT &&
	    (value = strdup(n->text)) == NULL)
		fatal("strdup");
	yaml_tree_free(root);
	return value;
}
