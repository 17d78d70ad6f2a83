/*
 * `health:`: services that are ready are asked again and again; what follows
 * is in health_rule.h.  At most `max-unavailable` services are restarted for
 * their health at a time, and none while an upgrade moves services.
 */

#ifndef LAVAVISORD_HEALTH_H
#define LAVAVISORD_HEALTH_H

#include "lavavisord/services.h"

struct event_base;

/* changed: called when a service began to fail, was restarted, or is well. */
void	 health_init(struct event_base *, void (*changed)(struct service *,
	    const char *what));

/* Its process became ready; ended; it leaves the config. */
void	 health_ready(struct service *);
void	 health_ended(struct service *);
void	 health_forget(struct service *);

/* The config is another one. */
void	 health_reconfigured(void);

/* NULL no check, else "unknown", "ok" or "failing". */
const char	*health_state(const struct service *);

/* What is wrong, "" nothing. */
const char	*health_why(const struct service *);

#endif
