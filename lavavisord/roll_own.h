/*
 * What the files of the roll share; only for roll*.c.
 *
 *	roll.c		begins and ends it, moves services, hears of them
 *	roll_move.c	the services that are moved, one record each
 *	roll_back.c	the way back
 *	roll_order.c	which one is next (pure)
 *	roll_switch.c	one process for another: drain, stop, start
 *	roll_read.c	the new program is read in first
 *	roll_down.c	those that did not come back
 */

#ifndef LAVAVISORD_ROLL_OWN_H
#define LAVAVISORD_ROLL_OWN_H

#include <sys/types.h>
#include <sys/queue.h>

#include <stdint.h>

#include "common/semver.h"
#include "lavavisord/journal.h"
#include "lavavisord/roll_order.h"
#include "lavavisord/roll_switch.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrade_table.h"

struct event;
struct event_base;
struct probation;

enum phase {
	MOVE_PREPARING,		/* drains; not noted as moved */
	MOVE_PENDING,		/* noted as moved, not ordered yet */
	MOVE_RESTARTING,	/* ordered, the new process is not there yet */
	MOVE_WAITING,		/* for readiness */
	MOVE_PROBATION,
	MOVE_DONE,
	BACK_PREPARING,		/* noted as back, drains */
	BACK_RESTARTING,
	BACK_WAITING,
	BACK_DONE
};

/* One service of the roll, from its drain to the roll's end */
struct move {
	TAILQ_ENTRY(move)	 entry;
	struct service		*service;
	enum phase		 phase;
	int			 votes;	/* it was ready before */
	struct roll_switch	*change;
	struct event		*timer;	/* of readiness and probation */
	struct probation	*probation;	/* NULL nothing is asked */
	int			 over;	/* the probation's time is */
	int			 unwell;	/* it failed its check in it */
	int64_t			 ready_ms;	/* from forked to ready, -1 */
};

TAILQ_HEAD(moves, move);

struct roll {
	struct event_base	*base;
	void			(*report)(enum upgrade_event,
				    const char *why);
	struct semver		 target;
	unsigned int		 roles;		/* bits 1 << service_role */
	int			 expected;	/* services to be moved */
	int			 checking;	/* its file is being hashed */
	struct event		*look_event;	/* looks for the next one */
	int64_t			 ready_ms;	/* the last one; 0 none */
	uint32_t		 undecided;	/* slot of the next one, */
	int64_t			 undecided_ms;	/* since then; 0 none */
	struct moves		 moves;		/* in the order they began */
};

extern struct roll	 roll;

/* roll_move.c */
struct move	*move_find(const struct service *);
struct move	*move_new(struct service *);
void		 move_free(struct move *);

/* It drains, and stays where it is: says so, and frees it. */
void		 move_leave(struct move *, const char *why);

/* To be waited for at most ms; what follows then is the phase's matter. */
void		 move_wait(struct move *, int64_t ms);

/* It is ready, and is to stay so for ms. */
void		 move_probation(struct move *, int64_t ms);

/* Whatever was being waited for */
void		 move_wait_no_more(struct move *);

/* Its process is there: waits until it is ready. */
void		 move_started(struct move *);

/* It failed, in whatever phase it is; the table is told. */
void		 move_failed(struct move *, const char *why);

/* Tells people. */
void		 move_tell(const struct move *, const char *state,
		    const char *why);

/* 1 while it may be down, or soon is, for the upgrade. */
int		 move_is_moving(const struct move *);

/* roll.c */
void		 roll_switched(void *move, enum switch_news, const char *why);
int		 roll_is_on(const struct service *, const struct semver *);
int		 roll_can_run(const struct semver *);

/* roll_back.c: a parent before us had begun a rollback. */
void		 roll_back_resume(struct service *, struct journal_service *);

/* The news of a move that goes back. */
void		 back_news(struct move *, enum switch_news, const char *);

/* Something happened to one that drains on its way back. */
void		 back_event(struct move *, enum service_event);

/* roll_down.c: did not come back; tried again until it is ready. */
void		 roll_down_init(struct event_base *);
void		 roll_down_add(struct service *);
void		 roll_down_remove(const struct service *);

#endif
