/*
 * The clients of a control room: one request each, relayed to the parent
 * under an id of ours, and its answers brought back.
 *
 * A client that stalls, talks nonsense or does not read is dropped alone;
 * nothing here lets one client delay another.
 */

#ifndef CONTROL_CLIENTS_H
#define CONTROL_CLIENTS_H

#include <stdint.h>

#include "common/message.h"

struct room;

#define CLIENTS_MAX		256	/* at once */
#define CLIENTS_PER_UID		64	/* at once, other than root's */
#define CLIENT_REQUEST_S	10	/* until its request is here */
#define CLIENT_CLOSING_S	30	/* for reading its last answers */
/* Answers that may wait; at ANSWER_SIZE each they are less than 4 MB */
#define CLIENT_QUEUE_MAX	256

/* Once, before the sandbox.  The room is kept. */
void	 clients_init(struct room *);

/* Accepts on fd, a listening unix stream socket, from now on; owns it. */
void	 clients_listen(int fd);

/* Writes what is queued for clients, as far as they read at once. */
void	 clients_farewell(void);

/*
 * Answers of the parent to client id.  One that left meanwhile is no error.
 * fd (-1 none) is taken.
 */
void	 clients_answer(uint32_t id, int fd, const struct msg_answer *);
void	 clients_answer_end(uint32_t id, const struct msg_answer_end *);

#endif
