/*
 * Single values of the configuration, and URLs: tables.
 */
#include <sys/types.h>
#include <sys/resource.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/url.h"
#include "lavavisord/config_values.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static void
durations(void **state)
{
	static const struct {
		const char	*text;
		int64_t		 ms;	/* -1: refused */
	} table[] = {
		{ "0s", 0 }, { "90s", 90000 }, { "10m", 600000 },
		{ "24h", 86400000 }, { "500ms", 500 }, { "30d", 2592000000 },
		{ "31d", -1 }, { "", -1 }, { "90", -1 }, { "0", -1 },
		{ "s", -1 }, { "-1s", -1 }, { "+1s", -1 }, { "1.5s", -1 },
		{ "1h30m", -1 }, { " 1s", -1 }, { "1s ", -1 }, { "1 s", -1 },
		{ "1S", -1 }, { "1sec", -1 }, { "0x10s", -1 },
		{ "999999999999999999d", -1 }, { "9999999999999999999s", -1 }
	};
	const char	*why;
	uint32_t	 ms;
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		if (table[i].ms == -1) {
			assert_int_equal(value_duration(table[i].text, &ms,
			    &why), -1);
			continue;
		}
		assert_int_equal(value_duration(table[i].text, &ms, &why), 0);
		assert_int_equal(ms, table[i].ms);
	}
}

static void
sizes(void **state)
{
	static const struct {
		const char	*text;
		int64_t		 bytes;
	} table[] = {
		{ "0", 0 }, { "1", 1 }, { "64K", 65536 },
		{ "512M", 536870912 }, { "2G", 2147483648 },
		{ "1024T", (int64_t)1 << 50 }, { "1025T", -1 }, { "", -1 },
		{ "K", -1 }, { "64k", -1 }, { "64KB", -1 }, { "64 K", -1 },
		{ "-1", -1 }, { "1.5M", -1 }, { "99999999999999999999", -1 },
		{ "999999999999999999T", -1 }
	};
	const char	*why;
	uint64_t	 bytes;
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		if (table[i].bytes == -1) {
			assert_int_equal(value_size(table[i].text, &bytes,
			    &why), -1);
			continue;
		}
		assert_int_equal(value_size(table[i].text, &bytes, &why), 0);
		assert_int_equal(bytes, table[i].bytes);
	}
}

static void
versions(void **state)
{
	static const char *const good[] = { "0.0.0", "6.2.5", "10.0.10",
	    "4294967295.0.1" };
	static const char *const bad[] = { "", "6", "6.2", "6.2.5.1", "v6.2.5",
	    "6.2.5-rc1", "6.2.05", "06.2.5", "6..5", ".6.2", "6.2.", "6.2.x",
	    " 6.2.5", "6.2.5 ", "4294967296.0.0", "6.-2.5",
	    "4294967295.4294967295.10" };
	const char	*why;
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_int_equal(value_version(good[i], &why), 0);
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(value_version(bad[i], &why), -1);
}

static void
signals_and_masks(void **state)
{
	static const char *const bad_masks[] = { "", "22", "0", "08", "028",
	    "00022", "1022", "-22", "rwx", "0777x" };
	const char	*why;
	mode_t		 mask;
	size_t		 i;
	int		 number;

	(void)state;
	assert_int_equal(value_signal("INT", &number, &why), 0);
	assert_int_equal(number, SIGINT);
	assert_int_equal(value_signal("SIGTERM", &number, &why), 0);
	assert_int_equal(number, SIGTERM);
	assert_int_equal(value_signal("int", &number, &why), -1);
	assert_int_equal(value_signal("15", &number, &why), -1);
	assert_int_equal(value_signal("CHLD", &number, &why), -1);
	assert_int_equal(value_umask("022", &mask, &why), 0);
	assert_int_equal(mask, 022);
	assert_int_equal(value_umask("0077", &mask, &why), 0);
	assert_int_equal(mask, 077);
	for (i = 0; i < COUNT(bad_masks); i++)
		assert_int_equal(value_umask(bad_masks[i], &mask, &why), -1);
}

static void
limits_and_codes(void **state)
{
	static const char *const names[] = { "core", "cpu", "data", "fsize",
	    "memlock", "nofile", "nproc", "rss", "stack" };
	uint8_t		 codes[32];
	const char	*why;
	size_t		 i;
	int		 resource;

	(void)state;
	for (i = 0; i < COUNT(names); i++)
		assert_int_equal(value_rlimit(names[i], &resource, &why), 0);
	assert_int_equal(resource, RLIMIT_STACK);
	assert_int_equal(value_rlimit("NOFILE", &resource, &why), -1);
	assert_int_equal(value_rlimit("files", &resource, &why), -1);

	assert_int_equal(value_exit_codes(" 0 75,255", codes, &why), 0);
	assert_int_equal(codes[0], 1);
	assert_int_equal(codes[9], 1 << 3);
	assert_int_equal(codes[31], 1 << 7);
	assert_int_equal(codes[1], 0);
	assert_int_equal(value_exit_codes("", codes, &why), -1);
	assert_int_equal(value_exit_codes(" ", codes, &why), -1);
	assert_int_equal(value_exit_codes(" 256", codes, &why), -1);
	assert_int_equal(value_exit_codes(" 1 x", codes, &why), -1);
	assert_int_equal(value_exit_codes(" 1,", codes, &why), -1);
	assert_int_equal(value_exit_codes(" -1", codes, &why), -1);
}

