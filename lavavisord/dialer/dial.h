/*
 * One connection being made, after RFC 8305: both families are looked up at
 * once, IPv6 is waited for 50 ms when IPv4 is known first, the families take
 * turns, each address is given 250 ms (or its failure) before the next one is
 * tried beside it, and the first that connects is taken.
 */

#ifndef DIALER_DIAL_H
#define DIALER_DIAL_H

#include <stdint.h>

#include "common/message.h"

struct event_base;
struct dial;

/*
 * Called once, from the loop or from within dial_begin().  fd: the
 * connected non-blocking socket, now the callback's, or -1; *m says the rest.
 * The dial has been freed.
 */
typedef void	(*dial_done)(uint32_t id, int fd, const struct msg_dialed *m);

/*
 * Starts the deadline m->timeout_ms.  The dial does nothing else until
 * dial_begin().  Allocation failure is fatal.
 */
struct dial	*dial_new(struct event_base *, uint32_t id,
		    const struct msg_dial *m, dial_done);

/*
 * Looks the host up and connects; d may be freed on return.  Nothing blocks.
 * numeric: names are refused.
 */
void	 dial_begin(struct dial *, int numeric);

/* Ends the dial with this error. */
void	 dial_fail(struct dial *, const char *, ...)
	    __attribute__((__format__(__printf__, 2, 3)));

/* Ends it without a word. */
void	 dial_free(struct dial *);

/* Those under way */
unsigned int	 dial_count(void);
struct dial	*dial_find(uint32_t id);

#endif
