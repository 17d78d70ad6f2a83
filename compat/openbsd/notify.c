#include <sys/types.h>
#include <sys/socket.h>

#include "compat/notify.h"

/* A datagram does not say who sent it: the socket's mode must do. */
int
notify_socket_prepare(int fd)
{
	(void)fd;
	return 0;
}

ssize_t
notify_receive(int fd, void *data, size_t size, pid_t *pid, pid_t *session,
    uid_t *uid)
{
	*pid = *session = 0;
	*uid = 0;
	/* Descriptors that come along are dropped for want of room. */
	return recv(fd, data, size, MSG_DONTWAIT);
}
