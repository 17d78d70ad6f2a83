#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/clock.h"
#include "lavavisord/ctl.h"
#include "lavavisord/decide.h"
#include "lavavisord/decision.h"
#include "lavavisord/hook_upgrade.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/nodes.h"
#include "lavavisord/roll.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_orders.h"
#include "lavavisord/upgrade_record.h"

/* How long the nodes may take to answer before what is known must do, ms */
#define SAMPLE_MS	10000

/* What a client of an upgrade gets to see */
#define EVENTS_SHOWN	\
	"chain decision fetch verify install begin hook roll commit " \
	"rollback abandon"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* The verbs whose clients watch what begins, if anything does */
static const enum verb	 watchers[] = {
	VERB_RESUME, VERB_APPROVE, VERB_PIN, VERB_UNPIN
};
/* Those whose clients wait for an end */
static const enum verb	 workers[] = {
	VERB_UPGRADE_NOW, VERB_UPGRADE_TO, VERB_UPGRADE_ROLLBACK
};

static enum verb	 order;		/* in force; VERB_NONE */
static char		 order_text[TEXT_SIZE];
static int		 fresh;		/* it has seen a sample */
static int		 worked;	/* an upgrade has ended since */

static int	approve_waiting(struct client *);
static int	 argument_version(struct client *, struct semver *);
static unsigned int before(unsigned int, struct journal_pin *);
static int	 concerns(struct client *);
static void	 considered_each(struct client *, void *);
static void	 done_text(struct client *, char *, size_t);
static void	 end_each(struct client *, void *);
static void	 give(enum verb, const struct msg_request *);
static void	 go_on(struct client *);
static void	 hold_each(struct client *, void *);
static int	 is_watcher(uint32_t);
static int	 join(struct client *);
static void	 let_go(struct client *, int);
static int	 may_watch(struct client *);
static int	 no_rollback(struct client *, enum upgrade_state);
static int	 no_room(struct client *);
static int	 keep_or_refuse(struct client *, const struct journal_pin *,
		    int);
static void	 nothing_each(struct client *, void *);
static void	 now_each(struct client *, void *);
static int	 refused(struct client *, const char *, ...)
		    __attribute__((__format__(__printf__, 2, 3)));
static void	 set_pins(const struct semver *, const char *);
static int	 waits_on(struct client *, int);
static int	 was_pinned(void);
static void	 who(const struct msg_request *, char *, size_t);

void
orders_who(enum upgrade_by by, unsigned int roles, enum decide_why why,
    char *buf, size_t size)
{
	int	 i;

	switch (by) {
	case UPGRADE_BY_CHAIN:
		snprintf(buf, size, "the chain: %s", decide_why_name(why));
		return;
	case UPGRADE_BY_PIN:
		for (i = 0; i < DECIDE_ROLES; i++)
			if ((roles & (1U << i)) != 0) {
				strlcpy(buf, env.journal.pin[i].order, size);
				return;
			}
		break;
	case UPGRADE_BY_OPERATOR:
		break;
	}
	strlcpy(buf, order_text[0] != '\0' ? order_text : "the operator",
	    size);
}

/* "`upgrade to 6.2.5` by uid 0" */
static void
who(const struct msg_request *m, char *buf, size_t size)
{
	snprintf(buf, size, "`%s%s%s` by uid %u", verb_name(m->verb),
	    m->argument[0] != '\0' ? " " : "", m->argument, m->uid);
}

/* Always -1 */
static int
refused(struct client *c, const char *fmt, ...)
{
	char	 text[TEXT_SIZE];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	client_end(c, CTL_FAILED, "%s", text);
	return -1;
}

static void
give(enum verb verb, const struct msg_request *m)
{
	order = verb;
	worked = 0;
	if (m != NULL)
		who(m, order_text, sizeof(order_text));
	hook_upgrade_ask_again();
	decision_order(verb == VERB_UPGRADE_NOW ? ORDER_ALL : ORDER_PINS);
}

static int
argument_version(struct client *c, struct semver *v)
{
	const char	*text = client_request(c)->argument;

	if (semver_parse(text, v) == 0)
		return 0;
	client_end(c, CTL_USAGE, "\"%s\" is no version like 6.2.5", text);
	return -1;
}

