/*
 * `install FILE`: a local file, handed over by lavavisorctl, goes through the
 * same verifier as a download and becomes an installed version.  One at a
 * time.  The parent only passes the files on and never reads them.
 */

#ifndef LAVAVISORD_OFFLINE_H
#define LAVAVISORD_OFFLINE_H

#include "common/semver.h"

struct client;
struct msg_request;

/* The order; its files follow.  The client gets events and one result. */
void	 offline_install(struct client *, const struct msg_request *);

/*
 * Ends the one in hand, if there is one, with the reason for its client:
 * the configuration changes, the daemon stops.
 */
void	 offline_cancel(const char *why);

/* The same when it is of this version: an upgrade needs its place. */
void	 offline_give_way(const struct semver *);

/* 1 while one of this version is in hand. */
int	 offline_has(const struct semver *);

#endif
