/*
 * A daemon that stands in for its one service (-W NAME, which `lavavisor wrap'
 * and `pod' use, mostly as pid 1 of a container): the service writes where we
 * write and has our environment, gets the signals that are its own, and its
 * exit status becomes ours.
 */

#ifndef LAVAVISORD_WRAPPED_H
#define LAVAVISORD_WRAPPED_H

#include <signal.h>

struct event_base;
struct service;

/*
 * Adds those signals that are passed on to the service to a set: HUP, USR1,
 * USR2, WINCH.
 */
void	 wrapped_signals(sigset_t *);

/* Its start means that it is to run, whatever was ordered in another life. */
void	 wrapped_wants(void);

/* Passes them on from now on. */
void	 wrapped_begin(struct event_base *);

/*
 * The supervisor is started first, and most of the others once the service is,
 * or soon after: between rooms_init() and the first room.
 */
void	 wrapped_rooms(struct event_base *);
void	 wrapped_started(void);

/*
 * After each change of it: one that ended and is not to be started again by
 * its policy, has failed and is not to be tried again, or was given a wrong
 * passphrase by whoever typed it, ends the daemon, too; one that was stopped by
 * order does not.
 */
void	 wrapped_look(const struct service *);

/*
 * Its exit status as a shell gives it: its code, 128 + n after signal n, 1
 * when that is not known, 0 when it has not run since we were started.
 */
int	 wrapped_exit_code(void);

#endif
