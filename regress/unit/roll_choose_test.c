/*
 * Which service a roll moves next.  A service is written as one word:
 *
 *	.	unmoved		?	unmoved, may still become ready
 *	m	moving		s	soaking		d	moved, done
 *	<	going back	b	back
 *
 * with c behind it for a canary and v for one that has a vote.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisord/roll_order.h"

#define MOST	8
#define NOW	100000

static size_t	parse(const char *, struct roll_fact *);
static void	test_back(void **);
static void	test_next(void **);
static void	test_whole_rolls(void **);
static int	whole_roll(uint32_t, uint32_t, uint32_t);

static const struct {
	const char	*services;
	uint32_t	 max, pause;
	int64_t		 ready;		/* so many ms ago, -1 never */
	enum roll_next	 next;
	size_t		 index;
	int64_t		 wait;
} next_rows[] = {
	{ "", 1, 0, -1, ROLL_NEXT_NONE, 0, 0 },
	{ ".", 1, 0, -1, ROLL_NEXT_MOVE, 0, 0 },
	{ ". .", 0, 0, -1, ROLL_NEXT_MOVE, 0, 0 },
	/* A canary goes first, wherever it stands; two in their order. */
	{ ". . .c", 1, 0, -1, ROLL_NEXT_MOVE, 2, 0 },
	{ ". .c .c", 3, 0, -1, ROLL_NEXT_MOVE, 1, 0 },
	/* It is soaked in full, also if more could be moved. */
	{ ". . mcv", 3, 0, -1, ROLL_NEXT_WAIT, 0, 0 },
	{ ". . scv", 3, 0, 0, ROLL_NEXT_WAIT, 0, 0 },
	{ ". . dcv", 3, 0, 0, ROLL_NEXT_MOVE, 0, 0 },
	{ ". .c dcv", 3, 0, 0, ROLL_NEXT_MOVE, 1, 0 },
	{ ". scv dcv", 3, 0, 0, ROLL_NEXT_WAIT, 0, 0 },
	/* One that was not ready before holds nothing up. */
	{ ". . sc", 3, 0, -1, ROLL_NEXT_MOVE, 0, 0 },
	{ ". . dc", 3, 0, -1, ROLL_NEXT_MOVE, 0, 0 },
	{ "d . .", 3, 0, -1, ROLL_NEXT_MOVE, 1, 0 },
	/* Without a canary the first that has a vote is one. */
	{ "mv . .", 3, 0, -1, ROLL_NEXT_WAIT, 0, 0 },
	{ "sv . .", 3, 0, 0, ROLL_NEXT_WAIT, 0, 0 },
	{ "dv . .", 3, 0, 0, ROLL_NEXT_MOVE, 1, 0 },
	{ "d sv .", 3, 0, 0, ROLL_NEXT_WAIT, 0, 0 },
	{ "dc sv .", 3, 0, 0, ROLL_NEXT_WAIT, 0, 0 },
	/* The others overlap, as many as may be down at once. */
	{ "dv mv . .", 1, 0, 0, ROLL_NEXT_WAIT, 0, 0 },
	{ "dv mv . .", 2, 0, 0, ROLL_NEXT_MOVE, 2, 0 },
	{ "dv mv mv .", 2, 0, 0, ROLL_NEXT_WAIT, 0, 0 },
	{ "dv sv . .", 1, 0, 0, ROLL_NEXT_MOVE, 2, 0 },
	{ "dv sv sv .", 1, 0, 0, ROLL_NEXT_MOVE, 3, 0 },
	{ "m . .", 1, 0, -1, ROLL_NEXT_WAIT, 0, 0 },
	/* A pause after each that became ready, and no longer. */
	{ "dv sv .", 1, 5000, 0, ROLL_NEXT_PAUSE, 0, 5000 },
	{ "dv sv .", 1, 5000, 4999, ROLL_NEXT_PAUSE, 0, 1 },
	{ "dv sv .", 1, 5000, 5000, ROLL_NEXT_MOVE, 2, 0 },
	{ "dv sv .", 1, 5000, -10, ROLL_NEXT_PAUSE, 0, 5000 },
	{ ". .", 1, 5000, -1, ROLL_NEXT_MOVE, 0, 0 },
	{ "dv sv sv", 1, 5000, 0, ROLL_NEXT_NONE, 0, 0 },
	/* Whether it has a vote is known once it had its time; last. */
	{ "?", 1, 0, -1, ROLL_NEXT_LOOK, 0, 0 },
	{ "? .", 1, 0, -1, ROLL_NEXT_MOVE, 1, 0 },
	{ "? ?", 1, 0, -1, ROLL_NEXT_LOOK, 0, 0 },
	{ "dv ? ? .", 1, 0, 0, ROLL_NEXT_MOVE, 3, 0 },
	{ "?c .", 1, 0, -1, ROLL_NEXT_LOOK, 0, 0 },
	{ "dv ?", 1, 0, 0, ROLL_NEXT_LOOK, 1, 0 },
	{ "mv ?", 1, 0, -1, ROLL_NEXT_WAIT, 0, 0 },
	/* All have moved once none is on its way; probations may run. */
	{ "dv mv", 1, 0, 0, ROLL_NEXT_WAIT, 0, 0 },
	{ "dv sv", 1, 0, 0, ROLL_NEXT_NONE, 0, 0 },
	{ "scv", 1, 0, 0, ROLL_NEXT_NONE, 0, 0 }
};

