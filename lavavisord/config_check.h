/*
 * `ready:` and `health:` of a service definition.  Only for config*.c; their
 * result is struct config_check of lavavisord/config.h.
 *
 *	ready: KIND [TARGET]		health:
 *	ready:				  check: KIND [TARGET]
 *	  check: KIND [TARGET]		  interval: 30s
 *	  status: 200-299		  threshold: 3
 *	  body: TEXT			  action: report
 *	  address: ADDR:PORT		  (and the keys of ready)
 *	  verify: true
 *	  timeout: 5s
 */

#ifndef LAVAVISORD_CONFIG_CHECK_H
#define LAVAVISORD_CONFIG_CHECK_H

#include "lavavisord/config.h"
#include "lavavisord/config_schema.h"

/* The defaults, until the keys are read. */
void	 config_check_defaults(struct config_service *);

/* SCHEMA_CALL of the two keys. */
int	 config_ready_read(struct config_parse *, const struct yaml_node *);
int	 config_health_read(struct config_parse *, const struct yaml_node *);

/*
 * Once all keys are read: what was not written, and what does not go together.
 * 0 or -1.
 */
int	 config_check_complete(struct config_parse *,
	    const struct yaml_node *root);

/* The word for a kind. */
const char	*config_check_name(enum ready_kind);

void	 config_check_free(struct config_check *);

/* Where a URL with a numeric host leads; 0, or -1 with *why. */
int	 config_check_place(const struct url *, struct config_address *,
	    const char **why);

#endif
