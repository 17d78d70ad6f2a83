/*
 * One try of a check: whether a service accepts on its addresses, answers
 * there as it should, or a command says so.  Connections come from the
 * prober's dialer, HTTP is spoken in the prober, and both rooms are there
 * only while there is something to ask.
 */

#ifndef LAVAVISORD_PROBE_H
#define LAVAVISORD_PROBE_H

#include <stddef.h>

#include "lavavisord/config.h"
#include "lavavisord/services.h"

struct event_base;
struct probe;

/* What is asked, read once for many tries.  Zeroed: nothing. */
struct probe_plan {
	enum ready_kind		 kind;
	struct config_address	*address;
	size_t			 addresses;
};

/*
 * error: NULL when all is as it should be, else one line; valid during the
 * call.  ours: 1 when the failure says nothing of the service.
 */
typedef void	(*probe_done)(const char *error, int ours, void *);

void	 probe_init(struct event_base *);

/* 0, or -1 and why it cannot be known what to ask.  Frees what was there. */
int	 probe_plan_make(struct probe_plan *, const struct service *,
	    const struct config_check *, char *why, size_t);
void	 probe_plan_free(struct probe_plan *);

/*
 * Begins a try; done is called once, from the loop.  The service must have a
 * config; neither it nor plan nor check may go before done or probe_cancel().
 */
struct probe	*probe_start(const struct service *,
		    const struct probe_plan *, const struct config_check *,
		    probe_done, void *);

/* done will not be called. */
void	 probe_cancel(struct probe *);

#endif
