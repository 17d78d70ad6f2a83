/*
 * What the parent does once, before its rooms exist: the directories it
 * needs, the lock of the only instance, the background.
 */

#ifndef LAVAVISORD_STARTUP_H
#define LAVAVISORD_STARTUP_H

#include <stddef.h>

/* Where this daemon has its things; absolute paths. */
struct places {
	char	 directory[512];	/* state: -D or the system's */
	char	 conf[512];		/* config.yml */
	char	 sockets[512];		/* admin.sock, show.sock */
	char	 upgrades[512];		/* has upgrades/, may be shared */
	char	 libexec[512];
	int	 privileged;		/* effective uid 0 */
};

/*
 * Fills *p from the options (NULL: not given).  0, or -1 with a message for
 * people in error.
 */
int	 places_find(struct places *, const char *conf, const char *directory,
	    const char *libexec, char *error, size_t);

/*
 * For a daemon that stands in for a service: upgrades/ is in the directory that
 * is given (NULL: in its own), and it changes no user.  0, or -1 with error.
 */
int	 places_wrap(struct places *, const char *upgrades, char *error,
	    size_t);

/* Path, from the current directory when it is relative.  0 or -1. */
int	 path_absolute(char *to, size_t size, const char *path, char *error,
	    size_t);

/* Makes the directories below p->directory that are missing; 0 or -1. */
int	 places_make(const struct places *, char *error, size_t);

/*
 * Takes the lock of p->directory/run/lock (fcntl: it outlives an exec and is
 * not shared with children but for the moment of their birth, for which a dead
 * daemon's is waited for).  The fd, which stays open for good, or -1 with the
 * pid of the other instance in error.
 */
int	 startup_lock(const struct places *, char *error, size_t);

/*
 * After a reexec.  The lock is of the table of descriptors, and stayed behind
 * when a child that was just forked still had that in common with us: it lets
 * go in a moment.
 */
void	 startup_lock_again(int fd);

/*
 * Goes to the background.  The caller's process waits: it exits with 0 once
 * startup_done() is called, else with 1 when the daemon dies first.
 */
void	 startup_background(void);
void	 startup_done(void);

#endif
