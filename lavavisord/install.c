#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fault.h"
#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/install.h"
#include "lavavisord/journal.h"
#include "lavavisord/manifest.h"
#include "lavavisord/upgrades_lock.h"

#define BINARY		"lavap"
#define LINK		"current"
#define LINK_NEW	".current.new"

/* Directories on their way, before the name that they have or had */
#define NEW_PREFIX	".new-"		/* being filled */
#define OLD_PREFIX	".old-"		/* making room for another one */
#define GONE_PREFIX	".gone-"	/* being removed */
#define PREFIX_SIZE	8

#define NAME_ROOM	64

static int			 upgrades = -1;	/* the directory */
static char			 upgrades_path[600];
static struct installed		*list;
static size_t			 count;
static struct install_other	*others;
static size_t			 others_count;

static int	clear_directory(const char *);
static int	exists(const char *);
static int	fail(char *, size_t, const char *, const char *);
static int	flush(char *, size_t);
static int	is_step(const char *);
static void	look_at(const char *);
static void	name_of(const struct semver *, const char *, char *);
static void	note(const struct semver *, const struct manifest *);
static void	note_other(const char *, const char *);
static void	read_one(const char *);
static char	**read_names(size_t *);
static int	rename_to(const char *, const char *);
static int	replace(const char *, const char *, char *, size_t);
static int	set_modes(int, const char *, char *, size_t);
static void	undo(const char *);

void
install_init(const char *path)
{
	char	**name;
	size_t	 i, n;

	snprintf(upgrades_path, sizeof(upgrades_path), "%s/upgrades", path);
	if ((upgrades = open(upgrades_path, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | O_NOFOLLOW)) == -1)
		fatal("%s", upgrades_path);
	name = read_names(&n);
	/* First what was on its way: it may come back as a version. */
	if (upgrades_lock(UPGRADES_INSTALL) == 0) {
		for (i = 0; i < n; i++)
			undo(name[i]);
		upgrades_unlock(UPGRADES_INSTALL);
	}
	if (n > 0 && fsync(upgrades) == -1)
		log_warn("%s: fsync", upgrades_path);
	for (i = 0; i < n; i++)
		free(name[i]);
	free(name);
	name = read_names(&n);
	for (i = 0; i < n; i++) {
		look_at(name[i]);
		free(name[i]);
	}
	free(name);
}

