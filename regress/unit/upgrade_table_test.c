#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "lavavisord/upgrade_table.h"

static enum upgrade_state	 step(enum upgrade_state, enum upgrade_event,
				    enum upgrade_action);
static int	 preparing(int);
static void	 reach(int, int (*)(int), int *);
static int	 any_event(int);
static int	 no_failure(int);
static void	 every_cell_is_defined(void **);
static void	 every_state_is_reachable(void **);
static void	 an_end_is_reachable_after_any_failure(void **);
static void	 a_rollback_goes_to_its_end(void **);
static void	 nothing_moves_before_the_probe(void **);
static void	 names_are_there(void **);
static void	 stories(void **);

static enum upgrade_state
step(enum upgrade_state s, enum upgrade_event e, enum upgrade_action want)
{
	enum upgrade_action	 action;
	enum upgrade_state	 next;

	next = upgrade_step(s, e, &action, NULL);
	if (action != want)
		fail_msg("%s in %s: %s, not %s", upgrade_event_name(e),
		    upgrade_state_name(s), upgrade_action_name(action),
		    upgrade_action_name(want));
	return next;
}

static int
preparing(int s)
{
	return s >= UPGRADE_FETCHING && s <= UPGRADE_ASKING;
}

static int
any_event(int e)
{
	(void)e;
	return 1;
}

/* What happens when everything goes well from here. */
static int
no_failure(int e)
{
	switch (e) {
	case EV_FETCHED:
	case EV_VERIFIED:
	case EV_INSTALLED:
	case EV_PROBE_OK:
	case EV_HOOK_OK:
	case EV_SERVICE_READY:
	case EV_PART_OVER:
	case EV_ALL_MOVED:
	case EV_PROBATION_OVER:
	case EV_ALL_BACK:
	case EV_COMMITTED:
	case EV_RETRY:
	case EV_RESUME:
		return 1;
	default:
		return 0;
	}
}

/* Marks in seen[] what can be reached from `from` by events that pass. */
static void
reach(int from, int (*pass)(int), int *seen)
{
	enum upgrade_action	 action;
	int			 e, next;

	if (seen[from])
		return;
	seen[from] = 1;
	for (e = 0; e < UPGRADE_EVENTS; e++) {
		if (!pass(e))
			continue;
		next = upgrade_step((enum upgrade_state)from,
		    (enum upgrade_event)e, &action, NULL);
		reach(next, pass, seen);
	}
}

static void
every_cell_is_defined(void **state)
{
	const struct upgrade_cell	*c;
	const char			*because;
	enum upgrade_action		 action;
	enum upgrade_state		 next;
	int				 s, e;

	(void)state;
	for (s = 0; s < UPGRADE_STATES; s++)
		for (e = 0; e < UPGRADE_EVENTS; e++) {
			c = upgrade_cell((enum upgrade_state)s,
			    (enum upgrade_event)e);
			next = upgrade_step((enum upgrade_state)s,
			    (enum upgrade_event)e, &action, &because);
			assert_true((int)action < UPGRADE_ACTIONS);
			assert_true((int)next < UPGRADE_STATES);
			switch (c->handling) {
			case CELL_UNDEFINED:
				fail_msg("%s in %s has no cell",
				    upgrade_event_name((enum upgrade_event)e),
				    upgrade_state_name((enum upgrade_state)s));
				break;
			case CELL_DO:
				assert_null(because);
				assert_int_not_equal(action, ACT_QUEUE);
				assert_int_not_equal(action, ACT_REFUSE);
				break;
			case CELL_IGNORE:
				assert_int_equal(action, ACT_NONE);
				break;
			case CELL_QUEUE:
				assert_int_equal(action, ACT_QUEUE);
				break;
			case CELL_REFUSE:
				assert_int_equal(action, ACT_REFUSE);
				break;
			}
			if (c->handling == CELL_DO)
				continue;
			assert_int_equal(next, s);
			assert_non_null(because);
			assert_true(strlen(because) > 5);
		}
}

static void
every_state_is_reachable(void **state)
{
	int	 seen[UPGRADE_STATES] = { 0 }, s;

	(void)state;
	reach(UPGRADE_IDLE, any_event, seen);
	for (s = 0; s < UPGRADE_STATES; s++)
		assert_true(seen[s]);
}

static void
an_end_is_reachable_after_any_failure(void **state)
{
	enum upgrade_action	 action;
	int			 seen[UPGRADE_STATES], s, e, next;

	(void)state;
	for (s = 0; s < UPGRADE_STATES; s++)
		for (e = 0; e < UPGRADE_EVENTS; e++) {
			next = upgrade_step((enum upgrade_state)s,
			    (enum upgrade_event)e, &action, NULL);
			memset(seen, 0, sizeof(seen));
			reach(next, no_failure, seen);
			if (!seen[UPGRADE_IDLE])
				fail_msg("%s in %s: no way to the end",
				    upgrade_event_name((enum upgrade_event)e),
				    upgrade_state_name((enum upgrade_state)s));
		}
}

