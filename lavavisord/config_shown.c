#include <sys/types.h>
#include <sys/resource.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisord/config_check.h"
#include "lavavisord/config_shown.h"
#include "lavavisord/config_values.h"
#include "lavavisord/masking.h"
#include "lavavisord/shown.h"

/* Before the arguments: lavap, its subcommand, config, --from, --geolocation */
#define PIECES	7

static void	add_check(json_t *, const struct config_check *);
static void	add_drain(json_t *, const struct config_service *);
static void	add_passphrase(json_t *, const struct config_service *);
static void	add_health(json_t *, const struct config_service *);
static void	add_pieces(json_t *, const struct config_service *);
static void	add_ready(json_t *, const struct config_service *);
static void	add_restart(json_t *, const struct config_service *);
static void	add_rlimits(json_t *, const struct config_service *);
static void	add_user(json_t *, const struct config_service *);
static json_t	*check_kind(const struct config_check *);
static json_t	*hooks(const struct config_hooks *);
static json_t	*limit(rlim_t);
static json_t	*nodes(const struct config *);
static json_t	*policy(const struct config_policy *);
static json_t	*releases(const struct config_releases *);
static const char *rlimit_name(int);
static const char *signal_name(int);
static json_t	*texts(char *const *, size_t);
static json_t	*window(const struct window *);

static json_t *
texts(char *const *list, size_t n)
{
	json_t	*l = shown_list();
	size_t	 i;

	for (i = 0; i < n; i++)
		shown_add(l, json_string(list[i]));
	return l;
}

static json_t *
nodes(const struct config *c)
{
	json_t	*l = shown_list(), *o;
	size_t	 i;

	for (i = 0; i < c->nodes_count; i++) {
		o = shown_object();
		shown_masked(o, "url", c->nodes[i].url);
		if (c->nodes[i].operator_name[0] != '\0')
			shown_text(o, "operator", c->nodes[i].operator_name);
		shown_add(l, o);
	}
	return l;
}

static json_t *
window(const struct window *w)
{
	json_t	*l = shown_list();
	char	 text[WINDOW_TEXT_SIZE];
	size_t	 i;

	for (i = 0; i < w->count; i++)
		shown_add(l, json_string(window_text(&w->range[i], text,
		    sizeof(text))));
	return l;
}

static json_t *
policy(const struct config_policy *p)
{
	static const char *const	 steps[] = {
		[AUTO_NONE] = "none",
		[AUTO_PATCH] = "patch",
		[AUTO_MINOR] = "minor",
		[AUTO_MAJOR] = "major"
	};
	json_t				*o = shown_object();

	shown_text(o, "auto", steps[p->automatic]);
	shown_duration(o, "settle", p->settle_ms);
	shown_duration(o, "splay", p->splay_ms);
	shown_count(o, "per-day", p->per_day);
	shown_count(o, "max-unavailable", p->max_unavailable);
	shown_duration(o, "probation", p->probation_ms);
	shown_duration(o, "soak", p->soak_ms);
	shown_duration(o, "pause", p->pause_ms);
	shown_duration(o, "ready-timeout", p->ready_timeout_ms);
	shown_text(o, "version-check", p->version_check ==
	    VERSION_CHECK_STRICT ? "strict" : "warn");
	if (p->window.count > 0)
		shown_put(o, "window", window(&p->window));
	shown_duration(o, "retry", p->retry_ms);
	return o;
}

static json_t *
releases(const struct config_releases *r)
{
	static const char *const	 modes[TRUST_MODES] = {
		[TRUST_CHECKSUM] = "checksum",
		[TRUST_SIGNED] = "signed",
		[TRUST_PINNED] = "pinned"
	};
	json_t				*o = shown_object(), *part;
	size_t				 i;

	shown_text(o, "trust", modes[r->trust]);
	part = shown_list();
	for (i = 0; i < r->sources_count; i++)
		shown_add(part, json_string(r->sources[i]));
	shown_put(o, "sources", part);
	if (r->keys_count > 0) {
		part = shown_list();
		for (i = 0; i < r->keys_count; i++)
			shown_add(part, json_string(r->keys[i].path));
		shown_put(o, "keys", part);
	}
	if (r->pins_count > 0) {
		part = shown_object();
		for (i = 0; i < r->pins_count; i++)
			shown_text(part, r->pins[i].version,
			    r->pins[i].sha256);
		shown_put(o, "pins", part);
	}
	shown_text(o, "ca-file", r->ca_file);
	shown_masked(o, "proxy", r->proxy);
	shown_duration(o, "timeout", r->timeout_ms);
	shown_duration(o, "stall-timeout", r->stall_ms);
	shown_size(o, "max-size", r->max_size);
	shown_bool(o, "allow-scripts", r->allow_scripts);
	shown_count(o, "keep", r->keep);
	return o;
}

static json_t *
hooks(const struct config_hooks *h)
{
	json_t	*o = shown_object();
	size_t	 i;

	shown_text(o, "user", h->user);
	shown_text(o, "group", h->group);
	shown_bool(o, "allow-root", h->allow_root);
	shown_duration(o, "timeout", h->timeout_ms);
	for (i = 0; i < HOOKS; i++)
		shown_words(o, config_hook_name((enum config_hook)i),
		    h->argv[i], h->argc[i]);
	return o;
}

