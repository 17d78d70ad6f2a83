#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/message.h"
#include "lavavisord/monitor/chain.h"
#include "lavavisord/monitor/policy.h"

#define NOW	1800000000

static const struct status_row {
	const char	*network;
	int64_t		 height;
	int64_t		 age_s;
	int		 catching_up;
	int64_t		 highest;
	enum node_state	 state;
	const char	*why;
} status_rows[] = {
	{ "lava", 100, 5, 0, 0, NODE_OK, "" },
	{ "lava", 100, 5, 0, 100, NODE_OK, "" },
	{ "lava", 100, 600, 0, 0, NODE_OK, "" },
	{ "lava", 100, 601, 0, 0, NODE_STALE,
	    "latest block is 601 s old, over 600 s" },
	{ "lava", 100, -30, 0, 0, NODE_OK, "" },
	{ "lava", 100, -31, 0, 0, NODE_BAD_ANSWER,
	    "latest block is 31 s in the future: is the clock of this "
	    "machine right?" },
	{ "lava", 99, 5, 0, 100, NODE_STALE,
	    "height went back from 100 to 99" },
	{ "lava", 100, 5, 1, 0, NODE_CATCHING_UP,
	    "catching up, at height 100" },
	{ "lava", 1, 700, 1, 100, NODE_CATCHING_UP,
	    "catching up, at height 1" },
	{ "lavax", 100, 5, 0, 0, NODE_WRONG_CHAIN,
	    "chain id is lavax, wanted lava" },
	{ "lav", 100, 700, 1, 200, NODE_WRONG_CHAIN,
	    "chain id is lav, wanted lava" },
};

static void
test_status(void **state)
{
	const struct status_row		*row;
	struct msg_monitor_setup	 setup;
	struct chain_status		 status;
	enum node_state			 got;
	char				 why[TEXT_SIZE];
	size_t				 i;

	(void)state;
	memset(&setup, 0, sizeof(setup));
	strlcpy(setup.chain_id, "lava", sizeof(setup.chain_id));
	setup.max_block_age_s = 600;
	for (i = 0; i < sizeof(status_rows) / sizeof(status_rows[0]); i++) {
		row = &status_rows[i];
		memset(&status, 0, sizeof(status));
		strlcpy(status.network, row->network, sizeof(status.network));
		status.height = row->height;
		status.time_s = NOW - row->age_s;
		status.catching_up = row->catching_up;
		got = policy_status(&setup, &status, row->highest, NOW, why,
		    sizeof(why));
		if (got != row->state || strcmp(why, row->why) != 0)
			fail_msg("row %zu: %d %s", i, got, why);
	}
	/* Without a configured chain id any will do. */
	setup.chain_id[0] = '\0';
	status.time_s = NOW;
	status.catching_up = 0;
	assert_int_equal(policy_status(&setup, &status, 0, NOW, why,
	    sizeof(why)), NODE_OK);
}

static void
test_status_extreme_times(void **state)
{
	struct msg_monitor_setup	 setup;
	struct chain_status		 status;
	char				 why[TEXT_SIZE];

	(void)state;
	memset(&setup, 0, sizeof(setup));
	memset(&status, 0, sizeof(status));
	setup.max_block_age_s = UINT32_MAX;
	status.height = 1;
	status.time_s = -62135596800;
	assert_int_equal(policy_status(&setup, &status, 0, NOW, why,
	    sizeof(why)), NODE_STALE);
	status.time_s = 253402300799;
	assert_int_equal(policy_status(&setup, &status, 0, NOW, why,
	    sizeof(why)), NODE_BAD_ANSWER);
}

static const struct params_row {
	int64_t		 read_at, height, accepted;
	enum node_state	 state;
} params_rows[] = {
	{ 100, 100, 0, NODE_OK },
	{ 100, 100, 100, NODE_OK },
	{ 99, 100, 100, NODE_STALE },
	{ 90, 100, 0, NODE_OK },
	{ 89, 100, 0, NODE_STALE },
	{ 200, 100, 0, NODE_OK },
	{ 201, 100, 0, NODE_BAD_ANSWER },
	{ INT64_MAX, 100, 0, NODE_BAD_ANSWER },
	{ INT64_MAX, INT64_MAX, 0, NODE_OK },
	{ 1, 1, 0, NODE_OK },
};

static void
test_params(void **state)
{
	const struct params_row	*row;
	char			 why[TEXT_SIZE];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(params_rows) / sizeof(params_rows[0]); i++) {
		row = &params_rows[i];
		if (policy_params(row->read_at, row->height, row->accepted,
		    why, sizeof(why)) != row->state)
			fail_msg("row %zu: %s", i, why);
		assert_int_equal(why[0] == '\0', row->state == NODE_OK);
	}
}