static void
set_pins(const struct semver *v, const char *text)
{
	struct journal_pin	*p;
	int			 i;

	for (i = 0; i < DECIDE_ROLES; i++) {
		p = &env.journal.pin[i];
		p->set = 1;
		p->version = *v;
		p->since_s = clock_s();
		strlcpy(p->order, text, sizeof(p->order));
	}
	/* The operator has spoken: what was held against it is forgotten. */
	journal_clear_bad(&env.journal, v);
	decision_available();
}

/*
 * 1, or 0 when too many clients wait already: such an order is carried out all
 * the same, and is not watched.
 */
static int
may_watch(struct client *c)
{
	return client_may_stay(c) && client_stays(c, EVENTS_SHOWN, NULL) == 0;
}

/* The end of an order of a client that may not have stayed */
static void
let_go(struct client *c, int watched)
{
	char	 text[TEXT_SIZE];

	if (watched)
		return;
	done_text(c, text, sizeof(text));
	client_end(c, CTL_DONE, "%s; too many clients wait to show more",
	    text);
}

/*
 * 1: too many clients wait already, and this one is ended.  It stays only once
 * its order is kept, as a journal that fails may end what is watched.
 */
static int
no_room(struct client *c)
{
	return !client_may_stay(c) && client_stays(c, "", NULL) == -1;
}

/* An order that a next parent would not know of is none: pins are undone. */
static int
keep_or_refuse(struct client *c, const struct journal_pin *pins, int hold)
{
	if (journal_keep() == 0)
		return 0;
	memcpy(env.journal.pin, pins, sizeof(env.journal.pin));
	env.journal.hold = hold;
	return refused(c, "the journal cannot be written: nothing is changed");
}

/*
 * The client watches the upgrade in hand, and hears first which one that is.
 * 0, or -1: too many wait, and it was ended.
 */
static int
join(struct client *c)
{
	if (client_stays(c, EVENTS_SHOWN, NULL) == -1)
		return -1;
	client_answer(c, record_now());
	return 0;
}

void
order_now(struct client *c, const struct msg_request *m)
{
	const struct upgrade_cell	*cell;

	if (upgrade_state() != UPGRADE_IDLE) {
		cell = upgrade_cell(upgrade_state(), EV_ORDER);
		if (cell->handling == CELL_REFUSE) {
			refused(c, "%s", cell->because);
			return;
		}
		if (join(c) == 0)
			upgrade_feed(EV_ORDER, "");
		return;
	}
	who(m, order_text, sizeof(order_text));
	/* ^C detaches, and calls nothing off. */
	if (client_stays(c, EVENTS_SHOWN, NULL) == -1)
		return;
	decision_available();
	fresh = 0;
	if (nodes_poll_now() == -1)
		go_on(c);
	else
		client_timer(c, SAMPLE_MS, go_on);
}

static void
go_on(struct client *c)
{
	(void)c;
	if (fresh)
		return;
	fresh = 1;
	give(VERB_UPGRADE_NOW, NULL);
	upgrade_consider();
}

void
order_to(struct client *c, const struct msg_request *m)
{
	struct journal_pin	 pins[DECIDE_ROLES];
	struct semver		 v;
	char			 text[TEXT_SIZE];

	if (argument_version(c, &v) == -1)
		return;
	if (env.journal.hold) {
		refused(c, "upgrades are held: resume first");
		return;
	}
	if (no_room(c))
		return;
	memcpy(pins, env.journal.pin, sizeof(pins));
	who(m, text, sizeof(text));
	set_pins(&v, text);
	if (keep_or_refuse(c, pins, env.journal.hold) == -1)
		return;
	log_info("pinned to v%s: %s", m->argument, text);
	give(VERB_UPGRADE_TO, m);
	if (upgrade_state() != UPGRADE_IDLE)
		join(c);
	else
		client_stays(c, EVENTS_SHOWN, NULL);
	upgrade_consider();
}

/*
 * The version before, for each of the roles: of what the last upgrade moved,
 * or with one in hand where its services come from or still are.  Returns the
 * roles that have one.
 */
