#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "lavavisord/clock.h"
#include "lavavisord/service_manager.h"

/* A socket that is full is tried again */
#define AGAIN_MS	100
#define TRIES		100
#define STATUS_SIZE	512
#define NEWS_SIZE	1024
#define WATCHDOG_MIN_MS	20

static struct sockaddr_un	 manager;
static socklen_t		 manager_len;	/* 0: there is none */
static struct event		*again, *alive;
static int64_t			 alive_ms;
static char			 news[NEWS_SIZE];	/* the last */
static int			 tries;

static void	clean(char *, size_t, const char *);
static void	find_manager(const char *);
static void	find_watchdog(struct event_base *);
static int	send_lines(const char *);
static void	send_news(evutil_socket_t, short, void *);
static void	still_alive(evutil_socket_t, short, void *);
static void	tell(void);

void
manager_begin(struct event_base *base)
{
	const char	*path;

	if ((path = getenv("NOTIFY_SOCKET")) == NULL || path[0] == '\0')
		return;
	find_manager(path);
	if (manager_len == 0)
		return;
	if ((again = evtimer_new(base, send_news, NULL)) == NULL)
		fatalx("out of memory for events");
	find_watchdog(base);
}

/* A path, or a name in the abstract space, written with @ */
static void
find_manager(const char *path)
{
	size_t	 len = strlen(path);

	if ((path[0] != '/' && path[0] != '@') || len < 2 ||
	    len >= sizeof(manager.sun_path)) {
		log_warnx("NOTIFY_SOCKET: %.120s is no local socket: nobody "
		    "is told when lavavisord is ready", path);
		return;
	}
	manager.sun_family = AF_UNIX;
	memcpy(manager.sun_path, path, len + 1);
	manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    len + 1);
	if (path[0] == '@') {
		manager.sun_path[0] = '\0';
		manager_len--;
	}
}

static void
find_watchdog(struct event_base *base)
{
	const char	*usec, *pid, *error;
	long long	 n;

	if ((usec = getenv("WATCHDOG_USEC")) == NULL)
		return;
	if ((pid = getenv("WATCHDOG_PID")) != NULL) {
		n = strtonum(pid, 1, INT_MAX, &error);
		if (error != NULL || n != getpid())
			return;
	}
	n = strtonum(usec, 1, LLONG_MAX, &error);
	if (error != NULL) {
		log_warnx("WATCHDOG_USEC: %.40s is %s", usec, error);
		return;
	}
	alive_ms = n / 2000 > WATCHDOG_MIN_MS ? n / 2000 : WATCHDOG_MIN_MS;
	if ((alive = evtimer_new(base, still_alive, NULL)) == NULL)
		fatalx("out of memory for events");
	still_alive(-1, EV_TIMEOUT, NULL);
}

static void
still_alive(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	send_lines("WATCHDOG=1\n");
	clock_timer(alive, alive_ms);
}

/* 0, or -1 and errno */
static int
send_lines(const char *lines)
{
	int	 fd, saved;
	ssize_t	 n;

	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0)) == -1)
		return -1;
	n = sendto(fd, lines, strlen(lines), MSG_NOSIGNAL,
	    (struct sockaddr *)&manager, manager_len);
	saved = errno;
	close(fd);
	errno = saved;
	return n == -1 ? -1 : 0;
}

static void
send_news(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (send_lines(news) == 0)
		return;
	/* ENOBUFS is what a full one is on BSD */
	if ((errno == EAGAIN || errno == ENOBUFS) && --tries > 0)
		clock_timer(again, AGAIN_MS);
	else
		log_warn("NOTIFY_SOCKET: the service manager is not told");
}

/* What is newer stands in for what could not be sent yet. */
static void
tell(void)
{
	tries = TRIES;
	evtimer_del(again);
	send_news(-1, EV_TIMEOUT, NULL);
}

/* A line of ours must not begin another variable. */
static void
clean(char *to, size_t size, const char *status)
{
	log_clean(to, size, status);
	to[strcspn(to, "\n")] = '\0';
}

void
manager_ready(const char *status)
{
	char	 text[STATUS_SIZE];

	if (manager_len == 0)
		return;
	clean(text, sizeof(text), status);
	snprintf(news, sizeof(news), "READY=1\nMAINPID=%d\nSTATUS=%s\n",
	    (int)getpid(), text);
	tell();
}

void
manager_reloading(const char *status)
{
	struct timespec	 now;
	char		 text[STATUS_SIZE];

	if (manager_len == 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	clean(text, sizeof(text), status);
	snprintf(news, sizeof(news), "RELOADING=1\nMONOTONIC_USEC=%lld\n"
	    "STATUS=%s\n", (long long)now.tv_sec * 1000000 +
	    now.tv_nsec / 1000, text);
	tell();
}

void
manager_stopping(const char *status, uint32_t grace_ms)
{
	char	 text[STATUS_SIZE];

	if (manager_len == 0)
		return;
	clean(text, sizeof(text), status);
	snprintf(news, sizeof(news), "STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu\n"
	    "STATUS=%s\n", (unsigned long long)grace_ms * 1000, text);
	tell();
}
