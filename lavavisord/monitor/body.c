#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "common/log.h"
#include "lavavisord/monitor/body.h"

#define FIRST_SIZE	2048

static size_t	on_body(char *, size_t, size_t, void *);
static size_t	on_header(char *, size_t, size_t, void *);

int
body_collect(struct body *b, CURL *c)
{
	if (curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, b) != CURLE_OK ||
	    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) !=
	    CURLE_OK || curl_easy_setopt(c, CURLOPT_HEADERDATA, b) != CURLE_OK)
		return -1;
	return 0;
}

void
body_start(struct body *b, size_t max)
{
	b->len = 0;
	b->headers = 0;
	b->over = 0;
	b->max = max;
}

void
body_free(struct body *b)
{
	free(b->bytes);
	b->bytes = NULL;
	b->size = b->len = 0;
}

int
body_fault(const struct body *b, char *why, size_t size)
{
	if (!b->over)
		return 0;
	if (b->headers > BODY_HEADERS_MAX)
		snprintf(why, size, "headers over %d KiB",
		    BODY_HEADERS_MAX / 1024);
	else
		snprintf(why, size, "body over %zu KiB", b->max / 1024);
	return 1;
}

/* Less than was given ends the transfer. */
static size_t
on_body(char *bytes, size_t one, size_t n, void *arg)
{
	struct body	*b = arg;
	size_t		 size;

	n *= one;
	if (n > b->max - b->len) {
		b->over = 1;
		return 0;
	}
	for (size = b->size; size < b->len + n; )
		size = size == 0 ? FIRST_SIZE : size * 2;
	if (size != b->size) {
		if ((b->bytes = realloc(b->bytes, size)) == NULL)
			fatal("realloc");
		b->size = size;
	}
	if (n > 0)
		memcpy(b->bytes + b->len, bytes, n);
	b->len += n;
	return n;
}

static size_t
on_header(char *bytes, size_t one, size_t n, void *arg)
{
	struct body	*b = arg;

	(void)bytes;
	n *= one;
	if ((b->headers += n) > BODY_HEADERS_MAX) {
		b->over = 1;
		return 0;
	}
	return n;
}
