#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisord/monitor/policy.h"

static int	descending(const void *, const void *);
static int64_t	distance(int64_t, int64_t);

enum node_state
policy_status(const struct msg_monitor_setup *setup,
    const struct chain_status *status, int64_t highest, int64_t now_s,
    char *why, size_t size)
{
	int64_t	 age_s = now_s - status->time_s;

	if (setup->chain_id[0] != '\0' &&
	    strcmp(status->network, setup->chain_id) != 0) {
		snprintf(why, size, "chain id is %s, wanted %s",
		    status->network, setup->chain_id);
		return NODE_WRONG_CHAIN;
	}
	if (status->catching_up) {
		snprintf(why, size, "catching up, at height %lld",
		    (long long)status->height);
		return NODE_CATCHING_UP;
	}
	if (age_s < -POLICY_FUTURE_S) {
		snprintf(why, size, "latest block is %lld s in the future: "
		    "is the clock of this machine right?", (long long)-age_s);
		return NODE_BAD_ANSWER;
	}
	if (status->height < highest) {
		snprintf(why, size, "height went back from %lld to %lld",
		    (long long)highest, (long long)status->height);
		return NODE_STALE;
	}
	if (age_s > (int64_t)setup->max_block_age_s) {
		snprintf(why, size, "latest block is %lld s old, over %u s",
		    (long long)age_s, setup->max_block_age_s);
		return NODE_STALE;
	}
	why[0] = '\0';
	return NODE_OK;
}

enum node_state
policy_params(int64_t read_at, int64_t height, int64_t accepted, char *why,
    size_t size)
{
	if (read_at < accepted) {
		snprintf(why, size, "params of height %lld are older than "
		    "those of %lld", (long long)read_at, (long long)accepted);
		return NODE_STALE;
	}
	if (read_at < height - POLICY_READ_BEHIND) {
		snprintf(why, size, "params are of height %lld, the node is "
		    "at %lld", (long long)read_at, (long long)height);
		return NODE_STALE;
	}
	if (read_at - POLICY_READ_AHEAD > height) {
		snprintf(why, size, "params are of height %lld, the node is "
		    "only at %lld", (long long)read_at, (long long)height);
		return NODE_BAD_ANSWER;
	}
	why[0] = '\0';
	return NODE_OK;
}

int64_t
policy_wait_ms(uint32_t poll_ms, unsigned int failures, int64_t retry_after_s,
    uint32_t random)
{
	int64_t	 wait = poll_ms, max = POLICY_BACKOFF_MAX_MS;

	if (max < wait)
		max = wait;
	for (; failures > 1 && wait < max; failures--)
		wait *= 2;
	if (wait > max)
		wait = max;
	wait = wait * (90 + random % 21) / 100;
	if (retry_after_s > POLICY_RETRY_MAX_S)
		retry_after_s = POLICY_RETRY_MAX_S;
	return wait < retry_after_s * 1000 ? retry_after_s * 1000 : wait;
}

int
policy_failed(enum node_state state)
{
	return state == NODE_UNREACHABLE || state == NODE_BAD_ANSWER ||
	    state == NODE_LIMITED || state == NODE_WRONG_CHAIN;
}

int
policy_quorum(const struct sample *samples, size_t n, size_t which,
    uint32_t quorum, struct sample *out)
{
	const struct sample	*mine = &samples[which];
	int64_t			*heights, *times;
	size_t			 i, count = 0;

	*out = *mine;
	if (quorum <= 1)
		return mine->height != 0;
	if (mine->height == 0 || n < quorum)
		return 0;
	if ((heights = calloc(n, sizeof(*heights))) == NULL ||
	    (times = calloc(n, sizeof(*times))) == NULL)
		fatal("calloc");
	for (i = 0; i < n; i++) {
		if (samples[i].height == 0 || distance(samples[i].height,
		    mine->height) > POLICY_WINDOW || !chain_same_versions(
		    &samples[i].versions, &mine->versions))
			continue;
		heights[count] = samples[i].height;
		times[count++] = samples[i].time_s;
	}
	if (count >= quorum) {
		qsort(heights, count, sizeof(*heights), descending);
		qsort(times, count, sizeof(*times), descending);
		out->height = heights[quorum - 1];
		out->time_s = times[quorum - 1];
	}
	free(heights);
	free(times);
	return count >= quorum;
}

static int
descending(const void *a, const void *b)
{
	const int64_t	*x = a, *y = b;

	return *x > *y ? -1 : *x < *y;
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}
