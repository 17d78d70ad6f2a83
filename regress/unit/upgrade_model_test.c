/*
 * Goes through every world that an upgrade of a few services can come to, by
 * the real table and the real order of the roll: whatever comes in between,
 * with services that fail and parents that die between any two steps.  In none
 * of them
 *
 *	- does a process begin on a binary that was not verified,
 *	- is a service forgotten, or on a version that its record does not name
 *	  once all is over,
 *	- are more than max-unavailable down by order,
 *	- does anything go forward again once it goes back,
 *
 * and from each of them there is a way to the end.
 *
 * What a real action does to journal and processes is here in small; its steps
 * that could be torn apart by a death are steps here.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisord/roll_order.h"
#include "lavavisord/upgrade_table.h"

#define SERVICES_MAX	3
#define WORLDS_MAX	(1U << 20)
#define SLOTS		(WORLDS_MAX * 2)
#define EDGES_MAX	(1U << 24)
#define NO_EVENT	UPGRADE_EVENTS

enum place {			/* in the parent's memory */
	NOWHERE,
	NOTED,			/* in the journal, not ordered yet */
	RESTARTING,
	WAITING,
	SOAKING,
	DONE,
	BACK_NOTED,
	BACK_RESTARTING,
	BACK_WAITING,
	BACK_DONE
};

enum process {
	GONE,
	OLD,
	NEW
};

struct one {
	uint8_t	 place;
	uint8_t	 runs;		/* enum process */
	uint8_t	 ready;
	uint8_t	 down;		/* by order, and not ready since */
	/* journal */
	uint8_t	 is_new;	/* its record names the new version */
	uint8_t	 moved;
};

struct world {
	/* journal and disk */
	uint8_t	 state;		/* enum upgrade_state */
	uint8_t	 bad;
	uint8_t	 verified;
	uint8_t	 installed;
	/* memory; a parent that is not alive has none */
	uint8_t	 alive;
	uint8_t	 action;	/* decided, not begun: enum upgrade_action */
	uint8_t	 event;		/* to be fed: enum upgrade_event */
	struct one one[SERVICES_MAX];
};

static struct {
	int	 services;
	uint32_t max;
	int	 canary;	/* bits */
	int	 mute;		/* bits: was not ready before */
}			 setting;
static struct world	*worlds;
static uint32_t		 world_count;
static uint32_t		*slots;		/* index + 1 */
static uint32_t		*edges;		/* pairs from, to */
static uint32_t		 edge_count;
static uint32_t		 now;		/* the world that is looked at */

static void	 add(const struct world *);
static void	 feed(struct world, enum upgrade_event);
static void	 fed(struct world *, enum upgrade_event);
static int	 is_over(const struct world *);

/* How it came to the world that is looked at, the last one first */
static void
say_way(const struct world *w)
{
	uint32_t	 i = now, k;
	int		 n;

	for (;;) {
		print_error("%s%s%s, then %s, %s:", w->alive ? "" : "dead, ",
		    w->bad ? "bad, " : "", upgrade_state_name(
		    (enum upgrade_state)w->state), upgrade_action_name(
		    (enum upgrade_action)w->action), w->event == NO_EVENT ?
		    "-" : upgrade_event_name((enum upgrade_event)w->event));
		for (n = 0; n < setting.services; n++)
			print_error(" [place %d runs %d%s%s%s%s]",
			    w->one[n].place, w->one[n].runs,
			    w->one[n].ready ? " ready" : "",
			    w->one[n].down ? " down" : "",
			    w->one[n].is_new ? " new" : "",
			    w->one[n].moved ? " moved" : "");
		print_error("\n");
		if (w == &worlds[0] || world_count == 0)
			return;
		if (w != &worlds[i]) {
			w = &worlds[i];
			continue;
		}
		for (k = 0; edges[2 * k + 1] != i; k++)
			;
		i = edges[2 * k];
		w = &worlds[i];
	}
}

