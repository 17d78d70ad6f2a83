#include <string.h>
#include <strings.h>

#include "lavavisord/downloader/resume.h"

static int	number(const char **, uint64_t *);

int
etag_is_strong(const char *etag, size_t size)
{
	size_t	 i, len = strlen(etag);

	if (len < 2 || len >= size || etag[0] != '"' || etag[len - 1] != '"')
		return 0;
	for (i = 1; i < len - 1; i++)
		if (etag[i] == '"' || (unsigned char)etag[i] <= 0x20 ||
		    (unsigned char)etag[i] >= 0x7f)
			return 0;
	return 1;
}

/* Digits, at most 18 of them: no file is larger */
static int
number(const char **p, uint64_t *v)
{
	int	 digits;

	for (*v = 0, digits = 0; **p >= '0' && **p <= '9'; (*p)++) {
		if (++digits > 18)
			return -1;
		*v = *v * 10 + (uint64_t)(**p - '0');
	}
	return digits == 0 ? -1 : 0;
}

int
content_range_parse(const char *text, struct content_range *r)
{
	memset(r, 0, sizeof(*r));
	if (strncasecmp(text, "bytes ", 6) != 0)
		return -1;
	text += 6;
	text += strspn(text, " ");
	if (*text == '*') {
		r->unsatisfied = 1;
		text++;
	} else {
		if (number(&text, &r->first) == -1 || *text++ != '-' ||
		    number(&text, &r->last) == -1 || r->last < r->first)
			return -1;
	}
	if (*text++ != '/')
		return -1;
	if (strcmp(text, "*") == 0)
		return r->unsatisfied ? -1 : 0;
	r->has_total = 1;
	if (number(&text, &r->total) == -1 || *text != '\0' ||
	    (!r->unsatisfied && r->last >= r->total))
		return -1;
	return 0;
}
