#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/semver.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/decide.h"
#include "lavavisord/decision.h"
#include "lavavisord/install.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/services.h"
#include "lavavisord/window.h"

#define LIST_MAX	JOURNAL_MAX_VERSIONS
#define UNAVAILABLE_MAX	16
#define SPANS_MAX	3		/* of the window, from now on */

/* The wall clock is wrong, or was, when it is this far from the other one. */
#define CLOCK_SLACK_MS	30000

struct unavailable {
	struct semver	 version;
	int64_t		 until_ms;	/* monotonic */
	unsigned int	 times;
};

/* One set of arrays is enough: an input lives for one call. */
static struct semver		 installed[LIST_MAX], approved[LIST_MAX];
static struct semver		 pinned[LIST_MAX];
static struct decide_mark	 bad[LIST_MAX], gone[UNAVAILABLE_MAX];
static struct unavailable	 unavailable[UNAVAILABLE_MAX];
static size_t			 unavailable_count;
static int64_t			 seen_ms, seen_unix_ms;
static enum decide_order	 ordered;

static uint64_t	host_seed(void);
static void	input_lists(struct decide_input *);
static void	input_make(struct decide_input *);
static void	input_window(struct decide_input *);
static void	none_ran(const struct decide_input *,
		    const struct decide_service *, size_t, struct decision *);
static int	reachable(void);
static void	all_locked(struct decision *);
static int	runs_recorded(const struct service *,
		    const struct journal_service *);
static void	service_facts(const struct service *, struct decide_service *);

void
decision_chain_seen(int64_t ms)
{
	seen_ms = ms;
	seen_unix_ms = clock_unix_ms();
}

void
decision_order(enum decide_order o)
{
	ordered = o;
}

void
decision_unavailable(const struct semver *v, int64_t now_ms)
{
	struct unavailable	*u;
	size_t			 i;

	for (i = 0; i < unavailable_count; i++)
		if (semver_compare(&unavailable[i].version, v) == 0)
			break;
	if (i == UNAVAILABLE_MAX)
		/* The oldest of so many makes room. */
		memmove(&unavailable[0], &unavailable[1],
		    --unavailable_count * sizeof(unavailable[0]));
	i = i < unavailable_count ? i : unavailable_count;
	u = &unavailable[i];
	if (i == unavailable_count) {
		unavailable_count++;
		memset(u, 0, sizeof(*u));
	}
	u->version = *v;
	u->times++;
	u->until_ms = now_ms + 1000 * decide_retry((int64_t)
	    env.conf->policy.retry_ms / 1000, u->times);
}

unsigned int
decision_tries(const struct semver *v)
{
	size_t	 i;

	for (i = 0; i < unavailable_count; i++)
		if (semver_compare(&unavailable[i].version, v) == 0)
			return unavailable[i].times;
	return 0;
}

void
decision_available(void)
{
	unavailable_count = 0;
}

int
follows_chain(const struct service *s)
{
	return s->conf != NULL && s->conf->is_lavap &&
	    (s->conf->role == ROLE_PROVIDER || s->conf->role == ROLE_CONSUMER);
}

/* The delay of this host is the same each time, and another elsewhere */
static uint64_t
host_seed(void)
{
	static uint64_t	 seed;
	char		 name[256];
	const char	*p;

	if (seed != 0)
		return seed;
	if (gethostname(name, sizeof(name)) == -1)
		name[0] = '\0';
	name[sizeof(name) - 1] = '\0';
	/* FNV-1a over host and directory */
	seed = UINT64_C(14695981039346656037);
	for (p = name; *p != '\0'; p++)
		seed = (seed ^ (unsigned char)*p) * UINT64_C(1099511628211);
	for (p = env.places.directory; *p != '\0'; p++)
		seed = (seed ^ (unsigned char)*p) * UINT64_C(1099511628211);
	return seed;
}

/*
 * There is a sample not older than some polls.  One from before the wall clock
 * was set says nothing: what was left to wait since then is not over.
 */
