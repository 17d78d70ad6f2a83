/*
 * What lavavisorctl says about itself.
 */

#ifndef LAVAVISORCTL_USAGE_H
#define LAVAVISORCTL_USAGE_H

#include <stddef.h>
#include <stdio.h>

struct invocation;

/* Adds to what is wrong with a command line where its help is. */
void	 usage_hint(char *why, size_t size, const struct invocation *);

/*
 * What was asked for with --help: the one command with its options and
 * examples, all that begin with one word, or everything.
 */
void	 usage_long(FILE *, const struct invocation *);

#endif
