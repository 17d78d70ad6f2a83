/*
 * A new configuration for a daemon that runs: all of it or nothing.
 */

#ifndef LAVAVISORD_RELOAD_H
#define LAVAVISORD_RELOAD_H

#include <stddef.h>

#include <jansson.h>

/*
 * Reads the config again.  only_say: changes nothing.  1: *what is a new array
 * of {service, change} and {change}, the same for both, and text says it in a
 * line; 0: nothing would change; -1: refused, text has file:line and why.
 *
 * change: added, removed, restarted (it runs and its process would be another
 * one) or changed (its process stays, or it has none) of a service; nodes,
 * policy, releases, or sandbox, which is in effect after a restart only.
 */
int	 reload(int only_say, json_t **what, char *text, size_t);

/* The same for SIGHUP; the result goes to the log. */
void	 reload_from_signal(void);

#endif
