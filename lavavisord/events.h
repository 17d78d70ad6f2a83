/*
 * What happens, as it is told to people: one JSON object per event, kept in
 * the history file and sent to everyone who listens (lavavisorctl monitor,
 * upgrade now).
 *
 * Each has a sequence number, one more than the one before it, also over
 * restarts, a reexec and the death of any process: the last one is kept in
 * run/sequence (not flushed: after a power cut those of the last seconds may be
 * given again).  The last EVENTS_KEPT lines are in memory, in bounds of bytes,
 * the older ones that last are in the history, so that a client can ask for
 * what it has missed.  What neither has any more is told as an event `lost`,
 * {seq, time, event, first, last, count, reason}: at most `count` events, with
 * these numbers.  A gap in the numbers without it is progress (fetch, verify,
 * roll), which is told to those who listen and not kept for long.
 *
 * While the history cannot be written, the lines wait in memory.
 */

#ifndef LAVAVISORD_EVENTS_H
#define LAVAVISORD_EVENTS_H

#include <stdint.h>

#include <jansson.h>

#define EVENTS_KEPT	1024
#define EVENTS_BYTES	(1024 * 1024)

/* Relative to the directory of the state */
#define EVENTS_SEQUENCE	"run/sequence"

/*
 * Events go to `history` in this directory, and their numbers go on from where
 * they are; NULL: nowhere, and from 1.
 */
void	 events_init(const char *directory);

/*
 * Tells of event (service node chain decision fetch verify install begin roll
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

/* The same as objects, of lasting events only; one listener. */
void	 events_note(void (*)(const json_t *));

/* The number of the last event, 0 none yet. */
uint64_t events_last(void);

/* 1 if all after this number are in memory: no file has to be read. */
int	 events_kept(uint64_t after);

/*
 * Calls f with each event after this number, oldest first, and with a line
 * `lost` in place of those that are gone, until f returns other than 0.
 * 1 when f did, 0 when that was all.
 */
int	 events_since(uint64_t after, int (*f)(const char *line, void *),
	    void *);

#endif
