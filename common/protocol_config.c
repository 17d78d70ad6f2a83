#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "common/protocol_config.h"
#include "common/url.h"
#include "common/utf8.h"
#include "common/yaml_tree.h"

#define CHAIN_ID_MAX	40

static int	check_address(const struct protocol_config *,
		    enum protocol_role, const struct protocol_endpoint *,
		    char *, size_t);
static int	check_chain(const struct protocol_config *,
		    const struct protocol_endpoint *, char *, size_t);
static int	check_interface(const struct protocol_config *,
		    const struct protocol_endpoint *, char *, size_t);
static int	check_node(const struct protocol_config *,
		    const struct protocol_endpoint *,
		    const struct yaml_node *, char *, size_t);
static int	check_nodes(const struct protocol_config *,
		    const struct protocol_endpoint *, char *, size_t);
static int	check_others(const struct protocol_config *,
		    enum protocol_role, size_t, char *, size_t);
static int	fail(const struct protocol_config *,
		    const struct yaml_node *, char *, size_t, const char *,
		    ...) __attribute__((__format__(__printf__, 5, 6)));
static const struct yaml_node	*find(const struct yaml_node *, const char *);
static int	is_everywhere(const char *);
static int	is_text(const struct yaml_node *);
static void	read_endpoint(struct protocol_endpoint *,
		    const struct yaml_node *);
static int	same_listener(const char *, const char *);
static const char	*scheme_fault(const char *, const char *);

static const char *const	 interfaces[] = { "jsonrpc", "rest", "grpc",
    "tendermintrpc" };

static int
fail(const struct protocol_config *c, const struct yaml_node *at, char *error,
    size_t size, const char *fmt, ...)
{
	char	 text[320], *p;
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	utf8_clean(text);
	for (p = text; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p))
			*p = '?';
	snprintf(error, size, "%s:%u:%u: %s", c->file,
	    at != NULL ? at->line : 1, at != NULL ? at->column : 1, text);
	return -1;
}

/* As yaml_find(), but case does not count, as viper has it */
static const struct yaml_node *
find(const struct yaml_node *map, const char *key)
{
	const struct yaml_node	*n;

	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (n = map->child; n != NULL && n->next != NULL; n = n->next->next)
		if (n->kind == YAML_TEXT && strcasecmp(n->text, key) == 0)
			return n->next;
	return NULL;
}

static int
is_text(const struct yaml_node *n)
{
	return n != NULL && n->kind == YAML_TEXT && !yaml_is_empty(n) &&
	    n->text[0] != '\0';
}

static void
read_endpoint(struct protocol_endpoint *e, const struct yaml_node *at)
{
	const struct yaml_node	*n;

	e->at = at;
	e->chain_id = find(at, "chain-id");
	e->api_interface = find(at, "api-interface");
	if ((e->network = find(at, "network-address")) == NULL)
		e->network = find(at, "listen-address");	/* older */
	n = e->network;
	if (n != NULL && n->kind == YAML_MAP)
		n = find(n, "address");
	e->address = is_text(n) ? n : NULL;
	e->node_urls = find(at, "node-urls");
	e->health_path = find(at, "health-check-path");
	n = find(at, "tls-enabled");
	e->tls = n != NULL && n->kind == YAML_TEXT &&
	    strcasecmp(n->text, "true") == 0;
}

int
protocol_config_read(struct protocol_config *c, const char *file,
    const void *text, size_t len, char *error, size_t size)
{
	struct yaml_problem	 problem;
	const struct yaml_node	*n;

	memset(c, 0, sizeof(*c));
	c->file = file;
	if (len > PROTOCOL_CONFIG_MAX) {
		snprintf(error, size, "%s: it is larger than %d bytes", file,
		    PROTOCOL_CONFIG_MAX);
		return -1;
	}
	if (yaml_tree_read(text, len, 1, &c->root, &problem) == -1) {
		snprintf(error, size, "%s:%u:%u: %s", file, problem.line,
		    problem.column, problem.text);
		return -1;
	}
	c->list = find(c->root, "endpoints");
	if (c->list == NULL || c->list->kind != YAML_LIST) {
		fail(c, c->list, error, size, "there is no list "
		    "\"endpoints:\" in it");
		protocol_config_free(c);
		return -1;
	}
	for (n = c->list->child; n != NULL; n = n->next)
		c->count++;
	c->endpoints = calloc(c->count + 1, sizeof(*c->endpoints));
	if (c->endpoints == NULL)
		fatal("calloc");
	c->count = 0;
	for (n = c->list->child; n != NULL; n = n->next)
		read_endpoint(&c->endpoints[c->count++], n);
	return 0;
}

