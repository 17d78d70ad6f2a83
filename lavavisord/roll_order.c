#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lavavisord/roll_order.h"

static int	is_moved(const struct roll_fact *);
static int	is_unmoved(const struct roll_fact *);
static int	back_rank(const struct roll_fact *);
static int	is_held_up(const struct roll_fact *, size_t);
static size_t	first_unmoved(const struct roll_fact *, size_t);

static int
is_unmoved(const struct roll_fact *f)
{
	return f->place == ROLL_UNMOVED || f->place == ROLL_UNDECIDED;
}

static int
is_moved(const struct roll_fact *f)
{
	return f->place == ROLL_MOVING || f->place == ROLL_SOAKING ||
	    f->place == ROLL_MOVED;
}

/*
 * A canary before the others, and one that may still become ready after those
 * that need not be waited for; count when there is none
 */
static size_t
first_unmoved(const struct roll_fact *f, size_t count)
{
	size_t	 i, first = count;

	for (i = 0; i < count; i++) {
		if (!is_unmoved(&f[i]))
			continue;
		if (f[i].canary)
			return i;
		if (first == count || (f[i].place == ROLL_UNMOVED &&
		    f[first].place == ROLL_UNDECIDED))
			first = i;
	}
	return first;
}

/* By a canary, or by the first one when there is no other that has a vote */
static int
is_held_up(const struct roll_fact *f, size_t count)
{
	size_t	 i, voters = 0, watched = 0;

	for (i = 0; i < count; i++) {
		if (!is_moved(&f[i]) || !f[i].votes)
			continue;
		voters++;
		if (f[i].place == ROLL_MOVED)
			continue;
		watched++;
		if (f[i].canary)
			return 1;
	}
	return voters == 1 && watched == 1;
}

void
roll_order_next(const struct roll_fact *f, size_t count,
    const struct roll_rules *rules, int64_t now_ms, struct roll_answer *a)
{
	uint32_t	 most = rules->max_unavailable;
	size_t		 i, moving = 0;

	memset(a, 0, sizeof(*a));
	for (i = 0; i < count; i++)
		moving += f[i].place == ROLL_MOVING;
	a->index = first_unmoved(f, count);
	if (a->index == count) {
		a->next = moving > 0 ? ROLL_NEXT_WAIT : ROLL_NEXT_NONE;
		return;
	}
	a->next = ROLL_NEXT_WAIT;
	if (moving >= (most > 0 ? most : 1) || is_held_up(f, count))
		return;
	if (rules->ready_ms != 0 && now_ms - rules->ready_ms <
	    (int64_t)rules->pause_ms) {
		a->next = ROLL_NEXT_PAUSE;
		a->wait_ms = rules->ready_ms + (int64_t)rules->pause_ms -
		    now_ms;
		/* A clock that went back must not make it longer. */
		if (a->wait_ms > (int64_t)rules->pause_ms)
			a->wait_ms = (int64_t)rules->pause_ms;
		return;
	}
	a->next = f[a->index].place == ROLL_UNDECIDED ? ROLL_NEXT_LOOK :
	    ROLL_NEXT_MOVE;
}

static int
back_rank(const struct roll_fact *f)
{
	return f->place == ROLL_MOVING ? 2 : f->place == ROLL_SOAKING;
}

void
roll_order_back(const struct roll_fact *f, size_t count,
    struct roll_answer *a)
{
	size_t	 i;

	memset(a, 0, sizeof(*a));
	a->next = ROLL_NEXT_NONE;
	for (i = 0; i < count; i++) {
		if (f[i].place == ROLL_GOING_BACK) {
			a->next = ROLL_NEXT_WAIT;
			return;
		}
		if (!is_moved(&f[i]))
			continue;
		if (a->next == ROLL_NEXT_NONE ||
		    back_rank(&f[i]) > back_rank(&f[a->index])) {
			a->next = ROLL_NEXT_MOVE;
			a->index = i;
		}
	}
}
