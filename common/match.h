/*
 * Looks for a text in a stream that comes in pieces, each byte once
 * (Knuth, Morris, Pratt): neither the length of a line nor that of the stream
 * costs anything.
 */

#ifndef COMMON_MATCH_H
#define COMMON_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

struct match {
	char		 text[MATCH_SIZE];
	uint16_t	 back[MATCH_SIZE];	/* where to go on */
	uint16_t	 len;
	uint16_t	 at;		/* so much of text has just been seen */
};

/* text: shorter than MATCH_SIZE, the rest is cut off. */
void	 match_init(struct match *, const char *text);

/* 1 once the text has been there; "" is at once. */
int	 match_feed(struct match *, const void *, size_t len);

/* What comes next does not follow on what was there. */
void	 match_restart(struct match *);

#endif