json_t *
config_shown(const struct config *c)
{
	static const char *const	 modes[] = {
		[SANDBOX_AUTO] = "auto",
		[SANDBOX_REQUIRE] = "require",
		[SANDBOX_OFF] = "off"
	};
	json_t				*o = shown_object(), *l;
	size_t				 i;

	if (c->chain_id[0] != '\0')
		shown_text(o, "chain-id", c->chain_id);
	shown_put(o, "nodes", nodes(c));
	shown_text(o, "ca-file", c->ca_file);
	shown_count(o, "quorum", c->quorum);
	shown_duration(o, "poll-interval", c->poll_ms);
	shown_duration(o, "max-block-age", c->max_block_age_ms);
	shown_text(o, "sandbox", modes[c->sandbox]);
	shown_put(o, "policy", policy(&c->policy));
	shown_put(o, "releases", releases(&c->releases));
	shown_put(o, "hooks", hooks(&c->hooks));
	l = shown_list();
	for (i = 0; i < c->services_count; i++)
		shown_add(l, json_string(c->services[i].name));
	shown_put(o, "services", l);
	return o;
}

/* The pieces that make lavap's command line, or the line itself */
static void
add_pieces(json_t *o, const struct config_service *s)
{
	size_t	 first = PIECES;

	if (s->geolocation == 0) {
		shown_words(o, "command", s->argv, s->argc);
		return;
	}
	shown_text(o, "config", s->config_file);
	shown_text(o, "from", s->from);
	shown_count(o, "geolocation", s->geolocation);
	shown_text(o, "chain-id", s->chain_id);
	shown_text(o, "keyring-backend", s->keyring_backend);
	shown_masked(o, "node", s->node);
	first += 2 * ((s->chain_id != NULL) + (s->node != NULL) +
	    (s->keyring_backend != NULL));
	shown_words(o, "arguments", s->argv + first, s->argc - first);
}

static void
add_user(json_t *o, const struct config_service *s)
{
	json_t	*env;
	char	*masked;
	size_t	 i;

	shown_text(o, "user", s->user != NULL ? s->user : s->user_name);
	shown_text(o, "group", s->group);
	if (s->groups_set)
		shown_put(o, "groups", texts(s->groups, s->groups_count));
	shown_bool(o, "allow-root", s->allow_root);
	shown_text(o, "directory", s->directory);
	if (s->env_count == 0)
		return;
	env = shown_object();
	for (i = 0; i < s->env_count; i++) {
		if (masking_is_secret(s->env[i].name)) {
			shown_text(env, s->env[i].name, MASKED);
			continue;
		}
		masked = masking_text(s->env[i].value);
		shown_text(env, s->env[i].name, masked);
		free(masked);
	}
	shown_put(o, "env", env);
}

static const char *
rlimit_name(int resource)
{
	static const char *const	 names[] = { "core", "cpu", "data",
	    "fsize", "memlock", "nofile", "nproc", "rss", "stack", "as",
	    "locks", "msgqueue", "nice", "rtprio", "rttime", "sigpending" };
	const char			*why;
	size_t				 i;
	int				 n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (value_rlimit(names[i], &n, &why) == 0 && n == resource)
			return names[i];
	return NULL;
}

static const char *
signal_name(int number)
{
	static const char *const	 names[] = { "HUP", "INT", "QUIT",
	    "ABRT", "KILL", "USR1", "USR2", "ALRM", "TERM", "WINCH" };
	const char			*why;
	size_t				 i;
	int				 n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (value_signal(names[i], &n, &why) == 0 && n == number)
			return names[i];
	return NULL;
}

static json_t *
limit(rlim_t n)
{
	return n == RLIM_INFINITY ? json_string("unlimited") :
	    json_integer((json_int_t)n);
}

static void
add_rlimits(json_t *o, const struct config_service *s)
{
	const struct config_rlimit	*r;
	const char			*name;
	json_t				*limits = shown_object(), *pair;
	size_t				 i;

	for (i = 0; i < s->rlimits_count; i++) {
		r = &s->rlimits[i];
		if (r->implied || (name = rlimit_name(r->resource)) == NULL)
			continue;
		if (r->soft == r->hard) {
			shown_put(limits, name, limit(r->soft));
			continue;
		}
		pair = shown_list();
		shown_add(pair, limit(r->soft));
		shown_add(pair, limit(r->hard));
		shown_put(limits, name, pair);
	}
	if (json_object_size(limits) > 0)
		shown_put(o, "rlimits", limits);
	else
		json_decref(limits);
}

