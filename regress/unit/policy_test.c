/*
 * The policy of a service: a table of (state, event) -> (state, orders), runs
 * through whole lives, and a walk at random that must keep the invariants.
 */
#include <sys/types.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/message.h"
#include "lavavisord/supervisor/policy.h"

#define NOW	1000000
#define ANY	-1

static const struct msg_service	 base = {
	.restart = RESTART_ALWAYS, .stop_signal = SIGINT, .grace_ms = 30000,
	.stable_ms = 60000, .backoff_ms = 1000, .backoff_max_ms = 60000,
	.limit = 10, .retry_ms = 600000
};

/* How long the run has lasted is `up`; the rest is as in the messages. */
struct row {
	const char	*name;
	int		 restart;
	/* before */
	int		 state, want, again, failures, step;
	int64_t		 up;
	/* event */
	struct policy_event event;
	/* after */
	int		 to, to_want, to_again, to_failures;
	int64_t		 wait;		/* until due, 0 none */
	int		 start, signal;
};

#define W(w)		{ .type = POLICY_WANT, .want = w, .order = 6 }
#define OLD(w)		{ .type = POLICY_WANT, .want = w, .order = 5 }
#define STARTED		{ .type = POLICY_STARTED, .generation = 8, .pid = 99 }
#define STARTED_OLD	{ .type = POLICY_STARTED, .generation = 7, .pid = 99 }
#define LOCK		{ .type = POLICY_LOCK }
#define FAILS(w)	{ .type = POLICY_START_FAILED, .wait = w }
#define CODE(c)		{ .type = POLICY_ENDED, .generation = 7,	\
			    .exit_kind = EXIT_CODE, .exit_value = c }
#define SIG(s)		{ .type = POLICY_ENDED, .generation = 7,	\
			    .exit_kind = EXIT_SIGNAL, .exit_value = s }
#define UNKNOWN		{ .type = POLICY_ENDED, .generation = 7,	\
			    .exit_kind = EXIT_UNKNOWN }
#define ENDED_OLD	{ .type = POLICY_ENDED, .generation = 6,	\
			    .exit_kind = EXIT_CODE, .exit_value = 1 }
#define DUE		{ .type = POLICY_DUE }

#define STOPPED		SERVICE_STOPPED
#define STARTING	SERVICE_STARTING
#define RUNNING		SERVICE_RUNNING
#define STOPPING	SERVICE_STOPPING
#define BACKOFF		SERVICE_BACKOFF
#define FAILED		SERVICE_FAILED
#define LOCKED		SERVICE_LOCKED
#define UP		WANT_UP
#define DOWN		WANT_DOWN

