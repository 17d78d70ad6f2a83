#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisord/monitor/policy.h"

enum node_state
policy_status(const struct msg_monitor_setup *setup,
    const struct chain_status *status, const struct chain_height *known,
    int64_t now_s, char *why, size_t size)
{
	uint64_t	 limit = height_limit(known, now_s);
	int64_t		 age_s = now_s - status->time_s;

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
	if (age_s < -HEIGHT_FUTURE_S) {
		snprintf(why, size, "latest block is %lld s in the future: "
		    "is the clock of this machine right?", (long long)-age_s);
		return NODE_BAD_ANSWER;
	}
	if ((uint64_t)status->height > limit) {
		snprintf(why, size, "height %lld cannot be true, the chain is "
		    "at %llu at most", (long long)status->height,
		    (unsigned long long)limit);
		return NODE_BAD_ANSWER;
	}
	if ((uint64_t)status->height + POLICY_LAG < known->height) {
		snprintf(why, size, "height %lld is far below %llu, which was "
		    "agreed on before (did the chain begin anew? then: "
		    "lavavisorctl nodes forget)", (long long)status->height,
		    (unsigned long long)known->height);
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
policy_params(int64_t read_at, int64_t height,
    const struct chain_height *known, int64_t now_s, char *why, size_t size)
{
	if ((uint64_t)read_at + POLICY_LAG < known->height) {
		snprintf(why, size, "params are of height %lld, far below "
		    "%llu, which was agreed on before", (long long)read_at,
		    (unsigned long long)known->height);
		return NODE_STALE;
	}
	if (read_at < height - POLICY_READ_BEHIND) {
		snprintf(why, size, "params are of height %lld, the node is "
		    "at %lld", (long long)read_at, (long long)height);
		return NODE_STALE;
	}
	if (read_at - POLICY_READ_AHEAD > height ||
	    (uint64_t)read_at > height_limit(known, now_s)) {
		snprintf(why, size, "params are of height %lld, the node is "
		    "only at %lld", (long long)read_at, (long long)height);
		return NODE_BAD_ANSWER;
	}
	why[0] = '\0';
	return NODE_OK;
}

int64_t
policy_round_ms(uint32_t poll_ms, uint32_t random)
{
	return (int64_t)poll_ms * (95 + random % 11) / 100;
}

int64_t
policy_backoff_ms(uint32_t poll_ms, unsigned int failures,
    int64_t retry_after_s)
{
	int64_t	 wait = poll_ms, max = POLICY_BACKOFF_MAX_MS;

	if (max < wait)
		max = wait;
	if (failures < 2)
		wait = 0;
	for (; failures > 1 && wait < max; failures--)
		wait *= 2;
	if (wait > max)
		wait = max;
	if (wait != 0)
		wait -= poll_ms / 2;
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

void
policy_agreement(const struct msg_agreement *m, int64_t off_s, char *text,
    size_t size)
{
	const char	*s = m->groups == 1 ? "" : "s";

	text[0] = '\0';
	switch (m->state) {
	case AGREEMENT_UNKNOWN:
	case AGREEMENT_FEW:
		snprintf(text, size, "%u of %u operator%s answer%s well, "
		    "quorum is %u: nothing is decided", m->voting, m->groups,
		    s, m->voting == 1 ? "s" : "", m->quorum);
		break;
	case AGREEMENT_SPLIT:
		snprintf(text, size, "at most %u of %u operators say the same, "
		    "quorum is %u: nothing is decided", m->agree, m->groups,
		    m->quorum);
		break;
	case AGREEMENT_CONFLICT:
		snprintf(text, size, "operators contradict each other, and a "
		    "quorum of %u of %u settles nothing: nothing is decided",
		    m->quorum, m->groups);
		break;
	case AGREEMENT_CLOCK_SLOW:
		snprintf(text, size, "all nodes are at least %lld s in the "
		    "future: the clock of this machine is wrong: nothing is "
		    "decided until it is set", (long long)off_s);
		break;
	case AGREEMENT_ALL_OLD:
		snprintf(text, size, "the latest block of all nodes is at "
		    "least %lld s old: the chain stands still, or the clock "
		    "of this machine is ahead: nothing is decided",
		    (long long)off_s);
		break;
	default:
		break;
	}
}
