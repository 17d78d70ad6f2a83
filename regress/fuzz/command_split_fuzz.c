/* fuzz: lavavisorctl/local/command_split.c */
/*
 * Any text as a command; its words, quoted again, must give the same words.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisorctl/local/command_split.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char	*quote(const struct command_words *);

/* Each word in '...', and each ' in it as '\'' */
static char *
quote(const struct command_words *w)
{
	const char	*c;
	char		*text, *p;
	size_t		 i, len = 1;

	for (i = 0; i < w->count; i++)
		len += 4 * strlen(w->word[i]) + 3;
	if ((p = text = malloc(len)) == NULL)
		abort();
	for (i = 0; i < w->count; i++) {
		*p++ = '\'';
		for (c = w->word[i]; *c != '\0'; c++) {
			if (*c == '\'') {
				memcpy(p, "'\\'", 3);
				p += 3;
			}
			*p++ = *c;
		}
		*p++ = '\'';
		*p++ = ' ';
	}
	*p = '\0';
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command_words	 w, again;
	char			*text, why[128];
	size_t			 i;

	if ((text = malloc(size + 1)) == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (command_split(&w, text, why, sizeof(why)) == -1) {
		if (strncmp(why, "column ", 7) != 0)
			abort();
		free(text);
		return 0;
	}
	free(text);
	text = quote(&w);
	if (strlen(text) <= COMMAND_MAX) {
		if (command_split(&again, text, why, sizeof(why)) == -1 ||
		    again.count != w.count)
			abort();
		for (i = 0; i < w.count; i++)
			if (strcmp(again.word[i], w.word[i]) != 0)
				abort();
		command_words_free(&again);
	}
	command_words_free(&w);
	free(text);
	return 0;
}
