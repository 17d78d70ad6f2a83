/*
 * What the configuration's language knows and this build does not do yet.
 * Such a value is refused, so that nobody relies on it by mistake; when it is
 * built, its line in config_features.c is switched on.
 */

#ifndef LAVAVISORD_CONFIG_FEATURES_H
#define LAVAVISORD_CONFIG_FEATURES_H

enum config_feature {
	FEATURE_PASSPHRASE,
	FEATURES
};

/* 1 if it is built. */
int	 feature_is_built(int feature);

/* How an error names it. */
const char	*feature_name(int feature);

#endif
