/*
 * A JSON answer as tables for people.
 */

#ifndef LAVAVISORCTL_SHOW_H
#define LAVAVISORCTL_SHOW_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "common/message.h"

struct show_style {
	int64_t	 now_s;		/* Unix seconds, for ages */
	int	 colour;
};

/*
 * Prints what the daemon answered to verb.  Members that are not there are
 * shown as "-"; a value of another shape than the verb's is printed member by
 * member.
 */
void	 show_print(FILE *, enum verb, const json_t *,
	    const struct show_style *);

#endif
