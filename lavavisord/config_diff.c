#include <stdlib.h>
#include <string.h>

#include "lavavisord/config_main.h"
#include "lavavisord/config_passphrase.h"

static int	text_equal(const char *, const char *);
static int	texts_equal(char **, size_t, char **, size_t);
static int	env_equal(const struct config_service *,
		    const struct config_service *);
static int	user_equal(const struct config_service *,
		    const struct config_service *);
static int	rlimits_equal(const struct config_service *,
		    const struct config_service *);
static int	policy_equal(const struct config_service *,
		    const struct config_service *);
static int	monitor_equal(const struct config *, const struct config *);
static int	hooks_equal(const struct config_hooks *,
		    const struct config_hooks *);
static int	releases_equal(const struct config_releases *,
		    const struct config_releases *);
static void	change(struct config_diff *, enum config_change_kind,
		    const char *);

static int
text_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

static int
texts_equal(char **a, size_t a_count, char **b, size_t b_count)
{
	size_t	 i;

	if (a_count != b_count)
		return 0;
	for (i = 0; i < a_count; i++)
		if (strcmp(a[i], b[i]) != 0)
			return 0;
	return 1;
}

/* In any order: the order of a mapping says nothing. */
static int
env_equal(const struct config_service *a, const struct config_service *b)
{
	size_t	 i, j;

	if (a->env_count != b->env_count)
		return 0;
	for (i = 0; i < a->env_count; i++) {
		for (j = 0; j < b->env_count; j++)
			if (strcmp(a->env[i].name, b->env[j].name) == 0)
				break;
		if (j == b->env_count ||
		    strcmp(a->env[i].value, b->env[j].value) != 0)
			return 0;
	}
	return 1;
}

/* What is the default may be written down, once it is known. */
static int
user_equal(const struct config_service *a, const struct config_service *b)
{
	if (a->user_name != NULL && b->user_name != NULL)
		return strcmp(a->user_name, b->user_name) == 0;
	return text_equal(a->user, b->user);
}

static int
rlimits_equal(const struct config_service *a, const struct config_service *b)
{
	size_t	 i, j;

	if (a->rlimits_count != b->rlimits_count)
		return 0;
	for (i = 0; i < a->rlimits_count; i++) {
		for (j = 0; j < b->rlimits_count; j++)
			if (a->rlimits[i].resource == b->rlimits[j].resource)
				break;
		if (j == b->rlimits_count ||
		    a->rlimits[i].soft != b->rlimits[j].soft ||
		    a->rlimits[i].hard != b->rlimits[j].hard ||
		    a->rlimits[i].implied != b->rlimits[j].implied)
			return 0;
	}
	return 1;
}

int
config_service_run_equal(const struct config_service *a,
    const struct config_service *b)
{
	return a->role == b->role && a->is_lavap == b->is_lavap &&
	    texts_equal(a->argv, a->argc, b->argv, b->argc) &&
	    text_equal(a->config_file, b->config_file) &&
	    user_equal(a, b) && text_equal(a->group, b->group) &&
	    a->groups_set == b->groups_set &&
	    texts_equal(a->groups, a->groups_count, b->groups,
	    b->groups_count) && text_equal(a->directory, b->directory) &&
	    env_equal(a, b) && rlimits_equal(a, b) && a->umask == b->umask &&
	    a->nice == b->nice && a->no_new_privs == b->no_new_privs;
}

static int
policy_equal(const struct config_service *a, const struct config_service *b)
{
	return a->allow_root == b->allow_root &&
	    a->stop_signal == b->stop_signal && a->grace_ms == b->grace_ms &&
	    a->restart == b->restart &&
	    memcmp(a->unless, b->unless, sizeof(a->unless)) == 0 &&
	    a->stable_ms == b->stable_ms && a->backoff_ms == b->backoff_ms &&
	    a->backoff_max_ms == b->backoff_max_ms && a->limit == b->limit &&
	    a->retry_ms == b->retry_ms &&
	    config_passphrase_equal(&a->passphrase, &b->passphrase) &&
	    config_check_equal(&a->ready, &b->ready) &&
	    a->health.on == b->health.on &&
	    config_check_equal(&a->health.check, &b->health.check) &&
	    a->health.interval_ms == b->health.interval_ms &&
	    a->health.threshold == b->health.threshold &&
	    a->health.restart == b->health.restart &&
	    a->canary == b->canary && a->drain_ms == b->drain_ms &&
	    texts_equal(a->drain, a->drain_argc, b->drain, b->drain_argc) &&
	    a->drain_timeout_ms == b->drain_timeout_ms &&
	    a->log_size == b->log_size && a->log_count == b->log_count;
}

