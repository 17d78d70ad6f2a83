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
#include "lavavisord/launch_plan.h"
#include "lavavisord/services_own.h"

/* Nothing in here may call malloc(3), or touch what it gave the parent. */

static struct launch_report	*report;
static uint64_t			 report_generation;

static void	child_directory(const struct launch_plan *);
static void	child_exec(const struct launch_plan *)
		    __attribute__((__noreturn__));
static void	child_limits(const struct launch_plan *);
static void	child_output(const struct launch_plan *);
static void	child_record(const struct launch_plan *);
static void	child_user(const struct launch_plan *);
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
launch_child(const struct launch_plan *plan)
{
	/* Its own table, if there is an input; else see below. */
	if (plan->input != -1 && dup2(plan->input, STDIN_FILENO) == -1)
		_exit(LAUNCH_FAILED);
	/* First of all: until then our descriptors are the parent's. */
	if (fork_light_keep(plan->run) == -1)
		_exit(LAUNCH_FAILED);
	report = plan->report;
	report->wait = 0;
	report_generation = plan->record.generation;
	FAULT_POINT("child.forked");
	setsid();
	child_record(plan);
	FAULT_POINT("child.recorded");
	if (getppid() != plan->parent)
		_exit(LAUNCH_FAILED);
	FAULT_POINT("child.let-go");
	oom_score_reset();
	child_limits(plan);
	child_user(plan);
	FAULT_POINT("child.user");
	child_output(plan);
	FAULT_POINT("child.output");
	child_directory(plan);
	FAULT_POINT("child.directory");
	umask(plan->umask);
	if (plan->no_new_privs && no_new_privs() == -1)
		fail("no-new-privs");
	child_exec(plan);
}

static void
child_record(const struct launch_plan *plan)
{
	int	 saved;

	if (run_record_child(&plan->record, plan->run) == 0)
		return;
	saved = errno;
	report->wait = 2;
	if (process_visible(report->text, sizeof(report->text)) == -1) {
		report->generation = report_generation;
		strlcat(report->text, ": when it was started is read there",
		    sizeof(report->text));
		_exit(LAUNCH_FAILED);
	}
	errno = saved;
	fail("run/services cannot be written");
}

/* With the rights of the parent still, where a limit is raised */
static void
child_limits(const struct launch_plan *plan)
{
	struct rlimit	 rl, have;
	size_t		 i;

	for (i = 0; i < plan->rlimits_count; i++) {
		rl.rlim_cur = plan->rlimits[i].soft;
		rl.rlim_max = plan->rlimits[i].hard;
		if (setrlimit(plan->rlimits[i].resource, &rl) == 0)
			continue;
		/* A default takes what there is. */
		if (plan->rlimits[i].implied && getrlimit(
		    plan->rlimits[i].resource, &have) == 0) {
			if (rl.rlim_cur > have.rlim_max)
				rl.rlim_cur = have.rlim_max;
			rl.rlim_max = have.rlim_max;
			if (setrlimit(plan->rlimits[i].resource, &rl) == 0)
				continue;
		}
		fail("rlimit %d", plan->rlimits[i].resource);
	}
	if (plan->nice != 0 && setpriority(PRIO_PROCESS, 0, plan->nice) == -1)
		fail("nice %d", plan->nice);
}

static void
child_user(const struct launch_plan *plan)
{
	if (!plan->privileged)
		return;
	if (setgroups(plan->gids_count, plan->gids) == -1)
		fail("groups of user %s", plan->user_name);
	if (setresgid(plan->gid, plan->gid, plan->gid) == -1 ||
	    setresuid(plan->uid, plan->uid, plan->uid) == -1)
		fail("user %s", plan->user_name);
	if (plan->uid != 0 && (setuid(0) != -1 || geteuid() != plan->uid)) {
		errno = EPERM;
		fail("rights of root could not be given up");
	}
}

/* Read-write, so that writing never fails while no one reads */
static void
child_output(const struct launch_plan *plan)
{
	const char	*fifo = plan->fifo;
	int		 in, out;

	if (plan->input == -1) {
		if ((in = open("/dev/null", O_RDONLY)) == -1 ||
		    dup2(in, STDIN_FILENO) == -1)
			fail("/dev/null");
		if (in > STDERR_FILENO)
			close(in);
	}
	if (fifo == NULL)
		return;			/* ours, as they are */
	if ((out = open(fifo, O_RDWR)) == -1 ||
	    dup2(out, STDOUT_FILENO) == -1 || dup2(out, STDERR_FILENO) == -1)
		fail("%s", fifo);
	if (out > STDERR_FILENO)
		close(out);
}

/*
 * lavap looks for its config by name in ./config.  The link is made by the
 * service's user: root never writes in a directory that a service owns.
 */
static void
child_directory(const struct launch_plan *plan)
{
	char	 now[PATH_MAX], fresh[32];
	ssize_t	 n;

	if (chdir(plan->directory) == -1)
		fail("directory %s", plan->directory);
	if (plan->config_link == NULL)
		return;
	n = readlink("config", now, sizeof(now) - 1);
	if (n != -1) {
		now[n] = '\0';
		if (strcmp(now, plan->config_link) == 0)
			return;
	} else if (errno == EINVAL) {
		errno = EEXIST;
		fail("%s/config is not a link of ours: move it away",
		    plan->directory);
	} else if (errno != ENOENT)
		fail("%s/config", plan->directory);
	/* Two services may have the same directory. */
	snprintf(fresh, sizeof(fresh), ".config.%d.new", (int)getpid());
	unlink(fresh);
	if (symlink(plan->config_link, fresh) == -1 ||
	    rename(fresh, "config") == -1)
		fail("%s/config", plan->directory);
}

static void
child_exec(const struct launch_plan *plan)
{
	struct timespec	 pause = { 0, 10000000 };
	int		 i;

	/*
	 * A writer of this very file may still be in another child of ours
	 * that has not come to its own exec yet.
	 */
	for (i = 0; i < 100; i++) {
		FAULT_POINT("child.exec");
		execve(plan->path, plan->argv, plan->env);
		if (errno != ETXTBSY)
			break;
		nanosleep(&pause, NULL);
	}
	fail("%s cannot be executed", plan->path);
}
