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
static char	 decided[DECIDE_ROLES][DECIDE_TEXT_SIZE + 64];
static char	 from[SEMVER_SIZE];	/* lowest version before it */
static int64_t	 started_ms;		/* Unix, of the one in hand */

static void	 find_from(void);
static json_t	*record_make(const char *);
static const char *roles_text(unsigned int);

void
record_load(const char *directory)
{
	static const char *const	 names[] = { "commit", "rollback" };
	json_t				*list, *o;
	size_t				 i, k;

	if ((past = json_array()) == NULL)
		fatalx("out of memory");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		list = history_last(directory, names[i], PAST_MAX);
		json_array_foreach(list, k, o)
			if (json_object_get(o, "outcome") != NULL)
				json_array_append(past, o);
		json_decref(list);
	}
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
	log_info("upgrade %llu to v%s begins", (unsigned long long)u->id,
	    semver_text(&u->version, v, sizeof(v)));
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
	o = json_pack("{s:I, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o}",
	    "id", (json_int_t)u->id, "started", started,
	    "ended", outcome != NULL ? json_string(ended) : json_null(),
	    "from", from[0] ? json_string(from) : json_null(),
	    "to", semver_text(&u->version, to, sizeof(to)),
	    "role", roles_text(u->roles),
	    "by", u->by == UPGRADE_BY_OPERATOR ? "operator" : "chain",
	    "outcome", outcome != NULL ? outcome :
	    upgrade_state_name(u->state),
	    "reason", reason[0] ? json_string(reason) : json_null(),
	    "services", roll_report());
	if (o == NULL)
		fatalx("out of memory");
	if ((sources = fetch_failures()) != NULL)
		json_object_set_new(o, "sources", sources);
	return o;
}

void
record_end(const char *outcome)
{
	json_t	*o = record_make(outcome);

	json_array_append(past, o);
	if (json_array_size(past) > PAST_MAX)
		json_array_remove(past, 0);
	log_info("upgrade %llu: %s%s%s",
	    (unsigned long long)env.journal.upgrade.id, outcome,
	    reason[0] ? ": " : "", reason);
	event_tell(strcmp(outcome, "committed") == 0 ? "commit" : "rollback",
	    o);
	reason[0] = '\0';
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
		strlcpy(decided[i], text, sizeof(decided[i]));
		log_info("%s services: %s%s%s", decide_role_name(
		    (enum decide_role)i), decide_why_name(r->why),
		    r->text[0] ? ": " : "", r->text);
		event_tell("decision", json_pack("{s:s, s:s, s:s, s:s}",
		    "role", decide_role_name((enum decide_role)i),
		    "version", v, "why", decide_why_name(r->why), "text",
		    r->text));
	}
}
