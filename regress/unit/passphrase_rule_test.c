#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lavavisord/passphrase_rule.h"

#define LAVAP	.is_lavap = 1
#define DIED	.failed = 1

struct rule_case {
	const char		*name;
	struct passphrase_run	 run;
	enum passphrase_verdict	 verdict;
};

static const struct rule_case	 cases[] = {
	{ "it never asked", { LAVAP, DIED, .ran_ms = 5 },
	    PASSPHRASE_UNDECIDED },
	{ "never asked, and had become ready", { LAVAP, .ready = 1 },
	    PASSPHRASE_UNDECIDED },
	{ "asked once and went on", { LAVAP, DIED, .asked = 1 },
	    PASSPHRASE_PROVEN },
	{ "a new keyring, and it died", { LAVAP, DIED, .asked = 2 },
	    PASSPHRASE_DOUBTED },
	{ "the same for the third time", { LAVAP, DIED, .asked = 2,
	    .deaths = 2 }, PASSPHRASE_WRONG },
	{ "asked three times", { LAVAP, DIED, .asked = 3 },
	    PASSPHRASE_WRONG },
	{ "asked three times, though ready by its check", { LAVAP, DIED,
	    .asked = 3, .ready = 1 }, PASSPHRASE_WRONG },
	{ "asked three times on a version that it was moved to", { LAVAP,
	    DIED, .asked = 3, .moving = 1 }, PASSPHRASE_UNDECIDED },
	{ "asked three times and was stopped", { LAVAP, .asked = 3,
	    .stopped = 1 }, PASSPHRASE_UNDECIDED },
	{ "asked three times and was killed", { LAVAP, .asked = 3 },
	    PASSPHRASE_UNDECIDED },
	{ "was ready", { LAVAP, DIED, .asked = 1, .ready = 1 },
	    PASSPHRASE_PROVEN },
	{ "another program, died young", { DIED, .asked = 1 },
	    PASSPHRASE_DOUBTED },
	{ "once more", { DIED, .asked = 1, .deaths = 1 },
	    PASSPHRASE_DOUBTED },
	{ "and again", { DIED, .asked = 1, .deaths = 2 },
	    PASSPHRASE_WRONG },
	{ "died old", { DIED, .asked = 1, .deaths = 2, .ran_ms = 60000 },
	    PASSPHRASE_PROVEN },
	{ "not that old", { DIED, .asked = 1, .deaths = 2,
	    .ran_ms = 59999 }, PASSPHRASE_WRONG },
	{ "finished", { .asked = 1, .deaths = 2, .ran_ms = 5 },
	    PASSPHRASE_UNDECIDED },
	{ "asks for three by nature", { .asked = 3, .ready = 1 },
	    PASSPHRASE_PROVEN }
};

static void
rules(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (passphrase_judge(&cases[i].run) != cases[i].verdict)
			fail_msg("%s", cases[i].name);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(rules)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