void
protocol_config_free(struct protocol_config *c)
{
	yaml_tree_free(c->root);
	free(c->endpoints);
	memset(c, 0, sizeof(*c));
}

static int
check_chain(const struct protocol_config *c, const struct protocol_endpoint *e,
    char *error, size_t size)
{
	const char	*p;

	if (!is_text(e->chain_id))
		return fail(c, e->chain_id != NULL ? e->chain_id : e->at,
		    error, size, "the endpoint has no chain-id (ETH1, "
		    "LAV1, ...)");
	for (p = e->chain_id->text; isupper((unsigned char)*p) ||
	    isdigit((unsigned char)*p); p++)
		;
	if (*p != '\0' || p - e->chain_id->text > CHAIN_ID_MAX)
		return fail(c, e->chain_id, error, size, "chain-id: \"%.60s\" "
		    "is no name of a spec: capital letters and digits, as "
		    "ETH1 or LAV1", e->chain_id->text);
	return 0;
}

static int
check_interface(const struct protocol_config *c,
    const struct protocol_endpoint *e, char *error, size_t size)
{
	size_t	 i;

	if (!is_text(e->api_interface))
		return fail(c, e->api_interface != NULL ? e->api_interface :
		    e->at, error, size, "the endpoint has no api-interface "
		    "(jsonrpc, rest, grpc or tendermintrpc)");
	for (i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++)
		if (strcmp(e->api_interface->text, interfaces[i]) == 0)
			return 0;
	return fail(c, e->api_interface, error, size, "api-interface: "
	    "\"%.60s\" is not one of jsonrpc, rest, grpc, tendermintrpc",
	    e->api_interface->text);
}

static int
check_address(const struct protocol_config *c, enum protocol_role role,
    const struct protocol_endpoint *e, char *error, size_t size)
{
	const struct yaml_node	*n = e->network;
	const char		*why;
	char			 host[HOST_SIZE];
	uint16_t		 port;

	if (n == NULL || yaml_is_empty(n))
		return fail(c, n != NULL ? n : e->at, error, size,
		    "the endpoint has no network-address");
	if (role == PROTOCOL_PROVIDER && n->kind != YAML_MAP)
		return fail(c, n, error, size, "network-address: of a "
		    "provider it is a mapping with \"address: HOST:PORT\" "
		    "in it");
	if (role == PROTOCOL_CONSUMER && n->kind != YAML_TEXT)
		return fail(c, n, error, size, "network-address: of a "
		    "consumer it is HOST:PORT, no mapping");
	if (e->address == NULL)
		return fail(c, n, error, size, "network-address: there is no "
		    "\"address: HOST:PORT\" in it");
	if (url_host_port(e->address->text, host, &port, &why) == -1)
		return fail(c, e->address, error, size, "network-address: %s",
		    why);
	return 0;
}

/* What lavap itself refuses; NULL if nothing */
static const char *
scheme_fault(const char *interface, const char *url)
{
	static const char *const	 schemes[] = { "http://", "https://",
					    "ws://", "wss://" };
	size_t				 i, n = 4;

	if (strcmp(interface, "grpc") == 0)
		return strstr(url, "://") == NULL ? NULL : "a node's URL for "
		    "grpc has no scheme: HOST:PORT";
	if (strcmp(interface, "rest") == 0)
		n = 2;
	for (i = 0; i < n; i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0 &&
		    url[strlen(schemes[i])] != '\0')
			return NULL;
	return n == 2 ? "a node's URL for rest begins with http:// or "
	    "https://" : "a node's URL begins with http://, https://, ws:// "
	    "or wss://";
}

static int
check_node(const struct protocol_config *c, const struct protocol_endpoint *e,
    const struct yaml_node *node, char *error, size_t size)
{
	const struct yaml_node	*url;
	const char		*why;

	if (node->kind != YAML_MAP)
		return fail(c, node, error, size, "node-urls: each is a "
		    "mapping with \"url:\" in it");
	if (!is_text(url = find(node, "url")))
		return fail(c, url != NULL ? url : node, error, size,
		    "node-urls: this node has no url");
	if ((why = scheme_fault(e->api_interface->text, url->text)) != NULL)
		return fail(c, url, error, size, "node-urls: %s", why);
	return 0;
}

