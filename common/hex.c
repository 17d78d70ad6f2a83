#include "common/hex.h"

static int	hex_value(char);

void
hex_encode(char *to, const void *from, size_t len)
{
	static const char	 digits[] = "0123456789abcdef";
	const unsigned char	*p = from;
	size_t			 i;

	for (i = 0; i < len; i++) {
		to[2 * i] = digits[p[i] >> 4];
		to[2 * i + 1] = digits[p[i] & 15];
	}
	to[2 * len] = '\0';
}

int
hex_decode(void *to, size_t len, const char *text)
{
	unsigned char	*p = to;
	size_t		 i;
	int		 high, low;

	for (i = 0; i < len; i++) {
		if ((high = hex_value(text[2 * i])) == -1 ||
		    (low = hex_value(text[2 * i + 1])) == -1)
			return -1;
		p[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
