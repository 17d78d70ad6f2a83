#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "compat/cgroup.h"
#include "compat/fork_light.h"
#include "compat/linux/own_proc.h"
#include "compat/process.h"

/* A line of mountinfo, three paths at most, and some words */
#define LINE_SIZE	(3 * PATH_MAX + 512)
/* Without cgroup.kill: how often is looked for more of them */
#define PASSES		16
#define ENTER_TRIES	3

static int	 can_be_born(int);
static int	 child_open(int, const char *, int *);
static int	 end_member(pid_t, const struct stat *);
static int	 end_slowly(int, const char *);
static int	 file_open(int, const char *, const char *, int);
static int	 file_write(int, const char *, const char *, const char *);
static int	 find_mount(char *, size_t, char *, size_t);
static int	 has_flag(int, const char *);
static int	 is_within(const char *, const char *);
static int	 line_mount(char *, char *, size_t, char *, size_t);
static int64_t	 now_ms(void);
static int	 own_path(const char *, char *, size_t);
static int	 processes(int, const char *, pid_t **);
static int	 real_path(const char *, char *, size_t);
static void	 unescape(char *);

/* Where the one of a process is, as the kernel says: 0, or -1 */
static int
own_path(const char *file, char *path, size_t size)
{
	FILE	*f;
	char	*line = NULL;
	size_t	 room = 0;
	int	 result = -1;

	if ((f = fopen(file, "re")) == NULL)
		return -1;
	errno = ENOENT;
	while (getline(&line, &room, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", 4) == 0 && strlcpy(path, line + 3,
		    size) < size) {
			result = 0;
			break;
		}
	}
	free(line);
	fclose(f);
	if (result == -1)
		errno = ENOENT;
	return result;
}

/* Space, tab, newline and backslash are octal in mountinfo */
static void
unescape(char *s)
{
	char	*to = s;

	while (*s != '\0') {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' &&
		    s[2] >= '0' && s[2] <= '7' && s[3] >= '0' &&
		    s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
			    (s[3] - '0'));
			s += 4;
		} else
			*to++ = *s++;
	}
	*to = '\0';
}

/*
 * proc(5): ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [FIELD...] - TYPE SOURCE
 * OPTIONS.  1 when it is of a cgroup2.
 */
static int
line_mount(char *line, char *root, size_t root_size, char *point,
    size_t point_size)
{
	char	*field[5], *p = line, *type;
	int	 i;

	if ((type = strstr(line, " - ")) == NULL ||
	    strncmp(type + 3, "cgroup2 ", 8) != 0)
		return 0;
	for (i = 0; i < 5; i++)
		if ((field[i] = strsep(&p, " ")) == NULL)
			return 0;
	unescape(field[3]);
	unescape(field[4]);
	return field[3][0] == '/' && field[4][0] == '/' &&
	    strlcpy(root, field[3], root_size) < root_size &&
	    strlcpy(point, field[4], point_size) < point_size;
}

static int
find_mount(char *root, size_t root_size, char *point, size_t point_size)
{
	FILE	*f;
	char	*line = NULL;
	size_t	 room = 0;
	ssize_t	 n;
	int	 found = 0;

	if ((f = fopen("/proc/self/mountinfo", "re")) == NULL)
		return -1;
	while (!found && (n = getline(&line, &room, f)) > 0)
		found = n < LINE_SIZE &&
		    line_mount(line, root, root_size, point, point_size);
	free(line);
	fclose(f);
	if (found)
		return 0;
	errno = ENOENT;
	return -1;
}

/* The rest of path below dir, or -1 */
static int
is_within(const char *path, const char *dir)
{
	size_t	 len = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return 0;
	if (strncmp(path, dir, len) != 0 || (path[len] != '/' &&
	    path[len] != '\0'))
		return -1;
	return (int)len;
}

/* A path of the kernel's as one of the file system's */
static int
real_path(const char *path, char *to, size_t size)
{
	char	 root[PATH_MAX], point[PATH_MAX];
	int	 skip;

	if (find_mount(root, sizeof(root), point, sizeof(point)) == -1)
		return -1;
	/* Outside of our cgroup namespace, or of what is mounted */
	if (strncmp(path, "/..", 3) == 0 ||
	    (skip = is_within(path, root)) == -1 ||
	    snprintf(to, size, "%s%s", point, path + skip) >= (int)size) {
		errno = ENOENT;
		return -1;
	}
	return 0;
}

