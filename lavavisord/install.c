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

#define BINARY		"lavap"
#define NEW_PREFIX	".new-v"

static int			 upgrades = -1;	/* the directory */
static char			 upgrades_path[600];
static struct installed		*list;
static size_t			 count;

static int	clear_directory(const char *);
static int	fail(char *, size_t, const char *, const char *);
static void	names(const struct semver *, char *, char *, size_t);
static void	note(const struct semver *, const struct manifest *);
static void	read_one(const char *);
static int	renamed(const char *, const char *, char *, size_t);

void
install_init(int dir, const char *path)
{
	struct dirent	*de;
	DIR		*d;
	int		 fd;

	snprintf(upgrades_path, sizeof(upgrades_path), "%s/upgrades", path);
	if ((upgrades = openat(dir, "upgrades", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | O_NOFOLLOW)) == -1 ||
	    (fd = openat(upgrades, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) == -1 || (d = fdopendir(fd)) == NULL)
		fatal("%s", upgrades_path);
	while ((de = readdir(d)) != NULL) {
		/* What an interrupted install left is of no use. */
		if (strncmp(de->d_name, ".new-", 5) == 0 ||
		    strncmp(de->d_name, ".old-", 5) == 0)
			clear_directory(de->d_name);
		else if (de->d_name[0] == 'v')
			read_one(de->d_name);
	}
	closedir(d);
}

static void
names(const struct semver *v, char *name, char *new_name, size_t size)
{
	char	 text[SEMVER_SIZE];

	semver_text(v, text, sizeof(text));
	snprintf(name, size, "v%s", text);
	snprintf(new_name, size, "%s%s", NEW_PREFIX, text);
}

static void
note(const struct semver *v, const struct manifest *m)
{
	struct installed	*i;

	if ((i = install_find(v)) == NULL) {
		if ((list = reallocarray(list, count + 1, sizeof(*list))) ==
		    NULL)
			fatal("reallocarray");
		i = &list[count++];
	}
	memset(i, 0, sizeof(*i));
	i->version = *v;
	i->manifest = *m;
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
		log_warn("%s/%s", upgrades_path, name);
		return;
	}
	if (manifest_load(fd, &m, error) == -1)
		log_warnx("%s/%s is not used: %s", upgrades_path, name, error);
	else if (semver_compare(&m.version, &v) != 0)
		log_warnx("%s/%s is not used: its manifest is of another "
		    "version", upgrades_path, name);
	else if (fstatat(fd, BINARY, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		log_warnx("%s/%s is not used: it has no " BINARY,
		    upgrades_path, name);
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
	char	 name[64], new_name[64];
	int	 dir, fd;

	names(v, name, new_name, sizeof(name));
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
	if (fd == -1)
		fail(error, size, BINARY " cannot be made", new_name);
	close(dir);
	FAULT_POINT("install.binary-made");
	return fd;
}

void
install_abort(const struct semver *v)
{
	char	 name[64], new_name[64];

	names(v, name, new_name, sizeof(name));
	clear_directory(new_name);
}

/* A directory that is there already steps aside first */
static int
renamed(const char *new_name, const char *name, char *error, size_t size)
{
	char	 old[80];

	snprintf(old, sizeof(old), ".old-%s", name);
	if (renameat(upgrades, new_name, upgrades, name) == -1) {
		if ((errno != EEXIST && errno != ENOTEMPTY) ||
		    clear_directory(old) == -1 ||
		    renameat(upgrades, name, upgrades, old) == -1 ||
		    renameat(upgrades, new_name, upgrades, name) == -1)
			return fail(error, size, "rename", new_name);
		FAULT_POINT("install.replaced");
		clear_directory(old);
	}
	FAULT_POINT("install.renamed");
	if (fsync(upgrades) == -1)
		return fail(error, size, "fsync", ".");
	return 0;
}

int
install_finish(const struct semver *v, const struct manifest *m, char *error,
    size_t size)
{
	char	 name[64], new_name[64], why[TEXT_SIZE];
	int	 dir;

	names(v, name, new_name, sizeof(name));
	if ((dir = openat(upgrades, new_name, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | O_NOFOLLOW)) == -1)
		return fail(error, size, "open", new_name);
	if (fchmodat(dir, BINARY, 0555, 0) == -1 ||
	    fchmod(dir, 0755) == -1) {
		fail(error, size, "chmod", new_name);
		close(dir);
		return -1;
	}
	FAULT_POINT("install.modes-set");
	if (manifest_save(dir, m, why) == -1) {
		snprintf(error, size, "%s/%s: %s", upgrades_path, new_name,
		    why);
		close(dir);
		return -1;
	}
	if (fsync(dir) == -1) {
		fail(error, size, "fsync", new_name);
		close(dir);
		return -1;
	}
	close(dir);
	FAULT_POINT("install.flushed");
	if (renamed(new_name, name, error, size) == -1)
		return -1;
	FAULT_POINT("install.done");
	note(v, m);
	return 0;
}

int
install_read(const struct semver *v)
{
	char	 name[96], text[SEMVER_SIZE];

	snprintf(name, sizeof(name), "v%s/" BINARY,
	    semver_text(v, text, sizeof(text)));
	return openat(upgrades, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
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
install_current(struct semver *v)
{
	char	 to[64];
	ssize_t	 n;

	if ((n = readlinkat(upgrades, "current", to, sizeof(to) - 1)) == -1)
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
	char	 name[64], new_name[64];

	names(v, name, new_name, sizeof(name));
	if (unlinkat(upgrades, ".current.new", 0) == -1 && errno != ENOENT)
		return fail(error, size, "unlink", ".current.new");
	FAULT_POINT("current.before");
	if (symlinkat(name, upgrades, ".current.new") == -1)
		return fail(error, size, "symlink", ".current.new");
	FAULT_POINT("current.made");
	if (renameat(upgrades, ".current.new", upgrades, "current") == -1)
		return fail(error, size, "rename", "current");
	FAULT_POINT("current.renamed");
	if (fsync(upgrades) == -1)
		return fail(error, size, "fsync", ".");
	return 0;
}

int
install_remove(const struct semver *v, char *error, size_t size)
{
	struct installed	*i;
	char			 name[64], new_name[64], old[80];

	names(v, name, new_name, sizeof(name));
	/* Aside first: half a version is never found under its name. */
	snprintf(old, sizeof(old), ".old-%s", name);
	if (clear_directory(old) == -1 ||
	    renameat(upgrades, name, upgrades, old) == -1)
		return fail(error, size, "cannot be removed", name);
	if ((i = install_find(v)) != NULL)
		*i = list[--count];
	if (clear_directory(old) == -1)
		log_warn("%s/%s", upgrades_path, old);
	return 0;
}
