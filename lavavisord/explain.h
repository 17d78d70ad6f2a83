/*
 * Why things are as they are, for `show versions`, `show upgrades` and
 * `upgrade check`: what is wanted, what is there, why not yet, what would
 * unblock it, when it is tried next, what failed last, who decided.
 */

#ifndef LAVAVISORD_EXPLAIN_H
#define LAVAVISORD_EXPLAIN_H

#include <jansson.h>

#include "lavavisord/decide.h"

struct client;
struct msg_request;

/* `upgrade check`: asks the nodes first. */
void	 explain_check(struct client *);

/* A fresh sample came in: clients that waited for one are answered. */
void	 explain_sampled(void);

/*
 * Adds to *o, an object: why, text, unblock, next, by, failure of what was
 * decided for a service of this role, or what the upgrade in hand does.
 */
void	 explain_add(json_t *o, enum decide_role, const struct decide_result *);

/*
 * Adds hold, pins, window and roles, [{role, have, want, why, text, unblock,
 * next, by, failure}], to the object of `show versions`.
 */
void	 explain_policy(json_t *o);

/* `show upgrades` and, if it asks for that, what waits. */
void	 explain_upgrades(struct client *, const struct msg_request *);

#endif