static void
check(const struct world *w)
{
	uint32_t	 down = 0;
	int		 i;

	for (i = 0; i < setting.services; i++) {
		const struct one	*o = &w->one[i];

		down += o->down;
		/* Whatever runs on the new one was verified. */
		if (o->runs == NEW)
			assert_true(w->installed);
		/* Once all is over the record is the truth. */
		if (is_over(w)) {
			assert_false(o->moved);
			if (o->runs != GONE)
				assert_int_equal(o->runs == NEW, o->is_new);
		}
		if (o->moved)
			assert_true(w->state >= UPGRADE_ROLLING);
	}
	if (down > setting.max) {
		say_way(w);
		fail_msg("%u services are down", down);
	}
}

static void
add(const struct world *w)
{
	const unsigned char	*p = (const unsigned char *)w;
	uint64_t		 hash = UINT64_C(14695981039346656037);
	uint32_t		 at;
	size_t			 i;

	for (i = 0; i < sizeof(*w); i++)
		hash = (hash ^ p[i]) * UINT64_C(1099511628211);
	for (at = (uint32_t)(hash ^ hash >> 32) % SLOTS; slots[at] != 0;
	    at = (at + 1) % SLOTS)
		if (memcmp(&worlds[slots[at] - 1], w, sizeof(*w)) == 0)
			break;
	if (slots[at] == 0) {
		assert_true(world_count < WORLDS_MAX);
		check(w);
		worlds[world_count++] = *w;
		slots[at] = world_count;
	}
	assert_true(edge_count < EDGES_MAX);
	edges[2 * edge_count] = now;
	edges[2 * edge_count++ + 1] = slots[at] - 1;
}

static int
is_over(const struct world *w)
{
	return w->alive && w->state == UPGRADE_IDLE &&
	    w->action == ACT_NONE && w->event == NO_EVENT;
}

static int
is_mute(int i)
{
	return (setting.mute & (1 << i)) != 0;
}

/* The upgrade of the journal is over */
static void
forget(struct world *w)
{
	int	 i;

	for (i = 0; i < setting.services; i++) {
		w->one[i].place = NOWHERE;
		w->one[i].moved = 0;
		/* What is down now is so by itself. */
		w->one[i].down = 0;
	}
	w->state = UPGRADE_IDLE;
	w->event = NO_EVENT;
}

/* Stops it; its start is a step of its own. */
static void
order(struct world *w, int i)
{
	struct one	*o = &w->one[i];
	int		 back = o->place == BACK_NOTED;

	o->runs = GONE;
	if (is_mute(i)) {
		o->ready = 0;
		o->runs = o->is_new ? NEW : OLD;
		o->place = back ? BACK_DONE : DONE;
		w->event = back ? EV_SERVICE_READY : EV_RETRY;
		return;
	}
	/* One that is down already is not taken down. */
	o->down |= o->ready;
	o->ready = 0;
	o->place = back ? BACK_RESTARTING : RESTARTING;
}

static size_t
facts(const struct world *w, struct roll_fact *f, int back)
{
	int	 i;

	for (i = 0; i < setting.services; i++) {
		const struct one	*o = &w->one[i];

		f[i].canary = (setting.canary & (1 << i)) != 0;
		f[i].votes = o->place != NOWHERE && !is_mute(i);
		if (back)
			f[i].place = !o->moved ? ROLL_BACK : o->ready ?
			    ROLL_MOVED : o->runs == GONE ? ROLL_MOVING :
			    ROLL_SOAKING;
		else if (o->place == NOWHERE)
			f[i].place = ROLL_UNMOVED;
		else
			f[i].place = o->place == SOAKING ? ROLL_SOAKING :
			    o->place == DONE ? ROLL_MOVED : ROLL_MOVING;
	}
	return (size_t)setting.services;
}

static int
any_at(const struct world *w, int place)
{
	int	 i;

	for (i = 0; i < setting.services; i++)
		if (w->one[i].place == place)
			return 1;
	return 0;
}

