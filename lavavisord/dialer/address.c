#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <stdint.h>
#include <string.h>

#include "lavavisord/dialer/address.h"

struct range {
	uint8_t		 prefix[16];
	unsigned int	 bits;
	const char	*what;
};

/*
 * All of the IANA IPv4 special-purpose registry, reachable or not, and what is
 * not unicast.  The rest is public.
 */
static const struct range	 ranges4[] = {
	{ { 0 }, 8, "an unspecified address" },
	{ { 10 }, 8, "a private address" },
	{ { 100, 64 }, 10, "a carrier's private address" },
	{ { 127 }, 8, "a loopback address" },
	{ { 169, 254 }, 16, "a link-local address" },
	{ { 172, 16 }, 12, "a private address" },
	{ { 192, 0, 0 }, 24, "a reserved address" },
	{ { 192, 0, 2 }, 24, "a documentation address" },
	{ { 192, 31, 196 }, 24, "a special-purpose address" },
	{ { 192, 52, 193 }, 24, "a special-purpose address" },
	{ { 192, 88, 99 }, 24, "a tunnel address" },
	{ { 192, 168 }, 16, "a private address" },
	{ { 192, 175, 48 }, 24, "a special-purpose address" },
	{ { 198, 18 }, 15, "a benchmark address" },
	{ { 198, 51, 100 }, 24, "a documentation address" },
	{ { 203, 0, 113 }, 24, "a documentation address" },
	{ { 224 }, 4, "a multicast address" },
	{ { 240 }, 4, "a reserved address" },
	{ { 0 }, 0, NULL }
};

/*
 * Only 2000::/3 is public, less what the IANA IPv6 special-purpose registry
 * has of it; what is named of the rest is so for people.
 */
static const struct range	 ranges6[] = {
	{ { 0 }, 128, "an unspecified address" },
	{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 128,
	    "a loopback address" },
	{ { 0xfe, 0x80 }, 10, "a link-local address" },
	{ { 0xfe, 0xc0 }, 10, "a private address" },
	{ { 0xfc }, 7, "a private address" },
	{ { 0xff }, 8, "a multicast address" },
	{ { 0x20, 0x01, 0x00, 0x00 }, 32, "a tunnel address" },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, "a documentation address" },
	{ { 0x20, 0x01 }, 23, "a reserved address" },
	{ { 0x26, 0x20, 0x00, 0x4f, 0x80, 0x00 }, 48,
	    "a special-purpose address" },
	{ { 0x3f, 0xff }, 20, "a documentation address" },
	{ { 0 }, 0, NULL }
};

/* Where an IPv6 address carries an IPv4 one, and from which byte on. */
static const struct embedding {
	uint8_t		 prefix[16];
	unsigned int	 bits;
	size_t		 at;
} embeddings[] = {
	{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96, 12 },
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12 },
	{ { 0x20, 0x02 }, 16, 2 },
	{ { 0 }, 0, 0 }
};

static int		 has_prefix(const uint8_t *, const uint8_t *,
			    unsigned int);
static const char	*range_find(const struct range *, const uint8_t *);
static const char	*refused6(const uint8_t *);

const char *
address_refused(const struct sockaddr *sa)
{
	struct sockaddr_in	 in;
	struct sockaddr_in6	 in6;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&in, sa, sizeof(in));
		return range_find(ranges4, (const uint8_t *)&in.sin_addr);
	case AF_INET6:
		memcpy(&in6, sa, sizeof(in6));
		return refused6(in6.sin6_addr.s6_addr);
	default:
		return "not an Internet address";
	}
}

static const char *
refused6(const uint8_t *address)
{
	const struct embedding	*e;
	const char		*what;

	for (e = embeddings; e->bits != 0; e++)
		if (has_prefix(address, e->prefix, e->bits))
			return range_find(ranges4, address + e->at);
	if ((what = range_find(ranges6, address)) != NULL)
		return what;
	return (address[0] & 0xe0) == 0x20 ? NULL : "a reserved address";
}

static const char *
range_find(const struct range *r, const uint8_t *address)
{
	for (; r->what != NULL; r++)
		if (has_prefix(address, r->prefix, r->bits))
			return r->what;
	return NULL;
}

static int
has_prefix(const uint8_t *address, const uint8_t *prefix, unsigned int bits)
{
	unsigned int	 whole = bits / 8, rest = bits % 8;

	if (memcmp(address, prefix, whole) != 0)
		return 0;
	return rest == 0 ||
	    ((address[whole] ^ prefix[whole]) >> (8 - rest)) == 0;
}
