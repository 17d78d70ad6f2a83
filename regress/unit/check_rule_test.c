/* What `lavavisorctl check' says of services, roles, nodes and the disk. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisord/check_rule.h"

#define UP	.name = "p", .wanted = 1, .unwell = "", .reason = ""
#define YES	.state = SERVICE_RUNNING, .ready = READINESS_YES
#define NO	.state = SERVICE_RUNNING, .ready = READINESS_NO

struct service_row {
	struct check_service	 f;
	enum check_status	 all;	/* among all services */
	enum check_status	 one;	/* asked for by name */
	const char		*text;	/* among all, a part of it */
};

static void
services_are_judged(void **state)
{
	static const struct service_row	 table[] = {
		{ { UP, YES }, CHECK_OK, CHECK_OK, "" },
		{ { UP, .state = SERVICE_RUNNING }, CHECK_OK, CHECK_OK, "" },
		{ { UP, NO }, CHECK_CRITICAL, CHECK_CRITICAL,
		    "p is not ready" },
		{ { UP, NO, .ready_due = 1 }, CHECK_WARNING, CHECK_CRITICAL,
		    "p is not ready" },
		{ { UP, NO, .moving = 1 }, CHECK_WARNING, CHECK_CRITICAL,
		    "p is not ready" },
		{ { .name = "p", .wanted = 1, .reason = "refused",
		    .unwell = "", NO }, CHECK_CRITICAL, CHECK_CRITICAL,
		    "p is not ready: refused" },
		{ { .name = "p", .wanted = 1, .reason = "", .unwell = "502",
		    YES }, CHECK_CRITICAL, CHECK_CRITICAL,
		    "p is not well: 502" },
		{ { UP, .state = SERVICE_FAILED }, CHECK_CRITICAL,
		    CHECK_CRITICAL, "p failed" },
		{ { UP, .state = SERVICE_BACKOFF }, CHECK_CRITICAL,
		    CHECK_CRITICAL, "p waits for another start" },
		{ { UP, .state = SERVICE_LOCKED }, CHECK_CRITICAL,
		    CHECK_CRITICAL, "p is locked" },
		{ { .name = "p", .wanted = 1, .unwell = "", .reason =
		    "no binary" }, CHECK_CRITICAL, CHECK_CRITICAL,
		    "p is down: no binary" },
		{ { UP, .state = SERVICE_STARTING }, CHECK_WARNING,
		    CHECK_CRITICAL, "p is being started" },
		{ { UP, .state = SERVICE_STOPPING, .again = 1 },
		    CHECK_WARNING, CHECK_CRITICAL, "p is being started" },
		{ { UP, .state = SERVICE_STOPPING }, CHECK_CRITICAL,
		    CHECK_CRITICAL, "p is down" },
		{ { UP, .state = SERVICE_STOPPED, .soon = 1 }, CHECK_WARNING,
		    CHECK_CRITICAL, "p is being started" },
		{ { UP, .state = SERVICE_STOPPING, .moving = 1 },
		    CHECK_WARNING, CHECK_CRITICAL, "p is being moved" },
		{ { UP, .state = SERVICE_STOPPED, .finished = 1 }, CHECK_OK,
		    CHECK_CRITICAL, "" },
		{ { .name = "p", .unwell = "", .reason = "" }, CHECK_OK,
		    CHECK_CRITICAL, "" }
	};
	struct check_report	 r;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		memset(&r, 0, sizeof(r));
		check_service(&r, &table[i].f);
		if (r.status != table[i].all ||
		    strstr(r.text, table[i].text) == NULL)
			fail_msg("row %zu: %d \"%s\"", i, (int)r.status,
			    r.text);
		memset(&r, 0, sizeof(r));
		check_one_service(&r, &table[i].f);
		if (r.status != table[i].one)
			fail_msg("row %zu, by name: %d \"%s\"", i,
			    (int)r.status, r.text);
	}
}

