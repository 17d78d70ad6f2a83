/*
 * Is what a verifier says possible at all?  It has read bytes of strangers,
 * and is believed no further than what the parent knows itself.  Pure.
 */

#ifndef LAVAVISORD_VERIFY_ANSWER_H
#define LAVAVISORD_VERIFY_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

struct config_key;

/* Of a job without a new file */
#define VERIFY_NO_OUTPUT	UINT64_MAX

/*
 * written: the size of the new file, or VERIFY_NO_OUTPUT.  0, or -1 with *why
 * a static text: the answer must not be used.
 */
int	 verify_answer_check(const struct msg_verify *asked,
	    const struct config_key *, size_t nkeys, uint64_t written,
	    const struct msg_verified *, const char **why);

#endif
