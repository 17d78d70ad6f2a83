#include <sys/types.h>

#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "common/message.h"
#include "lavavisord/supervisor/policy.h"

static int64_t	backoff(const struct msg_service *, uint32_t, uint32_t);
static void	begin_stop(const struct msg_service *,
		    struct msg_service_state *, int64_t,
		    struct policy_orders *);
static void	due(const struct msg_service *, struct msg_service_state *,
		    int64_t, struct policy_orders *);
static void	ended(const struct msg_service *, struct msg_service_state *,
		    const struct policy_event *, int64_t, uint32_t,
		    struct policy_orders *);
static void	enter(struct msg_service_state *, enum service_state, int64_t,
		    int64_t);
static void	failed(const struct msg_service *, struct msg_service_state *,
		    int64_t, uint32_t);
static int	is_failure(const struct msg_service *,
		    const struct policy_event *);
static int	is_restarted(const struct msg_service *,
		    const struct policy_event *);
static void	lock(struct msg_service_state *, int64_t);
static void	next_step(const struct msg_service *,
		    struct msg_service_state *, int64_t,
		    struct policy_orders *);
static void	start(struct msg_service_state *, int64_t,
		    struct policy_orders *);
static void	start_failed(const struct msg_service *,
		    struct msg_service_state *, const struct policy_event *,
		    int64_t, uint32_t);
static void	started(const struct msg_service *, struct msg_service_state *,
		    const struct policy_event *, int64_t,
		    struct policy_orders *);
static uint8_t	step_signal(const struct msg_service *, uint8_t);
static void	want(const struct msg_service *, struct msg_service_state *,
		    const struct policy_event *, int64_t,
		    struct policy_orders *);
static void	want_down(const struct msg_service *,
		    struct msg_service_state *, int64_t,
		    struct policy_orders *);

void
policy_step(const struct msg_service *service, struct msg_service_state *state,
    const struct policy_event *event, int64_t now, uint32_t chance,
    struct policy_orders *orders)
{
	memset(orders, 0, sizeof(*orders));
	switch (event->type) {
	case POLICY_WANT:
		want(service, state, event, now, orders);
		break;
	case POLICY_STARTED:
		started(service, state, event, now, orders);
		break;
	case POLICY_START_FAILED:
		start_failed(service, state, event, now, chance);
		break;
	case POLICY_ENDED:
		ended(service, state, event, now, chance, orders);
		break;
	case POLICY_LOCK:
		lock(state, now);
		break;
	case POLICY_DUE:
		due(service, state, now, orders);
		break;
	}
}

void
policy_resume(const struct msg_service *service,
    const struct msg_service_state *state, struct policy_orders *orders)
{
	memset(orders, 0, sizeof(*orders));
	if (state->state == SERVICE_STARTING)
		orders->start = 1;
	else if (state->state == SERVICE_STOPPING)
		orders->signal = step_signal(service, state->step);
}

void
policy_defer(struct msg_service_state *state, int64_t now, uint32_t chance,
    struct policy_orders *orders)
{
	orders->start = orders->automatic = 0;
	enter(state, SERVICE_BACKOFF, now,
	    now + POLICY_DEFER_MS + chance % POLICY_DEFER_MS);
}

int
policy_budget_take(struct policy_budget *budget, uint32_t services,
    int64_t now)
{
	int64_t	 most = 1000 * (100 + 2 * (int64_t)services);

	if (!budget->started) {
		budget->started = 1;
		budget->tokens = most;
	} else if (now - budget->at_ms >= 60000)
		budget->tokens = most;
	else if (now > budget->at_ms)
		budget->tokens += (now - budget->at_ms) * most / 60000;
	budget->at_ms = now;
	if (budget->tokens > most)
		budget->tokens = most;
	if (budget->tokens < 1000)
		return 0;
	budget->tokens -= 1000;
	return 1;
}

static void
enter(struct msg_service_state *state, enum service_state to, int64_t now,
    int64_t due_ms)
{
	if (state->state != to)
		state->since_ms = now;
	state->state = to;
	state->due_ms = due_ms;
}

