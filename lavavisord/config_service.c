#include <ctype.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisord/config_check.h"
#include "lavavisord/config_main.h"
#include "lavavisord/config_passphrase.h"
#include "lavavisord/config_values.h"

#define SECOND	1000
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

#define ARGUMENTS_MAX	256
#define ENV_MAX		128
#define TEXT_MAX	4096	/* an argument, a value of env */
#define RLIMITS_MAX	32
#define DEFAULT_NOFILE	65536

static int	read_chain_id(struct config_parse *, const struct yaml_node *);
static int	read_node(struct config_parse *, const struct yaml_node *);
static int	read_groups(struct config_parse *, const struct yaml_node *);
static int	read_env(struct config_parse *, const struct yaml_node *);
static int	read_umask(struct config_parse *, const struct yaml_node *);
static int	read_nice(struct config_parse *, const struct yaml_node *);
static int	read_signal(struct config_parse *, const struct yaml_node *);
static int	read_restart(struct config_parse *, const struct yaml_node *);
static int	read_drain(struct config_parse *, const struct yaml_node *);
static int	read_rlimits(struct config_parse *, const struct yaml_node *);
static int	read_limit(struct config_parse *, const struct yaml_node *,
		    int, rlim_t *);
static int	ignore(struct config_parse *, const struct yaml_node *);
static int	check_config_name(const char *, const char **);
static int	check_word(const char *, const char **);
static int	check_account(const char *, const char **);
static int	check_argument(const char *, const char **);
static int	check_pieces(struct config_parse *, const struct yaml_node *);
static int	check_command(struct config_parse *, const struct yaml_node *,
		    const struct yaml_node *);
static int	read_argv(struct config_parse *, const struct yaml_node *);

static const struct schema_choice choose_role[] = {
	{ "provider", ROLE_PROVIDER },
	{ "consumer", ROLE_CONSUMER },
	{ "other", ROLE_OTHER },
	{ NULL, 0 }
};

static const struct schema_choice choose_restart[] = {
	{ "always", RESTART_ALWAYS },
	{ "on-failure", RESTART_ON_FAILURE },
	{ "never", RESTART_NEVER },
	{ "unless-exit CODES", RESTART_UNLESS_EXIT },
	{ NULL, 0 }
};

#define FIELD(f)	.offset = offsetof(struct config_service, f)

static const struct schema_key log_keys[] = {
	{ .name = "size", .kind = SCHEMA_SIZE, FIELD(log_size),
	    .max = (uint64_t)1 << 40 },
	{ .name = "count", .kind = SCHEMA_COUNT, FIELD(log_count),
	    .min = 1, .max = 1000 },
	{ .name = NULL }
};