static int
reachable(void)
{
	int64_t	 age, drift;

	if (seen_ms == 0)
		return 0;
	age = clock_ms() - seen_ms;
	drift = clock_unix_ms() - seen_unix_ms - age;
	if (drift > CLOCK_SLACK_MS || drift < -CLOCK_SLACK_MS)
		return 0;
	return age < 4 * (int64_t)env.conf->poll_ms + 60000;
}

static void
input_lists(struct decide_input *in)
{
	const struct installed	*list;
	struct journal		*j = &env.journal;
	int64_t			 now_ms = clock_ms();
	size_t			 i, n;

	n = install_list(&list);
	for (i = 0; i < n && in->installed.count < LIST_MAX; i++)
		if (!list[i].damaged)
			installed[in->installed.count++] = list[i].version;
	in->installed.version = installed;
	for (i = 0; i < j->approval_count; i++) {
		approved[in->approved.count++] = j->approval[i].version;
		if (j->approval[i].sha256[0] != '\0' &&
		    in->pinned.count < LIST_MAX)
			pinned[in->pinned.count++] = j->approval[i].version;
	}
	in->approved.version = approved;
	for (i = 0; i < env.conf->releases.pins_count &&
	    in->pinned.count < LIST_MAX; i++)
		if (semver_parse(env.conf->releases.pins[i].version,
		    &pinned[in->pinned.count]) == 0)
			in->pinned.count++;
	in->pinned.version = pinned;
	for (i = 0; i < j->bad_count; i++) {
		bad[i].version = j->bad[i].version;
		bad[i].until_s = j->bad[i].until_s;
	}
	in->bad.mark = bad;
	in->bad.count = j->bad_count;
	for (i = 0; i < unavailable_count; i++) {
		gone[i].version = unavailable[i].version;
		gone[i].until_s = in->now_s +
		    (unavailable[i].until_ms - now_ms + 999) / 1000;
	}
	in->unavailable.mark = gone;
	in->unavailable.count = unavailable_count;
}

/* Each minute is looked at to find them: once a minute is enough. */
static void
input_window(struct decide_input *in)
{
	static struct window_span	 span[SPANS_MAX];
	static struct window		 of;
	static int64_t			 minute = -1;
	static size_t			 count;
	const struct window		*w = &env.conf->policy.window;
	int64_t				 t = in->now_s;

	in->windowed = w->count > 0;
	if (!in->windowed)
		return;
	if (minute != in->now_s / 60 || memcmp(&of, w, sizeof(of)) != 0) {
		of = *w;
		minute = in->now_s / 60;
		for (count = 0; count < SPANS_MAX; count++) {
			if (window_span(w, t, &span[count]) == -1)
				break;
			t = span[count].to_s;
		}
	}
	in->window.span = span;
	in->window.count = count;
}

static void
input_make(struct decide_input *in)
{
	static const enum semver_step	 steps[] = {
		[AUTO_NONE] = STEP_NONE,
		[AUTO_PATCH] = STEP_PATCH,
		[AUTO_MINOR] = STEP_MINOR,
		[AUTO_MAJOR] = STEP_MAJOR
	};
	const struct config_policy	*p = &env.conf->policy;
	int				 i;

	memset(in, 0, sizeof(*in));
	in->chain = &env.journal.chain;
	in->reachable = reachable();
	in->now_s = clock_s();
	in->auto_step = steps[p->automatic];
	in->settle_s = p->settle_ms / 1000;
	in->splay_s = p->splay_ms / 1000;
	in->per_day = p->per_day;
	in->seed = host_seed();
	in->pins_only = env.conf->releases.trust == TRUST_PINNED;
	in->hold = env.journal.hold;
	in->order = ordered;
	for (i = 0; i < DECIDE_ROLES; i++) {
		in->has_pin[i] = env.journal.pin[i].set;
		in->pin[i] = env.journal.pin[i].version;
	}
	in->switches = env.journal.switches;
	in->switch_count = env.journal.switch_count;
	in->has_current = install_current(&in->current) == 0 &&
	    !install_find(&in->current)->damaged;
	input_lists(in);
	input_window(in);
}

/* What runs counts, whatever has become of its file */
static int
runs_recorded(const struct service *s, const struct journal_service *j)
{
	return s->state.pid != 0 && s->has_version && j->has_version &&
	    semver_compare(&s->version, &j->version) == 0;
}

