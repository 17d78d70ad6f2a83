/*
 * What runs at this moment: the file `services` in the run directory.  It is
 * renamed into place and then appended to, but not flushed, as pids die with
 * the boot; a parent that finds it knows which processes to adopt.
 *
 *	lavavisord-run 2
 *	boot BOOT-ID
 *	parent PID START
 *	supervisor PID START
 *	service NAME SLOT GENERATION PID START VERSION STATE WANT SINCE
 *	    STARTED RESTARTS FAILURES EXIT-KIND EXIT-VALUE	(one line)
 *	said NAME PID DUE	(after the line of its service)
 *	made-of NAME FORMAT HASH
 *	end SUM
 *
 * and behind that any number of changes, each appended by one write(2):
 *
 *	(an empty line)
 *	and
 *	any line as above but the first two, or: gone NAME
 *	end SUM			over the lines since `and'
 *
 * A change that is torn is as if it were not there: whoever writes one acts
 * only once it is whole.
 *
 * A BOOT-ID that is BOOT_ID_UNKNOWN, here or to the reader, is taken to be of
 * this boot.
 * PID 0 is none.  START is the start time of the process in the kernel's own
 * ticks or PROCESS_START_UNKNOWN (compat/process.h), SINCE and STARTED are ms
 * of CLOCK_MONOTONIC, the words of STATE those of service_state_name().  A
 * service without a process in the state running or stopping has ended, and its
 * supervisor had not heard of that; the PID of its line `said` is the one that
 * this supervisor knew.  DUE is when the next start is due, 0 never.
 * HASH is of the configuration that the process was made of,
 * config_service_run_hash() of that FORMAT; another one's is passed over.
 * Format 1 had no changes.
 */

#ifndef LAVAVISORD_RUNFILE_H
#define LAVAVISORD_RUNFILE_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/semver.h"

#define RUNFILE_NAME		"services"
#define RUNFILE_MAX_SIZE	(8 * 1024 * 1024)
#define RUNFILE_CHANGE_SIZE	1024	/* of one service */
#define RUNFILE_MAX_SERVICES	4096
#define BOOT_ID_SIZE		64

struct runfile_process {
	int32_t		 pid;		/* 0 none */
	uint64_t	 start;
};

struct runfile_service {
	char			 name[NAME_SIZE];
	uint32_t		 slot;
	uint64_t		 generation;
	struct runfile_process	 process;
	int			 has_version;
	struct semver		 version;	/* what runs */
	uint8_t			 state;		/* enum service_state */
	uint8_t			 want;		/* WANT_UP or WANT_DOWN */
	int64_t			 since_ms;
	int64_t			 started_ms;
	uint32_t		 restarts;
	uint32_t		 failures;
	uint8_t			 exit_kind;	/* enum exit_kind */
	uint8_t			 exit_value;
	int32_t			 said_pid;	/* 0 none */
	int64_t			 due_ms;	/* as since_ms, 0 none */
	uint64_t		 made_of;	/* 0 unknown */
};

struct runfile {
	char			 boot_id[BOOT_ID_SIZE];	/* one word */
	struct runfile_process	 parent;
	struct runfile_process	 supervisor;
	struct runfile_service	*service;	/* belongs to the runfile */
	size_t			 service_count;
	size_t			 at;		/* where one was found last */
};

void	 runfile_init(struct runfile *, const char *boot_id);
void	 runfile_free(struct runfile *);

/*
 * Initialises *r for this boot and fills it from the file in `dir`.  A file
 * that is missing, torn or of another boot leaves it empty and returns 0, with
 * the reason in error ("" when the file was read).  Any other failure is -1
 * with the reason: what runs is unknown then, and nothing may be started.
 * error: one line of TEXT_SIZE bytes.
 */
int	 runfile_load(int dir, const char *boot_id, struct runfile *r,
	    char *error);

/*
 * Replaces the file; *size is its length.  0, or -1 with error as above: do not
 * start then.
 */
int	 runfile_save(int dir, const struct runfile *, size_t *size,
	    char *error);

/*
 * The text form, as in journal.h.  1 read (whatever became of changes), 0 left
 * empty, -1 intact, of this boot and not understood: what runs is unknown.
 * Lines with an unknown first word are skipped.
 */
int	 runfile_parse(char *text, size_t len, struct runfile *r,
	    char *error);
void	 runfile_format(const struct runfile *, char **text, size_t *len);

/*
 * The text of a change, in a buffer of RUNFILE_CHANGE_SIZE bytes: its length.
 */
size_t	 runfile_change(const struct runfile_service *, char *);
size_t	 runfile_gone(const char *name, char *);
size_t	 runfile_owners(const struct runfile *, char *);

/*
 * The record of a service, NULL when there is none.  Pointers last until the
 * next add or remove.
 */
struct runfile_service *runfile_service(struct runfile *, const char *name);

/* Adds it, all zero but its name; NULL beyond RUNFILE_MAX_SERVICES. */
struct runfile_service *runfile_service_add(struct runfile *,
	    const char *name);
void	 runfile_service_remove(struct runfile *, const char *name);
void	 runfile_forget_services(struct runfile *);

/* The highest generation in it, 0 none: a lost journal must go beyond. */
uint64_t runfile_generation(const struct runfile *);

#endif