static void
resemblance(void **state)
{
	size_t	 d;

	(void)state;
	assert_int_equal(value_resembles("quorom", "quorum", &d), 1);
	assert_int_equal(d, 1);
	assert_int_equal(value_resembles("poll_interval", "poll-interval",
	    &d), 1);
	assert_int_equal(value_resembles("Nodes", "nodes", &d), 1);
	assert_int_equal(d, 0);
	assert_int_equal(value_resembles("env", "url", &d), 0);
	assert_int_equal(value_resembles("", "url", &d), 0);
	assert_int_equal(value_resembles("a very long key that nobody would "
	    "ever mean to write", "url", &d), 0);
}

static void
urls(void **state)
{
	static const struct {
		const char	*text;
		const char	*host;	/* NULL: refused */
		uint16_t	 port;
		const char	*path;
	} table[] = {
		{ "https://node.example", "node.example", 443, "/" },
		{ "https://Node.Example:8443/a/b?c=d", "node.example", 8443,
		    "/a/b?c=d" },
		{ "HTTP://127.0.0.1", "127.0.0.1", 80, "/" },
		{ "tcp://localhost", "localhost", 26657, "/" },
		{ "tcp://[::1]:26657", "::1", 26657, "/" },
		{ "https://[2001:DB8::1]/x", "2001:db8::1", 443, "/x" },
		{ "http://a_b.example.:81?q", "a_b.example.", 81, "/?q" },
		{ "https://u:p@h.example/", "h.example", 443, "/" },
		{ "https://a@b@h.example/", "h.example", 443, "/" },
		{ "", NULL, 0, NULL }, { "node.example", NULL, 0, NULL },
		{ "ftp://h", NULL, 0, NULL }, { "https:/h", NULL, 0, NULL },
		{ "https://", NULL, 0, NULL }, { "https:///x", NULL, 0, NULL },
		{ "https://h:0", NULL, 0, NULL },
		{ "https://h:65536", NULL, 0, NULL },
		{ "https://h:", NULL, 0, NULL },
		{ "https://h:8o", NULL, 0, NULL },
		{ "https://h:000080", NULL, 0, NULL },
		{ "https://h#f", NULL, 0, NULL },
		{ "https://h /", NULL, 0, NULL },
		{ "https://h/\\", NULL, 0, NULL },
		{ "https://h\xc3\xa9", NULL, 0, NULL },
		{ "https://-h", NULL, 0, NULL },
		{ "https://h..x", NULL, 0, NULL },
		{ "https://.h", NULL, 0, NULL },
		{ "https://127.1", NULL, 0, NULL },
		{ "https://2130706433", NULL, 0, NULL },
		{ "https://0x7f000001", NULL, 0, NULL },
		{ "https://256.1.1.1", NULL, 0, NULL },
		{ "https://::1", NULL, 0, NULL },
		{ "https://[::1", NULL, 0, NULL },
		{ "https://[::1]x", NULL, 0, NULL },
		{ "https://[fe80::1%eth0]", NULL, 0, NULL },
		{ "https://[127.0.0.1]", NULL, 0, NULL },
		{ "https://[h]", NULL, 0, NULL },
		{ "https://h%2e", NULL, 0, NULL }
	};
	char		 longest[URL_SIZE + 1];
	const char	*why;
	struct url	 u;
	size_t		 i;
	int		 result;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		result = url_parse(table[i].text, &u, &why);
		if (table[i].host == NULL) {
			if (result != -1)
				print_error("taken: %s\n", table[i].text);
			assert_int_equal(result, -1);
			continue;
		}
		if (result == -1)
			print_error("%s: %s\n", table[i].text, why);
		assert_int_equal(result, 0);
		assert_string_equal(u.host, table[i].host);
		assert_int_equal(u.port, table[i].port);
		assert_string_equal(u.path, table[i].path);
		assert_int_equal(u.userinfo,
		    strchr(table[i].text, '@') != NULL);
	}
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "https://h/", 10);
	longest[URL_SIZE] = '\0';
	assert_int_equal(url_parse(longest, &u, &why), -1);
	longest[URL_SIZE - 1] = '\0';
	assert_int_equal(url_parse(longest, &u, &why), 0);
	/* Without a path: the slash that is added must fit or be refused */
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "https://h?", 10);
	longest[URL_SIZE - 1] = '\0';
	assert_int_equal(url_parse(longest, &u, &why), 0);
}

static void
host_ports(void **state)
{
	static const struct {
		const char	*text;
		const char	*host;
		uint16_t	 port;
	} table[] = {
		{ "127.0.0.1:2221", "127.0.0.1", 2221 },
		{ ":7779", "", 7779 }, { "[::]:1", "::", 1 },
		{ "localhost:80", "localhost", 80 },
		{ "127.0.0.1", NULL, 0 }, { "127.0.0.1:", NULL, 0 },
		{ "::1:80", NULL, 0 }, { "[::1]", NULL, 0 },
		{ "[127.0.0.1]:80", NULL, 0 }, { "[]:80", NULL, 0 },
		{ "a b:80", NULL, 0 }, { "1.2:80", NULL, 0 }, { "", NULL, 0 }
	};
	char		 host[HOST_SIZE];
	const char	*why;
	uint16_t	 port;
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		if (table[i].host == NULL) {
			assert_int_equal(url_host_port(table[i].text, host,
			    &port, &why), -1);
			continue;
		}
		assert_int_equal(url_host_port(table[i].text, host, &port,
		    &why), 0);
		assert_string_equal(host, table[i].host);
		assert_int_equal(port, table[i].port);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
		cmocka_unit_test(versions),
		cmocka_unit_test(signals_and_masks),
		cmocka_unit_test(limits_and_codes),
		cmocka_unit_test(resemblance),
		cmocka_unit_test(urls),
		cmocka_unit_test(host_ports)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
