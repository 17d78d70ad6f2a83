/*
 * The passphrase that `unlock' sends behind its request.
 */

#ifndef LAVAVISORCTL_UNLOCK_H
#define LAVAVISORCTL_UNLOCK_H

#include <stddef.h>

struct install_files;
struct invocation;

/*
 * Nothing for other commands and for --again.  Asks the daemon first whether it
 * has such a service, so that nobody types in vain; then for the passphrase,
 * and puts the pipe with it among the files that are sent.  0, or -1 with why
 * and *code, what to exit with.
 */
int	 unlock_prepare(struct install_files *, const struct invocation *,
	    char *why, size_t size, int *code);

#endif
