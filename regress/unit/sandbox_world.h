/*
 * For the tests of the sandbox: a child process enters the real
 * sandbox_enter() of a kind of room and does one thing there.
 */

#ifndef REGRESS_SANDBOX_WORLD_H
#define REGRESS_SANDBOX_WORLD_H

#include <sys/types.h>

#include "common/message.h"

/* What the child has open when it enters */
struct world {
	pid_t		 parent;
	int		 tcp;		/* unconnected socket */
	int		 udp;
	int		 listener;	/* TCP, on loopback */
	int		 port;
	int		 connected[2];	/* TCP */
	int		 unix_listener;
	int		 unix_client;	/* connected to it, not accepted */
	int		 file;		/* read-write, ten bytes in it */
	int		 pair[2];	/* unix stream socketpair */
	int		 pipes[2];
	struct msg_ready report;
};

enum outcome {
	OUTCOME_DONE,		/* the act returned 0: it succeeded */
	OUTCOME_REFUSED,	/* it returned -1 */
	OUTCOME_KILLED,		/* by SIGSYS */
	OUTCOME_ABORTED,	/* by SIGABRT */
	OUTCOME_SKIPPED,	/* it returned ACT_SKIP */
	OUTCOME_NO_SANDBOX,
	OUTCOME_ODD
};

#define ACT_SKIP	77

typedef int	(*act)(enum room_kind, struct world *);

/* before may be NULL; it runs ahead of sandbox_enter(). */
enum outcome	 in_sandbox(enum room_kind, act before, act);

/* Root and the sandbox became another user, so tests that need that hold. */
int		 as_root(void);

extern const enum room_kind	 rooms[];
extern const size_t		 room_count;

/* One test case of a table for cmocka's groups, with its state. */
void		 world_setup(void);
const char	*world_user(void);
const char	*world_empty(void);

#endif
