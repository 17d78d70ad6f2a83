#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "common/service_name.h"
#include "lavavisord/config_main.h"
#include "lavavisord/config_values.h"

#define SECOND	1000
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)
#define MEGA	((uint64_t)1024 * 1024)
#define GIGA	(1024 * MEGA)

#define SOAK_UNSET	UINT32_MAX	/* as long as the probation */

#define DEFAULT_NODE	"tcp://localhost:26657"
#define DEFAULT_SOURCE	\
	"https://github.com/lavanet/lava/releases/download/v{version}"

static int	read_chain_id(struct config_parse *, const struct yaml_node *);
static int	read_nodes(struct config_parse *, const struct yaml_node *);
static int	read_node(struct config_parse *, const struct yaml_node *,
		    struct config_node *);
static int	read_quorum(struct config_parse *, const struct yaml_node *);
static int	count_quorum(struct config_parse *, const struct yaml_node *);
static void	group_nodes(struct config *);
static int	same_host(const char *, const char *);
static int	same_group(const struct config_node *,
		    const struct config_node *);
static int	read_sources(struct config_parse *, const struct yaml_node *);
static int	read_proxy(struct config_parse *, const struct yaml_node *);
static int	read_keys(struct config_parse *, const struct yaml_node *);
static int	read_pins(struct config_parse *, const struct yaml_node *);
static int	read_range(struct config_parse *, const struct yaml_node *);
static int	read_window(struct config_parse *, const struct yaml_node *);
static void	take_wrapped(struct config *);
static int	read_services(struct config_parse *, const struct yaml_node *);
static int	check_source(const char *, const char **);

static const struct schema_choice choose_sandbox[] = {
	{ "auto", SANDBOX_AUTO },
	{ "require", SANDBOX_REQUIRE },
	{ "off", SANDBOX_OFF },
	{ NULL, 0 }
};

static const struct schema_choice choose_auto[] = {
	{ "none", AUTO_NONE },
	{ "patch", AUTO_PATCH },
	{ "minor", AUTO_MINOR },
	{ "major", AUTO_MAJOR },
	{ NULL, 0 }
};

static const struct schema_choice choose_check[] = {
	{ "warn", VERSION_CHECK_WARN },
	{ "strict", VERSION_CHECK_STRICT },
	{ NULL, 0 }
};

static const struct schema_choice choose_trust[] = {
	{ "checksum", TRUST_CHECKSUM },
	{ "signed", TRUST_SIGNED },
	{ "pinned", TRUST_PINNED },
	{ NULL, 0 }
};

#define FIELD(f)	.offset = offsetof(struct config, f)

static const struct schema_key policy_keys[] = {
	{ .name = "auto", .kind = SCHEMA_CHOICE, FIELD(policy.automatic),
	    .choices = choose_auto },
	{ .name = "settle", .kind = SCHEMA_DURATION, FIELD(policy.settle_ms),
	    .max = 7u * DAY },
	{ .name = "splay", .kind = SCHEMA_DURATION, FIELD(policy.splay_ms),
	    .max = 7u * DAY },
	{ .name = "per-day", .kind = SCHEMA_COUNT, FIELD(policy.per_day),
	    .max = 1000 },
	{ .name = "max-unavailable", .kind = SCHEMA_COUNT,
	    FIELD(policy.max_unavailable), .min = 1,
	    .max = CONFIG_SERVICES_MAX },
	{ .name = "probation", .kind = SCHEMA_DURATION,
	    FIELD(policy.probation_ms), .max = DAY },
	{ .name = "soak", .kind = SCHEMA_DURATION, FIELD(policy.soak_ms),
	    .max = DAY },
	{ .name = "pause", .kind = SCHEMA_DURATION, FIELD(policy.pause_ms),
	    .max = HOUR },
	{ .name = "ready-timeout", .kind = SCHEMA_DURATION,
	    FIELD(policy.ready_timeout_ms), .min = SECOND, .max = DAY },
	{ .name = "version-check", .kind = SCHEMA_CHOICE,
	    FIELD(policy.version_check), .choices = choose_check },
	{ .name = "window", .kind = SCHEMA_CALL, .call = read_window },
	{ .name = "retry", .kind = SCHEMA_DURATION, FIELD(policy.retry_ms),
	    .min = SECOND, .max = HOUR },
	{ .name = NULL }
};

