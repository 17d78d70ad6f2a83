/*
 * The services of the supervisor, one slot each: policy, state, output and
 * the timer of what is due next.
 */

#ifndef SUPERVISOR_SLOT_H
#define SUPERVISOR_SLOT_H

#include <stdint.h>

#include "common/message.h"
#include "lavavisord/supervisor/log_watch.h"
#include "lavavisord/supervisor/notify.h"
#include "lavavisord/supervisor/output.h"
#include "lavavisord/supervisor/policy.h"

#define SLOTS_MAX	65536	/* numbers; none is used twice */

struct event;
struct room;

struct slot {
	struct msg_service		 service;
	struct msg_service_state	 state;
	struct output			 output;
	struct event			*timer;
	int				 resume;	/* orders may be lost */
	struct log_watch		*log_watch;	/* NULL none */
	struct notify			*notify;	/* NULL none */
};

void		 slots_setup(struct room *);

/* NULL when there is none. */
struct slot	*slot_find(uint32_t);

/* Makes it when it is new; a number out of range is fatal. */
struct slot	*slot_make(const struct msg_service *);
void		 slot_remove(struct slot *);

/* From now on events are acted upon; orders that may be lost are repeated. */
void		 slots_go(void);

/* Takes the parent's word for the state. */
void		 slot_state(struct slot *, const struct msg_service_state *);

/* Runs the policy, tells the parent the new state and gives its orders. */
void		 slot_event(struct slot *, const struct policy_event *);

/* No policy any more, only output; 1 when every fifo is at its end. */
void		 slots_orphaned(void);
int		 slots_are_quiet(void);

#endif
