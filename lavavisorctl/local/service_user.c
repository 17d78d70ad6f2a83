#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "lavavisorctl/local/service_place.h"
#include "lavavisorctl/local/service_user.h"

#define DEFAULT_USER	"lava"
#define OFFERS_MAX	5
#define ACCOUNTS_MAX	5000	/* looked at for an offer */

static int	is_ours(const char *);
static int	may_enter(const struct service_user *, const struct stat *);
static void	offers(char *, size_t);
static int	own(struct service_user *, const char *, char *, size_t);
static void	take(struct service_user *, const struct passwd *);

static int
is_ours(const char *name)
{
	return strcmp(name, "_lavavisord") == 0 ||
	    strcmp(name, "_lavaprobe") == 0;
}

static void
take(struct service_user *u, const struct passwd *pw)
{
	strlcpy(u->name, pw->pw_name, sizeof(u->name));
	strlcpy(u->home, pw->pw_dir, sizeof(u->home));
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	u->is_root = u->uid == 0;
	u->ngids = USER_GROUPS_MAX;
	if (getgrouplist(u->name, u->gid, u->gids, &u->ngids) == -1)
		u->ngids = USER_GROUPS_MAX;
}

/* Without root it is whoever starts the daemon. */
static int
own(struct service_user *u, const char *wanted, char *why, size_t size)
{
	struct passwd	*pw;
	const char	*home = getenv("HOME");
	int		 n;

	if (wanted != NULL && ((pw = getpwnam(wanted)) == NULL ||
	    pw->pw_uid != geteuid())) {
		snprintf(why, size, "--user %s: a lavavisord that is not root "
		    "runs every service as its own user", wanted);
		return -1;
	}
	u->uid = geteuid();
	u->gid = getegid();
	if ((n = getgroups(USER_GROUPS_MAX, u->gids)) > 0)
		u->ngids = n;
	pw = getpwuid(u->uid);
	if (pw != NULL)
		strlcpy(u->name, pw->pw_name, sizeof(u->name));
	else
		snprintf(u->name, sizeof(u->name), "uid %u",
		    (unsigned int)u->uid);
	if (home == NULL || home[0] != '/')
		home = pw != NULL ? pw->pw_dir : "/";
	strlcpy(u->home, home, sizeof(u->home));
	return 0;
}

/* " (alice, bob have a ~/.lava)", or nothing */
static void
offers(char *text, size_t size)
{
	struct passwd	*pw;
	char		 path[PATH_MAX];
	size_t		 n = 0, seen = 0, len;

	text[0] = '\0';
	setpwent();
	while (n < OFFERS_MAX && seen++ < ACCOUNTS_MAX &&
	    (pw = getpwent()) != NULL) {
		if (pw->pw_uid == 0 || is_ours(pw->pw_name) ||
		    (size_t)snprintf(path, sizeof(path), "%s/.lava",
		    pw->pw_dir) >= sizeof(path) || access(path, F_OK) == -1)
			continue;
		len = strlen(text);
		snprintf(text + len, size - len, "%s%s", n++ == 0 ? " (" :
		    ", ", pw->pw_name);
	}
	endpwent();
	len = strlen(text);
	if (n > 0)
		snprintf(text + len, size - len, " %s a ~/.lava)",
		    n == 1 ? "has" : "have");
}

int
service_user_find(struct service_user *u, const char *wanted, int allow_root,
    char *why, size_t size)
{
	struct passwd	*pw;
	char		 offered[256];
	const char	*sudo = getenv("SUDO_USER");

	memset(u, 0, sizeof(*u));
	if (geteuid() != 0)
		return own(u, wanted, why, size);
	u->is_written = 1;
	if (wanted != NULL && (pw = getpwnam(wanted)) == NULL) {
		snprintf(why, size, "--user %s: there is no such account",
		    wanted);
		return -1;
	}
	if (wanted != NULL) {
		if (is_ours(pw->pw_name)) {
			snprintf(why, size, "--user %s: the accounts of "
			    "lavavisord itself run no service", wanted);
			return -1;
		}
		take(u, pw);
		if (u->is_root && !allow_root) {
			snprintf(why, size, "--user %s is root: a service "
			    "needs no rights of root; --allow-root if it must "
			    "be", wanted);
			return -1;
		}
		return 0;
	}
	if (allow_root) {
		if ((pw = getpwuid(0)) == NULL) {
			snprintf(why, size, "uid 0 has no account");
			return -1;
		}
		take(u, pw);
		return 0;
	}
	if ((pw = getpwnam(DEFAULT_USER)) != NULL || (sudo != NULL &&
	    (pw = getpwnam(sudo)) != NULL && pw->pw_uid != 0 &&
	    !is_ours(pw->pw_name))) {
		take(u, pw);
		return 0;
	}
	offers(offered, sizeof(offered));
	snprintf(why, size, "which user is the service to run as? Give --user "
	    "USER%s, or --allow-root for root", offered);
	return -1;
}

