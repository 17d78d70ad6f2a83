/*
 * What an upgrade did to each service, and which hooks it ran, made of the
 * events that tell of it.  Pure: live events and those read back from the
 * history give the same.
 *
 * A trace is {services: {NAME: SERVICE}, hooks: [HOOK]}:
 *	SERVICE	{order, outcome, reason, draining, ordered, exited, started,
 *		 ready, stable, back}; back is null or {ordered, exited,
 *		 started, ready}; lavavisorctl(8) says what they mean
 *	HOOK	{name, state, exit, reason, started, ended}
 * What has not happened is null, and a time is the event's.
 */

#ifndef LAVAVISORD_UPGRADE_TRACE_H
#define LAVAVISORD_UPGRADE_TRACE_H

#include <stdint.h>

#include <jansson.h>

/* Hooks beyond are left out; there are three, each asked once as a rule. */
#define TRACE_HOOKS_MAX	16

/* An empty one. */
json_t	*trace_new(void);

/* Events of other things, or that do not say enough, change nothing. */
void	 trace_event(json_t *trace, const json_t *event);

/* A hook of upgrade `id`; also for an array of the past. */
void	 trace_hook(json_t *hooks, const json_t *event);

/* The daemon that ran them is no more: how one ended that ran is unknown. */
void	 trace_hooks_lost(json_t *hooks);

/* 1: the event is of a hook of this upgrade. */
int	 trace_is_hook_of(const json_t *event, uint64_t id);

/* 1: with this event the upgrade began. */
int	 trace_is_begin(const json_t *event, uint64_t id);

/* Its services in the order they began, each with its name: a new array. */
json_t	*trace_services(const json_t *trace);

#endif