int
config_service_equal(const struct config_service *a,
    const struct config_service *b)
{
	return strcmp(a->name, b->name) == 0 &&
	    config_service_run_equal(a, b) && policy_equal(a, b);
}

static int
monitor_equal(const struct config *a, const struct config *b)
{
	size_t	 i;

	if (a->nodes_count != b->nodes_count)
		return 0;
	for (i = 0; i < a->nodes_count; i++)
		if (strcmp(a->nodes[i].url, b->nodes[i].url) != 0 ||
		    strcmp(a->nodes[i].operator_name,
		    b->nodes[i].operator_name) != 0)
			return 0;
	return strcmp(a->chain_id, b->chain_id) == 0 &&
	    a->quorum == b->quorum && a->poll_ms == b->poll_ms &&
	    a->max_block_age_ms == b->max_block_age_ms &&
	    text_equal(a->ca_file, b->ca_file);
}

static int
hooks_equal(const struct config_hooks *a, const struct config_hooks *b)
{
	size_t	 i;

	for (i = 0; i < HOOKS; i++)
		if (!texts_equal(a->argv[i], a->argc[i], b->argv[i],
		    b->argc[i]))
			return 0;
	return a->timeout_ms == b->timeout_ms &&
	    text_equal(a->user, b->user) && text_equal(a->group, b->group) &&
	    a->allow_root == b->allow_root;
}

static int
releases_equal(const struct config_releases *a,
    const struct config_releases *b)
{
	size_t	 i;

	if (a->keys_count != b->keys_count || a->pins_count != b->pins_count)
		return 0;
	for (i = 0; i < a->keys_count; i++)
		if (strcmp(a->keys[i].path, b->keys[i].path) != 0 ||
		    strcmp(a->keys[i].key.text, b->keys[i].key.text) != 0)
			return 0;
	for (i = 0; i < a->pins_count; i++)
		if (strcmp(a->pins[i].version, b->pins[i].version) != 0 ||
		    strcmp(a->pins[i].sha256, b->pins[i].sha256) != 0)
			return 0;
	return a->trust == b->trust && texts_equal(a->sources,
	    a->sources_count, b->sources, b->sources_count) &&
	    text_equal(a->ca_file, b->ca_file) &&
	    text_equal(a->proxy, b->proxy) &&
	    a->timeout_ms == b->timeout_ms && a->stall_ms == b->stall_ms &&
	    a->max_size == b->max_size &&
	    a->allow_scripts == b->allow_scripts && a->keep == b->keep;
}

static void
change(struct config_diff *d, enum config_change_kind kind, const char *name)
{
	struct config_change	*c = &d->changes[d->changes_count++];

	c->kind = kind;
	strlcpy(c->name, name, sizeof(c->name));
}

void
config_diff(const struct config *a, const struct config *b,
    struct config_diff *d)
{
	const struct config_service	*old, *new;
	size_t				 i;

	memset(d, 0, sizeof(*d));
	d->monitor = !monitor_equal(a, b);
	d->policy = a->policy.automatic != b->policy.automatic ||
	    a->policy.settle_ms != b->policy.settle_ms ||
	    a->policy.splay_ms != b->policy.splay_ms ||
	    a->policy.per_day != b->policy.per_day ||
	    a->policy.max_unavailable != b->policy.max_unavailable ||
	    a->policy.probation_ms != b->policy.probation_ms ||
	    a->policy.soak_ms != b->policy.soak_ms ||
	    a->policy.pause_ms != b->policy.pause_ms ||
	    a->policy.ready_timeout_ms != b->policy.ready_timeout_ms ||
	    a->policy.version_check != b->policy.version_check ||
	    a->policy.retry_ms != b->policy.retry_ms ||
	    !hooks_equal(&a->hooks, &b->hooks) ||
	    memcmp(&a->policy.window, &b->policy.window,
	    sizeof(a->policy.window)) != 0;
	d->releases = !releases_equal(&a->releases, &b->releases);
	d->sandbox = a->sandbox != b->sandbox;
	d->changes = schema_zeroed(a->services_count + b->services_count,
	    sizeof(*d->changes));
	for (i = 0; i < a->services_count; i++)
		if (config_find_service(b, a->services[i].name) == NULL)
			change(d, CHANGE_REMOVED, a->services[i].name);
	for (i = 0; i < b->services_count; i++) {
		new = &b->services[i];
		if ((old = config_find_service(a, new->name)) == NULL)
			change(d, CHANGE_ADDED, new->name);
		else if (!config_service_run_equal(old, new))
			change(d, CHANGE_RESTART, new->name);
		else if (!policy_equal(old, new))
			change(d, CHANGE_POLICY, new->name);
	}
}

void
config_diff_free(struct config_diff *d)
{
	free(d->changes);
	memset(d, 0, sizeof(*d));
}
