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
	{ "2002:a9fe:a9fe::", 1 },
	{ "2002:0:0:ffff:ffff:ffff:ffff:ffff", 1 },
	{ "::ffff:0:127.0.0.1", 1 },
	{ "64:ff9b:0:0:0:1::", 1 },
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

/*
 * The IANA special-purpose registries of 2025, entry by entry, also those
 * that lie in another, and multicast.
 */
static const struct entry {
	const char	*prefix;
	unsigned int	 bits;
} registry4[] = {
	{ "0.0.0.0", 8 },
	{ "0.0.0.0", 32 },
	{ "10.0.0.0", 8 },
	{ "100.64.0.0", 10 },
	{ "127.0.0.0", 8 },
	{ "169.254.0.0", 16 },
	{ "172.16.0.0", 12 },
	{ "192.0.0.0", 24 },
	{ "192.0.0.0", 29 },
	{ "192.0.0.8", 32 },
	{ "192.0.0.9", 32 },
	{ "192.0.0.10", 32 },
	{ "192.0.0.170", 31 },
	{ "192.0.2.0", 24 },
	{ "192.31.196.0", 24 },
	{ "192.52.193.0", 24 },
	{ "192.88.99.0", 24 },
	{ "192.88.99.2", 32 },
	{ "192.168.0.0", 16 },
	{ "192.175.48.0", 24 },
	{ "198.18.0.0", 15 },
	{ "198.51.100.0", 24 },
	{ "203.0.113.0", 24 },
	{ "224.0.0.0", 4 },
	{ "240.0.0.0", 4 },
	{ "255.255.255.255", 32 },
	{ NULL, 0 }
}, registry6[] = {
	{ "::1", 128 },
	{ "::", 128 },
	{ "64:ff9b:1::", 48 },
	{ "100::", 64 },
	{ "100:0:0:1::", 64 },
	{ "2001::", 23 },
	{ "2001::", 32 },
	{ "2001:1::1", 128 },
	{ "2001:1::2", 128 },
	{ "2001:1::3", 128 },
	{ "2001:2::", 48 },
	{ "2001:3::", 32 },
	{ "2001:4:112::", 48 },
	{ "2001:10::", 28 },
	{ "2001:20::", 28 },
	{ "2001:30::", 28 },
	{ "2001:db8::", 32 },
	{ "2620:4f:8000::", 48 },
	{ "3fff::", 20 },
	{ "5f00::", 16 },
	{ "fc00::", 7 },
	{ "fe80::", 10 },
	{ "fec0::", 10 },
	{ "ff00::", 8 },
	{ NULL, 0 }
}, embedding6[] = {
	{ "::ffff:0:0", 96 },
	{ "64:ff9b::", 96 },
	{ "2002::", 16 },
	{ NULL, 0 }
}, unicast6[] = {
	{ "2000::", 3 },
	{ NULL, 0 }
};

static int
listed(const struct entry *registry, int family, const uint8_t *bytes)
{
	const struct entry	*e;
	uint8_t			 prefix[16];
	unsigned int		 i;

	for (e = registry; e->prefix != NULL; e++) {
		assert_int_equal(inet_pton(family, e->prefix, prefix), 1);
		for (i = 0; i < e->bits; i++)
			if (((bytes[i / 8] ^ prefix[i / 8]) &
			    (0x80 >> i % 8)) != 0)
				break;
		if (i == e->bits)
			return 1;
	}
	return 0;
}

static int
refused(int family, const uint8_t *bytes)
{
	struct sockaddr_in	 in;
	struct sockaddr_in6	 in6;

	memset(&in, 0, sizeof(in));
	memset(&in6, 0, sizeof(in6));
	if (family == AF_INET) {
		in.sin_family = AF_INET;
		memcpy(&in.sin_addr, bytes, 4);
		return address_refused((struct sockaddr *)&in) != NULL;
	}
	in6.sin6_family = AF_INET6;
	memcpy(&in6.sin6_addr, bytes, 16);
	return address_refused((struct sockaddr *)&in6) != NULL;
}

/* To the next address or to the one before; 0 when there is none. */
static int
step(uint8_t *bytes, size_t len, int by)
{
	while (len-- > 0) {
		bytes[len] = (uint8_t)(bytes[len] + by);
		if (bytes[len] != (by > 0 ? 0 : 0xff))
			return 1;
	}
	return 0;
}

static void
expect_verdict(int family, const uint8_t *bytes, int want)
{
	char	 text[INET6_ADDRSTRLEN];

	if (refused(family, bytes) == want)
		return;
	inet_ntop(family, bytes, text, sizeof(text));
	fail_msg("%s is %s", text, want ? "taken" : "refused");
}

/* Whatever carries an IPv4 address is judged by that one. */
static void
expect_embedded(const uint8_t *four, int want)
{
	uint8_t	 mapped[16] = { [10] = 0xff, [11] = 0xff };
	uint8_t	 nat64[16] = { 0x00, 0x64, 0xff, 0x9b };
	uint8_t	 sixtofour[16] = { 0x20, 0x02, [15] = 1 };

	memcpy(mapped + 12, four, 4);
	memcpy(nat64 + 12, four, 4);
	memcpy(sixtofour + 2, four, 4);
	expect_verdict(AF_INET6, mapped, want);
	expect_verdict(AF_INET6, nat64, want);
	expect_verdict(AF_INET6, sixtofour, want);
}

static void
check_at(const struct entry *registry, int family, const uint8_t *bytes)
{
	int	 want = listed(registry, family, bytes);

	if (family == AF_INET)
		expect_embedded(bytes, want);
	else if (listed(embedding6, family, bytes))
		return;
	else if (!listed(unicast6, family, bytes))
		want = 1;
	expect_verdict(family, bytes, want);
}

/* The first and the last of each range, and its neighbours */
static void
check_registry(const struct entry *registry, int family, size_t len)
{
	const struct entry	*e;
	uint8_t			 first[16], last[16];
	unsigned int		 i;

	for (e = registry; e->prefix != NULL; e++) {
		assert_int_equal(inet_pton(family, e->prefix, first), 1);
		memcpy(last, first, sizeof(last));
		for (i = e->bits; i < len * 8; i++)
			last[i / 8] |= (uint8_t)(0x80 >> i % 8);
		expect_verdict(family, first, 1);
		expect_verdict(family, last, 1);
		check_at(registry, family, first);
		check_at(registry, family, last);
		if (step(first, len, -1))
			check_at(registry, family, first);
		if (step(last, len, 1))
			check_at(registry, family, last);
	}
}

static void
test_registry4(void **state)
{
	(void)state;
	check_registry(registry4, AF_INET, 4);
}

static void
test_registry6(void **state)
{
	(void)state;
	check_registry(registry6, AF_INET6, 16);
	expect_verdict(AF_INET6, (const uint8_t *)"\x1f\xff\xff\xff"
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 1);
	expect_verdict(AF_INET6, (const uint8_t *)"\x20\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0", 0);
	expect_verdict(AF_INET6, (const uint8_t *)"\x3f\xfe\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0", 0);
}

/* Every /16 of IPv4, so that nothing is refused that should be taken. */
static void
test_sweep4(void **state)
{
	uint8_t		 bytes[4];
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 0x10000; i++) {
		bytes[0] = (uint8_t)(i >> 8);
		bytes[1] = (uint8_t)i;
		bytes[2] = 77;
		bytes[3] = 7;
		check_at(registry4, AF_INET, bytes);
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
		cmocka_unit_test(test_registry4),
		cmocka_unit_test(test_registry6),
		cmocka_unit_test(test_sweep4),
		cmocka_unit_test(test_other_family)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
