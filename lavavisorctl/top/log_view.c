#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "lavavisorctl/top/log_view.h"

#define LAST_BYTES	4096

static char	*read_end(int, size_t, size_t *);

/* The last `most' bytes of a file, NUL-terminated, without NULs in between. */
static char *
read_end(int fd, size_t most, size_t *size)
{
	struct stat	 st;
	char		*text;
	size_t		 i;
	off_t		 at;
	ssize_t		 n;

	if (fstat(fd, &st) == -1)
		return NULL;
	at = st.st_size > (off_t)most ? st.st_size - (off_t)most : 0;
	if ((text = malloc(most + 1)) == NULL)
		fatal("malloc");
	if ((n = pread(fd, text, most, at)) == -1) {
		free(text);
		return NULL;
	}
	for (i = 0; i < (size_t)n; i++)
		if (text[i] == '\0')
			text[i] = '?';
	text[n] = '\0';
	*size = (size_t)n;
	return text;
}

int
log_last_line(int fd, char *line, size_t size)
{
	char	*text, *begin;
	size_t	 n;

	line[0] = '\0';
	if ((text = read_end(fd, LAST_BYTES, &n)) == NULL)
		return -1;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	begin = strrchr(text, '\n');
	strlcpy(line, begin == NULL ? text : begin + 1, size);
	free(text);
	return 0;
}

int
log_view(int fd, int lines, int *back, void (*put)(int, const char *))
{
	char	*text, *p, *end;
	size_t	 n;
	int	 count = 0, first, i;

	if ((text = read_end(fd, LOG_VIEW_BYTES, &n)) == NULL)
		return -1;
	if (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	for (p = text; n > 0 && p != NULL; p = strchr(p, '\n')) {
		if (*p == '\n')
			p++;
		count++;
	}
	if (*back > count - lines)
		*back = count > lines ? count - lines : 0;
	first = count > lines ? count - lines - *back : 0;
	for (i = 0, p = text; p != NULL && i < count && i < first + lines;
	    i++) {
		if ((end = strchr(p, '\n')) != NULL)
			*end++ = '\0';
		if (i >= first)
			put(i - first, p);
		p = end;
	}
	free(text);
	return 0;
}
