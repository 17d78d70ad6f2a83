/*
 * The operator's orders about versions, and the clients that watch what
 * becomes of them.  A client that leaves calls nothing off; a second one joins
 * what is under way.
 */

#ifndef LAVAVISORD_UPGRADE_ORDERS_H
#define LAVAVISORD_UPGRADE_ORDERS_H

#include <stddef.h>

#include "lavavisord/decide.h"
#include "lavavisord/journal.h"

struct client;
struct decision;
struct msg_request;

/* What each verb does; the client is ended now or later. */
void	 order_now(struct client *, const struct msg_request *);
void	 order_to(struct client *, const struct msg_request *);
void	 order_rollback(struct client *, const struct msg_request *);
void	 order_hold(struct client *, const struct msg_request *);
void	 order_resume(struct client *, const struct msg_request *);
void	 order_pin(struct client *, const struct msg_request *);
void	 order_unpin(struct client *, const struct msg_request *);
void	 order_approve(struct client *, const struct msg_request *);

/* Who decided, for people: the chain and why, or which order of whom. */
void	 orders_who(enum upgrade_by, unsigned int roles, enum decide_why,
	    char *buf, size_t);

/* A fresh sample came in: what waited for one is decided. */
void	 orders_sampled(void);

/* Decided, and there is nothing to do. */
void	 orders_nothing(const struct decision *);

/* Decided: what was ordered has begun, or waits. */
void	 orders_considered(const struct decision *);

/* An event of the upgrade table was dealt with. */
void	 orders_step(void);

/* The upgrade of the journal is over. */
void	 orders_upgrade_ended(const char *outcome);

/* "provider services: settling: ...; consumer services: ..." */
void	 orders_explain(const struct decision *, char *, size_t);

#endif
