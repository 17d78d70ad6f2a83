#include <sys/types.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/fork_light.h"
#include "compat/linux/own_proc.h"
#include "compat/process.h"

#ifndef __NR_pidfd_open
#define __NR_pidfd_open	434
#endif
#ifndef __NR_pidfd_send_signal
#define __NR_pidfd_send_signal	424
#endif

/* What a pass over all processes that finds new ones is repeated at most */
#define PASSES	8

/* No pid is that big: proc(5), kernel.pid_max */
#define PID_END		4194304

struct pid_stat {
	char		 state;
	int		 session;
	uint64_t	 start;
};

/* Processes that were ended by one call, so that none is counted twice */
struct ended {
	pid_t	*pid;
	size_t	 count;
};

static int	end_member(pid_t, const struct process_session *);
static int	end_one(pid_t, struct process_session *, size_t,
		    struct ended *);
static int	end_pass(struct process_session *, size_t, struct ended *);
static int	is_dead(const struct pid_stat *);
static int	is_taken(const struct process_session *);
static pid_t	last_pid(const struct process_session *, size_t);
static int	may_set_groups(void);
static int	pass_unseen(struct process_session *, size_t,
		    struct ended *);
static ssize_t	read_file(const char *, char *, size_t);
static char	*skip_fields(char *, int);
static int	read_stat(pid_t, struct pid_stat *);
static int	was_ended(struct ended *, pid_t);

/* The first size - 1 bytes of a file of proc(5), NUL-terminated. */
static ssize_t
read_file(const char *path, char *buf, size_t size)
{
	ssize_t	 n;
	int	 fd, saved;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	n = read(fd, buf, size - 1);
	saved = errno;
	close(fd);
	errno = saved;
	if (n == -1)
		return -1;
	buf[n] = '\0';
	return n;
}

/* n words further, NULL when there are not so many */
static char *
skip_fields(char *p, int n)
{
	while (n-- > 0) {
		if ((p = strchr(p, ' ')) == NULL)
			return NULL;
		p++;
	}
	return *p >= '0' && *p <= '9' ? p : NULL;
}

/* Of proc(5), zombies included; -1 with ESRCH only for what is surely gone */
static int
read_stat(pid_t pid, struct pid_stat *st)
{
	char	 path[64], buf[1024], *p;

	if (!own_proc()) {
		/* That of others says nothing, or what is of others. */
		if (errno != ENOENT)
			return -1;
		errno = kill(pid, 0) == -1 && errno == ESRCH ? ESRCH : ENXIO;
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_file(path, buf, sizeof(buf)) == -1) {
		/* ESRCH: it ended under our eyes */
		if (errno == ENOENT)
			errno = kill(pid, 0) == -1 && errno == ESRCH ? ESRCH :
			    ENXIO;
		return -1;
	}
	/* The name may hold spaces and parentheses: its end is the last one */
	if ((p = strrchr(buf, ')')) == NULL || p[1] != ' ' || p[2] == '\0')
		goto fail;
	st->state = p[2];
	/* Fields 6 and 22, and the state is 3; each child asks this. */
	if ((p = skip_fields(p + 2, 3)) == NULL)
		goto fail;
	st->session = (int)strtol(p, NULL, 10);
	if ((p = skip_fields(p, 16)) == NULL)
		goto fail;
	st->start = strtoull(p, NULL, 10);
	return 0;
fail:
	errno = EIO;
	return -1;
}

static int
is_dead(const struct pid_stat *st)
{
	return st->state == 'Z' || st->state == 'X';
}

int
process_start(pid_t pid, uint64_t *start)
{
	struct pid_stat	 st;

	if (read_stat(pid, &st) == -1)
		return -1;
	if (is_dead(&st)) {
		errno = ESRCH;
		return -1;
	}
	*start = st.start;
	return 0;
}