static void
start(struct msg_service_state *state, int64_t now,
    struct policy_orders *orders)
{
	state->again = 0;
	state->step = 0;
	enter(state, SERVICE_STARTING, now, 0);
	orders->start = 1;
}

static uint8_t
step_signal(const struct msg_service *service, uint8_t step)
{
	switch (step) {
	case 0:
		return service->stop_signal != 0 ? service->stop_signal :
		    SIGTERM;
	case 1:
		return SIGTERM;
	default:
		return SIGKILL;
	}
}

static void
begin_stop(const struct msg_service *service, struct msg_service_state *state,
    int64_t now, struct policy_orders *orders)
{
	state->step = 0;
	enter(state, SERVICE_STOPPING, now, now + service->grace_ms);
	orders->signal = step_signal(service, 0);
}

static void
next_step(const struct msg_service *service, struct msg_service_state *state,
    int64_t now, struct policy_orders *orders)
{
	if (state->step == 0 && step_signal(service, 0) == SIGTERM)
		state->step = 2;
	else if (state->step < 2)
		state->step++;
	state->due_ms = now + POLICY_TERM_MS;
	orders->signal = step_signal(service, state->step);
}

static void
want(const struct msg_service *service, struct msg_service_state *state,
    const struct policy_event *event, int64_t now,
    struct policy_orders *orders)
{
	if (event->order <= state->order)
		return;
	state->order = event->order;
	if (event->want == WANT_DOWN) {
		want_down(service, state, now, orders);
		return;
	}
	state->want = WANT_UP;
	switch (state->state) {
	case SERVICE_STARTING:
		/* What is being started may be the old version. */
		if (event->want == WANT_RESTART)
			state->again = 1;
		break;
	case SERVICE_RUNNING:
		if (event->want == WANT_RESTART) {
			state->again = 1;
			begin_stop(service, state, now, orders);
		}
		break;
	case SERVICE_STOPPING:
		state->again = 1;
		break;
	default:
		state->failures = 0;
		start(state, now, orders);
		break;
	}
}

static void
want_down(const struct msg_service *service, struct msg_service_state *state,
    int64_t now, struct policy_orders *orders)
{
	int	 repeated = state->want == WANT_DOWN;

	state->want = WANT_DOWN;
	state->again = 0;
	switch (state->state) {
	case SERVICE_STARTING:
		break;			/* the order is out: stop it then */
	case SERVICE_RUNNING:
		begin_stop(service, state, now, orders);
		break;
	case SERVICE_STOPPING:
		if (repeated && state->step < 2)
			next_step(service, state, now, orders);
		break;
	default:
		state->failures = 0;
		enter(state, SERVICE_STOPPED, now, 0);
		break;
	}
}

static void
started(const struct msg_service *service, struct msg_service_state *state,
    const struct policy_event *event, int64_t now,
    struct policy_orders *orders)
{
	if (event->generation <= state->generation)
		return;
	if (state->started_ms != 0)
		state->restarts++;
	state->generation = event->generation;
	state->pid = event->pid;
	state->started_ms = now;
	state->step = 0;
	enter(state, SERVICE_RUNNING, now, 0);
	if (state->want == WANT_DOWN || state->again)
		begin_stop(service, state, now, orders);
}

static void
start_failed(const struct msg_service *service,
    struct msg_service_state *state, const struct policy_event *event,
    int64_t now, uint32_t chance)
{
	if (state->state != SERVICE_STARTING)
		return;
	/* It may have used up a generation; the next order must know. */
	if (event->generation > state->generation)
		state->generation = event->generation;
	state->again = 0;
	if (state->want == WANT_DOWN || event->wait == 1)
		enter(state, SERVICE_STOPPED, now, 0);
	else if (event->wait == 3)
		enter(state, SERVICE_LOCKED, now, 0);
	else if (event->wait == 2)
		enter(state, SERVICE_BACKOFF, now,
		    now + backoff(service, state->failures + 1, chance));
	else {
		state->failures++;
		failed(service, state, now, chance);
	}
}

