/*
 * The services as the parent has them: slots and generations, fork and exec
 * by order of the supervisor, reaping, adoption, output files, and what the
 * supervisor must be told again when it was born anew.
 */

#ifndef LAVAVISORD_SERVICES_H
#define LAVAVISORD_SERVICES_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/config.h"
#include "lavavisord/name_match.h"

struct event;
struct event_base;

/* The last runs of a service that are remembered, and how one ended */
#define SERVICE_EXITS	5

struct service_exit {
	int64_t		 ended_s;	/* Unix */
	int64_t		 ran_ms;	/* -1 unknown */
	int32_t		 pid;
	uint8_t		 kind;		/* enum exit_kind */
	uint8_t		 value;
};

/* One service.  Others read the first part and change nothing in it. */
struct service {
	uint32_t			 slot;	/* never used again */
	const struct config_service	*conf;	/* NULL: leaving the config */
	/* what is so, as far as known */
	struct msg_service_state	 state;
	int				 has_version;
	/* of what runs, or ran */
	struct semver			 version;
	const char			*reason;	/* why not up, or "" */
	int64_t				 since_s;	/* of the state, Unix */
	/* bytes of output that no log has, since the daemon's start */
	uint64_t			 output_lost;
	/* since the daemon's start, the last one first */
	struct service_exit		 exits[SERVICE_EXITS];
	uint32_t			 exits_count;
	/* config changed, restart due */
	int				 pending;
	/* of binary.c */
	int				 waits_for_check;
	/* of readiness.c */
	struct readiness_watch		*readiness;
	/* of ready_signs.c and health.c */
	struct ready_signs		*ready_signs;
	struct health_watch		*health;
	/* of passphrase.c, NULL none */
	struct passphrase		*passphrase;
	/* of the last failed start */
	uint8_t				 start_wait;
	/* the last WANT's number */
	uint64_t			 order_given;

	/* Of services*.c, launch.c and adopt.c only */
	TAILQ_ENTRY(service)		 entry;
	char				*reason_text;	/* NULL none */
	char				 name[NAME_SIZE];
	struct msg_service_state	 said;	/* the supervisor's last word */
	uint64_t			 generation;	/* of the last run */
	int32_t				 run_pid;	/* its pid, ended too */
	uint8_t				 want_given;
	struct msg_service		 policy;	/* of the last conf */
	uint64_t			 start;	/* of the process, ticks */
	/* hash of its conf, 0 unknown */
	uint64_t			 made_of;
	/* not in `said` */
	int				 started_untold;
	int				 ended_untold;
	int				 refused;	/* for now, by us */
	int				 watch;	/* fd, adopted; -1 our child */
	struct event			*watch_event;
	/* both ends: keeps what is in it, and the supervisor reading */
	int				 fifo;
	uint8_t				 ended_wait;	/* of the last end */
	int				 unwritten;	/* in run/services */
	int				 is_due;	/* to be started */
	int				 start_held;	/* once it may be */
	TAILQ_ENTRY(service)		 due;
	RB_ENTRY(service)		 by_name;
	RB_ENTRY(service)		 by_slot;
	RB_ENTRY(service)		 by_pid;
	pid_t				 found_by_pid;	/* 0 not in there */
	uint64_t			 signalled;	/* generation, 0 none */
	uint8_t				 signalled_step;
	int				 stop_step;	/* by ourselves */
	int64_t				 stop_due_ms;
	/* base it is in, -1 none */
	int				 cgroup;
	int				 cgroup_own;	/* not the common one */
	/* nothing was ended in it */
	int				 cgroup_fresh;
	int				 ended_strays;	/* of this run */
	uid_t				 user;		/* of one adopted */
};

enum service_event {
	SERVICE_EVENT_STARTED,		/* a new process runs */
	SERVICE_EVENT_ENDED,		/* its process was reaped or is lost */
	SERVICE_EVENT_NOT_STARTED,	/* reason says why */
	SERVICE_EVENT_STATE,		/* any other change of state */
	SERVICE_EVENT_REMOVED		/* last word of it; s is freed then */
};

