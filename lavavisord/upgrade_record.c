#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/clock.h"
#include "lavavisord/decide.h"
#include "lavavisord/decision.h"
#include "lavavisord/events.h"
#include "lavavisord/fetch.h"
#include "lavavisord/history.h"
#include "lavavisord/install.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/manifest.h"
#include "lavavisord/roll.h"
#include "lavavisord/show.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_past.h"
#include "lavavisord/upgrade_record.h"
#include "lavavisord/upgrade_trace.h"

/* Events that are looked at for an upgrade that a parent before us began */
#define RETRACE_MAX	65536

static json_t	*trace, *begun;		/* of the one in hand, or NULL */
static char	 reason[TEXT_SIZE];
static char	 last_reason[TEXT_SIZE];	/* of one that has ended */
static char	 decided[DECIDE_ROLES][DECIDE_TEXT_SIZE + 64];
static char	 from[SEMVER_SIZE];	/* lowest version before it */
static int64_t	 started_ms;		/* Unix, of the one in hand */

static json_t	*begin_make(void);
static const char *event_of(const char *);
static json_t	*file_of(const struct semver *);
static void	 find_from(void);
static void	 forget_trace(void);
static json_t	*hooks_make(void);
static void	 noted(const json_t *);
static json_t	*record_make(const char *);
static void	 retrace(void);
static const char *roles_text(unsigned int);
static json_t	*service_from(const char *, const char *);
static json_t	*services_make(const char *);
static json_t	*uid_of(const struct journal_upgrade *);

static const char *
event_of(const char *outcome)
{
	return strcmp(outcome, "committed") == 0 ? "commit" :
	    strcmp(outcome, "rolled-back") == 0 ? "rollback" : "abandon";
}

void
record_load(void)
{
	uint64_t	 highest;
	size_t		 i;

	highest = past_load(env.dir, env.places.directory);
	for (i = 0; i < past_count(); i++)
		trace_hooks_lost(json_object_get(past_at(i), "hooks"));
	/* A journal that began anew: an id means one upgrade all the same. */
	if (env.journal.upgrade_id < highest)
		env.journal.upgrade_id = highest;
	events_note(noted);
}

static void
forget_trace(void)
{
	json_decref(trace);
	json_decref(begun);
	trace = begun = NULL;
}

/* Hooks run on when their upgrade is over, those of its end above all. */
static void
noted(const json_t *event)
{
	json_t	*o, *hooks;
	size_t	 i;

	if (upgrade_state() != UPGRADE_IDLE && trace != NULL) {
		trace_event(trace, event);
		if (trace_is_hook_of(event, env.journal.upgrade.id)) {
			trace_hook(json_object_get(trace, "hooks"), event);
			return;
		}
	}
	for (i = past_count(); i > 0; i--) {
		o = past_at(i - 1);
		hooks = json_object_get(o, "hooks");
		if (hooks == NULL || !trace_is_hook_of(event,
		    (uint64_t)json_integer_value(json_object_get(o, "id"))))
			continue;
		trace_hook(hooks, event);
		past_keep();
		return;
	}
}

/* The manifest of a version, as far as it is trusted here; null none */
static json_t *
file_of(const struct semver *v)
{
	const struct installed	*i = install_find(v);
	const struct manifest	*m;
	char			 text[SEMVER_SIZE];

	if (i == NULL)
		return json_null();
	m = &i->manifest;
	return json_pack("{s:s, s:s, s:I, s:s, s:o, s:o}",
	    "version", semver_text(v, text, sizeof(text)),
	    "sha256", m->sha256, "size", (json_int_t)m->size,
	    "how", manifest_how_name(m->how),
	    "key", m->key[0] ? json_string(m->key) : json_null(),
	    "source", m->source[0] ? json_string(m->source) : json_null());
}

/* "`upgrade to 6.2.5` by uid 0" */
static json_t *
uid_of(const struct journal_upgrade *u)
{
	static const char	 by[] = "` by uid ";
	const char		*p, *last = NULL;
	char			*end;
	unsigned long long	 uid;

	for (p = u->order; (p = strstr(p, by)) != NULL; p++)
		last = p + sizeof(by) - 1;
	if (u->by == UPGRADE_BY_CHAIN || last == NULL)
		return json_null();
	uid = strtoull(last, &end, 10);
	return end == last || *end != '\0' || uid > UINT32_MAX ?
	    json_null() : json_integer((json_int_t)uid);
}

