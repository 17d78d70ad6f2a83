#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lavavisord/dialer/address.h"

static const struct row {
	const char	*text;
	int		 refused;
} rows[] = {
	{ "1.1.1.1", 0 },
	{ "8.8.8.8", 0 },
	{ "9.255.255.255", 0 },
	{ "0.0.0.0", 1 },
	{ "0.255.255.255", 1 },
	{ "10.0.0.0", 1 },
	{ "10.255.255.255", 1 },
	{ "11.0.0.0", 0 },
	{ "100.63.255.255", 0 },
	{ "100.64.0.0", 1 },
	{ "100.127.255.255", 1 },
	{ "100.128.0.0", 0 },
	{ "126.255.255.255", 0 },
	{ "127.0.0.1", 1 },
	{ "127.255.255.255", 1 },
	{ "128.0.0.0", 0 },
	{ "169.253.255.255", 0 },
	{ "169.254.0.0", 1 },
	{ "169.254.169.254", 1 },
	{ "169.255.0.0", 0 },
	{ "172.15.255.255", 0 },
	{ "172.16.0.0", 1 },
	{ "172.31.255.255", 1 },
	{ "172.32.0.0", 0 },
	{ "192.0.0.8", 1 },
	{ "192.0.1.0", 0 },
	{ "192.0.2.1", 1 },
	{ "192.167.255.255", 0 },
	{ "192.168.0.1", 1 },
	{ "192.169.0.0", 0 },
	{ "198.17.255.255", 0 },
	{ "198.18.0.1", 1 },
	{ "198.19.255.255", 1 },
	{ "198.20.0.0", 0 },
	{ "198.51.100.7", 1 },
	{ "203.0.113.7", 1 },
	{ "223.255.255.255", 0 },
	{ "224.0.0.1", 1 },
	{ "239.255.255.255", 1 },
	{ "240.0.0.1", 1 },
	{ "255.255.255.255", 1 },
	{ "::", 1 },
	{ "::1", 1 },
	{ "::2", 1 },
	{ "::127.0.0.1", 1 },
	{ "::1.1.1.1", 1 },
	{ "::ffff:127.0.0.1", 1 },
	{ "::ffff:10.1.2.3", 1 },
	{ "::ffff:0.0.0.0", 1 },
	{ "::ffff:1.1.1.1", 0 },
	{ "64:ff9b::10.0.0.1", 1 },
	{ "64:ff9b::127.0.0.1", 1 },
	{ "64:ff9b::169.254.169.254", 1 },
	{ "64:ff9b::1.1.1.1", 0 },
	{ "64:ff9b:1::1.1.1.1", 1 },
	{ "100::1", 1 },
	{ "2001::1", 1 },
	{ "2001:1::1", 1 },
	{ "2001:200::1", 0 },
	{ "2001:db8::1", 1 },
	{ "2001:db7::1", 0 },
	{ "2002:7f00:1::1", 1 },
	{ "2002:a00:1::1", 1 },
	{ "2002:101:101::1", 0 },
	{ "2606:4700:4700::1111", 0 },
	{ "3fff::1", 1 },
	{ "3fff:1000::1", 0 },
	{ "4000::1", 1 },
	{ "fbff::1", 1 },
	{ "fc00::1", 1 },
	{ "fdff::1", 1 },
	{ "fe80::1", 1 },
	{ "febf::1", 1 },
	{ "fec0::1", 1 },
	{ "ff02::1", 1 },
};

static void
address(const char *text, struct sockaddr_storage *ss)
{
	struct sockaddr_in	*in = (struct sockaddr_in *)ss;
	struct sockaddr_in6	*in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
		ss->ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
		ss->ss_family = AF_INET6;
	else
		fail_msg("%s is no address", text);
}

static void
test_rows(void **state)
{
	struct sockaddr_storage	 ss;
	const char		*why;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		address(rows[i].text, &ss);
		why = address_refused((struct sockaddr *)&ss);
		if ((why != NULL) != rows[i].refused)
			fail_msg("%s: %s", rows[i].text,
			    why != NULL ? why : "taken");
	}
}

static void
test_other_family(void **state)
{
	struct sockaddr_storage	 ss;

	(void)state;
	memset(&ss, 0, sizeof(ss));
	ss.ss_family = AF_UNIX;
	assert_non_null(address_refused((struct sockaddr *)&ss));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_other_family)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
