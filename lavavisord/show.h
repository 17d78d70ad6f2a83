/*
 * The answers of lavavisorctl's `show` as JSON; lavavisorctl(8) has the
 * members.  Each returns a new value.
 */

#ifndef LAVAVISORD_SHOW_H
#define LAVAVISORD_SHOW_H

#include <stdint.h>

#include <jansson.h>

#include "lavavisord/services.h"

/*
 * Of those that are meant: an array, of one as well.  With usage also what
 * each has used of CPU and memory, which asks the system about each process.
 */
json_t	*show_services(const struct name_choice *, int usage);
json_t	*show_versions(void);
json_t	*show_chain(void);	/* as in show_versions() */

/* How a run ended: null, {code}, {signal} or {unknown: true}. */
json_t	*show_exit(uint8_t kind, uint8_t value);

json_t	*show_sandbox(void);

/* The name of a service's state for people and scripts. */
const char *show_state(const struct service *);

#endif
