/*
 * Whether services are ready, by their `ready:`.  tcp, http and command are
 * tried (probe.h) until they succeed once, with growing pauses; log and notify
 * are waited for (ready_signs.h); none counts as ready after a second of
 * running.
 */

#ifndef LAVAVISORD_READINESS_H
#define LAVAVISORD_READINESS_H

#include "lavavisord/services.h"

struct event_base;

/* changed: called when a running service became ready. */
void	 readiness_init(struct event_base *, void (*changed)(struct service *));

/* A process of this service started; ended, or the service goes away. */
void	 readiness_started(struct service *);
void	 readiness_ended(struct service *);

/* The config is another one: who is not ready yet is asked by the new one. */
void	 readiness_reconfigured(void);

enum readiness {
	READINESS_NONE,		/* no check is configured */
	READINESS_NO,
	READINESS_YES
};

enum readiness readiness_of(const struct service *);

/* 1 once it counts as ready, with or without a check. */
int	 readiness_counts(const struct service *);

/*
 * 1 while it runs and may still become ready: its process is younger than
 * the policy's ready-timeout.
 */
int	 readiness_is_due(const struct service *);

/* Milliseconds from start to ready of the process that runs, -1 not yet. */
int64_t	 readiness_took_ms(const struct service *);

/* Why it is not ready, "" unknown. */
const char *readiness_why(const struct service *);

#endif
