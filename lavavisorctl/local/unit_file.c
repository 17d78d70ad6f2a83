#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/utf8.h"
#include "lavavisorctl/local/unit_file.h"

#define BLANKS	" \t"

/* A value being split */
struct splitter {
	const char	*p;
	char		*word;		/* room for the whole value */
	size_t		 len;
	int		 variables;	/* $ is special */
	char		*why;
	size_t		 size;
};

static int	add_line(struct unit_file *, const char *, char *,
		    unsigned int, char *, size_t);
static char	*copy(const char *, size_t);
static int	escape(struct splitter *);
static int	fail(struct splitter *, const char *, const char *);
static int	hex_digits(const char *, size_t, unsigned long *);
static char	*logical_line(const char **, const char *, unsigned int *);
static int	is_text(const char *);
static int	next_word(struct splitter *);
static int	put_code_point(struct splitter *, unsigned long);
static int	special(struct splitter *);
static int	split(struct unit_words *, const char *, int, int, char *,
		    size_t);
static char	*trim(char *);

static char *
copy(const char *text, size_t len)
{
	char	*new;

	if ((new = malloc(len + 1)) == NULL)
		fatal(NULL);
	memcpy(new, text, len);
	new[len] = '\0';
	return new;
}

static char *
trim(char *text)
{
	size_t	 n;

	text += strspn(text, BLANKS "\r");
	n = strlen(text);
	while (n > 0 && strchr(BLANKS "\r", text[n - 1]) != NULL)
		text[--n] = '\0';
	return text;
}

/*
 * The next line, with those it continues on: a backslash at the end and the
 * line end become a blank, and comments in between are left out.  New memory,
 * or NULL at the end.
 */
static char *
logical_line(const char **at, const char *end, unsigned int *line)
{
	const char	*p = *at, *eol, *start;
	char		*text;
	size_t		 len, have = 0;
	int		 more = 1;

	if (p >= end)
		return NULL;
	if ((text = malloc((size_t)(end - p) + 1)) == NULL)
		fatal(NULL);
	while (more && p < end) {
		eol = memchr(p, '\n', (size_t)(end - p));
		len = (size_t)((eol != NULL ? eol : end) - p);
		start = p;
		p = eol != NULL ? eol + 1 : end;
		++*line;
		if (len > 0 && start[len - 1] == '\r')
			len--;
		while (have > 0 && len > 0 && strchr(BLANKS, *start) != NULL) {
			start++;
			len--;
		}
		if (have > 0 && len > 0 && (*start == '#' || *start == ';'))
			continue;
		more = len > 0 && start[len - 1] == '\\' &&
		    start[strspn(start, BLANKS)] != '#' &&
		    start[strspn(start, BLANKS)] != ';';
		memcpy(text + have, start, len);
		have += len;
		if (more)
			text[have - 1] = ' ';
	}
	text[have] = '\0';
	*at = p;
	return text;
}

static int
add_line(struct unit_file *u, const char *section, char *text,
    unsigned int line, char *why, size_t size)
{
	struct unit_line	*new;
	char			*value;
	size_t			 n;

	if ((value = strchr(text, '=')) == NULL || value == text) {
		snprintf(why, size, "line %u: it is no KEY=VALUE", line);
		return -1;
	}
	*value++ = '\0';
	if (section == NULL) {
		snprintf(why, size, "line %u: it is in no [Section]", line);
		return -1;
	}
	if (u->count == UNIT_LINES_MAX) {
		snprintf(why, size, "line %u: too many lines", line);
		return -1;
	}
	/* Room grows in steps of 16. */
	if (u->count % 16 == 0) {
		new = reallocarray(u->lines, u->count + 16, sizeof(*new));
		if (new == NULL)
			fatal(NULL);
		u->lines = new;
	}
	new = &u->lines[u->count++];
	n = strlen(section);
	new->section = copy(section, n);
	text = trim(text);
	new->key = copy(text, strlen(text));
	value = trim(value);
	new->value = copy(value, strlen(value));
	new->line = line;
	return 0;
}

int
unit_file_read(struct unit_file *u, const char *text, size_t len, char *why,
    size_t size)
{
	const char	*p = text, *end = text + len;
	char		*whole, *now, *section = NULL;
	size_t		 before = u->count;
	unsigned int	 line = 0, first;
	int		 bad = 0;

	if (len > UNIT_FILE_MAX || memchr(text, '\0', len) != NULL) {
		snprintf(why, size, "line 1: it is no text of at most %d "
		    "bytes", UNIT_FILE_MAX);
		return -1;
	}
	while (!bad) {
		first = line + 1;
		if ((whole = logical_line(&p, end, &line)) == NULL)
			break;
		now = trim(whole);
		if (*now == '[') {
			free(section);
			section = copy(now + 1, strcspn(now + 1, "]"));
		} else if (*now != '\0' && *now != '#' && *now != ';')
			bad = add_line(u, section, now, first, why, size);
		free(whole);
	}
	free(section);
	while (bad && u->count > before) {
		u->count--;
		free(u->lines[u->count].section);
		free(u->lines[u->count].key);
		free(u->lines[u->count].value);
	}
	return bad;
}

