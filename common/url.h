/*
 * The URLs that a configuration may name: http, https and tcp (the way
 * CometBFT writes its RPC address), after RFC 3986 with less freedom: no
 * fragment, no zone id, ASCII only, and a host that getaddrinfo(3) cannot take
 * for an old style numeric address ("127.1", "0x7f000001").
 */

#ifndef COMMON_URL_H
#define COMMON_URL_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

enum url_scheme {
	URL_HTTP,
	URL_HTTPS,
	URL_TCP
};

enum url_host {
	URL_NAME,
	URL_IPV4,
	URL_IPV6
};

struct url {
	enum url_scheme	 scheme;
	enum url_host	 kind;
	char		 host[HOST_SIZE];	/* lower case, no brackets */
	uint16_t	 port;		/* 80, 443 or 26657 when not written */
	char		 path[URL_SIZE];	/* with query; at least "/" */
	int		 userinfo;	/* 1: "user@" was in it; not kept */
};

/*
 * Reads text into *u.  0, or -1 with *why saying what is wrong; *why never
 * quotes the text, which may hold a password.  No I/O.
 */
int	 url_parse(const char *text, struct url *u, const char **why);

/*
 * Splits "127.0.0.1:80", "[::1]:80", "name:80" or ":80" (host "") into host,
 * which has HOST_SIZE bytes, and port.  0, or -1 with *why.
 */
int	 url_host_port(const char *text, char *host, uint16_t *port,
	    const char **why);

/* What a host in lower case is; -1 with *why when it is no host at all. */
int	 url_host_kind(const char *host, enum url_host *kind,
	    const char **why);

#endif
