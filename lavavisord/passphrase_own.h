/*
 * What the files of passphrases share; only for passphrase*.c.
 *
 *	passphrase.c		states, starts and ends of runs
 *	passphrase_keeper.c	the room, and what it says
 *	passphrase_source.c	files, descriptors, commands
 *	passphrase_orders.c	unlock and lock
 *	passphrase_rule.c	was it wrong (pure)
 *	passphrase_view.c	what others want to know
 *	passphrase_watch.c	a keeper that does not answer
 */

#ifndef LAVAVISORD_PASSPHRASE_OWN_H
#define LAVAVISORD_PASSPHRASE_OWN_H

#include <stddef.h>
#include <stdint.h>

#include "lavavisord/passphrase.h"
#include "lavavisord/passphrase_rule.h"

struct event;
struct probe_command;

enum secret_state {
	SECRET_NONE,
	SECRET_COMING,
	SECRET_HELD,
	SECRET_LOCKED
};

struct passphrase {
	enum secret_state	 state;
	int			 proven;
	int			 wrong;		/* a run did not accept it */
	int			 by_order;	/* locked by the operator */
	unsigned int		 deaths;	/* passphrase_rule.h */
	char			*source;	/* as configured, in words */
	char			 why[TEXT_SIZE];	/* LOCKED; COMING: what
						 * is wrong already */
	uint64_t		 feeding;	/* generation, 0 none */
	uint64_t		 ending;	/* ENDED is awaited, 0 none */
	uint64_t		 cut;		/* the keeper died on this run
						 * before it was ready */
	struct passphrase_run	 run;		/* of the one that ended */
	/* COMING */
	uint32_t		 order;	/* imsg id of its LEARN or SAME */
	int			 fd;	/* for a keeper that comes, or -1 */
	int			 unsent;	/* the source waits for it */
	uint32_t		 same_as;	/* slot + 1 of who has it */
	struct probe_command	*command;	/* whose output it is */
	struct event		*again;	/* reads it once more, NULL none */
	int			 learnt;	/* its end is awaited */
	int			 typed;		/* the operator sent it */
	int			 was_held;	/* another one, still is */
	int			 not_taken;	/* what was typed: see why */
};

/* passphrase.c: what has become of one that was COMING. */
void	 secret_locked(struct service *, const char *why);
void	 secret_held(struct service *);

/* The imsg id of an order whose answer is wanted; older ones are not. */
uint32_t secret_order(struct passphrase *);

/* Sends a descriptor to be read; takes fd. */
void	 secret_learn(struct service *, int fd, uint32_t timeout_ms);

/* Any way of getting at it is given up; and the keeper forgets it, too. */
void	 secret_cancel(struct service *);
void	 secret_forget(struct service *);

/* Begins to read it anew, from where the configuration says. */
void	 secret_obtain(struct service *);

/* Of a service whose config has one, or NULL. */
struct passphrase *secret_of(struct service *);

/* Another one could not be read: the keeper holds on to the one it has. */
void	 secret_not_taken(struct service *, const char *why);

/* A start that waits for an answer has one now. */
void	 secret_go_on(struct service *);

/* What runs must not find out too late that it cannot be started again. */
void	 secret_begin_all(void);

/* Its run, which is over, had read so many lines. */
void	 secret_judge(struct service *, uint32_t asked);

/*
 * passphrase_keeper.c: as passphrase_begin().  1 while the keeper can be spoken
 * to; 1 between two programs of ours, when nothing is known; 1 when it is not
 * there soon, and the service is locked.
 */
void	 keeper_begin(int fd, pid_t pid);
int	 keeper_is_up(void);
int	 keeper_is_between(void);
int	 keeper_is_away(struct service *);

/* A message with nothing but a name, or about a run; takes fd. */
void	 keeper_name(enum message_type, const char *);
void	 keeper_run(enum message_type, const struct service *,
	    uint64_t generation, int fd);

/* 1 until one of the program before us has said what it holds. */
int	 keeper_is_awaited(void);

/*
 * passphrase_watch.c: an answer of the keeper is due, by its nature ms after
 * now at the latest.  One that never gives it is killed.
 */
void	 watch_init(struct event_base *);
void	 keeper_owes(uint32_t ms);

/*
 * passphrase_source.c: 1 if it can be read whenever that is wanted.  And does
 * so, with secret_learn() or secret_locked().
 */
int	 source_is_lasting(const struct service *);
void	 source_read(struct service *);
void	 source_cancel(struct passphrase *);
void	 source_init(struct event_base *);

/*
 * It could not be read: locked, and tried again each `retry' of the service if
 * that makes sense.
 */
void	 source_failed(struct service *, const char *why);

/* passphrase_orders.c: once; and something has become of a passphrase. */
void	 orders_init(struct event_base *);
void	 orders_look(struct service *);

#endif
