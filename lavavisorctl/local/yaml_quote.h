/*
 * Text written as a YAML scalar.
 */

#ifndef LAVAVISORCTL_YAML_QUOTE_H
#define LAVAVISORCTL_YAML_QUOTE_H

#include <stdio.h>

/*
 * text as it is where every reader of YAML 1.1 and 1.2 takes it for that very
 * text, in a block or between [ and ]; else in double quotes.  New memory, for
 * free(3).  No control characters may be in text.
 */
char	*yaml_quote(const char *text);

/* The same, straight into a file. */
void	 yaml_put(FILE *, const char *text);

#endif