static void
roles_are_judged(void **state)
{
	static const struct {
		enum decide_why		 why;
		int			 below_min;
		enum check_status	 status;
	} table[] = {
		{ WHY_UP_TO_DATE, 0, CHECK_OK },
		{ WHY_SETTLING, 0, CHECK_OK },
		{ WHY_SPLAY, 0, CHECK_OK },
		{ WHY_WINDOW, 0, CHECK_OK },
		{ WHY_BEHIND_TARGET, 0, CHECK_OK },
		{ WHY_FETCHING, 0, CHECK_OK },
		{ WHY_ROLLING, 0, CHECK_OK },
		{ WHY_PINNED, 0, CHECK_OK },
		{ WHY_APPROVAL, 0, CHECK_WARNING },
		{ WHY_HOLD, 0, CHECK_WARNING },
		{ WHY_BAD, 0, CHECK_WARNING },
		{ WHY_NO_RELEASE, 0, CHECK_WARNING },
		{ WHY_UNREACHABLE, 0, CHECK_WARNING },
		{ WHY_BELOW_MIN, 1, CHECK_CRITICAL },
		{ WHY_SETTLING, 1, CHECK_CRITICAL },
		{ WHY_PINNED, 1, CHECK_CRITICAL }
	};
	struct decide_result	 d;
	struct check_report	 r;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		memset(&r, 0, sizeof(r));
		memset(&d, 0, sizeof(d));
		d.why = table[i].why;
		d.below_min = table[i].below_min;
		strlcpy(d.text, "because", sizeof(d.text));
		check_role(&r, "provider", &d);
		assert_int_equal(r.status, table[i].status);
		assert_int_equal(r.problems, r.status != CHECK_OK);
		if (r.status != CHECK_OK)
			assert_non_null(strstr(r.text, "because"));
	}
}

static void
nodes_and_disk_are_judged(void **state)
{
	struct check_report	 r;

	(void)state;
	memset(&r, 0, sizeof(r));
	check_nodes(&r, AGREEMENT_YES, "", 3, 3);
	check_nodes(&r, AGREEMENT_UNKNOWN, "", 0, 0);
	check_disk(&r, 50, 1000);
	check_disk(&r, 0, 0);
	assert_int_equal(r.status, CHECK_OK);
	assert_int_equal(r.problems, 0);
	check_nodes(&r, AGREEMENT_YES, "", 3, 2);
	assert_int_equal(r.status, CHECK_WARNING);
	assert_non_null(strstr(r.text, "1 of 3 nodes is not well"));
	memset(&r, 0, sizeof(r));
	check_nodes(&r, AGREEMENT_SPLIT, "two say otherwise", 3, 3);
	assert_non_null(strstr(r.text, "nodes: split: two say otherwise"));
	memset(&r, 0, sizeof(r));
	check_disk(&r, (uint64_t)40 << 20, (uint64_t)1000 << 20);
	assert_int_equal(r.status, CHECK_WARNING);
	assert_string_equal(r.text,
	    "the disk is nearly full: 40 MB left of 1000; ");
}

static void
the_worst_comes_first(void **state)
{
	struct check_report	 r;
	int			 i;

	(void)state;
	memset(&r, 0, sizeof(r));
	check_add(&r, CHECK_WARNING, "w1");
	check_add(&r, CHECK_CRITICAL, "c1");
	check_add(&r, CHECK_WARNING, "w2 | x=1");
	check_add(&r, CHECK_CRITICAL, "c2");
	assert_int_equal(r.status, CHECK_CRITICAL);
	assert_int_equal(r.problems, 4);
	assert_string_equal(r.text, "c1; c2; w1; w2 / x=1; ");
	assert_string_equal(check_status_name(r.status), "CRITICAL");
	for (i = 0; i < 1000; i++)
		check_add(&r, i % 2 ? CHECK_WARNING : CHECK_CRITICAL,
		    "number %d", i);
	assert_int_equal(r.problems, 1004);
	assert_true(strlen(r.text) < sizeof(r.text));
	assert_true(r.left_out > 0);
	assert_int_equal(strncmp(r.text, "c1; c2; number 0; ", 18), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(services_are_judged),
		cmocka_unit_test(roles_are_judged),
		cmocka_unit_test(nodes_and_disk_are_judged),
		cmocka_unit_test(the_worst_comes_first)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
