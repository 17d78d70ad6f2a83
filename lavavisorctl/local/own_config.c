#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/url.h"
#include "common/yaml_tree.h"
#include "lavavisorctl/local/own_config.h"
#include "lavavisorctl/local/place.h"
#include "lavavisorctl/local/yaml_quote.h"

#define CONFIG_MAX	(256 * 1024)
#define DEFAULT_NODE	"tcp://localhost:26657"

/*
 * Run by Lava itself, as its own documentation names them:
 * https://docs.lavanet.xyz/
 */
static const struct {
	const char	*chain_id;
	const char	*node[OWN_NODES_MAX];
} publics[] = {
	{ "lava-mainnet-1", { "https://lava.tendermintrpc.lava.build:443" } },
	{ "lava-testnet-2", { "https://testnet2-rpc.lavapro.xyz:443",
	    "https://lav1.tendermintrpc.lava.build:443" } }
};

static int	is_blank(const char *, size_t);
static int	names_node(const struct yaml_node *, const char *);
static int	open_directory(const struct place *, char *, size_t);
static int	same_chain(const struct place *, const struct yaml_node *,
		    const char *, char *, size_t);
static int	same_node(const struct place *, const struct yaml_node *,
		    const char *, char *, size_t);
static int	sane_chain(const char *, char *, size_t);

