/*
 * Commands of the operator that the parent runs for an upgrade: as another
 * user, in a session of their own, with a timeout.  What they write goes to
 * the log, so much and no more; one that floods is read slowly.  At its end or
 * its timeout all of its group is killed.
 */

#ifndef LAVAVISORD_HOOK_COMMAND_H
#define LAVAVISORD_HOOK_COMMAND_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct hook_run;

/* An environment in the making; "NAME=value" of each, NULL behind */
#define HOOK_FACTS_MAX	24
#define HOOK_FACT_SIZE	32768	/* of one; what is longer is cut */

struct hook_facts {
	char	*text[HOOK_FACTS_MAX + 1];
	size_t	 count;
};

void	 hook_facts_init(struct hook_facts *);
void	 hook_facts_free(struct hook_facts *);

/* Adds one, copied; control characters become spaces. */
void	 hook_fact(struct hook_facts *, const char *name, const char *value);

/* All of it is used by hook_start() only, but for done and arg. */
struct hook_command {
	char			 label[96];	/* for the log */
	char			**argv;		/* argv[0] an absolute path */
	uid_t			 uid;		/* the user's, if privileged */
	gid_t			 gid;
	const gid_t		*gids;
	size_t			 gids_count;
	const char		*user_name;	/* NULL or "": unknown */
	const char		*home;		/* NULL: directory */
	const char		*directory;	/* where it runs */
	int			 no_new_privs;
	uint32_t		 timeout_ms;
	const struct hook_facts	*facts;

	/* Called once, from the loop; error NULL: it ended with code 0. */
	void			(*done)(const char *error, void *);
	void			*arg;
};

void	 hook_commands_init(struct event_base *);

/* Runs it.  NULL with error (TEXT_SIZE bytes): it could not be forked. */
struct hook_run	*hook_start(const struct hook_command *, char *error);

/*
 * 1: it was executed and has ended, and so (waitpid(2)'s status); for its done
 * only.
 */
int	 hook_status(const struct hook_run *, int *status);

/* Kills it; done is not called, and the run is no more the caller's. */
void	 hook_cancel(struct hook_run *);

/* Kills all of them, as this parent is about to go; done is called. */
void	 hook_cancel_all(void);

#endif
