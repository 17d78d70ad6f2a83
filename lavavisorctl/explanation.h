/*
 * In words: what is wanted, why not yet, what would unblock it, when it is
 * tried next, what failed last, who decided.
 */

#ifndef LAVAVISORCTL_EXPLANATION_H
#define LAVAVISORCTL_EXPLANATION_H

#include <stdio.h>

#include <jansson.h>

/*
 * Prints the members roles, hold, pins and window of v, as `show versions`
 * and `show upgrades` have them; what is missing is left out.
 */
void	 explanation_print(FILE *, const json_t *v);

#endif
