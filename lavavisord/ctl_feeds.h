/*
 * What has happened, for those who ask: the history, and events as they come,
 * also from a sequence number on.
 */

#ifndef LAVAVISORD_CTL_FEEDS_H
#define LAVAVISORD_CTL_FEEDS_H

struct client;
struct msg_request;

/*
 * VERB_MONITOR.  What a client has missed is answered a page at a time, at the
 * end of which it asks again, so that its own reading is the pace.
 */
void	 ctl_monitor(struct client *, const struct msg_request *);

/* VERB_SHOW_HISTORY: the end of the history as one array. */
void	 ctl_history(struct client *, const struct msg_request *);

#endif