static const struct schema_key release_keys[] = {
	{ .name = "trust", .kind = SCHEMA_CHOICE, FIELD(releases.trust),
	    .choices = choose_trust },
	{ .name = "sources", .kind = SCHEMA_CALL, .call = read_sources },
	{ .name = "keys", .kind = SCHEMA_CALL, .call = read_keys },
	{ .name = "pins", .kind = SCHEMA_CALL, .call = read_pins },
	{ .name = "ca-file", .kind = SCHEMA_TEXT, FIELD(releases.ca_file),
	    .check = check_path },
	{ .name = "proxy", .kind = SCHEMA_CALL, .call = read_proxy },
	{ .name = "timeout", .kind = SCHEMA_DURATION,
	    FIELD(releases.timeout_ms), .min = SECOND, .max = 7u * DAY },
	{ .name = "stall-timeout", .kind = SCHEMA_DURATION,
	    FIELD(releases.stall_ms), .min = SECOND, .max = HOUR },
	{ .name = "max-size", .kind = SCHEMA_SIZE, FIELD(releases.max_size),
	    .min = 1, .max = 16 * GIGA },
	{ .name = "allow-scripts", .kind = SCHEMA_BOOL,
	    FIELD(releases.allow_scripts) },
	{ .name = "keep", .kind = SCHEMA_COUNT, FIELD(releases.keep), .min = 1,
	    .max = 100 },
	{ .name = NULL }
};

static const struct schema_key main_keys[] = {
	{ .name = "chain-id", .kind = SCHEMA_CALL, .call = read_chain_id },
	{ .name = "nodes", .kind = SCHEMA_CALL, .call = read_nodes },
	{ .name = "ca-file", .kind = SCHEMA_TEXT, FIELD(ca_file),
	    .check = check_path },
	{ .name = "quorum", .kind = SCHEMA_CALL, .call = read_quorum },
	{ .name = "poll-interval", .kind = SCHEMA_DURATION, FIELD(poll_ms),
	    .min = SECOND, .max = HOUR },
	{ .name = "max-block-age", .kind = SCHEMA_DURATION,
	    FIELD(max_block_age_ms), .min = SECOND, .max = DAY },
	{ .name = "sandbox", .kind = SCHEMA_CHOICE, FIELD(sandbox),
	    .choices = choose_sandbox },
	{ .name = "policy", .kind = SCHEMA_MAP, .keys = policy_keys },
	{ .name = "releases", .kind = SCHEMA_MAP, .keys = release_keys },
	{ .name = "hooks", .kind = SCHEMA_MAP, .keys = config_hooks_keys },
	{ .name = "services", .kind = SCHEMA_CALL, .call = read_services },
	{ .name = NULL }
};

void
config_main_defaults(struct config *c)
{
	c->poll_ms = 15 * SECOND;
	c->max_block_age_ms = 10 * MINUTE;
	c->sandbox = SANDBOX_AUTO;
	c->policy.automatic = AUTO_MAJOR;
	c->policy.settle_ms = 10 * MINUTE;
	c->policy.splay_ms = 5 * MINUTE;
	c->policy.per_day = 2;
	c->policy.max_unavailable = 1;
	c->hooks.timeout_ms = 60 * SECOND;
	c->policy.probation_ms = 60 * SECOND;
	c->policy.soak_ms = SOAK_UNSET;
	c->policy.ready_timeout_ms = 60 * SECOND;
	c->policy.version_check = VERSION_CHECK_WARN;
	c->policy.retry_ms = 60 * SECOND;
	c->releases.trust = TRUST_CHECKSUM;
	c->releases.timeout_ms = 4 * HOUR;
	c->releases.stall_ms = 30 * SECOND;
	c->releases.max_size = 512 * MEGA;
	c->releases.keep = 3;
}

int
check_path(const char *text, const char **why)
{
	size_t	 len = strlen(text);

	*why = "it must be an absolute path";
	if (text[0] != '/')
		return -1;
	*why = "a path has no \"..\" in it here";
	if (strstr(text, "/../") != NULL ||
	    (len >= 3 && strcmp(text + len - 3, "/..") == 0))
		return -1;
	*why = "the path is too long";
	return len < 1024 ? 0 : -1;
}

int
check_chain_id(const char *text, const char **why)
{
	const char	*p;

	*why = "a chain id is letters, digits and - _ . (at most 63)";
	if (strlen(text) >= NAME_SIZE || !isalnum((unsigned char)*text))
		return -1;
	for (p = text; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("-_.", *p) == NULL)
			return -1;
	return 0;
}

