#include <stdio.h>
#include <string.h>

#include "lavavisord/decide.h"

/* One question on its way to its answer. */
struct question {
	const struct decide_input	*in;
	const struct decide_service	*service;
	const struct decide_pair	*pair;
	struct decide_result		*result;
	char				 have[SEMVER_SIZE];
	char				 target[SEMVER_SIZE];
	char				 min[SEMVER_SIZE];
};

static int	 list_has(const struct decide_list *, const struct semver *);
static int64_t	 marked_until(const struct decide_marks *,
		    const struct semver *, int64_t);
static int	 obtainable(const struct decide_input *,
		    const struct semver *);
static int	 better(const struct question *, const struct semver *);
static int	 choose(struct question *);
static void	 take(struct question *, const struct semver *);
static void	 without_candidate(struct question *);
static int64_t	 day_full_until(const struct decide_input *);
static void	 go(struct question *);
static int	 policy_waits(struct question *);
static int	 waits(struct question *, enum decide_why, int64_t next);
static const struct window_span *window_turn(const struct decide_input *,
		    int64_t, int64_t *);
static void	 text_with(char *, size_t, const char *, const char *);
static void	 unblock(struct question *);
static void	 pinned(struct question *);
static int	 pin_waits(struct question *);
static void	 behind(struct question *);
static void	 not_behind(struct question *);
static void	 without_chain(struct question *);
static void	 never_ran(struct question *);
static int	 further(const struct decide_input *,
		    const struct decide_service *,
		    const struct decide_service *);
static int	 observe_pair(struct decide_pair *, const char *role,
		    const char *target, const char *min, char *);

int64_t
decide_splay(uint64_t seed, int64_t splay_s)
{
	uint64_t	 h = seed;

	if (splay_s <= 0)
		return 0;
	/* The finalizer of splitmix64: neighbouring seeds spread well. */
	h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
	h ^= h >> 31;
	return (int64_t)(h % ((uint64_t)splay_s + 1));
}

int64_t
decide_retry(int64_t first_s, unsigned int times)
{
	unsigned int	 i;

	for (i = 1; i < times && first_s < DECIDE_RETRY_MAX; i++)
		first_s *= 2;
	return first_s < DECIDE_RETRY_MAX ? first_s : DECIDE_RETRY_MAX;
}

static int
list_has(const struct decide_list *l, const struct semver *v)
{
	size_t	 i;

	for (i = 0; i < l->count; i++)
		if (semver_compare(&l->version[i], v) == 0)
			return 1;
	return 0;
}

/* The time until which v is marked, 0 when it is not (any more). */
static int64_t
marked_until(const struct decide_marks *m, const struct semver *v,
    int64_t now_s)
{
	size_t	 i;

	for (i = 0; i < m->count; i++)
		if (semver_compare(&m->mark[i].version, v) == 0 &&
		    m->mark[i].until_s > now_s)
			return m->mark[i].until_s;
	return 0;
}

/* Could be fetched and verified, as far as we know. */
static int
obtainable(const struct decide_input *in, const struct semver *v)
{
	if (!in->order && marked_until(&in->unavailable, v, in->now_s) != 0)
		return 0;
	return !in->pins_only || list_has(&in->pinned, v);
}

/* v is a step up for this service, and not bad unless overruled. */
static int
better(const struct question *q, const struct semver *v)
{
	if (q->service->has_version &&
	    semver_compare(v, &q->service->version) <= 0)
		return 0;
	return q->in->order ||
	    marked_until(&q->in->bad, v, q->in->now_s) == 0;
}

static void
take(struct question *q, const struct semver *v)
{
	struct decide_result	*r = q->result;

	r->has_version = 1;
	r->version = *v;
	r->installed = list_has(&q->in->installed, v);
	r->clears_bad = marked_until(&q->in->bad, v, q->in->now_s) != 0;
}

/* The best candidate above what the service has.  1, or 0 for none. */
static int
choose(struct question *q)
{
	const struct decide_list	*l = &q->in->installed;
	const struct decide_pair	*p = q->pair;
	const struct semver		*best = NULL, *v;
	size_t				 i;

	if (better(q, &p->target) && (list_has(l, &p->target) ||
	    obtainable(q->in, &p->target))) {
		take(q, &p->target);
		return 1;
	}
	for (i = 0; i < l->count; i++) {
		v = &l->version[i];
		if (semver_compare(v, &p->min) < 0 ||
		    semver_compare(v, &p->target) > 0 || !better(q, v))
			continue;
		if (best == NULL || semver_compare(v, best) > 0)
			best = v;
	}
	if (best == NULL && better(q, &p->min) && obtainable(q->in, &p->min))
		best = &p->min;
	if (best == NULL)
		return 0;
	take(q, best);
	return 1;
}

