/*
 * Where services, rooms, readiness and upgrades meet: what each is told of
 * the others.
 */

#ifndef LAVAVISORD_HOOKS_H
#define LAVAVISORD_HOOKS_H

#include <stdint.h>

#include "common/message.h"

/* Starts services and readiness with what they are to call. */
void	 hooks_begin(void);

/* WANT_UP or WANT_DOWN of the journal. */
uint8_t	 hooks_want(const char *name);

/* For rooms_listen(). */
void	 hooks_room(enum room_kind, const char *what, const char *why);

#endif
