/*
 * The passphrases of services as the parent has them: not at all.  It knows
 * which ones the room `keeper` holds, passes the pipes on in which they come
 * and go, and says which service can be started.
 *
 * HELD by the keeper; COMING: it is being read; NONE: it can be read when it is
 * needed; LOCKED: only the operator can help, and `why' says with what.
 */

#ifndef LAVAVISORD_PASSPHRASE_H
#define LAVAVISORD_PASSPHRASE_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/message.h"
#include "lavavisord/services.h"

struct client;
struct event_base;

/*
 * First of all in main: which descriptors were open when we were started.
 * Others that get such a number later are not meant by `fd N'.
 */
void	 passphrase_descriptors(void);

/*
 * Once the services are there.  fd, pid: the keeper that the program before us
 * had, or -1 and 0.
 */
void	 passphrase_begin(struct event_base *, int fd, pid_t pid);

/* After services_reconfigure(). */
void	 passphrase_reconfigured(void);

/* It goes away. */
void	 passphrase_free(struct service *);

enum passphrase_may {
	PASSPHRASE_GO,
	PASSPHRASE_LATER,	/* start_again() will be called */
	PASSPHRASE_NEVER	/* why says what it takes */
};

/* May it be started now?  Begins to read what can be read. */
enum passphrase_may passphrase_may_start(struct service *, char *why, size_t);

/*
 * A run of it was forked, with the read end of this pipe as its standard
 * input.  Takes both ends.
 */
void	 passphrase_feed(struct service *, int write_end, int read_end);

/* The pipe for that.  0, or -1 and errno. */
int	 passphrase_pipe(int ends[2]);

/* The run is ready, or over (its state still says how it ran). */
void	 passphrase_ready(struct service *);
void	 passphrase_ended(struct service *, enum exit_kind, uint8_t value);

/* The operator wants it up: what could not be read, or was wrong, is read. */
void	 passphrase_retry(struct service *);

/* 1 if it could not be started again once it is down. */
int	 service_is_locked(const struct service *);

/*
 * 1 while it is being read, and no other one is at hand: whether it could be
 * started again is known once that is over.
 */
int	 passphrase_is_coming(const struct service *);

/*
 * In services_reconfigure(), with the new definition: 0 if one is to be read
 * or typed first, before it could be started again.  hooks_unlocked() follows
 * when it is there.
 */
int	 passphrase_is_known(const struct service *);

/*
 * 1 if the keeper died before its last run was ready: that may have ended for
 * want of a passphrase.
 */
int	 passphrase_was_cut(const struct service *);

/* Why, "" if it is not. */
const char *service_locked_why(const struct service *);

/*
 * 1 if it is locked as a run did not accept its passphrase, which was given
 * once by whoever started us (`fd N') and cannot be read again.
 */
int	 passphrase_failed(const struct service *);

/* {source, state, proven, reason} for people, or null. */
json_t	*passphrase_show(const struct service *);

/* The verbs `unlock' and `lock'. */
void	 passphrase_unlock(struct client *, const struct msg_request *);
void	 passphrase_lock(struct client *, const struct msg_request *);

/*
 * Before a reexec: the keeper is to be silent.  paused: 1 when it is, or there
 * is none.  hand: its channel, which stays open over an exec, and its pid; -1
 * and 0 without one.  resume: there was no reexec after all.
 */
void	 passphrase_pause(void);
int	 passphrase_is_paused(void);
void	 passphrase_hand(int *fd, pid_t *pid);
void	 passphrase_resume(void);

#endif
