/*
 * The one job of a verifier: is this file the one that was meant?  It copies
 * the file to its new place while it hashes it, so that the answer is about
 * the bytes that lie there, whatever becomes of the staging file.
 *
 * Work goes in steps of about a megabyte, so that the caller can serve its
 * channel in between.
 */

#ifndef VERIFIER_JOB_H
#define VERIFIER_JOB_H

#include <stdint.h>

#include "common/message.h"
#include "lavavisord/verifier/checksum_list.h"
#include "lavavisord/verifier/elf.h"
#include "lavavisord/verifier/signature.h"

#define JOB_KEYS_MAX	16

enum job_state {
	JOB_MORE,	/* call job_step() again */
	JOB_WAIT,	/* the same, once the binary may have grown */
	JOB_GOOD,	/* verified and flushed to disk */
	JOB_BAD		/* result.error says why */
};

struct job_copy;	/* the state of the copying, private to job.c */

struct job {
	struct msg_verify	 order;
	const struct elf_target	*target;	/* this machine */
	struct public_key	 keys[JOB_KEYS_MAX];
	unsigned int		 key_count;
	int			 fds[VERIFY_FILES];	/* -1: not given */

	/* The answer; complete when a step says JOB_GOOD or JOB_BAD. */
	struct msg_verified	 result;
	uint64_t		 done;		/* bytes hashed so far */
	uint64_t		 total;		/* 0 unknown */

	struct job_copy		*copy;
};

/* An empty job: no fds, no keys.  target is what elf_target() said. */
void	 job_init(struct job *, const struct elf_target *);

/*
 * Adds a key; a file that is none fails the job with its name, as a
 * configured key that is silently not there would be a trap.  0 or -1.
 */
int	 job_add_key(struct job *, const struct msg_verify_key *);

/*
 * Reads list and signature and finds out which hash is expected.  JOB_MORE
 * or JOB_BAD.
 */
enum job_state	 job_begin(struct job *);

/*
 * Copies and hashes some more; at the end compares and flushes.  The end of a
 * binary is where it ends once order.growing is 0.
 */
enum job_state	 job_step(struct job *);

/* Closes the fds and frees what job_begin() took. */
void	 job_end(struct job *);

#endif
