/* The list of services in a config.yml that people write. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisorctl/local/config_list.h"
#include "lavavisorctl/local/yaml_quote.h"

struct edit {
	const char	*before;
	const char	*after;		/* NULL: nothing to do */
};

struct refusal {
	const char	*text;
	const char	*why;		/* a part of it */
};

/* All of them: "new" is put in. */
static const struct edit	 additions[] = {
	{ "", "services:\n  - new\n" },
	{ "# only a comment", "# only a comment\nservices:\n  - new\n" },
	{ "quorum: 1\n", "quorum: 1\nservices:\n  - new\n" },
	{ "quorum: 1", "quorum: 1\nservices:\n  - new\n" },
	{ "quorum: 1\r\n", "quorum: 1\r\nservices:\r\n  - new\r\n" },
	{ "  quorum: 1\n", "  quorum: 1\n  services:\n    - new\n" },
	{ "services:\n", "services:\n  - new\n" },
	{ "services:", "services:\n  - new\n" },
	{ "services: # none yet\nquorum: 1\n",
	    "services: # none yet\n  - new\nquorum: 1\n" },
	{ "services: ~\nquorum: 1\n", "services: [new]\nquorum: 1\n" },
	{ "services: null # none\n", "services: [new] # none\n" },
	{ "services: []\n", "services:\n  - new\n" },
	{ "services: []", "services:\n  - new" },
	{ "  services:   []  \r\n  quorum: 1\r\n",
	    "  services:\r\n    - new  \r\n  quorum: 1\r\n" },
	{ "services: [] # none\n", "services: [new] # none\n" },
	{ "quorum: 1\nservices: []\nsandbox: off\n",
	    "quorum: 1\nservices:\n  - new\nsandbox: off\n" },
	{ "{services: [], quorum: 1}\n", "{services: [new], quorum: 1}\n" },
	{ "services: [ ] # c\n", "services: [new ] # c\n" },
	{ "services: [a]\n", "services: [a, new]\n" },
	{ "services: [a, b ]\n", "services: [a, b, new ]\n" },
	{ "services: [a, b,]\n", "services: [a, b, new,]\n" },
	{ "services: [a, \"b,]\"]\n", "services: [a, \"b,]\", new]\n" },
	{ "services: [\n  a,   # one\n  b    # two\n]\nquorum: 1\n",
	    "services: [\n  a,   # one\n  b, new    # two\n]\nquorum: 1\n" },
	{ "{services: [a], quorum: 1}\n",
	    "{services: [a, new], quorum: 1}\n" },
	{ "services:\n  - a\n", "services:\n  - a\n  - new\n" },
	{ "services:\n  - a", "services:\n  - a\n  - new\n" },
	{ "services:\n- a\n- b\nquorum: 1\n",
	    "services:\n- a\n- b\n- new\nquorum: 1\n" },
	{ "services:\r\n    -   a\r\n\r\nquorum: 1\r\n",
	    "services:\r\n    -   a\r\n    - new\r\n\r\nquorum: 1\r\n" },
	{ "services:\r\n  - a", "services:\r\n  - a\r\n  - new\r\n" },
	{ "# one\nservices: # two\n  - a # three\n  # four\n\n# five\n"
	    "quorum: 1 # six",
	    "# one\nservices: # two\n  - a # three\n  - new\n  # four\n\n"
	    "# five\nquorum: 1 # six" },
	{ "chain-id: \"l\xc3\xa4va\"   # \xe2\x82\xac\nservices:\n  - a\n",
	    "chain-id: \"l\xc3\xa4va\"   # \xe2\x82\xac\nservices:\n  - a\n"
	    "  - new\n" },
	{ "{chain-id: \"l\xc3\xa4va\", services: [a]}",
	    "{chain-id: \"l\xc3\xa4va\", services: [a, new]}" },
	{ "\xef\xbb\xbfservices: [a]\n", "\xef\xbb\xbfservices: [a, new]\n" },
	{ "\"services\": [\"a\"]\n", "\"services\": [\"a\", new]\n" },
	{ "---\nservices:\n  - a\n", "---\nservices:\n  - a\n  - new\n" },
	{ "services:\n  - \"a\"\n  - 'b'\n",
	    "services:\n  - \"a\"\n  - 'b'\n  - new\n" },
	{ "policy:\n  services: x\nservices:\n  - a\n",
	    "policy:\n  services: x\nservices:\n  - a\n  - new\n" },
	{ "services:\n  - new\n", NULL },
	{ "services: [a, \"new\"]\n", NULL }
};

static const struct refusal	 refused_additions[] = {
	{ "services: [a, 'b''c']\n", "by hand" },
	{ "services: [a\n", "c:2:1: " },
	{ "services: {a: b}\n", "c:1:11: services must be a list" },
	{ "services: a\n", "c:1:11: services must be a list" },
	{ "services: [a, [b]]\n", "c:1:11: services must be a list" },
	{ "- a\n", "c:1:1: it must be a mapping" },
	{ "services: &x [a]\n", "c:1:" },
	{ "services: [a]\nservices: [b]\n", "c:2:1: " },
	{ "services: [a]\n---\nb: c\n", "c:2:1: " },
	{ "{quorum: 1}\n", "by hand" },
	{ "{services: }\n", "by hand" },
	{ "quorum: 1\n...\n", "by hand" },
	{ "services:\n  - a\n  -\n    b\n", "by hand" },
	{ "services:\n  - x-LAV1.service\n", "c:2:5: \"x-LAV1.service\" is a "
	    "unit of LavaVisor" }
};