static const struct {
	const char	*services;
	enum roll_next	 next;
	size_t		 index;
} back_rows[] = {
	{ "", ROLL_NEXT_NONE, 0 },
	{ ". .", ROLL_NEXT_NONE, 0 },
	{ "d .", ROLL_NEXT_MOVE, 0 },
	{ "d m s", ROLL_NEXT_MOVE, 1 },
	{ "d s m m", ROLL_NEXT_MOVE, 2 },
	{ "d s s", ROLL_NEXT_MOVE, 1 },
	{ "s m d", ROLL_NEXT_MOVE, 1 },
	{ "d < m", ROLL_NEXT_WAIT, 0 },
	{ "b s", ROLL_NEXT_MOVE, 1 },
	{ "b b .", ROLL_NEXT_NONE, 0 }
};

static size_t
parse(const char *text, struct roll_fact *f)
{
	static const char	 places[] = ".?msd<b";
	char			 copy[128], *p = copy, *word;
	size_t			 n = 0;

	strlcpy(copy, text, sizeof(copy));
	while ((word = strsep(&p, " ")) != NULL) {
		if (word[0] == '\0')
			continue;
		assert_true(n < MOST);
		assert_non_null(strchr(places, word[0]));
		f[n].place = (enum roll_place)(strchr(places, word[0]) -
		    places);
		f[n].canary = strchr(word, 'c') != NULL;
		f[n++].votes = strchr(word, 'v') != NULL;
	}
	return n;
}

static void
test_next(void **state)
{
	struct roll_fact	 f[MOST];
	struct roll_rules	 rules;
	struct roll_answer	 a;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof(next_rows) / sizeof(next_rows[0]); i++) {
		n = parse(next_rows[i].services, f);
		rules.max_unavailable = next_rows[i].max;
		rules.pause_ms = next_rows[i].pause;
		rules.ready_ms = next_rows[i].ready == -1 ? 0 :
		    NOW - next_rows[i].ready;
		roll_order_next(f, n, &rules, NOW, &a);
		if (a.next != next_rows[i].next ||
		    a.wait_ms != next_rows[i].wait ||
		    ((a.next == ROLL_NEXT_MOVE || a.next == ROLL_NEXT_LOOK) &&
		    a.index != next_rows[i].index))
			fail_msg("row %zu, \"%s\": %d, service %zu, %lld ms",
			    i, next_rows[i].services, (int)a.next, a.index,
			    (long long)a.wait_ms);
	}
}

static void
test_back(void **state)
{
	struct roll_fact	 f[MOST];
	struct roll_answer	 a;
	size_t			 i, n;

	(void)state;
	for (i = 0; i < sizeof(back_rows) / sizeof(back_rows[0]); i++) {
		n = parse(back_rows[i].services, f);
		roll_order_back(f, n, &a);
		if (a.next != back_rows[i].next ||
		    (a.next == ROLL_NEXT_MOVE &&
		    a.index != back_rows[i].index))
			fail_msg("row %zu, \"%s\": %d, service %zu", i,
			    back_rows[i].services, (int)a.next, a.index);
	}
}

/*
 * Rolls five services, those of the bits `canaries` being some, those of
 * `mute` without a vote; what was moved first goes on first.  Each step keeps
 * what must hold; returns how many steps it took.
 */
static int
whole_roll(uint32_t max, uint32_t canaries, uint32_t mute)
{
	struct roll_fact	 f[5];
	struct roll_rules	 rules = { max, 0, 0 };
	struct roll_answer	 a;
	size_t			 order[5], moved = 0, i, k;
	int			 steps;

	for (i = 0; i < 5; i++) {
		f[i].place = ROLL_UNMOVED;
		f[i].canary = (canaries & (1U << i)) != 0;
		f[i].votes = 0;
	}
	for (steps = 0; steps < 100; steps++) {
		size_t	 moving = 0;

		for (i = 0; i < 5; i++)
			moving += f[i].place == ROLL_MOVING;
		assert_true(moving <= max);
		roll_order_next(f, 5, &rules, NOW, &a);
		if (a.next == ROLL_NEXT_NONE)
			break;
		if (a.next == ROLL_NEXT_MOVE) {
			i = a.index;
			assert_int_equal(f[i].place, ROLL_UNMOVED);
			/* No canary waits, and none soaks, for another. */
			for (k = 0; k < 5; k++) {
				if (f[k].canary && !f[i].canary)
					assert_int_equal(f[k].place,
					    ROLL_MOVED);
				if (f[k].canary && f[k].place != ROLL_UNMOVED)
					assert_int_equal(f[k].place,
					    ROLL_MOVED);
			}
			f[i].votes = (mute & (1U << i)) == 0;
			f[i].place = f[i].votes ? ROLL_MOVING : ROLL_MOVED;
			order[moved++] = i;
			continue;
		}
		assert_int_equal(a.next, ROLL_NEXT_WAIT);
		for (k = 0; k < moved; k++)
			if (f[order[k]].place == ROLL_MOVING ||
			    f[order[k]].place == ROLL_SOAKING)
				break;
		/* It never waits for nothing. */
		assert_true(k < moved);
		f[order[k]].place = f[order[k]].place == ROLL_MOVING ?
		    ROLL_SOAKING : ROLL_MOVED;
	}
	assert_int_equal(moved, 5);
	return steps;
}

static void
test_whole_rolls(void **state)
{
	uint32_t	 max, canaries, mute;

	(void)state;
	for (max = 1; max <= 6; max++)
		for (canaries = 0; canaries < 32; canaries++)
			for (mute = 0; mute < 32; mute++)
				assert_true(whole_roll(max, canaries, mute) <
				    100);
	/* More at once is never slower. */
	assert_true(whole_roll(2, 0, 0) <= whole_roll(1, 0, 0));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_whole_rolls)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
