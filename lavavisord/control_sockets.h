/*
 * The two sockets of lavavisorctl.
 */

#ifndef LAVAVISORD_CONTROL_SOCKETS_H
#define LAVAVISORD_CONTROL_SOCKETS_H

#include <sys/types.h>

#include <stddef.h>

/*
 * Makes a listening unix socket at directory/name, replacing a dead one that
 * was ours; what is no socket or another's is left alone.
 * mode and gid ((gid_t)-1: leave) are its rights.  The fd, close-on-exec and
 * non-blocking, or -1 with error.
 */
int	 control_socket(const char *directory, const char *name, mode_t,
	    gid_t, char *error, size_t);

#endif
