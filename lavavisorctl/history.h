/*
 * The answer of show history: events of the past.
 */

#ifndef LAVAVISORCTL_HISTORY_H
#define LAVAVISORCTL_HISTORY_H

#include <stdio.h>

#include <jansson.h>

/* A table: when, which event, of what, which version, what exactly. */
void	 history_table(FILE *, const json_t *events, int colour);

/* One JSON object a line. */
void	 history_lines(FILE *, const json_t *events);

#endif
