#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/config.h"
#include "lavavisord/decision.h"
#include "lavavisord/events.h"
#include "lavavisord/health.h"
#include "lavavisord/hooks.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/nodes.h"
#include "lavavisord/offline.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/readiness.h"
#include "lavavisord/reload.h"
#include "lavavisord/service_manager.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_prepare.h"

static int	apply(struct config *, const struct config_diff *);
static void	add(json_t *, json_t *);
static const char *change_name(const struct config_change *,
		    const struct config *);
static json_t	*describe(const struct config_diff *, const struct config *);
static json_t	*needs(const struct config_change *, const struct config *);
static int	read_again(int, json_t **, char *, size_t);
static int	stays_locked(const struct config_change *,
		    const struct config *);

/* What will become of a service; the rules are services_reconfigure()'s. */
static const char *
change_name(const struct config_change *change, const struct config *conf)
{
	const struct service	*s;

	switch (change->kind) {
	case CHANGE_ADDED:
		return "added";
	case CHANGE_REMOVED:
		return "removed";
	case CHANGE_RESTART:
		s = service_by_name(change->name);
		return s != NULL && s->state.pid != 0 &&
		    hooks_want(change->name) == WANT_UP &&
		    !stays_locked(change, conf) ? "restarted" : "changed";
	default:
		return "changed";
	}
}

/* It runs and is not restarted before its new passphrase was typed: 1. */
static int
stays_locked(const struct config_change *change, const struct config *conf)
{
	const struct config_service	*now;
	const struct service		*s;

	now = config_find_service(conf, change->name);
	s = service_by_name(change->name);
	return change->kind == CHANGE_RESTART && now != NULL && s != NULL &&
	    s->state.pid != 0 && hooks_want(change->name) == WANT_UP &&
	    now->passphrase.source == PASSPHRASE_PROMPT &&
	    (s->passphrase == NULL || service_is_locked(s));
}

/* What a change needs before it has an effect, or NULL */
static json_t *
needs(const struct config_change *change, const struct config *conf)
{
	if (stays_locked(change, conf))
		return json_sprintf("`unlock %s`", change->name);
	/* An order outlives that its service left for a while. */
	if (change->kind == CHANGE_ADDED && !env.idle &&
	    hooks_want(change->name) == WANT_DOWN)
		return json_string("`start`: it was stopped by an order");
	return NULL;
}

static void
add(json_t *l, json_t *o)
{
	if (o == NULL || json_array_append_new(l, o) == -1)
		fatalx("out of memory");
}

static json_t *
describe(const struct config_diff *d, const struct config *conf)
{
	json_t	*l;
	size_t	 i;

	if ((l = json_array()) == NULL)
		fatalx("out of memory");
	for (i = 0; i < d->changes_count; i++)
		add(l, json_pack("{s:s, s:s, s:o*}", "service",
		    d->changes[i].name, "change", change_name(&d->changes[i],
		    conf), "needs", needs(&d->changes[i], conf)));
	if (d->monitor)
		add(l, json_pack("{s:s}", "change", "nodes"));
	if (d->policy)
		add(l, json_pack("{s:s}", "change", "policy"));
	if (d->releases)
		add(l, json_pack("{s:s}", "change", "releases"));
	if (d->sandbox)
		add(l, json_pack("{s:s, s:s}", "change", "sandbox", "needs",
		    "a restart of the daemon"));
	return l;
}

static int
apply(struct config *new_conf, const struct config_diff *d)
{
	struct config	*old = env.conf;
	size_t		 i;

	/* The rooms that run keep their walls: it stays in effect. */
	new_conf->sandbox = old->sandbox;
	offline_cancel("the configuration has changed: install it again");
	prepare_cancel("the configuration has changed: ask again");
	env.conf = new_conf;
	for (i = 0; i < d->changes_count; i++)
		if (d->changes[i].kind == CHANGE_ADDED &&
		    journal_service_add(&env.journal, d->changes[i].name) ==
		    NULL)
			log_warnx("too many services in the journal");
	journal_keep();
	services_reconfigure(new_conf, hooks_want);
	passphrase_reconfigured();
	readiness_reconfigured();
	health_reconfigured();
	if (d->monitor)
		nodes_use(new_conf);
	else
		nodes_rename(new_conf);
	/* What could not be had there may be had elsewhere, or be believed. */
	if (d->releases)
		decision_available();
	config_free(old);
	upgrade_consider();
	return 1;
}

int
reload(int only_say, json_t **what, char *text, size_t size)
{
	char	 status[TEXT_SIZE];
	int	 n;

	if (only_say || env.stopping)
		return read_again(only_say, what, text, size);
	manager_reloading("reads its configuration");
	n = read_again(0, what, text, size);
	snprintf(status, sizeof(status), "%s: %s", n == -1 ?
	    "reload refused, nothing has changed" : "reload", text);
	manager_ready(status);
	return n;
}

static int
read_again(int only_say, json_t **what, char *text, size_t size)
{
	struct config		*new_conf;
	struct config_diff	 d;
	const struct upgrade_cell *cell;
	int			 n;

	if (env.stopping) {
		snprintf(text, size, "the daemon is stopping");
		return -1;
	}
	if (config_load(env.places.conf, env.places.directory, &new_conf,
	    text, size) == -1)
		return -1;
	if (config_accounts(new_conf, text, size) == -1) {
		config_free(new_conf);
		return -1;
	}
	config_diff(env.conf, new_conf, &d);
	n = (int)d.changes_count + d.monitor + d.policy + d.releases +
	    d.sandbox;
	if (d.sandbox && !only_say)
		log_warnx("a change of `sandbox` needs a restart");
	if (n == 0) {
		snprintf(text, size, "nothing has changed");
		config_free(new_conf);
		config_diff_free(&d);
		return 0;
	}
	*what = describe(&d, new_conf);
	snprintf(text, size, "%d change%s%s", n, n == 1 ? "" : "s",
	    only_say ? " to come" : "");
	cell = upgrade_cell(upgrade_state(), EV_RELOAD);
	if (cell->handling == CELL_QUEUE)
		strlcat(text, ", once the upgrade in hand has ended", size);
	if (only_say)
		config_free(new_conf);
	else if (cell->handling == CELL_QUEUE) {
		upgrade_feed(EV_RELOAD, "");
		config_free(new_conf);
	} else {
		upgrade_feed(EV_RELOAD, "the configuration has changed");
		apply(new_conf, &d);
		event_tell("reload", json_pack("{s:s, s:O}", "state", "done",
		    "changes", *what));
	}
	config_diff_free(&d);
	return 1;
}

void
reload_from_signal(void)
{
	char	 text[CONFIG_ERROR_SIZE];
	json_t	*what = NULL;
	int	 n;

	n = reload(0, &what, text, sizeof(text));
	if (n == -1) {
		log_warnx("reload refused, nothing has changed: %s", text);
		event_tell("reload", json_pack("{s:s, s:s}", "state",
		    "refused", "reason", text));
	} else
		log_info("reload: %s", text);
	json_decref(what);
}
