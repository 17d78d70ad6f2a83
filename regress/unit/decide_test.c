#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisord/decide.h"

#define MAX	16
#define T0	1780000000	/* block time of the first sample */
#define ZERO	(-1)		/* in a row: 0, where 0 is the default */
#define OTHER	0xff

#define NOTHING	DECIDE_NOTHING
#define WAIT	DECIDE_WAIT
#define FETCH	DECIDE_FETCH
#define SWITCH	DECIDE_SWITCH

/*
 * A row says what is different from this: a provider service on 6.2.4 that
 * has run, target 6.2.5, min 6.2.0, both installed, settle 600 s and just
 * settled, no splay, per-day 2, auto major.  Times are seconds after T0.
 * Lists are words; a mark is VERSION@UNTIL.
 */
struct row {
	const char	*name;
	const char	*target, *min;
	const char	*have;		/* "none": never ran */
	const char	*recorded;	/* of one that never ran */
	const char	*installed, *bad, *gone, *approved, *pinned;
	const char	*current, *pin, *peak;
	const char	*windows;	/* FROM+TO, seconds after T0 */
	int		 autostep;	/* ZERO: none */
	int		 settle, splay, per_day, age, now;
	int		 seed;
	int		 hold, order, pins_only, unreachable, no_sample;
	const char	*switches;	/* seconds relative to now */
	enum decide_action action;
	enum decide_why	 why;
	const char	*version;	/* NULL: do not look */
	int		 next;		/* 0: 0 */
	const char	*says;		/* part of the text, NULL any */
	const char	*unblock;	/* part of it, NULL any, "" none */
};

static const struct row	 rows[] = {
#include "regress/unit/decide_rows.h"
};

static size_t	 words(const char *, char [MAX][48]);
static size_t	 versions(const char *, struct semver *);
static size_t	 marks(const char *, struct decide_mark *);
static struct semver version(const char *);
static int	 number(int, int);
static void	 ask(const struct row *, struct decide_result *);
static void	 table(void **);
static void	 sweep(void **);
static void	 roles(void **);
static void	 order_of_pins(void **);
static void	 splay(void **);
static void	 retries(void **);
static void	 sample(struct msg_versions *, uint64_t, int64_t,
		    const char *, const char *);
static void	 settles(void **);
static void	 refuses_old(void **);
static void	 refuses_bad(void **);
static void	 pairs_differ(void **);
static void	 names(void **);

static size_t
words(const char *text, char w[MAX][48])
{
	size_t	 n = 0, len;

	while (text != NULL && *text != '\0') {
		len = strcspn(text, " ");
		assert_true(n < MAX && len < 48);
		memcpy(w[n], text, len);
		w[n++][len] = '\0';
		text += len;
		text += strspn(text, " ");
	}
	return n;
}

static struct semver
version(const char *text)
{
	struct semver	 v;

	if (semver_parse(text, &v) == -1)
		fail_msg("the test's own version \"%s\"", text);
	return v;
}

static size_t
versions(const char *text, struct semver *v)
{
	char	 w[MAX][48];
	size_t	 n, i;

	n = words(text, w);
	for (i = 0; i < n; i++)
		v[i] = version(w[i]);
	return n;
}

static size_t
marks(const char *text, struct decide_mark *m)
{
	char	 w[MAX][48], *at;
	size_t	 n, i;

	n = words(text, w);
	for (i = 0; i < n; i++) {
		at = strchr(w[i], '@');
		assert_non_null(at);
		*at = '\0';
		m[i].version = version(w[i]);
		m[i].until_s = T0 + strtol(at + 1, NULL, 10);
	}
	return n;
}

static int
number(int value, int otherwise)
{
	return value == 0 ? otherwise : value == ZERO ? 0 : value;
}