static const struct schema_key service_keys[] = {
	{ .name = "role", .kind = SCHEMA_CHOICE, FIELD(role),
	    .choices = choose_role },
	{ .name = "config", .kind = SCHEMA_TEXT, FIELD(config_file),
	    .check = check_config_name },
	{ .name = "from", .kind = SCHEMA_TEXT, FIELD(from),
	    .check = check_word },
	{ .name = "geolocation", .kind = SCHEMA_COUNT, FIELD(geolocation),
	    .min = 1, .max = 65535 },
	{ .name = "chain-id", .kind = SCHEMA_CALL, .call = read_chain_id },
	{ .name = "keyring-backend", .kind = SCHEMA_TEXT,
	    FIELD(keyring_backend), .check = check_word },
	{ .name = "node", .kind = SCHEMA_CALL, .call = read_node },
	{ .name = "arguments", .kind = SCHEMA_CALL, .call = ignore },
	{ .name = "command", .kind = SCHEMA_CALL, .call = ignore },
	{ .name = "user", .kind = SCHEMA_TEXT, FIELD(user),
	    .check = check_account },
	{ .name = "group", .kind = SCHEMA_TEXT, FIELD(group),
	    .check = check_account },
	{ .name = "groups", .kind = SCHEMA_CALL, .call = read_groups },
	{ .name = "allow-root", .kind = SCHEMA_BOOL, FIELD(allow_root) },
	{ .name = "directory", .kind = SCHEMA_TEXT, FIELD(directory),
	    .check = check_path },
	{ .name = "env", .kind = SCHEMA_CALL, .call = read_env },
	{ .name = "umask", .kind = SCHEMA_CALL, .call = read_umask },
	{ .name = "nice", .kind = SCHEMA_CALL, .call = read_nice },
	{ .name = "no-new-privs", .kind = SCHEMA_BOOL, FIELD(no_new_privs) },
	{ .name = "rlimits", .kind = SCHEMA_CALL, .call = read_rlimits },
	{ .name = "stop-signal", .kind = SCHEMA_CALL, .call = read_signal },
	{ .name = "stop-grace", .kind = SCHEMA_DURATION, FIELD(grace_ms),
	    .max = HOUR },
	{ .name = "restart", .kind = SCHEMA_CALL, .call = read_restart },
	{ .name = "stable", .kind = SCHEMA_DURATION, FIELD(stable_ms),
	    .max = DAY },
	{ .name = "backoff", .kind = SCHEMA_DURATION, FIELD(backoff_ms),
	    .min = 1, .max = HOUR },
	{ .name = "backoff-max", .kind = SCHEMA_DURATION,
	    FIELD(backoff_max_ms), .min = 1, .max = DAY },
	{ .name = "limit", .kind = SCHEMA_COUNT, FIELD(limit),
	    .max = 1000000 },
	{ .name = "retry", .kind = SCHEMA_DURATION, FIELD(retry_ms),
	    .max = 7u * DAY },
	{ .name = "ready", .kind = SCHEMA_CALL, .call = config_ready_read },
	{ .name = "health", .kind = SCHEMA_CALL, .call = config_health_read },
	{ .name = "canary", .kind = SCHEMA_BOOL, FIELD(canary) },
	{ .name = "drain", .kind = SCHEMA_CALL, .call = read_drain },
	{ .name = "drain-timeout", .kind = SCHEMA_DURATION,
	    FIELD(drain_timeout_ms), .min = SECOND, .max = HOUR },
	{ .name = "passphrase", .kind = SCHEMA_CALL,
	    .call = config_passphrase_read },
	{ .name = "log", .kind = SCHEMA_MAP, .keys = log_keys },
	{ .name = NULL }
};

static const struct schema_key drain_key = {
	.name = "drain", .kind = SCHEMA_DURATION, FIELD(drain_ms), .max = HOUR
};

const char *
config_role_name(enum service_role role)
{
	return choose_role[role].name;
}

void
config_service_defaults(struct config_service *s)
{
	memset(s, 0, sizeof(*s));
	config_check_defaults(s);
	s->umask = 022;
	s->no_new_privs = 1;
	s->grace_ms = 30 * SECOND;
	s->drain_timeout_ms = 60 * SECOND;
	s->restart = RESTART_ALWAYS;
	s->stable_ms = 60 * SECOND;
	s->backoff_ms = SECOND;
	s->backoff_max_ms = 60 * SECOND;
	s->limit = 10;
	s->retry_ms = 10 * MINUTE;
	s->log_size = (uint64_t)64 * 1024 * 1024;
	s->log_count = 5;
}

/* Bare, as lavap looks a config up by name only. */
static int
check_config_name(const char *text, const char **why)
{
	const char	*p;

	*why = "it must be the bare name of a file in service_configs";
	if (!isalnum((unsigned char)*text) || strlen(text) > 127)
		return -1;
	for (p = text; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("._-+@", *p) == NULL)
			return -1;
	return 0;
}

/* A value of an option that must not look like an option. */
static int
check_word(const char *text, const char **why)
{
	*why = "it must not begin with -";
	if (*text == '-')
		return -1;
	*why = "it is too long";
	return strlen(text) < 256 ? 0 : -1;
}

static int
check_account(const char *text, const char **why)
{
	const char	*p;

	*why = "it is no name of an account (numbers are not taken)";
	if (strlen(text) > 31 || !(isalpha((unsigned char)*text) ||
	    *text == '_'))
		return -1;
	for (p = text; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("._-", *p) == NULL)
			return -1;
	if (strcmp(text, "_lavavisord") == 0 ||
	    strcmp(text, "_lavaprobe") == 0) {
		*why = "the accounts of lavavisord itself run no service";
		return -1;
	}
	return 0;
}