static void
go_on(struct world *w)
{
	struct roll_rules	 rules = { setting.max, 0, 0 };
	struct roll_fact	 f[SERVICES_MAX];
	struct roll_answer	 a;
	size_t			 n;

	/* What is noted is ordered first: its step comes anyway. */
	while (!any_at(w, NOTED)) {
		n = facts(w, f, 0);
		roll_order_next(f, n, &rules, 1, &a);
		if (a.next == ROLL_NEXT_NONE)
			w->event = EV_ALL_MOVED;
		if (a.next != ROLL_NEXT_MOVE)
			return;
		w->one[a.index].moved = w->one[a.index].is_new = 1;
		w->one[a.index].place = NOTED;
	}
}

static void
go_back(struct world *w)
{
	struct roll_fact	 f[SERVICES_MAX];
	struct roll_answer	 a;
	struct one		*o;
	size_t			 n;

	if (any_at(w, BACK_NOTED) || any_at(w, BACK_RESTARTING) ||
	    any_at(w, BACK_WAITING))
		return;
	n = facts(w, f, 1);
	roll_order_back(f, n, &a);
	if (a.next == ROLL_NEXT_NONE) {
		w->event = EV_ALL_BACK;
		return;
	}
	o = &w->one[a.index];
	o->moved = o->is_new = 0;
	/* It may never have left the version it had. */
	o->place = o->runs == OLD && o->place == NOTED ? BACK_WAITING :
	    BACK_NOTED;
}

static void
wait_probations(struct world *w)
{
	int	 i;

	for (i = 0; i < setting.services; i++)
		if (w->one[i].place != DONE && w->one[i].place != NOWHERE)
			return;
	w->event = EV_PROBATION_OVER;
}

/* The action that was decided, in one breath */
static void
act(struct world w)
{
	enum upgrade_action	 action = (enum upgrade_action)w.action;
	int			 i;

	w.action = ACT_NONE;
	switch (action) {
	case ACT_FETCH:
		w.verified = 0;
		break;
	case ACT_INSTALL:
		assert_true(w.verified);
		w.installed = 1;
		w.event = EV_INSTALLED;
		break;
	case ACT_PROBE:
	case ACT_ASK:
		assert_true(w.installed);
		break;
	case ACT_ROLL_NEXT:
		assert_true(w.installed);
		go_on(&w);
		break;
	case ACT_PROBATION:
		wait_probations(&w);
		break;
	case ACT_COMMIT:
		w.event = EV_COMMITTED;
		break;
	case ACT_ROLL_BACK:
	case ACT_BACK_NEXT:
		go_back(&w);
		break;
	case ACT_MARK_BAD:
		w.bad = 1;
		/* FALLTHROUGH */
	case ACT_ABANDON:
		for (i = 0; i < setting.services; i++)
			assert_false(w.one[i].moved);
		forget(&w);
		break;
	case ACT_FINISH:
		for (i = 0; i < setting.services; i++)
			assert_true(w.one[i].is_new);
		forget(&w);
		break;
	case ACT_FINISH_BACK:
		for (i = 0; i < setting.services; i++)
			assert_false(w.one[i].is_new);
		forget(&w);
		break;
	default:
		break;
	}
	add(&w);
}

/* As feed_one() of upgrade.c: the state is saved, then it is acted. */
static void
fed(struct world *w, enum upgrade_event e)
{
	const struct upgrade_cell	*c;
	enum upgrade_action		 action;

	c = upgrade_cell((enum upgrade_state)w->state, e);
	assert_int_not_equal(c->handling, CELL_UNDEFINED);
	if (c->handling != CELL_DO)
		return;
	upgrade_step((enum upgrade_state)w->state, e, &action, NULL);
	if (action == ACT_ROLL_BACK && e != EV_ABORT)
		w->bad = 1;
	w->action = (uint8_t)action;
	/* An end forgets the upgrade as it acts, and saves then. */
	if (c->next != UPGRADE_IDLE)
		w->state = (uint8_t)c->next;
}

