/*
 * From the words of a command line to the one request that they mean.  Pure:
 * nothing is printed, no file is touched.
 */

#ifndef LAVAVISORCTL_COMMANDS_H
#define LAVAVISORCTL_COMMANDS_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

/* How the answers of a command are shown */
enum answer_form {
	FORM_SHOW,		/* one JSON value, as tables */
	FORM_EVENTS,		/* event lines until the end */
	FORM_WORK,		/* event lines with progress; ^C detaches */
	FORM_LOG,		/* a file of lines */
	FORM_END		/* nothing but the end */
};

struct command {
	const char	*first;		/* "show" */
	const char	*second;	/* "services", NULL none */
	const char	*arguments;	/* for people: "NAME|all" */
	const char	*what;		/* for people: one line */
	enum verb	 verb;
	enum answer_form form;
	int		 read_only;	/* may go to the show socket */
	size_t		 min_args;
	size_t		 max_args;
	int		 timeout_s;	/* silence that is an error, 0 none */
};

extern const struct command	 commands[];
extern const size_t		 commands_count;

/* Lines that are printed: all of them, or nothing was said */
#define LINES_ALL	(-1)
#define LINES_DEFAULT	(-2)

/* What a command line says.  Texts point into argv. */
struct invocation {
	const struct command	*command;	/* NULL: only help, version */
	struct msg_request	 request;
	const char		*socket;	/* -s, NULL none */
	const char		*directory;	/* --directory, NULL none */
	int			 json;
	int			 help;
	int			 version;
	/* help of all commands that begin so; command is NULL then */
	const char		*group;
	/* help of a command that is not of the table, see below */
	const char		*other;
	int			 follow;	/* log -f */
	int64_t			 lines;		/* -n, or LINES_ALL */
	const char		*file;		/* install FILE */
	const char		*sums;		/* install --sums, NULL none */
	const char		*signature;	/* install --sig, NULL none */
	int			 from_stdin;	/* unlock --stdin */
	int			 again;		/* unlock --again */
	int			 timeout_s;	/* silence, 0 without end */
};

/*
 * Further first words, of commands that are not of the table: they count where
 * a word is cut short or wrong.  They must stay.
 */
void	 commands_also(const char *const *words, size_t n);

/*
 * Reads the arguments after the program's name.  0, or -1 with why filled:
 * what is wrong and, where there is one, what may have been meant.
 */
int	 invocation_parse(struct invocation *, int argc, char *const argv[],
	    char *why, size_t size);

#endif
