/*
 * The options of a local command, --name VALUE or --name=VALUE or -n VALUE,
 * and words, in any order.  An unknown option is explained: the nearest one,
 * or that it is lavap's own and where to put it.
 */

#ifndef LAVAVISORCTL_OPTIONS_H
#define LAVAVISORCTL_OPTIONS_H

#include <stddef.h>

#define OPTION_WORDS_MAX	8

/* Ends with one whose name is NULL.  Exactly one of flag and value is set. */
struct option_taken {
	const char	*name;		/* without dashes */
	char		 letter;	/* '\0' none */
	int		*flag;		/* set to 1 when given */
	const char	**value;	/* gets the text, in argv */
};

struct options {
	const char	*words[OPTION_WORDS_MAX];
	size_t		 nwords;
	char *const	*rest;		/* what stands behind --, or NULL */
	size_t		 nrest;
	int		 help;		/* -h or --help was given */
};

/*
 * Reads argv from 1 on.  0, or -1 with why: an unknown option, one that lacks
 * its value or is given twice with different ones, or too many words.
 */
int	 options_parse(struct options *, const struct option_taken *,
	    int argc, char *const argv[], char *why, size_t size);

/*
 * For completion: the next options_parse() prints those of its options that
 * begin so and ends the process, before the command does anything.
 */
void	 options_only_list(const char *begin);

#endif