static void
feed(struct world w, enum upgrade_event e)
{
	fed(&w, e);
	add(&w);
}

/* It dies, here and now; services live on, and some become ready. */
static void
die(struct world w)
{
	int	 i;

	w.alive = 0;
	w.action = ACT_NONE;
	w.event = NO_EVENT;
	for (i = 0; i < setting.services; i++)
		w.one[i].place = NOWHERE;
	add(&w);
}

static void
next_parent(struct world w)
{
	int	 i;

	w.alive = 1;
	for (i = 0; i < setting.services; i++) {
		struct one	*o = &w.one[i];

		/* Noted as back, but its process has not heard of it */
		if (w.state == UPGRADE_ROLLING_BACK && !o->moved &&
		    o->runs == NEW)
			o->moved = o->is_new = 1;
		/* Noted, but its process has not heard of it either */
		if (o->moved && o->runs == OLD)
			o->moved = o->is_new = 0;
		/* The supervisor starts what is wanted and not there. */
		if (o->runs == GONE)
			o->runs = o->is_new ? NEW : OLD;
		if (w.state == UPGRADE_ROLLING_BACK && !o->moved &&
		    !o->ready && !is_mute(i))
			o->place = BACK_WAITING;
		if (!o->moved || w.state == UPGRADE_ROLLING_BACK)
			continue;
		o->place = o->runs != NEW ? NOTED : is_mute(i) ? DONE :
		    WAITING;
	}
	fed(&w, EV_PARENT_START);
	add(&w);
}

/* What may happen to one service */
static void
happens_to(const struct world *from, int i)
{
	struct world	 w = *from;
	struct one	*o = &w.one[i];

	switch (o->place) {
	case NOTED:
		/* It goes back as it is. */
		if (w.state == UPGRADE_ROLLING_BACK)
			break;
		/* FALLTHROUGH */
	case BACK_NOTED:
		order(&w, i);
		add(&w);
		break;
	case RESTARTING:
	case BACK_RESTARTING:
		o->runs = o->is_new ? NEW : OLD;
		o->place++;
		add(&w);
		break;
	case WAITING:
	case BACK_WAITING:
		o->ready = 1;
		o->down = 0;
		o->place++;
		if (o->place == BACK_WAITING + 1)
			o->place = BACK_DONE;
		feed(w, EV_SERVICE_READY);
		o->ready = 0;
		o->place = o->place == BACK_DONE ? BACK_DONE : DONE;
		feed(w, EV_SERVICE_FAILED);
		break;
	case SOAKING:
		o->place = DONE;
		feed(w, EV_PART_OVER);
		o->ready = 0;
		feed(w, EV_CRASH_MOVED);
		/* Or it serves no longer, and is ready again later. */
		o->ready = 1;
		feed(w, EV_PROBE_FLAPS);
		feed(w, EV_UNWELL_MOVED);
		break;
	case NOWHERE:
		/* It crashes, and comes back on the version it had. */
		if (o->runs == OLD)
			assert_false(o->is_new && w.alive);
		break;
	default:
		break;
	}
}

