#include <sys/types.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/chain_height.h"
#include "lavavisord/clock.h"
#include "lavavisord/decide.h"
#include "lavavisord/decision.h"
#include "lavavisord/events.h"
#include "lavavisord/explain.h"
#include "lavavisord/hook_upgrade.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/reload.h"
#include "lavavisord/roll.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_orders.h"
#include "lavavisord/upgrade_prepare.h"
#include "lavavisord/upgrade_record.h"
#include "lavavisord/upgrade_steps.h"
#include "lavavisord/upgrade_table.h"

#define RETRY_MS	5000		/* after a full disk */
#define HEIGHT_SAVE_MS	(10 * 60 * 1000)
#define CONSIDER_MS	20
#define LOOK_MAX_S	3600		/* decide again at least so often */

struct fed {
	TAILQ_ENTRY(fed)	 entry;
	enum upgrade_event	 event;
	char			 why[TEXT_SIZE];
};

/* What is to be done now */
struct choice {
	struct semver	 version;
	unsigned int	 roles;		/* bits 1 << enum decide_role */
	int		 installed;
	int		 clears_bad;
	enum upgrade_by	 by;
	enum decide_why	 why;
};

static TAILQ_HEAD(, fed)	 feed = TAILQ_HEAD_INITIALIZER(feed);
static TAILQ_HEAD(, fed)	 queued = TAILQ_HEAD_INITIALIZER(queued);
static int			 feeding;
static struct event		*consider_event;	/* also its timer */
static struct event		*retry_event;
static int64_t			 saved_height_ms, considered_ms;
static int			 overruled;
static struct semver		 overruled_target[DECIDE_ROLES];

static void	act(enum upgrade_action, enum upgrade_event, const char *);
static void	begin(const struct choice *);
static void	choose_first_versions(void);
static void	consider(int, short, void *);
static void	consider_at(int64_t);
static void	end(const char *, const char *, int);
static void	feed_all(void);
static void	feed_one(enum upgrade_event, const char *);
static int	is_failure(enum upgrade_event);
static void	overrule(void);
static int	plausible(const struct msg_versions *);
static int	pick(const struct decision *, struct choice *, int64_t *);
static int	pin_in_hand(void);
static int	raised_again(void);
static void	retry(int, short, void *);
static int	was_lowered(int);
static void	watch_in_hand(const struct decision *);

void
upgrade_begin(void)
{
	if ((consider_event = evtimer_new(env.base, consider, NULL)) == NULL ||
	    (retry_event = evtimer_new(env.base, retry, NULL)) == NULL)
		fatalx("out of memory for events");
	roll_init(env.base, upgrade_feed);
	steps_init(upgrade_feed);
	record_load();
	steps_clean_staging();
	if (env.journal.upgrade.state != UPGRADE_IDLE && !env.idle) {
		record_resume();
		upgrade_feed(EV_PARENT_START, "");
	}
	upgrade_consider();
}

/* The operator goes on although the target went down: this value is known */
static void
overrule(void)
{
	int	 i;

	overruled = 1;
	for (i = 0; i < DECIDE_ROLES; i++)
		overruled_target[i] = env.journal.chain.pair[i].target;
}

enum upgrade_state
upgrade_state(void)
{
	return env.journal.upgrade.state;
}

/*
 * What is fed while an event is dealt with waits its turn, so that no action
 * runs inside another one.
 */
void
upgrade_feed(enum upgrade_event event, const char *why)
{
	struct fed	*f;

	/* Services that end with us have not failed: the journal stays. */
	if ((env.stopping && event != EV_SHUTDOWN) || env.idle)
		return;
	if (event == EV_RESUME && upgrade_state() == UPGRADE_ROLL_HELD)
		overrule();
	if ((f = calloc(1, sizeof(*f))) == NULL)
		fatal("calloc");
	f->event = event;
	strlcpy(f->why, why, sizeof(f->why));
	TAILQ_INSERT_TAIL(&feed, f, entry);
	feed_all();
}

static void
feed_all(void)
{
	struct fed	*f;

	if (feeding)
		return;
	feeding = 1;
	while ((f = TAILQ_FIRST(&feed)) != NULL) {
		TAILQ_REMOVE(&feed, f, entry);
		feed_one(f->event, f->why);
		free(f);
	}
	feeding = 0;
}