static const struct row	 rows[] = {
	/* orders */
	{ "up when stopped", 0, STOPPED, DOWN, 0, 0, 0, 0, W(UP),
	    STARTING, UP, 0, 0, 0, 1, 0 },
	{ "up again when it may now run", 0, STOPPED, UP, 0, 0, 0, 0, W(UP),
	    STARTING, UP, 0, 0, 0, 1, 0 },
	{ "up when running", 0, RUNNING, UP, 0, 2, 0, 500, W(UP),
	    RUNNING, UP, 0, 2, 0, 0, 0 },
	{ "up in backoff", 0, BACKOFF, UP, 0, 4, 0, 0, W(UP),
	    STARTING, UP, 0, 0, 0, 1, 0 },
	{ "up when failed", 0, FAILED, UP, 0, 10, 0, 0, W(UP),
	    STARTING, UP, 0, 0, 0, 1, 0 },
	{ "up when locked", 0, SERVICE_LOCKED, UP, 0, 0, 0, 0, W(UP),
	    STARTING, UP, 0, 0, 0, 1, 0 },
	{ "up while starting", 0, STARTING, UP, 0, 3, 0, 0, W(UP),
	    STARTING, UP, 0, 3, 0, 0, 0 },
	{ "up while starting to be stopped", 0, STARTING, DOWN, 0, 0, 0, 0,
	    W(UP), STARTING, UP, 0, 0, 0, 0, 0 },
	{ "up while stopping", 0, STOPPING, DOWN, 0, 0, 0, 5000, W(UP),
	    STOPPING, UP, 1, 0, ANY, 0, 0 },
	{ "down when stopped", 0, STOPPED, DOWN, 0, 0, 0, 0, W(DOWN),
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "down when it may not run", 0, STOPPED, UP, 0, 0, 0, 0, W(DOWN),
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "down when running", 0, RUNNING, UP, 0, 0, 0, 5000, W(DOWN),
	    STOPPING, DOWN, 0, 0, 30000, 0, SIGINT },
	{ "down in backoff", 0, BACKOFF, UP, 0, 3, 0, 0, W(DOWN),
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "down when failed", 0, FAILED, UP, 0, 12, 0, 0, W(DOWN),
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "down when locked", 0, SERVICE_LOCKED, UP, 0, 0, 0, 0, W(DOWN),
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "down while starting", 0, STARTING, UP, 0, 0, 0, 0, W(DOWN),
	    STARTING, DOWN, 0, 0, 0, 0, 0 },
	{ "down while restarting: only no new start", 0, STOPPING, UP, 1, 0,
	    0, 0, W(DOWN), STOPPING, DOWN, 0, 0, ANY, 0, 0 },
	{ "second down shortens to TERM", 0, STOPPING, DOWN, 0, 0, 0, 0,
	    W(DOWN), STOPPING, DOWN, 0, 0, 5000, 0, SIGTERM },
	{ "third down shortens to KILL", 0, STOPPING, DOWN, 0, 0, 1, 0,
	    W(DOWN), STOPPING, DOWN, 0, 0, 5000, 0, SIGKILL },
	{ "after KILL a down is nothing new", 0, STOPPING, DOWN, 0, 0, 2, 0,
	    W(DOWN), STOPPING, DOWN, 0, 0, ANY, 0, 0 },
	{ "restart when running", 0, RUNNING, UP, 0, 0, 0, 9, W(WANT_RESTART),
	    STOPPING, UP, 1, 0, 30000, 0, SIGINT },
	{ "restart when stopped", 0, STOPPED, DOWN, 0, 0, 0, 0,
	    W(WANT_RESTART), STARTING, UP, 0, 0, 0, 1, 0 },
	{ "restart in backoff", 0, BACKOFF, UP, 0, 2, 0, 0, W(WANT_RESTART),
	    STARTING, UP, 0, 0, 0, 1, 0 },
	{ "restart when failed", 0, FAILED, UP, 0, 2, 0, 0, W(WANT_RESTART),
	    STARTING, UP, 0, 0, 0, 1, 0 },
	{ "restart while starting", 0, STARTING, UP, 0, 0, 0, 0,
	    W(WANT_RESTART), STARTING, UP, 1, 0, 0, 0, 0 },
	{ "restart while stopping", 0, STOPPING, DOWN, 0, 0, 0, 0,
	    W(WANT_RESTART), STOPPING, UP, 1, 0, ANY, 0, 0 },
	{ "restart while restarting does not shorten", 0, STOPPING, UP, 1, 0,
	    0, 0, W(WANT_RESTART), STOPPING, UP, 1, 0, ANY, 0, 0 },
	{ "an old order", 0, RUNNING, UP, 0, 0, 0, 0, OLD(DOWN),
	    RUNNING, UP, 0, 0, 0, 0, 0 },
	{ "an old restart", 0, RUNNING, UP, 0, 0, 0, 0, OLD(WANT_RESTART),
	    RUNNING, UP, 0, 0, 0, 0, 0 },
	{ "an old up", 0, STOPPED, DOWN, 0, 0, 0, 0, OLD(UP),
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },

	/* starts */
	{ "started", 0, STARTING, UP, 0, 2, 0, 0, STARTED,
	    RUNNING, UP, 0, 2, 0, 0, 0 },
	{ "started, wanted down meanwhile", 0, STARTING, DOWN, 0, 0, 0, 0,
	    STARTED, STOPPING, DOWN, 0, 0, 30000, 0, SIGINT },
	{ "started, restart came meanwhile", 0, STARTING, UP, 1, 0, 0, 0,
	    STARTED, STOPPING, UP, 1, 0, 30000, 0, SIGINT },
	{ "started of the past", 0, STARTING, UP, 0, 0, 0, 0, STARTED_OLD,
	    STARTING, UP, 0, 0, 0, 0, 0 },
	{ "may not run yet", 0, STARTING, UP, 0, 1, 0, 0, FAILS(1),
	    STOPPED, UP, 0, 1, 0, 0, 0 },
	{ "may not run yet, restart", 0, STARTING, UP, 1, 1, 0, 0, FAILS(1),
	    STOPPED, UP, 0, 1, 0, 0, 0 },
	{ "no passphrase", 0, STARTING, UP, 0, 1, 0, 0, FAILS(3),
	    LOCKED, UP, 0, 1, 0, 0, 0 },
	{ "no passphrase, wanted down", 0, STARTING, DOWN, 0, 0, 0, 0,
	    FAILS(3), STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "locked in backoff", 0, BACKOFF, UP, 0, 2, 0, 3000, LOCK,
	    LOCKED, UP, 0, 2, 0, 0, 0 },
	{ "locked when failed", 0, FAILED, UP, 0, 10, 0, 600000, LOCK,
	    LOCKED, UP, 0, 10, 0, 0, 0 },
	{ "locked when it had finished", 0, STOPPED, UP, 0, 0, 0, 0, LOCK,
	    STOPPED, UP, 0, 0, 0, 0, 0 },
	{ "locked when down by order", 0, STOPPED, DOWN, 0, 0, 0, 0, LOCK,
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "locked while it runs", 0, RUNNING, UP, 0, 0, 0, 0, LOCK,
	    RUNNING, UP, 0, 0, 0, 0, 0 },
	{ "locked while a start is out", 0, STARTING, UP, 0, 0, 0, 0, LOCK,
	    STARTING, UP, 0, 0, 0, 0, 0 },
	{ "locked is not tried again", 0, SERVICE_LOCKED, UP, 0, 2, 0, 0,
	    DUE, LOCKED, UP, 0, 2, 0, 0, 0 },
	{ "host is short", 0, STARTING, UP, 0, 0, 0, 0, FAILS(2),
	    BACKOFF, UP, 0, 0, 1000, 0, 0 },
	{ "host is short, third", 0, STARTING, UP, 0, 2, 0, 0, FAILS(2),
	    BACKOFF, UP, 0, 2, 4000, 0, 0 },
	{ "cannot start", 0, STARTING, UP, 0, 0, 0, 0, FAILS(0),
	    BACKOFF, UP, 0, 1, 1000, 0, 0 },
	{ "cannot start, second", 0, STARTING, UP, 0, 1, 0, 0, FAILS(0),
	    BACKOFF, UP, 0, 2, 2000, 0, 0 },
	{ "cannot start, limit", 0, STARTING, UP, 0, 9, 0, 0, FAILS(0),
	    FAILED, UP, 0, 10, 600000, 0, 0 },
	{ "cannot start, wanted down", 0, STARTING, DOWN, 0, 0, 0, 0,
	    FAILS(0), STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "short, wanted down", 0, STARTING, DOWN, 0, 0, 0, 0, FAILS(2),
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "start failed when not starting", 0, RUNNING, UP, 0, 0, 0, 0,
	    FAILS(0), RUNNING, UP, 0, 0, 0, 0, 0 },

	/* ends, restart: always */
	{ "crash after a second: at once", 0, RUNNING, UP, 0, 0, 0, 1000,
	    CODE(1), STARTING, UP, 0, 1, 0, 1, 0 },
	{ "crash before a second", 0, RUNNING, UP, 0, 0, 0, 999, CODE(1),
	    BACKOFF, UP, 0, 1, 1000, 0, 0 },
	{ "second crash waits", 0, RUNNING, UP, 0, 1, 0, 5000, SIG(SIGSEGV),
	    BACKOFF, UP, 0, 2, 2000, 0, 0 },
	{ "fourth", 0, RUNNING, UP, 0, 3, 0, 5000, CODE(2),
	    BACKOFF, UP, 0, 4, 8000, 0, 0 },
	{ "seventh is at the cap", 0, RUNNING, UP, 0, 6, 0, 5000, CODE(2),
	    BACKOFF, UP, 0, 7, 60000, 0, 0 },
	{ "ninth stays at the cap", 0, RUNNING, UP, 0, 8, 0, 10, CODE(2),
	    BACKOFF, UP, 0, 9, 60000, 0, 0 },
	{ "tenth has failed", 0, RUNNING, UP, 0, 9, 0, 10, CODE(2),
	    FAILED, UP, 0, 10, 600000, 0, 0 },
	{ "slow retry fails again", 0, RUNNING, UP, 0, 10, 0, 10, CODE(2),
	    FAILED, UP, 0, 11, 600000, 0, 0 },
	{ "stable: forgotten", 0, RUNNING, UP, 0, 9, 0, 60000, CODE(2),
	    STARTING, UP, 0, 1, 0, 1, 0 },
	{ "not quite stable", 0, RUNNING, UP, 0, 8, 0, 59999, CODE(2),
	    BACKOFF, UP, 0, 9, 60000, 0, 0 },
	{ "unknown is a failure", 0, RUNNING, UP, 0, 0, 0, 500, UNKNOWN,
	    BACKOFF, UP, 0, 1, 1000, 0, 0 },
	{ "unknown after a second", 0, RUNNING, UP, 0, 0, 0, 1500, UNKNOWN,
	    STARTING, UP, 0, 1, 0, 1, 0 },
	{ "exit 0 is no failure", 0, RUNNING, UP, 0, 0, 0, 1500, CODE(0),
	    STARTING, UP, 0, 0, 0, 1, 0 },
	{ "exit 0 at once does not spin", 0, RUNNING, UP, 0, 0, 0, 3,
	    CODE(0), BACKOFF, UP, 0, 0, 1000, 0, 0 },
	{ "our stop signal from elsewhere", 0, RUNNING, UP, 0, 0, 0, 1500,
	    SIG(SIGINT), STARTING, UP, 0, 0, 0, 1, 0 },
	{ "an end of the past", 0, RUNNING, UP, 0, 0, 0, 500, ENDED_OLD,
	    RUNNING, UP, 0, 0, 0, 0, 0 },
	{ "an end heard twice", 0, BACKOFF, UP, 0, 1, 0, 500, CODE(1),
	    BACKOFF, UP, 0, 1, ANY, 0, 0 },
	{ "running, wanted down", 0, RUNNING, DOWN, 0, 1, 0, 500, CODE(1),
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },

	/* ends during a stop */
	{ "stopped by its signal", 0, STOPPING, DOWN, 0, 0, 0, 50,
	    SIG(SIGINT), STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "stopped by exit", 0, STOPPING, DOWN, 0, 0, 0, 50, CODE(0),
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "stopped by KILL", 0, STOPPING, DOWN, 0, 3, 2, 50, SIG(SIGKILL),
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "stopped, status unknown", 0, STOPPING, DOWN, 0, 0, 0, 50, UNKNOWN,
	    STOPPED, DOWN, 0, 0, 0, 0, 0 },
	{ "restart: start at once", 0, STOPPING, UP, 1, 0, 0, 50,
	    SIG(SIGINT), STARTING, UP, 0, 0, 0, 1, 0 },
	{ "restart of one that crashed in its stop", 0, STOPPING, UP, 1, 2,
	    0, 50, SIG(SIGSEGV), STARTING, UP, 0, 2, 0, 1, 0 },
	{ "restart with restart: never", RESTART_NEVER, STOPPING, UP, 1, 0,
	    0, 50, CODE(0), STARTING, UP, 0, 0, 0, 1, 0 },
	{ "want is the truth", 0, STOPPING, UP, 0, 0, 0, 50, CODE(0),
	    STARTING, UP, 0, 0, 0, 1, 0 },

	/* restart modes */
	{ "on-failure, exit 0", RESTART_ON_FAILURE, RUNNING, UP, 0, 0, 0,
	    1500, CODE(0), STOPPED, UP, 0, 0, 0, 0, 0 },
	{ "on-failure, stop signal", RESTART_ON_FAILURE, RUNNING, UP, 0, 0,
	    0, 1500, SIG(SIGINT), STOPPED, UP, 0, 0, 0, 0, 0 },
	{ "on-failure, exit 1", RESTART_ON_FAILURE, RUNNING, UP, 0, 0, 0,
	    1500, CODE(1), STARTING, UP, 0, 1, 0, 1, 0 },
	{ "on-failure, KILL", RESTART_ON_FAILURE, RUNNING, UP, 0, 0, 0,
	    500, SIG(SIGKILL), BACKOFF, UP, 0, 1, 1000, 0, 0 },
	{ "on-failure, unknown", RESTART_ON_FAILURE, RUNNING, UP, 0, 0, 0,
	    500, UNKNOWN, BACKOFF, UP, 0, 1, 1000, 0, 0 },
	{ "never, exit 0", RESTART_NEVER, RUNNING, UP, 0, 0, 0, 1500,
	    CODE(0), STOPPED, UP, 0, 0, 0, 0, 0 },
	{ "never, crash", RESTART_NEVER, RUNNING, UP, 0, 0, 0, 1500,
	    SIG(SIGSEGV), STOPPED, UP, 0, 0, 0, 0, 0 },
	{ "unless-exit, listed", RESTART_UNLESS_EXIT, RUNNING, UP, 0, 0, 0,
	    1500, CODE(42), STOPPED, UP, 0, 0, 0, 0, 0 },
	{ "unless-exit, listed 255", RESTART_UNLESS_EXIT, RUNNING, UP, 0, 0,
	    0, 1500, CODE(255), STOPPED, UP, 0, 0, 0, 0, 0 },
	{ "unless-exit, not listed", RESTART_UNLESS_EXIT, RUNNING, UP, 0, 0,
	    0, 1500, CODE(43), STARTING, UP, 0, 1, 0, 1, 0 },
	{ "unless-exit, a signal of that number", RESTART_UNLESS_EXIT,
	    RUNNING, UP, 0, 0, 0, 500, SIG(42), BACKOFF, UP, 0, 1, 1000, 0,
	    0 },
	{ "unless-exit, unknown", RESTART_UNLESS_EXIT, RUNNING, UP, 0, 0, 0,
	    500, UNKNOWN, BACKOFF, UP, 0, 1, 1000, 0, 0 },

	/* the clock */
	{ "backoff is over", 0, BACKOFF, UP, 0, 3, 0, 0, DUE,
	    STARTING, UP, 0, 3, 0, 1, 0 },
	{ "slow retry is due", 0, FAILED, UP, 0, 10, 0, 0, DUE,
	    STARTING, UP, 0, 10, 0, 1, 0 },
	{ "grace is over", 0, STOPPING, DOWN, 0, 0, 0, 0, DUE,
	    STOPPING, DOWN, 0, 0, 5000, 0, SIGTERM },
	{ "TERM did not do", 0, STOPPING, DOWN, 0, 0, 1, 0, DUE,
	    STOPPING, DOWN, 0, 0, 5000, 0, SIGKILL },
	{ "KILL is repeated", 0, STOPPING, UP, 1, 0, 2, 0, DUE,
	    STOPPING, UP, 1, 0, 5000, 0, SIGKILL },
};