/* Everything that may come next */
static void
go(const struct world *w)
{
	static const enum upgrade_event	 outside[] = {
		EV_ORDER, EV_FETCH_FAILED, EV_VERIFY_FAILED,
		EV_INSTALL_FAILED, EV_PROBE_FAILED, EV_HOOK_VETO,
		EV_CRASH_UNMOVED, EV_COMMIT_FAILED, EV_NEWER_TARGET,
		EV_LOWERED_TARGET, EV_HOLD, EV_RESUME, EV_RELOAD, EV_ABORT,
		EV_ROOM_DEATH, EV_SUPERVISOR_DEATH, EV_DISK_FULL, EV_RETRY,
		EV_SERVICE_GONE, EV_SHUTDOWN
	};
	static const struct {
		enum upgrade_state	 state;
		enum upgrade_event	 event;
	} results[] = {
		{ UPGRADE_FETCHING, EV_FETCHED },
		{ UPGRADE_VERIFYING, EV_VERIFIED },
		{ UPGRADE_PROBING, EV_PROBE_OK },
		{ UPGRADE_ASKING, EV_HOOK_OK }
	};
	struct world	 next = *w;
	size_t		 k;
	int		 i;

	if (!w->alive) {
		next_parent(*w);
		for (i = 0; i < setting.services; i++) {
			next = *w;
			next.one[i].down = 0;
			next.one[i].ready = next.one[i].runs != GONE;
			if (next.one[i].runs != GONE)
				add(&next);
		}
		return;
	}
	die(*w);
	if (w->action != ACT_NONE) {
		act(*w);
		return;
	}
	if (w->event != NO_EVENT) {
		next.event = NO_EVENT;
		feed(next, (enum upgrade_event)w->event);
		return;
	}
	if (w->state == UPGRADE_IDLE) {
		for (i = 0; i < setting.services; i++)
			if (w->one[i].is_new)
				return;
		if (!w->bad)
			feed(*w, w->installed ? EV_DECISION_INSTALLED :
			    EV_DECISION);
		return;
	}
	for (k = 0; k < sizeof(results) / sizeof(results[0]); k++)
		if (w->state == results[k].state) {
			next.verified |= results[k].event == EV_VERIFIED;
			feed(next, results[k].event);
		}
	for (k = 0; k < sizeof(outside) / sizeof(outside[0]); k++)
		feed(*w, outside[k]);
	for (i = 0; i < setting.services; i++)
		happens_to(w, i);
}

/* From each world some way leads to the end. */
static void
check_ends(void)
{
	unsigned char	*ends = calloc(world_count, 1);
	uint32_t	 i;
	int		 more = 1;

	assert_non_null(ends);
	for (i = 0; i < world_count; i++)
		ends[i] = (unsigned char)is_over(&worlds[i]);
	while (more) {
		more = 0;
		for (i = edge_count; i-- > 0;)
			if (ends[edges[2 * i + 1]] && !ends[edges[2 * i]])
				more = ends[edges[2 * i]] = 1;
	}
	for (i = 0; i < world_count; i++)
		if (!ends[i])
			fail_msg("no way out of world %u: %s", i,
			    upgrade_state_name((enum upgrade_state)
			    worlds[i].state));
	free(ends);
}

static void
explore(int services, uint32_t max, int canary, int mute)
{
	struct world	 first;
	int		 i;

	setting.services = services;
	setting.max = max;
	setting.canary = canary;
	setting.mute = mute;
	world_count = edge_count = now = 0;
	memset(slots, 0, SLOTS * sizeof(*slots));
	memset(&first, 0, sizeof(first));
	first.alive = 1;
	first.event = NO_EVENT;
	for (i = 0; i < services; i++) {
		first.one[i].runs = OLD;
		first.one[i].ready = !is_mute(i);
	}
	add(&first);
	for (now = 0; now < world_count; now++)
		go(&worlds[now]);
	check_ends();
	print_message("%d services, max-unavailable %u, canaries %x, mute %x: "
	    "%u worlds, %u ways\n", services, max, (unsigned int)canary,
	    (unsigned int)mute, world_count, edge_count);
	/* A model that does not come far shows nothing. */
	assert_true(world_count > 100);
}

static void
test_worlds(void **state)
{
	(void)state;
	worlds = calloc(WORLDS_MAX, sizeof(*worlds));
	slots = calloc(SLOTS, sizeof(*slots));
	edges = calloc(EDGES_MAX, 2 * sizeof(*edges));
	assert_non_null(worlds);
	assert_non_null(slots);
	assert_non_null(edges);
	explore(1, 1, 0, 0);
	explore(2, 1, 0, 0);
	explore(2, 1, 2, 0);
	explore(2, 2, 0, 1);
	explore(3, 1, 0, 0);
	explore(3, 2, 4, 0);
	explore(3, 2, 0, 2);
	free(worlds);
	free(slots);
	free(edges);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_worlds)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
