/*
 * One event of the daemon as one line for people.  Pure.
 */

#ifndef LAVAVISORCTL_EVENT_LINE_H
#define LAVAVISORCTL_EVENT_LINE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define EVENT_LINE_SIZE	4096

/* Bytes done so far in a fetch or a verification, or services in a roll */
struct progress {
	uint64_t	 done;
	uint64_t	 total;		/* 0 unknown */
	char		 what[128];	/* "fetch lavap-v6.2.5-linux-amd64" */
	int		 counts;	/* services, not bytes */
};

/*
 * Writes time, event and its facts into line (EVENT_LINE_SIZE bytes; not
 * yet safe for a terminal).
 */
void	 event_line(const json_t *event, char *line);

/* 1 and *p filled when the event tells how far something is. */
int	 event_progress(const json_t *event, struct progress *p);

/* The same for an event of a roll: services that are done with. */
int	 event_roll(const json_t *event, struct progress *p);

/* 1: with this event an upgrade is over. */
int	 event_is_end(const json_t *event);

/* "fetch lavap [#####-----]  50% 13.5 MB", at most width columns of ASCII. */
void	 progress_bar(const struct progress *, size_t width, char *line,
	    size_t size);

#endif
