/*
 * What services.c, services_tell.c, launch.c, adopt.c and log_files.c share,
 * and nobody else needs.
 */

#ifndef LAVAVISORD_SERVICES_OWN_H
#define LAVAVISORD_SERVICES_OWN_H

#include <stddef.h>
#include <stdint.h>

#include "lavavisord/runfile.h"
#include "lavavisord/services.h"

TAILQ_HEAD(service_list, service);

struct services {
	struct services_conf	 conf;
	struct service_list	 list;
	size_t			 count;
	uint32_t		 next_slot;
	uint64_t		 orders;
	struct runfile		 run;	/* what run/services says */
	int			 run_dir;
	int			 stopping;
	unsigned int		 hurried;
	struct event		*late;	/* a stop that takes too long */
	void			(*stopped)(void);
};

extern struct services	 services;

/* services.c */
void	 service_event_now(struct service *, enum service_event);
void	 service_set_reason(struct service *, const char *);
void	 service_refresh(struct service *);	/* its state, from all facts */

/* services_start.c: what the supervisor orders is started in a moment. */
void	 start_init(void);
void	 start_soon(struct service *);
void	 start_forget(struct service *);
void	 start_again(struct service *);	/* start_held: now */

/*
 * To its group.  0, or -1 and errno, ESRCH when it has ended.
 */
int	 service_signal(const struct service *, int signo);

/* services_stop.c: a process ended; is all down that is to be? */
void	 stop_step(void);

/* Its process is over: tells supervisor, listener, record. */
void	 service_ended(struct service *, enum exit_kind, uint8_t value);

/* services_find.c: the lists of all; by_pid knows what is our child. */
void	 services_add(struct service *);
void	 services_remove(struct service *);
void	 service_set_pid(struct service *, pid_t);	/* 0 none */
struct service	*service_by_pid(pid_t);

/* services_tell.c: what the supervisor is told */
void	 supervisor_begin(void);
void	 tell_policy(struct service *);
void	 tell_want(struct service *);
void	 tell_started(struct service *);
void	 tell_not_started(struct service *, uint8_t wait, const char *error);
void	 tell_refused(struct service *, uint8_t wait, const char *error);
void	 tell_ended(struct service *);
void	 tell_locked(struct service *);
void	 tell_everything(struct service *);
void	 tell_log(struct service *);		/* a new one */
void	 tell_same_log(struct service *);	/* anew */
void	 tell_fifo(struct service *);
void	 tell_removed(uint32_t slot);

/* services.c: what the supervisor says */
void	 service_start_order(const struct msg_order *);
void	 service_signal_order(const struct msg_order *);
void	 service_rotate_order(const struct msg_order *);
void	 service_said(const struct msg_service_state *);
void	 service_lost_output(const struct msg_output_lost *);

/*
 * launch.c: forks; the child is on its own from there.  0; or -1 with error:
 * *wait is 2 when the host is short of something, else 0.
 */
void	 launch_init(void);
int	 launch(struct service *, const char *path, const struct semver *,
	    char *error, size_t, uint8_t *wait);

/*
 * Whether what was reaped had never become the service: 1, with its reason set
 * and *wait as above; else 0.
 */
int	 launch_failed(struct service *, int status, uint8_t *wait);
int	 launch_is_shortage(int error);

/* adopt.c */
int	 adopt_begin(char *error, size_t);	/* before any fifo is opened */
int	 adopt_service(struct service *, char *error, size_t);
int	 adopt_end(char *error, size_t);	/* services of no config */

/* process_is() of what run/services says: our own children are known anyway. */
int	 adopt_is(pid_t, uint64_t start);

/*
 * adopt_unknown.c: ends what run/services knows and no config names, all at
 * once.  0, or -1 with error when one is still there or that is not known.
 */
int	 adopt_end_unknown(char *error, size_t);
void	 adopt_unwatch(struct service *);

/*
 * run_record.c: run/services follows what is so.  run_unseen_allow(): processes
 * that cannot be seen, process_visible(), are written down all the same, as
 * none of them will have to be recognized later.
 */
void	 run_unseen_allow(void);

/*
 * And of that:  Error texts are TEXT_SIZE
 * bytes; 0, or -1 with error.
 */
int	 run_save(char *error);				/* all of it */
int	 run_record(struct service *, char *error);	/* this one */
int	 run_record_supervisor(pid_t, char *error);
void	 run_record_soon(struct service *);	/* within 1/5 s */
void	 run_forget(struct service *);

/* Before a fork: children can write themselves down.  -1 sets errno too. */
int	 run_ready(char *error);
int	 run_descriptor(void);
void	 run_grows(void);			/* one did */

/*
 * The record of a run that is about to begin, of another generation and now.
 * 0, or -1 with errno and error.
 */
int	 run_plan(struct service *, const struct semver *, uint64_t made_of,
	    struct runfile_service *, char *error);

/* In the child, which it completes the record of.  0, or -1 and errno. */
int	 run_record_child(const struct runfile_service *, int fd);

/* log_files.c */
int	 log_open(const struct service *);	/* for writing, at its end */
/* The one before a log that is still empty, if it ends within a line; or -1 */
int	 log_open_unfinished(const struct service *);
int	 log_is_full(const struct service *);	/* 1: due for a new one */
int	 log_rotate(const struct service *);	/* a new one; fd or -1 */
int	 fifo_make(const struct service *, char *error, size_t);
int	 fifo_open(const char *name);	/* both ends, non-blocking */
int	 fifo_open_read(const char *name);
/* 1 when s->fifo is what lies at its path. */
int	 fifo_is_same(const struct service *);
void	 fifo_path(const struct service *, char *, size_t);
void	 fifo_remove(const struct service *);

#endif