void
unit_file_free(struct unit_file *u)
{
	size_t	 i;

	for (i = 0; i < u->count; i++) {
		free(u->lines[i].section);
		free(u->lines[i].key);
		free(u->lines[i].value);
	}
	free(u->lines);
	u->lines = NULL;
	u->count = 0;
}

const struct unit_line *
unit_file_find(const struct unit_file *u, const char *section,
    const char *key)
{
	const struct unit_line	*l;
	size_t			 i;

	for (i = u->count; i > 0; i--) {
		l = &u->lines[i - 1];
		if (strcmp(l->section, section) == 0 &&
		    strcmp(l->key, key) == 0)
			return l->value[0] != '\0' ? l : NULL;
	}
	return NULL;
}

static int
fail(struct splitter *s, const char *what, const char *at)
{
	snprintf(s->why, s->size, "%s at \"%.40s\"", what, at);
	return -1;
}

static int
hex_digits(const char *p, size_t n, unsigned long *value)
{
	size_t	 i;

	*value = 0;
	for (i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)p[i]))
			return -1;
		*value = *value * 16 + (unsigned long)(isdigit(
		    (unsigned char)p[i]) ? p[i] - '0' :
		    tolower((unsigned char)p[i]) - 'a' + 10);
	}
	return 0;
}

/* As UTF-8; what is no text for a configuration is refused later. */
static int
put_code_point(struct splitter *s, unsigned long c)
{
	char	*to = s->word + s->len;

	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	if (c < 0x80)
		*to++ = (char)c;
	else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	s->len = (size_t)(to - s->word);
	return 0;
}

/* Behind a backslash */
static int
escape(struct splitter *s)
{
	static const char	 from[] = "abfnrtv\\\"'s";
	static const char	 to[] = "\a\b\f\n\r\t\v\\\"' ";
	const char		*p = s->p, *which;
	unsigned long		 c;

	if (*p != '\0' && (which = strchr(from, *p)) != NULL) {
		s->word[s->len++] = to[which - from];
		s->p++;
		return 0;
	}
	switch (*p) {
	case 'x':
		if (hex_digits(p + 1, 2, &c) == -1 || c == 0)
			break;
		s->word[s->len++] = (char)c;
		s->p += 3;
		return 0;
	case 'u':
		if (hex_digits(p + 1, 4, &c) == -1 ||
		    put_code_point(s, c) == -1)
			break;
		s->p += 5;
		return 0;
	case 'U':
		if (hex_digits(p + 1, 8, &c) == -1 ||
		    put_code_point(s, c) == -1)
			break;
		s->p += 9;
		return 0;
	case '0': case '1': case '2': case '3':
		if (p[1] < '0' || p[1] > '7' || p[2] < '0' || p[2] > '7')
			break;
		c = (unsigned long)((p[0] - '0') * 64 + (p[1] - '0') * 8 +
		    p[2] - '0');
		if (c == 0)
			break;
		s->word[s->len++] = (char)c;
		s->p += 3;
		return 0;
	}
	return fail(s, "an escape that is none", p - 1);
}

/* % and $, doubled for themselves.  1 when it was one, 0, or -1 */
static int
special(struct splitter *s)
{
	const char	*p = s->p;

	if (p[0] != '%' && !(p[0] == '$' && s->variables))
		return 0;
	if (p[1] == p[0]) {
		s->word[s->len++] = p[0];
		s->p += 2;
		return 1;
	}
	if (p[0] == '%')
		return fail(s, "a specifier, which only systemd knows,", p);
	if (p[1] != '{' && p[1] != '_' && !isalpha((unsigned char)p[1]))
		return 0;
	return fail(s, "a variable, which is not replaced here,", p);
}

/* UTF-8 without control characters: what a configuration can hold */
static int
is_text(const char *word)
{
	const unsigned char	*p = (const unsigned char *)word;
	size_t			 len = strlen(word);
	char			*cleaned;
	int			 same;

	for (; *p != '\0'; p++)
		if (*p < ' ' || *p == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0))
			return 0;
	cleaned = copy(word, len);
	utf8_clean(cleaned);
	same = strcmp(cleaned, word) == 0;
	free(cleaned);
	return same;
}

/* 1 with s->word, 0 at the end, or -1 */
static int
next_word(struct splitter *s)
{
	char	 quote = '\0';
	int	 was;

	s->p += strspn(s->p, BLANKS);
	s->len = 0;
	if (*s->p == '\0')
		return 0;
	while (*s->p != '\0') {
		if (quote == '\0' && strchr(BLANKS, *s->p) != NULL)
			break;
		if (*s->p == quote) {
			quote = '\0';
			s->p++;
		} else if (quote == '\0' && (*s->p == '"' || *s->p == '\''))
			quote = *s->p++;
		else if (*s->p == '\\') {
			s->p++;
			if (escape(s) == -1)
				return -1;
		} else if ((was = special(s)) == -1)
			return -1;
		else if (was == 0)
			s->word[s->len++] = *s->p++;
	}
	if (quote != '\0') {
		snprintf(s->why, s->size, "a quote is not closed");
		return -1;
	}
	s->word[s->len] = '\0';
	if (!is_text(s->word))
		return fail(s, "a word with control characters", s->word);
	return 1;
}

