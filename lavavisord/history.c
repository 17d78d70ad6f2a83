#include <sys/stat.h>
#include <sys/uio.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/fault.h"
#include "common/log.h"
#include "lavavisord/history.h"

static int	 open_history(int, off_t *, int *);
static int	 append(int, const char *);
static int	 append_kept(const char *);
static int	 is_kept(const char *, size_t);
static void	 keep(const char *, int);
static ssize_t	 write_line(int, const char *, int);
static int	 matches(json_t *, const char *);
static uint64_t	 number_of(const char *, size_t);
static void	 read_lines(int, const char *, const char *, json_t *, size_t);
static int	 walk(int, const char *, int (*)(uint64_t, const char *,
		    void *), void *);

static int	 failing;	/* said already */

/* The file stays open from one line to the next. */
static int	 kept = -1;
static char	 kept_in[PATH_MAX];
static off_t	 kept_size;

/*
 * Opens the file for appending.  *torn: its last line has no newline, as
 * after a crash or on a full disk.
 */
static int
open_history(int dir, off_t *size, int *torn)
{
	struct stat	 st;
	char		 last = '\n';
	int		 fd, error;

	fd = openat(dir, HISTORY_FILE, O_RDWR | O_APPEND | O_CREAT |
	    O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		goto fail;
	errno = EINVAL;
	if (!S_ISREG(st.st_mode))
		goto fail;
	if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) == -1)
		goto fail;
	*size = st.st_size;
	*torn = last != '\n';
	return fd;
fail:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Behind a newline where the line before has none.  Its bytes, or -1. */
static ssize_t
write_line(int fd, const char *line, int torn)
{
	static char	 newline[] = "\n";
	struct iovec	 iov[3];
	ssize_t		 n, want;
	int		 error;

	iov[0].iov_base = newline;
	iov[0].iov_len = torn ? 1 : 0;
	iov[1].iov_base = (char *)(uintptr_t)line;
	iov[1].iov_len = strlen(line);
	iov[2].iov_base = newline;
	iov[2].iov_len = 1;
	FAULT_POINT("history.before");
	want = (ssize_t)(iov[0].iov_len + iov[1].iov_len + 1);
	do
		n = writev(fd, iov, 3);
	while (n == -1 && errno == EINTR);
	error = n == -1 ? errno : ENOSPC;
	FAULT_POINT("history.after");
	errno = error;
	return n == want ? n : -1;
}

/* The file, at whose end the line stands now, or -1 */
static int
append(int dir, const char *line)
{
	off_t	 size;
	int	 fd, torn, error;

	if ((fd = open_history(dir, &size, &torn)) == -1)
		return -1;
	if (size > 0 && size + (off_t)strlen(line) >= HISTORY_MAX_SIZE) {
		close(fd);
		if (renameat(dir, HISTORY_FILE, dir, HISTORY_OLD_FILE) == -1 ||
		    (fd = open_history(dir, &size, &torn)) == -1)
			return -1;
	}
	if (write_line(fd, line, torn) != -1)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Nobody else has written to it, renamed or removed it. */
static int
is_kept(const char *directory, size_t len)
{
	struct stat	 st;

	return kept != -1 && strcmp(directory, kept_in) == 0 &&
	    fstat(kept, &st) == 0 && st.st_nlink > 0 &&
	    st.st_size == kept_size &&
	    kept_size + (off_t)len < HISTORY_MAX_SIZE;
}

static int
append_kept(const char *line)
{
	ssize_t	 n;

	if ((n = write_line(kept, line, 0)) == -1)
		return -1;
	kept_size += n;
	return 0;
}

static void
keep(const char *directory, int fd)
{
	struct stat	 st;

	if (kept != -1)
		close(kept);
	kept = -1;
	if (strlcpy(kept_in, directory, sizeof(kept_in)) >=
	    sizeof(kept_in) || fstat(fd, &st) == -1) {
		close(fd);
		return;
	}
	kept = fd;
	kept_size = st.st_size;
}

int
history_append(const char *directory, const char *line)
{
	int	 dir, fd, r = -1, error;

	if (is_kept(directory, strlen(line)) && append_kept(line) == 0)
		r = 0;
	else {
		dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir != -1 && (fd = append(dir, line)) != -1) {
			keep(directory, fd);
			r = 0;
		}
		error = errno;
		if (dir != -1)
			close(dir);
		errno = error;
	}
	if (r == -1 && !failing)
		log_warn("the history cannot be written");
	else if (r == 0 && failing)
		log_info("the history is written again");
	failing = r == -1;
	return r;
}

