/*
 * The options of lavavisorctl and of its commands.
 */

#ifndef LAVAVISORCTL_OPTION_TABLE_H
#define LAVAVISORCTL_OPTION_TABLE_H

#include <stddef.h>

enum option_id {
	OPT_JSON,
	OPT_SOCKET,
	OPT_DIRECTORY,
	OPT_HELP,
	OPT_VERSION,
	OPT_TIMEOUT,
	OPT_FOLLOW,
	OPT_LINES,
	OPT_FROM,
	OPT_DRY_RUN,
	OPT_VERIFY,
	OPT_KEEP,
	OPT_FILE_VERSION,
	OPT_SUMS,
	OPT_SIGNATURE,
	OPT_IMPORTED,
	OPT_STDIN,
	OPT_AGAIN
};

struct option_rule {
	enum option_id	 id;
	char		 letter;	/* '\0' none */
	const char	*name;		/* behind -- */
	const char	*value;		/* for people; NULL: it has none */
	const char	*command;	/* its first word, NULL: any */
	const char	*second;	/* its second, NULL: any or none */
	const char	*what;		/* for people: a few words */
};

/* Those of any command first. */
extern const struct option_rule	 option_rules[];
extern const size_t		 option_rules_count;

/* More than there are */
#define OPTIONS_MAX	32

#endif
