/*
 * Datagrams of services, and who sent them.
 */

#ifndef COMPAT_NOTIFY_H
#define COMPAT_NOTIFY_H

#include <sys/types.h>

/*
 * Before the socket (AF_UNIX, SOCK_DGRAM) is bound: what is sent to it will
 * carry its sender.  Does nothing where a datagram cannot.  0, or -1 and errno.
 */
int	 notify_socket_prepare(int fd);

/*
 * One datagram, of which at most size bytes are kept; never blocks.
 * Descriptors that come along are closed.  Returns the length, or -1 with
 * errno.  *pid is the sender as the kernel says, 0 when it does not, *uid its
 * user then, *session its session, 0 when it has gone already.
 */
ssize_t	 notify_receive(int fd, void *, size_t size, pid_t *pid,
	    pid_t *session, uid_t *uid);

#endif
