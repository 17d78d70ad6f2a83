/* fuzz: lavavisord/downloader/redirect.c lavavisord/dialer/address.c */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "common/url.h"
#include "lavavisord/dialer/address.h"
#include "lavavisord/downloader/redirect.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void	check_address(const uint8_t *);
static void	check_host(const char *);
static void	check_redirect(const char *);
static void	check_url(const char *);

/* 1 refused, 0 taken */
static int
refused(int family, const uint8_t *bytes)
{
	struct sockaddr_in	 in;
	struct sockaddr_in6	 in6;

	memset(&in, 0, sizeof(in));
	memset(&in6, 0, sizeof(in6));
	in.sin_family = AF_INET;
	in6.sin6_family = AF_INET6;
	if (family == AF_INET) {
		memcpy(&in.sin_addr, bytes, 4);
		return address_refused((struct sockaddr *)&in) != NULL;
	}
	memcpy(&in6.sin6_addr, bytes, 16);
	return address_refused((struct sockaddr *)&in6) != NULL;
}

/* However an IPv4 address is wrapped up, it stays what it is. */
static void
check_address(const uint8_t *bytes)
{
	uint8_t	 mapped[16] = { [10] = 0xff, [11] = 0xff };
	uint8_t	 nat64[16] = { 0x00, 0x64, 0xff, 0x9b };
	uint8_t	 sixtofour[16] = { 0x20, 0x02 };
	int	 want = refused(AF_INET, bytes);

	memcpy(mapped + 12, bytes, 4);
	memcpy(nat64 + 12, bytes, 4);
	memcpy(sixtofour + 2, bytes, 14);
	if (refused(AF_INET6, mapped) != want ||
	    refused(AF_INET6, nat64) != want ||
	    refused(AF_INET6, sixtofour) != want)
		abort();
	if ((bytes[0] == 10 || bytes[0] == 127 || bytes[0] == 0) && !want)
		abort();
	if ((bytes[0] & 0xe0) != 0x20 && !refused(AF_INET6, bytes) &&
	    memcmp(bytes, mapped, 12) != 0 && memcmp(bytes, nat64, 12) != 0)
		abort();
}

/* What passes as a name must be one for getaddrinfo(3) as well. */
static void
check_host(const char *host)
{
	struct addrinfo	 hints, *found;
	enum url_host	 kind;
	const char	*why = NULL;

	if (url_host_kind(host, &kind, &why) == -1) {
		if (why == NULL)
			abort();
		return;
	}
	memset(&hints, 0, sizeof(hints));
	hints.ai_flags = AI_NUMERICHOST;
	if (getaddrinfo(host, NULL, &hints, &found) == 0) {
		if (kind == URL_NAME)
			abort();
		freeaddrinfo(found);
	} else if (kind != URL_NAME)
		abort();
}

static void
check_redirect(const char *url)
{
	struct redirects	 r;
	const char		*why = NULL;
	CURLU			*u;
	char			*host;
	size_t			 len;

	if (redirects_begin(&r, "https://a.test/", 0, &why) == -1)
		abort();
	if (redirects_follow(&r, url, &why) == -1) {
		if (why == NULL)
			abort();
	} else {
		if (strncmp(redirects_url(&r), "https://", 8) != 0 ||
		    (u = curl_url()) == NULL ||
		    curl_url_set(u, CURLUPART_URL, redirects_url(&r), 0) !=
		    CURLUE_OK ||
		    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
			abort();
		len = strlen(host);
		if (host[0] == '[') {
			host[len - 1] = '\0';
			check_host(host + 1);
		} else
			check_host(host);
		curl_free(host);
		curl_url_cleanup(u);
	}
	redirects_end(&r);
}

static void
check_url(const char *text)
{
	struct url	 u;
	const char	*why = NULL;
	char		 host[HOST_SIZE];
	uint16_t	 port;

	if (url_parse(text, &u, &why) == 0) {
		if (u.port == 0 || u.path[0] != '/')
			abort();
		check_host(u.host);
	} else if (why == NULL)
		abort();
	if (url_host_port(text, host, &port, &why) == 0 && host[0] != '\0')
		check_host(host);
}

/* An address, a Location header, a URL of the config */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	*text;

	if (size >= 16)
		check_address(data);
	if ((text = malloc(size + 1)) == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_redirect(text);
	check_url(text);
	free(text);
	return 0;
}
