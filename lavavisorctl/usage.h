/*
 * What lavavisorctl says about itself.
 */

#ifndef LAVAVISORCTL_USAGE_H
#define LAVAVISORCTL_USAGE_H

#include <stdio.h>

struct command;

/* One line, for a wrong command line. */
void	 usage_short(FILE *);

/* All commands with examples, or the one command. */
void	 usage_long(FILE *, const struct command *);

#endif
