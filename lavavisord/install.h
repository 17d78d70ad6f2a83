/*
 * The versions below upgrades/: what is there, and the steps on disk that
 * put another one there or take one away.  Nothing here reads a binary; its
 * bytes are a verifier's matter.
 */

#ifndef LAVAVISORD_INSTALL_H
#define LAVAVISORD_INSTALL_H

#include <sys/types.h>
#include <sys/stat.h>

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/journal.h"
#include "lavavisord/manifest.h"

struct installed {
	struct semver	 version;
	struct manifest	 manifest;
	int		 checked;	/* hashed in this parent's life */
	int		 damaged;	/* its hash was another one */
	int64_t		 checked_s;	/* when it was hashed last, 0 never */
	char		 why[TEXT_SIZE];	/* what that found wrong, "" */
	struct journal_hash seen;	/* the file that was found damaged */
};

/* What lies in upgrades/ and is not used; it is never touched */
struct install_other {
	char	 name[256];	/* made printable */
	char	 why[TEXT_SIZE];
};

/*
 * Reads upgrades/ below a directory, an absolute path, after what a step that
 * was interrupted left there was finished or taken back.
 */
void	 install_init(const char *path);

/*
 * Reads one again that another daemon may have put there, where upgrades/ is
 * shared.  What is there, or NULL.
 */
struct installed *install_look(const struct semver *);

/* Found at the start and not replaced since; until the next install. */
size_t	 install_others(const struct install_other **);

/* All of them, in no order; until the next change.  Returns how many. */
size_t	 install_list(const struct installed **);
struct installed *install_find(const struct semver *);

/* The full path of its lavap. */
void	 install_path(const struct semver *, char *, size_t);

/*
 * Makes upgrades/.new-vX.Y.Z with an empty file lavap; its write-only fd, or
 * -1 with error, also when another daemon installs there.
 */
int	 install_open(const struct semver *, char *error, size_t);

/*
 * The file is verified and flushed: writes the manifest beside it, sets modes
 * and owner, renames the directory to vX.Y.Z (replacing one that is there)
 * and flushes the directories.  0, or -1 with error.
 */
int	 install_finish(const struct semver *, const struct manifest *,
	    char *error, size_t);

/* Removes what install_open() made. */
void	 install_abort(const struct semver *);

/* Opens a version's lavap for reading; -1 with errno. */
int	 install_read(const struct semver *);

/* What fstat says of a version's lavap now.  0 or -1 with errno. */
int	 install_stat(const struct semver *, struct stat *);

/* Notes in *h which file on disk st speaks of, and whether that is it. */
void	 install_hash_file(struct journal_hash *h, const struct stat *st);
int	 install_is_file(const struct journal_hash *h, const struct stat *st);

/* Where `current` points; 0, or -1 when nowhere that is installed. */
int	 install_current(struct semver *);
int	 install_set_current(const struct semver *, char *error, size_t);

/* Removes a version, for good, and forgets it.  0, or -1 with error. */
int	 install_remove(const struct semver *, char *error, size_t);

#endif