static const struct wait_row {
	uint32_t	 poll_ms;
	unsigned int	 failures;
	int64_t		 retry_after_s;
	uint32_t	 random;
	int64_t		 wait;
} wait_rows[] = {
	{ 15000, 0, 0, 10, 15000 },
	{ 15000, 0, 0, 0, 13500 },
	{ 15000, 0, 0, 20, 16500 },
	{ 15000, 0, 0, 21, 13500 },
	{ 15000, 1, 0, 10, 15000 },
	{ 15000, 2, 0, 10, 30000 },
	{ 15000, 5, 0, 10, 240000 },
	{ 15000, 6, 0, 10, 300000 },
	{ 15000, UINT32_MAX, 0, 20, 330000 },
	{ 900000, 9, 0, 10, 900000 },
	{ 86400000, 9, 0, 20, 95040000 },
	{ 15000, 1, 5, 10, 15000 },
	{ 15000, 1, 60, 10, 60000 },
	{ 15000, 1, 999999999, 10, 3600000 },
	{ 15000, 1, -5, 10, 15000 },
	{ 1, 1, 0, 10, 1 },
};

static void
test_wait(void **state)
{
	const struct wait_row	*row;
	size_t			 i;
	int64_t			 wait;

	(void)state;
	for (i = 0; i < sizeof(wait_rows) / sizeof(wait_rows[0]); i++) {
		row = &wait_rows[i];
		wait = policy_wait_ms(row->poll_ms, row->failures,
		    row->retry_after_s, row->random);
		if (wait != row->wait)
			fail_msg("row %zu: %lld", i, (long long)wait);
	}
}

static void
sample_set(struct sample *s, int64_t height, const char *target)
{
	memset(s, 0, sizeof(*s));
	s->height = height;
	s->time_s = height * 15;
	strlcpy(s->versions.provider_target, target, VERSION_SIZE);
}

static void
test_quorum(void **state)
{
	struct sample	 s[4], out;

	(void)state;
	sample_set(&s[0], 100, "6.2.5");
	sample_set(&s[1], 103, "6.2.5");
	sample_set(&s[2], 105, "6.2.4");
	sample_set(&s[3], 0, "");

	/* One is enough: its own word, whatever the others say */
	assert_int_equal(policy_quorum(s, 4, 2, 1, &out), 1);
	assert_int_equal(out.height, 105);
	assert_string_equal(out.versions.provider_target, "6.2.4");
	assert_int_equal(policy_quorum(s, 4, 2, 0, &out), 1);
	assert_int_equal(policy_quorum(s, 4, 3, 1, &out), 0);

	/* Two agree, at the lower of their heights */
	assert_int_equal(policy_quorum(s, 4, 0, 2, &out), 1);
	assert_int_equal(out.height, 100);
	assert_int_equal(out.time_s, 1500);
	assert_int_equal(policy_quorum(s, 4, 1, 2, &out), 1);
	assert_int_equal(out.height, 100);
	assert_int_equal(policy_quorum(s, 4, 2, 2, &out), 0);
	assert_int_equal(policy_quorum(s, 4, 3, 2, &out), 0);
	assert_int_equal(policy_quorum(s, 4, 0, 3, &out), 0);
	assert_int_equal(policy_quorum(s, 4, 0, 5, &out), 0);

	/* A third one cannot lift the height that two vouch for. */
	sample_set(&s[2], 110, "6.2.5");
	assert_int_equal(policy_quorum(s, 4, 0, 2, &out), 1);
	assert_int_equal(out.height, 103);

	/* Too far apart to be compared */
	sample_set(&s[1], 111, "6.2.5");
	sample_set(&s[2], 0, "");
	assert_int_equal(policy_quorum(s, 4, 0, 2, &out), 0);
	sample_set(&s[1], 110, "6.2.5");
	assert_int_equal(policy_quorum(s, 4, 0, 2, &out), 1);
}

static void
test_failed(void **state)
{
	(void)state;
	assert_int_equal(policy_failed(NODE_OK), 0);
	assert_int_equal(policy_failed(NODE_CATCHING_UP), 0);
	assert_int_equal(policy_failed(NODE_STALE), 0);
	assert_int_equal(policy_failed(NODE_WRONG_CHAIN), 1);
	assert_int_equal(policy_failed(NODE_UNREACHABLE), 1);
	assert_int_equal(policy_failed(NODE_BAD_ANSWER), 1);
	assert_int_equal(policy_failed(NODE_LIMITED), 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_status_extreme_times),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_quorum),
		cmocka_unit_test(test_failed)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
