#include <string.h>

#include "common/hex.h"
#include "lavavisord/verifier/checksum_list.h"

#define BSD_TAG		"SHA256 ("
#define BSD_EQUALS	") = "
#define TEXT_LEN(s)	(sizeof(s) - 1)

enum line {
	LINE_OTHER,	/* of another file, or of nothing we know */
	LINE_OURS,
	LINE_BAD,	/* names our file, but its hash is none */
	LINE_PATH	/* names our file, but in a directory */
};

static int		ends_in_path(const char *, size_t, const char *);
static enum line	line_bsd(const char *, size_t, const char *,
			    uint8_t *);
static enum line	line_gnu(const char *, size_t, const char *,
			    uint8_t *);
static int		starts(const char *, size_t, const char *);

int
checksum_name_is_fine(const char *name)
{
	const char	*p;
	size_t		 len = strlen(name);

	if (len == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    name[0] == ' ' || name[len - 1] == ' ')
		return 0;
	for (p = name; *p != '\0'; p++)
		if (*p == '/' || *p == '\\' || (unsigned char)*p < 0x20 ||
		    *p == 0x7f)
			return 0;
	return 1;
}

int
checksum_list_find(const char *list, size_t len, const char *name,
    uint8_t hash[SHA256_SIZE], const char **why)
{
	const char	*line, *end = list + len, *lf;
	size_t		 n;
	uint8_t		 found[SHA256_SIZE];
	enum line	 is;
	int		 seen = 0;

	if (len > CHECKSUM_LIST_MAX) {
		*why = "is too long";
		return -1;
	}
	if (!checksum_name_is_fine(name)) {
		*why = "is asked for an impossible name";
		return -1;
	}
	if (len != 0 && memchr(list, '\0', len) != NULL) {
		*why = "is not text";
		return -1;
	}
	for (line = list; line < end; line = lf + 1) {
		if ((lf = memchr(line, '\n', (size_t)(end - line))) == NULL)
			lf = end;
		n = (size_t)(lf - line);
		if (n > 0 && line[n - 1] == '\r')
			n--;
		if ((is = line_bsd(line, n, name, found)) == LINE_OTHER)
			is = line_gnu(line, n, name, found);
		if (is == LINE_BAD) {
			*why = "names the file without a good hash";
			return -1;
		}
		if (is == LINE_PATH) {
			*why = "names the file in a directory";
			return -1;
		}
		if (is == LINE_OURS && seen) {
			*why = memcmp(hash, found, SHA256_SIZE) == 0 ?
			    "names the file twice" :
			    "names the file twice, with two hashes";
			return -1;
		}
		if (is == LINE_OURS) {
			memcpy(hash, found, SHA256_SIZE);
			seen = 1;
		}
		if (lf == end)
			break;
	}
	if (!seen)
		*why = "does not name the file";
	return seen ? 0 : -1;
}

static int
starts(const char *p, size_t len, const char *with)
{
	size_t	 n = strlen(with);

	return len >= n && memcmp(p, with, n) == 0;
}

/* "dist/lavap": a list made one directory higher */
static int
ends_in_path(const char *p, size_t len, const char *name)
{
	size_t	 n = strlen(name);

	return len > n && p[len - n - 1] == '/' &&
	    memcmp(p + len - n, name, n) == 0;
}

static enum line
line_bsd(const char *p, size_t len, const char *name, uint8_t *hash)
{
	size_t	 n, rest = TEXT_LEN(BSD_EQUALS) + 2 * SHA256_SIZE;

	if (!starts(p, len, BSD_TAG))
		return LINE_OTHER;
	p += TEXT_LEN(BSD_TAG);
	len -= TEXT_LEN(BSD_TAG);
	if (len > rest && starts(p + len - rest, rest, BSD_EQUALS) &&
	    ends_in_path(p, len - rest, name))
		return LINE_PATH;
	n = strlen(name);
	if (!starts(p, len, name) || !starts(p + n, len - n, BSD_EQUALS))
		return LINE_OTHER;
	p += n + TEXT_LEN(BSD_EQUALS);
	len -= n + TEXT_LEN(BSD_EQUALS);
	if (len != 2 * SHA256_SIZE || hex_decode(hash, SHA256_SIZE, p) == -1)
		return LINE_BAD;
	return LINE_OURS;
}

/*
 * A hash of another length before our name is one of another algorithm: a
 * list may well have both.
 */
static enum line
line_gnu(const char *p, size_t len, const char *name, uint8_t *hash)
{
	size_t	 n = strlen(name), digits = 2 * SHA256_SIZE;

	if (len <= digits + 2 || p[digits] != ' ' ||
	    (p[digits + 1] != ' ' && p[digits + 1] != '*') ||
	    hex_decode(hash, SHA256_SIZE, p) == -1)
		return len == digits + 2 + n && memcmp(p + digits + 2, name,
		    n) == 0 && p[digits] == ' ' ? LINE_BAD : LINE_OTHER;
	if (ends_in_path(p + digits + 2, len - digits - 2, name))
		return LINE_PATH;
	if (len != digits + 2 + n || memcmp(p + digits + 2, name, n) != 0)
		return LINE_OTHER;
	return LINE_OURS;
}
