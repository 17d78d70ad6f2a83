#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisord/record.h"

#define END_LENGTH	(4 + 16 + 1)	/* "end ", the sum, a newline */

static uint64_t	 sum(const char *, size_t);
static void	 end_line(char *, const char *, size_t);

/* FNV-1a: finds every single altered byte, and a torn file. */
static uint64_t
sum(const char *text, size_t len)
{
	uint64_t	 h = UINT64_C(0xcbf29ce484222325);
	size_t		 i;

	for (i = 0; i < len; i++) {
		h ^= (unsigned char)text[i];
		h *= UINT64_C(0x100000001b3);
	}
	return h;
}

static void
end_line(char *to, const char *text, size_t len)
{
	snprintf(to, END_LENGTH + 1, "end %016" PRIx64 "\n", sum(text, len));
}

int
record_whole(const char *text, size_t len, size_t *body)
{
	char	 want[END_LENGTH + 1];

	if (len < END_LENGTH)
		return 0;
	*body = len - END_LENGTH;
	end_line(want, text, *body);
	if (*body > 0 && text[*body - 1] != '\n')
		return 0;
	return memcmp(text + *body, want, END_LENGTH) == 0;
}

size_t
record_close(char *text, size_t len)
{
	end_line(text + len, text, len);
	return len + END_LENGTH;
}

void
record_seal(FILE *f, char **text, size_t *len)
{
	if (ferror(f) || fclose(f) == EOF)
		fatalx("a state file does not fit in memory");
	if ((*text = realloc(*text, *len + END_LENGTH + 1)) == NULL)
		fatal("realloc");
	end_line(*text + *len, *text, *len);
	*len += END_LENGTH;
}

char *
record_line(char **text, size_t *left)
{
	char	*line = *text, *end;
	size_t	 len;

	if (*left == 0 || (end = memchr(line, '\n', *left)) == NULL)
		return NULL;
	len = (size_t)(end - line);
	if (memchr(line, '\0', len) != NULL)
		return NULL;
	*end = '\0';
	*text = end + 1;
	*left -= len + 1;
	return line;
}

int
record_word(char **line, char *buf, size_t size)
{
	size_t	 n;

	n = strcspn(*line, " ");
	if (n == 0 || n >= size)
		return -1;
	memcpy(buf, *line, n);
	buf[n] = '\0';
	*line += n;
	if (**line == ' ')
		(*line)++;
	return 0;
}

int
record_number(char **line, uint64_t max, uint64_t *value)
{
	char		 word[21];
	const char	*p;
	uint64_t	 n = 0, digit;

	if (record_word(line, word, sizeof(word)) == -1 ||
	    (word[0] == '0' && word[1] != '\0'))
		return -1;
	for (p = word; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		digit = (uint64_t)(*p - '0');
		if (n > (UINT64_MAX - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	if (n > max)
		return -1;
	*value = n;
	return 0;
}

int
record_signed(char **line, int64_t *value)
{
	uint64_t	 n;
	int		 minus;

	minus = **line == '-';
	*line += minus;
	if (record_number(line, INT64_MAX, &n) == -1 || (minus && n == 0))
		return -1;
	*value = minus ? -(int64_t)n : (int64_t)n;
	return 0;
}

int
record_version(char **line, struct semver *v)
{
	char	 word[SEMVER_SIZE];

	if (record_word(line, word, sizeof(word)) == -1)
		return -1;
	return semver_parse(word, v);
}

int
record_maybe_version(char **line, struct semver *v, int *has)
{
	char	 word[SEMVER_SIZE];

	if (record_word(line, word, sizeof(word)) == -1)
		return -1;
	memset(v, 0, sizeof(*v));
	*has = strcmp(word, "-") != 0;
	return *has ? semver_parse(word, v) : 0;
}

int
record_rest(char **line, char *buf, size_t size)
{
	size_t	 n;

	if ((n = strlen(*line)) >= size)
		return -1;
	memcpy(buf, *line, n + 1);
	*line += n;
	return 0;
}

int
record_done(const char *line)
{
	return *line == '\0';
}

int
record_choice(char **line, const char *const *names, int n)
{
	char	 word[64];
	int	 i;

	if (record_word(line, word, sizeof(word)) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (strcmp(names[i], word) == 0)
			return i;
	return -1;
}

void
record_put_rest(FILE *f, const char *text, size_t size)
{
	char	 clean[2048];

	log_clean(clean, size < sizeof(clean) ? size : sizeof(clean), text);
	fputs(clean, f);
}