static int
split(struct unit_words *w, const char *value, int command, int variables,
    char *why, size_t size)
{
	struct splitter	 s = { value, NULL, 0, variables, why, size };
	const char	*start;
	int		 more;

	memset(w, 0, sizeof(*w));
	/* An escape is never shorter than what it stands for. */
	s.word = copy(value, strlen(value));
	for (;;) {
		start = s.p + strspn(s.p, BLANKS);
		/* "\;" is how a lone semicolon is written. */
		if (command && start[0] == '\\' && start[1] == ';' &&
		    (start[2] == '\0' || strchr(BLANKS, start[2]) != NULL)) {
			s.p = start + 2;
			strlcpy(s.word, ";", 2);
			s.len = 1;
		} else if ((more = next_word(&s)) <= 0)
			break;
		if (command && start[0] == ';' && s.len == 1) {
			snprintf(why, size, "a second command behind `;'");
			more = -1;
			break;
		}
		if (w->count == UNIT_WORDS_MAX) {
			snprintf(why, size, "more than %d words",
			    UNIT_WORDS_MAX);
			more = -1;
			break;
		}
		w->word[w->count++] = copy(s.word, s.len);
	}
	free(s.word);
	if (more == -1)
		unit_words_free(w);
	return more;
}

int
unit_words_split(struct unit_words *w, const char *value, char *why,
    size_t size)
{
	return split(w, value, 0, 0, why, size);
}

void
unit_words_free(struct unit_words *w)
{
	size_t	 i;

	for (i = 0; i < w->count; i++)
		free(w->word[i]);
	memset(w, 0, sizeof(*w));
}

int
unit_command_split(struct unit_command *c, const char *value, char *why,
    size_t size)
{
	int	 own_name = 0, variables = 1;

	memset(c, 0, sizeof(*c));
	value += strspn(value, BLANKS);
	for (; *value != '\0' && strchr("-@:+!", *value) != NULL; value++) {
		c->may_fail |= *value == '-';
		own_name |= *value == '@';
		c->as_root |= *value == '+' || *value == '!';
		if (*value == ':')
			variables = 0;
	}
	if (split(&c->words, value, 1, variables, why, size) == -1)
		return -1;
	if (c->words.count <= (size_t)own_name || c->words.word[0][0] == '\0') {
		snprintf(why, size, "there is no command in it");
		unit_words_free(&c->words);
		return -1;
	}
	/* Its name for itself is of no use to us. */
	if (own_name) {
		free(c->words.word[1]);
		memmove(&c->words.word[1], &c->words.word[2],
		    (c->words.count - 1) * sizeof(c->words.word[0]));
		c->words.count--;
	}
	return 0;
}

int
unit_seconds(const char *value, unsigned int *seconds)
{
	static const struct {
		const char	*unit;
		uint64_t	 ms;
	} units[] = {
		{ "", 1000 }, { "s", 1000 }, { "sec", 1000 },
		{ "second", 1000 }, { "seconds", 1000 }, { "ms", 1 },
		{ "msec", 1 }, { "m", 60000 }, { "min", 60000 },
		{ "minute", 60000 }, { "minutes", 60000 }, { "h", 3600000 },
		{ "hr", 3600000 }, { "hour", 3600000 }, { "hours", 3600000 },
		{ "d", 86400000 }, { "day", 86400000 }, { "days", 86400000 }
	};
	uint64_t	 total = 0, n;
	size_t		 i, len;
	char		 unit[16];

	if (strcmp(value, "infinity") == 0) {
		*seconds = UINT_MAX;
		return 0;
	}
	value += strspn(value, BLANKS);
	if (*value == '\0')
		return -1;
	while (*value != '\0') {
		if (!isdigit((unsigned char)*value))
			return -1;
		for (n = 0; isdigit((unsigned char)*value); value++)
			if ((n = n * 10 + (uint64_t)(*value - '0')) > 1000000)
				return -1;
		value += strspn(value, BLANKS);
		for (len = 0; isalpha((unsigned char)value[len]); len++)
			if (len >= sizeof(unit) - 1)
				return -1;
		memcpy(unit, value, len);
		unit[len] = '\0';
		value += len;
		value += strspn(value, BLANKS);
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strcmp(units[i].unit, unit) == 0)
				break;
		if (i == sizeof(units) / sizeof(units[0]))
			return -1;
		total += n * units[i].ms;
	}
	total = (total + 999) / 1000;
	if (total >= UINT_MAX)
		return -1;
	*seconds = (unsigned int)total;
	return 0;
}
