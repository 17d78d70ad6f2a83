/*
 * Connections for those who may not make them: questions of the monitor and
 * the downloader are passed on to the dialer with the bit "named by the
 * config" set by the parent; readiness probes of services go to the prober's
 * own dialer, which takes numeric addresses only.
 */

#ifndef LAVAVISORD_DIAL_H
#define LAVAVISORD_DIAL_H

#include <stdint.h>

#include "common/channel.h"
#include "common/message.h"

struct event_base;

/* Registers the two dialers with the rooms and keeps the first running. */
void	 dial_init(struct event_base *);

/* Which hosts the config names; asked for each MSG_DIAL. */
void	 dial_named_by(int (*)(const char *host, uint32_t port));

/* MSG_DIAL came from this room: the answer goes back under the same id. */
void	 dial_for_room(enum room_kind from, struct channel *, struct imsg *);

/* The room is gone: its questions are forgotten, its sockets closed. */
void	 dial_forget_room(enum room_kind from);

/*
 * Asks whether numeric address host:port accepts.  done is called once, from
 * the loop: error is NULL when it does, and fd, the connected socket, is
 * done's.  Returns an id for dial_cancel().
 */
uint32_t dial_probe(const char *host, uint32_t port, uint32_t timeout_ms,
	    void (*done)(int fd, const char *error, void *), void *);

/* done will not be called. */
void	 dial_cancel(uint32_t id);

#endif
