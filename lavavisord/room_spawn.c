#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fault.h"
#include "common/log.h"
#include "common/message.h"
#include "common/room.h"
#include "lavavisord/fork_child.h"
#include "lavavisord/room_spawn.h"
#include "lavavisord/rooms.h"

#define ARGS_MAX	12
#define ENV_MAX		8

static void	 room_arguments(enum room_kind, const struct rooms_conf *,
		    char *[ARGS_MAX]);
static void	 room_environment(char *[ENV_MAX]);
static void	 room_files(enum room_kind);
static void	 room_exec(enum room_kind, const struct rooms_conf *, int)
		    __attribute__((__noreturn__));

static uint64_t	 file_max[ROOM_KINDS];

const char *
room_program(enum room_kind kind)
{
	switch (kind) {
	case ROOM_ADMIN:
	case ROOM_SHOW:
		return "control";
	case ROOM_PROBER_DIALER:
		return "dialer";
	default:
		return room_name(kind);
	}
}

static void
room_arguments(enum room_kind kind, const struct rooms_conf *conf,
    char *argv[ARGS_MAX])
{
	static const char *const	 modes[] = { "auto", "require", "off" };
	int				 n = 0;

	argv[n++] = (char *)room_name(kind);
	argv[n++] = "-k";
	argv[n++] = (char *)room_name(kind);
	argv[n++] = "-S";
	argv[n++] = (char *)modes[conf->sandbox];
	if (conf->user != NULL) {
		argv[n++] = "-u";
		argv[n++] = (char *)conf->user;
		argv[n++] = "-e";
		argv[n++] = (char *)conf->empty;
	}
	if (conf->verbose)
		argv[n++] = "-v";
	argv[n] = NULL;
}

/* Nothing of the caller's environment but the time zone and sanitizers' */
static void
room_environment(char *env[ENV_MAX])
{
	static const char *const	 names[] = {
#ifdef FAULTS
		FAULT_VARIABLE,
#endif
		"TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"
	};
	static char			 kept[sizeof(names) /
					    sizeof(names[0])][1024];
	const char			*value;
	size_t				 i;
	int				 n = 0;

	env[n++] = "PATH=/usr/bin:/bin:/usr/sbin:/sbin";
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((value = getenv(names[i])) == NULL)
			continue;
		if (snprintf(kept[i], sizeof(kept[i]), "%s=%s", names[i],
		    value) < (int)sizeof(kept[i]))
			env[n++] = kept[i];
	}
	env[n] = NULL;
}

void
room_limit_files(enum room_kind kind, uint64_t bytes)
{
	file_max[kind] = bytes;
}

/* In the child: a room itself may not even ask for limits on OpenBSD. */
static void
room_files(enum room_kind kind)
{
	struct rlimit	 rl;

	if (file_max[kind] == 0)
		return;
	/* Survives the exec: the write fails instead. */
	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &rl) == -1)
		_exit(111);
	if (rl.rlim_max == RLIM_INFINITY ||
	    file_max[kind] < (uint64_t)rl.rlim_max)
		rl.rlim_max = (rlim_t)file_max[kind];
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_FSIZE, &rl) == -1)
		_exit(111);
}

static void
room_exec(enum room_kind kind, const struct rooms_conf *conf, int fd)
{
	char		 path[PATH_MAX], *argv[ARGS_MAX], *env[ENV_MAX];
	int		 null, words;

	if (dup2(fd, ROOM_PARENT_FD) == -1 ||
	    fcntl(ROOM_PARENT_FD, F_SETFD, 0) == -1 ||
	    (null = open("/dev/null", O_RDWR)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1)
		_exit(111);
	/*
	 * Who started a daemon in the background may wait for the end of file
	 * of its stderr: it is kept for one word, that the exec failed.
	 */
	if ((words = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC,
	    ROOM_PARENT_FD + 2)) == -1 ||
	    (!conf->foreground && dup2(null, STDERR_FILENO) == -1) ||
	    dup3(words, ROOM_PARENT_FD + 1, O_CLOEXEC) == -1)
		_exit(111);
	words = ROOM_PARENT_FD + 1;
	closefrom(words + 1);
	/* Its own group: a ^C on our terminal is for the parent alone. */
	setpgid(0, 0);

	if (snprintf(path, sizeof(path), "%s/%s", conf->libexec,
	    room_program(kind)) >= (int)sizeof(path))
		_exit(111);
	room_arguments(kind, conf, argv);
	room_environment(env);
	room_files(kind);
	FAULT_FILE("room", room_name(kind), "exec");
	execve(path, argv, env);
	dprintf(words, "lavavisord: %s: %s\n", path, strerror(errno));
	_exit(111);
}

pid_t
room_spawn(enum room_kind kind, const struct rooms_conf *conf, int *fd)
{
	int	 pair[2], saved;
	pid_t	 pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    pair) == -1)
		return -1;
	FAULT_FILE("room", room_name(kind), "before-fork");
	switch (pid = fork_child()) {
	case -1:
		saved = errno;
		close(pair[0]);
		close(pair[1]);
		errno = saved;
		return -1;
	case 0:
		room_exec(kind, conf, pair[1]);
	default:
		FAULT_FILE("room", room_name(kind), "forked");
		close(pair[1]);
		*fd = pair[0];
		return pid;
	}
}
