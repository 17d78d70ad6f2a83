#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "compat/notify.h"

#define FDS_MAX	253		/* SCM_MAX_FD of the kernel */

static void	close_all(const struct cmsghdr *);

int
notify_socket_prepare(int fd)
{
	int	 on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
}

static void
close_all(const struct cmsghdr *c)
{
	size_t	 i, n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int	 fd;

	for (i = 0; i < n; i++) {
		memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
		close(fd);
	}
}

ssize_t
notify_receive(int fd, void *data, size_t size, pid_t *pid, pid_t *session,
    uid_t *uid)
{
	union {
		struct cmsghdr	 header;
		char		 space[CMSG_SPACE(sizeof(struct ucred)) +
				    CMSG_SPACE(FDS_MAX * sizeof(int))];
	}			 control;
	struct iovec		 iov = { data, size };
	struct msghdr		 m;
	struct cmsghdr		*c;
	struct ucred		 who;
	ssize_t			 n;

	*pid = *session = 0;
	*uid = 0;
	memset(&m, 0, sizeof(m));
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	m.msg_control = &control;
	m.msg_controllen = sizeof(control);
	n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n == -1)
		return -1;
	for (c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS)
			close_all(c);
		else if (c->cmsg_type == SCM_CREDENTIALS &&
		    c->cmsg_len >= CMSG_LEN(sizeof(who))) {
			memcpy(&who, CMSG_DATA(c), sizeof(who));
			*pid = who.pid;
			*uid = who.uid;
		}
	}
	if (*pid > 0 && (*session = getsid(*pid)) == -1)
		*session = 0;
	return n;
}
