/*
 * `upgrade prepare [VERSION]`: what the chain wants, or VERSION, is fetched,
 * verified, installed and probed ahead of its time, by the same rooms and
 * rules as in an upgrade; no service moves.  Where nothing was committed yet
 * `current` is pointed at it.  One at a time, and it is its client's: who
 * leaves calls it off.  An upgrade goes first; the preparation waits for it.
 */

#ifndef LAVAVISORD_UPGRADE_PREPARE_H
#define LAVAVISORD_UPGRADE_PREPARE_H

struct client;
struct msg_request;

/*
 * The order.  argument: a version, or "" for what the chain wants of both
 * roles.  number 1: only answer what that is, one object
 *	{"roles": [{"role", "target", "min", "installed"}]}
 * where installed is the version that would do, or null.
 */
void	 order_prepare(struct client *, const struct msg_request *);

/* A sample of the chain was accepted. */
void	 prepare_sampled(void);

/* A round of the monitor brought none, for this reason. */
void	 prepare_no_sample(const char *why);

/* An upgrade needs the rooms: what is in hand waits until it has ended. */
void	 prepare_give_way(void);
void	 prepare_go_on(void);

/* Ends the one in hand, if there is one, with the reason for its client. */
void	 prepare_cancel(const char *why);

/* 1 while this version is being put into its place. */
struct semver;
int	 prepare_has(const struct semver *);

#endif
