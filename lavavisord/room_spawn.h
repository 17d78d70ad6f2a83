/*
 * Fork and exec of one room.
 */

#ifndef LAVAVISORD_ROOM_SPAWN_H
#define LAVAVISORD_ROOM_SPAWN_H

#include <sys/types.h>

#include <stdint.h>

#include "common/message.h"

struct rooms_conf;

/* The name of the program of this kind; two kinds may share one. */
const char *room_program(enum room_kind);

/*
 * No file may grow beyond bytes in rooms of this kind started from now on
 * (RLIMIT_FSIZE; a write over it fails with EFBIG); 0: no such limit.
 */
void	 room_limit_files(enum room_kind, uint64_t bytes);

/*
 * Starts the program of this kind from conf->libexec with the other end of
 * *fd as its fd 3, /dev/null as 0 and 1, our stderr as 2, and nothing else.
 * Returns its pid, or -1 with errno.
 */
pid_t	 room_spawn(enum room_kind, const struct rooms_conf *, int *fd);

#endif
