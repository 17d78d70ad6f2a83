#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "lavavisorctl/local/yaml_quote.h"

static int	is_safe(const char *);

/* What some reader takes for a truth value or nothing */
static const char *const	 words[] = { "null", "true", "false", "yes",
    "no", "on", "off", "y", "n" };

static int
is_safe(const char *text)
{
	const char	*p;
	size_t		 i;

	/* A digit in front may be the begin of a number, a date, a time. */
	if (!isalpha((unsigned char)*text) && *text != '/' && *text != '_')
		return 0;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return 0;
	for (p = text; *p != '\0'; p++) {
		if (isalnum((unsigned char)*p) ||
		    strchr("._/@+-=", *p) != NULL)
			continue;
		if (*p != ':' || p[1] == '\0' || p[1] == ' ')
			return 0;
	}
	return 1;
}

char *
yaml_quote(const char *text)
{
	size_t	 len = strlen(text), n = 0;
	char	*p;

	if ((p = malloc(2 * len + 3)) == NULL)
		fatal("malloc");
	if (is_safe(text)) {
		memcpy(p, text, len + 1);
		return p;
	}
	p[n++] = '"';
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			p[n++] = '\\';
		p[n++] = *text;
	}
	p[n++] = '"';
	p[n] = '\0';
	return p;
}

void
yaml_put(FILE *f, const char *text)
{
	char	*quoted = yaml_quote(text);

	fputs(quoted, f);
	free(quoted);
}