int
process_usage(pid_t pid, uint64_t *cpu_ms, uint64_t *memory_kb)
{
	char		 path[64], buf[1024], *p;
	uint64_t	 user, system;
	long		 hertz = sysconf(_SC_CLK_TCK);

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!own_proc() || read_file(path, buf, sizeof(buf)) == -1)
		return -1;
	/* Fields 14, 15 and 24; the state is 3 */
	if ((p = strrchr(buf, ')')) == NULL || p[1] != ' ' || p[2] == '\0' ||
	    hertz <= 0 || (p = skip_fields(p + 2, 11)) == NULL)
		goto fail;
	user = strtoull(p, NULL, 10);
	if ((p = skip_fields(p, 1)) == NULL)
		goto fail;
	system = strtoull(p, NULL, 10);
	if ((p = skip_fields(p, 9)) == NULL)
		goto fail;
	*cpu_ms = (user + system) * 1000 / (uint64_t)hertz;
	*memory_kb = strtoull(p, NULL, 10) *
	    (uint64_t)(sysconf(_SC_PAGESIZE) / 1024);
	return 0;
fail:
	errno = EIO;
	return -1;
}

int
process_is(pid_t pid, uint64_t start)
{
	uint64_t	 now;

	if (process_start(pid, &now) == -1)
		return errno == ESRCH ? 0 : -1;
	if (start == PROCESS_START_UNKNOWN) {
		errno = ENXIO;
		return -1;
	}
	return now == start;
}

int
process_watch_open(pid_t pid)
{
	return (int)syscall(__NR_pidfd_open, pid, 0);
}

int
process_watch_ended(int fd)
{
	struct pollfd	 pfd = { fd, POLLIN, 0 };

	return poll(&pfd, 1, 0) == 1;
}

int
process_watch_kill(int fd, pid_t pid)
{
	(void)pid;
	return (int)syscall(__NR_pidfd_send_signal, fd, SIGKILL, NULL, 0);
}

void
process_watch_close(int fd)
{
	close(fd);
}

int
process_visible(char *error, size_t size)
{
	char	 self[32];

	if (own_proc_self(self, sizeof(self)) == -1) {
		snprintf(error, size, "/proc is not mounted");
		return -1;
	}
	if (own_proc())
		return 0;
	snprintf(error, size, "/proc shows another pid namespace, where we are "
	    "process %s and not %d", self, (int)getpid());
	return -1;
}

/* Whether those that we have can be set */
static int
may_set_groups(void)
{
	gid_t	*gids;
	int	 n, may;

	if ((n = getgroups(0, NULL)) == -1 ||
	    (gids = calloc((size_t)n + 1, sizeof(*gids))) == NULL)
		return 0;
	may = (n = getgroups(n, gids)) != -1 && setgroups((size_t)n, gids) == 0;
	free(gids);
	return may;
}

/* Where groups cannot be set (user_namespaces(7)) one user is mapped only */
int
process_may_change_user(void)
{
	char	 text[16];

	if (geteuid() != 0)
		return 0;
	if (read_file("/proc/self/setgroups", text, sizeof(text)) <= 0)
		return may_set_groups();
	return strncmp(text, "deny", 4) != 0;
}