static int
read_chain_id(struct config_parse *p, const struct yaml_node *node)
{
	const char	*text, *why;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	if (check_chain_id(text, &why) == -1)
		return schema_fail(p, node, "%s", why);
	strlcpy(p->config->chain_id, text, sizeof(p->config->chain_id));
	return 0;
}

static int
read_node(struct config_parse *p, const struct yaml_node *node,
    struct config_node *out)
{
	static const char	 url_key[] = "url", operator_key[] = "operator";
	const struct yaml_node	*n, *url = NULL;
	const char		*text, *why;

	if (node->kind == YAML_TEXT)
		url = node;
	else if (node->kind != YAML_MAP)
		return schema_fail(p, node, "a node is url: and operator:");
	for (n = node->child; n != NULL; n = n->next->next) {
		if (strcmp(n->text, url_key) == 0)
			url = n->next;
		else if (strcmp(n->text, operator_key) != 0)
			return schema_fail(p, n,
			    "unknown key \"%.60s\" of a node (url, operator)",
			    n->text);
		else if ((text = schema_text(p, n->next)) == NULL)
			return -1;
		else if (strlcpy(out->operator_name, text,
		    sizeof(out->operator_name)) >= sizeof(out->operator_name))
			return schema_fail(p, n->next,
			    "the operator's name is too long");
	}
	if (url == NULL)
		return schema_fail(p, node, "this node has no url");
	if ((text = schema_text(p, url)) == NULL)
		return -1;
	if (url_parse(text, &out->parsed, &why) == -1)
		return schema_fail(p, url, "%s", why);
	if (out->parsed.userinfo)
		return schema_fail(p, url,
		    "a user or password in the URL of a node is not supported");
	strlcpy(out->url, text, sizeof(out->url));
	return 0;
}

static int
read_nodes(struct config_parse *p, const struct yaml_node *node)
{
	struct config		*c = p->config;
	const struct yaml_node	*n;
	size_t			 i, total;

	if (schema_list(p, node, CONFIG_NODES_MAX, &total) == -1)
		return -1;
	c->nodes = schema_zeroed(total, sizeof(*c->nodes));
	for (n = node->child; n != NULL; n = n->next) {
		if (read_node(p, n, &c->nodes[c->nodes_count]) == -1)
			return -1;
		for (i = 0; i < c->nodes_count; i++)
			if (strcmp(c->nodes[i].url,
			    c->nodes[c->nodes_count].url) == 0)
				return schema_fail(p, n,
				    "this node is there twice");
		c->nodes_count++;
	}
	return 0;
}

static int
read_quorum(struct config_parse *p, const struct yaml_node *node)
{
	const char	*text, *why;
	uint64_t	 n;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	if (value_count(text, &n, &why) == -1)
		return schema_fail(p, node, "%s", why);
	if (n < 1 || n > CONFIG_NODES_MAX)
		return schema_fail(p, node, "it must be from 1 to %d",
		    CONFIG_NODES_MAX);
	p->config->quorum = (uint32_t)n;
	return 0;
}

/* One name, were it written with a dot at its end */
static int
same_host(const char *a, const char *b)
{
	size_t	 n = strlen(a), m = strlen(b);

	n -= n > 0 && a[n - 1] == '.';
	m -= m > 0 && b[m - 1] == '.';
	return n == m && strncmp(a, b, n) == 0;
}

/*
 * One operator has one vote; without a name the host stands for it, whoever
 * else is said to have that host.
 */
static int
same_group(const struct config_node *a, const struct config_node *b)
{
	const char	*x = a->operator_name, *y = b->operator_name;

	if (x[0] != '\0' && y[0] != '\0')
		return strcasecmp(x, y) == 0;
	return same_host(a->parsed.host, b->parsed.host) ||
	    strcasecmp(x[0] != '\0' ? x : a->parsed.host,
	    y[0] != '\0' ? y : b->parsed.host) == 0;
}

/* Two that a third one is the same as are one. */
static void
group_nodes(struct config *c)
{
	uint32_t	 of[CONFIG_NODES_MAX], was, is;
	size_t		 i, j, k;

	for (i = 0; i < c->nodes_count; i++) {
		of[i] = (uint32_t)i;
		for (j = 0; j < i; j++) {
			if (of[j] == of[i] ||
			    !same_group(&c->nodes[i], &c->nodes[j]))
				continue;
			/* The first of a group numbers it. */
			is = of[i] < of[j] ? of[i] : of[j];
			was = of[i] < of[j] ? of[j] : of[i];
			for (k = 0; k <= i; k++)
				if (of[k] == was)
					of[k] = is;
		}
	}
	c->groups_count = 0;
	for (i = 0; i < c->nodes_count; i++)
		c->nodes[i].group = of[i] == i ? c->groups_count++ :
		    c->nodes[of[i]].group;
}

