/*
 * The operator's hooks around an upgrade (`hooks:` of config.yml): one that is
 * asked before any service is stopped and may say no, and two that are told
 * how it ended.  They run one after the other, in the order they came up; the
 * facts are in their environment, see lavavisord.yml(5).
 */

#ifndef LAVAVISORD_HOOK_UPGRADE_H
#define LAVAVISORD_HOOK_UPGRADE_H

#include <stdint.h>

#include "common/semver.h"

struct event_base;

void	 hook_upgrade_init(struct event_base *);

/*
 * Asks the pre-upgrade hook about the upgrade of the journal.  done is called
 * once, from the loop: veto NULL when it may go on, also when there is no
 * hook, or nothing that has run before is to be moved.
 */
void	 hook_upgrade_ask(void (*done)(const char *veto));

/*
 * Until when the hook is not asked about this version again, Unix seconds, as
 * it has said no; 0 now.  It doubles with each no, as for a release that
 * cannot be had.
 */
int64_t	 hook_upgrade_vetoed(const struct semver *, int64_t now_s);

/* Forgets what it said, as the operator gave an order. */
void	 hook_upgrade_ask_again(void);

/* Its answer is no longer wanted: ends it, done is not called. */
void	 hook_upgrade_cancel(void);

/*
 * The upgrade of the journal, still there, has ended: committed runs
 * post-upgrade, rolled-back and failed run on-failure.
 */
void	 hook_upgrade_ended(const char *outcome, const char *why);

#endif
