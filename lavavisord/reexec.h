/*
 * Another build in place of this one: the parent executes the installed
 * lavavisord with the same pid, so that every service stays its child.
 */

#ifndef LAVAVISORD_REEXEC_H
#define LAVAVISORD_REEXEC_H

#include <sys/types.h>

#include <stddef.h>

struct client;

/*
 * What the successor is handed, as "lock,admin,show" in this variable: its
 * arguments stay those of the first start, by which rc.subr(8) finds it.
 */
#define HANDED_VARIABLE	"LAVAVISORD_HANDED"

/* The keeper of passphrases, as "channel,pid", if there is one */
#define KEEPER_VARIABLE	"LAVAVISORD_KEEPER"

struct inherited {
	int	 lock;
	int	 admin;		/* the listening sockets */
	int	 show;
	int	 keeper;	/* its channel, -1 none */
	pid_t	 keeper_pid;
};

/*
 * Notes with which program and options we were started, while relative paths
 * still mean what they meant then.  argv has passed getopt(3).  0, or -1 with
 * error.
 */
int	 reexec_init(int argc, char *const argv[], char *error, size_t);

/* What a successor is to be handed. */
void	 reexec_hand(const struct inherited *);

/*
 * Takes the variable out of the environment.  1 if we are a successor, 0 if
 * not, -1 with error when it makes no sense.
 */
int	 reexec_handed(struct inherited *, char *error, size_t);

/*
 * Begins: the new program checks configuration and journal first (-n), and a
 * refusal leaves everything as it is.  c (NULL: a signal) is answered.
 */
void	 reexec_begin(struct client *c);

/* A child was reaped: 1 if it was the check. */
int	 reexec_reaped(pid_t, int status);

/*
 * The daemon is to stop: 1 when another program was about to take over, and
 * now is not; rooms may have left already.  Else 0.
 */
int	 reexec_cancel(void);

/* A child has ended: are the rooms gone, so that it can be done? */
void	 reexec_step(void);

#endif