/* What is known at its begin and later no more */
static json_t *
begin_make(void)
{
	struct journal_upgrade	*u = &env.journal.upgrade;
	struct semver		 v;
	char			 to[SEMVER_SIZE];
	json_t			*o;

	o = json_pack("{s:I, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o}",
	    "id", (json_int_t)u->id,
	    "from", from[0] ? json_string(from) : json_null(),
	    "to", semver_text(&u->version, to, sizeof(to)),
	    "role", roles_text(u->roles),
	    "by", u->by == UPGRADE_BY_CHAIN ? "chain" : "operator",
	    "order", u->order, "uid", uid_of(u), "chain", show_chain(),
	    "old", semver_parse(from, &v) == 0 ? file_of(&v) : json_null());
	if (o == NULL)
		fatalx("out of memory");
	return o;
}

void
record_begin(void)
{
	struct journal_upgrade	*u = &env.journal.upgrade;
	char			 v[SEMVER_SIZE];

	if (u->id != 0)
		return;
	u->id = ++env.journal.upgrade_id;
	started_ms = clock_unix_ms();
	reason[0] = '\0';
	find_from();
	journal_keep();
	forget_trace();
	trace = trace_new();
	begun = begin_make();
	event_tell("begin", json_incref(begun));
	semver_text(&u->version, v, sizeof(v));
	if (decision_tries(&u->version) > 0)
		log_debug("upgrade %llu to v%s is tried again",
		    (unsigned long long)u->id, v);
	else
		log_info("%supgrade %llu to v%s begins: %s",
		    u->by == UPGRADE_BY_CHAIN ? "update detected: " : "",
		    (unsigned long long)u->id, v, u->order);
}

/* What a parent before us saw of it, as far as the history has that */
static void
retrace(void)
{
	uint64_t	 id = env.journal.upgrade.id;
	json_t		*told, *event;
	size_t		 i, n;

	forget_trace();
	trace = trace_new();
	told = history_last(env.places.directory, NULL, RETRACE_MAX);
	n = json_array_size(told);
	for (i = n; i > 0; i--)
		if (trace_is_begin(json_array_get(told, i - 1), id))
			break;
	if (i > 0)
		begun = json_incref(json_array_get(told, i - 1));
	else
		begun = begin_make();
	for (; i < n; i++) {
		event = json_array_get(told, i);
		trace_event(trace, event);
		if (trace_is_hook_of(event, id))
			trace_hook(json_object_get(trace, "hooks"), event);
	}
	json_decref(told);
}

void
record_resume(void)
{
	struct journal_bad	*b;

	find_from();
	/* Its mark was saved before the first one went back. */
	if (env.journal.upgrade.state == UPGRADE_ROLLING_BACK &&
	    (b = journal_bad(&env.journal, &env.journal.upgrade.version)) !=
	    NULL)
		record_reason(b->reason);
	started_ms = env.journal.upgrade.started_s * 1000;
	retrace();
	log_info("upgrade %llu goes on after a start, %s",
	    (unsigned long long)env.journal.upgrade.id,
	    upgrade_state_name(env.journal.upgrade.state));
}

void
record_reason(const char *why)
{
	if (reason[0] == '\0')		/* the first one is the cause */
		log_clean(reason, sizeof(reason), why);
}

const char *
record_from(void)
{
	return from;
}

const char *
record_why(void)
{
	return reason;
}

static const char *
roles_text(unsigned int roles)
{
	switch (roles & 3) {
	case 1:
		return "provider";
	case 2:
		return "consumer";
	default:
		return "both";
	}
}

/* The version that its services come from, the lowest of them */
static void
find_from(void)
{
	struct journal_service	*j;
	struct service		*sv;
	struct semver		 lowest, own;
	int			 found = 0;

	for (sv = service_first(); sv != NULL; sv = service_next(sv)) {
		if (!follows_chain(sv) || (env.journal.upgrade.roles &
		    (1U << sv->conf->role)) == 0 || (j = journal_service(
		    &env.journal, sv->conf->name)) == NULL ||
		    !(j->moved ? j->has_previous : j->has_version))
			continue;
		own = j->moved ? j->previous : j->version;
		if (found && semver_compare(&lowest, &own) <= 0)
			continue;
		lowest = own;
		found = 1;
	}
	from[0] = '\0';
	if (found)
		semver_text(&lowest, from, sizeof(from));
}

