#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/utf8.h"
#include "compat/no_network.h"
#include "lavavisord/fork_child.h"
#include "lavavisord/install.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/version_probe.h"

#define PROBE_SECONDS	10
#define ANSWER_MAX	256

static struct {
	pid_t			 pid;		/* 0 none */
	int			 fd;		/* its output, -1 none */
	struct event		*output;
	struct event		*deadline;
	struct version_probe	 ask;
	char			 answer[ANSWER_MAX];
	size_t			 len;
	int			 late;
	int			 reaped;
	int			 status;
	int			 cancelled;
	struct event_base	*next_base;	/* starts once it is gone */
	struct version_probe	 next;
} probe;

static void	probe_exec(const struct version_probe *, uid_t, gid_t, int)
		    __attribute__((__noreturn__));
static void	probe_finish(void);
static void	probe_late(int, short, void *);
static void	probe_limit(int, rlim_t);
static void	probe_output(int, short, void *);

static void
probe_limit(int resource, rlim_t value)
{
	struct rlimit	 rl;

	rl.rlim_cur = rl.rlim_max = value;
	if (setrlimit(resource, &rl) == -1)
		_exit(112);
}

/* No limit on the address space: a Go program maps far more than it uses */
static void
probe_exec(const struct version_probe *p, uid_t uid, gid_t gid, int fd)
{
	char		*argv[] = { "lavap", "version", NULL };
	char		*envp[] = { "PATH=/usr/bin:/bin", "HOME=/nonexistent",
			    NULL };
	int		 null;

	setsid();
	if ((null = open("/dev/null", O_RDWR)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1 || chdir(p->directory) == -1)
		_exit(112);
	closefrom(STDERR_FILENO + 1);
	probe_limit(RLIMIT_CORE, 0);
	probe_limit(RLIMIT_CPU, PROBE_SECONDS);
	probe_limit(RLIMIT_FSIZE, 0);
	probe_limit(RLIMIT_NOFILE, 64);
	if (p->user != NULL && (setgroups(1, &gid) == -1 ||
	    setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1))
		_exit(112);
	if (no_network() == -1 && errno != ENOSYS && errno != EPERM)
		_exit(112);
	execve(p->path, argv, envp);
	_exit(111);
}

void
version_probe_start(struct event_base *base, const struct version_probe *p)
{
	struct timeval	 tv = { PROBE_SECONDS, 0 };
	struct passwd	*pw = NULL;
	int		 pair[2];

	if (probe.pid != 0 && probe.cancelled) {
		probe.next_base = base;
		probe.next = *p;
		return;
	}
	if (probe.pid != 0)
		fatalx("two probes at once");
	if (p->user != NULL && (pw = getpwnam(p->user)) == NULL) {
		p->done("the account _lavaprobe is missing", 0, "", p->arg);
		return;
	}
	if ((mkdir(p->directory, 0755) == -1 && errno != EEXIST) ||
	    pipe2(pair, O_CLOEXEC | O_NONBLOCK) == -1) {
		p->done(strerror(errno), 0, "", p->arg);
		return;
	}
	memset(&probe, 0, sizeof(probe));
	probe.ask = *p;
	probe.fd = pair[0];
	switch (probe.pid = fork_child()) {
	case -1:
		probe.pid = 0;
		close(pair[0]);
		close(pair[1]);
		p->done("fork failed", 0, "", p->arg);
		return;
	case 0:
		fcntl(pair[1], F_SETFL, 0);	/* blocking, as it expects */
		probe_exec(p, pw != NULL ? pw->pw_uid : 0,
		    pw != NULL ? pw->pw_gid : 0, pair[1]);
	default:
		close(pair[1]);
		break;
	}
	if ((probe.output = event_new(base, pair[0], EV_READ | EV_PERSIST,
	    probe_output, NULL)) == NULL ||
	    (probe.deadline = evtimer_new(base, probe_late, NULL)) == NULL ||
	    event_add(probe.output, NULL) == -1 ||
	    evtimer_add(probe.deadline, &tv) == -1)
		fatalx("out of memory for events");
}

static void
probe_output(int fd, short what, void *arg)
{
	char	 buf[ANSWER_MAX];
	ssize_t	 n;

	(void)what;
	(void)arg;
	if ((n = read(fd, buf, sizeof(buf))) == -1 &&
	    (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		/* What is too much is read and dropped. */
		if ((size_t)n > sizeof(probe.answer) - 1 - probe.len)
			n = (ssize_t)(sizeof(probe.answer) - 1 - probe.len);
		memcpy(probe.answer + probe.len, buf, (size_t)n);
		probe.len += (size_t)n;
		return;
	}
	event_free(probe.output);
	probe.output = NULL;
	close(probe.fd);
	probe.fd = -1;
	probe_finish();
}

static void
probe_late(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	probe.late = 1;
	/* It leads a session of its own: nothing of it stays. */
	if (!probe.reaped)
		signal_child_group(probe.pid, SIGKILL);
	if (probe.output != NULL) {
		event_free(probe.output);
		probe.output = NULL;
		close(probe.fd);
		probe.fd = -1;
	}
	probe_finish();
}

void
version_probe_installed(const struct semver *version,
    void (*done)(const char *, int, const char *, void *))
{
	static char		 path[700], directory[700];
	struct version_probe	 p;

	install_path(version, path, sizeof(path));
	snprintf(directory, sizeof(directory), "%s/run/probe",
	    env.places.directory);
	memset(&p, 0, sizeof(p));
	p.path = path;
	p.directory = directory;
	p.user = env.places.privileged ? VERSION_PROBE_USER : NULL;
	p.done = done;
	version_probe_start(env.base, &p);
}

int
version_probe_reaped(pid_t pid, int status)
{
	if (probe.pid == 0 || pid != probe.pid || probe.reaped)
		return 0;
	probe.reaped = 1;
	probe.status = status;
	probe_finish();
	return 1;
}

void
version_probe_cancel(void)
{
	if (probe.pid == 0)
		return;
	probe.cancelled = 1;
	probe.next_base = NULL;
	if (!probe.reaped)
		signal_child_group(probe.pid, SIGKILL);
}

/* Both its end and the end of its output are there */
static void
probe_finish(void)
{
	struct version_probe	 ask = probe.ask, next = probe.next;
	struct event_base	*base = probe.next_base;
	char			 error[128];
	size_t			 i;

	if (!probe.reaped || probe.output != NULL)
		return;
	event_free(probe.deadline);
	probe.pid = 0;
	rmdir(ask.directory);
	if (probe.cancelled) {
		if (base != NULL)
			version_probe_start(base, &next);
		return;
	}
	error[0] = '\0';
	for (i = 0; i < probe.len && probe.answer[i] != '\n'; i++)
		if ((unsigned char)probe.answer[i] < 0x20)
			probe.answer[i] = '?';
	probe.answer[i] = '\0';
	utf8_clean(probe.answer);
	if (probe.late)
		snprintf(error, sizeof(error), "`lavap version` did not end "
		    "within %d s", PROBE_SECONDS);
	else if (WIFSIGNALED(probe.status))
		snprintf(error, sizeof(error), "`lavap version` was killed by "
		    "signal %d", WTERMSIG(probe.status));
	else if (WEXITSTATUS(probe.status) == 112)
		snprintf(error, sizeof(error), "its walls could not be put "
		    "up");
	else if (WEXITSTATUS(probe.status) == 111)
		snprintf(error, sizeof(error), "it cannot be executed here");
	else if (WEXITSTATUS(probe.status) != 0)
		snprintf(error, sizeof(error), "`lavap version` ended with "
		    "exit code %d", WEXITSTATUS(probe.status));
	else if (i == 0)
		snprintf(error, sizeof(error), "`lavap version` said nothing");
	ask.done(error[0] != '\0' ? error : NULL, !WIFEXITED(probe.status) ||
	    WEXITSTATUS(probe.status) != 112, probe.answer, ask.arg);
}