/* Once both the nodes and the quorum are read */
static int
count_quorum(struct config_parse *p, const struct yaml_node *root)
{
	struct config	*c = p->config;

	p->key = NULL;
	group_nodes(c);
	if (c->quorum == 0)
		c->quorum = c->groups_count / 2 + 1;
	if (c->quorum <= c->groups_count)
		return 0;
	return schema_fail(p, yaml_find(root, "quorum"),
	    "quorum %u can never be reached: the nodes are of %u operator%s",
	    c->quorum, c->groups_count, c->groups_count == 1 ? "" : "s");
}

/* A URL template: each {name} must be one that we replace. */
static int
check_source(const char *text, const char **why)
{
	char		 example[URL_SIZE];
	struct url	 u;

	if (config_release_url(text, "4294967295.4294967295.429",
	    "openbsd", "amd64", NULL, example, sizeof(example)) == -1) {
		*why = "it is too long, or has braces around something else "
		    "than version, os and arch";
		return -1;
	}
	if (url_parse(example, &u, why) == -1)
		return -1;
	if (u.scheme == URL_TCP) {
		*why = "a source begins with https:// or http://";
		return -1;
	}
	if (u.userinfo) {
		*why = "a user or password in the URL of a source is not "
		    "supported";
		return -1;
	}
	if (strchr(text, '?') != NULL) {
		*why = "a source is a directory: no ? in its URL";
		return -1;
	}
	return 0;
}

static int
read_sources(struct config_parse *p, const struct yaml_node *node)
{
	struct config_releases	*r = &p->config->releases;
	size_t			 i, len;

	if (schema_texts(p, node, CONFIG_SOURCES_MAX, check_source,
	    &r->sources, &r->sources_count) == -1)
		return -1;
	for (i = 0; i < r->sources_count; i++)
		for (len = strlen(r->sources[i]);
		    len > 0 && r->sources[i][len - 1] == '/'; len--)
			r->sources[i][len - 1] = '\0';
	return 0;
}

/* An HTTP proxy: http://HOST:PORT, nothing behind it */
static int
read_proxy(struct config_parse *p, const struct yaml_node *node)
{
	struct config_releases	*r = &p->config->releases;
	const char		*text, *why;
	struct url		 u;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	if (url_parse(text, &u, &why) == -1)
		return schema_fail(p, node, "%s", why);
	if (u.scheme != URL_HTTP || strcmp(u.path, "/") != 0)
		return schema_fail(p, node, "a proxy is http://HOST:PORT");
	if (u.userinfo)
		return schema_fail(p, node, "a user or password in the URL "
		    "of a proxy is not supported");
	r->proxy = schema_copy(text);
	strlcpy(r->proxy_host, u.host, sizeof(r->proxy_host));
	r->proxy_port = u.port;
	return 0;
}

static int
read_keys(struct config_parse *p, const struct yaml_node *node)
{
	struct config_releases	*r = &p->config->releases;
	const struct yaml_node	*n;
	const char		*text, *why;
	size_t			 total;

	if (schema_list(p, node, CONFIG_KEYS_MAX, &total) == -1)
		return -1;
	r->keys = schema_zeroed(total, sizeof(*r->keys));
	for (n = node->child; n != NULL; n = n->next) {
		if ((text = schema_text(p, n)) == NULL)
			return -1;
		if (check_path(text, &why) == -1)
			return schema_fail(p, n, "%s", why);
		r->keys[r->keys_count].line = n->line;
		r->keys[r->keys_count].column = n->column;
		r->keys[r->keys_count++].path = schema_copy(text);
	}
	return 0;
}

static int
read_pins(struct config_parse *p, const struct yaml_node *node)
{
	struct config_releases	*r = &p->config->releases;
	const struct yaml_node	*n;
	struct config_pin	*pin;
	const char		*text, *why;
	size_t			 i, total = 0;

	if (yaml_is_empty(node))
		return 0;
	if (node->kind != YAML_MAP)
		return schema_fail(p, node, "it must be VERSION: SHA256");
	for (n = node->child; n != NULL; n = n->next->next)
		total++;
	r->pins = schema_zeroed(total, sizeof(*r->pins));
	for (n = node->child; n != NULL; n = n->next->next) {
		pin = &r->pins[r->pins_count];
		if (value_version(n->text, &why) == -1)
			return schema_fail(p, n, "%s", why);
		if ((text = schema_text(p, n->next)) == NULL)
			return -1;
		for (i = 0; isxdigit((unsigned char)text[i]) && i < 64; i++)
			pin->sha256[i] =
			    (char)tolower((unsigned char)text[i]);
		if (i != 64 || text[i] != '\0')
			return schema_fail(p, n->next,
			    "a SHA-256 is 64 hexadecimal digits");
		strlcpy(pin->version, n->text, sizeof(pin->version));
		r->pins_count++;
	}
	return 0;
}

