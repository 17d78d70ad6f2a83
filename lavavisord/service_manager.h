/*
 * What whoever started the daemon wants to know, in the words of sd_notify(3):
 * lines VARIABLE=VALUE in datagrams to the socket that NOTIFY_SOCKET names.
 * Without that variable nothing is sent.  It is kept over a reexec.
 */

#ifndef LAVAVISORD_SERVICE_MANAGER_H
#define LAVAVISORD_SERVICE_MANAGER_H

#include <stdint.h>

struct event_base;

/*
 * Looks at NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.  From here on
 * WATCHDOG=1 goes out twice in each interval that is asked for, as long as the
 * loop turns.
 */
void	 manager_begin(struct event_base *);

/* READY=1, MAINPID= and STATUS=; at the start and when a reload has ended */
void	 manager_ready(const char *status);

/* RELOADING=1 and MONOTONIC_USEC=; until manager_ready() */
void	 manager_reloading(const char *status);

/*
 * STOPPING=1; grace_ms more than the longest stop of a service, for which it
 * is asked to wait (EXTEND_TIMEOUT_USEC).
 */
void	 manager_stopping(const char *status, uint32_t grace_ms);

#endif
