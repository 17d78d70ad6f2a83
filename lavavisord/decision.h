/*
 * The parent's facts, gathered for decide.c: journal, installed versions,
 * config, the operator's orders, the clock.
 */

#ifndef LAVAVISORD_DECISION_H
#define LAVAVISORD_DECISION_H

#include <stdint.h>

#include "common/semver.h"
#include "lavavisord/decide.h"
#include "lavavisord/services.h"

/* What each role and each service should do now; arrays belong to us. */
struct decision {
	struct decide_result	 role[DECIDE_ROLES];
	int			 role_has_services[DECIDE_ROLES];
};

/* chain_seen: the monotonic ms of the last sample, 0 never. */
void	 decision_chain_seen(int64_t ms);

/* The operator's order to do now what is wanted, until ORDER_NONE. */
void	 decision_order(enum decide_order);

/*
 * A version could not be had: it is not asked for again for a while.  now_ms is
 * monotonic.
 */
void	 decision_unavailable(const struct semver *, int64_t now_ms);

/* How often in a row it could not be had; 0 once the operator asks again. */
unsigned int decision_tries(const struct semver *);

/* The operator asks again: nothing counts as unavailable. */
void	 decision_available(void);

void	 decision_roles(struct decision *);

/* The same for one service; must have is_lavap and a role of the chain. */
void	 decision_service(const struct service *, struct decide_result *);

/* The same for one that runs and is locked: whatever is wanted, it stays. */
void	 decision_locked(const struct service *, struct decide_result *);

/* 1 if the version of its record runs, or could be run. */
int	 decision_has_file(const struct service *);

/* 1 if it follows the versions of the chain. */
int	 follows_chain(const struct service *);

#endif