int
boot_id(char *buf, size_t size)
{
	if (read_file("/proc/sys/kernel/random/boot_id", buf, size) <= 0)
		snprintf(buf, size, BOOT_ID_UNKNOWN);
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

/* Not the owner of its files in proc(5), which is root for some programs */
int
process_user(pid_t pid, uid_t *user)
{
	char		 path[64], buf[2048], *p;
	unsigned int	 id;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (!own_proc() || read_file(path, buf, sizeof(buf)) <= 0 ||
	    (p = strstr(buf, "\nUid:")) == NULL ||
	    sscanf(p, "\nUid: %u", &id) != 1) {
		errno = ESRCH;
		return -1;
	}
	*user = id;
	return 0;
}

/* The leader's number is another process's, or may be */
static int
is_taken(const struct process_session *s)
{
	struct pid_stat	 st;

	return read_stat(s->leader, &st) == 0 ? st.start != s->start :
	    errno != ESRCH;
}

/*
 * Held first, asked then: now it cannot become another one.  Of one that cannot
 * be seen getsid(2) knows the session.
 */
static int
end_member(pid_t pid, const struct process_session *s)
{
	struct pid_stat	 st;
	uid_t		 user;
	int		 fd, result = -1;

	if ((fd = process_watch_open(pid)) == -1)
		return -1;
	if (!own_proc()) {
		if (s->proven && !process_watch_ended(fd) &&
		    getsid(pid) == s->leader)
			result = process_watch_kill(fd, pid);
	} else if (read_stat(pid, &st) == 0 && !is_dead(&st) &&
	    st.session == s->leader && (s->proven ||
	    (st.start >= s->start && process_user(pid, &user) == 0 &&
	    user == s->user && !is_taken(s))))
		result = process_watch_kill(fd, pid);
	process_watch_close(fd);
	return result;
}

/* Whether it is one of them already; else it is added */
static int
was_ended(struct ended *e, pid_t pid)
{
	pid_t	*more;
	size_t	 i;

	for (i = 0; i < e->count; i++)
		if (e->pid[i] == pid)
			return 1;
	more = reallocarray(e->pid, e->count + 1, sizeof(*e->pid));
	if (more == NULL)
		return 1;
	e->pid = more;
	e->pid[e->count++] = pid;
	return 0;
}

/* Ends it when it is in one of them; how many new ones that were, 0 or 1 */
static int
end_one(pid_t pid, struct process_session *s, size_t n, struct ended *e)
{
	pid_t	 session;
	size_t	 i;

	/* getsid(2) is cheaper than any file */
	if (pid <= 1 || (session = getsid(pid)) <= 1)
		return 0;
	for (i = 0; i < n; i++)
		if (s[i].leader == session)
			break;
	if (i == n || pid == session || end_member(pid, &s[i]) == -1 ||
	    was_ended(e, pid))
		return 0;
	s[i].ended++;
	return 1;
}

/* How many new ones there were */
static int
end_pass(struct process_session *s, size_t n, struct ended *e)
{
	struct dirent	*entry;
	DIR		*d;
	long		 pid;
	char		*end;
	int		 found = 0;

	if (!own_proc())
		return pass_unseen(s, n, e);
	if ((d = opendir("/proc")) == NULL)
		return 0;
	while ((entry = readdir(d)) != NULL) {
		pid = strtol(entry->d_name, &end, 10);
		if (*end == '\0' && pid <= INT_MAX)
			found += end_one((pid_t)pid, s, n, e);
	}
	closedir(d);
	return found;
}

/* Numbers are given in their order, and again from the first after the last. */
static pid_t
last_pid(const struct process_session *s, size_t n)
{
	pid_t	 pid;
	size_t	 i;

	if ((pid = fork_light(-1)) == 0)
		_exit(0);
	if (pid == -1)
		return PID_END;
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	for (i = 0; i < n; i++)
		if (s[i].leader > pid)
			return PID_END;
	return pid;
}

/* Without a list each number is tried that can have been given. */
static int
pass_unseen(struct process_session *s, size_t n, struct ended *e)
{
	pid_t	 pid, last;
	size_t	 i;
	int	 found = 0;

	for (i = 0; i < n && s[i].proven; i++)
		continue;
	if (i < n || n == 0)
		return 0;
	last = last_pid(s, n);
	for (pid = 2; pid < last; pid++)
		found += end_one(pid, s, n, e);
	return found;
}

void
process_end_sessions(struct process_session *s, size_t n)
{
	struct ended	 e = { NULL, 0 };
	size_t		 i;
	int		 pass;

	for (i = 0; i < n; i++)
		s[i].ended = 0;
	/* One of them may have forked another behind our back. */
	for (pass = 0; pass < PASSES && end_pass(s, n, &e) > 0; pass++)
		continue;
	free(e.pid);
}
