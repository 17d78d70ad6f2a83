#include "lavavisord/chain_height.h"

uint64_t
height_limit(const struct chain_height *known, int64_t now_s)
{
	int64_t		 since = HEIGHT_ORIGIN_S;
	uint64_t	 growth = HEIGHT_SLACK;

	if (known->height != 0 && known->time_s > since)
		since = known->time_s;
	if (now_s > since - HEIGHT_FUTURE_S)
		growth += (uint64_t)(now_s - since + HEIGHT_FUTURE_S) *
		    HEIGHT_PER_S;
	return known->height > UINT64_MAX - growth ? UINT64_MAX :
	    known->height + growth;
}
