#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lavavisorctl/conversation.h"
#include "lavavisorctl/local/daemon.h"
#include "lavavisorctl/local/place.h"
#include "lavavisorctl/local/programs.h"

#define WORDS_MAX	16
#define LOOK_MS		20
#define BEGIN_S		120	/* until it answers; a start takes one */
#define END_S		60
#define LOG_SHOWN	8192	/* bytes from its end */
#define PREFIX		"lavavisord: "

/* A command line; its texts are in it */
struct words {
	char	 path[PROGRAM_PATH_SIZE];
	char	 libexec[PROGRAM_PATH_SIZE];
	char	*argv[WORDS_MAX];
};

static void	fill(struct words *, const struct place *, int, int);
static int	has_ended(struct daemon *, int *);
static void	last_word(struct daemon *, char *, size_t);
static ssize_t	read_end(int, char *, size_t);
static void	run(struct words *, int, int) __attribute__((__noreturn__));

/* The system's directory is what it takes without -D */
static void
fill(struct words *w, const struct place *p, int idle, int verbose)
{
	int	 n = 0;

	program_find("lavavisord", w->path);
	w->argv[n++] = w->path;
	w->argv[n++] = "-d";
	if (idle)
		w->argv[n++] = "-I";
	if (verbose)
		w->argv[n++] = "-v";
	if (!p->is_system) {
		w->argv[n++] = "-D";
		w->argv[n++] = (char *)p->directory;
	}
	if (program_libexec(w->libexec)) {
		w->argv[n++] = "-L";
		w->argv[n++] = w->libexec;
	}
	w->argv[n] = NULL;
}

int
daemon_exec(const struct place *p, char *why, size_t size)
{
	struct words	 w;

	fill(&w, p, 0, 0);
	fflush(stdout);
	signal(SIGPIPE, SIG_DFL);
	execv(w.path, w.argv);
	snprintf(why, size, "cannot execute %s: %s", w.path, strerror(errno));
	return -1;
}

int
daemon_exec_wrapped(const struct place *p, const char *config,
    const char *service, const char *upgrades, int verbose, char *why,
    size_t size)
{
	struct words	 w;
	int		 n = 0;

	fill(&w, p, 0, verbose);
	while (w.argv[n] != NULL)
		n++;
	w.argv[n++] = "-f";
	w.argv[n++] = (char *)config;
	w.argv[n++] = "-U";
	w.argv[n++] = (char *)upgrades;
	w.argv[n++] = "-W";
	w.argv[n++] = (char *)service;
	w.argv[n] = NULL;
	fflush(stdout);
	signal(SIGPIPE, SIG_DFL);
	execv(w.path, w.argv);
	snprintf(why, size, "cannot execute %s: %s", w.path, strerror(errno));
	return -1;
}

static void
run(struct words *w, int life, int log)
{
	if (dup2(life, STDIN_FILENO) == -1 || (log != -1 &&
	    (dup2(log, STDOUT_FILENO) == -1 ||
	    dup2(log, STDERR_FILENO) == -1)))
		_exit(126);
	signal(SIGPIPE, SIG_DFL);
	execv(w->path, w->argv);
	dprintf(STDERR_FILENO, PREFIX "cannot execute %s: %s\n", w->path,
	    strerror(errno));
	_exit(127);
}

int
daemon_begin(struct daemon *d, const struct place *p, int verbose, char *why,
    size_t size)
{
	struct words	 w;
	FILE		*log = NULL;
	int64_t		 until;
	int		 fds[2], status;

	memset(d, 0, sizeof(*d));
	d->log = d->life = -1;
	fill(&w, p, 1, verbose);
	fflush(stdout);
	if (pipe2(fds, O_CLOEXEC) == -1) {
		snprintf(why, size, "pipe: %s", strerror(errno));
		return -1;
	}
	/* Nobody has to read along, and it has no name to be left behind. */
	if (!verbose && ((log = tmpfile()) == NULL || (d->log = fcntl(
	    fileno(log), F_DUPFD_CLOEXEC, 0)) == -1)) {
		snprintf(why, size, "no file for its log: %s",
		    strerror(errno));
		goto fail;
	}
	if ((d->pid = fork()) == -1) {
		snprintf(why, size, "fork: %s", strerror(errno));
		d->pid = 0;
		goto fail;
	}
	if (d->pid == 0)
		run(&w, fds[0], d->log);
	close(fds[0]);
	if (log != NULL)
		fclose(log);
	d->life = fds[1];
	until = conversation_now_ms() + BEGIN_S * 1000;
	while (!place_has_daemon(p)) {
		if (has_ended(d, &status)) {
			last_word(d, why, size);
			daemon_end(d, 0);
			return -1;
		}
		if (conversation_now_ms() > until) {
			snprintf(why, size, "%s does not answer in %d s",
			    w.path, BEGIN_S);
			daemon_end(d, 1);
			return -1;
		}
		poll(NULL, 0, LOOK_MS);
	}
	return 0;
fail:
	if (log != NULL)
		fclose(log);
	if (d->log != -1)
		close(d->log);
	close(fds[0]);
	close(fds[1]);
	return -1;
}

/* 1 once it is reaped */
static int
has_ended(struct daemon *d, int *status)
{
	pid_t	 pid;

	if (d->pid == 0)
		return 1;
	while ((pid = waitpid(d->pid, status, WNOHANG)) == -1 &&
	    errno == EINTR)
		;
	if (pid == 0)
		return 0;
	d->pid = 0;
	return 1;
}

static ssize_t
read_end(int fd, char *buf, size_t size)
{
	off_t	 end;

	if (fd == -1 || (end = lseek(fd, 0, SEEK_END)) == -1)
		return -1;
	return pread(fd, buf, size, end > (off_t)size ? end - (off_t)size :
	    0);
}

/* The line with which it ended */
static void
last_word(struct daemon *d, char *why, size_t size)
{
	char	 buf[LOG_SHOWN + 1], *line, *text;
	ssize_t	 n;

	if ((n = read_end(d->log, buf, LOG_SHOWN)) <= 0) {
		snprintf(why, size, "lavavisord has ended and did not say "
		    "why");
		return;
	}
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	line = strrchr(buf, '\n') != NULL ? strrchr(buf, '\n') + 1 : buf;
	if ((text = strstr(line, PREFIX)) != NULL)
		line = text + strlen(PREFIX);
	snprintf(why, size, "%s", line);
}

void
daemon_end(struct daemon *d, int show)
{
	char	 buf[LOG_SHOWN];
	int64_t	 until = conversation_now_ms() + END_S * 1000;
	ssize_t	 n;
	int	 status;

	if (d->life != -1)
		close(d->life);
	d->life = -1;
	while (!has_ended(d, &status)) {
		if (conversation_now_ms() > until)
			kill(d->pid, SIGKILL);
		poll(NULL, 0, LOOK_MS);
	}
	if (show && (n = read_end(d->log, buf, sizeof(buf))) > 0) {
		fprintf(stderr, "--- the log of lavavisord:\n");
		fwrite(buf, 1, (size_t)n, stderr);
	}
	if (d->log != -1)
		close(d->log);
	d->log = -1;
}
