#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisorctl/local/command_split.h"

#define BLANKS		" \t\n"
/* What sh would act on, unless it is quoted */
#define OPERATORS	"|&;<>()"
#define EXPANSIONS	"$`"
#define PATTERNS	"*?["
/* Before these a backslash in "..." is one */
#define ESCAPABLE	"$`\"\\\n"

/* A text on its way into words */
struct split {
	const char	*text;
	const char	*p;
	char		*to;		/* where the next byte goes */
	char		*why;
	size_t		 size;
};

static int	double_quoted(struct split *);
static int	fail(const struct split *, const char *, const char *);
static int	is_control(char);
static int	plain(struct split *, const char *);
static int	single_quoted(struct split *);
static int	take_word(struct split *);

static int
fail(const struct split *s, const char *at, const char *what)
{
	size_t		 column = 1;
	const char	*p;

	/* Of characters, not bytes: all but the later ones of UTF-8 */
	for (p = s->text; p < at; p++)
		column += ((unsigned char)p[1] & 0xc0) != 0x80;
	snprintf(s->why, s->size, "column %zu: %s", column, what);
	return -1;
}

static int
is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t' && c != '\n') ||
	    c == 0x7f;
}

static int
single_quoted(struct split *s)
{
	const char	*open = s->p++;

	for (; *s->p != '\''; s->p++) {
		if (*s->p == '\0')
			return fail(s, open, "the quote ' is not closed");
		*s->to++ = *s->p;
	}
	s->p++;
	return 0;
}

static int
double_quoted(struct split *s)
{
	const char	*open = s->p++;

	for (; *s->p != '"'; s->p++) {
		if (*s->p == '\\' && s->p[1] != '\0' &&
		    strchr(ESCAPABLE, s->p[1]) != NULL) {
			if (*++s->p != '\n')
				*s->to++ = *s->p;
			continue;
		}
		if (*s->p == '\0')
			return fail(s, open, "the quote \" is not closed");
		if (strchr(EXPANSIONS, *s->p) != NULL)
			return fail(s, s->p, "nothing is expanded, there is "
			    "no shell: for the character itself put a "
			    "backslash before it, or '...' around it");
		*s->to++ = *s->p;
	}
	s->p++;
	return 0;
}

/* One character outside of quotes; word is where its word begins. */
static int
plain(struct split *s, const char *word)
{
	if (*s->p == '\\') {
		if (s->p[1] == '\0')
			return fail(s, s->p, "nothing follows the backslash");
		if (*++s->p != '\n')
			*s->to++ = *s->p;
		s->p++;
		return 0;
	}
	if (strchr(OPERATORS, *s->p) != NULL)
		return fail(s, s->p, "there is no shell that could act on "
		    "this: quote it, or let a script do it");
	if (strchr(EXPANSIONS, *s->p) != NULL ||
	    strchr(PATTERNS, *s->p) != NULL || (*s->p == '~' && s->p == word))
		return fail(s, s->p, "nothing is expanded, there is no "
		    "shell: quote it if the character itself is meant");
	if (*s->p == '#' && s->p == word)
		return fail(s, s->p, "there are no comments: quote it if the "
		    "character itself is meant");
	*s->to++ = *s->p++;
	return 0;
}

static int
take_word(struct split *s)
{
	const char	*word = s->p;
	int		 n;

	while (*s->p != '\0' && strchr(BLANKS, *s->p) == NULL) {
		if (*s->p == '\'')
			n = single_quoted(s);
		else if (*s->p == '"')
			n = double_quoted(s);
		else
			n = plain(s, word);
		if (n == -1)
			return -1;
	}
	*s->to++ = '\0';
	return 0;
}

int
command_split(struct command_words *w, const char *text, char *why,
    size_t size)
{
	struct split	 s = { text, text, NULL, why, size };
	size_t		 i, len = strlen(text);

	memset(w, 0, sizeof(*w));
	if (len > COMMAND_MAX)
		return fail(&s, text + COMMAND_MAX, "it is too long");
	for (i = 0; i < len; i++)
		if (is_control(text[i]))
			return fail(&s, text + i, "a control character");
	/* Quotes only take away, and each word has a blank or the end. */
	if ((w->text = malloc(len + 1)) == NULL)
		fatal("malloc");
	s.to = w->text;
	for (;;) {
		while (*s.p != '\0' && (strchr(BLANKS, *s.p) != NULL ||
		    (*s.p == '\\' && s.p[1] == '\n')))
			s.p += *s.p == '\\' ? 2 : 1;
		if (*s.p == '\0')
			break;
		if (w->count == COMMAND_WORDS_MAX) {
			fail(&s, s.p, "too many words");
			goto fail;
		}
		w->word[w->count] = s.to;
		if (take_word(&s) == -1)
			goto fail;
		w->count++;
	}
	if (w->count > 0)
		return 0;
	fail(&s, s.p, "there is no command");
fail:
	command_words_free(w);
	return -1;
}

void
command_words_free(struct command_words *w)
{
	free(w->text);
	memset(w, 0, sizeof(*w));
}