static unsigned int
before(unsigned int roles, struct journal_pin *pins)
{
	const struct semver	*v;
	struct journal_service	*j;
	struct service		*s;
	unsigned int		 found = 0, role;
	int			 in_hand = upgrade_state() != UPGRADE_IDLE;

	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (!follows_chain(s) || (j = journal_service(&env.journal,
		    s->conf->name)) == NULL)
			continue;
		role = s->conf->role == ROLE_PROVIDER ? DECIDE_PROVIDER :
		    DECIDE_CONSUMER;
		if ((roles & (1U << role)) == 0)
			continue;
		if (in_hand ? j->moved : semver_compare(&j->version,
		    &env.journal.last_version) == 0)
			v = j->has_previous && semver_compare(&j->previous,
			    &j->version) != 0 ? &j->previous : NULL;
		else
			v = in_hand && j->has_version ? &j->version : NULL;
		if (v == NULL || ((found & (1U << role)) != 0 &&
		    semver_compare(v, &pins[role].version) <= 0))
			continue;
		pins[role].set = 1;
		pins[role].version = *v;
		found |= 1U << role;
	}
	return found;
}

/* 1: not now, and the client was told why */
static int
no_rollback(struct client *c, enum upgrade_state state)
{
	if (state == UPGRADE_COMMITTING)
		refused(c, "the upgrade is being committed: try again");
	else if (state != UPGRADE_IDLE && state < UPGRADE_ROLLING)
		refused(c, "nothing has moved yet: `hold` calls it off");
	else if (state == UPGRADE_IDLE && env.journal.hold)
		refused(c, "upgrades are held: resume first");
	else
		return 0;
	return 1;
}

void
order_rollback(struct client *c, const struct msg_request *m)
{
	enum upgrade_state	 state = upgrade_state();
	struct journal_pin	 pins[DECIDE_ROLES], old[DECIDE_ROLES];
	char			 v[SEMVER_SIZE];
	unsigned int		 found;
	int			 i;

	if (state == UPGRADE_ROLLING_BACK) {
		join(c);
		return;
	}
	if (no_rollback(c, state))
		return;
	memcpy(old, env.journal.pin, sizeof(old));
	memcpy(pins, env.journal.pin, sizeof(pins));
	if ((found = before(state == UPGRADE_IDLE ? env.journal.last_roles :
	    env.journal.upgrade.roles, pins)) == 0) {
		client_end(c, CTL_NOTHING, "there is no version before to go "
		    "back to");
		return;
	}
	if (no_room(c))
		return;
	for (i = 0; i < DECIDE_ROLES; i++) {
		if ((found & (1U << i)) == 0)
			continue;
		pins[i].since_s = clock_s();
		who(m, pins[i].order, sizeof(pins[i].order));
		journal_clear_bad(&env.journal, &pins[i].version);
		log_info("%s services go back and are pinned to v%s: %s",
		    decide_role_name((enum decide_role)i), semver_text(
		    &pins[i].version, v, sizeof(v)), pins[i].order);
	}
	memcpy(env.journal.pin, pins, sizeof(pins));
	decision_available();
	if (keep_or_refuse(c, old, env.journal.hold) == -1)
		return;
	give(VERB_UPGRADE_ROLLBACK, m);
	client_stays(c, EVENTS_SHOWN, NULL);
	if (state != UPGRADE_IDLE)
		upgrade_feed(EV_ABORT, env.journal.pin[found & 1 ?
		    DECIDE_PROVIDER : DECIDE_CONSUMER].order);
	upgrade_consider();
}

void
order_hold(struct client *c, const struct msg_request *m)
{
	struct journal_pin	 pins[DECIDE_ROLES];
	int			 watched;

	if (env.journal.hold) {
		client_end(c, CTL_NOTHING, "upgrades are held already");
		return;
	}
	memcpy(pins, env.journal.pin, sizeof(pins));
	env.journal.hold = 1;
	env.journal.hold_since_s = clock_s();
	snprintf(env.journal.hold_reason, sizeof(env.journal.hold_reason),
	    "by uid %u%s%s", m->uid, m->argument[0] != '\0' ? ": " : "",
	    m->argument);
	if (keep_or_refuse(c, pins, 0) == -1)
		return;
	log_info("upgrades are held by uid %u", m->uid);
	watched = may_watch(c);
	upgrade_feed(EV_HOLD, "held");
	orders_step();
	upgrade_consider();
	let_go(c, watched);
}

