#include <sys/types.h>

#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lavavisord/config_main.h"

#define SECOND		1000
#define HOUR		(3600 * SECOND)
#define ARGUMENTS_MAX	256
#define TEXT_MAX	4096

static int	check_argument(const char *, const char **);
static int	check_name(const char *, const char **);
static int	find_user(struct config *, char *, size_t);
static int	read_failure(struct config_parse *, const struct yaml_node *);
static int	read_hook(struct config_parse *, const struct yaml_node *,
		    enum config_hook);
static int	read_post(struct config_parse *, const struct yaml_node *);
static int	read_pre(struct config_parse *, const struct yaml_node *);
static int	refuse(const struct config *, char *, size_t, const char *,
		    ...) __attribute__((__format__(__printf__, 4, 5)));

#define FIELD(f)	.offset = offsetof(struct config, hooks.f)

const struct schema_key config_hooks_keys[] = {
	{ .name = "user", .kind = SCHEMA_TEXT, FIELD(user),
	    .check = check_name },
	{ .name = "group", .kind = SCHEMA_TEXT, FIELD(group),
	    .check = check_name },
	{ .name = "allow-root", .kind = SCHEMA_BOOL, FIELD(allow_root) },
	{ .name = "timeout", .kind = SCHEMA_DURATION, FIELD(timeout_ms),
	    .min = SECOND, .max = HOUR },
	{ .name = "pre-upgrade", .kind = SCHEMA_CALL, .call = read_pre },
	{ .name = "post-upgrade", .kind = SCHEMA_CALL, .call = read_post },
	{ .name = "on-failure", .kind = SCHEMA_CALL, .call = read_failure },
	{ .name = NULL }
};

const char *
config_hook_name(enum config_hook hook)
{
	static const char *const	 names[HOOKS] = {
		[HOOK_PRE_UPGRADE] = "pre-upgrade",
		[HOOK_POST_UPGRADE] = "post-upgrade",
		[HOOK_ON_FAILURE] = "on-failure"
	};

	return names[hook];
}

static int
check_argument(const char *text, const char **why)
{
	*why = "it is too long";
	return strlen(text) < TEXT_MAX ? 0 : -1;
}

static int
check_name(const char *text, const char **why)
{
	*why = "it is no name of an account";
	return strlen(text) < 32 && strchr(text, ':') == NULL &&
	    strchr(text, '/') == NULL ? 0 : -1;
}

/* A program with an absolute path and its arguments */
static int
read_hook(struct config_parse *p, const struct yaml_node *node,
    enum config_hook hook)
{
	struct config_hooks	*h = &p->config->hooks;
	const char		*why;

	if (schema_texts(p, node, ARGUMENTS_MAX, check_argument,
	    &h->argv[hook], &h->argc[hook]) == -1)
		return -1;
	if (h->argc[hook] > 0 && check_path(h->argv[hook][0], &why) == -1)
		return schema_fail(p, node->child, "%s", why);
	return 0;
}

static int
read_pre(struct config_parse *p, const struct yaml_node *node)
{
	return read_hook(p, node, HOOK_PRE_UPGRADE);
}

static int
read_post(struct config_parse *p, const struct yaml_node *node)
{
	return read_hook(p, node, HOOK_POST_UPGRADE);
}

static int
read_failure(struct config_parse *p, const struct yaml_node *node)
{
	return read_hook(p, node, HOOK_ON_FAILURE);
}

static int
refuse(const struct config *c, char *error, size_t errsize,
    const char *format, ...)
{
	char	 text[256];
	va_list	 ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(error, errsize, "%s: hooks: %s", c->file, text);
	return -1;
}

static int
find_user(struct config *c, char *error, size_t errsize)
{
	struct config_hooks	*h = &c->hooks;
	struct passwd		*pw;
	struct group		*gr;
	int			 count = CONFIG_GROUPS_MAX;

	if (h->user == NULL)
		return refuse(c, error, errsize, "there is no \"user:\" whose "
		    "rights they have");
	if ((pw = getpwnam(h->user)) == NULL)
		return refuse(c, error, errsize, "user: %s does not exist",
		    h->user);
	h->uid = pw->pw_uid;
	h->gid = pw->pw_gid;
	h->user_name = schema_copy(pw->pw_name);
	h->home = schema_copy(pw->pw_dir);
	if (h->group != NULL) {
		if ((gr = getgrnam(h->group)) == NULL)
			return refuse(c, error, errsize,
			    "group: %s does not exist", h->group);
		h->gid = gr->gr_gid;
	}
	if ((h->uid == 0 || h->gid == 0) && !h->allow_root)
		return refuse(c, error, errsize, "rights of root need "
		    "allow-root: true");
	if (config_account_is_ours(h->uid))
		return refuse(c, error, errsize, "user: %s is an account of "
		    "lavavisord itself", h->user);
	if (getgrouplist(h->user_name, h->gid, h->gids, &count) == -1)
		return refuse(c, error, errsize, "user: %s is in more than %d "
		    "groups", h->user, CONFIG_GROUPS_MAX);
	h->gids_count = (size_t)count;
	return 0;
}

int
config_hooks_accounts(struct config *c, int any_user, char *error,
    size_t errsize)
{
	struct config_hooks	*h = &c->hooks;
	struct passwd		*pw;
	size_t			 i, n = 0;

	free(h->user_name);
	free(h->home);
	h->user_name = h->home = NULL;
	for (i = 0; i < HOOKS; i++)
		n += h->argc[i];
	if (n == 0)
		return 0;
	if (any_user)
		return find_user(c, error, errsize);
	if (h->user != NULL && ((pw = getpwnam(h->user)) == NULL ||
	    pw->pw_uid != geteuid()))
		return refuse(c, error, errsize, "user: %s is not the user of "
		    "this unprivileged daemon", h->user);
	h->uid = geteuid();
	h->gid = getegid();
	h->gids_count = 0;
	if ((pw = getpwuid(h->uid)) != NULL) {
		h->user_name = schema_copy(pw->pw_name);
		h->home = schema_copy(pw->pw_dir);
	}
	return 0;
}

void
config_hooks_free(struct config_hooks *h)
{
	size_t	 i;

	for (i = 0; i < HOOKS; i++) {
		while (h->argc[i] > 0)
			free(h->argv[i][--h->argc[i]]);
		free(h->argv[i]);
	}
	free(h->user);
	free(h->group);
	free(h->user_name);
	free(h->home);
}
