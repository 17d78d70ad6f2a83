/*
 * All that is kept of one upgrade, for people.
 */

#ifndef LAVAVISORCTL_UPGRADE_TEXT_H
#define LAVAVISORCTL_UPGRADE_TEXT_H

#include <stdio.h>

#include <jansson.h>

/*
 * Prints the answer to `show upgrades ID`.  What it does not have, as records
 * of older daemons, is left out.
 */
void	 upgrade_print(FILE *, const json_t *, int colour);

#endif
