/*
 * upgrades/ of a directory with wrapped services in it (DIR/wrap) is shared by
 * their daemons: one of them at a time fetches and installs there.  The lock is
 * of fcntl(2) on DIR/wrap/lock, so that a dead holder frees it.  Without such
 * services upgrades/ is ours alone, and all of this is always granted.
 */

#ifndef LAVAVISORD_UPGRADES_LOCK_H
#define LAVAVISORD_UPGRADES_LOCK_H

/* What it is held for; it is let go of once it is held for nothing. */
enum upgrades_use {
	UPGRADES_FETCH = 1,
	UPGRADES_INSTALL = 2
};

/*
 * directory has upgrades/; own is the name of the service that this daemon
 * stands in for, NULL none.
 */
void	 upgrades_lock_init(const char *directory, const char *own);

/* 1 when others may write in upgrades/, too */
int	 upgrades_shared(void);

/* 0, or -1 when another one has it (or it cannot be had, which is logged). */
int	 upgrades_lock(enum upgrades_use);
void	 upgrades_unlock(enum upgrades_use);

/* 1 when another daemon lives that may need a version which we do not. */
int	 upgrades_has_others(void);

#endif
