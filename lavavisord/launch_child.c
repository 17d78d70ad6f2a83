#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/fault.h"
#include "compat/fork_light.h"
#include "compat/no_new_privs.h"
#include "compat/oom_score.h"
#include "compat/process.h"
#include "lavavisord/config.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/services_own.h"

#define ENV_MAX		(CONFIG_ENV_ROOM + 8)
#define CONFIG_ENV_ROOM	256

static struct launch_report	*report;
static uint64_t			 report_generation;

static void	child_directory(const struct config_service *);
static char	**child_environment(const struct config_service *);
static void	child_exec(const struct config_service *, const char *)
		    __attribute__((__noreturn__));
static void	child_limits(const struct config_service *);
static void	child_output(const char *);
static void	child_record(struct service *);
static void	child_user(const struct config_service *);
static void	fail(const char *, ...)
		    __attribute__((__format__(__printf__, 1, 2)))
		    __attribute__((__noreturn__));

static void
fail(const char *fmt, ...)
{
	size_t	 len;
	va_list	 ap;
	int	 saved = errno;

	va_start(ap, fmt);
	vsnprintf(report->text, sizeof(report->text), fmt, ap);
	va_end(ap);
	len = strlen(report->text);
	snprintf(report->text + len, sizeof(report->text) - len, ": %s",
	    strerror(saved));
	report->generation = report_generation;
	_exit(LAUNCH_FAILED);
}

void
launch_child(struct service *s, const char *path, const char *fifo,
    pid_t parent, struct launch_report *to)
{
	const struct config_service	*conf = s->conf;

	/* First of all: until then our descriptors are the parent's. */
	if (fork_light_keep(run_descriptor()) == -1)
		_exit(LAUNCH_FAILED);
	report = to;
	report->wait = 0;
	report_generation = s->generation;
	FAULT_POINT("child.forked");
	setsid();
	child_record(s);
	FAULT_POINT("child.recorded");
	if (getppid() != parent)
		_exit(LAUNCH_FAILED);
	FAULT_POINT("child.let-go");
	oom_score_reset();
	child_limits(conf);
	child_user(conf);
	FAULT_POINT("child.user");
	child_output(fifo);
	FAULT_POINT("child.output");
	child_directory(conf);
	FAULT_POINT("child.directory");
	umask(conf->umask);
	if (conf->no_new_privs && no_new_privs() == -1)
		fail("no-new-privs");
	child_exec(conf, path);
}

static void
child_record(struct service *s)
{
	int	 saved;

	if (run_record_child(s) == 0)
		return;
	saved = errno;
	report->wait = 2;
	if (process_visible(report->text, sizeof(report->text)) == -1) {
		report->generation = report_generation;
		_exit(LAUNCH_FAILED);
	}
	errno = saved;
	fail("run/services cannot be written");
}

/* With the rights of the parent still, where a limit is raised */
static void
child_limits(const struct config_service *conf)
{
	struct rlimit	 rl, have;
	size_t		 i;

	for (i = 0; i < conf->rlimits_count; i++) {
		rl.rlim_cur = conf->rlimits[i].soft;
		rl.rlim_max = conf->rlimits[i].hard;
		if (setrlimit(conf->rlimits[i].resource, &rl) == 0)
			continue;
		/* A default takes what there is. */
		if (conf->rlimits[i].implied && getrlimit(
		    conf->rlimits[i].resource, &have) == 0) {
			if (rl.rlim_cur > have.rlim_max)
				rl.rlim_cur = have.rlim_max;
			rl.rlim_max = have.rlim_max;
			if (setrlimit(conf->rlimits[i].resource, &rl) == 0)
				continue;
		}
		fail("rlimit %d", conf->rlimits[i].resource);
	}
	if (conf->nice != 0 && setpriority(PRIO_PROCESS, 0, conf->nice) == -1)
		fail("nice %d", conf->nice);
}

