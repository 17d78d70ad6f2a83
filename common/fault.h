/*
 * Points at which a test kills one of our processes, compiled in with
 * -DFAULTS only: regress/faults/ passes each of them once, dead, and looks at
 * what is left.  In any other build they are nothing.
 *
 * The environment variable LAVAVISORD_FAULTS names a file that is mapped at
 * the start of each process, before any wall; struct fault_page is what it
 * holds.  A name is made of the program and what follows:
 *	lavavisord.journal.renamed
 *	supervisor.parent.got.service-want.before
 */

#ifndef COMMON_FAULT_H
#define COMMON_FAULT_H

#include <stdint.h>

#define FAULT_NAME_SIZE	88	/* with its NUL */
#define FAULT_NAMES	2048

enum fault_mode {
	FAULT_OFF,
	FAULT_COUNT,		/* points are counted in `seen` */
	FAULT_KILL		/* SIGKILL at one passing of one of them */
};

/* Numbers are of the machine's byte order; regress/faults/page.py knows it. */
struct fault_page {
	uint32_t	 mode;
	uint32_t	 fired;		/* set right before the kill */
	uint32_t	 pid;		/* that was killed */
	uint32_t	 nth;		/* passing that kills, from 1 */
	uint32_t	 passed;	/* of `name`, by all processes */
	uint32_t	 lock;		/* of `seen` */
	uint32_t	 names;		/* used of `seen` */
	uint32_t	 unused;
	char		 name[FAULT_NAME_SIZE];
	struct {
		char		 name[FAULT_NAME_SIZE];
		uint32_t	 count;
		uint32_t	 unused;
	}		 seen[FAULT_NAMES];
};

#ifdef FAULTS
#define FAULT_VARIABLE	"LAVAVISORD_FAULTS"

void	 fault_point(const char *name);

/* Point `peer.act.message.when`; type is a message of common/message.h. */
void	 fault_message(const char *peer, const char *act, uint32_t type,
	    const char *when);

/* Point `what.file.when` of a step on the disk. */
void	 fault_file(const char *what, const char *file, const char *when);

#define FAULT_POINT(name)	fault_point(name)
#define FAULT_MESSAGE(peer, act, type, when) \
	fault_message((peer), (act), (type), (when))
#define FAULT_FILE(what, file, when)	fault_file((what), (file), (when))
#else
#define FAULT_POINT(name)			((void)0)
#define FAULT_MESSAGE(peer, act, type, when)	((void)0)
#define FAULT_FILE(what, file, when)		((void)0)
#endif

#endif
