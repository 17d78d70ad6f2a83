#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/message.h"
#include "common/version.h"
#include "compat/process.h"
#include "lavavisord/check.h"
#include "lavavisord/clock.h"
#include "lavavisord/journal.h"
#include "lavavisord/room_spawn.h"
#include "lavavisord/runfile.h"

/* A program that is none of ours may never end; seconds */
#define ROOM_SECONDS	10

static int	check_journal(int, char *);
static int	check_room(const char *, enum room_kind, char *, size_t);
static int	check_run(int, char *);

int
check_start(const struct places *p, char *error, size_t size)
{
	int	 dir, kind, result = 0;

	for (kind = ROOM_PARENT + 1; kind < ROOM_KINDS; kind++)
		if (check_room(p->libexec, (enum room_kind)kind, error,
		    size) == -1)
			return -1;
	if ((dir = open(p->directory, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) == -1)
		return 0;	/* the first start makes it */
	if (check_journal(dir, error) == -1 || check_run(dir, error) == -1)
		result = -1;
	close(dir);
	return result;
}

static int
check_journal(int dir, char *error)
{
	struct journal	 j;
	char		*text;
	size_t		 len;
	int		 result = 0;

	if (atomic_read(dir, JOURNAL_FILE, JOURNAL_MAX_SIZE, &text, &len) ==
	    -1)
		return 0;
	journal_init(&j, clock_s());
	if (journal_parse(text, len, &j, error) == JOURNAL_REFUSED)
		result = -1;
	else
		journal_free(&j);
	free(text);
	return result;
}

int
check_nothing_runs(const struct places *p, char *error, size_t size)
{
	struct runfile	 r;
	char		 id[BOOT_ID_SIZE], path[PATH_MAX], why[TEXT_SIZE];
	size_t		 i;
	int		 run, result = 0;

	snprintf(path, sizeof(path), "%s/run", p->directory);
	if ((run = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return 0;
	runfile_init(&r, "");
	if (boot_id(id, sizeof(id)) == -1)
		strlcpy(id, BOOT_ID_UNKNOWN, sizeof(id));
	if (runfile_load(run, id, &r, why) == -1) {
		snprintf(error, size, "%s", why);
		result = -1;
	}
	for (i = 0; result == 0 && i < r.service_count; i++)
		if (r.service[i].process.pid != 0 &&
		    process_is(r.service[i].process.pid,
		    r.service[i].process.start) != 0) {
			snprintf(error, size, "%s: service %s, pid %d, runs "
			    "without a lavavisord: start one without -I, to "
			    "look after it", p->directory, r.service[i].name,
			    (int)r.service[i].process.pid);
			result = -1;
		}
	runfile_free(&r);
	close(run);
	return result;
}

static int
check_run(int dir, char *error)
{
	struct runfile	 r;
	char		 id[BOOT_ID_SIZE];
	int		 run, result;

	if ((run = openat(dir, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ==
	    -1)
		return 0;
	/* Unreadable for a caller who may not: a start would say so. */
	runfile_init(&r, "");
	result = faccessat(run, RUNFILE_NAME, R_OK, 0) == -1 ||
	    boot_id(id, sizeof(id)) == -1 ? 0 :
	    runfile_load(run, id, &r, error);
	runfile_free(&r);
	close(run);
	return result;
}

/* The rooms say with -V of which build they are. */
static int
check_room(const char *libexec, enum room_kind kind, char *error, size_t size)
{
	char	 path[PATH_MAX], said[NAME_SIZE];
	ssize_t	 n;
	size_t	 len = 0;
	int	 fds[2], status;
	pid_t	 pid;

	snprintf(path, sizeof(path), "%s/%s", libexec, room_program(kind));
	if (access(path, X_OK) == -1 || pipe2(fds, O_CLOEXEC) == -1) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if ((pid = fork()) == 0) {
		alarm(ROOM_SECONDS);
		if (dup2(fds[1], STDOUT_FILENO) != -1)
			execl(path, room_name(kind), "-V", (char *)NULL);
		_exit(111);
	}
	close(fds[1]);
	while (pid != -1 && len < sizeof(said) - 1 && (n = read(fds[0],
	    said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	said[len] = '\0';
	said[strcspn(said, "\n")] = '\0';
	if (pid == -1 || waitpid(pid, &status, 0) != pid || status != 0 ||
	    strcmp(said, LAVAVISORD_BUILD) != 0) {
		snprintf(error, size, "%s is not of build %s, as this "
		    "lavavisord is: install all of it", path,
		    LAVAVISORD_BUILD);
		return -1;
	}
	return 0;
}