static void
a_rollback_goes_to_its_end(void **state)
{
	enum upgrade_action	 action;
	enum upgrade_state	 next;
	int			 s, e;

	(void)state;
	for (e = 0; e < UPGRADE_EVENTS; e++) {
		next = upgrade_step(UPGRADE_ROLLING_BACK,
		    (enum upgrade_event)e, &action, NULL);
		if (e == EV_ALL_BACK) {
			assert_int_equal(next, UPGRADE_IDLE);
			assert_int_equal(action, ACT_FINISH_BACK);
		} else
			assert_int_equal(next, UPGRADE_ROLLING_BACK);
	}
	/* Once a service has moved there are two ends only. */
	for (s = UPGRADE_ROLLING; s < UPGRADE_STATES; s++)
		for (e = 0; e < UPGRADE_EVENTS; e++) {
			next = upgrade_step((enum upgrade_state)s,
			    (enum upgrade_event)e, &action, NULL);
			assert_false(preparing((int)next));
			if (next == UPGRADE_IDLE)
				assert_true(action == ACT_FINISH ||
				    action == ACT_FINISH_BACK);
			/* Entering a rollback marks and begins it, once. */
			if (next == UPGRADE_ROLLING_BACK &&
			    s != UPGRADE_ROLLING_BACK)
				assert_int_equal(action, ACT_ROLL_BACK);
			if (s == UPGRADE_ROLLING_BACK)
				assert_int_not_equal(action, ACT_ROLL_BACK);
		}
}

static void
nothing_moves_before_the_probe(void **state)
{
	enum upgrade_action	 action;
	enum upgrade_state	 next;
	int			 s, e;

	(void)state;
	for (s = 0; s <= UPGRADE_ASKING; s++)
		for (e = 0; e < UPGRADE_EVENTS; e++) {
			next = upgrade_step((enum upgrade_state)s,
			    (enum upgrade_event)e, &action, NULL);
			if (s == UPGRADE_ASKING && e == EV_HOOK_OK) {
				assert_int_equal(next, UPGRADE_ROLLING);
				continue;
			}
			assert_true(next <= UPGRADE_ASKING);
			assert_int_not_equal(action, ACT_ROLL_NEXT);
			assert_int_not_equal(action, ACT_COMMIT);
			assert_int_not_equal(action, ACT_ROLL_BACK);
		}
	/* No step of the preparation can be skipped by a network's answer. */
	for (s = 0; s < UPGRADE_STATES; s++) {
		if (s != UPGRADE_FETCHING)
			assert_int_equal(step((enum upgrade_state)s,
			    EV_FETCHED, ACT_NONE), s);
		if (s != UPGRADE_VERIFYING)
			assert_int_equal(step((enum upgrade_state)s,
			    EV_VERIFIED, ACT_NONE), s);
		if (s != UPGRADE_INSTALLING)
			assert_int_equal(step((enum upgrade_state)s,
			    EV_INSTALLED, ACT_NONE), s);
		if (s != UPGRADE_ASKING)
			assert_int_equal(step((enum upgrade_state)s,
			    EV_HOOK_OK, ACT_NONE), s);
	}
}

static void
names_are_there(void **state)
{
	int	 i, k;

	(void)state;
	for (i = 0; i < UPGRADE_STATES; i++) {
		assert_non_null(upgrade_state_name((enum upgrade_state)i));
		for (k = 0; k < i; k++)
			assert_string_not_equal(
			    upgrade_state_name((enum upgrade_state)i),
			    upgrade_state_name((enum upgrade_state)k));
	}
	for (i = 0; i < UPGRADE_EVENTS; i++)
		assert_non_null(upgrade_event_name((enum upgrade_event)i));
	for (i = 0; i < UPGRADE_ACTIONS; i++)
		assert_non_null(upgrade_action_name((enum upgrade_action)i));
	assert_string_equal(upgrade_state_name(UPGRADE_ROLLING_BACK),
	    "rolling-back");
	assert_string_equal(upgrade_event_name(EV_PARENT_START),
	    "parent-start");
	assert_string_equal(upgrade_action_name(ACT_REFUSE), "refuse");
	assert_string_equal(upgrade_state_name((enum upgrade_state)99),
	    "unknown");
}

