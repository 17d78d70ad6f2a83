#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/process.h"
#include "lavavisord/config_main.h"

#define DEFAULT_USER	"lava"

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

int
config_accounts(struct config *c, char *error, size_t errsize)
{
	struct config_service	*s;
	size_t			 i;
	int			 any_user = process_may_change_user();

	for (i = 0; i < c->services_count; i++) {
		s = &c->services[i];
		free(s->user_name);
		free(s->home);
		s->user_name = s->home = NULL;
		if (!any_user) {
			if (own_account(s, error, errsize) == -1)
				return -1;
			continue;
		}
		if (find_user(s, error, errsize) == -1 ||
		    find_groups(s, error, errsize) == -1)
			return -1;
	}
	return config_hooks_accounts(c, any_user, error, errsize);
}