int
cgroup_base_open(const char *base_name)
{
	char	 own[PATH_MAX], dir[PATH_MAX];
	int	 parent, base = -1, saved;

	if (own_path("/proc/self/cgroup", own, sizeof(own)) == -1 ||
	    real_path(own, dir, sizeof(dir)) == -1 ||
	    (parent = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	if (mkdirat(parent, base_name, 0755) == 0 || errno == EEXIST)
		base = openat(parent, base_name, O_RDONLY | O_DIRECTORY |
		    O_CLOEXEC | O_NOFOLLOW);
	saved = errno;
	close(parent);
	errno = saved;
	return base;
}

int
cgroup_base_of(pid_t pid, const char *base_name, const char *name)
{
	char	 file[64], path[PATH_MAX], dir[PATH_MAX], tail[2 * NAME_MAX];
	size_t	 len, tail_len;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	if (!own_proc() || own_path(file, path, sizeof(path)) == -1)
		return -1;
	tail_len = (size_t)snprintf(tail, sizeof(tail), "/%s/%s", base_name,
	    name);
	len = strlen(path);
	if (tail_len >= sizeof(tail) || len < tail_len ||
	    strcmp(path + len - tail_len, tail) != 0) {
		errno = ENOENT;
		return -1;
	}
	path[len - strlen(name) - 1] = '\0';
	if (real_path(path, dir, sizeof(dir)) == -1)
		return -1;
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

int
cgroup_base_remove(int base, const char *base_name)
{
	int	 parent, result, saved;

	if ((parent = openat(base, "..", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) == -1)
		return -1;
	result = unlinkat(parent, base_name, AT_REMOVEDIR);
	saved = errno;
	close(parent);
	errno = saved;
	return result;
}

int
cgroup_each(int base, void (*each)(const char *, void *), void *arg)
{
	struct dirent	*e;
	DIR		*d;
	int		 fd;

	if ((fd = openat(base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	if ((d = fdopendir(fd)) == NULL) {
		close(fd);
		return -1;
	}
	while ((e = readdir(d)) != NULL)
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			each(e->d_name, arg);
	closedir(d);
	return 0;
}

/* Made when there is none; -1 with *error */
static int
child_open(int base, const char *name, int *error)
{
	int	 fd;

	fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NOFOLLOW);
	if (fd == -1 && errno == ENOENT) {
		if (mkdirat(base, name, 0755) == -1 && errno != EEXIST) {
			*error = errno;
			return -1;
		}
		fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
		    O_NOFOLLOW);
	}
	*error = fd == -1 ? errno : 0;
	return fd;
}

/*
 * Whether a child can be born in a fresh cgroup.  Kernels before 5.7 and
 * filters of containers do not let it.  And whoever is born while cgroup.kill
 * is written is killed: the kernel compares two counters of such writes, but
 * that of our own cgroup with that of the child's.
 */
static int
can_be_born(int fd)
{
	static int	 can = -1;
	pid_t		 pid;
	int		 status, n;

	if (can != -1)
		return can;
	if ((pid = fork_light(fd)) == 0)
		_exit(0);
	if (pid == -1) {
		if (errno == EAGAIN || errno == ENOMEM)
			return 0;
		return can = 0;
	}
	do {
		n = (int)waitpid(pid, &status, 0);
	} while (n == -1 && errno == EINTR);
	return can = n != -1 && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0;
}

/*
 * To be born in a cgroup costs as much as any fork; to be moved into one
 * afterwards may wait for all processors.
 */
pid_t
cgroup_fork(int base, const char *name, int fresh, int *error)
{
	char	 text[16];
	pid_t	 pid;
	int	 fd, saved;

	if ((fd = child_open(base, name, error)) == -1) {
		/* No descriptor is left: that passes, and it can wait. */
		if (*error == EMFILE || *error == ENFILE) {
			errno = *error;
			return -1;
		}
		return fork_light(-1);
	}
	if (fresh && can_be_born(fd) && (pid = fork_light(fd)) != -1) {
		if (pid != 0)
			close(fd);
		return pid;
	}
	pid = fork();
	saved = errno;
	/* Both, as the child may be faster and we are to know of an error. */
	if (pid == 0)
		file_write(fd, ".", "cgroup.procs", "0");
	if (pid > 0) {
		snprintf(text, sizeof(text), "%d", (int)pid);
		*error = file_write(fd, ".", "cgroup.procs", text) == -1 ?
		    errno : 0;
	}
	if (pid != 0)
		close(fd);
	errno = saved;
	return pid;
}

static int
file_open(int base, const char *name, const char *file, int flags)
{
	char	 path[2 * NAME_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", name, file) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return openat(base, path, flags | O_CLOEXEC | O_NOFOLLOW);
}

static int
file_write(int base, const char *name, const char *file, const char *text)
{
	ssize_t	 n;
	int	 fd, saved, i;

	if ((fd = file_open(base, name, file, O_WRONLY)) == -1)
		return -1;
	for (i = 0; i < ENTER_TRIES; i++) {
		n = write(fd, text, strlen(text));
		if (n != -1 || errno != EINTR)
			break;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Of cgroup.events: 1, 0, or -1 */
static int
has_flag(int fd, const char *line)
{
	char	 buf[256];
	ssize_t	 n;

	if ((n = pread(fd, buf, sizeof(buf) - 1, 0)) == -1)
		return -1;
	buf[n] = '\0';
	return strstr(buf, line) != NULL;
}

int
cgroup_populated(int base, const char *name)
{
	int	 fd, n;

	if ((fd = file_open(base, name, "cgroup.events", O_RDONLY)) == -1)
		return errno == ENOENT || errno == ENODEV ? 0 : -1;
	n = has_flag(fd, "populated 1");
	close(fd);
	/* Removed in between */
	return n == -1 && errno == ENODEV ? 0 : n;
}

/* The processes in it, in a list to be freed; their number, or -1 */
static int
processes(int base, const char *name, pid_t **list)
{
	FILE	*f;
	pid_t	*pids = NULL, *more;
	int	 fd, pid, n = 0;

	*list = NULL;
	if ((fd = file_open(base, name, "cgroup.procs", O_RDONLY)) == -1)
		return -1;
	if ((f = fdopen(fd, "r")) == NULL) {
		close(fd);
		return -1;
	}
	while (fscanf(f, "%d", &pid) == 1) {
		if ((n & 63) == 0) {
			if ((more = reallocarray(pids, (size_t)n + 64,
			    sizeof(*pids))) == NULL)
				break;
			pids = more;
		}
		pids[n++] = pid;
	}
	fclose(f);
	*list = pids;
	return n;
}

/* Held first, asked then: the number may have gone to another process. */
static int
end_member(pid_t pid, const struct stat *cgroup)
{
	struct stat	 st;
	char		 file[64], path[PATH_MAX], dir[PATH_MAX];
	int		 fd, result = -1;

	if (pid <= 1 || (fd = process_watch_open(pid)) == -1)
		return -1;
	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	if (own_proc() && own_path(file, path, sizeof(path)) == 0 &&
	    real_path(path, dir, sizeof(dir)) == 0 && stat(dir, &st) == 0 &&
	    st.st_dev == cgroup->st_dev && st.st_ino == cgroup->st_ino)
		result = process_watch_kill(fd, pid);
	process_watch_close(fd);
	return result;
}

/* Kernels before 5.14: stopped first, so that they do not multiply */
static int
end_slowly(int base, const char *name)
{
	struct stat	 st;
	pid_t		*list;
	int		 i, k, n, ended = 1;

	if (fstatat(base, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	file_write(base, name, "cgroup.freeze", "1");
	for (i = 0; i < PASSES && ended > 0; i++) {
		n = processes(base, name, &list);
		for (k = ended = 0; k < n; k++)
			ended += end_member(list[k], &st) == 0;
		free(list);
	}
	/* What starts in it next must not be held. */
	file_write(base, name, "cgroup.freeze", "0");
	return 0;
}

int
cgroup_end(int base, const char *name, unsigned int *count)
{
	pid_t	*list;
	int	 n;

	n = processes(base, name, &list);
	free(list);
	*count = n > 0 ? (unsigned int)n : 0;
	if (file_write(base, name, "cgroup.kill", "1") == 0)
		return 0;
	return errno == ENOENT ? end_slowly(base, name) : -1;
}

static int64_t
now_ms(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
cgroup_wait(int base, const char *name, int timeout_ms)
{
	struct pollfd	 pfd;
	int64_t		 until = now_ms() + timeout_ms, left;

	if ((pfd.fd = file_open(base, name, "cgroup.events", O_RDONLY)) == -1)
		return errno == ENOENT || errno == ENODEV ? 0 : -1;
	pfd.events = POLLPRI;
	/* Each read of it makes the next change readable. */
	while (has_flag(pfd.fd, "populated 1") == 1) {
		if ((left = until - now_ms()) <= 0) {
			close(pfd.fd);
			errno = ETIMEDOUT;
			return -1;
		}
		poll(&pfd, 1, (int)left);
	}
	close(pfd.fd);
	return 0;
}

int
cgroup_renew(int base, const char *name)
{
	if (mkdirat(base, name, 0755) == 0)
		return 1;
	return errno == EEXIST && unlinkat(base, name, AT_REMOVEDIR) == 0 &&
	    mkdirat(base, name, 0755) == 0;
}

int
cgroup_remove(int base, const char *name)
{
	if (unlinkat(base, name, AT_REMOVEDIR) == -1 && errno != ENOENT)
		return -1;
	return 0;
}
