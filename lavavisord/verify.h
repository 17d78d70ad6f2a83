/*
 * The parent's side of a verifier: one process per job.
 */

#ifndef LAVAVISORD_VERIFY_H
#define LAVAVISORD_VERIFY_H

#include <stddef.h>

#include "common/message.h"

struct config_key;
struct event_base;

struct verify_job {
	struct msg_verify	 ask;
	int			 fd[VERIFY_FILES];	/* -1 none; taken */
	const struct config_key	*keys;		/* must stay until done */
	size_t			 nkeys;
	void			(*done)(const struct msg_verified *, int died,
				    void *);
	void			*arg;
};

void	 verify_init(struct event_base *);

/*
 * Hands everything to a fresh verifier.  One job at a time; those that come
 * meanwhile wait.  done is called once from the loop; died is 1, with ok 0
 * and error, when the verifier could not answer.
 */
void	 verify_start(const struct verify_job *);

/*
 * With ask.growing the binary of a job may still be written to; the verifier
 * follows it until this is called for the job with this done.  A growing job
 * gives way to any other: it is then done at once, as if it had died.
 */
void	 verify_whole(void (*done)(const struct msg_verified *, int,
	    void *));

/*
 * Drops the jobs with this done, which is then not called; what they had
 * written is the caller's to remove.  1 when there were any, else 0.
 */
int	 verify_cancel(void (*done)(const struct msg_verified *, int,
	    void *));

#endif
