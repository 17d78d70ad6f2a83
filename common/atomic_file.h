/*
 * Small files that are there whole or not at all: written beside their place
 * as `.NAME.new`, flushed, renamed, and the directory flushed as well.
 *
 * `dir` is a directory opened for reading that only we write; `name` has no
 * slash.  One writer at a time.
 */

#ifndef COMMON_ATOMIC_FILE_H
#define COMMON_ATOMIC_FILE_H

#include <sys/types.h>

#include <stddef.h>

enum atomic_sync {
	ATOMIC_NO_SYNC,		/* survives a kill, not a power cut */
	ATOMIC_SYNC		/* is on the disk when the function returns */
};

/*
 * Replaces the file by len bytes with exactly this mode.  0, or -1 with
 * errno; then the old file is still there, unless only the last flush of the
 * directory failed (the new one is, and may not survive a power cut).
 */
int	 atomic_write(int dir, const char *name, mode_t, const void *data,
	    size_t len, enum atomic_sync);

/* The same, for a file that then belongs to that group. */
int	 atomic_write_group(int dir, const char *name, mode_t, gid_t,
	    const void *data, size_t len, enum atomic_sync);

/*
 * As atomic_write(), but not flushed, and a file that has these bytes already
 * is left as it is: a busy disk lets even a rename wait.
 */
int	 atomic_write_other(int dir, const char *name, mode_t,
	    const void *data, size_t len);

/*
 * Reads a regular file of at most max bytes into new memory, which the caller
 * frees; a NUL that *len does not count follows it.  0, or -1 with errno:
 * EFBIG when it is longer, EINVAL when it is no regular file (ELOOP a link).
 */
int	 atomic_read(int dir, const char *name, size_t max, char **data,
	    size_t *len);

#endif
