#include <sys/ioctl.h>

#include <ctype.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "common/log.h"
#include "lavavisorctl/screen_text.h"

/* The longest escape: \u{10ffff} */
#define ESCAPE_MAX	10

#define COLUMNS_MAX	10000

static size_t	decode(const char *, size_t, unsigned long *);
static int	may_show(unsigned long);
static void	screen_locale(void);
static size_t	step(const char **, size_t *);
static int	width_of(unsigned long);

/* To read a locale takes longer than all the rest: not for ASCII. */
static int
width_of(unsigned long c)
{
	static int	 is_set;

	if (c < 0x80)
		return 1;
	if (!is_set)
		screen_locale();
	is_set = 1;
	return wcwidth((wchar_t)c);
}

static void
screen_locale(void)
{
	if (setlocale(LC_CTYPE, "") == NULL ||
	    strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
		if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
			setlocale(LC_CTYPE, "en_US.UTF-8");
	}
}

/*
 * One character of UTF-8 (RFC 3629) at p.  Returns its bytes, 0 for a stray
 * byte.
 */
static size_t
decode(const char *text, size_t left, unsigned long *c)
{
	static const unsigned long	 least[] = { 0, 0, 0x80, 0x800,
	    0x10000 };
	const unsigned char		*p = (const unsigned char *)text;
	size_t				 n, i;

	if (p[0] < 0x80) {
		*c = p[0];
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] < 0xe0)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] < 0xf0)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] < 0xf5)
		n = 4;
	else
		return 0;
	if (n > left)
		return 0;
	*c = p[0] & (0xffU >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000))
		return 0;
	return n;
}

static int
may_show(unsigned long c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return 0;
	/* Zero width, direction and line marks; byte order mark */
	if (c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	    c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || c >= 0xe0000)
		return 0;
	return width_of(c) >= 0;
}

char *
screen_text(const char *text, size_t length)
{
	unsigned long	 c;
	size_t		 i = 0, n, used = 0, size = length + ESCAPE_MAX + 1;
	char		*to, *bigger;

	if ((to = malloc(size)) == NULL)
		fatal("malloc");
	while (i < length) {
		if (size - used <= ESCAPE_MAX + 1) {
			size *= 2;
			if ((bigger = realloc(to, size)) == NULL)
				fatal("realloc");
			to = bigger;
		}
		if ((n = decode(text + i, length - i, &c)) == 0) {
			used += (size_t)snprintf(to + used, size - used,
			    "\\x%02x", (unsigned char)text[i]);
			i++;
			continue;
		}
		if (may_show(c)) {
			memcpy(to + used, text + i, n);
			used += n;
		} else
			used += (size_t)snprintf(to + used, size - used,
			    c < 0x80 ? "\\x%02lx" : "\\u{%lx}", c);
		i += n;
	}
	to[used] = '\0';
	return to;
}

/* The width of the character at *text, which is behind it then */
static size_t
step(const char **text, size_t *left)
{
	unsigned long	 c;
	size_t		 n;
	int		 w = 1;

	if ((n = decode(*text, *left, &c)) == 0)
		n = 1;
	else
		w = width_of(c);
	*text += n;
	*left -= n;
	return w > 0 ? (size_t)w : 0;
}

size_t
screen_width(const char *text)
{
	size_t	 left = strlen(text), width = 0;

	while (left > 0)
		width += step(&text, &left);
	return width;
}

size_t
screen_fit(const char *text, size_t columns)
{
	const char	*p = text, *before;
	size_t		 left = strlen(text), width = 0;

	while (left > 0) {
		before = p;
		width += step(&p, &left);
		if (width > columns && before != text)
			return (size_t)(before - text);
	}
	return (size_t)(p - text);
}

size_t
output_columns(int fd)
{
	const char	*text = getenv("COLUMNS");
	struct winsize	 w;
	long		 n;

	if (text != NULL && isdigit((unsigned char)text[0]) &&
	    strlen(text) < 6 && (n = strtol(text, NULL, 10)) > 0)
		return n > COLUMNS_MAX ? COLUMNS_MAX : (size_t)n;
	if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &w) == 0)
		return w.ws_col;
	return 0;
}
