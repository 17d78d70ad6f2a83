#include "lavavisord/config_features.h"

static const struct {
	const char	*name;
	int		 built;
} features[FEATURES] = {
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
