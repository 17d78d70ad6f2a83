/*
 * A command line as one text, split into words as sh(1) splits it: blanks
 * part words; '...' is taken as it is; in "..." a backslash counts before
 * $ ` " \ and a newline; elsewhere before any character (POSIX.1-2024, Shell
 * Command Language, 2.2).  Nothing is expanded and there is no shell: what
 * only a shell would understand is an error, unless it is quoted.  Pure,
 * bounded.
 */

#ifndef LAVAVISORCTL_COMMAND_SPLIT_H
#define LAVAVISORCTL_COMMAND_SPLIT_H

#include <stddef.h>

#define COMMAND_WORDS_MAX	256
#define COMMAND_MAX		65536	/* bytes of the text */

struct command_words {
	char	*word[COMMAND_WORDS_MAX + 1];	/* NULL behind the last */
	size_t	 count;
	char	*text;				/* all of them lie in it */
};

/*
 * 0, command_words_free() is due; or -1 with why, "column N: ...", columns
 * counted in bytes from 1: an open quote, a lonely backslash, an operator or
 * expansion of the shell, a control character, no word, too many words.
 * Allocation failure is fatal.
 */
int	 command_split(struct command_words *, const char *text, char *why,
	    size_t size);
void	 command_words_free(struct command_words *);

#endif
