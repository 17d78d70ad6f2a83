/*
 * Runs a command of the operator: as another user, in a session of its own,
 * with limits and a timeout, and ends what it leaves behind.  Of checks
 * (probe_command.h) and of what is run around an upgrade (hook_command.h).
 */

#ifndef LAVAVISORD_RUN_COMMAND_H
#define LAVAVISORD_RUN_COMMAND_H

#include <sys/types.h>
#include <sys/resource.h>

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct run;

enum run_trouble {
	RUN_OK,			/* it ran; `status` is its own */
	RUN_NOT_READIED,	/* its user, directory or limits */
	RUN_NOT_EXECUTED
};

/* How it ended */
struct run_end {
	enum run_trouble	 trouble;
	int			 error;		/* errno of the trouble */
	int			 late;		/* killed at its timeout */
	int			 status;	/* as of waitpid(2) */
};

/* All of it is used by run_command_start() only, but for done and arg. */
struct run_command {
	char *const		*argv;		/* argv[0] an absolute path */
	char *const		*envp;
	uid_t			 uid;		/* the user's, if privileged */
	gid_t			 gid;
	const gid_t		*gids;
	size_t			 gids_count;
	const char		*directory;
	int			 anywhere;	/* 1: else in / */
	mode_t			 umask;
	int			 no_new_privs;
	int			 output;	/* -1: /dev/null; stays the
						 * caller's */
	int			 errors_apart;	/* 1: standard error is
						 * /dev/null, not output */
	rlim_t			 files_max;	/* RLIMIT_NOFILE */
	rlim_t			 size_max;	/* RLIMIT_FSIZE, bytes */
	uint32_t		 timeout_ms;
	unsigned int		 orphan_s;	/* should we die: it ends so
						 * long after the timeout */
	/*
	 * 1: what has left its process group is ended with it, too: all in its
	 * cgroup as root where there are cgroups, else all in its session.
	 * Only without output.
	 */
	int			 whole;

	void			(*done)(const struct run_end *, void *);
	void			*arg;
};

/*
 * Starts it; done is called once, from the loop, when it is reaped.  NULL and
 * errno: it cannot be forked.
 */
struct run	*run_command_start(struct event_base *,
		    const struct run_command *);

pid_t		 run_command_pid(const struct run *);

/* Kills it; done will be called. */
void		 run_command_kill(struct run *);
void		 run_command_kill_all(void);

/* Kills it; done will not be called, and it is no more the caller's. */
void		 run_command_cancel(struct run *);

/* A child is a zombie still: if it is one of ours, ends what is with it. */
void		 run_command_ending(pid_t);

/* A child was reaped: 1 if it was one of ours. */
int		 run_command_reaped(pid_t, int status);

#endif
