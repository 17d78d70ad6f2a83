#include <sys/types.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/hook_command.h"
#include "lavavisord/run_command.h"

#define LINES_MAX	50		/* of output in the log */
#define LINE_SIZE	256
#define READ_SIZE	4096
/* What is beyond is read and dropped: so much a tick, no faster */
#define SLOW_READS	16
#define SLOW_MS		50
#define NOFILE_MAX	1024
/* The child's own alarm, should we die: seconds beyond the timeout */
#define ORPHAN_SECONDS	5
#define ENV_SIZE	(HOOK_FACTS_MAX + 8)

struct hook_run {
	LIST_ENTRY(hook_run)	 entry;
	char			 label[96];
	char			*program;
	struct run		*run;
	int			 fd;		/* its output, -1 ended */
	struct event		*output;	/* also the timer of slow */
	uint32_t		 timeout_ms;
	int			 cancelled;
	int			 reaped;		/* it ran, and ended */
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

static void	ended(const struct run_end *, void *);
static size_t	environment(const struct hook_command *, char **);
static void	line_end(struct hook_run *);
static void	output(evutil_socket_t, short, void *);
static void	output_end(struct hook_run *);
static int	read_some(struct hook_run *);
static void	take(struct hook_run *, const char *, size_t);
static void	why_ended(const struct hook_run *, const struct run_end *,
		    char *, size_t);

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

/* Into a list of ENV_SIZE; returns how many of its first are to be freed. */
static size_t
environment(const struct hook_command *c, char **list)
{
	size_t	 i, own, n = 0;

	if (asprintf(&list[n++], "HOME=%s", c->home != NULL ? c->home :
	    c->directory) == -1)
		fatal("asprintf");
	if (c->user_name != NULL && c->user_name[0] != '\0' &&
	    (asprintf(&list[n++], "USER=%s", c->user_name) == -1 ||
	    asprintf(&list[n++], "LOGNAME=%s", c->user_name) == -1))
		fatal("asprintf");
	own = n;
	list[n++] = "SHELL=/bin/sh";
	list[n++] = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:"
	    "/usr/sbin:/sbin";
	for (i = 0; i < c->facts->count; i++)
		list[n++] = c->facts->text[i];
	list[n] = NULL;
	return own;
}

struct hook_run *
hook_start(const struct hook_command *c, char *error)
{
	struct run_command	 run;
	struct hook_run		*r;
	char			*list[ENV_SIZE];
	size_t			 own;
	int			 pair[2];

	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) == -1) {
		strlcpy(error, strerror(errno), TEXT_SIZE);
		return NULL;
	}
	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    (r->program = strdup(c->argv[0])) == NULL)
		fatal("calloc");
	own = environment(c, list);
	memset(&run, 0, sizeof(run));
	run.argv = c->argv;
	run.envp = list;
	run.uid = c->uid;
	run.gid = c->gid;
	run.gids = c->gids;
	run.gids_count = c->gids_count;
	run.directory = c->directory;
	run.anywhere = 1;
	run.umask = 022;
	run.no_new_privs = c->no_new_privs;
	run.output = pair[1];
	run.files_max = NOFILE_MAX;
	run.size_max = RLIM_INFINITY;
	run.timeout_ms = c->timeout_ms;
	run.orphan_s = ORPHAN_SECONDS;
	run.done = ended;
	run.arg = r;
	if ((r->run = run_command_start(base, &run)) == NULL)
		snprintf(error, TEXT_SIZE, "fork: %s", strerror(errno));
	while (own > 0)
		free(list[--own]);
	close(pair[1]);
	r->fd = pair[0];
	if (r->run == NULL) {
		close(r->fd);
		free(r->program);
		free(r);
		return NULL;
	}
	strlcpy(r->label, c->label, sizeof(r->label));
	r->timeout_ms = c->timeout_ms;
	r->done = c->done;
	r->arg = c->arg;
	LIST_INSERT_HEAD(&runs, r, entry);
	if ((r->output = event_new(base, r->fd, EV_READ, output, r)) ==
	    NULL || event_add(r->output, NULL) == -1)
		fatalx("out of memory for events");
	log_debug("%s: %s runs, pid %d", r->label, r->program,
	    (int)run_command_pid(r->run));
	return r;
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
why_ended(const struct hook_run *r, const struct run_end *end, char *why,
    size_t size)
{
	why[0] = '\0';
	if (end->late)
		snprintf(why, size, "it did not end within %u s, and was "
		    "killed", (unsigned int)(r->timeout_ms + 999) / 1000);
	else if (end->trouble == RUN_NOT_READIED)
		snprintf(why, size, "it cannot become its user: %s",
		    strerror(end->error));
	else if (end->trouble == RUN_NOT_EXECUTED)
		snprintf(why, size, "%s cannot be executed: %s", r->program,
		    strerror(end->error));
	else if (WIFSIGNALED(end->status))
		snprintf(why, size, "it was killed by signal %d",
		    WTERMSIG(end->status));
	else if (WEXITSTATUS(end->status) != 0)
		snprintf(why, size, "it ended with exit code %d",
		    WEXITSTATUS(end->status));
}

static void
ended(const struct run_end *end, void *arg)
{
	struct hook_run	*r = arg;
	char		 why[TEXT_SIZE];
	int		 i;

	/* What it wrote last; one that left its group may hold the pipe. */
	for (i = 0; r->fd != -1 && i < SLOW_READS && read_some(r) > 0; i++)
		;
	if (r->lines < LINES_MAX)
		line_end(r);
	output_end(r);
	if (r->dropped > 0)
		log_info("%s: %llu bytes more of its output are left out",
		    r->label, r->dropped);
	LIST_REMOVE(r, entry);
	r->reaped = end->trouble == RUN_OK;
	r->status = end->status;
	why_ended(r, end, why, sizeof(why));
	if (!r->cancelled)
		r->done(why[0] != '\0' ? why : NULL, r->arg);
	free(r->program);
	free(r);
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
	run_command_kill(r->run);
}

void
hook_cancel_all(void)
{
	struct hook_run	*r;

	LIST_FOREACH(r, &runs, entry)
		run_command_kill(r->run);
}
