#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/own_program.h"
#include "lavavisorctl/conversation.h"
#include "lavavisorctl/local/programs.h"
#include "paths.h"

#define WORDS_MAX	12
#define CHECK_SECONDS	60
#define ASK_SECONDS	120
#define PREFIX		"lavavisord: "

static void	child(char *const [], int) __attribute__((__noreturn__));
static void	client_words(const char *, const char *const [], char *,
		    char *[WORDS_MAX]);
static int	collect(int, int64_t, char *, size_t);
static int	own_directory(char *, size_t);

/* Where this program lies, on systems that say it */
static int
own_directory(char *path, size_t size)
{
	char	*slash;

	if (own_program(path, size) == -1)
		return -1;
	if ((slash = strrchr(path, '/')) == NULL)
		return -1;
	*slash = '\0';
	return 0;
}

void
program_find(const char *name, char *path)
{
	char	 own[PROGRAM_PATH_SIZE];

	if (own_directory(own, sizeof(own)) == 0 &&
	    (size_t)snprintf(path, PROGRAM_PATH_SIZE, "%s/%s", own, name) <
	    PROGRAM_PATH_SIZE && access(path, X_OK) == 0)
		return;
	snprintf(path, PROGRAM_PATH_SIZE, "%s/%s", PATH_SBIN, name);
}

void
program_find_libexec(const char *name, char *path)
{
	char	 own[PROGRAM_PATH_SIZE];

	if (own_directory(own, sizeof(own)) == 0 &&
	    (size_t)snprintf(path, PROGRAM_PATH_SIZE,
	    "%s/../libexec/lavavisord/%s", own, name) < PROGRAM_PATH_SIZE &&
	    access(path, X_OK) == 0)
		return;
	snprintf(path, PROGRAM_PATH_SIZE, "%s/%s", PATH_LIBEXEC, name);
}

int
program_libexec(char *path)
{
	char	 own[PROGRAM_PATH_SIZE];

	return own_directory(own, sizeof(own)) == 0 &&
	    strcmp(own, PATH_SBIN) != 0 && (size_t)snprintf(path,
	    PROGRAM_PATH_SIZE, "%s/../libexec/lavavisord", own) <
	    PROGRAM_PATH_SIZE && access(path, X_OK) == 0;
}

static void
child(char *const argv[], int out)
{
	int	 in;

	if ((in = open("/dev/null", O_RDONLY)) == -1 ||
	    dup2(in, STDIN_FILENO) == -1 || (out != -1 &&
	    (dup2(out, STDOUT_FILENO) == -1 ||
	    dup2(out, STDERR_FILENO) == -1)))
		_exit(126);
	signal(SIGPIPE, SIG_DFL);
	execv(argv[0], argv);
	dprintf(STDERR_FILENO, "cannot execute %s: %s\n", argv[0],
	    strerror(errno));
	_exit(127);
}

/* 0 at end of file, -1 when the time is up */
static int
collect(int fd, int64_t until, char *out, size_t size)
{
	struct pollfd	 pfd = { .fd = fd, .events = POLLIN };
	char		 buf[4096];
	size_t		 have = 0, take;
	ssize_t		 n;
	int64_t		 left;

	for (;;) {
		if ((left = until - conversation_now_ms()) <= 0)
			return -1;
		if (poll(&pfd, 1, (int)left) <= 0)
			continue;
		if ((n = read(fd, buf, sizeof(buf))) == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		take = (size_t)n < size - 1 - have ? (size_t)n :
		    size - 1 - have;
		memcpy(out + have, buf, take);
		have += take;
		out[have] = '\0';
	}
}

int
program_run(char *const argv[], int seconds, char *out, size_t size)
{
	pid_t	 pid;
	int	 fds[2], status;

	out[0] = '\0';
	if (pipe2(fds, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		snprintf(out, size, "cannot run %s: %s", argv[0],
		    strerror(errno));
		return PROGRAM_FAILED_TO_RUN;
	}
	if (pid == 0)
		child(argv, fds[1]);
	close(fds[1]);
	if (collect(fds[0], conversation_now_ms() + (int64_t)seconds * 1000,
	    out, size) == -1)
		kill(pid, SIGKILL);
	close(fds[0]);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return PROGRAM_FAILED_TO_RUN;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	if (WEXITSTATUS(status) == 127)
		return PROGRAM_FAILED_TO_RUN;
	return WEXITSTATUS(status);
}

int
program_check_config(const char *config, const char *directory, char *why,
    size_t size)
{
	char	 path[PROGRAM_PATH_SIZE], libexec[PROGRAM_PATH_SIZE];
	char	 out[4096], *line, *text;
	char	*argv[WORDS_MAX];
	int	 n = 0, code;

	program_find("lavavisord", path);
	argv[n++] = path;
	argv[n++] = "-n";
	argv[n++] = "-f";
	argv[n++] = (char *)config;
	argv[n++] = "-D";
	argv[n++] = (char *)directory;
	if (program_libexec(libexec)) {
		argv[n++] = "-L";
		argv[n++] = libexec;
	}
	argv[n] = NULL;
	code = program_run(argv, CHECK_SECONDS, out, sizeof(out));
	if (code == 0)
		return 0;
	/* Its last line says why. */
	out[strcspn(out, "\r")] = '\0';
	while (out[0] != '\0' && out[strlen(out) - 1] == '\n')
		out[strlen(out) - 1] = '\0';
	line = strrchr(out, '\n') != NULL ? strrchr(out, '\n') + 1 : out;
	if ((text = strstr(line, PREFIX)) != NULL)
		line = text + strlen(PREFIX);
	if (line[0] != '\0')
		snprintf(why, size, "%s", line);
	else
		snprintf(why, size, "%s -n ended with code %d and said "
		    "nothing", path, code);
	return -1;
}

/* `lavavisorctl -s SOCKET WORDS'; path has PROGRAM_PATH_SIZE bytes */
static void
client_words(const char *socket, const char *const words[], char *path,
    char *argv[WORDS_MAX])
{
	int	 n = 0;

	program_find("lavavisorctl", path);
	argv[n++] = path;
	argv[n++] = "-s";
	argv[n++] = (char *)socket;
	while (*words != NULL && n < WORDS_MAX - 1)
		argv[n++] = (char *)*words++;
	argv[n] = NULL;
}

int
program_pass(const char *socket, const char *const words[])
{
	char	 path[PROGRAM_PATH_SIZE], *argv[WORDS_MAX];
	pid_t	 pid;
	int	 status;

	client_words(socket, words, path, argv);
	fflush(stdout);
	if ((pid = fork()) == -1)
		return PROGRAM_FAILED_TO_RUN;
	if (pid == 0)
		child(argv, -1);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return PROGRAM_FAILED_TO_RUN;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
	    WEXITSTATUS(status);
}

int
program_ask(const char *socket, const char *const words[], char *out,
    size_t size)
{
	char	 path[PROGRAM_PATH_SIZE], *argv[WORDS_MAX];

	client_words(socket, words, path, argv);
	return program_run(argv, ASK_SECONDS, out, size);
}
