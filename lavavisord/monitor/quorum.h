/*
 * What the nodes together say.  Nodes of one operator are a group, and a group
 * has one vote for a value, however many nodes it has.  A value counts when a
 * quorum of groups says it at heights that lie close together.  Pure: no I/O,
 * no clock.
 */

#ifndef MONITOR_QUORUM_H
#define MONITOR_QUORUM_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "lavavisord/monitor/chain.h"

/* Samples whose heights are further apart are not compared, blocks. */
#define QUORUM_WINDOW		10

/* What one node said. */
struct sample {
	int		 vote;		/* 0: nothing that counts now */
	uint32_t	 group;
	int64_t		 height;
	int64_t		 time_s;	/* of its latest block */
	char		 network[NAME_SIZE];
	struct chain_versions
			 versions;
};

struct tally {
	enum agreement	 state;		/* UNKNOWN without samples */
	uint32_t	 voting;	/* groups that have something to say */
	uint32_t	 agree;		/* of them for the strongest value */
	/*
	 * With AGREEMENT_YES what they vouch for: the value, at the
	 * quorum-th highest height and block time of the groups, so that
	 * fewer than a quorum can push neither up.  Else the strongest value.
	 */
	struct sample	 found;
};

/* 1: the same chain and the same four versions. */
int	 same_value(const struct sample *, const struct sample *);

/* Counts n samples; quorum is 1 or more. */
void	 quorum_count(const struct sample *, size_t n, uint32_t quorum,
	    struct tally *);

/* How a node's latest block lies to our clock. */
struct clock_view {
	int		 known;		/* 0: it did not say */
	uint32_t	 group;
	int64_t		 age_s;		/* negative: in the future */
};

/*
 * Is it our clock?  CLOCK_SLOW when a quorum of groups has a block beyond
 * HEIGHT_FUTURE_S in the future, ALL_OLD when a quorum has none younger than
 * max_age_s, and no node is in between; else UNKNOWN.  *off_s: by how much,
 * the least that any of them says.
 */
enum agreement	 quorum_clock(const struct clock_view *, size_t n,
		    uint32_t quorum, uint32_t max_age_s, int64_t *off_s);

#endif
