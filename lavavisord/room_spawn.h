/*
 * Fork and exec of one room.
 */

#ifndef LAVAVISORD_ROOM_SPAWN_H
#define LAVAVISORD_ROOM_SPAWN_H

#include <sys/types.h>

#include "common/message.h"

struct rooms_conf;

/* The name of the program of this kind; two kinds may share one. */
const char *room_program(enum room_kind);

/*
 * Starts the program of this kind from conf->libexec with the other end of
 * *fd as its fd 3, /dev/null as 0 and 1, our stderr as 2, and nothing else.
 * Returns its pid, or -1 with errno.
 */
pid_t	 room_spawn(enum room_kind, const struct rooms_conf *, int *fd);

#endif
