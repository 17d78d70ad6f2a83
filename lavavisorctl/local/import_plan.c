#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "lavavisorctl/local/import_plan.h"

static int	add_drop_ins(struct import_plan *, const char *,
		    struct unit_file *);
static int	is_conf(const struct dirent *);
static void	*more(void *, size_t, size_t);

static void *
more(void *list, size_t count, size_t each)
{
	char	*new;

	if ((new = reallocarray(list, count + 1, each)) == NULL)
		fatal(NULL);
	memset(new + count * each, 0, each);
	return new;
}

void
import_note(struct import_plan *p, const char *fmt, ...)
{
	char	*text;
	va_list	 ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		fatal(NULL);
	va_end(ap);
	p->notes = more(p->notes, p->nnotes, sizeof(*p->notes));
	p->notes[p->nnotes++] = text;
}

struct import_service *
import_add_service(struct import_plan *p)
{
	if (p->nservices == IMPORT_MAX) {
		import_note(p, "more than %d services", IMPORT_MAX);
		return NULL;
	}
	p->services = more(p->services, p->nservices, sizeof(*p->services));
	return &p->services[p->nservices++];
}

struct import_version *
import_add_version(struct import_plan *p)
{
	if (p->nversions == IMPORT_MAX) {
		import_note(p, "more than %d versions", IMPORT_MAX);
		return NULL;
	}
	p->versions = more(p->versions, p->nversions, sizeof(*p->versions));
	return &p->versions[p->nversions++];
}

void
import_plan_free(struct import_plan *p)
{
	size_t	 i;

	for (i = 0; i < p->nservices; i++) {
		free(p->services[i].file);
		free(p->services[i].text);
		free(p->services[i].config);
		free(p->services[i].config_path);
		free(p->services[i].user);
	}
	for (i = 0; i < p->nversions; i++)
		free(p->versions[i].path);
	for (i = 0; i < p->nnotes; i++)
		free(p->notes[i]);
	free(p->services);
	free(p->versions);
	free(p->notes);
	free(p->chain_id);
	free(p->node);
	memset(p, 0, sizeof(*p));
}

int
import_read(const char *path, size_t max, char **text, size_t *len)
{
	struct stat	 st;
	char		*new;
	ssize_t		 n;
	size_t		 have = 0;
	int		 fd, saved = EINVAL;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1)
		return -1;
	if ((new = malloc(max + 2)) == NULL)
		fatal(NULL);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		goto fail;
	while (have <= max && (n = read(fd, new + have, max + 1 - have)) !=
	    0) {
		if (n == -1 && errno == EINTR)
			continue;
		saved = errno;
		if (n == -1)
			goto fail;
		have += (size_t)n;
	}
	saved = EFBIG;
	if (have > max)
		goto fail;
	close(fd);
	new[have] = '\0';
	*text = new;
	*len = have;
	return 0;
fail:
	close(fd);
	free(new);
	errno = saved;
	return -1;
}

const char *
import_own_user(void)
{
	struct passwd	*pw = getpwuid(geteuid());

	return pw != NULL ? pw->pw_name : "";
}

static int
is_conf(const struct dirent *d)
{
	size_t	 n = strlen(d->d_name);

	return d->d_name[0] != '.' && n > 5 &&
	    strcmp(d->d_name + n - 5, ".conf") == 0;
}

/* DIR/NAME.service.d, in order of name; the last word counts. */
static int
add_drop_ins(struct import_plan *p, const char *unit, struct unit_file *u)
{
	struct dirent	**list;
	char		  path[PATH_MAX], why[256], *text;
	size_t		  len;
	int		  n, i, bad = 0;

	snprintf(path, sizeof(path), "%s/%s.d", p->units, unit);
	if ((n = scandir(path, &list, is_conf, alphasort)) == -1)
		return 0;
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s.d/%s", p->units, unit,
		    list[i]->d_name);
		free(list[i]);
		if (bad)
			continue;
		if (import_read(path, UNIT_FILE_MAX, &text, &len) == -1) {
			import_note(p, "%s: %s", path, strerror(errno));
			bad = -1;
			continue;
		}
		if ((bad = unit_file_read(u, text, len, why,
		    sizeof(why))) == -1)
			import_note(p, "%s: %s", path, why);
		free(text);
	}
	free(list);
	return bad;
}

char *
import_unit_read(struct import_plan *p, const char *unit, const char *beside,
    struct unit_file *u)
{
	char	 path[PATH_MAX], why[256], *text, *where;
	size_t	 len;
	int	 is_systems = 1;

	memset(u, 0, sizeof(*u));
	snprintf(path, sizeof(path), "%s/%s", p->units, unit);
	if (import_read(path, UNIT_FILE_MAX, &text, &len) == -1) {
		is_systems = 0;
		if (errno == ENOENT && beside != NULL)
			snprintf(path, sizeof(path), "%s/%s", beside, unit);
		if (errno != ENOENT || beside == NULL ||
		    import_read(path, UNIT_FILE_MAX, &text, &len) == -1) {
			import_note(p, "%s: %s: %s%s", unit, path,
			    strerror(errno), errno == ENOENT ?
			    ", nor is it among systemd's units" : "");
			return NULL;
		}
	}
	if (unit_file_read(u, text, len, why, sizeof(why)) == -1) {
		import_note(p, "%s: %s: %s", unit, path, why);
		free(text);
		return NULL;
	}
	free(text);
	if (is_systems && add_drop_ins(p, unit, u) == -1)
		return NULL;
	if ((where = strdup(path)) == NULL)
		fatal(NULL);
	return where;
}