static void
child_user(const struct config_service *conf)
{
	if (!env.places.privileged)
		return;
	if (setgroups(conf->gids_count, conf->gids) == -1)
		fail("groups of user %s", conf->user_name);
	if (setresgid(conf->gid, conf->gid, conf->gid) == -1 ||
	    setresuid(conf->uid, conf->uid, conf->uid) == -1)
		fail("user %s", conf->user_name);
	if (conf->uid != 0 && (setuid(0) != -1 || geteuid() != conf->uid)) {
		errno = EPERM;
		fail("rights of root could not be given up");
	}
}

/* Read-write, so that writing never fails while no one reads */
static void
child_output(const char *fifo)
{
	int	 in, out;

	if ((in = open("/dev/null", O_RDONLY)) == -1 ||
	    dup2(in, STDIN_FILENO) == -1)
		fail("/dev/null");
	if ((out = open(fifo, O_RDWR)) == -1 ||
	    dup2(out, STDOUT_FILENO) == -1 || dup2(out, STDERR_FILENO) == -1)
		fail("%s", fifo);
	if (in > STDERR_FILENO)
		close(in);
	if (out > STDERR_FILENO)
		close(out);
}

/*
 * lavap looks for its config by name in ./config.  The link is made by the
 * service's user: root never writes in a directory that a service owns.
 */
static void
child_directory(const struct config_service *conf)
{
	char	 to[PATH_MAX], now[PATH_MAX], fresh[32];
	ssize_t	 n;

	if (chdir(conf->directory) == -1)
		fail("directory %s", conf->directory);
	if (conf->config_file == NULL)
		return;
	if (snprintf(to, sizeof(to), "%s/services/service_configs",
	    env.places.directory) >= (int)sizeof(to)) {
		errno = ENAMETOOLONG;
		fail("%s/config", conf->directory);
	}
	n = readlink("config", now, sizeof(now) - 1);
	if (n != -1) {
		now[n] = '\0';
		if (strcmp(now, to) == 0)
			return;
	} else if (errno == EINVAL) {
		errno = EEXIST;
		fail("%s/config is not a link of ours: move it away",
		    conf->directory);
	} else if (errno != ENOENT)
		fail("%s/config", conf->directory);
	/* Two services may have the same directory. */
	snprintf(fresh, sizeof(fresh), ".config.%d.new", (int)getpid());
	unlink(fresh);
	if (symlink(to, fresh) == -1 || rename(fresh, "config") == -1)
		fail("%s/config", conf->directory);
}

static char **
child_environment(const struct config_service *conf)
{
	static char	*list[ENV_MAX];
	size_t		 i, n = 0;
	int		 len;
	struct {
		const char	*name;
		const char	*value;
	} own[] = {
		{ "HOME", conf->home != NULL ? conf->home : conf->directory },
		{ "USER", conf->user_name },
		{ "LOGNAME", conf->user_name },
		{ "SHELL", "/bin/sh" },
		{ "PATH", "/usr/local/bin:/usr/bin:/bin" }
	};

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		size_t	 k;

		for (k = 0; k < conf->env_count; k++)
			if (strcmp(conf->env[k].name, own[i].name) == 0)
				break;
		if (k < conf->env_count || own[i].value == NULL)
			continue;
		len = asprintf(&list[n], "%s=%s", own[i].name, own[i].value);
		if (len == -1)
			fail("environment");
		n++;
	}
	for (i = 0; i < conf->env_count && n + 1 < ENV_MAX; i++) {
		len = asprintf(&list[n], "%s=%s", conf->env[i].name,
		    conf->env[i].value);
		if (len == -1)
			fail("environment");
		n++;
	}
	list[n] = NULL;
	return list;
}

static void
child_exec(const struct config_service *conf, const char *path)
{
	struct timespec	 pause = { 0, 10000000 };
	char		**list = child_environment(conf);
	int		 i;

	/*
	 * A writer of this very file may still be in another child of ours
	 * that has not come to its own exec yet.
	 */
	for (i = 0; i < 100; i++) {
		FAULT_POINT("child.exec");
		execve(path, conf->argv, list);
		if (errno != ETXTBSY)
			break;
		nanosleep(&pause, NULL);
	}
	fail("%s cannot be executed", path);
}