/* What is in motion comes to its end first. */
static void
hold_each(struct client *c, void *arg)
{
	(void)arg;
	if (upgrade_state() == UPGRADE_ROLL_HELD && roll_is_moving())
		return;
	client_end(c, CTL_DONE, "upgrades are held until `resume`%s",
	    upgrade_state() == UPGRADE_ROLL_HELD ? "; the roll stops half "
	    "way: `upgrade rollback` takes it back" : upgrade_state() !=
	    UPGRADE_IDLE ? "; the one in hand has moved all and ends first" :
	    "");
}

void
orders_step(void)
{
	clients_each(VERB_HOLD, hold_each, NULL);
}

void
order_resume(struct client *c, const struct msg_request *m)
{
	struct journal_pin	 pins[DECIDE_ROLES];
	int			 watched;

	if (!env.journal.hold && upgrade_state() != UPGRADE_ROLL_HELD) {
		client_end(c, CTL_NOTHING, "upgrades are not held");
		return;
	}
	memcpy(pins, env.journal.pin, sizeof(pins));
	log_info("upgrades are resumed by uid %u", m->uid);
	if (env.journal.hold) {
		env.journal.hold = 0;
		if (keep_or_refuse(c, pins, 1) == -1)
			return;
	}
	watched = may_watch(c);
	upgrade_feed(EV_RESUME, "");
	upgrade_consider();
	let_go(c, watched);
}

void
order_pin(struct client *c, const struct msg_request *m)
{
	struct journal_pin	 pins[DECIDE_ROLES];
	struct semver		 v;
	char			 text[TEXT_SIZE];
	int			 watched;

	if (argument_version(c, &v) == -1)
		return;
	memcpy(pins, env.journal.pin, sizeof(pins));
	who(m, text, sizeof(text));
	set_pins(&v, text);
	if (keep_or_refuse(c, pins, env.journal.hold) == -1)
		return;
	log_info("pinned to v%s: %s", m->argument, text);
	watched = may_watch(c);
	upgrade_consider();
	let_go(c, watched);
}

void
order_unpin(struct client *c, const struct msg_request *m)
{
	struct journal_pin	 pins[DECIDE_ROLES];
	int			 i, any = 0, watched;

	memcpy(pins, env.journal.pin, sizeof(pins));
	for (i = 0; i < DECIDE_ROLES; i++)
		any |= pins[i].set;
	if (!any) {
		client_end(c, CTL_NOTHING, "no version is pinned");
		return;
	}
	memset(env.journal.pin, 0, sizeof(env.journal.pin));
	if (keep_or_refuse(c, pins, env.journal.hold) == -1)
		return;
	log_info("unpinned by uid %u", m->uid);
	watched = may_watch(c);
	upgrade_consider();
	let_go(c, watched);
}

/* The one that waits, when none was named: 0, or -1 and the client is ended. */
static int
approve_waiting(struct client *c)
{
	const struct decide_result	*found = NULL, *r;
	struct decision			 d;
	char				 a[SEMVER_SIZE], b[SEMVER_SIZE];
	int				 i;

	decision_roles(&d);
	for (i = 0; i < DECIDE_ROLES; i++) {
		r = &d.role[i];
		if (!d.role_has_services[i] || r->why != WHY_APPROVAL)
			continue;
		if (found != NULL && semver_compare(&found->version,
		    &r->version) != 0) {
			client_end(c, CTL_USAGE, "%s and %s wait for approval: "
			    "name one", semver_text(&found->version, a,
			    sizeof(a)), semver_text(&r->version, b,
			    sizeof(b)));
			return -1;
		}
		found = r;
	}
	if (found == NULL) {
		client_end(c, CTL_NOTHING, "no version waits for approval");
		return -1;
	}
	client_means(c, semver_text(&found->version, a, sizeof(a)));
	return 0;
}

