#include <sys/types.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "compat/no_new_privs.h"
#include "lavavisord/clock.h"
#include "lavavisord/fork_child.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/probe_command.h"

#define ENV_ROOM	8		/* beside the config's own */
#define FILES_MAX	256
#define FILE_MAX	(1024 * 1024)	/* bytes of one that it writes */

/* Exit codes of a child that did not become the command */
#define NO_EXEC		111
#define NO_WALLS	112

struct probe_command {
	LIST_ENTRY(probe_command)	 entry;
	pid_t				 pid;
	struct event			*deadline;
	uint32_t			 timeout_ms;
	int				 late;
	int				 cancelled;
	probe_command_done		 done;
	void				*arg;
};

static LIST_HEAD(, probe_command)	 commands =
					    LIST_HEAD_INITIALIZER(commands);

static void	command_exec(const struct service *,
		    const struct config_check *) __attribute__((__noreturn__));
static char	**command_environment(const struct service *);
static struct probe_command
		*command_find(pid_t);
static void	command_late(int, short, void *);
static void	command_limit(int, rlim_t);
static void	command_user(const struct config_service *);

struct probe_command *
probe_command_start(struct event_base *base, const struct service *s,
    const struct config_check *check, probe_command_done done, void *arg,
    const char **why)
{
	struct probe_command	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->deadline = evtimer_new(base, command_late, c)) == NULL)
		fatalx("out of memory for a command");
	c->done = done;
	c->arg = arg;
	c->timeout_ms = check->timeout_ms;
	switch (c->pid = fork_child()) {
	case -1:
		*why = strerror(errno);
		event_free(c->deadline);
		free(c);
		return NULL;
	case 0:
		command_exec(s, check);
	default:
		break;
	}
	LIST_INSERT_HEAD(&commands, c, entry);
	clock_timer(c->deadline, c->timeout_ms);
	return c;
}

static void
command_limit(int resource, rlim_t value)
{
	struct rlimit	 rl;

	if (getrlimit(resource, &rl) == -1)
		_exit(NO_WALLS);
	if (rl.rlim_max == RLIM_INFINITY || value < rl.rlim_max)
		rl.rlim_max = value;
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(resource, &rl) == -1)
		_exit(NO_WALLS);
}

static void
command_user(const struct config_service *conf)
{
	if (!env.places.privileged)
		return;
	if (setgroups(conf->gids_count, conf->gids) == -1 ||
	    setresgid(conf->gid, conf->gid, conf->gid) == -1 ||
	    setresuid(conf->uid, conf->uid, conf->uid) == -1 ||
	    (conf->uid != 0 && (setuid(0) != -1 || geteuid() != conf->uid)))
		_exit(NO_WALLS);
}

static char **
command_environment(const struct service *s)
{
	const struct config_service	*conf = s->conf;
	char				**list;
	size_t				 i, n = 0;
	int				 bad = 0;

	if ((list = calloc(conf->env_count + ENV_ROOM, sizeof(*list))) == NULL)
		_exit(NO_WALLS);
	bad |= asprintf(&list[n++], "LAVAVISOR_SERVICE=%s", s->name) == -1;
	bad |= asprintf(&list[n++], "LAVAVISOR_PID=%d", (int)s->state.pid) ==
	    -1;
	for (i = 0; i < conf->env_count; i++)
		bad |= asprintf(&list[n++], "%s=%s", conf->env[i].name,
		    conf->env[i].value) == -1;
	/* The first of a name counts. */
	bad |= asprintf(&list[n++], "HOME=%s", conf->home != NULL ?
	    conf->home : conf->directory) == -1;
	if (conf->user_name != NULL)
		bad |= asprintf(&list[n++], "USER=%s", conf->user_name) == -1;
	bad |= asprintf(&list[n++], "PATH=/usr/local/bin:/usr/bin:/bin") ==
	    -1;
	if (bad)
		_exit(NO_WALLS);
	return list;
}

/* The alarm is for one that outlives us. */
static void
command_exec(const struct service *s, const struct config_check *check)
{
	const struct config_service	*conf = s->conf;
	rlim_t				 seconds = check->timeout_ms / 1000 + 2;
	int				 null;

	setsid();
	command_limit(RLIMIT_CORE, 0);
	command_limit(RLIMIT_CPU, seconds);
	command_limit(RLIMIT_FSIZE, FILE_MAX);
	command_limit(RLIMIT_NOFILE, FILES_MAX);
	command_user(conf);
	if ((null = open("/dev/null", O_RDWR)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1 || chdir(conf->directory) == -1)
		_exit(NO_WALLS);
	closefrom(STDERR_FILENO + 1);
	umask(conf->umask);
	if (conf->no_new_privs && no_new_privs() == -1)
		_exit(NO_WALLS);
	alarm((unsigned int)seconds);
	execve(check->words[0], check->words, command_environment(s));
	_exit(NO_EXEC);
}

static struct probe_command *
command_find(pid_t pid)
{
	struct probe_command	*c;

	LIST_FOREACH(c, &commands, entry)
		if (c->pid == pid)
			return c;
	return NULL;
}

static void
command_late(int fd, short what, void *arg)
{
	struct probe_command	*c = arg;

	(void)fd;
	(void)what;
	c->late = 1;
	signal_child_group(c->pid, SIGKILL);
}

void
probe_command_cancel(struct probe_command *c)
{
	c->cancelled = 1;
	signal_child_group(c->pid, SIGKILL);
}

void
probe_command_kill_all(void)
{
	struct probe_command	*c;

	LIST_FOREACH(c, &commands, entry)
		signal_child_group(c->pid, SIGKILL);
}

void
probe_command_ending(pid_t pid)
{
	/* A zombie still holds its number, so the group is surely its own. */
	if (command_find(pid) != NULL)
		kill(-pid, SIGKILL);
}

int
probe_command_reaped(pid_t pid, int status)
{
	struct probe_command	*c;
	char			 why[128];
	int			 ours = 0;

	if ((c = command_find(pid)) == NULL)
		return 0;
	why[0] = '\0';
	if (c->late)
		snprintf(why, sizeof(why), "the command did not end within "
		    "%u ms", c->timeout_ms);
	else if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "the command was killed by signal "
		    "%d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == NO_WALLS) {
		ours = 1;
		snprintf(why, sizeof(why), "the command could not be made the "
		    "service's user in its directory");
	} else if (WEXITSTATUS(status) == NO_EXEC)
		snprintf(why, sizeof(why), "the command cannot be executed");
	else if (WEXITSTATUS(status) != 0)
		snprintf(why, sizeof(why), "the command ended with code %d",
		    WEXITSTATUS(status));
	LIST_REMOVE(c, entry);
	event_free(c->deadline);
	if (!c->cancelled)
		c->done(why[0] != '\0' ? why : NULL, ours, c->arg);
	free(c);
	return 1;
}
