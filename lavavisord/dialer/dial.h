/*
 * One connection being made: several addresses tried one after the other,
 * the next one 250 ms after the last or when that has failed, and the first
 * that connects is taken (RFC 8305 in its simplest form).
 */

#ifndef DIALER_DIAL_H
#define DIALER_DIAL_H

#include <stdint.h>

#include "common/message.h"

struct event_base;
struct dial;

/*
 * Called once, from the loop or from within dial_addresses().  fd: the
 * connected non-blocking socket, now the callback's, or -1; *m says the rest.
 * The dial has been freed.
 */
typedef void	(*dial_done)(uint32_t id, int fd, const struct msg_dialed *m);

/*
 * Starts the deadline m->timeout_ms.  The dial does nothing else until it is
 * given addresses.  Allocation failure is fatal.
 */
struct dial	*dial_new(struct event_base *, uint32_t id,
		    const struct msg_dial *m, dial_done);

/*
 * Looks the host up and starts to connect; d may be freed on return.
 * numeric: names are not looked up.  Returns 0, or -1 when the host is not
 * numeric and nothing was done.  A lookup blocks: see dialer/main.c.
 */
int	 dial_addresses(struct dial *, int numeric);

/* Ends the dial with this error. */
void	 dial_fail(struct dial *, const char *, ...)
	    __attribute__((__format__(__printf__, 2, 3)));

/* Ends it without a word. */
void	 dial_free(struct dial *);

/* Those under way */
unsigned int	 dial_count(void);
struct dial	*dial_find(uint32_t id);

/* The oldest one that waits for dial_addresses(d, 0); NULL: none does */
struct dial	*dial_unresolved(void);

#endif
