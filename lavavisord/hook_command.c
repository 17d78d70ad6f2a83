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
#include "common/message.h"
#include "compat/no_new_privs.h"
#include "compat/oom_score.h"
#include "lavavisord/clock.h"
#include "lavavisord/fork_child.h"
#include "lavavisord/hook_command.h"
#include "lavavisord/lavavisord.h"

#define LINES_MAX	50		/* of output in the log */
#define LINE_SIZE	256
#define READ_SIZE	4096
/* What is beyond is read and dropped: so much a tick, no faster */
#define SLOW_READS	16
#define SLOW_MS		50
#define NOFILE_MAX	1024
/* The child's own alarm, should we die: seconds beyond the timeout */
#define ORPHAN_SECONDS	5
#define EXIT_NOT_RUN	126		/* as a shell's */

struct hook_run {
	LIST_ENTRY(hook_run)	 entry;
	char			 label[96];
	pid_t			 pid;
	int			 fd;		/* its output, -1 ended */
	struct event		*output;	/* also the timer of slow */
	struct event		*deadline;
	uint32_t		 timeout_ms;
	int			 late;
	int			 cancelled;
	int			 reaped;
	int			 status;	/* then, of waitpid(2) */
	unsigned int		 lines;
	unsigned long long	 dropped;	/* bytes */
	char			 line[LINE_SIZE];
	size_t			 len;
	void			(*done)(const char *, void *);
	void			*arg;
};

static LIST_HEAD(, hook_run)	 runs = LIST_HEAD_INITIALIZER(runs);
static struct event_base	*base;

static void	child_exec(const struct hook_command *, int)
		    __attribute__((__noreturn__));
static void	child_limits(const struct hook_command *);
static void	child_user(const struct hook_command *);
static struct hook_run *find(pid_t);
static void	late(evutil_socket_t, short, void *);
static void	line_end(struct hook_run *);
static void	output(evutil_socket_t, short, void *);
static void	output_end(struct hook_run *);
static int	read_some(struct hook_run *);
static void	take(struct hook_run *, const char *, size_t);
static void	why_ended(const struct hook_run *, int, char *, size_t);

void
hook_commands_init(struct event_base *b)
{
	base = b;
}

void
hook_facts_init(struct hook_facts *f)
{
	memset(f, 0, sizeof(*f));
}

void
hook_facts_free(struct hook_facts *f)
{
	while (f->count > 0)
		free(f->text[--f->count]);
}

void
hook_fact(struct hook_facts *f, const char *name, const char *value)
{
	char	*p;

	if (f->count >= HOOK_FACTS_MAX)
		fatalx("too many facts for a hook");
	if (asprintf(&p, "%s=%.*s", name, HOOK_FACT_SIZE, value) == -1)
		fatal("asprintf");
	f->text[f->count++] = p;
	for (p += strlen(name); *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
}

struct hook_run *
hook_start(const struct hook_command *c, char *error)
{
	struct hook_run	*r;
	int		 pair[2];

	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) == -1) {
		strlcpy(error, strerror(errno), TEXT_SIZE);
		return NULL;
	}
	if ((r = calloc(1, sizeof(*r))) == NULL)
		fatal("calloc");
	if ((r->pid = fork_child()) == -1) {
		snprintf(error, TEXT_SIZE, "fork: %s", strerror(errno));
		close(pair[0]);
		close(pair[1]);
		free(r);
		return NULL;
	}
	if (r->pid == 0)
		child_exec(c, pair[1]);
	close(pair[1]);
	r->fd = pair[0];
	strlcpy(r->label, c->label, sizeof(r->label));
	r->timeout_ms = c->timeout_ms;
	r->done = c->done;
	r->arg = c->arg;
	LIST_INSERT_HEAD(&runs, r, entry);
	if ((r->output = event_new(base, r->fd, EV_READ, output, r)) ==
	    NULL || (r->deadline = evtimer_new(base, late, r)) == NULL ||
	    event_add(r->output, NULL) == -1)
		fatalx("out of memory for events");
	clock_timer(r->deadline, (int64_t)c->timeout_ms);
	log_debug("%s: %s runs, pid %d", r->label, c->argv[0], (int)r->pid);
	return r;
}

static void
child_limits(const struct hook_command *c)
{
	struct rlimit	 rl;

	rl.rlim_cur = rl.rlim_max = 0;
	setrlimit(RLIMIT_CORE, &rl);
	rl.rlim_cur = rl.rlim_max = c->timeout_ms / 1000 + ORPHAN_SECONDS;
	setrlimit(RLIMIT_CPU, &rl);
	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		if (rl.rlim_max > NOFILE_MAX)
			rl.rlim_max = NOFILE_MAX;
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	alarm(c->timeout_ms / 1000 + ORPHAN_SECONDS);
}

static void
child_user(const struct hook_command *c)
{
	if (!env.places.privileged)
		return;
	if (setgroups(c->gids_count, c->gids) == -1 ||
	    setresgid(c->gid, c->gid, c->gid) == -1 ||
	    setresuid(c->uid, c->uid, c->uid) == -1 ||
	    (c->uid != 0 && setuid(0) != -1)) {
		dprintf(STDERR_FILENO, "it cannot become its user: %s\n",
		    strerror(errno));
		_exit(EXIT_NOT_RUN);
	}
}

