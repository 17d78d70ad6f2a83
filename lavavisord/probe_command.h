/*
 * A command that says by its exit code whether a service is well.  It runs as
 * the service's user, in its directory and environment, in a session of its
 * own, with its output thrown away; what it leaves behind when it ends, or its
 * time is over, is killed (`whole` in run_command.h).
 */

#ifndef LAVAVISORD_PROBE_COMMAND_H
#define LAVAVISORD_PROBE_COMMAND_H

#include <sys/types.h>

#include <stdint.h>

#include "lavavisord/services.h"

struct event_base;
struct probe_command;

/*
 * error: NULL when it ended with 0.  ours: 1 when it did not come to run, for
 * want of something.
 */
typedef void	(*probe_command_done)(const char *error, int ours, void *);

/*
 * Starts it; the service must have a config.  output: for its standard output,
 * not its standard error, stays the caller's; -1 none.  done is called once,
 * from the loop.  NULL with *why (static text) when it cannot be forked.
 */
struct probe_command	*probe_command_start(struct event_base *,
			    const struct service *,
			    const struct config_check *, int output,
			    probe_command_done, void *, const char **why);

/* Kills it; done is not called. */
void	 probe_command_cancel(struct probe_command *);

#endif
