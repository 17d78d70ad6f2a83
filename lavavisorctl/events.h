/*
 * Prints a stream of events: raw, as lines, or on a terminal with one bar
 * that moves.
 */

#ifndef LAVAVISORCTL_EVENTS_H
#define LAVAVISORCTL_EVENTS_H

#include <stdio.h>

#include <jansson.h>

#include "lavavisorctl/event_line.h"

struct event_printer {
	FILE	*out;
	int	 bars;		/* a terminal that watches progress */
	int	 columns;	/* its width */
	int	 bar_open;	/* a bar stands on the last line */
	struct progress	 bar;	/* that one */
	char	 what[128];	/* of the last progress */
	int	 tenth;		/* of it that was printed, 0 to 10 */
};

/* bars: draw them when out is a terminal. */
void	 events_begin(struct event_printer *, FILE *out, int bars);

void	 events_print(struct event_printer *, const json_t *event);

/* Ends a bar's line before anything else is printed. */
void	 events_end(struct event_printer *);

#endif