static void
feed_one(enum upgrade_event event, const char *why)
{
	struct journal_upgrade	*u = &env.journal.upgrade;
	const struct upgrade_cell *cell = upgrade_cell(u->state, event);
	enum upgrade_state	 old = u->state;
	enum upgrade_action	 action;
	const char		*because;
	struct fed		*f;

	u->state = upgrade_step(u->state, event, &action, &because);
	log_debug("upgrade: %s, %s: %s, %s%s%s", upgrade_state_name(old),
	    upgrade_event_name(event), upgrade_action_name(action),
	    upgrade_state_name(u->state), because ? ": " : "",
	    because ? because : "");
	if (cell->handling == CELL_QUEUE) {
		TAILQ_FOREACH(f, &queued, entry)
			if (f->event == event)
				return;
		if ((f = calloc(1, sizeof(*f))) == NULL)
			fatal("calloc");
		f->event = event;
		TAILQ_INSERT_TAIL(&queued, f, entry);
		return;
	}
	/* In the same breath: a kill in between must not forget it. */
	if (action == ACT_ROLL_BACK && event != EV_ABORT)
		journal_mark_bad(&env.journal, &u->version, clock_s(), why);
	/* An end forgets the upgrade as it acts, and saves then. */
	if (u->state != old && u->state != UPGRADE_IDLE)
		journal_keep();
	act(action, event, why);
	orders_step();
}

/* Something did not work, and would not work at once either */
static int
is_failure(enum upgrade_event event)
{
	return event == EV_FETCH_FAILED || event == EV_VERIFY_FAILED ||
	    event == EV_INSTALL_FAILED || event == EV_DISK_FULL ||
	    event == EV_HOOK_VETO;
}

static void
act(enum upgrade_action action, enum upgrade_event event, const char *why)
{
	struct journal_upgrade	*u = &env.journal.upgrade;
	struct timeval		 tv = { RETRY_MS / 1000, 0 };
	char			 down[TEXT_SIZE];

	switch (action) {
	case ACT_FETCH:
		record_begin();
		step_fetch();
		break;
	case ACT_VERIFY:
		step_verify();
		break;
	case ACT_INSTALL:
		step_install();
		break;
	case ACT_PROBE:
		record_begin();
		step_probe();
		break;
	case ACT_ASK:
		step_ask();
		break;
	case ACT_ROLL_NEXT:
		steps_roll_begin();
		roll_next();
		break;
	case ACT_PROBATION:
		steps_roll_begin();
		roll_probation();
		break;
	case ACT_STOP_TRAIN:
		steps_roll_begin();
		roll_hold();
		event_tell("roll", json_pack("{s:s}", "state", "held"));
		break;
	case ACT_COMMIT:
		step_commit();
		break;
	case ACT_ROLL_BACK:
		log_warnx("upgrade %llu is rolled back: %s",
		    (unsigned long long)u->id, why);
		record_reason(why);
		event_tell("rollback", json_pack("{s:s, s:s}", "state",
		    "started", "reason", why));
		/* FALLTHROUGH */
	case ACT_BACK_NEXT:
		steps_roll_begin();
		roll_back_next();
		break;
	case ACT_MARK_BAD:
		journal_mark_bad(&env.journal, &u->version, clock_s(), why);
		end("failed", why, 0);
		break;
	case ACT_ABANDON:
		steps_cancel();
		/* Of a file that lies here spoiled there may be another. */
		if (is_failure(event) && !steps_spoiled())
			decision_unavailable(&u->version, clock_ms());
		end("abandoned", why, is_failure(event));
		break;
	case ACT_FINISH:
		end("committed", "", 0);
		break;
	case ACT_FINISH_BACK:
		if (roll_down_text(down, sizeof(down)))
			log_warnx("after the rollback these services are "
			    "still down, and are tried again: %s", down);
		end("rolled-back", "", 0);
		break;
	case ACT_RETRY_LATER:
		evtimer_add(retry_event, &tv);
		break;
	case ACT_NONE:
	case ACT_JOIN:
	case ACT_QUEUE:
	case ACT_REFUSE:
	case UPGRADE_ACTIONS:
		break;
	}
}

static void
retry(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	upgrade_feed(EV_RETRY, "");
}

