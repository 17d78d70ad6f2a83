/*
 * Moving services from one version to another, and back: which one is next,
 * what is waited for, how long.  upgrade.c says when; what came of each step
 * goes back to it as an event of the upgrade table.
 */

#ifndef LAVAVISORD_ROLL_H
#define LAVAVISORD_ROLL_H

#include <jansson.h>

#include "common/semver.h"
#include "lavavisord/roll_switch.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrade_table.h"

struct event_base;

/* report: feeds an event to the table; why is for people. */
void	 roll_init(struct event_base *, void (*report)(enum upgrade_event,
	    const char *why));

/*
 * Begins, or goes on after a start of the parent: services of these roles
 * (bits 1 << enum service_role) that are below `to` are to be moved.  back: a
 * rollback goes on, nothing is moved.
 */
void	 roll_begin(const struct semver *to, unsigned int roles,
	    int back);

/* The actions of the table. */
void	 roll_next(void);
void	 roll_hold(void);
void	 roll_probation(void);
void	 roll_back_next(void);

/* What was being waited for is over; timers end. */
void	 roll_end(void);

/* 1 while a service is on its way and not yet ready. */
int	 roll_is_moving(void);

/* 1 while the roll's own doing explains why this service is down. */
int	 roll_in_motion(const struct service *);

/* 1 while its failures are the roll's matter. */
int	 roll_in_probation(const struct service *);

/* What happened to a service, or its readiness. */
void	 roll_service_event(struct service *, enum service_event);
void	 roll_service_ready(struct service *);

/* The operator stopped or restarted it: the roll waits for it no longer. */
void	 roll_operator_took(struct service *);

/*
 * Services that did not come up on the version they had either: they are
 * tried again until they are ready, or the operator takes them.  Their names
 * with a space between: 1, or 0 when there are none; or as a new array.
 */
int	 roll_down_text(char *, size_t);
json_t	*roll_down_report(void);

/* [{name, gap_ms, ready_ms}] of the services that were moved: a new array. */
json_t	*roll_report(void);

#endif
