/*
 * What one service shares with the others that config.yml lists.
 */

#ifndef LAVAVISORCTL_SERVICE_OTHERS_H
#define LAVAVISORCTL_SERVICE_OTHERS_H

#include <stddef.h>

struct protocol_config;
struct service_place;

/* 1 if another one than `name' reads this file of service_configs; who gets
 * its name. */
int	 service_other_has_config(const struct service_place *,
	    const char *name, const char *config, char *who, size_t size);

/* 1 with why if another one than `name' would listen where this does. */
int	 service_other_listens(const struct service_place *, const char *name,
	    const struct protocol_config *, char *why, size_t size);

#endif