static void
add_restart(json_t *o, const struct config_service *s)
{
	static const char *const	 modes[RESTART_MODES] = {
		[RESTART_ALWAYS] = "always",
		[RESTART_ON_FAILURE] = "on-failure",
		[RESTART_NEVER] = "never"
	};
	char				 text[16 + 256 * 4];
	size_t				 used;
	int				 i;

	if (s->restart != RESTART_UNLESS_EXIT) {
		shown_text(o, "restart", modes[s->restart]);
		return;
	}
	used = strlcpy(text, "unless-exit", sizeof(text));
	for (i = 0; i < 256; i++)
		if (s->unless[i / 8] & (1 << (i % 8)))
			used += (size_t)snprintf(text + used,
			    sizeof(text) - used, " %d", i);
	shown_text(o, "restart", text);
}

/* "KIND [TARGET]" */
static json_t *
check_kind(const struct config_check *c)
{
	json_t	*text;
	char	*masked, **words, *line;
	size_t	 i, size = 64;

	if (c->kind == READY_COMMAND) {
		for (i = 0; i < c->words_count; i++)
			size += strlen(c->words[i]) + sizeof(MASKED) + 1;
		line = schema_zeroed(size, 1);
		words = c->words;
		strlcpy(line, config_check_name(c->kind), size);
		for (i = 0; i < c->words_count; i++) {
			masked = masking_word(words, i);
			strlcat(line, " ", size);
			strlcat(line, masked, size);
			free(masked);
		}
	} else {
		masked = masking_text(c->target != NULL ? c->target : "");
		size += strlen(masked);
		line = schema_zeroed(size, 1);
		snprintf(line, size, "%s%s%s", config_check_name(c->kind),
		    c->target != NULL ? " " : "", masked);
		free(masked);
	}
	text = json_string(line);
	free(line);
	return text;
}

static void
add_check(json_t *o, const struct config_check *c)
{
	char	 status[32];

	shown_put(o, "check", check_kind(c));
	if (c->kind == READY_HTTP) {
		snprintf(status, sizeof(status), "%u-%u", c->status_min,
		    c->status_max);
		if (c->status_min == c->status_max)
			status[3] = '\0';
		shown_text(o, "status", status);
		shown_text(o, "body", c->body);
		shown_text(o, "address", c->address);
		shown_bool(o, "verify", c->verify);
	}
	shown_duration(o, "timeout", c->timeout_ms);
}

static void
add_ready(json_t *o, const struct config_service *s)
{
	json_t	*ready;

	if (s->ready.kind == READY_NONE) {
		shown_text(o, "ready", "none");
		return;
	}
	ready = shown_object();
	add_check(ready, &s->ready);
	shown_put(o, "ready", ready);
}

static void
add_health(json_t *o, const struct config_service *s)
{
	json_t	*health;

	if (!s->health.on)
		return;
	health = shown_object();
	add_check(health, &s->health.check);
	shown_duration(health, "interval", s->health.interval_ms);
	shown_count(health, "threshold", s->health.threshold);
	shown_text(health, "action", s->health.restart ? "restart" :
	    "report");
	shown_put(o, "health", health);
}

static void
add_drain(json_t *o, const struct config_service *s)
{
	if (s->drain_argc > 0)
		shown_words(o, "drain", s->drain, s->drain_argc);
	else
		shown_duration(o, "drain", s->drain_ms);
	shown_duration(o, "drain-timeout", s->drain_timeout_ms);
}

static void
add_passphrase(json_t *o, const struct config_service *s)
{
	const struct config_passphrase	*c = &s->passphrase;
	char				 number[16];
	json_t				*p;

	if (c->source == PASSPHRASE_NONE)
		return;
	p = shown_object();
	shown_text(p, "source", config_passphrase_name(c->source));
	snprintf(number, sizeof(number), "%d", c->fd);
	if (c->source == PASSPHRASE_FD)
		shown_text(p, "fd", number);
	else if (c->source == PASSPHRASE_FILE)
		shown_text(p, "file", c->words[0]);
	else if (c->source == PASSPHRASE_COMMAND)
		shown_words(p, "command", c->words, c->words_count);
	shown_put(o, "passphrase", p);
}

json_t *
config_service_shown(const struct config_service *s)
{
	json_t	*o = shown_object(), *log;
	char	 umask_text[8];

	shown_text(o, "role", config_role_name(s->role));
	add_pieces(o, s);
	add_user(o, s);
	snprintf(umask_text, sizeof(umask_text), "%03o",
	    (unsigned int)s->umask);
	shown_text(o, "umask", umask_text);
	shown_put(o, "nice", json_integer(s->nice));
	shown_bool(o, "no-new-privs", s->no_new_privs);
	add_rlimits(o, s);
	shown_text(o, "stop-signal", signal_name(s->stop_signal));
	shown_duration(o, "stop-grace", s->grace_ms);
	add_restart(o, s);
	shown_duration(o, "stable", s->stable_ms);
	shown_duration(o, "backoff", s->backoff_ms);
	shown_duration(o, "backoff-max", s->backoff_max_ms);
	shown_count(o, "limit", s->limit);
	shown_duration(o, "retry", s->retry_ms);
	add_passphrase(o, s);
	add_ready(o, s);
	add_health(o, s);
	shown_bool(o, "canary", s->canary);
	add_drain(o, s);
	log = shown_object();
	shown_size(log, "size", s->log_size);
	shown_count(log, "count", s->log_count);
	shown_put(o, "log", log);
	return o;
}
