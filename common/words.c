#include <string.h>

#include "common/words.h"

#define WORD_MAX	32

static int	is_same(const char *, const char *);
static size_t	minimum(size_t, size_t);

/* "service" and "services" are one as long as nobody says which */
static int
is_same(const char *a, const char *b)
{
	size_t	 len = minimum(strlen(a), strlen(b));

	return strncmp(a, b, len) == 0 &&
	    strlen(a) + strlen(b) <= 2 * len + 1;
}

int
word_find(const char *const *words, size_t n, const char *typed)
{
	size_t	 i, len = strlen(typed);
	int	 found = WORD_UNKNOWN;

	if (len == 0)
		return WORD_UNKNOWN;
	for (i = 0; i < n; i++)
		if (strcmp(words[i], typed) == 0)
			return (int)i;
	for (i = 0; i < n; i++) {
		if (strncmp(words[i], typed, len) != 0)
			continue;
		if (found == WORD_UNKNOWN)
			found = (int)i;
		else if (!is_same(words[found], words[i]))
			return WORD_AMBIGUOUS;
	}
	return found;
}

static size_t
minimum(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t
word_distance(const char *a, const char *b)
{
	size_t	 d[WORD_MAX][WORD_MAX];
	size_t	 la = strnlen(a, WORD_MAX - 1), lb = strnlen(b, WORD_MAX - 1);
	size_t	 i, j;

	for (i = 0; i <= la; i++)
		d[i][0] = i;
	for (j = 0; j <= lb; j++)
		d[0][j] = j;
	for (i = 1; i <= la; i++) {
		for (j = 1; j <= lb; j++) {
			d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			d[i][j] = minimum(d[i][j], d[i - 1][j] + 1);
			d[i][j] = minimum(d[i][j], d[i][j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = minimum(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}

int
word_nearest(const char *const *words, size_t n, const char *typed)
{
	size_t	 i, d, best = (size_t)-1, len = strlen(typed);
	int	 found = -1;

	for (i = 0; i < n; i++) {
		d = word_distance(words[i], typed);
		if (d < best) {
			best = d;
			found = (int)i;
		}
	}
	/* A third of the letters wrong, at least one, at most three */
	if (found == -1 || best > minimum(3, len / 3 + 1) || best >= len)
		return -1;
	return found;
}

int
word_is_listed(const char *word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(word, *list) == 0)
			return 1;
	return 0;
}
