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
	uint64_t	 known;
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
	/* One behind a balancer may lag a little. */
	{ "lava", 90, 5, 0, 100, NODE_OK, "" },
	{ "lava", 89, 5, 0, 100, NODE_STALE,
	    "height 89 is far below 100, which was agreed on before (did the "
	    "chain begin anew? then: lavavisorctl nodes forget)" },
	/* Known is of 60 s ago: 100 + 100 + 90 * 10 */
	{ "lava", 1100, 5, 0, 100, NODE_OK, "" },
	{ "lava", 1101, 5, 0, 100, NODE_BAD_ANSWER,
	    "height 1101 cannot be true, the chain is at 1100 at most" },
	{ "lava", INT64_C(1) << 62, 5, 0, 100, NODE_BAD_ANSWER,
	    "height 4611686018427387904 cannot be true, the chain is at 1100 "
	    "at most" },
	{ "lava", INT64_C(1) << 62, 5, 0, 0, NODE_BAD_ANSWER,
	    "height 4611686018427387904 cannot be true, the chain is at "
	    "2536992400 at most" },
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
	struct chain_height		 known;
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
		known.height = row->known;
		known.time_s = NOW - 60;
		got = policy_status(&setup, &status, &known, NOW, why,
		    sizeof(why));
		if (got != row->state || strcmp(why, row->why) != 0)
			fail_msg("row %zu: %d %s", i, got, why);
	}
	/* Without a configured chain id any will do. */
	setup.chain_id[0] = '\0';
	status.time_s = NOW;
	status.catching_up = 0;
	known.height = 0;
	assert_int_equal(policy_status(&setup, &status, &known, NOW, why,
	    sizeof(why)), NODE_OK);
}

static void
test_status_extreme_times(void **state)
{
	struct msg_monitor_setup	 setup;
	struct chain_status		 status;
	const struct chain_height	 none = { 0, 0 };
	char				 why[TEXT_SIZE];

	(void)state;
	memset(&setup, 0, sizeof(setup));
	memset(&status, 0, sizeof(status));
	setup.max_block_age_s = UINT32_MAX;
	status.height = 1;
	status.time_s = -62135596800;
	assert_int_equal(policy_status(&setup, &status, &none, NOW, why,
	    sizeof(why)), NODE_STALE);
	status.time_s = 253402300799;
	assert_int_equal(policy_status(&setup, &status, &none, NOW, why,
	    sizeof(why)), NODE_BAD_ANSWER);
}

static const struct params_row {
	int64_t		 read_at, height;
	uint64_t	 known;
	enum node_state	 state;
} params_rows[] = {
	{ 100, 100, 0, NODE_OK },
	{ 100, 100, 100, NODE_OK },
	{ 99, 100, 100, NODE_OK },
	{ 90, 100, 100, NODE_OK },
	{ 90, 100, 101, NODE_STALE },
	{ 90, 100, 0, NODE_OK },
	{ 89, 100, 0, NODE_STALE },
	{ 200, 100, 0, NODE_OK },
	{ 201, 100, 0, NODE_BAD_ANSWER },
	/* Known is of now: 100 + 100 + 30 * 10 */
	{ 500, 450, 100, NODE_OK },
	{ 501, 450, 100, NODE_BAD_ANSWER },
	{ INT64_MAX, 100, 0, NODE_BAD_ANSWER },
	{ INT64_MAX, INT64_MAX, 0, NODE_BAD_ANSWER },
	{ 1, 1, 0, NODE_OK },
	{ 1, 1, UINT64_MAX, NODE_STALE },
};

static void
test_params(void **state)
{
	const struct params_row	*row;
	struct chain_height	 known;
	char			 why[TEXT_SIZE];
	size_t			 i;

	(void)state;
	known.time_s = NOW;
	for (i = 0; i < sizeof(params_rows) / sizeof(params_rows[0]); i++) {
		row = &params_rows[i];
		known.height = row->known;
		if (policy_params(row->read_at, row->height, &known, NOW, why,
		    sizeof(why)) != row->state)
			fail_msg("row %zu: %s", i, why);
		assert_int_equal(why[0] == '\0', row->state == NODE_OK);
	}
}

static const struct backoff_row {
	uint32_t	 poll_ms;
	unsigned int	 failures;
	int64_t		 retry_after_s;
	int64_t		 wait;
} backoff_rows[] = {
	{ 15000, 0, 0, 0 },
	{ 15000, 1, 0, 0 },
	{ 15000, 2, 0, 30000 - 7500 },
	{ 15000, 5, 0, 240000 - 7500 },
	{ 15000, 6, 0, 300000 - 7500 },
	{ 15000, UINT32_MAX, 0, 300000 - 7500 },
	{ 900000, 9, 0, 900000 - 450000 },
	{ 86400000, 9, 0, 86400000 - 43200000 },
	{ 15000, 0, 5, 5000 },
	{ 15000, 1, 60, 60000 },
	{ 15000, 3, 20, 60000 - 7500 },
	{ 15000, 1, 999999999, 3600000 },
	{ 15000, 1, INT64_MAX, 3600000 },
	{ 15000, 1, -5, 0 },
	{ 1, 1, 0, 0 },
};

static void
test_backoff(void **state)
{
	const struct backoff_row	*row;
	size_t				 i;
	int64_t				 wait;

	(void)state;
	for (i = 0; i < sizeof(backoff_rows) / sizeof(backoff_rows[0]); i++) {
		row = &backoff_rows[i];
		wait = policy_backoff_ms(row->poll_ms, row->failures,
		    row->retry_after_s);
		if (wait != row->wait)
			fail_msg("row %zu: %lld", i, (long long)wait);
	}
}

static void
test_round(void **state)
{
	int64_t		 ms, least = INT64_MAX, most = 0;
	uint32_t	 random;

	(void)state;
	for (random = UINT32_MAX - 100; random != 100; random++) {
		ms = policy_round_ms(15000, random);
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_int_equal(least, 14250);
	assert_int_equal(most, 15750);
	assert_int_equal(policy_round_ms(86400000, 10), 90720000);
}

static void
test_agreement(void **state)
{
	struct msg_agreement	 m;
	char			 text[TEXT_SIZE];
	int			 i;

	(void)state;
	memset(&m, 0, sizeof(m));
	m.groups = 5;
	m.quorum = 3;
	m.voting = m.agree = 1;
	for (i = 0; i < AGREEMENTS; i++) {
		m.state = (uint8_t)i;
		policy_agreement(&m, 90, text, sizeof(text));
		assert_int_equal(text[0] == '\0', i == AGREEMENT_YES);
		if (i != AGREEMENT_YES)
			assert_non_null(strstr(text, "nothing is decided"));
	}
	m.state = AGREEMENT_FEW;
	policy_agreement(&m, 0, text, sizeof(text));
	assert_string_equal(text, "1 of 5 operators answers well, quorum is 3: "
	    "nothing is decided");
	m.state = AGREEMENT_CLOCK_SLOW;
	policy_agreement(&m, 90, text, sizeof(text));
	assert_non_null(strstr(text, "at least 90 s in the future: the clock "
	    "of this machine is wrong"));
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
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_agreement),
		cmocka_unit_test(test_failed)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
