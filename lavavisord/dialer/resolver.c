/*
 * A helper of the dialer: the only place where a call waits for name servers.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include "common/sandbox.h"
#include "lavavisord/dialer/lookup.h"

static void	resolve(const struct lookup_question *,
		    struct lookup_answer *);

void
resolver_run(int fd)
{
	struct lookup_question	 q;
	struct lookup_answer	 a;
	ssize_t			 n;

	for (;;) {
		if ((n = read(fd, &q, sizeof(q))) == -1 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(q))
			return;
		q.host[sizeof(q.host) - 1] = '\0';
		resolve(&q, &a);
		a.refused = sandbox_refused();
		if (write(fd, &a, sizeof(a)) != (ssize_t)sizeof(a))
			return;
	}
}

static void
resolve(const struct lookup_question *q, struct lookup_answer *a)
{
	struct addrinfo	 hints, *found;

	memset(a, 0, sizeof(*a));
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = q->family;
	hints.ai_socktype = SOCK_STREAM;
	a->error = getaddrinfo(q->host, NULL, &hints, &found);
	if (a->error != 0) {
		a->system_error = errno;
		return;
	}
	resolver_collect(found, q->family, a);
	freeaddrinfo(found);
}

void
resolver_collect(const struct addrinfo *found, int family,
    struct lookup_answer *a)
{
	struct lookup_address	*to;
	struct sockaddr_in6	 in6;
	struct sockaddr_in	 in;

	a->count = 0;
	for (; found != NULL && a->count < LOOKUP_ADDRESSES;
	    found = found->ai_next) {
		if (found->ai_family != family)
			continue;
		to = &a->addresses[a->count];
		memset(to, 0, sizeof(*to));
		if (family == AF_INET && found->ai_addrlen == sizeof(in)) {
			memcpy(&in, found->ai_addr, sizeof(in));
			memcpy(to->bytes, &in.sin_addr, 4);
		} else if (family == AF_INET6 &&
		    found->ai_addrlen == sizeof(in6)) {
			memcpy(&in6, found->ai_addr, sizeof(in6));
			memcpy(to->bytes, &in6.sin6_addr, 16);
			to->scope = in6.sin6_scope_id;
		} else
			continue;
		a->count++;
	}
}