/* Where a service came from, or is again; null it has not run before */
static json_t *
service_from(const char *name, const char *outcome)
{
	struct journal_service	*j = journal_service(&env.journal, name);
	const struct semver	*to = &env.journal.upgrade.version, *v = NULL;
	char			 text[SEMVER_SIZE];

	if (j == NULL)
		return json_null();
	if (j->moved || (outcome != NULL &&
	    strcmp(outcome, "committed") == 0))
		v = j->has_previous ? &j->previous : NULL;
	else if (j->has_version && semver_compare(&j->version, to) != 0)
		v = &j->version;
	return v == NULL ? json_null() : json_string(semver_text(v, text,
	    sizeof(text)));
}

/*
 * What the roll has measured, and what the trace has seen.  A roll that a
 * parent before us began is known to the trace as a whole.
 */
static json_t *
services_make(const char *outcome)
{
	json_t		*list, *measured, *m, *s = NULL;
	const char	*name;
	size_t		 i, k;

	list = trace != NULL ? trace_services(trace) : json_array();
	measured = roll_report();
	json_array_foreach(measured, i, m) {
		name = json_string_value(json_object_get(m, "name"));
		json_array_foreach(list, k, s)
			if (strcmp(json_string_value(json_object_get(s,
			    "name")), name) == 0)
				break;
		if (k == json_array_size(list))
			json_array_append(list, m);
		else
			json_object_update(s, m);
	}
	json_array_foreach(list, k, s) {
		if (json_object_get(s, "gap_ms") == NULL) {
			json_object_set_new(s, "gap_ms", json_null());
			json_object_set_new(s, "ready_ms", json_null());
		}
		name = json_string_value(json_object_get(s, "name"));
		json_object_set_new(s, "from", service_from(name, outcome));
	}
	json_decref(measured);
	return list;
}

static json_t *
hooks_make(void)
{
	json_t	*hooks;

	hooks = trace != NULL ? json_deep_copy(json_object_get(trace,
	    "hooks")) : json_array();
	if (hooks == NULL)
		fatalx("out of memory");
	return hooks;
}

static json_t *
record_make(const char *outcome)
{
	static const char *const	 of_begin[] = { "uid", "chain", "old" };
	struct journal_upgrade		*u = &env.journal.upgrade;
	char				 started[64], ended[64];
	char				 to[SEMVER_SIZE];
	json_t				*o, *sources;
	size_t				 i;

	clock_text(started_ms, started, sizeof(started));
	clock_text(clock_unix_ms(), ended, sizeof(ended));
	o = json_pack("{s:I, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:i, "
	    "s:o, s:o}",
	    "id", (json_int_t)u->id, "started", started,
	    "ended", outcome != NULL ? json_string(ended) : json_null(),
	    "from", from[0] ? json_string(from) : json_null(),
	    "to", semver_text(&u->version, to, sizeof(to)),
	    "role", roles_text(u->roles),
	    "by", u->by == UPGRADE_BY_CHAIN ? "chain" : "operator",
	    "order", u->order,
	    "outcome", outcome != NULL ? outcome :
	    upgrade_state_name(u->state),
	    "tries", 1,
	    "reason", reason[0] ? json_string(reason) : json_null(),
	    "services", services_make(outcome));
	if (o == NULL || json_object_set_new(o, "new",
	    file_of(&u->version)) == -1 || json_object_set_new(o, "hooks",
	    hooks_make()) == -1)
		fatalx("out of memory");
	for (i = 0; i < sizeof(of_begin) / sizeof(of_begin[0]); i++)
		json_object_set(o, of_begin[i], json_object_get(begun,
		    of_begin[i]));
	/* Those that are not even up on the version they had */
	if (outcome != NULL && strcmp(outcome, "rolled-back") == 0)
		json_object_set_new(o, "down", roll_down_report());
	if ((sources = fetch_failures()) != NULL)
		json_object_set_new(o, "sources", sources);
	return o;
}

void
record_end(const char *outcome, int again)
{
	struct journal_upgrade	*u = &env.journal.upgrade;
	json_t			*o = record_make(outcome);
	char			 v[SEMVER_SIZE], text[TEXT_SIZE + 128];
	json_int_t		 tries;

	past_add(o);
	tries = json_integer_value(json_object_get(o, "tries"));
	semver_text(&u->version, v, sizeof(v));
	if (strcmp(outcome, "committed") == 0)
		snprintf(text, sizeof(text), "upgrade successful: v%s is "
		    "committed, upgrade %llu", v, (unsigned long long)u->id);
	else
		snprintf(text, sizeof(text), "upgrade %llu to v%s: %s%s%s",
		    (unsigned long long)u->id, v, outcome,
		    reason[0] ? ": " : "", reason);
	/* One alarm for a release that cannot be had, however often tried. */
	if (tries > 1)
		log_debug("%s, %lld times", text, (long long)tries);
	else if (again)
		log_warnx("%s; services run on, it is tried again", text);
	else if (strcmp(outcome, "failed") == 0)
		log_warnx("%s", text);
	else
		log_info("%s", text);
	strlcpy(last_reason, reason[0] ? reason : "see `show upgrades`",
	    sizeof(last_reason));
	event_tell(event_of(outcome), past_brief(o));
	json_decref(o);
	forget_trace();
	reason[0] = '\0';
}

