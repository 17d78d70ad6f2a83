#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sandbox.h"
#include "regress/unit/sandbox_world.h"

const enum room_kind	 rooms[] = {
	ROOM_DIALER, ROOM_PROBER_DIALER, ROOM_PROBER, ROOM_MONITOR,
	ROOM_DOWNLOADER, ROOM_VERIFIER, ROOM_SUPERVISOR, ROOM_ADMIN, ROOM_SHOW,
	ROOM_KEEPER
};
const size_t		 room_count = sizeof(rooms) / sizeof(rooms[0]);

static char		 directory[256];
static char		 empty[300];

static void	open_file(struct world *);
static void	open_tcp(struct world *);
static void	open_unix(struct world *);
static void	remove_all(void);

int
as_root(void)
{
	return geteuid() == 0;
}

const char *
world_user(void)
{
	if (!as_root())
		return NULL;
	return getpwnam("_lavavisord") != NULL ? "_lavavisord" : "nobody";
}

const char *
world_empty(void)
{
	return empty;
}

static void
remove_all(void)
{
	rmdir(empty);
	rmdir(directory);
}

void
world_setup(void)
{
	const char	*tmp = getenv("TMPDIR");

	snprintf(directory, sizeof(directory), "%s/sandbox.XXXXXXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(directory) == NULL)
		err(1, "%s", directory);
	snprintf(empty, sizeof(empty), "%s/empty", directory);
	if (mkdir(empty, 0755) == -1)
		err(1, "%s", empty);
	atexit(remove_all);
}

static void
open_tcp(struct world *w)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((w->listener = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    bind(w->listener, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(w->listener, 8) == -1 ||
	    getsockname(w->listener, (struct sockaddr *)&sin, &len) == -1 ||
	    (w->connected[0] = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(w->connected[0], (struct sockaddr *)&sin, sizeof(sin)) ==
	    -1 ||
	    (w->connected[1] = accept(w->listener, NULL, NULL)) == -1 ||
	    (w->tcp = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    (w->udp = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
		err(1, "tcp");
	w->port = ntohs(sin.sin_port);
}

static void
open_unix(struct world *w)
{
	struct sockaddr_un	 sun;
	socklen_t		 len = sizeof(sun.sun_family);

	/* Without a path the kernel chooses an abstract name. */
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if ((w->unix_listener = socket(AF_UNIX, SOCK_STREAM, 0)) == -1 ||
	    bind(w->unix_listener, (struct sockaddr *)&sun, len) == -1 ||
	    listen(w->unix_listener, 8) == -1)
		err(1, "unix socket");
	len = sizeof(sun);
	if (getsockname(w->unix_listener, (struct sockaddr *)&sun, &len) ==
	    -1 ||
	    (w->unix_client = socket(AF_UNIX, SOCK_STREAM, 0)) == -1 ||
	    connect(w->unix_client, (struct sockaddr *)&sun, len) == -1)
		err(1, "unix socket");
}

static void
open_file(struct world *w)
{
	char	 path[300];

	snprintf(path, sizeof(path), "%s/file", directory);
	if ((w->file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600)) == -1 ||
	    write(w->file, "0123456789", 10) != 10)
		err(1, "%s", path);
	unlink(path);
}

/* A child for each act, as a sandbox is for good. */
enum outcome
in_sandbox(enum room_kind kind, act before, act what)
{
	struct sandbox_conf	 conf = { SANDBOX_AUTO, NULL, NULL };
	struct world		 w;
	struct pollfd		 pfd;
	pid_t			 pid;
	int			 i, status, reached;

	memset(&w, 0, sizeof(w));
	w.parent = getpid();
	open_tcp(&w);
	open_unix(&w);
	open_file(&w);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, w.pair) == -1 ||
	    pipe(w.pipes) == -1)
		err(1, "socketpair");
	fflush(NULL);
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		conf.user = world_user();
		conf.empty = empty;
		alarm(60);
		if (before != NULL && before(kind, &w) == -1)
			_exit(4);
		if (sandbox_enter(kind, &conf, &w.report) == -1) {
			dprintf(2, "sandbox: %s\n", w.report.missing);
			_exit(3);
		}
		switch (what(kind, &w)) {
		case 0:
			_exit(0);
		case ACT_SKIP:
			_exit(ACT_SKIP);
		default:
			_exit(1);
		}
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			err(1, "waitpid");
	pfd.fd = w.listener;
	pfd.events = POLLIN;
	reached = poll(&pfd, 1, 0);
	close(w.tcp);
	close(w.udp);
	close(w.listener);
	close(w.unix_listener);
	close(w.unix_client);
	close(w.file);
	for (i = 0; i < 2; i++) {
		close(w.connected[i]);
		close(w.pair[i]);
		close(w.pipes[i]);
	}
	if (WIFSIGNALED(status)) {
		if (WTERMSIG(status) == SIGSYS)
			return OUTCOME_KILLED;
		if (WTERMSIG(status) == SIGABRT)
			return OUTCOME_ABORTED;
		fprintf(stderr, "%s: signal %d\n", room_name(kind),
		    WTERMSIG(status));
		return OUTCOME_ODD;
	}
	switch (WEXITSTATUS(status)) {
	case 0:
		return OUTCOME_DONE;
	case 1:
		/* "Refused", and yet somebody called: not refused. */
		return reached ? OUTCOME_DONE : OUTCOME_REFUSED;
	case 3:
		return OUTCOME_NO_SANDBOX;
	case ACT_SKIP:
		return OUTCOME_SKIPPED;
	default:
		fprintf(stderr, "%s: exit code %d\n", room_name(kind),
		    WEXITSTATUS(status));
		return OUTCOME_ODD;
	}
}
