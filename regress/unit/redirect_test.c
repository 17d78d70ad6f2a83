#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisord/downloader/redirect.h"
#include "lavavisord/downloader/resume.h"

static void
beginnings(void **state)
{
	static const struct {
		const char	*url;
		int		 allow_http;
		int		 rc;
	} cases[] = {
		{ "https://a.test/x", 0, 0 },
		{ "https://a.test:8443/x?y=z", 0, 0 },
		{ "https://user:pass@a.test/x", 0, 0 },
		{ "https://192.0.2.1/x", 0, 0 },
		{ "https://[2001:db8::1]/x", 0, 0 },
		{ "http://a.test/x", 1, 0 },
		{ "http://a.test/x", 0, -1 },
		{ "", 1, -1 },
		{ "a.test/x", 1, -1 },
		{ "ftp://a.test/x", 1, -1 },
		{ "file:///etc/passwd", 1, -1 },
		{ "HTTPS://a.test/x", 1, -1 },
		{ "https://a.test/x y", 1, -1 },
		{ "https://a.test/x\n", 1, -1 },
		{ "https://a.test/\xc3\xa9", 1, -1 },
		{ "https://a.test:0x50/", 1, -1 },
		{ "https://a.test:65536/", 1, -1 },
		{ "https://-a.test/", 1, -1 },
		{ "https://[::1/", 1, -1 },
		{ "https://[fe80::1%25eth0]/", 1, -1 }
	};
	struct redirects	 r;
	const char		*why;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		why = NULL;
		if (redirects_begin(&r, cases[i].url, cases[i].allow_http,
		    &why) != cases[i].rc)
			fail_msg("\"%s\": %s", cases[i].url,
			    why == NULL ? "-" : why);
		if (cases[i].rc == 0)
			assert_string_equal(redirects_url(&r), cases[i].url);
		redirects_end(&r);
	}
}

static void
following(void **state)
{
	static const struct {
		const char	*from;
		const char	*to;
		int		 allow_http;
		const char	*why;	/* NULL: followed */
	} cases[] = {
		{ "https://a.test/", "https://b.test/", 0, NULL },
		{ "https://a.test/", "https://a.test/y", 0, NULL },
		{ "https://a.test/", "https://192.0.2.1:444/", 0, NULL },
		{ "http://a.test/", "https://a.test/", 1, NULL },
		{ "http://a.test/", "http://a.test/y", 1, NULL },
		{ "http://a.test/", "http://b.test/", 1,
		    "is http, and the config does not name this host so" },
		{ "http://a.test/", "http://a.test:81/", 1,
		    "is http, and the config does not name this host so" },
		{ "https://a.test/", "http://a.test/", 1,
		    "leads from https to http" },
		{ "https://a.test/", "http://a.test/", 0,
		    "leads from https to http" },
		{ "https://a.test/", "https://a.test/", 0,
		    "goes round in a loop" },
		{ "https://a.test/", "https://u@b.test/", 0,
		    "carries credentials" },
		{ "https://a.test/", "https://u:p@b.test/", 0,
		    "carries credentials" },
		{ "https://a.test/", "gopher://b.test/", 0,
		    "is not an http or https URL" },
		{ "https://a.test/", "", 0, "is not an http or https URL" }
	};
	struct redirects	 r;
	const char		*why;
	size_t			 i;
	int			 rc;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(redirects_begin(&r, cases[i].from,
		    cases[i].allow_http, &why), 0);
		rc = redirects_follow(&r, cases[i].to, &why);
		assert_int_equal(rc, cases[i].why == NULL ? 0 : -1);
		if (rc == -1)
			assert_string_equal(why, cases[i].why);
		assert_string_equal(redirects_url(&r), rc == 0 ?
		    cases[i].to : cases[i].from);
		redirects_end(&r);
	}
}

