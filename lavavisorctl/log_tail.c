#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "lavavisorctl/commands.h"
#include "lavavisorctl/log_tail.h"
#include "lavavisorctl/screen_text.h"

#define BLOCK	65536

static int	put(struct log_tail *, const char *, size_t);
static int	put_escaped(struct log_tail *, const char *, size_t);
static int	put_line(struct log_tail *);
static int	write_all(int, const char *, size_t);

void
log_tail_init(struct log_tail *lt, int out, int escape)
{
	memset(lt, 0, sizeof(*lt));
	lt->fd = -1;
	lt->out = out;
	lt->escape = escape;
	if (escape && (lt->part = malloc(BLOCK)) == NULL)
		fatal("malloc");
}

off_t
log_tail_offset(int fd, int64_t lines)
{
	struct stat	 st;
	char		*block;
	off_t		 end, begin;
	ssize_t		 n;
	int64_t		 seen = 0;

	if (fstat(fd, &st) == -1)
		return -1;
	if (lines == LINES_ALL)
		return 0;
	if (lines == 0)
		return st.st_size;
	if ((block = malloc(BLOCK)) == NULL)
		fatal("malloc");
	for (end = st.st_size; end > 0; end = begin) {
		begin = end > BLOCK ? end - BLOCK : 0;
		n = pread(fd, block, (size_t)(end - begin), begin);
		if (n == -1) {
			free(block);
			return -1;
		}
		while (--n >= 0) {
			/* The newline that ends the file begins no line. */
			if (block[n] != '\n' ||
			    begin + n == st.st_size - 1)
				continue;
			if (++seen == lines) {
				free(block);
				return begin + n + 1;
			}
		}
	}
	free(block);
	return 0;
}

int
log_tail_open(struct log_tail *lt, int fd, int64_t lines)
{
	if (lt->fd != -1 && log_tail_close(lt) == -1) {
		close(fd);
		return -1;
	}
	lt->fd = fd;
	lt->at = log_tail_offset(fd, lines);
	return lt->at == -1 ? -1 : 0;
}

static int
write_all(int fd, const char *p, size_t len)
{
	ssize_t	 n;

	while (len > 0) {
		if ((n = write(fd, p, len)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The line so far, tabs left alone */
static int
put_line(struct log_tail *lt)
{
	const char	*p = lt->part;
	char		*safe;
	size_t		 n, left = lt->used;
	int		 rc = 0;

	while (left > 0 && rc == 0) {
		for (n = 0; n < left && p[n] != '\t'; n++)
			continue;
		safe = screen_text(p, n);
		rc = write_all(lt->out, safe, strlen(safe));
		free(safe);
		if (rc == 0 && n < left) {
			rc = write_all(lt->out, "\t", 1);
			n++;
		}
		p += n;
		left -= n;
	}
	lt->used = 0;
	return rc;
}

static int
put_escaped(struct log_tail *lt, const char *p, size_t len)
{
	size_t	 i;

	for (i = 0; i < len; i++) {
		if (p[i] == '\n') {
			if (put_line(lt) == -1 ||
			    write_all(lt->out, "\n", 1) == -1)
				return -1;
			continue;
		}
		if (lt->used == BLOCK && put_line(lt) == -1)
			return -1;
		lt->part[lt->used++] = p[i];
	}
	return 0;
}

static int
put(struct log_tail *lt, const char *p, size_t len)
{
	if (lt->escape)
		return put_escaped(lt, p, len);
	return write_all(lt->out, p, len);
}

int
log_tail_copy(struct log_tail *lt)
{
	struct stat	 st;
	char		*block;
	ssize_t		 n;
	int		 rc = -1;

	if (lt->fd == -1)
		return 0;
	if (fstat(lt->fd, &st) == -1)
		return -1;
	/* Someone emptied the file in place. */
	if (st.st_size < lt->at)
		lt->at = 0;
	if ((block = malloc(BLOCK)) == NULL)
		fatal("malloc");
	while ((n = pread(lt->fd, block, BLOCK, lt->at)) > 0) {
		lt->at += n;
		if (put(lt, block, (size_t)n) == -1)
			goto done;
	}
	rc = n == -1 ? -1 : 0;
done:
	free(block);
	return rc;
}

int
log_tail_close(struct log_tail *lt)
{
	int	 rc;

	rc = log_tail_copy(lt);
	if (rc == 0 && lt->used > 0 &&
	    (put_line(lt) == -1 || write_all(lt->out, "\n", 1) == -1))
		rc = -1;
	if (lt->fd != -1)
		close(lt->fd);
	lt->fd = -1;
	return rc;
}

void
log_tail_free(struct log_tail *lt)
{
	if (lt->fd != -1)
		close(lt->fd);
	lt->fd = -1;
	free(lt->part);
	lt->part = NULL;
}
