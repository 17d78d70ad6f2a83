/*
 * What lavavisorctl says about itself.
 */

#ifndef LAVAVISORCTL_USAGE_H
#define LAVAVISORCTL_USAGE_H

#include <stdio.h>

struct invocation;

/* One line, for a wrong command line. */
void	 usage_short(FILE *);

/*
 * What was asked for with --help: the one command with its options and
 * examples, all that begin with one word, or everything.
 */
void	 usage_long(FILE *, const struct invocation *);

#endif
