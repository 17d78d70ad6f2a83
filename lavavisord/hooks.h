/*
 * Where services, rooms, readiness and upgrades meet: what each is told of
 * the others.
 */

#ifndef LAVAVISORD_HOOKS_H
#define LAVAVISORD_HOOKS_H

#include <stdint.h>

#include "common/message.h"

struct service;

/* Starts services and readiness with what they are to call. */
void	 hooks_begin(void);

/* WANT_UP or WANT_DOWN of the journal. */
uint8_t	 hooks_want(const char *name);

/* It can be started again: what had to wait for that. */
void	 hooks_unlocked(struct service *);

/* For rooms_listen(). */
void	 hooks_room(enum room_kind, const char *what, const char *why);

#endif
