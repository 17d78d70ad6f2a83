/*
 * What happens, as it is told to people: one JSON object per event, with a
 * sequence number, kept in the history file and sent to everyone who listens
 * (lavavisorctl monitor, upgrade now).
 */

#ifndef LAVAVISORD_EVENTS_H
#define LAVAVISORD_EVENTS_H

#include <stdint.h>

#include <jansson.h>

/* Events go to `history` in this directory; NULL: nowhere. */
void	 events_init(const char *directory);

/*
 * Tells of event (service node chain decision fetch verify install roll
 * commit rollback abandon hook room reload reexec) with the members of `facts`,
 * which is taken; it may be NULL.  A fact of no lasting interest (progress) is
 * not written to the history, and not even made when nobody listens.
 */
void	 event_tell(const char *event, json_t *facts);
void	 event_tell_progress(const char *event, json_t *facts);

/* How many listen: without any, what is not lasting need not be made. */
void	 events_heard_by(unsigned int);
int	 events_are_heard(void);

/* Each event, as a line without its newline; one listener (ctl.c). */
void	 events_listen(void (*)(const char *event, const char *line));

#endif
