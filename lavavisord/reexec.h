/*
 * Another build in place of this one: the parent executes the installed
 * lavavisord with the same pid, so that every service stays its child.
 */

#ifndef LAVAVISORD_REEXEC_H
#define LAVAVISORD_REEXEC_H

#include <sys/types.h>

#include <stddef.h>

struct client;

/* What the successor is handed, as its option -R "lock,admin,show" */
struct inherited {
	int	 lock;
	int	 admin;		/* the listening sockets */
	int	 show;
};

/*
 * Notes with which program and options we were started, while relative paths
 * still mean what they meant then; options given are not NULL.  0, or -1 with
 * error.
 */
struct started {
	const char	*program;	/* argv[0] */
	const char	*directory;	/* absolute */
	const char	*conf;
	const char	*libexec;
	int		 foreground;
	int		 verbose;
};
int	 reexec_init(const struct started *, char *error, size_t);

/* What a successor is to be handed. */
void	 reexec_hand(const struct inherited *);

/* Reads the option; 0, or -1 when it makes no sense. */
int	 reexec_read(const char *, struct inherited *);

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
