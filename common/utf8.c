#include <stddef.h>

#include "common/utf8.h"

static size_t	sequence(const unsigned char *);

/* The length of the well-formed sequence at p, 0 none */
static size_t
sequence(const unsigned char *p)
{
	unsigned char	 low = 0x80, high = 0xbf;
	size_t		 n, i;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}

void
utf8_clean(char *text)
{
	unsigned char	*p = (unsigned char *)text;
	size_t		 n;

	while (*p != '\0') {
		if ((n = sequence(p)) == 0) {
			*p = '?';
			n = 1;
		}
		p += n;
	}
}