const char *
record_last_reason(void)
{
	return last_reason;
}

json_t *
record_failure(const struct semver *version)
{
	static const char *const	 keys[] = {
		"id", "ended", "outcome", "reason", "tries"
	};
	const char			*to, *outcome;
	char				 v[SEMVER_SIZE];
	json_t				*o, *f;
	size_t				 i, k;

	semver_text(version, v, sizeof(v));
	for (i = past_count(); i > 0; i--) {
		o = past_at(i - 1);
		to = json_string_value(json_object_get(o, "to"));
		outcome = json_string_value(json_object_get(o, "outcome"));
		if (to == NULL || outcome == NULL || strcmp(to, v) != 0)
			continue;
		if (strcmp(outcome, "committed") == 0)
			break;
		if ((f = json_object()) == NULL)
			fatalx("out of memory");
		for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			json_object_set(f, keys[k], json_object_get(o,
			    keys[k]));
		return f;
	}
	return json_null();
}

json_t *
upgrade_show(void)
{
	json_t	*list, *o;
	size_t	 i;

	if ((list = json_array()) == NULL)
		fatalx("out of memory");
	if (upgrade_state() != UPGRADE_IDLE) {
		o = record_make(NULL);
		json_array_append_new(list, past_brief(o));
		json_decref(o);
	}
	for (i = past_count(); i > 0; i--)
		json_array_append_new(list, past_brief(past_at(i - 1)));
	return list;
}

json_t *
upgrade_show_one(uint64_t id)
{
	if (upgrade_state() != UPGRADE_IDLE && env.journal.upgrade.id == id)
		return record_make(NULL);
	return json_incref(past_find(id));
}

json_t *
record_now(void)
{
	char	 now[64];
	json_t	*o = begin_make();

	clock_text(clock_unix_ms(), now, sizeof(now));
	if (json_object_set_new(o, "seq", json_integer((json_int_t)
	    events_last())) == -1 || json_object_set_new(o, "time",
	    json_string(now)) == -1 || json_object_set_new(o, "event",
	    json_string("begin")) == -1 || json_object_set_new(o, "state",
	    json_string(upgrade_state_name(upgrade_state()))) == -1)
		fatalx("out of memory");
	return o;
}

void
record_decision(const struct decision *d)
{
	const struct decide_result	*r;
	char				 text[sizeof(decided[0])];
	char				 line[DECIDE_TEXT_SIZE + 64];
	char				 v[SEMVER_SIZE];
	int				 i;

	for (i = 0; i < DECIDE_ROLES; i++) {
		r = &d->role[i];
		if (!d->role_has_services[i])
			continue;
		if (r->has_version)
			semver_text(&r->version, v, sizeof(v));
		else
			strlcpy(v, "-", sizeof(v));
		snprintf(text, sizeof(text), "%s %s %s%s%s%s",
		    decide_why_name(r->why), v, decide_action_name(r->action),
		    r->below_min ? " below" : "", r->ahead ? " ahead" : "",
		    r->lowered ? " lowered" : "");
		if (strcmp(text, decided[i]) == 0)
			continue;
		/* One more try of what could not be had is no news. */
		if (r->action == DECIDE_FETCH &&
		    decision_tries(&r->version) > 0)
			continue;
		strlcpy(decided[i], text, sizeof(decided[i]));
		snprintf(line, sizeof(line), "%s services: %s%s%s",
		    decide_role_name((enum decide_role)i),
		    decide_why_name(r->why), r->text[0] ? ": " : "", r->text);
		if (r->lowered)
			log_warnx("%s", line);
		else
			log_info("%s", line);
		event_tell("decision", json_pack("{s:s, s:s, s:s, s:s}",
		    "role", decide_role_name((enum decide_role)i),
		    "version", v, "why", decide_why_name(r->why), "text",
		    r->text));
	}
}
