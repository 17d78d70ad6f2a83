#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/room.h"
#include "compat/notify.h"
#include "lavavisord/supervisor/notify.h"

struct notify {
	int		 fd;
	uint32_t	 slot;
	struct event	*readable;
	int64_t		 since_ms;	/* of the count */
	unsigned int	 count;		/* told since then */
	void		(*told)(const struct msg_notified *);
};

static void	readable(int, short, void *);
static void	tell(struct notify *, pid_t, pid_t, uid_t);

int
notify_is_ready(const void *data, size_t len)
{
	static const char	 ready[] = "READY=1";
	const char		*line = data, *end;
	size_t			 n;

	while (len > 0) {
		end = memchr(line, '\n', len);
		n = end != NULL ? (size_t)(end - line) : len;
		if (n == sizeof(ready) - 1 && memcmp(line, ready, n) == 0)
			return 1;
		if (end == NULL)
			return 0;
		line += n + 1;
		len -= n + 1;
	}
	return 0;
}

struct notify *
notify_open(struct event_base *base, int fd, uint32_t slot,
    void (*told)(const struct msg_notified *))
{
	struct notify	*n;

	if ((n = calloc(1, sizeof(*n))) == NULL || (n->readable =
	    event_new(base, fd, EV_READ | EV_PERSIST, readable, n)) == NULL ||
	    event_add(n->readable, NULL) == -1)
		fatalx("out of memory for a socket");
	n->fd = fd;
	n->slot = slot;
	n->told = told;
	return n;
}

void
notify_close(struct notify *n)
{
	if (n == NULL)
		return;
	event_free(n->readable);
	close(n->fd);
	free(n);
}

static void
readable(int fd, short what, void *arg)
{
	struct notify	*n = arg;
	char		 data[NOTIFY_SIZE];
	ssize_t		 len;
	pid_t		 pid, session;
	uid_t		 uid;
	int		 i;

	(void)what;
	for (i = 0; i < NOTIFY_TURN; i++) {
		len = notify_receive(fd, data, sizeof(data), &pid, &session,
		    &uid);
		if (len == -1)
			return;
		if (notify_is_ready(data, (size_t)len))
			tell(n, pid, session, uid);
	}
}

static void
tell(struct notify *n, pid_t pid, pid_t session, uid_t uid)
{
	struct msg_notified	 m;
	int64_t			 now = room_now_ms();

	if (now - n->since_ms >= NOTIFY_TOLD_MS) {
		n->since_ms = now;
		n->count = 0;
	}
	if (n->count++ >= NOTIFY_TOLD)
		return;
	memset(&m, 0, sizeof(m));
	m.slot = n->slot;
	m.pid = pid;
	m.session = session;
	m.uid = uid;
	n->told(&m);
}