void
order_approve(struct client *c, const struct msg_request *m)
{
	struct semver	 v;
	size_t		 i;
	int		 watched;

	if (m->argument[0] == '\0' && approve_waiting(c) == -1)
		return;
	if (argument_version(c, &v) == -1)
		return;
	i = strspn(m->extra, "0123456789abcdef");
	if (m->extra[i] != '\0' || (i != 0 && i != HASH_SIZE - 1)) {
		client_end(c, CTL_USAGE, "\"%s\" is no SHA-256 in lower case "
		    "hex", m->extra);
		return;
	}
	journal_approve(&env.journal, &v, m->extra);
	journal_clear_bad(&env.journal, &v);
	/* It may have been the hash that stood in the way. */
	decision_available();
	if (journal_keep() == -1) {
		refused(c, "the journal cannot be written: v%s is approved "
		    "only as long as the daemon lives", m->argument);
		return;
	}
	log_info("v%s is approved by uid %u", m->argument, m->uid);
	watched = may_watch(c);
	upgrade_consider();
	let_go(c, watched);
}

static void
now_each(struct client *c, void *arg)
{
	(void)arg;
	go_on(c);
}

void
orders_sampled(void)
{
	if (upgrade_state() == UPGRADE_IDLE)
		clients_each(VERB_UPGRADE_NOW, now_each, NULL);
}

void
orders_explain(const struct decision *d, char *text, size_t size)
{
	size_t	 len = 0;
	int	 i;

	text[0] = '\0';
	for (i = 0; i < DECIDE_ROLES && len < size; i++)
		if (d->role_has_services[i])
			len += (size_t)snprintf(text + len, size - len,
			    "%s%s services: %s%s%s", len ? "; " : "",
			    decide_role_name((enum decide_role)i),
			    decide_why_name(d->role[i].why),
			    d->role[i].text[0] ? ": " : "", d->role[i].text);
	if (text[0] == '\0')
		strlcpy(text, "no service follows the chain's versions", size);
}

static void
nothing_each(struct client *c, void *arg)
{
	const struct decision		*d = arg;
	const struct decide_result	*r;
	const struct msg_request	*m = client_request(c);
	struct semver			 v;
	char				 text[TEXT_SIZE];
	int				 i, failed = 0;

	if (m->verb == VERB_UPGRADE_TO && semver_parse(m->argument, &v) == 0 &&
	    semver_compare(&v, &env.journal.pin[0].version) != 0) {
		refused(c, "another order came: %s", env.journal.pin[0].set ?
		    env.journal.pin[0].order : "`unpin`");
		return;
	}

	for (i = 0; i < DECIDE_ROLES; i++) {
		r = &d->role[i];
		/* What a pin keeps has nothing to wait for. */
		failed |= d->role_has_services[i] && r->why !=
		    WHY_UP_TO_DATE && (r->why != WHY_PINNED ||
		    r->action != DECIDE_NOTHING);
	}
	orders_explain(d, text, sizeof(text));
	client_end(c, failed ? CTL_FAILED : worked ? CTL_DONE : CTL_NOTHING,
	    "%s%s", text, order != VERB_UPGRADE_NOW && !failed ?
	    "; pinned until `unpin`" : "");
}

void
orders_nothing(const struct decision *d)
{
	struct decision	 copy = *d;
	size_t		 i;

	if (order == VERB_NONE)
		return;
	decision_order(ORDER_NONE);
	for (i = 0; i < COUNT(workers); i++)
		if (workers[i] == order || order != VERB_UPGRADE_NOW)
			clients_each(workers[i], nothing_each, &copy);
	order = VERB_NONE;
	order_text[0] = '\0';
}

/* The upgrade in hand is what this client's order brought about */
static int
concerns(struct client *c)
{
	const struct msg_request	*m = client_request(c);
	struct semver			 v;

	if (m->verb != VERB_APPROVE && m->verb != VERB_PIN)
		return 1;
	return semver_parse(m->argument, &v) == 0 &&
	    semver_compare(&v, &env.journal.upgrade.version) == 0;
}

