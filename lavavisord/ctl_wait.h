/*
 * Clients that wait for a service: `wait NAME STATE`, and start, stop and
 * restart until what they ordered has happened.
 */

#ifndef LAVAVISORD_CTL_WAIT_H
#define LAVAVISORD_CTL_WAIT_H

#include "common/message.h"
#include "lavavisord/services.h"

struct client;

void	 ctl_wait(struct client *, const struct msg_request *);

/* The client's order was given: answers when it is carried out. */
void	 ctl_wait_order(struct client *);

/* A service has changed: whoever waited for this is answered. */
void	 ctl_wait_look(void);

#endif
