/*
 * Which daemon is meant, and the connection to it.
 */

#ifndef LAVAVISORCTL_SOCKETS_H
#define LAVAVISORCTL_SOCKETS_H

#include <stddef.h>

struct invocation;

/* A socket path with its NUL: what the smallest system takes */
#define SOCKET_PATH_SIZE	104

/*
 * Connects to the daemon that the invocation means: -s, else --directory,
 * else the user's own if it answers, else the system's.  A command that only
 * reads goes to the show socket, or to admin where show cannot be had.
 *
 * Returns a close-on-exec, non-blocking fd and copies the path that answered
 * into path (SOCKET_PATH_SIZE bytes).  Or -1 with why filled, and *code the
 * exit code: 1, 4 no daemon, 5 not allowed.
 */
int	 daemon_connect(const struct invocation *, char *path, char *why,
	    size_t size, int *code);

#endif