static void
done_text(struct client *c, char *buf, size_t size)
{
	const struct msg_request	*m = client_request(c);

	switch (m->verb) {
	case VERB_APPROVE:
		snprintf(buf, size, "v%s is approved", m->argument);
		break;
	case VERB_PIN:
		snprintf(buf, size, "pinned to %s until `unpin`", m->argument);
		break;
	case VERB_HOLD:
		strlcpy(buf, "upgrades are held until `resume`", size);
		break;
	case VERB_UNPIN:
		strlcpy(buf, "the chain's versions are followed again", size);
		break;
	default:
		strlcpy(buf, "upgrades go on", size);
		break;
	}
}

static void
considered_each(struct client *c, void *arg)
{
	char	 done[TEXT_SIZE], text[TEXT_SIZE];

	if (upgrade_state() != UPGRADE_IDLE && concerns(c))
		return;
	done_text(c, done, sizeof(done));
	orders_explain(arg, text, sizeof(text));
	client_end(c, CTL_DONE, "%s; %s", done, upgrade_state() ==
	    UPGRADE_IDLE ? text : "the upgrade in hand ends first");
}

void
orders_considered(const struct decision *d)
{
	struct decision	 copy = *d;
	size_t		 i;

	for (i = 0; i < COUNT(watchers); i++)
		clients_each(watchers[i], considered_each, &copy);
}

static int
is_watcher(uint32_t verb)
{
	size_t	 i;

	for (i = 0; i < COUNT(watchers); i++)
		if (verb == (uint32_t)watchers[i])
			return 1;
	return 0;
}

/* The upgrade that has ended is one that a pin, still there, asked for */
static int
was_pinned(void)
{
	const struct journal_upgrade	*u = &env.journal.upgrade;
	int				 i;

	for (i = 0; i < DECIDE_ROLES; i++)
		if ((u->roles & (1U << i)) != 0 && env.journal.pin[i].set &&
		    semver_compare(&env.journal.pin[i].version,
		    &u->version) == 0)
			return u->by == UPGRADE_BY_PIN;
	return 0;
}

/*
 * A client of `upgrade to` or `upgrade rollback` waits on for as long as its
 * version may still be reached.
 */
static int
waits_on(struct client *c, int committed)
{
	const struct msg_request	*m = client_request(c);
	struct semver			 v;

	if (m->verb == VERB_UPGRADE_TO)
		return committed || semver_parse(m->argument, &v) == -1 ||
		    semver_compare(&v, &env.journal.upgrade.version) != 0;
	return m->verb == VERB_UPGRADE_ROLLBACK && order != VERB_NONE &&
	    (committed || !was_pinned());
}

static void
end_each(struct client *c, void *arg)
{
	const char	*outcome = arg;
	char		 text[TEXT_SIZE];
	int		 committed = strcmp(outcome, "committed") == 0;

	if (!concerns(c) || waits_on(c, committed))
		return;
	/* Their order was to let it go on, and that it did. */
	if (!committed && is_watcher(client_request(c)->verb)) {
		done_text(c, text, sizeof(text));
		client_end(c, CTL_DONE, "%s; the upgrade was %s: %s", text,
		    outcome, record_last_reason());
		return;
	}
	if (committed)
		client_end(c, CTL_DONE, "the upgrade is done");
	else if (client_request(c)->verb == VERB_UPGRADE_ROLLBACK &&
	    strcmp(outcome, "rolled-back") == 0)
		client_end(c, CTL_DONE, "services are back on the version "
		    "they had");
	else
		client_end(c, CTL_FAILED, "the upgrade was %s: %s%s", outcome,
		    record_last_reason(), was_pinned() ?
		    "; the pin stays until `unpin`" : "");
}

void
orders_upgrade_ended(const char *outcome)
{
	size_t	 i;

	worked = 1;
	/* `upgrade to` may have another to get out of the way, or to follow. */
	if (order == VERB_UPGRADE_NOW || (order != VERB_NONE &&
	    strcmp(outcome, "committed") != 0 && was_pinned())) {
		order = VERB_NONE;
		order_text[0] = '\0';
		decision_order(ORDER_NONE);
	}
	for (i = 0; i < COUNT(workers); i++)
		clients_each(workers[i], end_each, (void *)outcome);
	for (i = 0; i < COUNT(watchers); i++)
		clients_each(watchers[i], end_each, (void *)outcome);
}