static int
matches(json_t *o, const char *event)
{
	const char	*name;

	if (!json_is_object(o))
		return 0;
	name = json_string_value(json_object_get(o, "event"));
	return event == NULL || (name != NULL && strcmp(name, event) == 0);
}

/* Appends what matches, and drops the oldest beyond max. */
static void
read_lines(int dir, const char *file, const char *event, json_t *found,
    size_t max)
{
	char	*text, *line, *end;
	size_t	 len;
	json_t	*o;

	/* Twice the size: an event longer than the whole file is one line. */
	if (atomic_read(dir, file, 2 * HISTORY_MAX_SIZE, &text, &len) == -1)
		return;
	for (line = text; line < text + len; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + len - line));
		if (end == NULL)
			break;
		*end = '\0';
		/* Parsing is dear: look for the word first. */
		if (event != NULL && strstr(line, event) == NULL)
			continue;
		o = json_loads(line, 0, NULL);
		if (matches(o, event)) {
			if (json_array_append(found, o) == -1)
				fatalx("out of memory for the history");
			if (json_array_size(found) > max)
				(void)json_array_remove(found, 0);
		}
		json_decref(o);
	}
	free(text);
}

json_t *
history_last(const char *directory, const char *event, size_t max)
{
	json_t	*found;
	int	 dir;

	if ((found = json_array()) == NULL)
		fatalx("out of memory for the history");
	dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return found;
	read_lines(dir, HISTORY_OLD_FILE, event, found, max);
	read_lines(dir, HISTORY_FILE, event, found, max);
	close(dir);
	return found;
}

/* 0 when there is none; the line need not end with a NUL. */
static uint64_t
number_of(const char *line, size_t len)
{
	static const char	 begin[] = "{\"seq\":";
	uint64_t		 n = 0;
	size_t			 i = sizeof(begin) - 1;

	if (len <= i || memcmp(line, begin, i) != 0)
		return 0;
	for (; i < len && isdigit((unsigned char)line[i]); i++) {
		if (n > UINT64_MAX / 100)
			return 0;
		n = n * 10 + (uint64_t)(line[i] - '0');
	}
	return n;
}

static int
walk(int dir, const char *file, int (*f)(uint64_t, const char *, void *),
    void *arg)
{
	char		*text, *line, *end;
	size_t		 len;
	uint64_t	 seq;
	int		 r = 0;

	if (atomic_read(dir, file, 2 * HISTORY_MAX_SIZE, &text, &len) == -1)
		return 0;
	for (line = text; r == 0 && line < text + len; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + len - line));
		if (end == NULL)
			break;
		*end = '\0';
		if ((seq = number_of(line, (size_t)(end - line))) > 0)
			r = f(seq, line, arg);
	}
	free(text);
	return r;
}

int
history_each(const char *directory, int (*f)(uint64_t, const char *, void *),
    void *arg)
{
	int	 dir, r;

	dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return 0;
	if ((r = walk(dir, HISTORY_OLD_FILE, f, arg)) == 0)
		r = walk(dir, HISTORY_FILE, f, arg);
	close(dir);
	return r;
}

uint64_t
history_last_number(const char *directory)
{
	char		 path[PATH_MAX], tail[64 * 1024];
	struct stat	 st;
	ssize_t		 n;
	size_t		 end, begin;
	uint64_t	 seq = 0;
	int		 fd;

	snprintf(path, sizeof(path), "%s/%s", directory, HISTORY_FILE);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return 0;
	n = -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = pread(fd, tail, sizeof(tail), st.st_size >
		    (off_t)sizeof(tail) ? st.st_size - (off_t)sizeof(tail) :
		    0);
	close(fd);
	end = n > 0 ? (size_t)n : 0;
	/* Only whole lines; what is behind the last newline is torn. */
	while (end > 0 && tail[end - 1] != '\n')
		end--;
	while (seq == 0 && end > 0) {
		for (begin = end - 1; begin > 0 && tail[begin - 1] != '\n';
		    begin--)
			;
		seq = number_of(tail + begin, end - begin);
		end = begin;
	}
	return seq;
}