static int
read_range(struct config_parse *p, const struct yaml_node *node)
{
	struct window	*w = &p->config->policy.window;
	const char	*text, *why;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	if (window_parse(text, &w->range[w->count], &why) == -1)
		return schema_fail(p, node, "%s", why);
	w->count++;
	return 0;
}

/* One range or a list of them */
static int
read_window(struct config_parse *p, const struct yaml_node *node)
{
	const struct yaml_node	*n;
	size_t			 total;

	if (node->kind == YAML_TEXT)
		return read_range(p, node);
	if (schema_list(p, node, WINDOW_RANGES_MAX, &total) == -1)
		return -1;
	for (n = node->child; n != NULL; n = n->next)
		if (read_range(p, n) == -1)
			return -1;
	return 0;
}

static int
read_services(struct config_parse *p, const struct yaml_node *node)
{
	struct config		*c = p->config;
	struct config_service	*s;
	const struct yaml_node	*n;
	const char		*text;
	size_t			 total;

	if (schema_list(p, node, CONFIG_SERVICES_MAX, &total) == -1)
		return -1;
	/* What stands in for one service has no other. */
	if (config_wrapped() != NULL)
		return 0;
	c->services = schema_zeroed(total, sizeof(*c->services));
	for (n = node->child; n != NULL; n = n->next) {
		if ((text = schema_text(p, n)) == NULL)
			return -1;
		if (!service_name_valid(text))
			return schema_fail(p, n, "\"%.80s\" is no name for a "
			    "service: " SERVICE_NAME_RULE, text);
		if (config_find_service(c, text) != NULL)
			return schema_fail(p, n, "\"%s\" is there twice",
			    text);
		s = &c->services[c->services_count];
		config_service_defaults(s);
		strlcpy(s->name, text, sizeof(s->name));
		s->line = n->line;
		s->column = n->column;
		c->services_count++;
	}
	return 0;
}

static void
take_wrapped(struct config *c)
{
	c->services = schema_zeroed(1, sizeof(*c->services));
	config_service_defaults(&c->services[0]);
	strlcpy(c->services[0].name, config_wrapped(),
	    sizeof(c->services[0].name));
	c->services[0].line = c->services[0].column = 1;
	c->services_count = 1;
}

int
config_main_read(struct config_parse *p, const struct yaml_node *root)
{
	struct config		*c = p->config;
	const struct yaml_node	*n;
	const char		*why;

	if (root == NULL || yaml_is_empty(root))
		return schema_fail(p, root, "there is no \"services:\" in it");
	if (schema_read(p, root, main_keys, c) == -1)
		return -1;
	if (c->policy.soak_ms == SOAK_UNSET)
		c->policy.soak_ms = c->policy.probation_ms;
	if (config_wrapped() != NULL)
		take_wrapped(c);
	else if (yaml_find(root, "services") == NULL)
		return schema_fail(p, root, "there is no \"services:\" in it");
	if (c->releases.trust == TRUST_SIGNED && c->releases.keys_count == 0) {
		n = yaml_find(yaml_find(root, "releases"), "trust");
		return schema_fail(p, n,
		    "trust: signed needs the signers' \"keys:\"");
	}
	if (c->nodes_count == 0) {
		free(c->nodes);
		c->nodes = schema_zeroed(1, sizeof(*c->nodes));
		c->nodes_count = 1;
		c->nodes_default = 1;
		strlcpy(c->nodes[0].url, DEFAULT_NODE,
		    sizeof(c->nodes[0].url));
		if (url_parse(DEFAULT_NODE, &c->nodes[0].parsed, &why) == -1)
			fatalx("%s: %s", DEFAULT_NODE, why);
	}
	if (count_quorum(p, root) == -1)
		return -1;
	if (c->releases.sources_count == 0) {
		free(c->releases.sources);
		c->releases.sources = schema_zeroed(2, sizeof(char *));
		c->releases.sources[0] = schema_copy(DEFAULT_SOURCE);
		c->releases.sources_count = 1;
	}
	return 0;
}
