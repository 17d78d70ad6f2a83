#include <sys/types.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "compat/fork_light.h"
#include "compat/no_new_privs.h"
#include "compat/oom_score.h"
#include "compat/process.h"
#include "lavavisord/clock.h"
#include "lavavisord/fork_child.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/run_cgroup.h"
#include "lavavisord/run_command.h"

/* Of a child that did not become the command; the report says why */
#define EXIT_NOT_RUN	126

/* Shared with the child until it executes something else */
struct run_report {
	int	 trouble;	/* enum run_trouble */
	int	 error;
};

struct run {
	LIST_ENTRY(run)		 entry;
	pid_t			 pid;
	struct run_report	*report;
	struct event		*deadline;
	int			 whole;
	int			 cgroup;	/* run_cgroup.h, -1 none */
	int			 late;
	int			 cancelled;
	void			(*done)(const struct run_end *, void *);
	void			*arg;
};

static LIST_HEAD(, run)	 runs = LIST_HEAD_INITIALIZER(runs);

static void	child(const struct run_command *, struct run_report *)
		    __attribute__((__noreturn__));
static int	child_files(const struct run_command *);
static int	child_limit(int, rlim_t);
static int	child_limits(const struct run_command *);
static int	child_user(const struct run_command *);
static struct run *find(pid_t);
static pid_t	fork_into(struct run *);
static void	late(int, short, void *);
static void	run_free(struct run *);

struct run *
run_command_start(struct event_base *base, const struct run_command *c)
{
	struct run	*r;
	int		 saved;

	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    (r->deadline = evtimer_new(base, late, r)) == NULL)
		fatalx("out of memory for a command");
	r->whole = c->whole;
	r->cgroup = -1;
	r->done = c->done;
	r->arg = c->arg;
	r->report = mmap(NULL, sizeof(*r->report), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANON, -1, 0);
	if (r->report == MAP_FAILED || (r->pid = fork_into(r)) == -1) {
		saved = errno;
		run_free(r);
		errno = saved;
		return NULL;
	}
	if (r->pid == 0)
		child(c, r->report);
	LIST_INSERT_HEAD(&runs, r, entry);
	clock_timer(r->deadline, (int64_t)c->timeout_ms);
	return r;
}

static void
run_free(struct run *r)
{
	run_cgroup_leave(r->cgroup);
	if (r->report != MAP_FAILED)
		munmap(r->report, sizeof(*r->report));
	event_free(r->deadline);
	free(r);
}

/* The light fork shares descriptors, and the output is closed behind it. */
static pid_t
fork_into(struct run *r)
{
	sigset_t	 old;

	if (!r->whole)
		return fork_child();
	fork_begin(&old);
	return fork_end(run_cgroup_fork(&r->cgroup), &old);
}

static int
child_limit(int resource, rlim_t value)
{
	struct rlimit	 rl;

	if (getrlimit(resource, &rl) == -1)
		return -1;
	if (rl.rlim_max == RLIM_INFINITY || value < rl.rlim_max)
		rl.rlim_max = value;
	rl.rlim_cur = rl.rlim_max;
	return setrlimit(resource, &rl);
}

/* The alarm is for one that outlives us. */
static int
child_limits(const struct run_command *c)
{
	unsigned int	 seconds = c->timeout_ms / 1000 + c->orphan_s;

	if (child_limit(RLIMIT_CORE, 0) == -1 ||
	    child_limit(RLIMIT_CPU, seconds) == -1 ||
	    child_limit(RLIMIT_NOFILE, c->files_max) == -1 ||
	    (c->size_max != RLIM_INFINITY &&
	    child_limit(RLIMIT_FSIZE, c->size_max) == -1))
		return -1;
	alarm(seconds);
	return 0;
}

static int
child_files(const struct run_command *c)
{
	int	 null, errors, out = c->output;

	if (fork_light_keep(out == -1 ? STDERR_FILENO : out) == -1 ||
	    (null = open("/dev/null", O_RDWR)) == -1)
		return -1;
	if (out == -1)
		out = null;
	else if (fcntl(out, F_SETFL, 0) == -1)	/* blocking, as it expects */
		return -1;
	errors = c->errors_apart ? null : out;
	if (dup2(null, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1 ||
	    dup2(errors, STDERR_FILENO) == -1)
		return -1;
	closefrom(STDERR_FILENO + 1);
	return 0;
}

static int
child_user(const struct run_command *c)
{
	if (!env.places.privileged)
		return 0;
	if (setgroups(c->gids_count, c->gids) == -1 ||
	    setresgid(c->gid, c->gid, c->gid) == -1 ||
	    setresuid(c->uid, c->uid, c->uid) == -1)
		return -1;
	errno = EPERM;
	return c->uid != 0 && (setuid(0) != -1 || geteuid() != c->uid) ? -1 :
	    0;
}

static void
child(const struct run_command *c, struct run_report *report)
{
	report->trouble = RUN_NOT_READIED;
	setsid();
	if (child_files(c) == 0) {
		oom_score_reset();
		umask(c->umask);
		if (child_limits(c) == 0 && child_user(c) == 0 &&
		    (chdir(c->directory) == 0 || (c->anywhere &&
		    chdir("/") == 0)) &&
		    (!c->no_new_privs || no_new_privs() == 0)) {
			report->trouble = RUN_OK;
			execve(c->argv[0], c->argv, c->envp);
			report->trouble = RUN_NOT_EXECUTED;
		}
	}
	report->error = errno;
	_exit(EXIT_NOT_RUN);
}

static struct run *
find(pid_t pid)
{
	struct run	*r;

	LIST_FOREACH(r, &runs, entry)
		if (r->pid == pid)
			return r;
	return NULL;
}

pid_t
run_command_pid(const struct run *r)
{
	return r->pid;
}

static void
late(int fd, short what, void *arg)
{
	struct run	*r = arg;

	(void)fd;
	(void)what;
	r->late = 1;
	run_command_kill(r);
}

void
run_command_kill(struct run *r)
{
	signal_child_group(r->pid, SIGKILL);
	run_cgroup_end(r->cgroup);
}

void
run_command_kill_all(void)
{
	struct run	*r;

	LIST_FOREACH(r, &runs, entry)
		run_command_kill(r);
}

void
run_command_cancel(struct run *r)
{
	r->cancelled = 1;
	run_command_kill(r);
}

/* A zombie still holds its number, so the group is surely its own. */
void
run_command_ending(pid_t pid)
{
	struct process_session	 session;
	struct run		*r;

	if ((r = find(pid)) == NULL)
		return;
	kill(-pid, SIGKILL);
	if (r->cgroup != -1)
		run_cgroup_end(r->cgroup);
	else if (r->whole) {
		memset(&session, 0, sizeof(session));
		session.leader = pid;
		session.proven = 1;
		process_end_sessions(&session, 1);
	}
}

int
run_command_reaped(pid_t pid, int status)
{
	struct run	*r;
	struct run_end	 end;

	if ((r = find(pid)) == NULL)
		return 0;
	memset(&end, 0, sizeof(end));
	/* Killed half way it is none's fault but its own. */
	if (WIFEXITED(status) && r->report->trouble != RUN_OK) {
		end.trouble = (enum run_trouble)r->report->trouble;
		end.error = r->report->error;
	}
	end.late = r->late;
	end.status = status;
	LIST_REMOVE(r, entry);
	if (!r->cancelled)
		r->done(&end, r->arg);
	run_free(r);
	return 1;
}
