#include "lavavisord/config_features.h"

static const struct {
	const char	*name;
	int		 built;
} features[FEATURES] = {
	[FEATURE_READY_HTTP] =		{ "ready: http", 0 },
	[FEATURE_READY_LOG] =		{ "ready: log", 0 },
	[FEATURE_READY_NOTIFY] =	{ "ready: notify", 0 },
	[FEATURE_READY_COMMAND] =	{ "ready: command", 0 },
	[FEATURE_HEALTH] =		{ "health", 0 },
	[FEATURE_PASSPHRASE] =		{ "passphrase", 0 }
};

int
feature_is_built(int feature)
{
	return features[feature].built;
}

const char *
feature_name(int feature)
{
	return features[feature].name;
}
