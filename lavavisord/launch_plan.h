/*
 * All that a child must know to become the service, in one piece of memory
 * beside the heap, which it does not have (compat/heap.h).
 */

#ifndef LAVAVISORD_LAUNCH_PLAN_H
#define LAVAVISORD_LAUNCH_PLAN_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "lavavisord/config.h"
#include "lavavisord/runfile.h"

/* Exit code of a child that could not become the service, and why */
#define LAUNCH_FAILED	111

/* In memory that parent and children share */
struct launch_report {
	uint64_t	 generation;	/* whose it is, 0 none */
	uint8_t		 wait;	/* 2: the host is short of something */
	char		 text[TEXT_SIZE];
};

struct launch_plan {
	const char		*path;		/* what is executed */
	char			**argv;		/* ends with NULL, as is env */
	char			**env;
	const char		*fifo;		/* for its output, NULL ours */
	const char		*directory;
	const char		*config_link;	/* of ./config, NULL none */
	const char		*user_name;
	uid_t			 uid;
	gid_t			 gid;
	gid_t			*gids;
	size_t			 gids_count;
	struct config_rlimit	*rlimits;
	size_t			 rlimits_count;
	mode_t			 umask;
	int			 nice;
	int			 no_new_privs;
	int			 privileged;	/* it is to change its user */
	int			 run;		/* fd of run/services */
	int			 input;		/* standard input, -1 none */
	pid_t			 parent;
	struct runfile_service	 record;	/* without pid and start */
	struct launch_report	*report;
};

/*
 * Makes the plan of a service's config; what it needs of path, fifo and notify
 * (its NOTIFY_SOCKET, NULL none) is copied.  Without a fifo its output goes
 * where ours goes, and its environment is ours.  The record, the report, run,
 * input and parent are the caller's to set.  It lasts until the next call.
 * Allocation failure is fatal.
 */
struct launch_plan	*launch_plan(const struct config_service *,
	    const char *path, const char *fifo, const char *notify,
	    const char *state, int privileged);

/*
 * launch_child.c: in the child.  It writes itself down in run/services, which
 * the start barrier is, and becomes the service if parent lives still by then.
 */
void	 launch_child(const struct launch_plan *)
	    __attribute__((__noreturn__));

#endif
