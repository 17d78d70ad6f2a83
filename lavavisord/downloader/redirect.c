#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "common/log.h"
#include "common/url.h"
#include "lavavisord/downloader/redirect.h"

static int	has_part(CURLU *, CURLUPart);
static int	is_https(const char *);
static int	url_is_fine(const char *, int, const char **);
static int	host_is_fine(CURLU *, const char **);
static CURLU	*parse(const char *);

static int
is_https(const char *url)
{
	return strncmp(url, "https://", 8) == 0;
}

/* NULL: it is none */
static CURLU *
parse(const char *url)
{
	CURLU	*u;

	if ((u = curl_url()) == NULL)
		fatalx("out of memory for libcurl");
	if (curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK)
		return u;
	curl_url_cleanup(u);
	return NULL;
}

static int
has_part(CURLU *u, CURLUPart part)
{
	char	*text = NULL;
	int	 has;

	has = curl_url_get(u, part, &text, 0) == CURLUE_OK;
	curl_free(text);
	return has;
}

static int
host_is_fine(CURLU *u, const char **why)
{
	char		*host = NULL, *name;
	enum url_host	 kind;
	size_t		 len;
	int		 rc;

	*why = "has no host";
	if (curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return -1;
	name = host;
	len = strlen(host);
	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		name++;
	}
	if (len >= HOST_SIZE) {
		*why = "has too long a host name";
		rc = -1;
	} else
		rc = url_host_kind(name, &kind, why);
	curl_free(host);
	return rc;
}

/* Scheme, length and characters; credentials only when `named` */
static int
url_is_fine(const char *url, int named, const char **why)
{
	const unsigned char	*p;
	CURLU			*u;
	int			 rc = -1;

	*why = "is too long";
	if (strlen(url) >= LOCATION_SIZE)
		return -1;
	*why = "has a character that no URL has";
	for (p = (const unsigned char *)url; *p != '\0'; p++)
		if (*p <= 0x20 || *p >= 0x7f)
			return -1;
	*why = "is not an http or https URL";
	if (!is_https(url) && strncmp(url, "http://", 7) != 0)
		return -1;
	*why = "is not a URL";
	if ((u = parse(url)) == NULL)
		return -1;
	if (!named && (has_part(u, CURLUPART_USER) ||
	    has_part(u, CURLUPART_PASSWORD)))
		*why = "carries credentials";
	else if (has_part(u, CURLUPART_ZONEID))
		*why = "has a zone id";
	else
		rc = host_is_fine(u, why);
	curl_url_cleanup(u);
	return rc;
}

int
redirects_begin(struct redirects *r, const char *url, int allow_http,
    const char **why)
{
	memset(r, 0, sizeof(*r));
	r->allow_http = allow_http;
	if (url_is_fine(url, 1, why) == -1)
		return -1;
	if (!is_https(url) && !allow_http) {
		*why = "is http, and the config names no http source";
		return -1;
	}
	if ((r->urls[0] = strdup(url)) == NULL)
		fatal(NULL);
	return 0;
}

int
redirects_follow(struct redirects *r, const char *url, const char **why)
{
	char	 host[HOST_SIZE + 8], named[HOST_SIZE + 8];
	int	 i;

	if (url_is_fine(url, 0, why) == -1)
		return -1;
	if (!is_https(url) && is_https(redirects_url(r))) {
		*why = "leads from https to http";
		return -1;
	}
	if (!is_https(url) && !r->allow_http) {
		*why = "is http, and the config names no http source";
		return -1;
	}
	url_host_text(url, host, sizeof(host));
	url_host_text(r->urls[0], named, sizeof(named));
	if (!is_https(url) && strcasecmp(host, named) != 0) {
		*why = "is http, and the config does not name this host so";
		return -1;
	}
	for (i = 0; i <= r->count; i++)
		if (strcmp(r->urls[i], url) == 0) {
			*why = "goes round in a loop";
			return -1;
		}
	if (r->count == REDIRECTS_MAX) {
		*why = "is one too many";
		return -1;
	}
	if ((r->urls[++r->count] = strdup(url)) == NULL)
		fatal(NULL);
	return 0;
}

const char *
redirects_url(const struct redirects *r)
{
	return r->urls[r->count];
}

void
redirects_end(struct redirects *r)
{
	int	 i;

	for (i = 0; i <= REDIRECTS_MAX; i++)
		free(r->urls[i]);
	memset(r, 0, sizeof(*r));
}

void
url_host_text(const char *url, char *to, unsigned long size)
{
	CURLU	*u;
	char	*host = NULL, *port = NULL;

	snprintf(to, size, "?");
	if ((u = parse(url)) == NULL)
		return;
	if (curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		if (curl_url_get(u, CURLUPART_PORT, &port, 0) == CURLUE_OK)
			snprintf(to, size, "%s:%s", host, port);
		else
			snprintf(to, size, "%s", host);
	}
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
}

void
url_file_text(const char *url, char *to, unsigned long size)
{
	CURLU		*u;
	const char	*name;
	char		*path = NULL;

	snprintf(to, size, "?");
	if ((u = parse(url)) == NULL)
		return;
	if (curl_url_get(u, CURLUPART_PATH, &path, 0) == CURLUE_OK &&
	    (name = strrchr(path, '/')) != NULL && name[1] != '\0')
		snprintf(to, size, "%s", name + 1);
	curl_free(path);
	curl_url_cleanup(u);
}