static void
begin(const struct choice *c)
{
	struct journal_upgrade	*u = &env.journal.upgrade;

	if (c->clears_bad)
		journal_clear_bad(&env.journal, &c->version);
	u->id = 0;		/* record_begin() takes the next one */
	u->version = c->version;
	u->roles = (uint8_t)c->roles;
	u->by = c->by;
	u->started_s = clock_s();
	orders_who(c->by, c->roles, c->why, u->order, sizeof(u->order));
	upgrade_feed(c->installed ? EV_DECISION_INSTALLED : EV_DECISION, "");
}

/* outcome: committed, rolled-back, failed, abandoned; again: and retried */
static void
end(const char *outcome, const char *why, int again)
{
	struct journal_upgrade	*u = &env.journal.upgrade;
	struct service		*s;
	struct journal_service	*j;
	struct fed		*f;
	int			 switched;

	if (why[0] != '\0')
		record_reason(why);
	/* A first start is no switch: it had nothing to come from. */
	switched = strcmp(outcome, "rolled-back") == 0;
	for (s = service_first(); s != NULL; s = service_next(s))
		if (s->conf != NULL && (j = journal_service(&env.journal,
		    s->conf->name)) != NULL) {
			switched |= j->moved && j->has_previous;
			j->moved = 0;
			if (strcmp(outcome, "committed") == 0 && s->state.pid)
				j->ran = 1;
		}
	if (switched && u->by == UPGRADE_BY_CHAIN)
		journal_count_switch(&env.journal, clock_s());
	if (strcmp(outcome, "committed") == 0 && u->roles != 0) {
		env.journal.last_roles = u->roles;
		env.journal.last_version = u->version;
	}
	hook_upgrade_ended(outcome, record_why());
	record_end(outcome, again);
	roll_end();
	steps_end();
	u->state = UPGRADE_IDLE;
	u->id = 0;
	journal_keep();
	orders_upgrade_ended(outcome);
	prepare_go_on();
	while ((f = TAILQ_FIRST(&queued)) != NULL) {
		TAILQ_REMOVE(&queued, f, entry);
		if (f->event == EV_RELOAD)
			reload_from_signal();
		free(f);
	}
	upgrade_consider();
}

/* The monitor has looked at this too, but it reads what strangers write. */
static int
plausible(const struct msg_versions *m)
{
	const struct decide_chain	*c = &env.journal.chain;
	struct chain_height		 known;
	int64_t				 now = clock_s();

	known.height = c->height;
	known.time_s = c->block_time_s;
	if (m->block_time_s < 0 ||
	    m->block_time_s > now + HEIGHT_FUTURE_S) {
		log_warnx("chain: the block time of height %llu is in the "
		    "future, or our clock is wrong: not believed",
		    (unsigned long long)m->height);
		return 0;
	}
	if (m->height > INT64_MAX || m->height > height_limit(&known, now)) {
		log_warnx("chain: height %llu after %llu is not believed",
		    (unsigned long long)m->height,
		    (unsigned long long)c->height);
		return 0;
	}
	return 1;
}

void
upgrade_sample(const struct msg_versions *m)
{
	struct decide_chain	*chain = &env.journal.chain;
	char			 error[DECIDE_BAD_SIZE], said[DECIDE_BAD_SIZE];
	int			 keep = 0;

	if (!plausible(m))
		return;
	strlcpy(said, chain->bad, sizeof(said));
	switch (decide_observe(chain, m, error)) {
	case OBSERVED_OLD:
		log_debug("chain: %s", error);
		return;
	case OBSERVED_BAD:
		/* Once is enough: it is asked every few seconds. */
		if (strcmp(error, said) == 0)
			break;
		log_warnx("chain: what it says at height %llu makes no sense: "
		    "%s", (unsigned long long)m->height, error);
		keep = 1;
		break;
	case OBSERVED_FIRST:
		log_info("chain at height %llu: providers %s (min %s), "
		    "consumers %s (min %s)", (unsigned long long)m->height,
		    m->provider_target, m->provider_min, m->consumer_target,
		    m->consumer_min);
		event_tell("chain", json_pack("{s:I, s:s, s:s, s:s, s:s}",
		    "height", (json_int_t)m->height,
		    "provider_target", m->provider_target,
		    "provider_min", m->provider_min,
		    "consumer_target", m->consumer_target,
		    "consumer_min", m->consumer_min));
		keep = 1;
		break;
	case OBSERVED_SAME:
		break;
	}
	decision_chain_seen(clock_ms());
	/* The height alone is worth a flush now and then only. */
	if (keep || env.journal_failed ||
	    clock_ms() - saved_height_ms > HEIGHT_SAVE_MS) {
		saved_height_ms = clock_ms();
		journal_keep();
	}
	explain_sampled();
	orders_sampled();
	prepare_sampled();
	upgrade_consider();
}

