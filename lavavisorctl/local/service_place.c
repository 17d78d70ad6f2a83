#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/log.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/programs.h"
#include "lavavisorctl/local/service_place.h"

#define DRAFT_SUFFIX	".draft"
#define LOCK_TRIES	100		/* a tenth of a second each */

static int	check_owner(const char *, const struct stat *, char *,
		    size_t);
static int	lock(const struct service_place *, char *, size_t);
static int	open_directory(int, const char *, const char *, int, int *,
		    char *, size_t);
static int	open_main(struct service_place *, char *, size_t);
static int	open_parts(struct service_place *, int, char *, size_t);
static gid_t	own_group(gid_t);
static void	replace_all(char *, size_t, const char *, const char *);

/* What lavavisord would not believe is not written to. */
static int
check_owner(const char *path, const struct stat *st, char *why, size_t size)
{
	struct passwd	*pw;
	char		 who[64];

	if (st->st_uid != geteuid() && st->st_uid != 0) {
		pw = getpwuid(st->st_uid);
		if (pw != NULL)
			snprintf(who, sizeof(who), "%s", pw->pw_name);
		else
			snprintf(who, sizeof(who), "uid %u",
			    (unsigned int)st->st_uid);
		snprintf(why, size, "%s belongs to %s: run this as %s, or "
		    "give another --directory", path, who, who);
		return -1;
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		snprintf(why, size, "%s: others can write to it (mode %04o), "
		    "so that lavavisord would not trust it: chmod go-w it",
		    path, (unsigned int)(st->st_mode & 07777));
		return -1;
	}
	return 0;
}

static int
open_directory(int at, const char *name, const char *path, int make, int *fd,
    char *why, size_t size)
{
	struct stat	 st;
	int		 made;

	made = make && mkdirat(at, name, 0755) == 0;
	if (make && !made && errno != EEXIST) {
		snprintf(why, size, "%s cannot be made: %s", path,
		    strerror(errno));
		return -1;
	}
	*fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd == -1 && !make && errno == ENOENT)
		return 0;
	/* The users of services go through it, whatever the umask is. */
	if (*fd == -1 || (made && fchmod(*fd, 0755) == -1) ||
	    fstat(*fd, &st) == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (check_owner(path, &st, why, size) == -1)
		return -1;
	if (faccessat(*fd, ".", W_OK, 0) == 0)
		return 0;
	snprintf(why, size, "nothing can be written in %s: %s%s", path,
	    strerror(errno), errno == EACCES ? "; run this as its owner, or "
	    "give another --directory" : "");
	return -1;
}

