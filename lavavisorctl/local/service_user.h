/*
 * The account that a service runs as, and whether it would find there what
 * lavap needs: its config by name, and its key.
 */

#ifndef LAVAVISORCTL_SERVICE_USER_H
#define LAVAVISORCTL_SERVICE_USER_H

#include <sys/types.h>

#include <stddef.h>

#define USER_GROUPS_MAX	64

struct service_user {
	char	 name[64];
	char	 home[1024];	/* as the service will have it */
	uid_t	 uid;
	gid_t	 gid;
	gid_t	 gids[USER_GROUPS_MAX];
	int	 ngids;
	int	 is_written;	/* the service file says user: */
	int	 is_root;
};

/*
 * wanted is what --user said, NULL if nothing.  Root: `lava' if there is such
 * an account, else who called sudo, else it must be said, or allow_root; a
 * few that have a ~/.lava are offered.  Others: themselves.  0, or -1 with
 * why.
 */
int	 service_user_find(struct service_user *, const char *wanted,
	    int allow_root, char *why, size_t size);

/*
 * Whether the user can enter a directory, from / on.  0, or -1 with why:
 * which one not.
 */
int	 service_user_reaches(const struct service_user *, const char *path,
	    char *why, size_t size);

/*
 * lavap looks in lava_home first: whether a NAME.yml there hides the one with
 * this text.  0 none or the same text, or -1 with why.
 */
int	 service_user_config_seen(const char *lava_home, const char *name,
	    const char *text, size_t len, char *why, size_t size);

/*
 * 1 if the keyring of kind test in lava_home has the key, as far as can be
 * seen; 0 with why, if it has not or another kind (NULL: none said) is asked.
 */
int	 service_user_has_key(const char *lava_home, const char *backend,
	    const char *key, char *why, size_t size);

#endif