static void
check_row(const struct row *r)
{
	struct msg_service		 service = base;
	struct msg_service_state	 s;
	struct policy_orders		 o;
	int				 live;

	service.restart = (uint8_t)r->restart;
	service.unless[42 / 8] |= 1U << 42 % 8;
	service.unless[255 / 8] |= 1U << 255 % 8;
	live = r->state == RUNNING || r->state == STOPPING;
	memset(&s, 0, sizeof(s));
	s.state = (uint8_t)r->state;
	s.want = (uint8_t)r->want;
	s.again = (uint8_t)r->again;
	s.failures = (uint32_t)r->failures;
	s.step = (uint8_t)r->step;
	s.generation = 7;
	s.pid = live ? 70 : 0;
	s.started_ms = NOW - r->up;
	s.order = 5;
	if (r->state == BACKOFF || r->state == FAILED || r->state == STOPPING)
		s.due_ms = NOW;
	policy_step(&service, &s, &r->event, NOW, 0, &o);

	print_message("%s\n", r->name);
	assert_int_equal(s.state, r->to);
	assert_int_equal(s.want, r->to_want);
	assert_int_equal(s.again, r->to_again);
	assert_int_equal(s.failures, r->to_failures);
	assert_int_equal(o.start, r->start);
	assert_int_equal(o.signal, r->signal);
	if (r->wait == 0)
		assert_int_equal(s.due_ms, 0);
	else if (r->wait != ANY)
		assert_int_equal(s.due_ms, NOW + r->wait);
	if (s.state == RUNNING || s.state == STOPPING)
		assert_int_not_equal(s.pid, 0);
	else
		assert_int_equal(s.pid, 0);
}

