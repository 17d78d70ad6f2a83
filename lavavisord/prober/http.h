/*
 * One HTTP request to a service over a connected socket, by libcurl.  Nothing
 * of it is kept: no connection, no cookie, no redirect is followed.
 */

#ifndef PROBER_HTTP_H
#define PROBER_HTTP_H

#include <stdint.h>

#include "common/curl_handed.h"
#include "common/message.h"

struct event_base;
struct probe;

/* error: "" when the answer is as it should be.  The probe is freed then. */
typedef void	(*probe_done)(uint32_t id, const char *error);

/* Takes fd.  done comes from the loop, never from within. */
void	 probe_begin(struct event_base *, struct handed_pool *, uint32_t id,
	    int fd, const struct msg_probe *, probe_done);

/* done will not be called. */
void	 probe_cancel(uint32_t id);

/* Those under way */
unsigned int	 probe_count(void);

#endif