static void
chains(void **state)
{
	struct redirects	 r;
	const char		*why;
	char			 url[LOCATION_SIZE + 1];
	int			 i;

	(void)state;
	assert_int_equal(redirects_begin(&r, "https://a.test/0", 0, &why), 0);
	for (i = 1; i <= REDIRECTS_MAX; i++) {
		snprintf(url, sizeof(url), "https://a.test/%d", i);
		assert_int_equal(redirects_follow(&r, url, &why), 0);
	}
	/* Back to one in the middle; one more; and the chain is as it was */
	assert_int_equal(redirects_follow(&r, "https://a.test/2", &why), -1);
	assert_string_equal(why, "goes round in a loop");
	assert_int_equal(redirects_follow(&r, "https://a.test/6", &why), -1);
	assert_string_equal(why, "is one too many");
	assert_string_equal(redirects_url(&r), "https://a.test/5");
	redirects_end(&r);

	assert_int_equal(redirects_begin(&r, "https://a.test/0", 0, &why), 0);
	memset(url, 'x', sizeof(url));
	memcpy(url, "https://a.test/", 15);
	url[LOCATION_SIZE] = '\0';
	assert_int_equal(redirects_follow(&r, url, &why), -1);
	url[LOCATION_SIZE - 1] = '\0';
	assert_int_equal(redirects_follow(&r, url, &why), 0);
	redirects_end(&r);
}

static void
words_for_people(void **state)
{
	char	 text[32];

	(void)state;
	url_host_text("https://user:secret@a.test:8443/x", text,
	    sizeof(text));
	assert_string_equal(text, "a.test:8443");
	url_host_text("https://[2001:db8::1]/x", text, sizeof(text));
	assert_string_equal(text, "[2001:db8::1]");
	url_host_text("nonsense://", text, sizeof(text));
	assert_string_equal(text, "?");
	url_file_text("https://a.test/b/lavap-v1?secret=1", text,
	    sizeof(text));
	assert_string_equal(text, "lavap-v1");
	url_file_text("https://a.test/b/", text, sizeof(text));
	assert_string_equal(text, "?");
	url_file_text("https://a.test/a-name-that-is-longer-than-the-room",
	    text, sizeof(text));
	assert_string_equal(text, "a-name-that-is-longer-than-the-");
}

static void
etags(void **state)
{
	char	 longest[130];

	(void)state;
	assert_true(etag_is_strong("\"abc-1\"", 128));
	assert_true(etag_is_strong("\"\"", 128));
	assert_false(etag_is_strong("", 128));
	assert_false(etag_is_strong("\"", 128));
	assert_false(etag_is_strong("abc", 128));
	assert_false(etag_is_strong("W/\"abc\"", 128));
	assert_false(etag_is_strong("\"a\"b\"", 128));
	assert_false(etag_is_strong("\"a b\"", 128));
	assert_false(etag_is_strong("\"a\r\nX: y\"", 128));
	assert_false(etag_is_strong("\"\xff\"", 128));
	memset(longest, 'x', sizeof(longest));
	longest[0] = longest[126] = '"';
	longest[127] = '\0';
	assert_true(etag_is_strong(longest, 128));
	assert_false(etag_is_strong(longest, 127));
}

static void
content_ranges(void **state)
{
	static const char *const	 wrong[] = {
		"", "bytes", "bytes ", "bytes *", "bytes */*", "bytes */",
		"bytes 1", "bytes 1-", "bytes -1/2", "bytes 1-2",
		"bytes 2-1/5", "bytes 0-5/5", "bytes 0-4/5 ", "bytes 0-4/5x",
		"items 0-4/5", "bytes=0-4/5", "bytes 0-4/-5", "bytes +0-4/5",
		"bytes 0-4 /5", "bytes 0-9999999999999999999/*",
		"bytes */99999999999999999999"
	};
	struct content_range		 r;
	size_t				 i;

	(void)state;
	assert_int_equal(content_range_parse("bytes 5-9/10", &r), 0);
	assert_false(r.unsatisfied);
	assert_int_equal(r.first, 5);
	assert_int_equal(r.last, 9);
	assert_true(r.has_total);
	assert_int_equal(r.total, 10);
	assert_int_equal(content_range_parse("Bytes 0-0/*", &r), 0);
	assert_false(r.has_total);
	assert_int_equal(content_range_parse("bytes */10", &r), 0);
	assert_true(r.unsatisfied);
	assert_int_equal(r.total, 10);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (content_range_parse(wrong[i], &r) != -1)
			fail_msg("\"%s\"", wrong[i]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(beginnings),
		cmocka_unit_test(following),
		cmocka_unit_test(chains),
		cmocka_unit_test(words_for_people),
		cmocka_unit_test(etags),
		cmocka_unit_test(content_ranges)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