struct services_conf {
	struct event_base	*base;
	const char		*directory;	/* state directory, absolute */
	int			 dir;		/* the same, as fd */
	int			 privileged;
	int			 wrapped;	/* as of launch_plan() */
	int			 same;		/* this process has started
						   what runs: a reexec */

	/*
	 * Which lavap a service is to execute now: full path in path and its
	 * version in *v, 0; or -1 and why not (yet).  Only asked for services
	 * with is_lavap.
	 */
	int	(*binary)(struct service *, char *path, size_t,
		    struct semver *v, char *why, size_t);

	/* After each change; the state is already the new one. */
	void	(*event)(struct service *, enum service_event);

	/* Generations: a number greater than any given before, ever. */
	uint64_t (*generation)(void);

	/* One that is in run/services: a lost journal must go beyond it. */
	void	(*generation_seen)(uint64_t);
};

/*
 * Makes a slot for each service of the config, ends a supervisor that a dead
 * parent left, adopts what it left running, and keeps the supervisor room
 * running (rooms_use, rooms_keep).  want(name) tells WANT_UP or WANT_DOWN of
 * the journal.  0, or -1 with error: what runs cannot be known for certain,
 * and nothing may be started.
 */
int	 services_init(const struct services_conf *, const struct config *,
	    uint8_t (*want)(const char *name), char *error, size_t);

/*
 * Takes a new config: services added, removed (stopped, then forgotten),
 * changed (policy told at once; a changed process is restarted).  Nothing
 * points into the old config afterwards.
 */
void	 services_reconfigure(const struct config *,
	    uint8_t (*want)(const char *name));

struct service	*service_by_name(const char *);
struct service	*service_by_slot(uint32_t);
struct service	*service_first(void);
struct service	*service_next(struct service *);
size_t		 services_count(void);

/*
 * What NAME of a request means now; the text must live as long.  Only services
 * of the config are meant.  service_next_meant(): in their order, from NULL to
 * NULL.
 */
void	 services_name(struct name_choice *, const char *name);
int	 service_is_meant(const struct service *, const struct name_choice *);
struct service	*service_next_meant(struct service *,
	    const struct name_choice *);

/* That there is none, for people, with the name that is nearest. */
void	 services_none(const struct name_choice *, char *text, size_t);

/*
 * The operator's or the roll's order.  0, or -1: it runs and could not be
 * started again (service_is_locked()), so it is not restarted.
 */
int	 service_want(struct service *, enum service_want);

/* 1 once the supervisor's word is younger than the last order. */
int	 service_order_seen(const struct service *);

/* Stops everything, with each service's grace; done once all are down. */
void	 services_stop_all(void (*done)(void));

/* Again: the next step of each stop that is going on. */
void	 services_hurry(void);

/*
 * To its process alone, by somebody who means it and not its end.  0, or -1 and
 * errno.
 */
int	 service_pass_signal(const struct service *, int signo);

/* 1 when it ran, ended by itself, and its policy leaves it at that. */
int	 service_is_over(const struct service *);

/* Writes run/services for a successor.  0, or -1, which is logged. */
int	 services_record(void);

/* 1 if one of them still has a process. */
int	 services_living(void);

/*
 * A child ended: called by the reap loop while it is still a zombie (waitid
 * with WNOWAIT), so that its group can be ended before the pid is free.
 * Returns 1 if it is a service.  services_reaped() follows with its status.
 */
int	 services_ending(pid_t);
int	 services_reaped(pid_t, int status);

/*
 * Opens the log of a service for reading; -1 with errno.  rotated: called
 * whenever a new log file was begun, until NULL is set.
 */
int	 service_log_open(const struct service *);
void	 services_on_rotate(void (*)(struct service *));

#endif