static void
ask(const struct row *r, struct decide_result *result)
{
	struct decide_chain	 chain;
	struct decide_input	 in;
	struct decide_service	 s;
	struct decide_mark	 bad[MAX], gone[MAX];
	struct semver		 installed[MAX], approved[MAX], pinned[MAX];
	struct window_span	 spans[MAX];
	int64_t			 switches[MAX];
	char			 w[MAX][48], *end;
	size_t			 i;

	memset(&chain, 0, sizeof(chain));
	memset(&in, 0, sizeof(in));
	memset(&s, 0, sizeof(s));
	in.chain = &chain;
	in.reachable = !r->unreachable;
	in.now_s = T0 + number(r->now, 600);
	in.auto_step = (enum semver_step)number(r->autostep, STEP_MAJOR);
	in.settle_s = number(r->settle, 600);
	in.splay_s = r->splay;
	in.per_day = (uint32_t)number(r->per_day, 2);
	in.seed = (uint64_t)r->seed;
	in.hold = r->hold;
	in.order = r->order ? ORDER_ALL : ORDER_NONE;
	in.pins_only = r->pins_only;
	if (r->pin != NULL) {
		in.has_pin[DECIDE_PROVIDER] = 1;
		in.pin[DECIDE_PROVIDER] = version(r->pin);
	}
	if (r->windows != NULL) {
		in.windowed = 1;
		in.window.span = spans;
		in.window.count = words(r->windows, w);
		for (i = 0; i < in.window.count; i++) {
			spans[i].from_s = T0 + strtol(w[i], &end, 10);
			spans[i].to_s = T0 + strtol(end + 1, NULL, 10);
		}
	}
	in.installed.version = installed;
	in.installed.count = versions(r->installed != NULL ? r->installed :
	    "6.2.4 6.2.5", installed);
	in.approved.version = approved;
	in.approved.count = versions(r->approved, approved);
	in.pinned.version = pinned;
	in.pinned.count = versions(r->pinned, pinned);
	in.bad.mark = bad;
	in.bad.count = marks(r->bad, bad);
	in.unavailable.mark = gone;
	in.unavailable.count = marks(r->gone, gone);
	in.switches = switches;
	in.switch_count = words(r->switches, w);
	for (i = 0; i < in.switch_count; i++)
		switches[i] = in.now_s + strtol(w[i], NULL, 10);
	if (r->current != NULL) {
		in.has_current = 1;
		in.current = version(r->current);
	}
	chain.height = 2000;
	chain.first_height = 1000;
	chain.first_time_s = T0;
	chain.block_time_s = T0 + number(r->age, 600);
	chain.samples = r->no_sample ? 0 : 5;
	/* The other role wants something else altogether. */
	chain.pair[DECIDE_CONSUMER].target = version("1.0.0");
	chain.pair[DECIDE_PROVIDER].target = version(r->target != NULL ?
	    r->target : "6.2.5");
	chain.pair[DECIDE_PROVIDER].min = version(r->min != NULL ? r->min :
	    "6.2.0");
	chain.peak[DECIDE_PROVIDER] = r->peak != NULL ? version(r->peak) :
	    chain.pair[DECIDE_PROVIDER].target;
	s.role = DECIDE_PROVIDER;
	if (r->have != NULL && strcmp(r->have, "none") == 0) {
		if (r->recorded != NULL) {
			s.has_version = 1;
			s.version = version(r->recorded);
		}
	} else {
		s.ran = s.has_version = 1;
		s.version = version(r->have != NULL ? r->have : "6.2.4");
	}
	decide_service(&in, &s, result);
}

static void
table(void **state)
{
	const struct row	*r;
	struct decide_result	 d;
	char			 v[SEMVER_SIZE];
	size_t			 i, wrong = 0;
	int64_t			 next;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = &rows[i];
		ask(r, &d);
		next = r->next == 0 ? 0 : T0 + r->next;
		semver_text(&d.version, v, sizeof(v));
		if (d.action == r->action && d.why == r->why &&
		    d.next_s == next && d.text[0] != '\0' &&
		    (r->version == NULL ||
		    (d.has_version && strcmp(v, r->version) == 0)) &&
		    (r->says == NULL || strstr(d.text, r->says) != NULL) &&
		    (r->unblock == NULL || (r->unblock[0] == '\0' ?
		    d.unblock[0] == '\0' :
		    strstr(d.unblock, r->unblock) != NULL)))
			continue;
		wrong++;
		print_message("%s: %s %s, because %s, next %lld: %s (%s)\n",
		    r->name, decide_action_name(d.action), v,
		    decide_why_name(d.why), d.next_s == 0 ? 0LL :
		    (long long)(d.next_s - T0), d.text, d.unblock);
	}
	assert_true(i >= 100);
	assert_int_equal(wrong, 0);
}