static int
check_argument(const char *text, const char **why)
{
	*why = "it is too long";
	return strlen(text) < TEXT_MAX ? 0 : -1;
}

/* `arguments` and `command` are read when every other key is known. */
static int
ignore(struct config_parse *p, const struct yaml_node *node)
{
	(void)p;
	(void)node;
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
	p->service->chain_id = schema_copy(text);
	return 0;
}

static int
read_node(struct config_parse *p, const struct yaml_node *node)
{
	const char	*text, *why;
	struct url	 u;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	if (url_parse(text, &u, &why) == -1)
		return schema_fail(p, node, "%s", why);
	p->service->node = schema_copy(text);
	p->service->node_secret = u.userinfo;
	return 0;
}

static int
read_groups(struct config_parse *p, const struct yaml_node *node)
{
	p->service->groups_set = 1;
	return schema_texts(p, node, CONFIG_GROUPS_MAX, check_account,
	    &p->service->groups, &p->service->groups_count);
}

static int
read_env(struct config_parse *p, const struct yaml_node *node)
{
	struct config_service	*s = p->service;
	const struct yaml_node	*n;
	const char		*c;
	size_t			 total = 0;

	if (yaml_is_empty(node))
		return 0;
	if (node->kind != YAML_MAP)
		return schema_fail(p, node, "it must be a mapping "
		    "(NAME: value)");
	for (n = node->child; n != NULL; n = n->next->next)
		if (++total > ENV_MAX)
			return schema_fail(p, n, "more than %d variables",
			    ENV_MAX);
	s->env = schema_zeroed(total, sizeof(*s->env));
	for (n = node->child; n != NULL; n = n->next->next) {
		for (c = n->text; isalnum((unsigned char)*c) || *c == '_'; c++)
			;
		if (*c != '\0' || c == n->text ||
		    isdigit((unsigned char)n->text[0]) || c - n->text > 127)
			return schema_fail(p, n, "\"%.60s\" is no name for a "
			    "variable", n->text);
		if (n->next->kind != YAML_TEXT)
			return schema_fail(p, n->next, "it must be text");
		if (strlen(n->next->text) >= TEXT_MAX)
			return schema_fail(p, n->next, "it is too long");
		s->env[s->env_count].name = schema_copy(n->text);
		s->env[s->env_count++].value = schema_copy(n->next->text);
	}
	return 0;
}

static int
read_umask(struct config_parse *p, const struct yaml_node *node)
{
	const char	*text, *why;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	if (value_umask(text, &p->service->umask, &why) == -1)
		return schema_fail(p, node, "%s", why);
	return 0;
}

static int
read_nice(struct config_parse *p, const struct yaml_node *node)
{
	const char	*text, *why;
	uint64_t	 n;
	int		 minus;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	minus = *text == '-';
	if (value_count(text + minus, &n, &why) == -1 ||
	    n > (minus ? 20 : 19))
		return schema_fail(p, node,
		    "it must be a number from -20 to 19");
	p->service->nice = minus ? -(int)n : (int)n;
	return 0;
}

static int
read_signal(struct config_parse *p, const struct yaml_node *node)
{
	const char	*text, *why;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	if (value_signal(text, &p->service->stop_signal, &why) == -1)
		return schema_fail(p, node, "%s", why);
	return 0;
}

static int
read_restart(struct config_parse *p, const struct yaml_node *node)
{
	static const char	 prefix[] = "unless-exit";
	const char		*text, *why;
	int			 value;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	if (strncmp(text, prefix, sizeof(prefix) - 1) == 0) {
		p->service->restart = RESTART_UNLESS_EXIT;
		if (value_exit_codes(text + sizeof(prefix) - 1,
		    p->service->unless, &why) == -1)
			return schema_fail(p, node, "%s", why);
		return 0;
	}
	if (schema_choose(p, node, choose_restart, &value) == -1)
		return -1;
	p->service->restart = (enum restart_mode)value;
	return 0;
}