/* All of them: "old" is taken out. */
static const struct edit	 removals[] = {
	{ "services:\n  - old\n", "services:\n" },
	{ "services:\n  - a\n  - old # was here\n  - b\n",
	    "services:\n  - a\n  - b\n" },
	{ "services:\r\n- old\r\n- b\r\n", "services:\r\n- b\r\n" },
	{ "services:\n  - a\n  - old", "services:\n  - a\n" },
	{ "services:\n  # about old\n  - \"old\"\n  - b\nquorum: 1\n",
	    "services:\n  # about old\n  - b\nquorum: 1\n" },
	{ "services: [old]\n", "services: []\n" },
	{ "services: [old,]\n", "services: []\n" },
	{ "services: [old, b]\n", "services: [b]\n" },
	{ "services: [a, old]\n", "services: [a]\n" },
	{ "services: [a, old, b] # c\n", "services: [a, b] # c\n" },
	{ "services: [a, \"old\" ]\n", "services: [a ]\n" },
	{ "services: [\n  a,\n  old\n]\n", "services: [\n  a\n]\n" },
	{ "services: [old-1, old, older]\n",
	    "services: [old-1, older]\n" },
	{ "services: [a]\n", NULL },
	{ "quorum: 1\n", NULL },
	{ "", NULL }
};

static void
adds(void **state)
{
	const struct edit	*e;
	char			*out, why[512];
	size_t			 i, len;
	enum list_edit		 how;

	(void)state;
	for (i = 0; i < sizeof(additions) / sizeof(additions[0]); i++) {
		e = &additions[i];
		how = config_list_add("c", e->before, strlen(e->before), "new",
		    &out, &len, why, sizeof(why));
		if (e->after == NULL) {
			assert_int_equal(how, LIST_SAME);
			continue;
		}
		if (how != LIST_EDITED || strcmp(out, e->after) != 0)
			fail_msg("%s\nbecame\n%s", e->before,
			    how == LIST_EDITED ? out : why);
		assert_int_equal(len, strlen(out));
		assert_int_equal(config_list_has("c", out, len, "new", why,
		    sizeof(why)), 1);
		free(out);
	}
}

static void
refuses(void **state)
{
	const struct refusal	*r;
	char			*out, why[512];
	size_t			 i, len;

	(void)state;
	for (i = 0; i < sizeof(refused_additions) /
	    sizeof(refused_additions[0]); i++) {
		r = &refused_additions[i];
		why[0] = '\0';
		if (config_list_add("c", r->text, strlen(r->text), "new", &out,
		    &len, why, sizeof(why)) != LIST_REFUSED)
			fail_msg("taken: %s\n%s", r->text,
			    out != NULL ? out : "");
		if (strstr(why, r->why) == NULL || strchr(why, '\n') != NULL)
			fail_msg("%s\nsays %s", r->text, why);
		assert_null(out);
	}
}

static void
removes(void **state)
{
	const struct edit	*e;
	char			*out, why[512];
	size_t			 i, len;
	enum list_edit		 how;

	(void)state;
	for (i = 0; i < sizeof(removals) / sizeof(removals[0]); i++) {
		e = &removals[i];
		how = config_list_remove("c", e->before, strlen(e->before),
		    "old", &out, &len, why, sizeof(why));
		if (e->after == NULL) {
			assert_int_equal(how, LIST_SAME);
			continue;
		}
		if (how != LIST_EDITED || strcmp(out, e->after) != 0)
			fail_msg("%s\nbecame\n%s", e->before,
			    how == LIST_EDITED ? out : why);
		free(out);
	}
}

/* What was put in and taken out again leaves no trace in a block list. */
static void
goes_round(void **state)
{
	static const char	 text[] = "# c\nservices:\n  - a\n# d\n";
	char			*with, *without, why[512];
	size_t			 n, m;

	(void)state;
	assert_int_equal(config_list_add("c", text, strlen(text), "null",
	    &with, &n, why, sizeof(why)), LIST_EDITED);
	assert_non_null(strstr(with, "  - \"null\"\n"));
	assert_int_equal(config_list_remove("c", with, n, "null", &without,
	    &m, why, sizeof(why)), LIST_EDITED);
	assert_string_equal(without, text);
	free(with);
	free(without);
}

static void
quotes(void **state)
{
	static const struct edit	 rows[] = {
		{ "abc", "abc" }, { "a-b_c.d/e@f+g=h", "a-b_c.d/e@f+g=h" },
		{ "http://h:1/x", "http://h:1/x" }, { "a:", "\"a:\"" },
		{ "", "\"\"" }, { "1", "\"1\"" }, { "-x", "\"-x\"" },
		{ "~", "\"~\"" }, { "Null", "\"Null\"" }, { "NO", "\"NO\"" },
		{ "a b", "\"a b\"" }, { "a#b", "\"a#b\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" }, { "*x", "\"*x\"" },
		{ "http://h/?a=b&c={d}", "\"http://h/?a=b&c={d}\"" }
	};
	char				*p;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		p = yaml_quote(rows[i].before);
		assert_string_equal(p, rows[i].after);
		free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(adds),
		cmocka_unit_test(refuses),
		cmocka_unit_test(removes),
		cmocka_unit_test(goes_round),
		cmocka_unit_test(quotes)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