/* Whatever is asked: never below min, never bad, never down by itself. */
static void
sweep(void **state)
{
	static const char *const	 v[] = {
		"6.2.3", "6.2.4", "6.2.5", "6.3.0", "7.0.0"
	};
	struct row			 r;
	struct decide_result		 d;
	struct semver			 a, b;
	int				 t, m, h, k, x;
	char				 bad[48];

	(void)state;
	for (x = 0; x < 5 * 5 * 5 * 5 * 8; x++) {
		t = x % 5;
		m = x / 5 % 5;
		h = x / 25 % 5;
		k = x / 125 % 5;
		if (m > t)
			continue;
		memset(&r, 0, sizeof(r));
		r.target = v[t];
		r.min = v[m];
		r.have = v[h];
		snprintf(bad, sizeof(bad), "%s@9999", v[k]);
		r.bad = bad;
		r.installed = (x / 625) & 1 ? "6.2.3 6.2.4" :
		    "6.2.3 6.2.4 6.2.5 6.3.0 7.0.0";
		r.pins_only = (x / 625 >> 1) & 1;
		if ((x / 625 >> 2) & 1)
			r.have = "none";
		ask(&r, &d);
		if (d.action != SWITCH && d.action != FETCH)
			continue;
		a = version(v[m]);
		assert_true(semver_compare(&d.version, &a) >= 0);
		a = version(v[t]);
		assert_true(semver_compare(&d.version, &a) <= 0);
		b = version(v[k]);
		assert_true(semver_compare(&d.version, &b) != 0);
		a = version(v[h]);
		if (strcmp(r.have, "none") != 0)
			assert_true(semver_compare(&d.version, &a) > 0);
		if (r.pins_only)
			assert_int_equal(d.action, SWITCH);
	}
}

static void
roles(void **state)
{
	struct decide_chain	 chain;
	struct decide_input	 in;
	struct decide_service	 s[5];
	struct decide_result	 d[DECIDE_ROLES];
	struct semver		 installed[2];

	(void)state;
	memset(&chain, 0, sizeof(chain));
	memset(&in, 0, sizeof(in));
	memset(s, 0, sizeof(s));
	chain.samples = 2;
	chain.pair[DECIDE_PROVIDER].target = version("6.2.5");
	chain.pair[DECIDE_PROVIDER].min = version("6.2.4");
	chain.pair[DECIDE_CONSUMER].target = version("6.2.4");
	chain.pair[DECIDE_CONSUMER].min = version("6.2.3");
	installed[0] = version("6.2.3");
	installed[1] = version("6.2.4");
	in.chain = &chain;
	in.reachable = 1;
	in.auto_step = STEP_MAJOR;
	in.per_day = 2;
	in.now_s = T0;
	in.installed.version = installed;
	in.installed.count = 2;

	/* None, and only one that has never run: nothing for the roles. */
	upgrade_decide(&in, s, 0, d);
	assert_int_equal(d[DECIDE_PROVIDER].action, NOTHING);
	assert_int_equal(d[DECIDE_CONSUMER].action, NOTHING);
	s[0].role = DECIDE_PROVIDER;
	upgrade_decide(&in, s, 1, d);
	assert_int_equal(d[DECIDE_PROVIDER].action, NOTHING);

	/* Each role by its own pair, by its service furthest behind. */
	s[1].role = DECIDE_PROVIDER;
	s[1].ran = s[1].has_version = 1;
	s[1].version = version("6.2.5");
	s[2] = s[1];
	s[2].version = version("6.2.3");
	s[3] = s[1];
	s[3].role = DECIDE_CONSUMER;
	s[3].version = version("6.2.4");
	upgrade_decide(&in, s, 4, d);
	assert_int_equal(d[DECIDE_PROVIDER].action, FETCH);
	assert_int_equal(d[DECIDE_PROVIDER].why, WHY_BELOW_MIN);
	assert_int_equal(d[DECIDE_PROVIDER].version.part[2], 5);
	assert_int_equal(d[DECIDE_CONSUMER].action, NOTHING);
	s[4] = s[3];
	s[4].version = version("6.2.3");
	upgrade_decide(&in, s, 5, d);
	assert_int_equal(d[DECIDE_CONSUMER].action, SWITCH);
	assert_int_equal(d[DECIDE_CONSUMER].why, WHY_BEHIND_TARGET);
	assert_int_equal(d[DECIDE_CONSUMER].version.part[2], 4);

	/* A pinned version moves down too, also when one is there. */
	in.has_pin[DECIDE_PROVIDER] = in.has_pin[DECIDE_CONSUMER] = 1;
	in.pin[DECIDE_PROVIDER] = in.pin[DECIDE_CONSUMER] = version("6.2.3");
	upgrade_decide(&in, s, 5, d);
	assert_int_equal(d[DECIDE_PROVIDER].action, SWITCH);
	assert_int_equal(d[DECIDE_PROVIDER].version.part[2], 3);
	assert_int_equal(d[DECIDE_CONSUMER].action, SWITCH);
}

