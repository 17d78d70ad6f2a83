/*
 * Heights of the chain that can be true.  What a quorum said last bounds what
 * comes next: it never goes back, and it grows no faster than any chain makes
 * blocks.  So no height, however absurd, makes the true ones look old.  Pure;
 * the clock is passed in.
 */

#ifndef LAVAVISORD_CHAIN_HEIGHT_H
#define LAVAVISORD_CHAIN_HEIGHT_H

#include <stdint.h>

/* A block this far ahead of us is our clock's fault, or the node's, seconds. */
#define HEIGHT_FUTURE_S		30

/* Lava makes a block in 15 s; ten a second are more than any chain does. */
#define HEIGHT_PER_S		10
#define HEIGHT_SLACK		100

/* 2019-01-01: no chain of this kind is older, Unix seconds. */
#define HEIGHT_ORIGIN_S		INT64_C(1546300800)

/* What was accepted last: a height and its block time.  Height 0: nothing. */
struct chain_height {
	uint64_t	 height;
	int64_t		 time_s;
};

/* The greatest height that can be true at now_s (Unix seconds). */
uint64_t	 height_limit(const struct chain_height *, int64_t now_s);

#endif