static void
stories(void **state)
{
	enum upgrade_state	 s;

	(void)state;
	/* A good one, with a disk that is full for a while. */
	s = step(UPGRADE_IDLE, EV_DECISION, ACT_FETCH);
	s = step(s, EV_ROOM_DEATH, ACT_FETCH);
	s = step(s, EV_FETCHED, ACT_VERIFY);
	s = step(s, EV_VERIFIED, ACT_INSTALL);
	s = step(s, EV_INSTALLED, ACT_PROBE);
	s = step(s, EV_PROBE_OK, ACT_ASK);
	s = step(s, EV_HOOK_OK, ACT_ROLL_NEXT);
	s = step(s, EV_SERVICE_READY, ACT_ROLL_NEXT);
	s = step(s, EV_CRASH_UNMOVED, ACT_NONE);
	s = step(s, EV_PART_OVER, ACT_ROLL_NEXT);
	s = step(s, EV_NEWER_TARGET, ACT_QUEUE);
	s = step(s, EV_RELOAD, ACT_QUEUE);
	s = step(s, EV_ALL_MOVED, ACT_PROBATION);
	s = step(s, EV_PROBATION_OVER, ACT_COMMIT);
	s = step(s, EV_COMMIT_FAILED, ACT_RETRY_LATER);
	s = step(s, EV_RETRY, ACT_COMMIT);
	s = step(s, EV_COMMITTED, ACT_FINISH);
	assert_int_equal(s, UPGRADE_IDLE);

	/* One that dies in its probation, and a parent that dies then. */
	s = step(UPGRADE_IDLE, EV_DECISION_INSTALLED, ACT_PROBE);
	s = step(s, EV_PROBE_OK, ACT_ASK);
	s = step(s, EV_HOOK_OK, ACT_ROLL_NEXT);
	s = step(s, EV_SERVICE_READY, ACT_ROLL_NEXT);
	s = step(s, EV_CRASH_MOVED, ACT_ROLL_BACK);
	s = step(s, EV_HOLD, ACT_NONE);
	s = step(s, EV_ABORT, ACT_REFUSE);
	s = step(s, EV_SHUTDOWN, ACT_NONE);
	s = step(s, EV_PARENT_START, ACT_BACK_NEXT);
	s = step(s, EV_SERVICE_FAILED, ACT_BACK_NEXT);
	s = step(s, EV_ALL_BACK, ACT_FINISH_BACK);
	assert_int_equal(s, UPGRADE_IDLE);

	/* One whose check flaps stays, one that fails for good goes back. */
	for (s = UPGRADE_ROLLING; s <= UPGRADE_PROBATION; s++) {
		assert_int_equal(step(s, EV_PROBE_FLAPS, ACT_NONE), s);
		assert_int_equal(step(s, EV_UNWELL_MOVED, ACT_ROLL_BACK),
		    UPGRADE_ROLLING_BACK);
	}
	for (s = 0; s < UPGRADE_STATES; s++) {
		step(s, EV_PROBE_FLAPS, ACT_NONE);
		if (s < UPGRADE_ROLLING || s > UPGRADE_PROBATION)
			assert_int_equal(step(s, EV_UNWELL_MOVED, ACT_NONE),
			    s);
	}

	/* Held half-way, resumed, called off. */
	s = step(UPGRADE_ROLLING, EV_HOLD, ACT_STOP_TRAIN);
	s = step(s, EV_SERVICE_READY, ACT_NONE);
	s = step(s, EV_ORDER, ACT_REFUSE);
	s = step(s, EV_PARENT_START, ACT_STOP_TRAIN);
	s = step(s, EV_RESUME, ACT_ROLL_NEXT);
	s = step(s, EV_ORDER, ACT_JOIN);
	s = step(s, EV_LOWERED_TARGET, ACT_STOP_TRAIN);
	s = step(s, EV_SERVICE_FAILED, ACT_ROLL_BACK);
	s = step(s, EV_ALL_BACK, ACT_FINISH_BACK);
	assert_int_equal(s, UPGRADE_IDLE);

	/* Nothing moved: hold, reload, a newer target and errors end it. */
	for (s = UPGRADE_FETCHING; s <= UPGRADE_ASKING; s++) {
		assert_int_equal(step(s, EV_HOLD, ACT_ABANDON), UPGRADE_IDLE);
		assert_int_equal(step(s, EV_RELOAD, ACT_ABANDON),
		    UPGRADE_IDLE);
		assert_int_equal(step(s, EV_NEWER_TARGET, ACT_ABANDON),
		    UPGRADE_IDLE);
		assert_int_equal(step(s, EV_DISK_FULL, ACT_ABANDON),
		    UPGRADE_IDLE);
	}
	step(UPGRADE_PROBING, EV_PROBE_FAILED, ACT_MARK_BAD);
	step(UPGRADE_INSTALLING, EV_PARENT_START, ACT_FETCH);

	/* The operator's hook has a veto, and is asked again after a start. */
	s = step(UPGRADE_ASKING, EV_PARENT_START, ACT_ASK);
	s = step(s, EV_HOOK_VETO, ACT_ABANDON);
	assert_int_equal(s, UPGRADE_IDLE);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(every_cell_is_defined),
		cmocka_unit_test(every_state_is_reachable),
		cmocka_unit_test(an_end_is_reachable_after_any_failure),
		cmocka_unit_test(a_rollback_goes_to_its_end),
		cmocka_unit_test(nothing_moves_before_the_probe),
		cmocka_unit_test(names_are_there),
		cmocka_unit_test(stories)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