/* A wait, or a command as a list: a program with an absolute path first */
static int
read_drain(struct config_parse *p, const struct yaml_node *node)
{
	struct config_service	*s = p->service;
	const char		*why;

	if (node->kind != YAML_LIST)
		return schema_value(p, node, &drain_key, s);
	if (schema_texts(p, node, ARGUMENTS_MAX, check_argument, &s->drain,
	    &s->drain_argc) == -1)
		return -1;
	if (s->drain_argc > 0 && check_path(s->drain[0], &why) == -1)
		return schema_fail(p, node->child, "%s", why);
	return 0;
}

/* Bytes may have a suffix; the rest are plain numbers. */
static int
read_limit(struct config_parse *p, const struct yaml_node *node, int resource,
    rlim_t *limit)
{
	const char	*text, *why;
	uint64_t	 n;
	int		 plain = 0, bad;

	if ((text = schema_text(p, node)) == NULL)
		return -1;
	if (strcmp(text, "unlimited") == 0) {
		*limit = RLIM_INFINITY;
		return 0;
	}
	if (resource == RLIMIT_NOFILE || resource == RLIMIT_NPROC ||
	    resource == RLIMIT_CPU)
		plain = 1;
	bad = plain ? value_count(text, &n, &why) : value_size(text, &n, &why);
	if (bad == -1)
		return schema_fail(p, node, "%s, or unlimited", why);
	*limit = (rlim_t)n;
	return 0;
}

static int
read_rlimits(struct config_parse *p, const struct yaml_node *node)
{
	struct config_service	*s = p->service;
	const struct yaml_node	*n, *v;
	struct config_rlimit	*r;
	const char		*why;
	size_t			 total = 0;

	if (yaml_is_empty(node))
		return 0;
	if (node->kind != YAML_MAP)
		return schema_fail(p, node, "it must be a mapping "
		    "(nofile: 65536)");
	for (n = node->child; n != NULL; n = n->next->next)
		if (++total > RLIMITS_MAX)
			return schema_fail(p, n, "too many limits");
	s->rlimits = schema_zeroed(total + 1, sizeof(*s->rlimits));
	for (n = node->child; n != NULL; n = n->next->next) {
		r = &s->rlimits[s->rlimits_count];
		if (value_rlimit(n->text, &r->resource, &why) == -1)
			return schema_fail(p, n, "\"%.60s\": %s", n->text,
			    why);
		v = n->next;
		if (v->kind == YAML_LIST && v->child != NULL &&
		    v->child->next != NULL && v->child->next->next == NULL) {
			if (read_limit(p, v->child, r->resource,
			    &r->soft) == -1 || read_limit(p, v->child->next,
			    r->resource, &r->hard) == -1)
				return -1;
			if (r->hard != RLIM_INFINITY &&
			    (r->soft == RLIM_INFINITY || r->soft > r->hard))
				return schema_fail(p, v,
				    "the soft limit is above the hard one");
		} else if (v->kind == YAML_LIST) {
			return schema_fail(p, v, "it must be one limit or "
			    "[soft, hard]");
		} else {
			if (read_limit(p, v, r->resource, &r->soft) == -1)
				return -1;
			r->hard = r->soft;
		}
		s->rlimits_count++;
	}
	return 0;
}

static int
check_pieces(struct config_parse *p, const struct yaml_node *root)
{
	struct config_service	*s = p->service;
	const char		*missing = NULL;

	if (s->role == ROLE_OTHER)
		return schema_fail(p, root,
		    "role: other needs a \"command:\"");
	if (s->config_file == NULL)
		missing = "config";
	else if (s->from == NULL)
		missing = "from";
	else if (s->geolocation == 0)
		missing = "geolocation";
	if (missing != NULL)
		return schema_fail(p, root, "there is no \"%s:\" in it",
		    missing);
	if (s->chain_id == NULL && p->config->chain_id[0] != '\0')
		s->chain_id = schema_copy(p->config->chain_id);
	return 0;
}