void
upgrade_consider(void)
{
	struct timeval	 tv = { 0, 0 };

	if (consider_event == NULL)
		return;
	/* A thousand starts are one reason to think, not a thousand. */
	if (clock_ms() - considered_ms < CONSIDER_MS)
		tv.tv_usec = CONSIDER_MS * 1000;
	if (evtimer_add(consider_event, &tv) == -1)
		fatalx("event_add");
}

static void
consider_at(int64_t when_s)
{
	int64_t		 wait = when_s - clock_s();
	struct timeval	 tv = { LOOK_MAX_S, 0 };

	if (when_s != 0 && wait < LOOK_MAX_S)
		tv.tv_sec = wait > 0 ? (time_t)wait : 1;
	if (!evtimer_pending(consider_event, NULL) &&
	    evtimer_add(consider_event, &tv) == -1)
		fatalx("event_add");
}

/*
 * Services without a version, or without its file, take what is there, or
 * cause a fetch of what is wanted; they wait for nothing else.
 */
static void
choose_first_versions(void)
{
	struct decide_result	 r;
	struct journal_service	*j;
	struct service		*s;
	int			 changed = 0;

	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (!follows_chain(s) || (j = journal_service(&env.journal,
		    s->conf->name)) == NULL || j->moved ||
		    decision_has_file(s))
			continue;
		/* One whose file is spoiled; an upgrade may bring another. */
		if (j->has_version && upgrade_state() != UPGRADE_IDLE)
			continue;
		decision_service(s, &r);
		if (r.action == DECIDE_SWITCH) {
			j->has_version = 1;
			j->version = r.version;
			changed = 1;
			if (j->want == WANT_UP)
				service_want(s, WANT_UP);
		} else if (r.action == DECIDE_FETCH && upgrade_state() ==
		    UPGRADE_IDLE)
			/* For nobody else: it is only installed. */
			begin(&(struct choice){ .version = r.version,
			    .by = r.by_operator ? UPGRADE_BY_OPERATOR :
			    UPGRADE_BY_CHAIN, .why = r.why });
	}
	if (changed)
		journal_keep();
}

/*
 * Which roles move together: those that want the same version now, and for
 * the same reason, as a pin also moves down.  1, or 0 for none; *next_s then
 * is when to look again, if that is known.
 */
static int
pick(const struct decision *d, struct choice *c, int64_t *next_s)
{
	const struct decide_result	*r;
	enum upgrade_by			 by;
	int64_t				 until;
	int				 i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < DECIDE_ROLES; i++) {
		r = &d->role[i];
		if (r->action != DECIDE_FETCH && r->action != DECIDE_SWITCH)
			continue;
		/* The operator's hook said no; an order asks it again. */
		until = hook_upgrade_vetoed(&r->version, clock_s());
		if (until != 0) {
			if (*next_s == 0 || until < *next_s)
				*next_s = until;
			continue;
		}
		by = env.journal.pin[i].set ? UPGRADE_BY_PIN :
		    r->by_operator ? UPGRADE_BY_OPERATOR : UPGRADE_BY_CHAIN;
		if (c->roles != 0 && (by != c->by ||
		    semver_compare(&c->version, &r->version) != 0))
			continue;
		c->version = r->version;
		c->installed = r->action == DECIDE_SWITCH;
		c->clears_bad = r->clears_bad;
		c->by = by;
		c->why = r->why;
		c->roles |= 1U << i;
	}
	return c->roles != 0;
}

/* The chain's target went below the version in hand, and stayed there */
static int
was_lowered(int role)
{
	const struct decide_chain	*c = &env.journal.chain;

	if (overruled && semver_compare(&c->pair[role].target,
	    &overruled_target[role]) == 0)
		return 0;
	return c->samples > 0 && semver_compare(&c->pair[role].target,
	    &env.journal.upgrade.version) < 0 && c->block_time_s -
	    c->first_time_s >= (int64_t)env.conf->policy.settle_ms / 1000;
}