static void
ended(const struct msg_service *service, struct msg_service_state *state,
    const struct policy_event *event, int64_t now, uint32_t chance,
    struct policy_orders *orders)
{
	int64_t	 up = now - state->started_ms;
	int	 stopping = state->state == SERVICE_STOPPING;

	if (event->generation != state->generation || state->pid == 0)
		return;
	state->pid = 0;
	state->step = 0;
	state->exit_kind = event->exit_kind;
	state->exit_value = event->exit_value;
	if (up >= (int64_t)service->stable_ms)
		state->failures = 0;

	if (state->want == WANT_DOWN) {
		state->failures = 0;
		enter(state, SERVICE_STOPPED, now, 0);
	} else if (stopping)
		start(state, now, orders);
	else if (event->wait == 2)
		enter(state, SERVICE_BACKOFF, now,
		    now + backoff(service, state->failures + 1, chance));
	else if (!is_restarted(service, event))
		enter(state, SERVICE_STOPPED, now, 0);
	else if (!is_failure(service, event)) {
		if (up >= POLICY_UP_MS) {
			start(state, now, orders);
			orders->automatic = 1;
		} else
			enter(state, SERVICE_BACKOFF, now,
			    now + backoff(service, 1, chance));
	} else if (++state->failures == 1 && up >= POLICY_UP_MS &&
	    service->limit != 1) {
		start(state, now, orders);
		orders->automatic = 1;
	} else
		failed(service, state, now, chance);
}

static int
is_failure(const struct msg_service *service, const struct policy_event *event)
{
	switch (event->exit_kind) {
	case EXIT_CODE:
		return event->exit_value != 0;
	case EXIT_SIGNAL:
		return event->exit_value != step_signal(service, 0);
	default:
		return 1;
	}
}

static int
is_restarted(const struct msg_service *service,
    const struct policy_event *event)
{
	uint8_t	 code = event->exit_value;

	switch (service->restart) {
	case RESTART_NEVER:
		return 0;
	case RESTART_ON_FAILURE:
		return is_failure(service, event);
	case RESTART_UNLESS_EXIT:
		return event->exit_kind != EXIT_CODE ||
		    (service->unless[code / 8] & 1U << code % 8) == 0;
	default:
		return 1;
	}
}

/*
 * The answer to a start that was ordered says the same later, and one that has
 * finished was not to be started.
 */
static void
lock(struct msg_service_state *state, int64_t now)
{
	if (state->state == SERVICE_BACKOFF || state->state == SERVICE_FAILED)
		enter(state, SERVICE_LOCKED, now, 0);
}

/* After a failure that is already counted: when is the next try? */
static void
failed(const struct msg_service *service, struct msg_service_state *state,
    int64_t now, uint32_t chance)
{
	if (service->limit != 0 && state->failures >= service->limit)
		enter(state, SERVICE_FAILED, now, service->retry_ms == 0 ? 0 :
		    now + service->retry_ms);
	else
		enter(state, SERVICE_BACKOFF, now,
		    now + backoff(service, state->failures, chance));
}

static int64_t
backoff(const struct msg_service *service, uint32_t failures, uint32_t chance)
{
	int64_t	 wait = service->backoff_ms;

	while (failures-- > 1 && wait < (int64_t)service->backoff_max_ms)
		wait *= 2;
	if (wait > (int64_t)service->backoff_max_ms)
		wait = service->backoff_max_ms;
	return wait - chance % (wait / 4 + 1);
}

static void
due(const struct msg_service *service, struct msg_service_state *state,
    int64_t now, struct policy_orders *orders)
{
	if (state->due_ms == 0 || now < state->due_ms)
		return;
	switch (state->state) {
	case SERVICE_BACKOFF:
	case SERVICE_FAILED:
		start(state, now, orders);
		orders->automatic = 1;
		break;
	case SERVICE_STOPPING:
		next_step(service, state, now, orders);
		break;
	default:
		state->due_ms = 0;
		break;
	}
}
