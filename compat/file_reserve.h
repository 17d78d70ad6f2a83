/*
 * Room on the disk for what will be appended to a file: on Linux by
 * fallocate(2), elsewhere there is no such thing and nothing happens.
 */

#ifndef COMPAT_FILE_RESERVE_H
#define COMPAT_FILE_RESERVE_H

#include <sys/types.h>

/* From `from` on, `size` bytes; the file does not grow.  A wish only. */
void	 file_reserve(int fd, off_t from, off_t size);

#endif