/* Something newer is wanted and cannot be had: say why, by the target. */
static void
without_candidate(struct question *q)
{
	const struct decide_input	*in = q->in;
	struct decide_result		*r = q->result;
	const struct semver		*target = &q->pair->target;
	const char			*loud;
	int64_t				 until, again;

	loud = r->below_min ? "; BELOW MIN" : "";
	r->action = DECIDE_WAIT;
	r->has_version = 1;
	r->version = *target;
	r->installed = list_has(&in->installed, target);
	if ((until = marked_until(&in->bad, target, in->now_s)) != 0 &&
	    !in->order) {
		r->why = WHY_BAD;
		snprintf(r->text, sizeof(r->text), "%s is marked bad%s",
		    q->target, loud);
	} else if (in->pins_only && !list_has(&in->pinned, target)) {
		until = 0;
		r->why = WHY_PINNED;
		snprintf(r->text, sizeof(r->text), "no pin for %s: add one "
		    "or approve it with its SHA-256%s", q->target, loud);
	} else {
		until = marked_until(&in->unavailable, target, in->now_s);
		r->why = WHY_NO_RELEASE;
		snprintf(r->text, sizeof(r->text),
		    "no verified release of %s%s", q->target, loud);
	}
	if (r->below_min || !q->service->has_version) {
		/* The min may come back earlier than the target. */
		again = marked_until(&in->bad, &q->pair->min, in->now_s);
		if (again == 0)
			again = marked_until(&in->unavailable, &q->pair->min,
			    in->now_s);
		if (again != 0 && (until == 0 || again < until))
			until = again;
	}
	r->next_s = until;
}

/* When the next chain-caused switch is allowed; 0: now. */
static int64_t
day_full_until(const struct decide_input *in)
{
	int64_t		 t, later, until = 0;
	uint32_t	 recent = 0, after;
	size_t		 i, k;

	for (i = 0; i < in->switch_count; i++) {
		t = in->switches[i];
		/* One in the future is from before the clock was set. */
		if (t > in->now_s - DECIDE_DAY && t < in->now_s + DECIDE_DAY)
			recent++;
	}
	if (recent < in->per_day)
		return 0;
	/* The per_day'th newest must have left the window. */
	for (i = 0; i < in->switch_count; i++) {
		t = in->switches[i];
		if (t <= in->now_s - DECIDE_DAY || t >= in->now_s + DECIDE_DAY)
			continue;
		after = 0;
		for (k = 0; k < in->switch_count; k++) {
			later = in->switches[k];
			if (later < in->now_s + DECIDE_DAY && (later > t ||
			    (later == t && k > i)))
				after++;
		}
		if (after + 1 == in->per_day)
			until = t + DECIDE_DAY;
	}
	return until == 0 ? INT64_MAX : until;
}

static void
go(struct question *q)
{
	struct decide_result	*r = q->result;
	char			 v[SEMVER_SIZE];

	semver_text(&r->version, v, sizeof(v));
	r->action = r->installed ? DECIDE_SWITCH : DECIDE_FETCH;
	r->why = r->below_min ? WHY_BELOW_MIN : WHY_BEHIND_TARGET;
	r->next_s = 0;
	r->by_operator |= q->in->order != ORDER_NONE;
	if (q->in->has_pin[q->service->role])
		snprintf(r->text, sizeof(r->text),
		    "%s to %s, the operator's pin", q->have, v);
	else if (q->in->order)
		snprintf(r->text, sizeof(r->text),
		    "%s to %s by the operator's order", q->have, v);
	else if (r->below_min)
		snprintf(r->text, sizeof(r->text),
		    "%s is below the min %s: to %s", q->have, q->min, v);
	else
		snprintf(r->text, sizeof(r->text),
		    "%s is behind the target %s: to %s", q->have, q->target,
		    v);
}

/* Always 1, for the ladder of policy_waits(). */
static int
waits(struct question *q, enum decide_why why, int64_t next)
{
	q->result->action = DECIDE_WAIT;
	q->result->why = why;
	q->result->next_s = next;
	return 1;
}

/*
 * The turn of this host in the first window that leaves it one, which is
 * returned, or NULL; splay is made shorter for a window that is shorter.
 */
