#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/message.h"
#include "lavavisord/chain_height.h"
#include "lavavisord/monitor/quorum.h"

#define SAMPLES_MAX	6
#define NOW		1800000000

/*
 * A sample is "GROUP VALUE HEIGHT", e.g. "1b103": group 1 says value b at
 * height 103.  Capital letters are another chain.
 */
static const struct quorum_row {
	const char	*samples[SAMPLES_MAX];
	uint32_t	 quorum;
	enum agreement	 state;
	uint32_t	 voting, agree;
	const char	*found;		/* value and height with YES */
} quorum_rows[] = {
	{ { NULL }, 1, AGREEMENT_UNKNOWN, 0, 0, NULL },
	{ { "0a100" }, 1, AGREEMENT_YES, 1, 1, "a100" },
	{ { "0a100" }, 2, AGREEMENT_FEW, 1, 1, NULL },

	/* Two of three; the height is one that two vouch for. */
	{ { "0a100", "1a103" }, 2, AGREEMENT_YES, 2, 2, "a100" },
	{ { "0a100", "1a103", "2a104" }, 2, AGREEMENT_YES, 3, 3, "a103" },
	{ { "2a104", "1a103", "0a100" }, 3, AGREEMENT_YES, 3, 3, "a100" },
	{ { "0a100", "1a103", "2b105" }, 2, AGREEMENT_YES, 3, 2, "a100" },
	{ { "2b105", "0a100", "1a103" }, 2, AGREEMENT_YES, 3, 2, "a100" },

	/* A third that lies high cannot lift what two vouch for. */
	{ { "0a100", "1a103", "2a110" }, 2, AGREEMENT_YES, 3, 3, "a103" },
	{ { "0a100", "1a100", "2a9999999" }, 2, AGREEMENT_YES, 3, 2, "a100" },
	{ { "2a4611686018427387904", "0a100", "1a100" }, 2, AGREEMENT_YES,
	    3, 2, "a100" },
	/* One that lags does not hold the others back. */
	{ { "0a100", "1a100", "2a20" }, 2, AGREEMENT_YES, 3, 2, "a100" },
	{ { "0a100", "1a100", "2b20" }, 2, AGREEMENT_YES, 3, 2, "a100" },

	/* The window */
	{ { "0a100", "1a110" }, 2, AGREEMENT_YES, 2, 2, "a100" },
	{ { "0a100", "1a111" }, 2, AGREEMENT_SPLIT, 2, 1, NULL },
	/* A ladder: each close to the next, the ends far apart */
	{ { "0a100", "1a108", "2a116" }, 3, AGREEMENT_YES, 3, 3, "a100" },
	{ { "0a100", "1a109", "2a118", "3a127" }, 4, AGREEMENT_SPLIT, 4, 3,
	    NULL },

	/* None has enough */
	{ { "0a100", "1b100" }, 2, AGREEMENT_SPLIT, 2, 1, NULL },
	{ { "0a100", "1b100", "2c100" }, 2, AGREEMENT_SPLIT, 3, 1, NULL },
	{ { "0a100", "1A100" }, 2, AGREEMENT_SPLIT, 2, 1, NULL },
	{ { "0a100", "1a100", "2b100" }, 3, AGREEMENT_SPLIT, 3, 2, NULL },

	/* Two liars of three win a quorum of two, not one of three. */
	{ { "0a100", "1b100", "2b100" }, 2, AGREEMENT_YES, 3, 2, "b100" },
	{ { "0a100", "1b100", "2b100" }, 3, AGREEMENT_SPLIT, 3, 2, NULL },
	/* Of five they do not. */
	{ { "0b100", "1b100", "2a99", "3a100", "4a101" }, 3, AGREEMENT_YES, 5,
	    3, "a99" },
	{ { "0b100", "1b100", "2a99", "3a100" }, 3, AGREEMENT_SPLIT, 4, 2,
	    NULL },

	/* One operator, one vote, however many nodes. */
	{ { "0b100", "0b100", "0b100", "1a100", "2a100" }, 2, AGREEMENT_YES, 3,
	    2, "a100" },
	{ { "0b100", "0b101", "0b102" }, 2, AGREEMENT_FEW, 1, 1, NULL },
	{ { "0a100", "0a105", "1a103" }, 2, AGREEMENT_YES, 2, 2, "a103" },
	/* It may say two things, and has one vote for each. */
	{ { "0a100", "0b100", "1a100", "2a100" }, 2, AGREEMENT_YES, 3, 3,
	    "a100" },

	/* A quorum for each of two settles nothing. */
	{ { "0a100", "1b100" }, 1, AGREEMENT_CONFLICT, 2, 1, NULL },
	{ { "0a100", "1b105" }, 1, AGREEMENT_CONFLICT, 2, 1, NULL },
	{ { "0a100", "1b9999" }, 1, AGREEMENT_CONFLICT, 2, 1, NULL },
	{ { "0a100", "1A100" }, 1, AGREEMENT_CONFLICT, 2, 1, NULL },
	{ { "0a100", "1a100", "2b100", "3b100" }, 2, AGREEMENT_CONFLICT, 4, 2,
	    NULL },
	/* A quorum of one: the highest of those that say the same */
	{ { "0a100", "1a105", "2a120" }, 1, AGREEMENT_YES, 3, 1, "a120" },
};

static void
sample_read(const char *text, struct sample *s)
{
	const char	*value = text + 1;

	memset(s, 0, sizeof(*s));
	s->vote = 1;
	s->group = (uint32_t)(*text - '0');
	s->height = strtoll(text + 2, NULL, 10);
	s->time_s = s->height / 2;
	strlcpy(s->network, *value < 'a' ? "other" : "lava",
	    sizeof(s->network));
	s->versions.consumer_min[0] = (char)(*value | 0x20);
}