/* The target is what it was, or more, after the train was stopped for it */
static int
raised_again(void)
{
	const struct decide_chain	*c = &env.journal.chain;
	struct journal_upgrade		*u = &env.journal.upgrade;
	int				 i;

	if (env.journal.hold || u->by != UPGRADE_BY_CHAIN ||
	    c->samples == 0 || c->block_time_s - c->first_time_s <
	    (int64_t)env.conf->policy.settle_ms / 1000)
		return 0;
	for (i = 0; i < DECIDE_ROLES; i++)
		if ((u->roles & (1U << i)) != 0 && semver_compare(
		    &c->pair[i].target, &u->version) < 0)
			return 0;
	return 1;
}

/* The operator has pinned another version than the one in hand: 1 */
static int
pin_in_hand(void)
{
	struct journal_upgrade	*u = &env.journal.upgrade;
	struct journal_service	*j;
	struct journal_pin	*p = NULL;
	size_t			 k;
	int			 i, all_back = 1;

	for (i = 0; i < DECIDE_ROLES; i++)
		if ((u->roles & (1U << i)) != 0 && env.journal.pin[i].set)
			p = &env.journal.pin[i];
	if (p == NULL)
		return 0;
	if (semver_compare(&p->version, &u->version) == 0) {
		if (u->state == UPGRADE_ROLL_HELD && !env.journal.hold)
			upgrade_feed(EV_RESUME, "");
		return 0;
	}
	for (k = 0; k < env.journal.service_count; k++) {
		j = &env.journal.service[k];
		if (j->moved && (!j->has_previous ||
		    semver_compare(&j->previous, &p->version) != 0))
			all_back = 0;
	}
	/* To where they come from, or out of a roll that is not to go on. */
	if (u->state == UPGRADE_ROLL_HELD || (all_back &&
	    (u->state == UPGRADE_ROLLING || u->state == UPGRADE_PROBATION)))
		upgrade_feed(EV_ABORT, p->order);
	else
		upgrade_feed(EV_NEWER_TARGET, p->order);
	return 1;
}

/* The chain has moved on while an upgrade is under way */
static void
watch_in_hand(const struct decision *d)
{
	struct journal_upgrade	*u = &env.journal.upgrade;
	int			 i;

	if (pin_in_hand())
		return;
	if (u->state == UPGRADE_ROLL_HELD && raised_again()) {
		log_info("the target is up again: the roll goes on");
		upgrade_feed(EV_RESUME, "");
		return;
	}
	for (i = 0; i < DECIDE_ROLES; i++) {
		if ((u->roles & (1U << i)) == 0)
			continue;
		if ((d->role[i].action == DECIDE_FETCH ||
		    d->role[i].action == DECIDE_SWITCH) &&
		    semver_compare(&d->role[i].version, &u->version) > 0) {
			upgrade_feed(EV_NEWER_TARGET, "a newer target");
			return;
		}
		if (u->by == UPGRADE_BY_CHAIN && was_lowered(i)) {
			upgrade_feed(EV_LOWERED_TARGET, "the target went "
			    "down again");
			return;
		}
	}
}

static void
consider(int fd, short what, void *arg)
{
	struct decision	 d;
	struct choice	 c;
	int64_t		 next = 0;
	int		 i;

	(void)fd;
	(void)what;
	(void)arg;
	if (env.stopping)
		return;
	considered_ms = clock_ms();
	if (!env.idle)
		choose_first_versions();
	decision_roles(&d);
	for (i = 0; i < DECIDE_ROLES; i++)
		if (d.role[i].next_s != 0 && (next == 0 ||
		    d.role[i].next_s < next))
			next = d.role[i].next_s;
	record_decision(&d);
	/* An order is told why nothing comes of it here. */
	if (env.idle)
		orders_nothing(&d);
	else if (upgrade_state() != UPGRADE_IDLE)
		watch_in_hand(&d);
	else if (pick(&d, &c, &next))
		begin(&c);
	else
		orders_nothing(&d);
	orders_considered(&d);
	consider_at(next);
}