static void
child_exec(const struct hook_command *c, int fd)
{
	static char	 home[1100], user[80], logname[80];
	char		*list[HOOK_FACTS_MAX + 8];
	size_t		 i, n = 0;
	int		 null;

	setsid();
	fcntl(fd, F_SETFL, 0);		/* blocking, as it expects */
	if ((null = open("/dev/null", O_RDONLY)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1 ||
	    dup2(fd, STDERR_FILENO) == -1)
		_exit(EXIT_NOT_RUN);
	closefrom(STDERR_FILENO + 1);
	oom_score_reset();
	child_limits(c);
	child_user(c);
	umask(022);
	if (chdir(c->directory) == -1 && chdir("/") == -1)
		_exit(EXIT_NOT_RUN);
	if (c->no_new_privs)
		no_new_privs();
	snprintf(home, sizeof(home), "HOME=%s", c->home != NULL ? c->home :
	    c->directory);
	list[n++] = home;
	if (c->user_name != NULL && c->user_name[0] != '\0') {
		snprintf(user, sizeof(user), "USER=%s", c->user_name);
		snprintf(logname, sizeof(logname), "LOGNAME=%s",
		    c->user_name);
		list[n++] = user;
		list[n++] = logname;
	}
	list[n++] = "SHELL=/bin/sh";
	list[n++] = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:"
	    "/usr/sbin:/sbin";
	for (i = 0; i < c->facts->count; i++)
		list[n++] = c->facts->text[i];
	list[n] = NULL;
	execve(c->argv[0], c->argv, list);
	dprintf(STDERR_FILENO, "%s cannot be executed: %s\n", c->argv[0],
	    strerror(errno));
	_exit(EXIT_NOT_RUN);
}

static void
output(evutil_socket_t fd, short what, void *arg)
{
	struct hook_run	*r = arg;
	struct timeval	 tv = { 0, SLOW_MS * 1000 };
	int		 i, n = 1;

	(void)fd;
	(void)what;
	if (r->lines < LINES_MAX)
		n = read_some(r);
	else
		for (i = 0; i < SLOW_READS && n > 0; i++)
			n = read_some(r);
	if (n == 0) {
		output_end(r);
		return;
	}
	/* Enough in the log: from now on it waits for a tick. */
	if (r->lines >= LINES_MAX) {
		event_free(r->output);
		if ((r->output = evtimer_new(base, output, r)) == NULL ||
		    evtimer_add(r->output, &tv) == -1)
			fatalx("out of memory for events");
	} else if (event_add(r->output, NULL) == -1)
		fatalx("event_add");
}

/* 1: there may be more, 0: it is at its end, -1: nothing now */
static int
read_some(struct hook_run *r)
{
	char	 buf[READ_SIZE];
	ssize_t	 n;

	if ((n = read(r->fd, buf, sizeof(buf))) == -1)
		return errno == EAGAIN || errno == EINTR ? -1 : 0;
	take(r, buf, (size_t)n);
	return n > 0;
}

static void
take(struct hook_run *r, const char *buf, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++) {
		if (r->lines >= LINES_MAX) {
			r->dropped += n - i;
			return;
		}
		if (buf[i] == '\n' || r->len == sizeof(r->line) - 1)
			line_end(r);
		if (buf[i] != '\n')
			r->line[r->len++] = buf[i];
	}
}

static void
line_end(struct hook_run *r)
{
	char	 text[LINE_SIZE];

	if (r->len == 0)
		return;
	r->line[r->len] = '\0';
	r->len = 0;
	r->lines++;
	log_clean(text, sizeof(text), r->line);
	log_info("%s says: %s", r->label, text);
}

static void
output_end(struct hook_run *r)
{
	if (r->fd == -1)
		return;
	event_free(r->output);
	r->output = NULL;
	close(r->fd);
	r->fd = -1;
}

static void
late(evutil_socket_t fd, short what, void *arg)
{
	struct hook_run	*r = arg;

	(void)fd;
	(void)what;
	r->late = 1;
	signal_child_group(r->pid, SIGKILL);
}

static struct hook_run *
find(pid_t pid)
{
	struct hook_run	*r;

	LIST_FOREACH(r, &runs, entry)
		if (r->pid == pid)
			return r;
	return NULL;
}

void
hook_ending(pid_t pid)
{
	if (find(pid) != NULL)
		kill(-pid, SIGKILL);
}

static void
why_ended(const struct hook_run *r, int status, char *why, size_t size)
{
	why[0] = '\0';
	if (r->late)
		snprintf(why, size, "it did not end within %u s, and was "
		    "killed", (unsigned int)(r->timeout_ms + 999) / 1000);
	else if (WIFSIGNALED(status))
		snprintf(why, size, "it was killed by signal %d",
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		snprintf(why, size, "it ended with exit code %d",
		    WEXITSTATUS(status));
}

int
hook_reaped(pid_t pid, int status)
{
	struct hook_run	*r;
	char		 why[TEXT_SIZE];
	int		 i;

	if ((r = find(pid)) == NULL)
		return 0;
	/* What it wrote last; one that left its group may hold the pipe. */
	for (i = 0; r->fd != -1 && i < SLOW_READS && read_some(r) > 0; i++)
		;
	if (r->lines < LINES_MAX)
		line_end(r);
	output_end(r);
	if (r->dropped > 0)
		log_info("%s: %llu bytes more of its output are left out",
		    r->label, r->dropped);
	event_free(r->deadline);
	LIST_REMOVE(r, entry);
	r->reaped = 1;
	r->status = status;
	why_ended(r, status, why, sizeof(why));
	if (!r->cancelled)
		r->done(why[0] != '\0' ? why : NULL, r->arg);
	free(r);
	return 1;
}

int
hook_status(const struct hook_run *r, int *status)
{
	*status = r->status;
	return r->reaped;
}

void
hook_cancel(struct hook_run *r)
{
	r->cancelled = 1;
	signal_child_group(r->pid, SIGKILL);
}

void
hook_cancel_all(void)
{
	struct hook_run	*r;

	LIST_FOREACH(r, &runs, entry)
		signal_child_group(r->pid, SIGKILL);
}
