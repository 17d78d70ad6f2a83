/*
 * The files of `install FILE`: opened here, with the rights of whoever runs
 * lavavisorctl, and handed to the daemon, which never opens a name of ours.
 */

#ifndef LAVAVISORCTL_INSTALL_FILES_H
#define LAVAVISORCTL_INSTALL_FILES_H

#include <stddef.h>

#include "common/message.h"

struct conversation;
struct invocation;

struct install_files {
	int	 fd[VERIFY_FILES];	/* -1 none */
};

/*
 * Opens what the invocation names, nothing when it is another command.  0, or
 * -1 with why filled: nothing is open then.
 */
int	 install_files_open(struct install_files *,
	    const struct invocation *, char *why, size_t size);

/* Sends and closes them all.  0, or -1 with errno. */
int	 install_files_send(struct install_files *, struct conversation *);

#endif
