#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/url.h"
#include "lavavisord/config_check.h"
#include "lavavisord/config_main.h"
#include "lavavisord/config_values.h"

#define SECOND		1000
#define MINUTE		(60 * SECOND)
#define DAY		(24 * 60 * MINUTE)

#define TIMEOUT_TCP_MS	(2 * SECOND)
#define TIMEOUT_MS	(5 * SECOND)
#define WORDS_MAX	64

/* By enum ready_kind */
static const struct {
	const char	*name;
	int		 target;	/* 0 none, 1 may follow, 2 must */
	int		 again;		/* 1: can be asked at any time */
} kinds[] = {
	[READY_NONE] =		{ "none", 0, 0 },
	[READY_TCP] =		{ "tcp", 1, 1 },
	[READY_HTTP] =		{ "http", 1, 1 },
	[READY_LOG] =		{ "log", 2, 0 },
	[READY_NOTIFY] =	{ "notify", 0, 0 },
	[READY_COMMAND] =	{ "command", 2, 1 }
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static int	check_action(struct config_parse *, const struct yaml_node *,
		    const struct yaml_node *);
static void	check_copy(struct config_check *, const struct config_check *);
static int	check_http(struct config_parse *, const struct yaml_node *,
		    struct config_check *);
static int	check_kind(struct config_parse *, const struct yaml_node *,
		    struct config_check *);
static int	check_options(struct config_parse *, const struct yaml_node *,
		    struct config_check *);
static int	check_status(struct config_parse *, const struct yaml_node *,
		    struct config_check *);
static int	check_target(struct config_parse *, const struct yaml_node *,
		    struct config_check *, const char *);
static int	check_whole(struct config_parse *, const struct yaml_node *,
		    struct config_check *);
static int	check_words(struct config_parse *, const struct yaml_node *,
		    struct config_check *);
static int	is_printable(const char *, const char **);
static int	later(struct config_parse *, const struct yaml_node *);
static int	text_same(const char *, const char *);

#define CHECK(f)	.offset = offsetof(struct config_check, f)
#define HEALTH(f)	.offset = offsetof(struct config_health, f)
#define OF_HEALTH(f)	.offset = offsetof(struct config_health, check.f)

static const struct schema_key ready_keys[] = {
	{ .name = "check", .kind = SCHEMA_CALL, .call = later },
	{ .name = "status", .kind = SCHEMA_CALL, .call = later },
	{ .name = "body", .kind = SCHEMA_TEXT, CHECK(body),
	    .check = is_printable },
	{ .name = "address", .kind = SCHEMA_CALL, .call = later },
	{ .name = "verify", .kind = SCHEMA_BOOL, CHECK(verify) },
	{ .name = "timeout", .kind = SCHEMA_DURATION, CHECK(timeout_ms),
	    .min = 100, .max = MINUTE },
	{ .name = NULL }
};

static const struct schema_key health_keys[] = {
	{ .name = "check", .kind = SCHEMA_CALL, .call = later },
	{ .name = "status", .kind = SCHEMA_CALL, .call = later },
	{ .name = "body", .kind = SCHEMA_TEXT, OF_HEALTH(body),
	    .check = is_printable },
	{ .name = "address", .kind = SCHEMA_CALL, .call = later },
	{ .name = "verify", .kind = SCHEMA_BOOL, OF_HEALTH(verify) },
	{ .name = "timeout", .kind = SCHEMA_DURATION, OF_HEALTH(timeout_ms),
	    .min = 100, .max = MINUTE },
	{ .name = "interval", .kind = SCHEMA_DURATION, HEALTH(interval_ms),
	    .min = 500, .max = DAY },
	{ .name = "threshold", .kind = SCHEMA_COUNT, HEALTH(threshold),
	    .min = 1, .max = 1000 },
	{ .name = "action", .kind = SCHEMA_CALL, .call = later },
	{ .name = NULL }
};

static const struct schema_choice actions[] = {
	{ "report", 0 },
	{ "restart", 1 },
	{ NULL, 0 }
};

const char *
config_check_name(enum ready_kind kind)
{
	return kinds[kind].name;
}

void
config_check_defaults(struct config_service *s)
{
	s->ready.status_min = s->ready.status_max = 200;
	s->ready.verify = 1;
	s->health.check = s->ready;
	s->health.interval_ms = 30 * SECOND;
	s->health.threshold = 3;
}

void
config_check_free(struct config_check *c)
{
	size_t	 i;

	free(c->target);
	free(c->address);
	free(c->body);
	for (i = 0; i < c->words_count; i++)
		free(c->words[i]);
	free(c->words);
}

/* Read when the mapping's other keys are known. */
static int
later(struct config_parse *p, const struct yaml_node *node)
{
	(void)p;
	(void)node;
	return 0;
}

/* It is sent in a message, which holds no other characters. */
static int
is_printable(const char *text, const char **why)
{
	const char	*c;

	*why = "it is too long";
	if (strlen(text) >= MATCH_SIZE)
		return -1;
	*why = "it must be within one line, without control characters";
	for (c = text; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			return -1;
	return 0;
}

int
config_ready_read(struct config_parse *p, const struct yaml_node *node)
{
	struct config_check	*c = &p->service->ready;
	const struct yaml_node	*check;
	const char		*key = p->key;

	if (node->kind != YAML_MAP)
		return check_kind(p, node, c);
	if (schema_read(p, node, ready_keys, c) == -1)
		return -1;
	p->key = key;
	if ((check = yaml_find(node, "check")) == NULL)
		return schema_fail(p, node, "there is no \"check:\" in it");
	return check_kind(p, check, c) == -1 ? -1 : check_options(p, node, c);
}

int
config_health_read(struct config_parse *p, const struct yaml_node *node)
{
	struct config_health	*h = &p->service->health;
	const struct yaml_node	*check;
	const char		*key = p->key;

	if (node->kind != YAML_MAP)
		return schema_fail(p, node, "it must be a mapping "
		    "(interval: 30s, action: report)");
	if (schema_read(p, node, health_keys, h) == -1)
		return -1;
	p->key = key;
	h->on = 1;
	if ((check = yaml_find(node, "check")) != NULL &&
	    check_kind(p, check, &h->check) == -1)
		return -1;
	return check_options(p, node, &h->check) == -1 ? -1 :
	    check_action(p, node, yaml_find(node, "action"));
}

static int
check_action(struct config_parse *p, const struct yaml_node *map,
    const struct yaml_node *node)
{
	(void)map;
	p->key = "action";
	if (node == NULL)
		return 0;
	return schema_choose(p, node, actions, &p->service->health.restart);
}

/* "KIND [TARGET]" */
static int
check_kind(struct config_parse *p, const struct yaml_node *node,
    struct config_check *c)
{
	const char	*text, *rest;
	size_t		 i, len;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	len = strcspn(text, " ");
	rest = text + len + strspn(text + len, " ");
	for (i = 0; i < KINDS; i++)
		if (strlen(kinds[i].name) == len &&
		    strncmp(text, kinds[i].name, len) == 0)
			break;
	if (i == KINDS)
		return schema_fail(p, node, "\"%.60s\" is not one of none, "
		    "tcp [ADDRESS:PORT], http [URL], log TEXT, notify, "
		    "command PROGRAM", text);
	if (kinds[i].target == 0 && *rest != '\0')
		return schema_fail(p, node, "nothing follows \"%s\"",
		    kinds[i].name);
	if (kinds[i].target == 2 && *rest == '\0')
		return schema_fail(p, node, "something must follow \"%s\"",
		    kinds[i].name);
	c->kind = (enum ready_kind)i;
	return *rest == '\0' ? 0 : check_target(p, node, c, rest);
}

static int
check_target(struct config_parse *p, const struct yaml_node *node,
    struct config_check *c, const char *text)
{
	char		 host[HOST_SIZE];
	const char	*why;
	uint16_t	 port;

	c->target = schema_copy(text);
	switch (c->kind) {
	case READY_TCP:
		if (url_host_port(text, host, &port, &why) == -1)
			return schema_fail(p, node, "%s", why);
		return 0;
	case READY_HTTP:
		return check_http(p, node, c);
	case READY_LOG:
		if (is_printable(text, &why) == -1)
			return schema_fail(p, node, "%s", why);
		return 0;
	case READY_COMMAND:
		return check_words(p, node, c);
	default:
		return 0;
	}
}

static int
check_http(struct config_parse *p, const struct yaml_node *node,
    struct config_check *c)
{
	struct url	 u;
	const char	*why;

	if (strlen(c->target) >= URL_SIZE)
		return schema_fail(p, node, "it is too long");
	if (url_parse(c->target, &u, &why) == -1)
		return schema_fail(p, node, "%s", why);
	if (u.scheme == URL_TCP)
		return schema_fail(p, node, "it must be an http or https URL");
	if (u.userinfo)
		return schema_fail(p, node, "a URL with a password is not "
		    "taken");
	return 0;
}

static int
check_words(struct config_parse *p, const struct yaml_node *node,
    struct config_check *c)
{
	const char	*why;

	if (schema_words(p, node, c->target, WORDS_MAX, &c->words,
	    &c->words_count) == -1)
		return -1;
	if (check_path(c->words[0], &why) == -1)
		return schema_fail(p, node, "the program: %s", why);
	return 0;
}

static int
check_options(struct config_parse *p, const struct yaml_node *map,
    struct config_check *c)
{
	static const char *const	 of_http[] = { "status", "body",
	    "address", "verify" };
	const struct yaml_node		*n;
	const char			*text, *why;
	char				 host[HOST_SIZE];
	uint16_t			 port;
	size_t				 i;

	for (i = 0; i < sizeof(of_http) / sizeof(of_http[0]); i++)
		if ((n = yaml_find(map, of_http[i])) != NULL &&
		    yaml_find(map, "check") != NULL &&
		    c->kind != READY_HTTP)
			return schema_fail(p, n, "\"%s\" is for a check by "
			    "http", of_http[i]);
	if ((n = yaml_find(map, "status")) != NULL &&
	    check_status(p, n, c) == -1)
		return -1;
	if ((n = yaml_find(map, "address")) == NULL)
		return 0;
	p->key = "address";
	if ((text = schema_text(p, n)) == NULL)
		return -1;
	if (url_host_port(text, host, &port, &why) == -1)
		return schema_fail(p, n, "%s", why);
	c->address = schema_copy(text);
	return 0;
}

/* "200" or "200-299" */
static int
check_status(struct config_parse *p, const struct yaml_node *node,
    struct config_check *c)
{
	const char	*text, *why;
	char		 first[8];
	size_t		 len;
	uint64_t	 low, high;

	p->key = "status";
	if ((text = schema_text(p, node)) == NULL)
		return -1;
	len = strcspn(text, "-");
	snprintf(first, sizeof(first), "%.*s", len < 8 ? (int)len : 7, text);
	if (value_count(first, &low, &why) == -1 ||
	    value_count(text[len] == '-' ? text + len + 1 : first, &high,
	    &why) == -1 || low < 100 || high > 599 || low > high)
		return schema_fail(p, node, "it must be a status from 100 to "
		    "599, or two with a dash between");
	c->status_min = (uint32_t)low;
	c->status_max = (uint32_t)high;
	return 0;
}

static void
check_copy(struct config_check *to, const struct config_check *from)
{
	size_t	 i;

	to->kind = from->kind;
	to->target = from->target == NULL ? NULL : schema_copy(from->target);
	if (from->words_count == 0)
		return;
	to->words = schema_zeroed(from->words_count + 1, sizeof(*to->words));
	for (i = 0; i < from->words_count; i++)
		to->words[i] = schema_copy(from->words[i]);
	to->words_count = from->words_count;
}

/* What to ask must be known; only lavap's own config tells by itself. */
static int
check_whole(struct config_parse *p, const struct yaml_node *node,
    struct config_check *c)
{
	struct config_address	 a;
	struct url		 u;
	const char		*why;

	if (c->timeout_ms == 0)
		c->timeout_ms = c->kind == READY_TCP ? TIMEOUT_TCP_MS :
		    TIMEOUT_MS;
	if (c->target != NULL) {
		if (c->kind != READY_HTTP || c->address != NULL ||
		    url_parse(c->target, &u, &why) == -1 ||
		    config_check_place(&u, &a, &why) == 0)
			return 0;
		return schema_fail(p, node, "%s: set \"address:\" to the "
		    "ADDRESS:PORT that is meant", why);
	}
	if ((c->kind == READY_TCP || c->kind == READY_HTTP) &&
	    p->service->config_file == NULL)
		return schema_fail(p, node, "%s %s needs %s when there is no "
		    "\"config:\"", c == &p->service->ready ? "ready:" :
		    "health:", kinds[c->kind].name,
		    c->kind == READY_TCP ? "an ADDRESS:PORT" : "a URL");
	if (c->address != NULL)
		return schema_fail(p, node, "\"address\" goes with a URL");
	return 0;
}

int
config_check_complete(struct config_parse *p, const struct yaml_node *root)
{
	struct config_service	*s = p->service;
	const struct yaml_node	*ready = yaml_find(root, "ready");
	const struct yaml_node	*health = yaml_find(root, "health");

	p->key = NULL;
	if (ready == NULL && s->config_file != NULL)
		s->ready.kind = s->role == ROLE_CONSUMER ? READY_HTTP :
		    READY_TCP;
	if (check_whole(p, ready, &s->ready) == -1)
		return -1;
	if (!s->health.on)
		return 0;
	if (yaml_find(health, "check") == NULL) {
		if (!kinds[s->ready.kind].again)
			return schema_fail(p, health, "health: \"ready: %s\" "
			    "cannot be asked again: it needs a \"check:\" by "
			    "tcp, http or command", kinds[s->ready.kind].name);
		check_copy(&s->health.check, &s->ready);
		if (s->ready.kind == READY_HTTP &&
		    yaml_find(health, "status") == NULL) {
			s->health.check.status_min = s->ready.status_min;
			s->health.check.status_max = s->ready.status_max;
		}
		if (s->health.check.address == NULL &&
		    s->ready.address != NULL)
			s->health.check.address =
			    schema_copy(s->ready.address);
		if (yaml_find(health, "verify") == NULL)
			s->health.check.verify = s->ready.verify;
	} else if (!kinds[s->health.check.kind].again)
		return schema_fail(p, yaml_find(health, "check"), "health: "
		    "%s cannot be asked again: tcp, http and command can",
		    kinds[s->health.check.kind].name);
	return check_whole(p, health, &s->health.check);
}

static int
text_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

int
config_check_equal(const struct config_check *a, const struct config_check *b)
{
	return a->kind == b->kind && text_same(a->target, b->target) &&
	    text_same(a->address, b->address) && text_same(a->body, b->body) &&
	    a->status_min == b->status_min && a->status_max == b->status_max &&
	    a->verify == b->verify && a->timeout_ms == b->timeout_ms;
}
