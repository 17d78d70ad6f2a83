#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "lavavisorctl/top/last_lines.h"
#include "lavavisorctl/top/log_view.h"

#define AGAIN_MS	30000
#define FILES_MAX	256	/* services beyond have no last line */

struct log_file {
	char	 name[NAME_SIZE];
	int	 fd;		/* -1 none */
	int64_t	 asked_ms;	/* monotonic */
};

static struct log_file	 files[FILES_MAX];
static size_t		 count;

static void		 drop_gone(const struct rows *);
static struct log_file	*find(const char *);

static struct log_file *
find(const char *name)
{
	size_t	 i;

	for (i = 0; i < count; i++)
		if (strcmp(files[i].name, name) == 0)
			return &files[i];
	return NULL;
}

/* Of services that a reload has taken away */
static void
drop_gone(const struct rows *rows)
{
	size_t	 i;

	for (i = 0; i < count; ) {
		if (rows_find(rows, files[i].name) != NULL) {
			i++;
			continue;
		}
		if (files[i].fd != -1)
			close(files[i].fd);
		files[i] = files[--count];
	}
}

const struct row *
last_lines_due(const struct rows *rows, int64_t now_ms)
{
	struct log_file	*f;
	size_t		 i;

	drop_gone(rows);
	for (i = 0; i < rows->count; i++) {
		if ((f = find(rows->row[i].name)) == NULL) {
			if (count == FILES_MAX)
				continue;
			f = &files[count++];
			strlcpy(f->name, rows->row[i].name, sizeof(f->name));
			f->fd = -1;
		} else if (now_ms - f->asked_ms < AGAIN_MS)
			continue;
		f->asked_ms = now_ms;
		return &rows->row[i];
	}
	return NULL;
}

void
last_lines_take(const char *name, int fd)
{
	struct log_file	*f = find(name);

	if (f == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (f->fd != -1)
		close(f->fd);
	f->fd = fd;
}

void
last_lines_read(struct rows *rows)
{
	struct row	*r;
	size_t		 i;

	for (i = 0; i < count; i++)
		if (files[i].fd != -1 &&
		    (r = rows_find(rows, files[i].name)) != NULL)
			(void)log_last_line(files[i].fd, r->line,
			    sizeof(r->line));
}