static const struct window_span *
window_turn(const struct decide_input *in, int64_t settled, int64_t *due)
{
	const struct window_span	*w;
	int64_t				 splay;
	size_t				 i;

	for (i = 0; i < in->window.count; i++) {
		w = &in->window.span[i];
		splay = in->splay_s;
		if (splay > w->to_s - w->from_s - 1)
			splay = w->to_s - w->from_s - 1;
		*due = (settled > w->from_s ? settled : w->from_s) +
		    decide_splay(in->seed, splay);
		if (*due < w->to_s && in->now_s < w->to_s)
			return w;
	}
	*due = 0;
	return NULL;
}

/* A true value is not yet an order.  1 when something makes it wait. */
static int
policy_waits(struct question *q)
{
	const struct decide_input	*in = q->in;
	const struct decide_chain	*chain = in->chain;
	struct decide_result		*r = q->result;
	const struct window_span	*w;
	enum semver_step		 step;
	char				 v[SEMVER_SIZE];
	int64_t				 settle, due, until;

	semver_text(&r->version, v, sizeof(v));
	settle = in->settle_s;
	if (r->below_min && settle > DECIDE_SETTLE_BELOW_MIN)
		settle = DECIDE_SETTLE_BELOW_MIN;
	due = chain->first_time_s + settle;
	if (chain->block_time_s < due) {
		snprintf(r->text, sizeof(r->text), "%s to %s once the chain "
		    "has said so for %lld s", q->have, v, (long long)settle);
		return waits(q, WHY_SETTLING, due);
	}
	step = semver_step(&q->service->version, &r->version);
	if (!list_has(&in->approved, &r->version)) {
		if (step > in->auto_step) {
			snprintf(r->text, sizeof(r->text), "%s to %s is a %s "
			    "step: waits for approval%s", q->have, v,
			    semver_step_name(step),
			    r->below_min ? "; BELOW MIN" : "");
			return waits(q, WHY_APPROVAL, 0);
		}
		if ((until = day_full_until(in)) != 0) {
			snprintf(r->text, sizeof(r->text), "%s to %s waits "
			    "for approval: already %u switches within a day%s",
			    q->have, v, in->per_day,
			    r->below_min ? "; BELOW MIN" : "");
			return waits(q, WHY_APPROVAL,
			    until == INT64_MAX ? 0 : until);
		}
	}
	/* Below min no window is waited for, but the turn is. */
	if (!in->windowed || r->below_min)
		due += decide_splay(in->seed, in->splay_s);
	else if ((w = window_turn(in, due, &due)) == NULL ||
	    in->now_s < w->from_s) {
		snprintf(r->text, sizeof(r->text), "%s to %s in the next "
		    "window", q->have, v);
		return waits(q, WHY_WINDOW, due);
	}
	if (in->now_s < due) {
		snprintf(r->text, sizeof(r->text),
		    "%s to %s in this host's turn", q->have, v);
		return waits(q, WHY_SPLAY, due);
	}
	return 0;
}

/* What keeps a service from the version that the operator pinned: 1, or 0. */
static int
pin_waits(struct question *q)
{
	const struct decide_input	*in = q->in;
	struct decide_result		*r = q->result;
	const struct window_span	*w;
	const char			*loud = r->below_min ?
					    "; BELOW MIN" : "";
	char				 v[SEMVER_SIZE];
	int64_t				 until;

	semver_text(&r->version, v, sizeof(v));
	if (in->hold && q->service->ran) {
		snprintf(r->text, sizeof(r->text), "%s to %s is held: resume "
		    "first%s", q->have, v, loud);
		return waits(q, WHY_HOLD, 0);
	}
	if (!in->order &&
	    (until = marked_until(&in->bad, &r->version, in->now_s)) != 0) {
		snprintf(r->text, sizeof(r->text), "%s, the operator's pin, "
		    "is marked bad%s", v, loud);
		return waits(q, WHY_BAD, until);
	}
	if (!r->installed && in->pins_only && !list_has(&in->pinned,
	    &r->version)) {
		snprintf(r->text, sizeof(r->text), "no pin for %s: add one "
		    "or approve it with its SHA-256%s", v, loud);
		return waits(q, WHY_PINNED, 0);
	}
	if (!r->installed && !obtainable(in, &r->version)) {
		snprintf(r->text, sizeof(r->text), "no verified release of "
		    "%s, the operator's pin%s", v, loud);
		return waits(q, WHY_NO_RELEASE, marked_until(
		    &in->unavailable, &r->version, in->now_s));
	}
	if (in->order || !q->service->ran || !in->windowed || r->below_min)
		return 0;
	w = in->window.count > 0 ? &in->window.span[0] : NULL;
	if (w != NULL && in->now_s >= w->from_s && in->now_s < w->to_s)
		return 0;
	snprintf(r->text, sizeof(r->text), "%s to %s, the operator's pin, in "
	    "the next window", q->have, v);
	return waits(q, WHY_WINDOW, w != NULL ? w->from_s : 0);
}

