#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/room.h"
#include "lavavisord/supervisor/slot.h"

static struct room		*room;
static struct slot		**slots;
static uint32_t			 slots_size;	/* of the array */
static uint32_t			 slots_used;
static struct policy_budget	 budget;
static int			 going;

static void	arm(struct slot *);
static void	give(struct slot *, const struct policy_orders *);
static void	grow(uint32_t);
static void	order(struct slot *, enum message_type, uint8_t);
static void	timer_due(int, short, void *);

void
slots_setup(struct room *r)
{
	room = r;
	grow(15);
}

static void
grow(uint32_t number)
{
	uint32_t	 size = slots_size > 0 ? slots_size : 16;

	if (number >= SLOTS_MAX)
		fatalx("slot %u is over the limit of %u", number, SLOTS_MAX);
	while (size <= number)
		size *= 2;
	if (size == slots_size)
		return;
	slots = recallocarray(slots, slots_size, size, sizeof(*slots));
	if (slots == NULL)
		fatal("slots");
	slots_size = size;
}

struct slot *
slot_find(uint32_t number)
{
	return number < slots_size ? slots[number] : NULL;
}

struct slot *
slot_make(const struct msg_service *service)
{
	struct slot	*slot;

	grow(service->slot);
	if ((slot = slots[service->slot]) == NULL) {
		if ((slot = calloc(1, sizeof(*slot))) == NULL)
			fatal("slot");
		output_init(&slot->output, service->slot);
		slot->state.slot = service->slot;
		slot->timer = evtimer_new(room->base, timer_due, slot);
		if (slot->timer == NULL)
			fatalx("out of memory for events");
		slots[service->slot] = slot;
		slots_used++;
	}
	slot->service = *service;
	output_limit(&slot->output, service->log_size);
	return slot;
}

void
slot_remove(struct slot *slot)
{
	output_close(&slot->output);
	log_watch_close(slot->log_watch);
	notify_close(slot->notify);
	event_free(slot->timer);
	slots[slot->service.slot] = NULL;
	slots_used--;
	free(slot);
}

void
slots_go(void)
{
	struct policy_orders	 orders;
	uint32_t		 i;

	if (going)
		return;
	going = 1;
	for (i = 0; i < slots_size; i++) {
		if (slots[i] == NULL)
			continue;
		if (slots[i]->resume) {
			policy_resume(&slots[i]->service, &slots[i]->state,
			    &orders);
			give(slots[i], &orders);
		}
		arm(slots[i]);
	}
}

void
slot_state(struct slot *slot, const struct msg_service_state *state)
{
	slot->state = *state;
	slot->resume = !going;
	if (going)
		arm(slot);
}

void
slot_event(struct slot *slot, const struct policy_event *event)
{
	struct msg_service_state	 before;
	struct policy_orders		 orders;
	int64_t				 now = room_now_ms();
	uint32_t			 chance = arc4random();

	memcpy(&before, &slot->state, sizeof(before));
	policy_step(&slot->service, &slot->state, event, now, chance, &orders);
	if (orders.automatic && !policy_budget_take(&budget, slots_used, now))
		policy_defer(&slot->state, now, chance, &orders);

	/* State first: orders lost with us are then repeated by the next. */
	if (memcmp(&before, &slot->state, sizeof(before)) != 0)
		room_send(room, MSG_SERVICE_STATE, 0, -1, &slot->state);
	/* What is ordered now needs no repetition at the end of a replay. */
	if (orders.start || orders.signal != 0 ||
	    before.state != slot->state.state)
		slot->resume = 0;
	give(slot, &orders);
	arm(slot);
	if (slot->state.state == SERVICE_RUNNING ||
	    slot->state.state == SERVICE_STOPPING)
		output_wake(&slot->output);
}

static void
give(struct slot *slot, const struct policy_orders *orders)
{
	if (orders->signal != 0)
		order(slot, MSG_ORDER_SIGNAL, orders->signal);
	if (orders->start)
		order(slot, MSG_ORDER_START, 0);
}

static void
order(struct slot *slot, enum message_type type, uint8_t signal)
{
	struct msg_order	 m;

	memset(&m, 0, sizeof(m));
	m.slot = slot->service.slot;
	m.generation = slot->state.generation;
	m.signal = signal;
	room_send(room, type, 0, -1, &m);
}

static void
arm(struct slot *slot)
{
	struct timeval	 tv;
	int64_t		 wait;

	if (slot->state.due_ms == 0) {
		evtimer_del(slot->timer);
		return;
	}
	if ((wait = slot->state.due_ms - room_now_ms()) < 0)
		wait = 0;
	tv.tv_sec = (time_t)(wait / 1000);
	tv.tv_usec = (suseconds_t)(wait % 1000 * 1000);
	if (evtimer_add(slot->timer, &tv) == -1)
		fatalx("event_add");
}

/* The loop's clock may be a moment early: then arm() waits for the rest. */
static void
timer_due(int fd, short what, void *arg)
{
	struct policy_event	 event;

	(void)fd;
	(void)what;
	memset(&event, 0, sizeof(event));
	event.type = POLICY_DUE;
	slot_event(arg, &event);
}

void
slots_orphaned(void)
{
	uint32_t	 i;

	going = 0;
	for (i = 0; i < slots_size; i++) {
		if (slots[i] == NULL)
			continue;
		evtimer_del(slots[i]->timer);
		output_orphaned(&slots[i]->output);
	}
}

int
slots_are_quiet(void)
{
	uint32_t	 i;

	for (i = 0; i < slots_size; i++)
		if (slots[i] != NULL && !slots[i]->output.quiet)
			return 0;
	return 1;
}
