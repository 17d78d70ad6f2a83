/*
 * lavavisord as a program of ours: in our place, or below us for a while.
 */

#ifndef LAVAVISORCTL_DAEMON_H
#define LAVAVISORCTL_DAEMON_H

#include <sys/types.h>

#include <stddef.h>

struct place;

/* One that was started for a while, with no services (lavavisord -I) */
struct daemon {
	pid_t	 pid;		/* 0 none */
	int	 life;		/* it ends when this is closed */
	int	 log;		/* a file with its log; -1 on our stderr */
};

/*
 * Executes lavavisord for this place in our stead, in the foreground, its log
 * on our stderr.  Returns -1 with why when it cannot.
 */
int	 daemon_exec(const struct place *, char *why, size_t size);

/*
 * The same for one service of a place of its own (lavavisord -W), whose
 * configuration may be another place's; upgrades: the directory that has
 * upgrades/.
 */
int	 daemon_exec_wrapped(const struct place *, const char *config,
	    const char *service, const char *upgrades, int verbose,
	    char *why, size_t size);

/*
 * Starts an idle one and waits until it answers.  verbose: its log is to be
 * seen.  0, or -1 with why, its own last word; then none runs.
 */
int	 daemon_begin(struct daemon *, const struct place *, int verbose,
	    char *why, size_t size);

/* Ends it, and waits for that.  Its log is shown on stderr if show. */
void	 daemon_end(struct daemon *, int show);

#endif