/* The operator named a version: that one, up or down, whatever the chain. */
static void
pinned(struct question *q)
{
	const struct decide_input	*in = q->in;
	const struct semver		*pin = &in->pin[q->service->role];
	struct decide_result		*r = q->result;
	int				 differs;

	r->by_operator = 1;
	differs = in->chain->samples > 0 && semver_compare(pin,
	    &q->pair->target) != 0;
	if (q->service->ran && q->service->has_version &&
	    semver_compare(pin, &q->service->version) == 0) {
		r->why = differs ? WHY_PINNED : WHY_UP_TO_DATE;
		snprintf(r->text, sizeof(r->text), "%s is the operator's "
		    "pin%s%s%s", q->have, differs ? "; the target is " : "",
		    differs ? q->target : "", r->below_min ? "; BELOW MIN" :
		    "");
		return;
	}
	take(q, pin);
	if (!pin_waits(q))
		go(q);
}

static void
behind(struct question *q)
{
	struct decide_result	*r = q->result;
	int			 found;

	found = choose(q);
	if (q->in->hold) {
		if (!found)
			take(q, &q->pair->target);
		snprintf(r->text, sizeof(r->text), "%s stays: held%s",
		    q->have, r->below_min ? "; BELOW MIN" : "");
		waits(q, WHY_HOLD, 0);
	} else if (!found)
		without_candidate(q);
	else if (q->in->order || !policy_waits(q))
		go(q);
}

static void
not_behind(struct question *q)
{
	struct decide_result	*r = q->result;
	const struct semver	*peak;
	char			 was[SEMVER_SIZE];

	r->why = WHY_UP_TO_DATE;
	r->ahead = semver_compare(&q->service->version, &q->pair->target) > 0;
	if (!r->ahead) {
		snprintf(r->text, sizeof(r->text), "%s is the target",
		    q->have);
		return;
	}
	peak = &q->in->chain->peak[q->service->role];
	r->lowered = semver_compare(&q->service->version, peak) <= 0;
	if (r->lowered)
		snprintf(r->text, sizeof(r->text), "possible emergency "
		    "rollback: the target went from %s to %s; %s stays until "
		    "the operator decides", semver_text(peak, was,
		    sizeof(was)), q->target, q->have);
	else
		snprintf(r->text, sizeof(r->text),
		    "%s is ahead of the target %s", q->have, q->target);
}

/* Nothing to go by: what runs stays, what must start takes what there is. */
static void
without_chain(struct question *q)
{
	const struct decide_input	*in = q->in;
	const struct decide_list	*l = &in->installed;
	struct decide_result		*r = q->result;
	const struct semver		*best = NULL;
	const char			*bad = in->chain->bad;
	char				 v[SEMVER_SIZE];
	size_t				 i;

	r->why = WHY_UNREACHABLE;
	if (q->service->ran && q->service->has_version) {
		snprintf(r->text, sizeof(r->text), "%s stays: %s", q->have,
		    bad[0] != '\0' ? bad : "the chain cannot be reached");
		return;
	}
	if (q->service->has_version)
		best = &q->service->version;
	else if (in->has_current)
		best = &in->current;
	for (i = 0; i < l->count && !q->service->has_version &&
	    !in->has_current; i++)
		if (marked_until(&in->bad, &l->version[i], in->now_s) == 0 &&
		    (best == NULL || semver_compare(&l->version[i], best) > 0))
			best = &l->version[i];
	if (best == NULL) {
		r->action = DECIDE_WAIT;
		snprintf(r->text, sizeof(r->text), "nothing is installed and "
		    "%s", bad[0] != '\0' ? bad :
		    "the chain cannot be reached");
		return;
	}
	take(q, best);
	r->clears_bad = 0;
	r->action = DECIDE_SWITCH;
	snprintf(r->text, sizeof(r->text), "starts on %s, what there is: %s",
	    semver_text(best, v, sizeof(v)), bad[0] != '\0' ? bad :
	    "the chain cannot be reached");
}

