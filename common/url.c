#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/url.h"

static int	url_read_port(const char *, uint16_t *, const char **);
static int	url_is_name(const char *);
static void	url_lower(char *);
static int	url_authority(const char *, size_t, struct url *,
		    const char **);

static const struct {
	const char	*name;
	uint16_t	 port;
} schemes[] = {
	[URL_HTTP] =	{ "http", 80 },
	[URL_HTTPS] =	{ "https", 443 },
	[URL_TCP] =	{ "tcp", 26657 }
};

#define SCHEMES	(sizeof(schemes) / sizeof(schemes[0]))

static void
url_lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
}

static int
url_read_port(const char *text, uint16_t *port, const char **why)
{
	unsigned long	 n = 0;
	const char	*p;

	for (p = text; *p >= '0' && *p <= '9' && p - text < 5; p++)
		n = n * 10 + (unsigned long)(*p - '0');
	if (p == text || *p != '\0' || n == 0 || n > 65535) {
		*why = "the port must be a number from 1 to 65535";
		return -1;
	}
	*port = (uint16_t)n;
	return 0;
}

/* Labels of letters, digits, '-' and '_'; a dot at the end is allowed. */
static int
url_is_name(const char *host)
{
	const char	*label = host, *last = host, *p;
	size_t		 len = strlen(host);

	if (len == 0 || len > 253)
		return 0;
	for (p = host;; p++) {
		if (*p == '.' || *p == '\0') {
			if (p - label > 63)
				return 0;
			if (p == label && !(*p == '\0' && p != host))
				return 0;
			if (p != label) {
				if (*label == '-' || p[-1] == '-')
					return 0;
				last = label;
			}
			if (*p == '\0')
				break;
			label = p + 1;
		} else if (!isalnum((unsigned char)*p) && *p != '-' &&
		    *p != '_')
			return 0;
	}
	/* What ends in a number, getaddrinfo may read as an address */
	return !isdigit((unsigned char)*last);
}

int
url_host_kind(const char *host, enum url_host *kind, const char **why)
{
	struct in6_addr	 six;
	struct in_addr	 four;

	if (inet_pton(AF_INET, host, &four) == 1)
		*kind = URL_IPV4;
	else if (inet_pton(AF_INET6, host, &six) == 1)
		*kind = URL_IPV6;
	else if (url_is_name(host))
		*kind = URL_NAME;
	else {
		*why = "the host is neither a name nor an address";
		return -1;
	}
	return 0;
}

int
url_host_port(const char *text, char *host, uint16_t *port, const char **why)
{
	const char	*colon, *end = text;
	enum url_host	 kind;
	size_t		 len;
	int		 bracket = *text == '[';

	if (bracket) {
		if ((end = strchr(++text, ']')) == NULL) {
			*why = "there is no ] after the [";
			return -1;
		}
		colon = end + 1;
	} else {
		if ((colon = strrchr(text, ':')) == NULL)
			colon = text + strlen(text);
		end = colon;
	}
	if (*colon != ':') {
		*why = "it must be an address and a port";
		return -1;
	}
	if ((len = (size_t)(end - text)) >= HOST_SIZE) {
		*why = "the host is too long";
		return -1;
	}
	memcpy(host, text, len);
	host[len] = '\0';
	url_lower(host);
	if (len > 0 || bracket) {
		if (url_host_kind(host, &kind, why) == -1)
			return -1;
		if (bracket != (kind == URL_IPV6)) {
			*why = "an IPv6 address is written in [ ]";
			return -1;
		}
	}
	return url_read_port(colon + 1, port, why);
}

/* The part between "//" and the path. */
static int
url_authority(const char *text, size_t len, struct url *u, const char **why)
{
	char		 copy[URL_SIZE];
	char		*start = copy, *end, *p;
	int		 bracket;

	memcpy(copy, text, len);
	copy[len] = '\0';
	if ((p = strrchr(copy, '@')) != NULL) {
		u->userinfo = 1;
		start = p + 1;
	}
	if ((bracket = *start == '[')) {
		if ((end = strchr(++start, ']')) == NULL) {
			*why = "there is no ] after the [";
			return -1;
		}
		p = end + 1;
		*end = '\0';
	} else {
		p = start + strcspn(start, ":");
	}
	if (*p == ':') {
		if (url_read_port(p + 1, &u->port, why) == -1)
			return -1;
		*p = '\0';
	} else if (*p != '\0') {
		*why = "there is something between the ] and the port";
		return -1;
	}
	if (strlcpy(u->host, start, sizeof(u->host)) >= sizeof(u->host)) {
		*why = "the host is too long";
		return -1;
	}
	url_lower(u->host);
	if (u->host[0] == '\0') {
		*why = "there is no host in it";
		return -1;
	}
	if (url_host_kind(u->host, &u->kind, why) == -1)
		return -1;
	if (bracket != (u->kind == URL_IPV6)) {
		*why = "the host is neither a name nor an address";
		return -1;
	}
	return 0;
}

int
url_parse(const char *text, struct url *u, const char **why)
{
	const char	*path, *rest = NULL;
	const char	*p;
	size_t		 i, len;

	memset(u, 0, sizeof(*u));
	if (strlen(text) >= URL_SIZE) {
		*why = "the URL is too long";
		return -1;
	}
	for (p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("\"<>\\^`{|}", *p)) {
			*why = "the URL has a character that must be escaped";
			return -1;
		}
	for (i = 0; i < SCHEMES; i++) {
		len = strlen(schemes[i].name);
		if (strncasecmp(text, schemes[i].name, len) == 0 &&
		    strncmp(text + len, "://", 3) == 0) {
			rest = text + len + 3;
			u->scheme = (enum url_scheme)i;
			u->port = schemes[i].port;
			break;
		}
	}
	if (rest == NULL) {
		*why = "the URL must begin with https://, http:// or tcp://";
		return -1;
	}
	if (strchr(rest, '#') != NULL) {
		*why = "the URL has a fragment (#)";
		return -1;
	}
	path = rest + strcspn(rest, "/?");
	if (url_authority(rest, (size_t)(path - rest), u, why) == -1)
		return -1;
	snprintf(u->path, sizeof(u->path), "%s%s", *path == '/' ? "" : "/",
	    path);
	return 0;
}
