/*
 * One object in full, `label: value' line by line, for `show service NAME'.
 */

#ifndef LAVAVISORCTL_SHOW_ONE_H
#define LAVAVISORCTL_SHOW_ONE_H

#include <stdio.h>

#include <jansson.h>

#include "lavavisorctl/show.h"

/*
 * Prints each member of the object; members that are objects or lists of them
 * follow indented below their label.  A list of words is a command line and
 * quoted for sh(1).
 */
void	 show_one(FILE *, const json_t *, const struct show_style *);

#endif
