/*
 * What is told of upgrades to people: the record of the one in hand, which at
 * its end joins those of upgrade_past.h.
 */

#ifndef LAVAVISORD_UPGRADE_RECORD_H
#define LAVAVISORD_UPGRADE_RECORD_H

#include <jansson.h>

#include "common/semver.h"

struct decision;

/* Reads the past. */
void	 record_load(void);

/* Takes an id for the upgrade of the journal, unless it has one. */
void	 record_begin(void);

/* The parent before us had begun it. */
void	 record_resume(void);

/* The lowest version that its services come from, "" none. */
const char	*record_from(void);

/* Why it fails, as far as that is known by now; "" it does not. */
const char	*record_why(void);

/* Why it fails. */
void	 record_reason(const char *);

/*
 * Ends it and tells of it: committed, rolled-back, failed, abandoned.  The
 * same failure again is one record with a count, and no new alarm.  again: what
 * failed will be tried once more, by itself.
 */
void	 record_end(const char *outcome, int again);

/* Why the one that has just ended did so, for people. */
const char	*record_last_reason(void);

/*
 * The last failure of this version since it was last committed: {id, ended,
 * outcome, reason, tries}, or null; a new value.
 */
json_t	*record_failure(const struct semver *);

/*
 * The upgrade in hand as an event `begin` for a client that joins it, with
 * its state; of the number of the last event, as it is none: a new value.
 */
json_t	*record_now(void);

/* Tells of what was decided, when it is another thing than before. */
void	 record_decision(const struct decision *);

#endif
