#include <sys/types.h>
#include <sys/mman.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisord/launch_plan.h"

#define OWN_ENV		6
#define NOTIFY_MAX	128	/* of a path of a socket, and its name */

struct arena {
	char	*base;
	size_t	 size;
	size_t	 used;
};

static struct arena	 arena;

extern char	**environ;

static char	*copy(const char *);
static int	 is_ours(const char *);
static size_t	 need(const struct config_service *, const char *,
		    const char *, const char *);
static size_t	 our_count(void);
static void	 plan_environment(struct launch_plan *,
		    const struct config_service *, const char *);
static char	*put_pair(const char *, const char *);
static void	*take(size_t);

/* Aligned for whatever is in a plan; need() has counted it. */
static void *
take(size_t size)
{
	void	*p = arena.base + arena.used;

	size = (size + 15) & ~(size_t)15;
	if (size > arena.size - arena.used)
		fatalx("a launch plan is larger than was counted");
	arena.used += size;
	return p;
}

static char *
copy(const char *text)
{
	size_t	 size = strlen(text) + 1;

	return memcpy(take(size), text, size);
}

static char *
put_pair(const char *name, const char *value)
{
	size_t	 size = strlen(name) + strlen(value) + 2;
	char	*p = take(size);

	snprintf(p, size, "%s=%s", name, value);
	return p;
}

/* Each piece with what take() rounds it up by. */
static size_t
need(const struct config_service *c, const char *path, const char *fifo,
    const char *state)
{
	size_t	 i, n, ours = 0, pieces = 16 + OWN_ENV;

	n = sizeof(struct launch_plan) + strlen(path) +
	    strlen(state) + 64 + 6 * strlen(c->directory) + 256 +
	    NOTIFY_MAX;
	if (fifo != NULL)
		n += strlen(fifo);
	else
		for (ours = our_count(), i = 0; i < ours; i++)
			n += strlen(environ[i]) + 1;
	for (i = 0; i < c->argc; i++)
		n += strlen(c->argv[i]) + 1;
	for (i = 0; i < c->env_count; i++)
		n += strlen(c->env[i].name) + strlen(c->env[i].value) + 2;
	if (c->user_name != NULL)
		n += 4 * strlen(c->user_name);
	if (c->home != NULL)
		n += strlen(c->home);
	pieces += c->argc + c->env_count + ours;
	n += (c->argc + c->env_count + ours + OWN_ENV + 2) * sizeof(char *);
	n += c->gids_count * sizeof(gid_t);
	n += c->rlimits_count * sizeof(struct config_rlimit);
	return n + 16 * pieces;
}

static size_t
our_count(void)
{
	size_t	 n;

	for (n = 0; environ[n] != NULL; n++)
		continue;
	return n;
}

/* What a service has of us when it stands in our place */
static int
is_ours(const char *pair)
{
	return strncmp(pair, "NOTIFY_SOCKET=", 14) != 0;
}

static void
plan_environment(struct launch_plan *plan, const struct config_service *c,
    const char *notify)
{
	const struct {
		const char	*name;
		const char	*value;
	} own[OWN_ENV] = {
		{ "HOME", c->home != NULL ? c->home : c->directory },
		{ "USER", c->user_name },
		{ "LOGNAME", c->user_name },
		{ "SHELL", "/bin/sh" },
		{ "NOTIFY_SOCKET", notify },
		{ "PATH", "/usr/local/bin:/usr/bin:/bin" }
	};
	size_t	 i, k, n = 0, ours = plan->fifo == NULL ? our_count() : 0;

	plan->env = take((c->env_count + ours + OWN_ENV + 1) *
	    sizeof(char *));
	for (i = 0; i < ours; i++)
		if (is_ours(environ[i]))
			plan->env[n++] = copy(environ[i]);
	for (i = 0; i < OWN_ENV; i++) {
		if (ours > 0 && own[i].value != notify)
			continue;
		for (k = 0; k < c->env_count; k++)
			if (strcmp(c->env[k].name, own[i].name) == 0)
				break;
		if (k == c->env_count && own[i].value != NULL)
			plan->env[n++] = put_pair(own[i].name, own[i].value);
	}
	for (i = 0; i < c->env_count; i++)
		plan->env[n++] = put_pair(c->env[i].name, c->env[i].value);
	plan->env[n] = NULL;
}

struct launch_plan *
launch_plan(const struct config_service *c, const char *path,
    const char *fifo, const char *notify, const char *state, int privileged)
{
	struct launch_plan	*plan;
	size_t			 i, size = need(c, path, fifo, state);

	if (size > arena.size) {
		if (arena.base != NULL)
			munmap(arena.base, arena.size);
		arena.size = (size + 16384) & ~(size_t)4095;
		arena.base = mmap(NULL, arena.size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANON, -1, 0);
		if (arena.base == MAP_FAILED)
			fatal("mmap");
	}
	arena.used = 0;
	plan = take(sizeof(*plan));
	memset(plan, 0, sizeof(*plan));
	plan->path = copy(path);
	plan->fifo = fifo != NULL ? copy(fifo) : NULL;
	plan->directory = copy(c->directory);
	if (c->config_file != NULL) {
		size = strlen(state) + sizeof("/services/service_configs");
		plan->config_link = take(size);
		snprintf((char *)(uintptr_t)plan->config_link, size,
		    "%s/services/service_configs", state);
	}
	plan->argv = take((c->argc + 1) * sizeof(char *));
	for (i = 0; i < c->argc; i++)
		plan->argv[i] = copy(c->argv[i]);
	plan->argv[i] = NULL;
	plan_environment(plan, c, notify);
	plan->user_name = copy(c->user_name != NULL ? c->user_name : "");
	plan->uid = c->uid;
	plan->gid = c->gid;
	plan->gids_count = c->gids_count;
	plan->gids = take(c->gids_count * sizeof(gid_t));
	memcpy(plan->gids, c->gids, c->gids_count * sizeof(gid_t));
	plan->rlimits_count = c->rlimits_count;
	plan->rlimits = take(c->rlimits_count * sizeof(*plan->rlimits));
	if (c->rlimits_count > 0)
		memcpy(plan->rlimits, c->rlimits, c->rlimits_count *
		    sizeof(*plan->rlimits));
	plan->umask = c->umask;
	plan->nice = c->nice;
	plan->no_new_privs = c->no_new_privs;
	plan->privileged = privileged;
	return plan;
}