static void
test_quorum(void **state)
{
	const struct quorum_row	*row;
	struct sample		 s[SAMPLES_MAX + 1];
	struct tally		 t;
	char			 found[64];
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof(quorum_rows) / sizeof(quorum_rows[0]); i++) {
		row = &quorum_rows[i];
		for (n = 0; n < SAMPLES_MAX && row->samples[n] != NULL; n++)
			sample_read(row->samples[n], &s[n]);
		/* One that says nothing changes nothing. */
		sample_read("9z5", &s[n]);
		s[n].vote = 0;
		quorum_count(s, n + 1, row->quorum, &t);
		if (t.state != row->state || t.voting != row->voting ||
		    t.agree != row->agree)
			fail_msg("row %zu: %s, %u vote, %u agree", i,
			    agreement_name(t.state), t.voting, t.agree);
		if (row->found == NULL)
			continue;
		snprintf(found, sizeof(found), "%c%lld",
		    t.found.versions.consumer_min[0],
		    (long long)t.found.height);
		if (strcmp(found, row->found) != 0)
			fail_msg("row %zu: %s", i, found);
		assert_int_equal(t.found.time_s, t.found.height / 2);
	}
}

/* The ages that nodes show; group is the position, HIDDEN says nothing. */
#define HIDDEN	INT64_MIN

static const struct clock_row {
	int64_t		 age[4];
	uint32_t	 quorum;
	enum agreement	 state;
	int64_t		 off_s;
} clock_rows[] = {
	{ { HIDDEN, HIDDEN, HIDDEN, HIDDEN }, 1, AGREEMENT_UNKNOWN, 0 },
	{ { 5, 7, 9, HIDDEN }, 2, AGREEMENT_UNKNOWN, 0 },
	{ { -31, HIDDEN, HIDDEN, HIDDEN }, 1, AGREEMENT_CLOCK_SLOW, 31 },
	{ { -30, HIDDEN, HIDDEN, HIDDEN }, 1, AGREEMENT_UNKNOWN, 0 },
	{ { -3600, -3590, -3605, HIDDEN }, 2, AGREEMENT_CLOCK_SLOW, 3590 },
	{ { -3600, HIDDEN, HIDDEN, HIDDEN }, 2, AGREEMENT_UNKNOWN, 0 },
	{ { -3600, 5, HIDDEN, HIDDEN }, 1, AGREEMENT_UNKNOWN, 0 },
	{ { -3600, -3600, 5, HIDDEN }, 2, AGREEMENT_UNKNOWN, 0 },
	{ { -3600, -3600, 5000, HIDDEN }, 2, AGREEMENT_UNKNOWN, 0 },
	{ { 601, 700, HIDDEN, HIDDEN }, 2, AGREEMENT_ALL_OLD, 601 },
	{ { 600, 700, HIDDEN, HIDDEN }, 2, AGREEMENT_UNKNOWN, 0 },
};

static void
test_clock(void **state)
{
	const struct clock_row	*row;
	struct clock_view	 v[4];
	enum agreement		 got;
	int64_t			 off;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof(clock_rows) / sizeof(clock_rows[0]); i++) {
		row = &clock_rows[i];
		for (n = 0; n < 4; n++) {
			v[n].known = row->age[n] != HIDDEN;
			v[n].group = (uint32_t)n;
			v[n].age_s = row->age[n];
		}
		got = quorum_clock(v, 4, row->quorum, 600, &off);
		if (got != row->state || off != row->off_s)
			fail_msg("row %zu: %s %lld", i, agreement_name(got),
			    (long long)off);
	}
	/* All of one operator's nodes are one vote. */
	for (n = 0; n < 4; n++) {
		v[n].known = 1;
		v[n].group = 3;
		v[n].age_s = -100;
	}
	assert_int_equal(quorum_clock(v, 4, 2, 600, &off), AGREEMENT_UNKNOWN);
	assert_int_equal(quorum_clock(v, 4, 1, 600, &off),
	    AGREEMENT_CLOCK_SLOW);
}

static const struct limit_row {
	uint64_t	 height;
	int64_t		 time_s;	/* before NOW */
	uint64_t	 limit;
} limit_rows[] = {
	/* Nothing known: what a chain since 2019 could have */
	{ 0, 0, 100 + (NOW - HEIGHT_ORIGIN_S + 30) * UINT64_C(10) },
	{ 0, NOW, 100 + (NOW - HEIGHT_ORIGIN_S + 30) * UINT64_C(10) },
	{ 1000, 0, 1000 + 100 + 300 },
	{ 1000, 60, 1000 + 100 + 900 },
	{ 1000, 86400, 1000 + 100 + 864300 },
	/* Known is in our future: our clock went back. */
	{ 1000, -30, 1000 + 100 },
	{ 1000, -86400, 1000 + 100 },
	/* A block time before all blocks is none. */
	{ 1000, NOW, 1100 + (NOW - HEIGHT_ORIGIN_S + 30) * UINT64_C(10) },
	{ UINT64_MAX - 5, 0, UINT64_MAX },
};

static void
test_limit(void **state)
{
	struct chain_height	 known;
	uint64_t		 limit;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(limit_rows) / sizeof(limit_rows[0]); i++) {
		known.height = limit_rows[i].height;
		known.time_s = NOW - limit_rows[i].time_s;
		limit = height_limit(&known, NOW);
		if (limit != limit_rows[i].limit)
			fail_msg("row %zu: %llu", i, (unsigned long long)limit);
	}
	/* A clock before 2019 */
	known.height = 0;
	assert_int_equal(height_limit(&known, 0), HEIGHT_SLACK);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_quorum),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_limit)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
