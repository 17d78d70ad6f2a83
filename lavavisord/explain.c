#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/ctl.h"
#include "lavavisord/decide.h"
#include "lavavisord/decision.h"
#include "lavavisord/explain.h"
#include "lavavisord/hook_upgrade.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/nodes.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_orders.h"
#include "lavavisord/upgrade_record.h"
#include "lavavisord/window.h"

/* How long the nodes may take to answer before what is known must do, ms */
#define SAMPLE_MS	10000

static void	 check_answer(struct client *);
static void	 check_answer_each(struct client *, void *);
static json_t	*explain_roles(void);
static int	 in_hand(enum decide_role);
static void	 in_hand_text(char *, size_t);
static const char *in_hand_unblock(void);
static json_t	*pin_json(const struct journal_pin *);
static json_t	*roles_json(const struct decision *);
static void	 set(json_t *, const char *, json_t *);
static json_t	*text_json(const char *);
static json_t	*time_json(int64_t);
static json_t	*version_json(int, const struct semver *);

static void
set(json_t *o, const char *key, json_t *value)
{
	if (value == NULL || json_object_set_new(o, key, value) == -1)
		fatalx("out of memory for an answer");
}

static json_t *
text_json(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *
time_json(int64_t unix_s)
{
	char	 text[64];

	return unix_s == 0 ? json_null() :
	    json_string(clock_text(unix_s * 1000, text, sizeof(text)));
}

static json_t *
version_json(int has, const struct semver *v)
{
	char	 text[SEMVER_SIZE];

	return has ? json_string(semver_text(v, text, sizeof(text))) :
	    json_null();
}

static int
in_hand(enum decide_role role)
{
	return upgrade_state() != UPGRADE_IDLE &&
	    (env.journal.upgrade.roles & (1U << role)) != 0;
}

static void
in_hand_text(char *buf, size_t size)
{
	const struct journal_upgrade	*u = &env.journal.upgrade;
	const char			*held = "";
	char				 v[SEMVER_SIZE];

	if (u->state == UPGRADE_ROLL_HELD)
		held = env.journal.hold ? "; held by the operator" :
		    "; the target went down meanwhile";
	snprintf(buf, size, "upgrade %llu to %s, %s: %s%s",
	    (unsigned long long)u->id, semver_text(&u->version, v, sizeof(v)),
	    u->order, upgrade_state_name(u->state), held);
}

static const char *
in_hand_unblock(void)
{
	if (upgrade_state() != UPGRADE_ROLL_HELD)
		return "";
	return "`resume` goes on, `upgrade rollback` goes back";
}

void
explain_add(json_t *o, enum decide_role role, const struct decide_result *r)
{
	char	 text[2 * TEXT_SIZE];
	int64_t	 vetoed;

	vetoed = !in_hand(role) && r->has_version && (r->action ==
	    DECIDE_FETCH || r->action == DECIDE_SWITCH) ?
	    hook_upgrade_vetoed(&r->version, clock_s()) : 0;
	set(o, "next", time_json(vetoed != 0 ? vetoed : r->next_s));
	set(o, "by", json_string(r->by_operator ? "operator" : "chain"));
	set(o, "failure", r->has_version ? record_failure(&r->version) :
	    json_null());
	if (!in_hand(role)) {
		set(o, "why", json_string(decide_why_name(r->why)));
		snprintf(text, sizeof(text), "%s%s", r->text, vetoed != 0 ?
		    "; the pre-upgrade hook said no" : "");
		set(o, "text", json_string(text));
		set(o, "unblock", text_json(vetoed == 0 ? r->unblock :
		    "`upgrade now` asks the hook again"));
		return;
	}
	set(o, "why", json_string(decide_why_name(upgrade_state() >=
	    UPGRADE_ROLLING ? WHY_ROLLING : WHY_FETCHING)));
	in_hand_text(text, sizeof(text));
	set(o, "text", json_string(text));
	set(o, "unblock", text_json(in_hand_unblock()));
	set(o, "by", json_string(env.journal.upgrade.by == UPGRADE_BY_CHAIN ?
	    "chain" : "operator"));
}

static json_t *
roles_json(const struct decision *d)
{
	const struct decide_result	*r;
	json_t				*list, *o;
	int				 i;

	if ((list = json_array()) == NULL)
		fatalx("out of memory for an answer");
	for (i = 0; i < DECIDE_ROLES; i++) {
		if (!d->role_has_services[i])
			continue;
		r = &d->role[i];
		if ((o = json_object()) == NULL)
			fatalx("out of memory for an answer");
		set(o, "role", json_string(decide_role_name(
		    (enum decide_role)i)));
		set(o, "have", version_json(r->has_have, &r->have));
		set(o, "want", version_json(r->has_version, &r->version));
		explain_add(o, (enum decide_role)i, r);
		if (json_array_append_new(list, o) == -1)
			fatalx("out of memory for an answer");
	}
	return list;
}

static json_t *
explain_roles(void)
{
	struct decision	 d;

	decision_roles(&d);
	return roles_json(&d);
}

static json_t *
pin_json(const struct journal_pin *p)
{
	if (!p->set)
		return json_null();
	return json_pack("{s:o, s:o, s:s}", "version",
	    version_json(1, &p->version), "since", time_json(p->since_s),
	    "order", p->order);
}

void
explain_policy(json_t *o)
{
	const struct window	*w = &env.conf->policy.window;
	struct window_span	 span;
	int64_t			 now = clock_s();

	set(o, "roles", explain_roles());
	set(o, "hold", !env.journal.hold ? json_null() :
	    json_pack("{s:o, s:s}", "since",
	    time_json(env.journal.hold_since_s), "reason",
	    env.journal.hold_reason));
	set(o, "pins", json_pack("{s:o, s:o}", "provider",
	    pin_json(&env.journal.pin[DECIDE_PROVIDER]), "consumer",
	    pin_json(&env.journal.pin[DECIDE_CONSUMER])));
	if (w->count == 0 || window_span(w, now, &span) == -1)
		set(o, "window", json_null());
	else
		set(o, "window", json_pack("{s:b, s:o, s:o}", "open",
		    now >= span.from_s, "from", time_json(span.from_s), "to",
		    time_json(span.to_s)));
}

void
explain_upgrades(struct client *c, const struct msg_request *m)
{
	json_t	*o;

	client_answer(c, upgrade_show());
	if (m->number != 0) {
		if ((o = json_object()) == NULL)
			fatalx("out of memory for an answer");
		explain_policy(o);
		client_answer(c, o);
	}
	client_end(c, CTL_DONE, "%s", "");
}

void
explain_check(struct client *c)
{
	if (client_stays(c, "", NULL) == -1)
		return;
	if (nodes_poll_now() == -1)
		check_answer(c);
	else
		client_timer(c, SAMPLE_MS, check_answer);
}

static void
check_answer_each(struct client *c, void *arg)
{
	(void)arg;
	check_answer(c);
}

void
explain_sampled(void)
{
	clients_each(VERB_UPGRADE_CHECK, check_answer_each, NULL);
}

static void
check_answer(struct client *c)
{
	struct decision	 d;
	char		 text[TEXT_SIZE];
	int		 i, due = 0, unknown = 0;

	decision_roles(&d);
	for (i = 0; i < DECIDE_ROLES; i++) {
		if (!d.role_has_services[i])
			continue;
		/* What the operator's pin keeps is as it should be. */
		due |= d.role[i].why != WHY_UP_TO_DATE &&
		    (d.role[i].why != WHY_PINNED ||
		    d.role[i].action != DECIDE_NOTHING);
		unknown |= d.role[i].why == WHY_UNREACHABLE;
	}
	orders_explain(&d, text, sizeof(text));
	client_answer(c, roles_json(&d));
	client_end(c, unknown ? CTL_FAILED : due ? CTL_DONE : CTL_NOTHING,
	    "%s", text);
}
