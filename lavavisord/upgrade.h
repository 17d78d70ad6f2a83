/*
 * The driver of the upgrade transaction: feeds events to the table of
 * upgrade_table.h, keeps its state in the journal, and carries out the
 * actions with fetch.c, verify.c, install.c, version_probe.c and roll.c.
 */

#ifndef LAVAVISORD_UPGRADE_H
#define LAVAVISORD_UPGRADE_H

#include <stdint.h>

#include <jansson.h>

#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrade_table.h"

/* After journal, services and rooms are there; goes on where a parent left. */
void	 upgrade_begin(void);

/* A sample of the monitor. */
void	 upgrade_sample(const struct msg_versions *);

/* Something changed that a decision depends on: decide again, from the loop. */
void	 upgrade_consider(void);

/* Feeds an event of the outside: hold, resume, reload, shutdown. */
void	 upgrade_feed(enum upgrade_event, const char *why);


enum upgrade_state upgrade_state(void);

/* The part of upgrades in `show versions`: why a service has what it has. */
json_t	*upgrade_show_service(const struct service *);

/* For `show upgrades -j`: a new array, the newest first. */
json_t	*upgrade_show(void);

/* All that is kept of one of them, a value of its own; NULL there is none. */
json_t	*upgrade_show_one(uint64_t id);

#endif