static int
check_command(struct config_parse *p, const struct yaml_node *root,
    const struct yaml_node *command)
{
	static const char *const	 pieces[] = { "config", "from",
	    "geolocation", "chain-id", "keyring-backend", "node",
	    "arguments" };
	struct config_service		*s = p->service;
	const struct yaml_node		*n;
	const char			*program, *why;
	size_t				 i;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		if ((n = yaml_find(root, pieces[i])) != NULL)
			return schema_fail(p, n, "\"%s\" and \"command\" "
			    "exclude each other", pieces[i]);
	if (command->kind != YAML_LIST || command->child == NULL)
		return schema_fail(p, command, "command must be a list "
		    "(program, argument, ...)");
	if ((program = schema_text(p, command->child)) == NULL)
		return -1;
	if (strcmp(program, "lavap") == 0) {
		if (s->role == ROLE_OTHER)
			return schema_fail(p, command->child, "lavap needs "
			    "role: provider or consumer, whose version it "
			    "follows");
		return 0;
	}
	if (check_path(program, &why) == -1)
		return schema_fail(p, command->child, "the program must be "
		    "lavap or an absolute path");
	if (s->role != ROLE_OTHER)
		return schema_fail(p, command->child, "a program other than "
		    "lavap needs role: other");
	return 0;
}

static int
read_argv(struct config_parse *p, const struct yaml_node *root)
{
	const struct yaml_node	*command, *arguments;
	char			**words = NULL;
	size_t			 count = 0;
	int			 result = 0;

	command = yaml_find(root, "command");
	arguments = yaml_find(root, "arguments");
	if (command != NULL) {
		p->key = NULL;
		if (check_command(p, root, command) == -1)
			return -1;
		p->key = "command";
		result = schema_texts(p, command, ARGUMENTS_MAX,
		    check_argument, &words, &count);
		p->key = NULL;
		if (result == 0)
			config_service_argv(p->service, words, count, NULL, 0);
	} else {
		if (check_pieces(p, root) == -1)
			return -1;
		p->key = "arguments";
		if (arguments != NULL)
			result = schema_texts(p, arguments, ARGUMENTS_MAX,
			    check_argument, &words, &count);
		p->key = NULL;
		if (result == 0)
			config_service_argv(p->service, NULL, 0, words, count);
	}
	while (count > 0)
		free(words[--count]);
	free(words);
	return result;
}

int
config_service_read(struct config_parse *p, const struct yaml_node *root)
{
	struct config_service	*s = p->service;
	struct config_rlimit	*r;
	size_t			 i, size;

	if (root == NULL || yaml_is_empty(root))
		return schema_fail(p, root, "there is no \"role:\" in it");
	if (schema_read(p, root, service_keys, s) == -1)
		return -1;
	if (yaml_find(root, "role") == NULL)
		return schema_fail(p, root, "there is no \"role:\" in it");
	if (read_argv(p, root) == -1 || config_check_complete(p, root) == -1)
		return -1;
	if (s->backoff_max_ms < s->backoff_ms)
		return schema_fail(p, yaml_find(root, "backoff-max") != NULL
		    ? yaml_find(root, "backoff-max") :
		    yaml_find(root, "backoff"),
		    "backoff-max is shorter than backoff");
	if (s->stop_signal == 0)
		s->stop_signal = s->is_lavap ? SIGINT : SIGTERM;
	if (s->directory == NULL) {
		size = strlen(p->config->directory) + strlen(s->name) +
		    sizeof("/home/");
		s->directory = schema_zeroed(size, 1);
		snprintf(s->directory, size, "%s/home/%s",
		    p->config->directory, s->name);
	}
	for (i = 0; i < s->rlimits_count; i++)
		if (s->rlimits[i].resource == RLIMIT_NOFILE)
			return 0;
	if (s->rlimits == NULL)
		s->rlimits = schema_zeroed(1, sizeof(*s->rlimits));
	r = &s->rlimits[s->rlimits_count++];
	r->resource = RLIMIT_NOFILE;
	r->soft = r->hard = DEFAULT_NOFILE;
	r->implied = 1;
	return 0;
}