static int
sane_chain(const char *id, char *why, size_t size)
{
	size_t	 len = strlen(id);

	/* As CometBFT has them, MaxChainIDLen */
	if (len > 0 && len <= 50 && strspn(id, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == len)
		return 0;
	snprintf(why, size, "--chain-id \"%.60s\" is no chain's id like "
	    "lava-mainnet-1: letters, digits and - _ . (at most 50)", id);
	return -1;
}

int
own_config_make(struct own_config *c, const char *chain_id, const char *node,
    char *why, size_t size)
{
	struct url	 u;
	const char	*wrong;
	size_t		 i;

	memset(c, 0, sizeof(*c));
	if (chain_id != NULL && sane_chain(chain_id, why, size) == -1)
		return -1;
	c->chain_id = chain_id;
	if (node != NULL) {
		/* Not quoted in the error: there may be a password in it. */
		if (url_parse(node, &u, &wrong) == -1 || u.userinfo) {
			snprintf(why, size, "--node: %s", url_parse(node, &u,
			    &wrong) == -1 ? wrong : "a user or password in "
			    "the URL of a node is not supported");
			return -1;
		}
		c->node[c->nodes++] = node;
		return 0;
	}
	for (i = 0; chain_id != NULL && i < sizeof(publics) /
	    sizeof(publics[0]); i++) {
		if (strcmp(publics[i].chain_id, chain_id) != 0)
			continue;
		c->is_public = 1;
		while (c->nodes < OWN_NODES_MAX &&
		    publics[i].node[c->nodes] != NULL) {
			c->node[c->nodes] = publics[i].node[c->nodes];
			c->nodes++;
		}
		return 0;
	}
	c->is_default = 1;
	c->node[c->nodes++] = DEFAULT_NODE;
	return 0;
}

static int
is_blank(const char *text, size_t len)
{
	size_t	 i;

	for (i = 0; i < len; i++)
		if (strchr(" \t\r\n", text[i]) == NULL)
			return 0;
	return 1;
}

static int
same_chain(const struct place *p, const struct yaml_node *root,
    const char *chain_id, char *why, size_t size)
{
	const struct yaml_node	*n = yaml_find(root, "chain-id");

	if (chain_id == NULL || (n != NULL && n->kind == YAML_TEXT &&
	    strcmp(n->text, chain_id) == 0))
		return 0;
	if (n == NULL)
		snprintf(why, size, "%s:1: it has no chain-id, so --chain-id "
		    "%s is not what it says: add `chain-id: %s' to it, or "
		    "leave the option out", p->config, chain_id, chain_id);
	else
		snprintf(why, size, "%s:%u: chain-id is %.60s, not the %s of "
		    "--chain-id: change it there, or leave the option out",
		    p->config, n->line, n->kind == YAML_TEXT ? n->text :
		    "no text", chain_id);
	return -1;
}

static int
names_node(const struct yaml_node *nodes, const char *url)
{
	const struct yaml_node	*n, *u;

	for (n = nodes->child; n != NULL; n = n->next) {
		u = n->kind == YAML_TEXT ? n : yaml_find(n, "url");
		if (u != NULL && u->kind == YAML_TEXT &&
		    strcmp(u->text, url) == 0)
			return 1;
	}
	return 0;
}

static int
same_node(const struct place *p, const struct yaml_node *root,
    const char *node, char *why, size_t size)
{
	const struct yaml_node	*n = yaml_find(root, "nodes");

	if (node == NULL || (n == NULL && strcmp(node, DEFAULT_NODE) == 0) ||
	    (n != NULL && n->kind == YAML_LIST && names_node(n, node)))
		return 0;
	snprintf(why, size, "%s:%u: %s, and not the one of --node: add it "
	    "there, or leave the option out", p->config, n == NULL ? 1 :
	    n->line, n == NULL ? "it names no nodes, which means "
	    DEFAULT_NODE : "it names other nodes");
	return -1;
}

static int
open_directory(const struct place *p, char *why, size_t size)
{
	char	 copy[PLACE_PATH_SIZE], *dir;
	int	 fd;

	strlcpy(copy, p->config, sizeof(copy));
	dir = dirname(copy);
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		snprintf(why, size, "%s: %s", dir, strerror(errno));
	return fd;
}

enum own_state
own_config_look(const struct place *p, const char *chain_id, const char *node,
    size_t *services, char *why, size_t size)
{
	struct yaml_problem	 problem;
	struct yaml_node	*root = NULL;
	const struct yaml_node	*n;
	enum own_state		 state = OWN_THERE;
	char			*text = NULL;
	size_t			 len;
	FILE			*f;

	*services = 0;
	if ((f = fopen(p->config, "re")) == NULL) {
		if (errno == ENOENT)
			return OWN_NONE;
		snprintf(why, size, "%s: %s", p->config, strerror(errno));
		return OWN_WRONG;
	}
	if ((text = malloc(CONFIG_MAX + 1)) == NULL) {
		fclose(f);
		snprintf(why, size, "out of memory");
		return OWN_WRONG;
	}
	len = fread(text, 1, CONFIG_MAX + 1, f);
	if (ferror(f) || len > CONFIG_MAX) {
		snprintf(why, size, "%s: %s", p->config, ferror(f) ?
		    strerror(errno) : "it is too long");
		state = OWN_WRONG;
	} else if (is_blank(text, len))
		state = OWN_NONE;
	else if (yaml_tree_read(text, len, 0, &root, &problem) == -1) {
		snprintf(why, size, "%s:%u:%u: %s", p->config, problem.line,
		    problem.column, problem.text);
		state = OWN_WRONG;
	} else if (same_chain(p, root, chain_id, why, size) == -1 ||
	    same_node(p, root, node, why, size) == -1)
		state = OWN_WRONG;
	if ((n = yaml_find(root, "services")) != NULL && n->kind == YAML_LIST)
		for (n = n->child; n != NULL; n = n->next)
			++*services;
	yaml_tree_free(root);
	fclose(f);
	free(text);
	return state;
}

int
own_config_write(const struct place *p, const struct own_config *c,
    int anew, char *why, size_t size)
{
	char	*text = NULL;
	size_t	 i, len = 0;
	FILE	*f;
	int	 dir, result = -1;

	if ((f = open_memstream(&text, &len)) == NULL) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	fprintf(f, "# lavavisord's configuration, see lavavisord.yml(5).\n");
	if (c->chain_id != NULL) {
		fprintf(f, "chain-id: ");
		yaml_put(f, c->chain_id);
		fputc('\n', f);
	}
	fprintf(f, "nodes:\n");
	for (i = 0; i < c->nodes; i++) {
		fprintf(f, "  - url: ");
		yaml_put(f, c->node[i]);
		fprintf(f, "\n%s", c->is_public ? "    operator: lava\n" : "");
	}
	fprintf(f, "services: []\n");
	if (fclose(f) == EOF || text == NULL)
		snprintf(why, size, "out of memory");
	else if ((dir = open_directory(p, why, size)) != -1) {
		result = anew ? atomic_write_other(dir, "config.yml", 0640,
		    text, len) : atomic_write(dir, "config.yml", 0640, text,
		    len, ATOMIC_SYNC);
		if (result == -1)
			snprintf(why, size, "%s: %s", p->config,
			    strerror(errno));
		close(dir);
	}
	free(text);
	return result;
}
