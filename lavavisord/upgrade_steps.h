/*
 * The steps of an upgrade as actions: each starts something and reports what
 * came of it as an event of the table.
 */

#ifndef LAVAVISORD_UPGRADE_STEPS_H
#define LAVAVISORD_UPGRADE_STEPS_H

#include "lavavisord/upgrade_table.h"

void	 steps_init(void (*report)(enum upgrade_event, const char *why));

void	 step_fetch(void);
void	 step_verify(void);
void	 step_install(void);
void	 step_probe(void);
void	 step_ask(void);
void	 step_commit(void);

/* 1 if the last probe ended because the file here is not what it was. */
int	 steps_spoiled(void);

/* At a start: staging files that the upgrade of the journal has no use for. */
void	 steps_clean_staging(void);

/* Gives roll.c the upgrade of the journal, once. */
void	 steps_roll_begin(void);

/* Ends fetch, verifier and probe; nothing is reported of them. */
void	 steps_cancel(void);

/* The upgrade is over. */
void	 steps_end(void);

/* What is verified ahead of a download's end is dropped, and done later. */
void	 steps_give_way(void);

#endif
