#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "compat/process.h"
#include "lavavisord/config_main.h"
#include "lavavisord/fork_child.h"

#define DEFAULT_USER	"lava"
#define ERROR_SIZE	1024

/*
 * The modules that answer such questions (nsswitch.conf: LDAP, systemd) are
 * nobody's to have in a privileged process for good, nor are their mappings for
 * every fork to copy: a child asks, and this is what it answers.
 */
struct account {
	uid_t	 uid;
	gid_t	 gid;
	gid_t	 gids[CONFIG_GROUPS_MAX];
	size_t	 gids_count;
	int	 has_names;
	char	 user_name[256];
	char	 home[1024];
};

static void	answer(struct config *, FILE *);
static int	get(FILE *, uid_t *, gid_t *, gid_t *, size_t *, char **,
		    char **);
static int	is_same(const struct config_service *,
		    const struct config_service *);
static int	look_up(struct config *, char *, size_t);
static void	put(FILE *, uid_t, gid_t, const gid_t *, size_t, const char *,
		    const char *);
static int	take(struct config *, FILE *, char *, size_t);
static int	refuse(const struct config_service *, char *, size_t,
		    const char *, ...)
		    __attribute__((__format__(__printf__, 4, 5)));
static int	own_account(struct config_service *, char *, size_t);
static int	find_user(struct config_service *, char *, size_t);
static int	find_groups(struct config_service *, char *, size_t);

static const char *const our_users[] = { "_lavavisord", "_lavaprobe" };

static int
refuse(const struct config_service *s, char *error, size_t errsize,
    const char *format, ...)
{
	char	 text[256];
	va_list	 ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(error, errsize, "%s: %s", s->file, text);
	return -1;
}

/* By uid, as two names may be one account. */
int
config_account_is_ours(uid_t uid)
{
	struct passwd	*pw;
	size_t		 i;

	for (i = 0; i < sizeof(our_users) / sizeof(our_users[0]); i++)
		if ((pw = getpwnam(our_users[i])) != NULL &&
		    pw->pw_uid == uid)
			return 1;
	return 0;
}

/* Without root a service is whoever started the daemon. */
static int
own_account(struct config_service *s, char *error, size_t errsize)
{
	struct passwd	*pw;
	struct group	*gr;
	const char	*home = getenv("HOME");

	if (s->user != NULL) {
		if ((pw = getpwnam(s->user)) == NULL ||
		    pw->pw_uid != geteuid())
			return refuse(s, error, errsize, "user: %s is not the "
			    "user of this unprivileged daemon", s->user);
	}
	if (s->group != NULL) {
		if ((gr = getgrnam(s->group)) == NULL ||
		    gr->gr_gid != getegid())
			return refuse(s, error, errsize, "group: %s is not "
			    "the group of this unprivileged daemon", s->group);
	}
	if (s->groups_count > 0)
		return refuse(s, error, errsize,
		    "groups: an unprivileged daemon cannot set any");
	s->uid = geteuid();
	s->gid = getegid();
	s->gids_count = 0;
	/* A container may have a uid that no account stands for */
	pw = getpwuid(s->uid);
	s->user_name = schema_copy(pw != NULL ? pw->pw_name : "");
	if (pw != NULL)
		home = pw->pw_dir;
	s->home = schema_copy(home != NULL ? home : s->directory);
	return 0;
}

static int
find_user(struct config_service *s, char *error, size_t errsize)
{
	const char	*name = s->user != NULL ? s->user : DEFAULT_USER;
	struct passwd	*pw;
	struct group	*gr;

	errno = 0;
	if ((pw = getpwnam(name)) == NULL)
		return refuse(s, error, errsize, "user: %s does not exist%s",
		    name, s->user == NULL ? " (the default; set user:)" : "");
	s->uid = pw->pw_uid;
	s->gid = pw->pw_gid;
	s->user_name = schema_copy(pw->pw_name);
	s->home = schema_copy(pw->pw_dir);
	if (config_account_is_ours(s->uid))
		return refuse(s, error, errsize, "user: %s is an account of "
		    "lavavisord itself", name);
	if (s->uid == 0 && !s->allow_root)
		return refuse(s, error, errsize, "user: %s is root, which "
		    "needs allow-root: true", name);
	if (s->group != NULL) {
		if ((gr = getgrnam(s->group)) == NULL)
			return refuse(s, error, errsize,
			    "group: %s does not exist", s->group);
		s->gid = gr->gr_gid;
	}
	if (s->gid == 0 && !s->allow_root)
		return refuse(s, error, errsize, "group: that is root's, "
		    "which needs allow-root: true");
	return 0;
}

static int
find_groups(struct config_service *s, char *error, size_t errsize)
{
	struct group	*gr;
	int		 count = CONFIG_GROUPS_MAX;
	size_t		 i;

	if (!s->groups_set) {
		if (getgrouplist(s->user_name, s->gid, s->gids, &count) == -1)
			return refuse(s, error, errsize, "user: %s is in more "
			    "than %d groups; name them in groups:",
			    s->user_name, CONFIG_GROUPS_MAX);
		s->gids_count = (size_t)count;
		return 0;
	}
	for (i = 0; i < s->groups_count; i++) {
		if ((gr = getgrnam(s->groups[i])) == NULL)
			return refuse(s, error, errsize,
			    "groups: %s does not exist", s->groups[i]);
		if (gr->gr_gid == 0 && !s->allow_root)
			return refuse(s, error, errsize, "groups: %s is "
			    "root's, which needs allow-root: true",
			    s->groups[i]);
		s->gids[i] = gr->gr_gid;
	}
	s->gids_count = s->groups_count;
	return 0;
}

