/*
 * The lock of a whole file by fcntl(2), which is its process's: it ends with
 * that, and is kept over an exec.
 */

#ifndef COMMON_FILE_LOCK_H
#define COMMON_FILE_LOCK_H

#include <sys/types.h>

/*
 * Tries to get it.  0; or -1 with errno (EACCES, EAGAIN: another process has
 * it), and in *holder which one, 0 when that is not known.
 */
int	 file_lock(int fd, pid_t *holder);

#endif
