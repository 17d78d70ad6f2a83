/*
 * systemd's unit files, as far as taking a service over needs them: what
 * systemd.syntax(7) says of lines, comments, continuations, quotes and
 * escapes, and systemd.service(5) of a command line.  Pure, bounded.
 */

#ifndef LAVAVISORCTL_UNIT_FILE_H
#define LAVAVISORCTL_UNIT_FILE_H

#include <stddef.h>

#define UNIT_FILE_MAX	(256 * 1024)	/* bytes */
#define UNIT_LINES_MAX	2000		/* assignments */
#define UNIT_WORDS_MAX	256		/* of one value */

/* KEY=VALUE in a [SECTION]; continuations are joined. */
struct unit_line {
	char		*section;
	char		*key;
	char		*value;
	unsigned int	 line;		/* from 1 */
};

struct unit_file {
	struct unit_line	*lines;
	size_t			 count;
};

struct unit_words {
	char	*word[UNIT_WORDS_MAX + 1];	/* NULL behind the last */
	size_t	 count;
};

struct unit_command {
	struct unit_words	 words;		/* the program first */
	int			 may_fail;	/* - */
	int			 as_root;	/* + and ! */
};

/*
 * Reads len bytes of text and puts its lines behind those that are there (a
 * drop-in behind its unit); the first time *u is all zero.  0, or -1 with why
 * "line N: ...", with *u as it was before.  unit_file_free() in any case.
 */
int	 unit_file_read(struct unit_file *u, const char *text, size_t len,
	    char *why, size_t size);
void	 unit_file_free(struct unit_file *);

/* The value that counts, the last one; NULL when there is none or an empty. */
const struct unit_line	*unit_file_find(const struct unit_file *,
	    const char *section, const char *key);

/*
 * Splits a value into words: quotes and C escapes are resolved, %% is %.
 * Another specifier (%h) is refused, as only systemd knows its value.  0, or
 * -1 with why.  unit_words_free() after 0.
 */
int	 unit_words_split(struct unit_words *, const char *value, char *why,
	    size_t size);
void	 unit_words_free(struct unit_words *);

/*
 * A value of ExecStart=: the same with the prefixes -@:+! and with $$ for $.
 * A variable ($NAME, ${NAME}) and a second command are refused.
 */
int	 unit_command_split(struct unit_command *, const char *value,
	    char *why, size_t size);

/*
 * "90", "5min 20s", "infinity": 0 with whole seconds, rounded up, UINT_MAX for
 * infinity; -1 when it is no time.
 */
int	 unit_seconds(const char *value, unsigned int *seconds);

#endif