/* `upgrade to` hurries what is pinned, and nothing else. */
static void
order_of_pins(void **state)
{
	struct decide_chain	 chain;
	struct decide_input	 in;
	struct decide_service	 s;
	struct decide_result	 d;

	(void)state;
	memset(&chain, 0, sizeof(chain));
	memset(&in, 0, sizeof(in));
	memset(&s, 0, sizeof(s));
	chain.samples = 1;
	chain.pair[DECIDE_PROVIDER].target = version("6.2.5");
	chain.pair[DECIDE_PROVIDER].min = version("6.2.4");
	chain.first_time_s = chain.block_time_s = in.now_s = T0;
	in.chain = &chain;
	in.reachable = 1;
	in.settle_s = 600;
	in.order = ORDER_PINS;
	in.has_pin[DECIDE_CONSUMER] = 1;
	in.pin[DECIDE_CONSUMER] = version("6.2.3");
	s.ran = s.has_version = 1;
	s.version = version("6.2.4");
	decide_service(&in, &s, &d);
	assert_int_equal(d.action, WAIT);
	assert_int_equal(d.why, WHY_SETTLING);
	assert_int_equal(d.by_operator, 0);
	s.role = DECIDE_CONSUMER;
	in.windowed = 1;
	decide_service(&in, &s, &d);
	assert_int_equal(d.action, FETCH);
	assert_int_equal(d.by_operator, 1);
	in.order = ORDER_NONE;
	decide_service(&in, &s, &d);
	assert_int_equal(d.why, WHY_WINDOW);
}

static void
splay(void **state)
{
	int64_t		 d, low = 300, high = 0;
	uint64_t	 seed;

	(void)state;
	for (seed = 0; seed < 2000; seed++) {
		d = decide_splay(seed, 300);
		assert_true(d >= 0 && d <= 300);
		assert_int_equal(d, decide_splay(seed, 300));
		low = d < low ? d : low;
		high = d > high ? d : high;
	}
	assert_true(low < 5 && high > 295);
	assert_int_equal(decide_splay(12345, 0), 0);
	assert_int_equal(decide_splay(12345, -1), 0);
}

static void
retries(void **state)
{
	static const int64_t	 want[] = {
		60, 120, 240, 480, 960, 1920, 3600, 3600
	};
	unsigned int		 i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(decide_retry(60, i + 1), want[i]);
	assert_int_equal(decide_retry(60, 4000000000U), 3600);
	assert_int_equal(decide_retry(7200, 1), 3600);
	assert_int_equal(decide_retry(1, 3), 4);
}

