#include "lavavisord/health_rule.h"

int64_t
health_next_restart(const struct health_count *c)
{
	int64_t	 pause = HEALTH_PAUSE_MS;
	uint32_t i;

	if (c->restarts == 0)
		return 0;
	for (i = 1; i < c->restarts && pause < HEALTH_PAUSE_MAX_MS; i++)
		pause *= 2;
	if (pause > HEALTH_PAUSE_MAX_MS)
		pause = HEALTH_PAUSE_MAX_MS;
	return c->restart_ms + pause;
}

uint32_t
health_probation_ms(uint32_t interval_ms, uint32_t threshold,
    int64_t probation_ms)
{
	int64_t	 ms = interval_ms != 0 ? interval_ms : HEALTH_PROBATION_MS;

	if (threshold == 0)
		threshold = 1;
	if (ms > probation_ms / 2 / threshold)
		ms = probation_ms / 2 / threshold;
	if (ms < HEALTH_PROBATION_MIN_MS)
		ms = HEALTH_PROBATION_MIN_MS;
	return (uint32_t)ms;
}

enum health_verdict
health_step(const struct health_rule *rule, struct health_count *c, int good,
    int may_restart, int64_t now)
{
	int	 first;

	if (good) {
		c->failures = 0;
		if (c->restarts > 0 && now - c->restart_ms >= HEALTH_FORGET_MS)
			c->restarts = 0;
		if (!c->failing)
			return HEALTH_SAME;
		c->failing = 0;
		return HEALTH_WELL;
	}
	if (c->failures < rule->threshold)
		c->failures++;
	if (c->failures < rule->threshold)
		return HEALTH_SAME;
	first = !c->failing;
	c->failing = 1;
	if (rule->restart && may_restart && now >= health_next_restart(c)) {
		c->restarts++;
		c->restart_ms = now;
		c->failures = 0;
		return HEALTH_RESTART;
	}
	return first ? HEALTH_FAILS : HEALTH_SAME;
}