static int
may_enter(const struct service_user *u, const struct stat *st)
{
	int	 i;

	if (u->is_root)
		return 1;
	if (st->st_uid == u->uid)
		return (st->st_mode & S_IXUSR) != 0;
	if (st->st_gid == u->gid)
		return (st->st_mode & S_IXGRP) != 0;
	for (i = 0; i < u->ngids; i++)
		if (st->st_gid == u->gids[i])
			return (st->st_mode & S_IXGRP) != 0;
	return (st->st_mode & S_IXOTH) != 0;
}

int
service_user_reaches(const struct service_user *u, const char *path, char *why,
    size_t size)
{
	struct stat	 st;
	char		 real[PATH_MAX], part[PATH_MAX], *p;

	if (realpath(path, real) == NULL)
		return 0;	/* it will be made, by others */
	strlcpy(part, real, sizeof(part));
	for (p = part; p != NULL; p = strchr(p + 1, '/')) {
		if (p != part)
			*p = '\0';
		if (stat(p == part ? "/" : part, &st) == 0 &&
		    !may_enter(u, &st))
			break;
		if (p != part)
			*p = '/';
	}
	if (p == NULL && stat(real, &st) == 0 && may_enter(u, &st))
		return 0;
	snprintf(why, size, "user %s cannot enter %s (mode %04o), so lavap "
	    "would not find its config in %s: give another --directory or "
	    "--user", u->name, p != NULL ? part : real,
	    (unsigned int)(st.st_mode & 07777), path);
	return -1;
}

int
service_user_config_seen(const char *lava_home, const char *name,
    const char *text, size_t len, char *why, size_t size)
{
	static const char *const	 below[] = { "", "/config" };
	char				 path[PATH_MAX], *there;
	size_t				 i, n;
	int				 same;

	for (i = 0; i < 2; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s%s/%s.yml",
		    lava_home, below[i], name) >= sizeof(path) ||
		    access(path, F_OK) == -1)
			continue;
		same = 0;
		if (atomic_read(AT_FDCWD, path, SERVICE_FILE_MAX, &there,
		    &n) == 0) {
			same = n == len && memcmp(there, text, n) == 0;
			free(there);
		}
		if (same)
			continue;
		snprintf(why, size, "%s is another config, and lavap would "
		    "read that one: it looks in its home first; move it away "
		    "or give another --name", path);
		return -1;
	}
	return 0;
}

int
service_user_has_key(const char *lava_home, const char *backend,
    const char *key, char *why, size_t size)
{
	char	 path[PATH_MAX];

	if (backend == NULL || strcmp(backend, "test") != 0) {
		snprintf(why, size, "lavap's keyring \"%s\" may ask for a "
		    "passphrase, and a service has no terminal: `passphrase:' "
		    "in its definition, here --passphrase prompt or 'file "
		    "/PATH', gives it one; --keyring-backend test never asks",
		    backend != NULL ? backend : "os");
		return 0;
	}
	/* A key may be named by its address as well. */
	if (strncmp(key, "lava@", 5) == 0)
		return 1;
	if ((size_t)snprintf(path, sizeof(path), "%s/keyring-test/%s.info",
	    lava_home, key) >= sizeof(path) || access(path, F_OK) == 0 ||
	    errno != ENOENT)
		return 1;
	snprintf(why, size, "there is no key \"%s\" in %s/keyring-test yet",
	    key, lava_home);
	return 0;
}