/* What the one before has is not looked up again: mostly all have the same. */
static int
is_same(const struct config_service *a, const struct config_service *b)
{
	size_t	 i;

	if (a->allow_root != b->allow_root || a->groups_set != b->groups_set ||
	    a->groups_count != b->groups_count ||
	    (a->user == NULL) != (b->user == NULL) ||
	    (a->group == NULL) != (b->group == NULL) ||
	    (a->user != NULL && strcmp(a->user, b->user) != 0) ||
	    (a->group != NULL && strcmp(a->group, b->group) != 0))
		return 0;
	for (i = 0; i < a->groups_count; i++)
		if (strcmp(a->groups[i], b->groups[i]) != 0)
			return 0;
	return 1;
}

static int
look_up(struct config *c, char *error, size_t errsize)
{
	struct config_service	*s, *last = NULL;
	size_t			 i;
	int			 any_user = config_wrapped() == NULL &&
				    process_may_change_user();

	for (i = 0; i < c->services_count; i++, last = s) {
		s = &c->services[i];
		if (!any_user) {
			if (own_account(s, error, errsize) == -1)
				return -1;
		} else if (last != NULL && is_same(last, s)) {
			s->uid = last->uid;
			s->gid = last->gid;
			memcpy(s->gids, last->gids, sizeof(s->gids));
			s->gids_count = last->gids_count;
			s->user_name = schema_copy(last->user_name);
			s->home = schema_copy(last->home);
		} else if (find_user(s, error, errsize) == -1 ||
		    find_groups(s, error, errsize) == -1)
			return -1;
	}
	return config_hooks_accounts(c, any_user, error, errsize);
}

static void
put(FILE *f, uid_t uid, gid_t gid, const gid_t *gids, size_t gids_count,
    const char *user_name, const char *home)
{
	struct account	 a;

	memset(&a, 0, sizeof(a));
	a.uid = uid;
	a.gid = gid;
	memcpy(a.gids, gids, sizeof(a.gids));
	a.gids_count = gids_count;
	a.has_names = user_name != NULL && home != NULL;
	if (a.has_names && (strlcpy(a.user_name, user_name,
	    sizeof(a.user_name)) >= sizeof(a.user_name) ||
	    strlcpy(a.home, home, sizeof(a.home)) >= sizeof(a.home)))
		_exit(1);
	fwrite(&a, 1, sizeof(a), f);
}

/* In the child: what was found, or the error, goes to f. */
static void
answer(struct config *c, FILE *f)
{
	struct config_service	*s;
	struct config_hooks	*h = &c->hooks;
	char			 error[ERROR_SIZE];
	size_t			 i;

	error[0] = '\0';
	if (look_up(c, error, sizeof(error)) == -1) {
		fwrite(error, 1, sizeof(error), f);
		return;
	}
	fwrite(error, 1, sizeof(error), f);
	for (i = 0; i < c->services_count; i++) {
		s = &c->services[i];
		put(f, s->uid, s->gid, s->gids, s->gids_count, s->user_name,
		    s->home);
	}
	put(f, h->uid, h->gid, h->gids, h->gids_count, h->user_name, h->home);
}

static int
get(FILE *f, uid_t *uid, gid_t *gid, gid_t *gids, size_t *gids_count,
    char **user_name, char **home)
{
	struct account	 a;

	if (fread(&a, 1, sizeof(a), f) != sizeof(a) ||
	    a.gids_count > CONFIG_GROUPS_MAX)
		return -1;
	a.user_name[sizeof(a.user_name) - 1] = '\0';
	a.home[sizeof(a.home) - 1] = '\0';
	*uid = a.uid;
	*gid = a.gid;
	memcpy(gids, a.gids, sizeof(a.gids));
	*gids_count = a.gids_count;
	free(*user_name);
	free(*home);
	*user_name = a.has_names ? schema_copy(a.user_name) : NULL;
	*home = a.has_names ? schema_copy(a.home) : NULL;
	return 0;
}

static int
take(struct config *c, FILE *f, char *error, size_t errsize)
{
	struct config_service	*s;
	struct config_hooks	*h = &c->hooks;
	char			 text[ERROR_SIZE];
	size_t			 i;

	if (fread(text, 1, sizeof(text), f) != sizeof(text))
		goto gone;
	text[sizeof(text) - 1] = '\0';
	if (text[0] != '\0') {
		strlcpy(error, text, errsize);
		return -1;
	}
	for (i = 0; i < c->services_count; i++) {
		s = &c->services[i];
		if (get(f, &s->uid, &s->gid, s->gids, &s->gids_count,
		    &s->user_name, &s->home) == -1 || s->user_name == NULL)
			goto gone;
	}
	if (get(f, &h->uid, &h->gid, h->gids, &h->gids_count, &h->user_name,
	    &h->home) == -1)
		goto gone;
	return 0;
gone:
	snprintf(error, errsize, "%s: the users of the services cannot be "
	    "looked up: what looked them up died", c->file);
	return -1;
}

int
config_accounts(struct config *c, char *error, size_t errsize)
{
	FILE	*f;
	pid_t	 pid;
	int	 fds[2], result;

	if (pipe2(fds, O_CLOEXEC) == -1 || (pid = fork_child()) == -1) {
		snprintf(error, errsize, "%s: the users of the services "
		    "cannot be looked up: %s", c->file, strerror(errno));
		return -1;
	}
	if (pid == 0) {
		close(fds[0]);
		if ((f = fdopen(fds[1], "w")) == NULL)
			_exit(1);
		answer(c, f);
		_exit(fclose(f) == EOF);
	}
	close(fds[1]);
	if ((f = fdopen(fds[0], "r")) == NULL)
		fatal("fdopen");
	result = take(c, f, error, errsize);
	fclose(f);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	return result;
}