/* All names in upgrades/, the caller's to free */
static char **
read_names(size_t *n)
{
	struct dirent	*de;
	char		**name = NULL;
	DIR		*d;
	int		 fd;

	*n = 0;
	if ((fd = openat(upgrades, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) == -1 || (d = fdopendir(fd)) == NULL)
		fatal("%s", upgrades_path);
	while ((de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		if ((name = reallocarray(name, *n + 1, sizeof(*name))) ==
		    NULL || (name[*n] = strdup(de->d_name)) == NULL)
			fatal("a list of names");
		(*n)++;
	}
	closedir(d);
	return name;
}

static int
exists(const char *name)
{
	struct stat	 st;

	return fstatat(upgrades, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Finishes or takes back what a step that was interrupted left */
/* Whether a name is of a step that is under way, or was interrupted */
static int
is_step(const char *name)
{
	return strncmp(name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0 ||
	    strncmp(name, GONE_PREFIX, strlen(GONE_PREFIX)) == 0 ||
	    strncmp(name, OLD_PREFIX, strlen(OLD_PREFIX)) == 0 ||
	    strcmp(name, LINK_NEW) == 0;
}

static void
undo(const char *name)
{
	const char	*was;
	int		 r = 0;

	if (strncmp(name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0 ||
	    strncmp(name, GONE_PREFIX, strlen(GONE_PREFIX)) == 0)
		r = clear_directory(name);
	else if (strncmp(name, OLD_PREFIX, strlen(OLD_PREFIX)) == 0) {
		was = name + strlen(OLD_PREFIX);
		/* Whether it is any good is found out as for every one. */
		r = exists(was) ? clear_directory(name) :
		    rename_to(name, was);
	} else if (strcmp(name, LINK_NEW) == 0)
		r = unlinkat(upgrades, name, 0);
	else
		return;
	if (r == -1)
		log_warn("%s/%s, left by an interrupted step, stays",
		    upgrades_path, name);
	else
		log_info("%s/%s, left by an interrupted step, is gone",
		    upgrades_path, name);
}

static void
look_at(const char *name)
{
	char		 to[NAME_ROOM];
	struct semver	 v;

	if (name[0] == 'v' && semver_parse(name + 1, &v) == 0)
		read_one(name);
	else if (is_step(name))
		return;		/* told by undo(), or another's */
	else if (strcmp(name, LINK) != 0)
		note_other(name, "nothing of lavavisord's");
	else if (readlinkat(upgrades, LINK, to, sizeof(to)) == -1)
		note_other(name, "not a link, as it should be");
}

static void
note_other(const char *name, const char *why)
{
	struct install_other	*o;

	if ((others = reallocarray(others, others_count + 1,
	    sizeof(*others))) == NULL)
		fatal("reallocarray");
	o = &others[others_count++];
	log_clean(o->name, sizeof(o->name), name);
	strlcpy(o->why, why, sizeof(o->why));
	log_warnx("%s/%s is not used: %s", upgrades_path, o->name, o->why);
}

size_t
install_others(const struct install_other **o)
{
	*o = others;
	return others_count;
}

/* "v6.2.5" behind a prefix, in NAME_ROOM bytes */
static void
name_of(const struct semver *v, const char *prefix, char *name)
{
	char	 text[SEMVER_SIZE];

	snprintf(name, NAME_ROOM, "%sv%s", prefix,
	    semver_text(v, text, sizeof(text)));
}

static int
rename_to(const char *from, const char *to)
{
	return renameat(upgrades, from, upgrades, to);
}

static int
flush(char *error, size_t size)
{
	return fsync(upgrades) == -1 ? fail(error, size, "fsync", ".") : 0;
}

static void
note(const struct semver *v, const struct manifest *m)
{
	struct installed	*i;
	char			 name[NAME_ROOM];
	size_t			 k;

	if ((i = install_find(v)) == NULL) {
		if ((list = reallocarray(list, count + 1, sizeof(*list))) ==
		    NULL)
			fatal("reallocarray");
		i = &list[count++];
	}
	memset(i, 0, sizeof(*i));
	i->version = *v;
	i->manifest = *m;
	/* One that was of no use may have been replaced. */
	name_of(v, "", name);
	for (k = 0; k < others_count; k++)
		if (strcmp(others[k].name, name) == 0)
			others[k--] = others[--others_count];
}

static void
read_one(const char *name)
{
	struct manifest	 m;
	struct semver	 v;
	struct stat	 st;
	char		 error[TEXT_SIZE];
	int		 fd;

	if (semver_parse(name + 1, &v) == -1)
		return;
	if ((fd = openat(upgrades, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NOFOLLOW)) == -1) {
		note_other(name, strerror(errno));
		return;
	}
	if (manifest_load(fd, &m, error) == -1)
		note_other(name, error);
	else if (semver_compare(&m.version, &v) != 0)
		note_other(name, "its manifest is of another version");
	else if (fstatat(fd, BINARY, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		note_other(name, "it has no " BINARY);
	else
		note(&v, &m);
	close(fd);
}

size_t
install_list(const struct installed **l)
{
	*l = list;
	return count;
}

struct installed *
install_find(const struct semver *v)
{
	size_t	 i;

	for (i = 0; i < count; i++)
		if (semver_compare(&list[i].version, v) == 0)
			return &list[i];
	return NULL;
}

struct installed *
install_look(const struct semver *v)
{
	struct installed	*i;
	char			 name[NAME_ROOM];

	if ((i = install_find(v)) != NULL)
		*i = list[--count];
	name_of(v, "", name);
	if (exists(name))
		read_one(name);
	return install_find(v);
}

void
install_path(const struct semver *v, char *path, size_t size)
{
	char	 text[SEMVER_SIZE];

	snprintf(path, size, "%s/v%s/" BINARY, upgrades_path,
	    semver_text(v, text, sizeof(text)));
}

static int
fail(char *error, size_t size, const char *what, const char *name)
{
	snprintf(error, size, "%s/%s: %s: %s", upgrades_path, name, what,
	    strerror(errno));
	return -1;
}

/* Only what an install makes: two files and their directory */
static int
clear_directory(const char *name)
{
	static const char *const	 files[] = {
		BINARY, MANIFEST_FILE, "." MANIFEST_FILE ".new"
	};
	size_t				 i;
	int				 fd;

	if ((fd = openat(upgrades, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NOFOLLOW)) == -1)
		return errno == ENOENT ? 0 : -1;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (unlinkat(fd, files[i], 0) == -1 && errno != ENOENT)
			log_warn("%s/%s/%s", upgrades_path, name, files[i]);
	close(fd);
	FAULT_POINT("install.emptied");
	return unlinkat(upgrades, name, AT_REMOVEDIR);
}

int
install_open(const struct semver *v, char *error, size_t size)
{
	char	 new_name[NAME_ROOM];
	int	 dir, fd;

	if (upgrades_lock(UPGRADES_INSTALL) == -1) {
		snprintf(error, size, "%s: another lavavisord installs there: "
		    "try again in a while", upgrades_path);
		return -1;
	}
	name_of(v, NEW_PREFIX, new_name);
	if (clear_directory(new_name) == -1)
		return fail(error, size, "cannot be cleared", new_name);
	/* Nobody else looks into it before it is whole. */
	if (mkdirat(upgrades, new_name, 0700) == -1)
		return fail(error, size, "cannot be made", new_name);
	FAULT_POINT("install.directory-made");
	if ((dir = openat(upgrades, new_name, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | O_NOFOLLOW)) == -1)
		return fail(error, size, "open", new_name);
	fd = openat(dir, BINARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd == -1) {
		fail(error, size, BINARY " cannot be made", new_name);
		clear_directory(new_name);
	}
	close(dir);
	FAULT_POINT("install.binary-made");
	return fd;
}

void
install_abort(const struct semver *v)
{
	char	 new_name[NAME_ROOM];

	name_of(v, NEW_PREFIX, new_name);
	clear_directory(new_name);
	upgrades_unlock(UPGRADES_INSTALL);
}

/*
 * A directory that is there already steps aside first; it comes back when we
 * end in between.  It is emptied only once the new one is there for good.
 */
static int
replace(const char *new_name, const char *name, char *error, size_t size)
{
	char	 old[PREFIX_SIZE + NAME_ROOM];

	snprintf(old, sizeof(old), OLD_PREFIX "%s", name);
	if (rename_to(new_name, name) == 0) {
		FAULT_POINT("install.renamed");
		return flush(error, size);
	}
	if ((errno != EEXIST && errno != ENOTEMPTY) ||
	    clear_directory(old) == -1 || rename_to(name, old) == -1)
		return fail(error, size, "rename", new_name);
	FAULT_POINT("install.replaced");
	if (rename_to(new_name, name) == -1) {
		fail(error, size, "rename", new_name);
		if (rename_to(old, name) == -1)
			log_warn("%s/%s: rename", upgrades_path, old);
		return -1;
	}
	FAULT_POINT("install.renamed");
	if (flush(error, size) == -1)
		return -1;
	if (clear_directory(old) == -1)
		log_warn("%s/%s", upgrades_path, old);
	return 0;
}

/*
 * The bytes were flushed by the verifier; the mode is changed after that, and
 * without a flush of its own could be the one from before the change.
 */
static int
set_modes(int dir, const char *name, char *error, size_t size)
{
	int	 fd, r = 0;

	if ((fd = openat(dir, BINARY, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) ==
	    -1)
		return fail(error, size, BINARY " cannot be opened", name);
	if (fchmod(fd, 0555) == -1 || fchmod(dir, 0755) == -1)
		r = fail(error, size, "chmod", name);
	else if (fsync(fd) == -1)
		r = fail(error, size, "fsync of " BINARY, name);
	close(fd);
	return r;
}

int
install_finish(const struct semver *v, const struct manifest *m, char *error,
    size_t size)
{
	char	 name[NAME_ROOM], new_name[NAME_ROOM], why[TEXT_SIZE];
	int	 dir, r = 0;

	name_of(v, "", name);
	name_of(v, NEW_PREFIX, new_name);
	if ((dir = openat(upgrades, new_name, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | O_NOFOLLOW)) == -1)
		return fail(error, size, "open", new_name);
	r = set_modes(dir, new_name, error, size);
	FAULT_POINT("install.modes-set");
	if (r == 0 && manifest_save(dir, m, why) == -1) {
		snprintf(error, size, "%s/%s: %s", upgrades_path, new_name,
		    why);
		r = -1;
	}
	if (r == 0 && fsync(dir) == -1)
		r = fail(error, size, "fsync", new_name);
	close(dir);
	FAULT_POINT("install.flushed");
	if (r == -1 || replace(new_name, name, error, size) == -1)
		return -1;
	FAULT_POINT("install.done");
	note(v, m);
	upgrades_unlock(UPGRADES_INSTALL);
	return 0;
}

int
install_read(const struct semver *v)
{
	char	 name[96], text[SEMVER_SIZE];

	snprintf(name, sizeof(name), "v%s/" BINARY,
	    semver_text(v, text, sizeof(text)));
	/* Of a fifo in its place no one would be waited for. */
	return openat(upgrades, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK);
}

int
install_stat(const struct semver *v, struct stat *st)
{
	char	 name[96], text[SEMVER_SIZE];

	snprintf(name, sizeof(name), "v%s/" BINARY,
	    semver_text(v, text, sizeof(text)));
	if (fstatat(upgrades, name, st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (!S_ISREG(st->st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

void
install_hash_file(struct journal_hash *h, const struct stat *st)
{
	h->size = (uint64_t)st->st_size;
	h->dev = (uint64_t)st->st_dev;
	h->ino = (uint64_t)st->st_ino;
	h->mtime_s = (int64_t)st->st_mtim.tv_sec;
	h->mtime_ns = (int64_t)st->st_mtim.tv_nsec;
	h->ctime_s = (int64_t)st->st_ctim.tv_sec;
	h->ctime_ns = (int64_t)st->st_ctim.tv_nsec;
}

int
install_is_file(const struct journal_hash *h, const struct stat *st)
{
	return h->dev == (uint64_t)st->st_dev && h->ino ==
	    (uint64_t)st->st_ino && h->size == (uint64_t)st->st_size &&
	    h->mtime_s == (int64_t)st->st_mtim.tv_sec &&
	    h->mtime_ns == (int64_t)st->st_mtim.tv_nsec &&
	    h->ctime_s == (int64_t)st->st_ctim.tv_sec &&
	    h->ctime_ns == (int64_t)st->st_ctim.tv_nsec;
}

int
install_current(struct semver *v)
{
	char	 to[64];
	ssize_t	 n;

	if ((n = readlinkat(upgrades, LINK, to, sizeof(to) - 1)) == -1)
		return -1;
	to[n] = '\0';
	if (to[0] != 'v' || semver_parse(to + 1, v) == -1 ||
	    install_find(v) == NULL)
		return -1;
	return 0;
}

int
install_set_current(const struct semver *v, char *error, size_t size)
{
	char	 name[NAME_ROOM];

	name_of(v, "", name);
	if (unlinkat(upgrades, LINK_NEW, 0) == -1 && errno != ENOENT)
		return fail(error, size, "unlink", LINK_NEW);
	FAULT_POINT("current.before");
	if (symlinkat(name, upgrades, LINK_NEW) == -1)
		return fail(error, size, "symlink", LINK_NEW);
	FAULT_POINT("current.made");
	if (rename_to(LINK_NEW, LINK) == -1)
		return fail(error, size, "rename", LINK);
	FAULT_POINT("current.renamed");
	return flush(error, size);
}

/*
 * Aside first, for good: half a version is never found under its name, and
 * never comes back.
 */
int
install_remove(const struct semver *v, char *error, size_t size)
{
	struct installed	*i;
	char			 name[NAME_ROOM], gone[NAME_ROOM];

	name_of(v, "", name);
	name_of(v, GONE_PREFIX, gone);
	if (clear_directory(gone) == -1 || rename_to(name, gone) == -1)
		return fail(error, size, "cannot be removed", name);
	if ((i = install_find(v)) != NULL)
		*i = list[--count];
	if (flush(error, size) == -1)
		return -1;
	if (clear_directory(gone) == -1)
		log_warn("%s/%s", upgrades_path, gone);
	return 0;
}
