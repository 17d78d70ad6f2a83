/*
 * Whether a daemon that has long to do for us still listens: a stop may take
 * as long as the service's grace, but a small question is answered at once.
 */

#ifndef LAVAVISORCTL_PULSE_H
#define LAVAVISORCTL_PULSE_H

#include "lavavisorctl/commands.h"

/*
 * Asks at the socket of this path by a conversation of its own.  0 when nothing
 * comes for timeout_s, so the daemon or its control room is held; 1 when
 * it answers, or has gone, which the caller's own conversation tells better.
 */
int	 pulse_felt(const struct command *, const char *path, int timeout_s);

#endif