static void
sample(struct msg_versions *m, uint64_t height, int64_t after,
    const char *target, const char *min)
{
	memset(m, 0, sizeof(*m));
	m->height = height;
	m->block_time_s = T0 + after;
	snprintf(m->provider_target, sizeof(m->provider_target), "%s", target);
	snprintf(m->provider_min, sizeof(m->provider_min), "%s", min);
	snprintf(m->consumer_target, sizeof(m->consumer_target), "%s", target);
	snprintf(m->consumer_min, sizeof(m->consumer_min), "%s", min);
}

/* Several samples that agree, one that does not, and they begin anew. */
static void
settles(void **state)
{
	struct decide_chain	 c;
	struct msg_versions	 m;
	char			 error[DECIDE_BAD_SIZE];

	(void)state;
	memset(&c, 0, sizeof(c));
	sample(&m, 100, 0, "6.2.5", "6.2.0");
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_FIRST);
	sample(&m, 110, 60, "6.2.5", "6.2.0");
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_SAME);
	sample(&m, 120, 120, "6.2.5", "6.2.0");
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_SAME);
	assert_int_equal(c.samples, 3);
	assert_int_equal(c.first_time_s, T0);
	assert_int_equal(c.first_height, 100);
	assert_int_equal(c.block_time_s, T0 + 120);

	sample(&m, 130, 180, "6.2.6", "6.2.0");
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_FIRST);
	sample(&m, 140, 240, "6.2.5", "6.2.0");
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_FIRST);
	assert_int_equal(c.samples, 1);
	assert_int_equal(c.first_time_s, T0 + 240);
	assert_int_equal(c.peak[DECIDE_PROVIDER].part[2], 6);

	/* Only one of the four differs. */
	sample(&m, 150, 300, "6.2.5", "6.2.0");
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_SAME);
	sample(&m, 160, 360, "6.2.5", "6.2.0");
	strlcpy(m.consumer_min, "6.1.9", sizeof(m.consumer_min));
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_FIRST);
	assert_int_equal(c.first_time_s, T0 + 360);
	assert_string_equal(error, "");
}

static void
refuses_old(void **state)
{
	struct decide_chain	 c, before;
	struct msg_versions	 m;
	char			 error[DECIDE_BAD_SIZE];

	(void)state;
	memset(&c, 0, sizeof(c));
	sample(&m, 100, 100, "6.2.5", "6.2.0");
	decide_observe(&c, &m, error);
	before = c;
	sample(&m, 99, 101, "7.0.0", "7.0.0");
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_OLD);
	assert_string_equal(error,
	    "height 99 is older than 100, which was accepted before");
	assert_memory_equal(&c, &before, sizeof(c));
	sample(&m, 101, 99, "7.0.0", "7.0.0");
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_OLD);
	assert_memory_equal(&c, &before, sizeof(c));
	/* The same block again is not older. */
	sample(&m, 100, 100, "6.2.5", "6.2.0");
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_SAME);
	assert_int_equal(c.samples, 2);
}