static int
check_nodes(const struct protocol_config *c, const struct protocol_endpoint *e,
    char *error, size_t size)
{
	const struct yaml_node	*n = e->node_urls;

	if (n == NULL || yaml_is_empty(n) || ((n->kind == YAML_LIST ||
	    n->kind == YAML_MAP) && n->child == NULL))
		return fail(c, n != NULL ? n : e->at, error, size,
		    "a provider's endpoint needs node-urls: the nodes that it "
		    "passes requests on to");
	if (n->kind == YAML_MAP)
		return check_node(c, e, n, error, size);
	if (n->kind != YAML_LIST)
		return fail(c, n, error, size, "node-urls: it must be a list "
		    "of \"- url: URL\"");
	for (n = n->child; n != NULL; n = n->next)
		if (check_node(c, e, n, error, size) == -1)
			return -1;
	return 0;
}

static int
is_everywhere(const char *host)
{
	return host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 ||
	    strcmp(host, "::") == 0;
}

/* What is no address is nobody's. */
static int
same_listener(const char *a, const char *b)
{
	char		 x[HOST_SIZE], y[HOST_SIZE];
	const char	*why;
	uint16_t	 p, q;

	if (url_host_port(a, x, &p, &why) == -1 ||
	    url_host_port(b, y, &q, &why) == -1 || p != q)
		return 0;
	if (strcmp(x, "localhost") == 0)
		strlcpy(x, "127.0.0.1", sizeof(x));
	if (strcmp(y, "localhost") == 0)
		strlcpy(y, "127.0.0.1", sizeof(y));
	return strcmp(x, y) == 0 || is_everywhere(x) || is_everywhere(y);
}

/* A provider serves all its chains on one listener, a consumer cannot. */
static int
check_others(const struct protocol_config *c, enum protocol_role role,
    size_t which, char *error, size_t size)
{
	const struct protocol_endpoint	*e = &c->endpoints[which], *o;
	size_t				 i;

	for (i = 0; i < which; i++) {
		o = &c->endpoints[i];
		if (!same_listener(e->address->text, o->address->text))
			continue;
		if (role == PROTOCOL_CONSUMER)
			return fail(c, e->address, error, size,
			    "network-address: the endpoint in line %u listens "
			    "on \"%.80s\" already", o->at->line,
			    o->address->text);
		if (strcmp(e->chain_id->text, o->chain_id->text) == 0 &&
		    strcmp(e->api_interface->text, o->api_interface->text) ==
		    0)
			return fail(c, e->at, error, size, "the endpoint in "
			    "line %u has %s of %s on this address already",
			    o->at->line, o->api_interface->text,
			    o->chain_id->text);
	}
	return 0;
}

int
protocol_config_check(const struct protocol_config *c,
    enum protocol_role role, char *error, size_t size)
{
	const struct protocol_endpoint	*e;
	size_t				 i;

	if (c->count == 0)
		return fail(c, c->list, error, size, "there is no endpoint "
		    "in it");
	for (i = 0; i < c->count; i++) {
		e = &c->endpoints[i];
		if (e->at->kind != YAML_MAP)
			return fail(c, e->at, error, size, "an endpoint is a "
			    "mapping: chain-id, api-interface, "
			    "network-address");
		if (check_chain(c, e, error, size) == -1 ||
		    check_interface(c, e, error, size) == -1 ||
		    check_address(c, role, e, error, size) == -1)
			return -1;
		if (role == PROTOCOL_PROVIDER &&
		    check_nodes(c, e, error, size) == -1)
			return -1;
		if (check_others(c, role, i, error, size) == -1)
			return -1;
	}
	return 0;
}

const char *
protocol_config_clash(const struct protocol_config *a,
    const struct protocol_config *b)
{
	size_t	 i, k;

	for (i = 0; i < a->count; i++)
		for (k = 0; a->endpoints[i].address != NULL && k < b->count;
		    k++)
			if (b->endpoints[k].address != NULL && same_listener(
			    a->endpoints[i].address->text,
			    b->endpoints[k].address->text))
				return a->endpoints[i].address->text;
	return NULL;
}
