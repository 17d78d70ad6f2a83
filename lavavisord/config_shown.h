/*
 * The configuration as it is in effect: defaults filled in, secrets masked.
 */

#ifndef LAVAVISORD_CONFIG_SHOWN_H
#define LAVAVISORD_CONFIG_SHOWN_H

#include <jansson.h>

#include "lavavisord/config.h"

/*
 * config.yml and services/NAME.yml as new objects: keys, texts and numbers are
 * those that the parser takes, so that what is shown, once written down again,
 * changes nothing but the secrets.  What only follows from something else
 * (rlimits: nofile, as far as the host lets it; the user's groups) is left out.
 * Allocation failure is fatal.
 */
json_t	*config_shown(const struct config *);
json_t	*config_service_shown(const struct config_service *);

#endif
