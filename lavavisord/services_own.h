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

/*
 * To its group.  0, or -1 and errno, ESRCH when it has ended.
 */
int	 service_signal(const struct service *, int signo);

/* services_stop.c: a process ended; is all down that is to be? */
void	 stop_step(void);

/* Its process is over: tells supervisor, listener, record. */
void	 service_ended(struct service *, enum exit_kind, uint8_t value);

/* services_tell.c: what the supervisor is told */
void	 supervisor_begin(void);
void	 tell_policy(struct service *);
void	 tell_want(struct service *);
void	 tell_started(struct service *);
void	 tell_not_started(struct service *, uint8_t wait, const char *error);
void	 tell_refused(struct service *, uint8_t wait, const char *error);
void	 tell_ended(struct service *);
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
 * launch.c: forks, and once the turn of the loop is over lets the children go
 * that are in run/services by then: one write for all of them.  0; or -1 with
 * error: *wait is 2 when the host is short of something, else 0.  What comes of
 * it is told to the supervisor and the listener.
 */
void	 launch_init(void);
int	 launch(struct service *, const char *path, const struct semver *,
	    char *error, size_t, uint8_t *wait);
void	 launch_report_end(struct service *);
void	 launch_forget(struct service *);

/* services.c: the children that launch() forked are under way */
void	 service_started(struct service *);

/* launch_child.c: becomes the service, in the child; report gets an error. */
void	 launch_child(const struct config_service *, const char *path,
	    const char *fifo, int barrier, int report)
	    __attribute__((__noreturn__));

/* adopt.c */
int	 adopt_begin(char *error, size_t);	/* before any fifo is opened */
int	 adopt_service(struct service *, char *error, size_t);
int	 adopt_end(char *error, size_t);	/* services of no config */

/*
 * adopt_unknown.c: ends what run/services knows and no config names, all at
 * once.  0, or -1 with error when one is still there or that is not known.
 */
int	 adopt_end_unknown(char *error, size_t);
void	 adopt_unwatch(struct service *);

/* run_record.c: run/services follows what is so.  0 or -1 with error. */
int	 run_note(struct service *, char *error);	/* in memory */
int	 run_save(char *error);
int	 run_record(struct service *, char *error);	/* both */
int	 run_record_supervisor(pid_t, char *error);
void	 run_record_soon(struct service *);	/* both, within 1/5 s */
void	 run_forget(const char *name);

/* log_files.c */
int	 log_open(const struct service *);	/* for writing, at its end */
/* The one before a log that is still empty, if it ends within a line; or -1 */
int	 log_open_unfinished(const struct service *);
int	 log_is_full(const struct service *);	/* 1: due for a new one */
int	 log_rotate(const struct service *);	/* a new one; fd or -1 */
int	 fifo_make(const struct service *, char *error, size_t);
int	 fifo_open(const char *name);	/* read end, non-blocking */
/* 1 when s->fifo is what lies at its path. */
int	 fifo_is_same(const struct service *);
int	 fifo_open_write(const struct service *);
void	 fifo_path(const struct service *, char *, size_t);
void	 fifo_remove(const struct service *);

#endif