static void
never_ran(struct question *q)
{
	struct decide_result	*r = q->result;
	char			 v[SEMVER_SIZE];

	if (!choose(q)) {
		without_candidate(q);
		return;
	}
	r->action = r->installed ? DECIDE_SWITCH : DECIDE_FETCH;
	r->why = r->installed ? WHY_UP_TO_DATE : WHY_FETCHING;
	snprintf(r->text, sizeof(r->text), "has never run: starts on %s",
	    semver_text(&r->version, v, sizeof(v)));
}

/* buf gets text with its %s, if any, replaced by v. */
static void
text_with(char *buf, size_t size, const char *text, const char *v)
{
	const char	*gap = strstr(text, "%s");

	if (gap == NULL)
		strlcpy(buf, text, size);
	else
		snprintf(buf, size, "%.*s%s%s", (int)(gap - text), text, v,
		    gap + 2);
}

/* What the operator could do, if anything need be done. */
static void
unblock(struct question *q)
{
	struct decide_result	*r = q->result;
	const char		*text = "";
	char			 v[SEMVER_SIZE];

	semver_text(&r->version, v, sizeof(v));
	if (r->lowered)
		text = "to follow the chain down: `upgrade to %s`; to stay "
		    "and be asked no more: `pin`";
	else if (r->why == WHY_PINNED && r->action == DECIDE_NOTHING)
		text = "`unpin`";
	else if (r->why == WHY_UNREACHABLE)
		text = "a node that answers well: see `show nodes`";
	else if (r->action == DECIDE_WAIT)
		switch (r->why) {
		case WHY_SETTLING:
		case WHY_SPLAY:
		case WHY_WINDOW:
			text = "time, or `upgrade now`";
			break;
		case WHY_HOLD:
			text = "`resume`";
			break;
		case WHY_APPROVAL:
			text = "`upgrade approve %s`, or `upgrade now`";
			break;
		case WHY_BAD:
			text = "another target, time, or `upgrade approve %s`";
			break;
		case WHY_NO_RELEASE:
			text = "%s at the sources, verified; `upgrade now` "
			    "tries at once";
			break;
		case WHY_PINNED:
			text = "`upgrade approve %s SHA256`, or a pin in the "
			    "configuration";
			break;
		default:
			break;
		}
	text_with(r->unblock, sizeof(r->unblock), text,
	    r->lowered ? q->target : v);
}

void
decide_service(const struct decide_input *in,
    const struct decide_service *service, struct decide_result *r)
{
	const struct decide_chain	*chain = in->chain;
	struct decide_service		 fresh;
	struct decide_input		 unordered;
	struct question			 q;

	memset(r, 0, sizeof(*r));
	memset(&q, 0, sizeof(q));
	if (in->order == ORDER_PINS && !in->has_pin[service->role]) {
		unordered = *in;
		unordered.order = ORDER_NONE;
		in = &unordered;
	}
	q.in = in;
	q.service = service;
	q.pair = &chain->pair[service->role];
	q.result = r;
	semver_text(&q.pair->target, q.target, sizeof(q.target));
	semver_text(&q.pair->min, q.min, sizeof(q.min));
	snprintf(q.have, sizeof(q.have), "%s", "nothing");
	if (service->has_version) {
		semver_text(&service->version, q.have, sizeof(q.have));
		r->has_have = 1;
		r->have = service->version;
		r->has_version = 1;
		r->version = service->version;
		r->installed = 1;
	}
	if (chain->samples > 0 && service->has_version)
		r->below_min = semver_compare(&service->version,
		    &q.pair->min) < 0;
	if (in->has_pin[service->role])
		pinned(&q);
	else if (chain->samples == 0 || !in->reachable)
		without_chain(&q);
	else if (!service->ran || !service->has_version) {
		/* A recorded version it never ran on binds nothing. */
		fresh = *service;
		fresh.has_version = 0;
		q.service = &fresh;
		r->below_min = 0;
		r->has_version = 0;
		r->installed = 0;
		never_ran(&q);
	} else if (semver_compare(&service->version, &q.pair->target) >= 0)
		not_behind(&q);
	else
		behind(&q);
	unblock(&q);
}

/* a tells more than b of what its role should do. */
static int
further(const struct decide_input *in, const struct decide_service *a,
    const struct decide_service *b)
{
	const struct semver	*pin = &in->pin[a->role];

	/* With a pin: any that is not on it yet. */
	if (in->has_pin[a->role] && semver_compare(&b->version, pin) == 0)
		return semver_compare(&a->version, pin) != 0;
	if (in->has_pin[a->role] && semver_compare(&a->version, pin) == 0)
		return 0;
	return semver_compare(&a->version, &b->version) < 0;
}