static void
table(void **unused)
{
	size_t	 i;

	(void)unused;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

static void
not_due_yet(void **unused)
{
	struct msg_service_state	 s;
	struct policy_event		 e = DUE;
	struct policy_orders		 o;
	int				 state;

	(void)unused;
	for (state = 0; state < SERVICE_STATES; state++) {
		memset(&s, 0, sizeof(s));
		s.state = (uint8_t)state;
		s.due_ms = NOW + 1;
		policy_step(&base, &s, &e, NOW, 0, &o);
		assert_int_equal(s.state, state);
		assert_int_equal(s.due_ms, NOW + 1);
		assert_int_equal(o.start, 0);
		assert_int_equal(o.signal, 0);
	}
}

static void
term_is_not_sent_twice(void **unused)
{
	struct msg_service		 service = base;
	struct msg_service_state	 s;
	struct policy_event		 e = DUE;
	struct policy_orders		 o;

	(void)unused;
	service.stop_signal = SIGTERM;
	memset(&s, 0, sizeof(s));
	s.state = STOPPING;
	s.pid = 3;
	s.due_ms = NOW;
	policy_step(&service, &s, &e, NOW, 0, &o);
	assert_int_equal(o.signal, SIGKILL);
	assert_int_equal(s.step, 2);
}

static void
no_retry_and_no_limit(void **unused)
{
	struct msg_service		 service = base;
	struct msg_service_state	 s;
	struct policy_event		 e = CODE(1);
	struct policy_orders		 o;

	(void)unused;
	memset(&s, 0, sizeof(s));
	s.state = RUNNING;
	s.want = UP;
	s.pid = 3;
	s.generation = 7;
	s.started_ms = NOW;
	s.failures = 50;
	service.retry_ms = 0;
	policy_step(&service, &s, &e, NOW, 0, &o);
	assert_int_equal(s.state, FAILED);
	assert_int_equal(s.due_ms, 0);

	s.state = RUNNING;
	s.pid = 3;
	s.failures = 4000000000U;
	service.limit = 0;
	policy_step(&service, &s, &e, NOW, 0, &o);
	assert_int_equal(s.state, BACKOFF);
	assert_int_equal(s.due_ms, NOW + 60000);
}

/* Chance takes up to a quarter off and never adds. */
static void
jitter(void **unused)
{
	struct msg_service_state	 s;
	struct policy_event		 e = FAILS(0);
	struct policy_orders		 o;
	int64_t				 wait, least = INT64_MAX, most = 0;
	uint32_t			 chance;

	(void)unused;
	for (chance = 0; chance < 5000; chance++) {
		memset(&s, 0, sizeof(s));
		s.state = STARTING;
		s.want = UP;
		s.failures = 2;
		policy_step(&base, &s, &e, NOW, chance * 2654435761U, &o);
		wait = s.due_ms - NOW;
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_in_range(least, 3000, 3010);
	assert_in_range(most, 3990, 4000);
}

static void
a_life(void **unused)
{
	struct msg_service_state	 s;
	struct policy_event		 e;
	struct policy_orders		 o;
	int64_t				 now = NOW;

	(void)unused;
	memset(&s, 0, sizeof(s));
	e = (struct policy_event){ .type = POLICY_WANT, .want = UP,
	    .order = 1 };
	policy_step(&base, &s, &e, now, 0, &o);
	assert_int_equal(o.start, 1);
	assert_int_equal(o.automatic, 0);
	e = (struct policy_event){ .type = POLICY_STARTED, .generation = 1,
	    .pid = 10 };
	policy_step(&base, &s, &e, now += 5, 0, &o);
	assert_int_equal(s.restarts, 0);
	assert_int_equal(s.since_ms, now);
	e = (struct policy_event){ .type = POLICY_ENDED, .generation = 1,
	    .exit_kind = EXIT_SIGNAL, .exit_value = SIGSEGV };
	policy_step(&base, &s, &e, now += 2000, 0, &o);
	assert_int_equal(s.state, STARTING);
	assert_int_equal(o.automatic, 1);
	assert_int_equal(s.exit_kind, EXIT_SIGNAL);
	assert_int_equal(s.exit_value, SIGSEGV);
	e = (struct policy_event){ .type = POLICY_STARTED, .generation = 2,
	    .pid = 11 };
	policy_step(&base, &s, &e, now += 5, 0, &o);
	assert_int_equal(s.restarts, 1);
	assert_int_equal(s.pid, 11);
	assert_int_equal(s.generation, 2);
	e = (struct policy_event){ .type = POLICY_WANT, .want = DOWN,
	    .order = 2 };
	policy_step(&base, &s, &e, now += 5, 0, &o);
	assert_int_equal(o.signal, SIGINT);
	e = (struct policy_event){ .type = POLICY_ENDED, .generation = 2,
	    .exit_kind = EXIT_CODE };
	policy_step(&base, &s, &e, now += 5, 0, &o);
	assert_int_equal(s.state, STOPPED);
	assert_int_equal(s.pid, 0);
	assert_int_equal(s.order, 2);
}

/* A start that failed late has used a generation up: the next order has it */
static void
a_failed_start_counts(void **unused)
{
	struct msg_service_state	 s;
	struct policy_event		 e = FAILS(2);
	struct policy_orders		 o;

	(void)unused;
	memset(&s, 0, sizeof(s));
	s.state = STARTING;
	s.want = UP;
	s.generation = 7;
	e.generation = 8;
	policy_step(&base, &s, &e, NOW, 0, &o);
	assert_int_equal(s.generation, 8);
	assert_int_equal(s.state, BACKOFF);
	s.state = STARTING;
	e.generation = 6;
	policy_step(&base, &s, &e, NOW, 0, &o);
	assert_int_equal(s.generation, 8);
}

static void
resume(void **unused)
{
	struct msg_service_state	 s;
	struct policy_orders		 o;
	int				 state;

	(void)unused;
	for (state = 0; state < SERVICE_STATES; state++) {
		memset(&s, 0, sizeof(s));
		s.state = (uint8_t)state;
		s.want = UP;
		policy_resume(&base, &s, &o);
		assert_int_equal(o.start, state == STARTING);
		assert_int_equal(o.signal, state == STOPPING ? SIGINT : 0);
	}
	s.state = STOPPING;
	s.step = 1;
	policy_resume(&base, &s, &o);
	assert_int_equal(o.signal, SIGTERM);
	s.step = 2;
	policy_resume(&base, &s, &o);
	assert_int_equal(o.signal, SIGKILL);
}

static void
budget(void **unused)
{
	struct policy_budget		 b;
	struct policy_orders		 o = { 1, 1, 0 };
	struct msg_service_state	 s;
	int				 i;

	(void)unused;
	memset(&b, 0, sizeof(b));
	for (i = 0; i < 120; i++)
		assert_int_equal(policy_budget_take(&b, 10, NOW), 1);
	assert_int_equal(policy_budget_take(&b, 10, NOW), 0);
	assert_int_equal(policy_budget_take(&b, 10, NOW + 400), 0);
	assert_int_equal(policy_budget_take(&b, 10, NOW + 500), 1);
	assert_int_equal(policy_budget_take(&b, 10, NOW + 500), 0);
	/* a minute refills, a year does no more */
	for (i = 0; i < 120; i++)
		assert_int_equal(policy_budget_take(&b, 10,
		    NOW + 31536000000LL), 1);
	assert_int_equal(policy_budget_take(&b, 10, NOW + 31536000000LL), 0);

	memset(&s, 0, sizeof(s));
	s.state = STARTING;
	s.want = UP;
	policy_defer(&s, NOW, 17, &o);
	assert_int_equal(s.state, BACKOFF);
	assert_int_equal(s.due_ms, NOW + 1017);
	assert_int_equal(o.start, 0);
}

/*
 * Any event in any order, with a model parent: never two starts out, never a
 * start of what runs, every signal meant for a run, and once wanted down and
 * left alone it comes to rest.
 */
static void
random_walk(void **unused)
{
	struct msg_service_state	 s;
	struct policy_event		 e;
	struct policy_orders		 o;
	uint64_t			 gen = 0, order = 0;
	int64_t				 now = NOW;
	int				 i, running = 0, ordered = 0, dice;

	(void)unused;
	srandom(1);
	memset(&s, 0, sizeof(s));
	for (i = 0; i < 200000; i++) {
		memset(&e, 0, sizeof(e));
		now += random() % 3000;
		dice = (int)(random() % 8);
		if (dice < 2) {
			e.type = POLICY_WANT;
			e.want = (uint8_t)(random() % 3);
			e.order = ++order - (uint64_t)(random() % 2);
		} else if (dice < 4 && ordered) {
			ordered = 0;
			if (random() % 4 == 0) {
				e.type = POLICY_START_FAILED;
				e.wait = (uint8_t)(random() % 4);
			} else {
				e.type = POLICY_STARTED;
				e.generation = ++gen;
				e.pid = 1000 + i;
				running = 1;
			}
		} else if (dice < 6 && running) {
			running = 0;
			e.type = POLICY_ENDED;
			e.generation = gen;
			e.exit_kind = (uint8_t)(1 + random() % 3);
			e.exit_value = (uint8_t)(random() % 3);
		} else if (dice == 6)
			e.type = POLICY_LOCK;
		else
			e.type = POLICY_DUE;
		policy_step(&base, &s, &e, now, (uint32_t)random(), &o);
		if (o.start) {
			assert_false(ordered);
			assert_false(running);
			assert_int_equal(s.state, STARTING);
			assert_int_equal(s.want, UP);
			ordered = 1;
		}
		if (o.signal != 0) {
			assert_true(running);
			assert_int_equal(s.state, STOPPING);
		}
		assert_int_equal(s.state == STARTING, ordered);
		assert_int_equal(s.pid != 0, running);
		assert_int_equal(s.state == RUNNING || s.state == STOPPING,
		    running);
		if (s.want == DOWN)
			assert_true(s.state == STOPPED ||
			    s.state == STARTING || s.state == STOPPING);
		if (s.state == BACKOFF || s.state == STOPPING)
			assert_int_not_equal(s.due_ms, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(not_due_yet),
		cmocka_unit_test(term_is_not_sent_twice),
		cmocka_unit_test(no_retry_and_no_limit),
		cmocka_unit_test(jitter),
		cmocka_unit_test(a_life),
		cmocka_unit_test(a_failed_start_counts),
		cmocka_unit_test(resume),
		cmocka_unit_test(budget),
		cmocka_unit_test(random_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