int
decision_has_file(const struct service *s)
{
	struct journal_service	*j;
	const struct installed	*i;

	if ((j = journal_service(&env.journal, s->conf->name)) == NULL ||
	    !j->has_version)
		return 0;
	if (runs_recorded(s, j))
		return 1;
	i = install_find(&j->version);
	return i != NULL && !i->damaged;
}

static void
service_facts(const struct service *s, struct decide_service *d)
{
	struct journal_service	*j;
	const struct installed	*i;

	memset(d, 0, sizeof(*d));
	d->role = s->conf->role == ROLE_PROVIDER ? DECIDE_PROVIDER :
	    DECIDE_CONSUMER;
	if ((j = journal_service(&env.journal, s->conf->name)) == NULL)
		return;
	d->ran = j->ran;
	i = j->has_version ? install_find(&j->version) : NULL;
	d->has_version = (i != NULL && !i->damaged) || runs_recorded(s, j);
	d->version = j->version;
	/* One that was given a version and can run it counts as running it. */
	if (d->has_version)
		d->ran = 1;
}

void
decision_service(const struct service *s, struct decide_result *result)
{
	struct decide_input	 in;
	struct decide_service	 facts;

	input_make(&in);
	service_facts(s, &facts);
	decide_service(&in, &facts, result);
}

/*
 * A role of which no service has run is told by the first one.  Such services
 * take their versions one by one: there is no upgrade for the role to begin.
 */
static void
none_ran(const struct decide_input *in, const struct decide_service *facts,
    size_t n, struct decision *d)
{
	int	 told[DECIDE_ROLES] = { 0 };
	size_t	 i;

	for (i = 0; i < n; i++)
		if (facts[i].ran && facts[i].has_version)
			told[facts[i].role] = 1;
	for (i = 0; i < n; i++) {
		if (told[facts[i].role])
			continue;
		told[facts[i].role] = 1;
		decide_service(in, &facts[i], &d->role[facts[i].role]);
		d->role[facts[i].role].action = DECIDE_WAIT;
	}
}

void
decision_locked(const struct service *s, struct decide_result *r)
{
	if (r->action == DECIDE_NOTHING)
		return;
	r->action = DECIDE_NOTHING;
	r->why = WHY_LOCKED;
	r->next_s = 0;
	snprintf(r->text, sizeof(r->text), "%s is locked and could not be "
	    "started again", s->conf->name);
	snprintf(r->unblock, sizeof(r->unblock), "`unlock %s'",
	    s->conf->name);
}

/* A role says so of which all are locked, or only those that are behind. */
static void
all_locked(struct decision *d)
{
	struct decide_service	 facts;
	struct decide_result	 r, *role;
	struct service		*s;

	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (!follows_chain(s) || s->state.pid == 0 ||
		    !service_is_locked(s))
			continue;
		service_facts(s, &facts);
		role = &d->role[facts.role];
		decision_service(s, &r);
		decision_locked(s, &r);
		if (!d->role_has_services[facts.role] ||
		    (role->action == DECIDE_NOTHING &&
		    role->why == WHY_UP_TO_DATE && r.why == WHY_LOCKED))
			*role = r;
		d->role_has_services[facts.role] = 1;
	}
}

void
decision_roles(struct decision *d)
{
	struct decide_input	 in;
	struct decide_service	*facts;
	struct service		*s;
	size_t			 n = 0;

	memset(d, 0, sizeof(*d));
	if ((facts = calloc(services_count() + 1, sizeof(*facts))) == NULL)
		fatal("calloc");
	for (s = service_first(); s != NULL; s = service_next(s)) {
		/* One that cannot be restarted is no reason for anything. */
		if (!follows_chain(s) || (s->state.pid != 0 &&
		    service_is_locked(s)))
			continue;
		service_facts(s, &facts[n]);
		d->role_has_services[facts[n].role] = 1;
		n++;
	}
	input_make(&in);
	upgrade_decide(&in, facts, n, d->role);
	none_ran(&in, facts, n, d);
	all_locked(d);
	free(facts);
}