void
upgrade_decide(const struct decide_input *in,
    const struct decide_service *service, size_t count,
    struct decide_result result[DECIDE_ROLES])
{
	const struct decide_service	*last[DECIDE_ROLES] = { NULL };
	const struct decide_service	*s;
	struct decide_result		*r;
	size_t				 i;
	int				 role;

	for (i = 0; i < count; i++) {
		s = &service[i];
		if (!s->ran || !s->has_version)
			continue;
		if (last[s->role] == NULL || further(in, s, last[s->role]))
			last[s->role] = s;
	}
	for (role = 0; role < DECIDE_ROLES; role++) {
		r = &result[role];
		if (last[role] != NULL) {
			decide_service(in, last[role], r);
			continue;
		}
		memset(r, 0, sizeof(*r));
		r->why = WHY_UP_TO_DATE;
		snprintf(r->text, sizeof(r->text), "no %s service has run",
		    decide_role_name((enum decide_role)role));
	}
}

/* Reads one role's pair; -1 with the field named in error. */
static int
observe_pair(struct decide_pair *p, const char *role, const char *target,
    const char *min, char *error)
{
	if (semver_parse(target, &p->target) == -1)
		snprintf(error, DECIDE_BAD_SIZE,
		    "%s_target \"%s\" is no version", role, target);
	else if (semver_parse(min, &p->min) == -1)
		snprintf(error, DECIDE_BAD_SIZE,
		    "%s_min \"%s\" is no version", role, min);
	else if (semver_compare(&p->min, &p->target) > 0)
		snprintf(error, DECIDE_BAD_SIZE,
		    "%s_min %s is above %s_target %s", role, min, role,
		    target);
	else
		return 0;
	return -1;
}

enum decide_observed
decide_observe(struct decide_chain *chain, const struct msg_versions *m,
    char *error)
{
	struct decide_pair	 pair[DECIDE_ROLES];
	int			 i, same;

	error[0] = '\0';
	if (m->height < chain->height ||
	    m->block_time_s < chain->block_time_s) {
		snprintf(error, DECIDE_BAD_SIZE, "height %llu is older than "
		    "%llu, which was accepted before",
		    (unsigned long long)m->height,
		    (unsigned long long)chain->height);
		return OBSERVED_OLD;
	}
	chain->height = m->height;
	chain->block_time_s = m->block_time_s;
	chain->bad[0] = '\0';
	if (observe_pair(&pair[DECIDE_PROVIDER], "provider", m->provider_target,
	    m->provider_min, error) == -1 ||
	    observe_pair(&pair[DECIDE_CONSUMER], "consumer", m->consumer_target,
	    m->consumer_min, error) == -1) {
		chain->samples = 0;
		memcpy(chain->bad, error, DECIDE_BAD_SIZE);
		return OBSERVED_BAD;
	}
	same = chain->samples > 0;
	for (i = 0; i < DECIDE_ROLES; i++) {
		if (semver_compare(&pair[i].target,
		    &chain->pair[i].target) != 0 ||
		    semver_compare(&pair[i].min, &chain->pair[i].min) != 0)
			same = 0;
		chain->pair[i] = pair[i];
		if (semver_compare(&pair[i].target, &chain->peak[i]) > 0)
			chain->peak[i] = pair[i].target;
	}
	if (same) {
		if (chain->samples < UINT32_MAX)
			chain->samples++;
		return OBSERVED_SAME;
	}
	chain->samples = 1;
	chain->first_height = m->height;
	chain->first_time_s = m->block_time_s;
	return OBSERVED_FIRST;
}

const char *
decide_why_name(enum decide_why why)
{
	static const char *const	 names[DECIDE_WHYS] = {
		"up-to-date", "below-min", "behind-target", "settling",
		"splay", "window", "hold", "approval", "bad", "no-release",
		"fetching", "rolling", "pinned", "unreachable", "locked"
	};

	return (unsigned int)why < DECIDE_WHYS ? names[why] : "unknown";
}

const char *
decide_action_name(enum decide_action action)
{
	static const char *const	 names[] = {
		"nothing", "wait", "fetch", "switch"
	};

	return (unsigned int)action <= DECIDE_SWITCH ? names[action] :
	    "unknown";
}

const char *
decide_role_name(enum decide_role role)
{
	return role == DECIDE_CONSUMER ? "consumer" : "provider";
}
