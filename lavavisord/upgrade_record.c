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
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/roll.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_record.h"

#define PAST_MAX	64	/* upgrades shown */

static json_t	*past;			/* oldest first */
static char	 reason[TEXT_SIZE];
static char	 last_reason[TEXT_SIZE];	/* of one that has ended */
static char	 decided[DECIDE_ROLES][DECIDE_TEXT_SIZE + 64];
static char	 from[SEMVER_SIZE];	/* lowest version before it */
static int64_t	 started_ms;		/* Unix, of the one in hand */

static void	 add_past(json_t *);
static int	 by_id(const void *, const void *);
static const char *event_of(const char *);
static void	 find_from(void);
static int	 is_repeat(const json_t *, const json_t *);
static json_t	*record_make(const char *);
static const char *roles_text(unsigned int);

static int
by_id(const void *a, const void *b)
{
	const json_t	*x = *(const json_t *const *)a;
	const json_t	*y = *(const json_t *const *)b;
	json_int_t	 i, k;

	i = json_integer_value(json_object_get(x, "id"));
	k = json_integer_value(json_object_get(y, "id"));
	return i < k ? -1 : i > k;
}

/* The same trouble once more: one record with a count says it all */
static int
is_repeat(const json_t *a, const json_t *b)
{
	static const char *const	 same[] = {
		"to", "role", "outcome", "reason", "from"
	};
	const char			*text;
	size_t				 i;

	text = json_string_value(json_object_get(b, "outcome"));
	if (text == NULL || strcmp(text, "abandoned") != 0)
		return 0;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!json_equal(json_object_get(a, same[i]),
		    json_object_get(b, same[i])))
			return 0;
	return 1;
}

/* o stays the caller's; it gets its number of tries. */
static void
add_past(json_t *o)
{
	size_t	 n = json_array_size(past);
	json_t	*last = json_array_get(past, n - 1), *tries;

	if (n > 0 && is_repeat(last, o)) {
		tries = json_object_get(last, "tries");
		json_object_set_new(o, "tries", json_integer(
		    (json_is_integer(tries) ? json_integer_value(tries) : 1) +
		    1));
		json_object_set(o, "started", json_object_get(last,
		    "started"));
		json_array_set(past, n - 1, o);
		return;
	}
	json_array_append(past, o);
	if (n >= PAST_MAX)
		json_array_remove(past, 0);
}

static const char *
event_of(const char *outcome)
{
	return strcmp(outcome, "committed") == 0 ? "commit" :
	    strcmp(outcome, "rolled-back") == 0 ? "rollback" : "abandon";
}

/* The events are read one name after the other; ids put them in order. */
void
record_load(const char *directory)
{
	static const char *const	 names[] = {
		"commit", "rollback", "abandon"
	};
	json_t				*list, *o, **all;
	size_t				 i, k, n = 0;

	if ((past = json_array()) == NULL ||
	    (all = calloc(3 * PAST_MAX, sizeof(*all))) == NULL)
		fatalx("out of memory");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		list = history_last(directory, names[i], PAST_MAX);
		json_array_foreach(list, k, o)
			if (json_is_string(json_object_get(o, "outcome")))
				all[n++] = json_incref(o);
		json_decref(list);
	}
	qsort(all, n, sizeof(*all), by_id);
	for (i = 0; i < n; i++) {
		/* What is told with it is no part of the record. */
		json_object_del(all[i], "seq");
		json_object_del(all[i], "time");
		json_object_del(all[i], "event");
		add_past(all[i]);
		json_decref(all[i]);
	}
	free(all);
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
	semver_text(&u->version, v, sizeof(v));
	if (decision_tries(&u->version) > 0)
		log_debug("upgrade %llu to v%s is tried again",
		    (unsigned long long)u->id, v);
	else
		log_info("upgrade %llu to v%s begins: %s",
		    (unsigned long long)u->id, v, u->order);
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

static json_t *
record_make(const char *outcome)
{
	struct journal_upgrade	*u = &env.journal.upgrade;
	char			 started[64], ended[64], to[SEMVER_SIZE];
	json_t			*o, *sources;

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
	    "services", roll_report());
	if (o == NULL)
		fatalx("out of memory");
	/* Those that are not even up on the version they had */
	if (outcome != NULL && strcmp(outcome, "rolled-back") == 0)
		json_object_set_new(o, "down", roll_down_report());
	if ((sources = fetch_failures()) != NULL)
		json_object_set_new(o, "sources", sources);
	return o;
}

void
record_end(const char *outcome)
{
	struct journal_upgrade	*u = &env.journal.upgrade;
	json_t			*o = record_make(outcome);
	char			 v[SEMVER_SIZE], text[TEXT_SIZE + 128];
	json_int_t		 tries;

	add_past(o);
	tries = json_integer_value(json_object_get(o, "tries"));
	semver_text(&u->version, v, sizeof(v));
	snprintf(text, sizeof(text), "upgrade %llu to v%s: %s%s%s",
	    (unsigned long long)u->id, v, outcome, reason[0] ? ": " : "",
	    reason);
	/* One alarm for a release that cannot be had, however often tried. */
	if (tries > 1)
		log_debug("%s, %lld times", text, (long long)tries);
	else if (strcmp(outcome, "abandoned") == 0 &&
	    decision_tries(&u->version) > 0)
		log_warnx("%s; services run on, it is tried again", text);
	else if (strcmp(outcome, "failed") == 0)
		log_warnx("%s", text);
	else
		log_info("%s", text);
	strlcpy(last_reason, reason[0] ? reason : "see `show upgrades`",
	    sizeof(last_reason));
	event_tell(event_of(outcome), o);
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
	for (i = json_array_size(past); i > 0; i--) {
		o = json_array_get(past, i - 1);
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
	json_t	*list;
	size_t	 i;

	if ((list = json_array()) == NULL)
		fatalx("out of memory");
	if (upgrade_state() != UPGRADE_IDLE)
		json_array_append_new(list, record_make(NULL));
	for (i = json_array_size(past); i > 0; i--)
		json_array_append(list, json_array_get(past, i - 1));
	return list;
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
