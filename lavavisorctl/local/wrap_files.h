/*
 * What `wrap' and `pod' put on disk for one service before lavavisord takes
 * over: a directory of its own, DIR/wrap/NAME, with services/NAME.yml in it,
 * and with a config.yml where DIR has none.
 */

#ifndef LAVAVISORCTL_WRAP_FILES_H
#define LAVAVISORCTL_WRAP_FILES_H

#include <stddef.h>

#include "lavavisorctl/local/command_split.h"
#include "lavavisorctl/local/own_config.h"
#include "lavavisorctl/local/place.h"

#define WRAP_DIRECTORY	"wrap"
#define WRAP_NAME_SIZE	64

/* Texts are the caller's; NULL: lavavisord's default. */
struct wrap_service {
	char			 name[WRAP_NAME_SIZE];
	const char		*role;		/* provider, consumer, other */
	struct command_words	 command;
	const char		*ready;
	const char		*restart;
	const char		*limit;
	const char		*retry;		/* NULL: never */
	const char		*stop_grace;
	const char		*passphrase;	/* where it is, never itself */
};

/*
 * A name for a command that was given none: that of lavap's config without
 * its ending, else that of the program; what a name cannot have becomes a
 * dash.
 */
void	 wrap_name(const struct command_words *, char *name, size_t size);

/*
 * What a command is: its role; or NULL with why, one that lavavisord could not
 * run.
 */
const char	*wrap_role(const struct command_words *, char *why,
		    size_t size);

/*
 * The place of the service below shared.  0, or -1 with why: a path too long.
 */
int	 wrap_place(struct place *, const struct place *shared,
	    const char *name, char *why, size_t size);

/*
 * Makes that directory and writes services/NAME.yml; all words of the command
 * must be plain text (create_order.h).  The current directory and
 * umask become the service's.  The config.yml of conf, NULL none, is written as
 * well.  0, or -1 with why.
 */
int	 wrap_write(const struct place *, const struct wrap_service *,
	    const struct own_config *conf, char *why, size_t size);

#endif