static void
refuses_bad(void **state)
{
	static const struct {
		const char	*target, *min, *says;
	} bad[] = {
		{ "", "6.2.0", "provider_target \"\" is no version" },
		{ "v6.2.5", "6.2.0",
		    "provider_target \"v6.2.5\" is no version" },
		{ "6.2.5", "6.2", "provider_min \"6.2\" is no version" },
		{ "6.2.5", "6.2.6", "provider_min 6.2.6 is above "
		    "provider_target 6.2.5" },
		{ "6.2.5-rc1", "6.2.5",
		    "provider_target \"6.2.5-rc1\" is no version" },
		{ "99999.0.0", "6.2.5",
		    "provider_target \"99999.0.0\" is no version" },
		{ "5.10.0", "5.10.1", "provider_min 5.10.1 is above "
		    "provider_target 5.10.0" }
	};
	struct decide_chain	 c;
	struct decide_input	 in;
	struct decide_service	 s;
	struct decide_result	 d;
	struct msg_versions	 m;
	char			 error[DECIDE_BAD_SIZE];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&c, 0, sizeof(c));
		sample(&m, 100, 0, "6.2.5", "6.2.0");
		decide_observe(&c, &m, error);
		sample(&m, 110, 60, bad[i].target, bad[i].min);
		assert_int_equal(decide_observe(&c, &m, error), OBSERVED_BAD);
		assert_string_equal(error, bad[i].says);
		assert_int_equal(c.samples, 0);

		/* Nothing is decided, and the field is named. */
		memset(&in, 0, sizeof(in));
		memset(&s, 0, sizeof(s));
		in.chain = &c;
		in.reachable = 1;
		in.auto_step = STEP_MAJOR;
		in.per_day = 2;
		in.now_s = T0 + 9999;
		s.ran = s.has_version = 1;
		s.version = version("6.2.4");
		decide_service(&in, &s, &d);
		assert_int_equal(d.action, NOTHING);
		assert_int_equal(d.why, WHY_UNREACHABLE);
		assert_non_null(strstr(d.text, bad[i].says));

		/* The next good one settles anew. */
		sample(&m, 120, 900, "6.2.5", "6.2.0");
		assert_int_equal(decide_observe(&c, &m, error),
		    OBSERVED_FIRST);
		assert_int_equal(c.first_time_s, T0 + 900);
		assert_string_equal(c.bad, "");
	}
	/* The consumer's pair is looked at as well. */
	memset(&c, 0, sizeof(c));
	sample(&m, 100, 0, "6.2.5", "6.2.0");
	strlcpy(m.consumer_min, "6.3.0", sizeof(m.consumer_min));
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_BAD);
	assert_string_equal(error,
	    "consumer_min 6.3.0 is above consumer_target 6.2.5");
}

static void
pairs_differ(void **state)
{
	struct decide_chain	 c;
	struct msg_versions	 m;
	char			 error[DECIDE_BAD_SIZE];

	(void)state;
	memset(&c, 0, sizeof(c));
	sample(&m, 100, 0, "6.2.5", "6.2.0");
	strlcpy(m.consumer_target, "5.9.0", sizeof(m.consumer_target));
	strlcpy(m.consumer_min, "5.8.7", sizeof(m.consumer_min));
	assert_int_equal(decide_observe(&c, &m, error), OBSERVED_FIRST);
	assert_int_equal(c.pair[DECIDE_PROVIDER].target.part[0], 6);
	assert_int_equal(c.pair[DECIDE_CONSUMER].target.part[1], 9);
	assert_int_equal(c.pair[DECIDE_CONSUMER].min.part[2], 7);
	assert_int_equal(c.peak[DECIDE_CONSUMER].part[0], 5);
}

static void
names(void **state)
{
	int	 i;

	(void)state;
	for (i = 0; i < DECIDE_WHYS; i++)
		assert_non_null(decide_why_name((enum decide_why)i));
	assert_string_equal(decide_why_name(WHY_UP_TO_DATE), "up-to-date");
	assert_string_equal(decide_why_name(WHY_NO_RELEASE), "no-release");
	assert_string_equal(decide_why_name(WHY_UNREACHABLE), "unreachable");
	assert_string_equal(decide_why_name((enum decide_why)OTHER),
	    "unknown");
	assert_string_equal(decide_action_name(DECIDE_SWITCH), "switch");
	assert_string_equal(decide_role_name(DECIDE_CONSUMER), "consumer");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(sweep),
		cmocka_unit_test(roles),
		cmocka_unit_test(order_of_pins),
		cmocka_unit_test(splay),
		cmocka_unit_test(retries),
		cmocka_unit_test(settles),
		cmocka_unit_test(refuses_old),
		cmocka_unit_test(refuses_bad),
		cmocka_unit_test(pairs_differ),
		cmocka_unit_test(names)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
