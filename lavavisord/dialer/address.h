/*
 * Which addresses may be dialled when the config does not name the host: a
 * redirect or a name server must not send us to the machine's own network.
 */

#ifndef DIALER_ADDRESS_H
#define DIALER_ADDRESS_H

#include <sys/types.h>
#include <sys/socket.h>

/*
 * NULL when the address is a public unicast one, else what it is ("a private
 * address"; static text).  IPv4 ranges: RFC 6890, IPv6: RFC 4291 and RFC 6890.
 * An IPv4 address inside an IPv6 one (mapped, NAT64 of RFC 6052, 6to4) is
 * judged as itself.  A family other than AF_INET and AF_INET6 is refused.
 */
const char	*address_refused(const struct sockaddr *);

#endif