/* Through links, as it is the real file that is written anew */
static int
open_main(struct service_place *p, char *why, size_t size)
{
	struct stat	 st;
	char		 real[PATH_MAX], copy[PATH_MAX];
	const char	*path = p->place.config;

	if (realpath(path, real) == NULL) {
		if (errno == ENOENT)
			snprintf(why, size, "there is no %s: `%s init' makes "
			    "it", path, local_is_lavavisor() ? "lavavisor" :
			    "lavavisorctl");
		else
			snprintf(why, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	strlcpy(copy, real, sizeof(copy));
	strlcpy(p->main_name, basename(copy), sizeof(p->main_name));
	strlcpy(copy, real, sizeof(copy));
	if (strlcpy(p->main_path, real, sizeof(p->main_path)) >=
	    sizeof(p->main_path) || (size_t)snprintf(p->draft_path,
	    sizeof(p->draft_path), "%s" DRAFT_SUFFIX, real) >=
	    sizeof(p->draft_path)) {
		snprintf(why, size, "%s: %s", path, strerror(ENAMETOOLONG));
		return -1;
	}
	if (open_directory(AT_FDCWD, dirname(copy), copy, 0, &p->main, why,
	    size) == -1)
		return -1;
	if (fstatat(p->main, p->main_name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    atomic_read(p->main, p->main_name, SERVICE_FILE_MAX, &p->text,
	    &p->len) == -1) {
		snprintf(why, size, "%s: %s", path, errno == EINVAL ?
		    "it is no regular file" : strerror(errno));
		return -1;
	}
	p->main_mode = st.st_mode & 0777;
	p->main_group = st.st_gid;
	return check_owner(path, &st, why, size);
}

/* Two at once would each lose what the other adds. */
static int
lock(const struct service_place *p, char *why, size_t size)
{
	const struct timespec	 pause = { 0, 100000000 };
	int			 i;

	for (i = 0; i < LOCK_TRIES; i++) {
		if (flock(p->main, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		nanosleep(&pause, NULL);
	}
	snprintf(why, size, "%s cannot be locked: %s", p->place.directory,
	    errno == EWOULDBLOCK ? "another command changes its services; "
	    "try again" : strerror(errno));
	return -1;
}

static int
open_parts(struct service_place *p, int make, char *why, size_t size)
{
	char	 services[PLACE_PATH_SIZE + 32], configs[PLACE_PATH_SIZE + 64];
	int	 dir, result = -1;

	if (open_directory(AT_FDCWD, p->place.directory, p->place.directory,
	    p->place.is_system && make, &dir, why, size) == -1)
		return -1;
	if (dir == -1) {
		snprintf(why, size, "there is no directory %s",
		    p->place.directory);
		return -1;
	}
	snprintf(services, sizeof(services), "%s/services",
	    p->place.directory);
	snprintf(configs, sizeof(configs), "%s/service_configs", services);
	if (open_directory(dir, "services", services, make, &p->services, why,
	    size) == 0 && (p->services == -1 || open_directory(p->services,
	    "service_configs", configs, make, &p->configs, why, size) == 0))
		result = 0;
	close(dir);
	return result;
}

int
service_place_open(struct service_place *p, const char *directory, int make,
    char *why, size_t size)
{
	char	*before;

	memset(p, 0, sizeof(*p));
	p->services = p->configs = p->main = -1;
	if (place_find(&p->place, directory, why, size) == -1)
		return -1;
	if (open_main(p, why, size) == -1 || lock(p, why, size) == -1)
		goto fail;
	/* As it is now that nobody else changes it */
	before = p->text;
	p->text = NULL;
	free(before);
	if (atomic_read(p->main, p->main_name, SERVICE_FILE_MAX, &p->text,
	    &p->len) == -1) {
		snprintf(why, size, "%s: %s", p->place.config,
		    strerror(errno));
		goto fail;
	}
	if (open_parts(p, make, why, size) == 0)
		return 0;
fail:
	service_place_close(p);
	return -1;
}

void
service_place_close(struct service_place *p)
{
	if (p->services != -1)
		close(p->services);
	if (p->configs != -1)
		close(p->configs);
	if (p->main != -1)
		close(p->main);
	free(p->text);
	p->text = NULL;
	p->services = p->configs = p->main = -1;
}

void
service_place_path(const struct service_place *p, int config,
    const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/services/%s%s.yml", p->place.directory,
	    config ? "service_configs/" : "", name);
}

/* In place, where there is room */
static void
replace_all(char *text, size_t size, const char *from, const char *to)
{
	size_t	 n = strlen(from), m = strlen(to);
	char	*p = text;

	while ((p = strstr(p, from)) != NULL) {
		if (strlen(text) - n + m >= size)
			return;
		memmove(p + m, p + n, strlen(p + n) + 1);
		memcpy(p, to, m);
		p += m;
	}
}

/* Who is not root may not be in the group that a file has. */
static gid_t
own_group(gid_t group)
{
	return geteuid() == 0 ? group : (gid_t)-1;
}

int
service_place_check(const struct service_place *p, const char *text,
    size_t len, char *why, size_t size)
{
	char	 name[sizeof(p->main_name) + sizeof(DRAFT_SUFFIX)];
	int	 result;

	if (text == NULL)
		return program_check_config(p->place.config,
		    p->place.directory, why, size);
	snprintf(name, sizeof(name), "%s" DRAFT_SUFFIX, p->main_name);
	if (atomic_write(p->main, name, p->main_mode, text, len,
	    ATOMIC_NO_SYNC) == -1) {
		snprintf(why, size, "%s cannot be written: %s",
		    p->draft_path, strerror(errno));
		return -1;
	}
	result = program_check_config(p->draft_path, p->place.directory, why,
	    size);
	unlinkat(p->main, name, 0);
	if (result == -1)
		replace_all(why, size, p->draft_path, p->place.config);
	return result;
}

int
service_place_publish(const struct service_place *p, const char *text,
    size_t len, char *why, size_t size)
{
	if (atomic_write_group(p->main, p->main_name, p->main_mode,
	    own_group(p->main_group), text, len, ATOMIC_SYNC) == 0)
		return 0;
	snprintf(why, size, "%s cannot be written: %s", p->place.config,
	    strerror(errno));
	return -1;
}

int
kept_file_read(struct kept_file *k, int dir, const char *name,
    const char *path, char *why, size_t size)
{
	struct stat	 st;

	memset(k, 0, sizeof(*k));
	k->dir = dir;
	snprintf(k->name, sizeof(k->name), "%s.yml", name);
	if (dir == -1 || (fstatat(dir, k->name, &st, AT_SYMLINK_NOFOLLOW) ==
	    -1 && errno == ENOENT))
		return 0;
	if (atomic_read(dir, k->name, SERVICE_FILE_MAX, &k->text, &k->len) ==
	    -1) {
		snprintf(why, size, "%s: %s", path, errno == EINVAL ||
		    errno == ELOOP ? "it is no regular file: move it away" :
		    strerror(errno));
		return -1;
	}
	k->mode = st.st_mode & 0777;
	k->group = st.st_gid;
	return 0;
}

int
kept_file_restore(const struct kept_file *k)
{
	if (k->text != NULL)
		return atomic_write_group(k->dir, k->name, k->mode,
		    own_group(k->group), k->text, k->len, ATOMIC_SYNC);
	if (unlinkat(k->dir, k->name, 0) == -1 && errno != ENOENT)
		return -1;
	return 0;
}

void
kept_file_free(struct kept_file *k)
{
	free(k->text);
	k->text = NULL;
}
