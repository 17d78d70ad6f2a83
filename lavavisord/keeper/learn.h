/*
 * Reads a passphrase from a descriptor to its end: a pipe that `lavavisorctl
 * unlock' filled or a command fills, or a file.
 */

#ifndef KEEPER_LEARN_H
#define KEEPER_LEARN_H

#include <stdint.h>

struct event_base;

/* told: of the order id; error is "" when the safe has it now. */
void	 learn_setup(struct event_base *,
	    void (*told)(const char *name, uint32_t id, const char *error));

/*
 * Takes fd.  An earlier one for this service is given up without a word.
 * timeout_ms: until its end.
 */
void	 learn_begin(const char *name, uint32_t id, int fd,
	    uint32_t timeout_ms);

/* Gives it up without a word; NULL: all. */
void	 learn_end(const char *name);

#endif
