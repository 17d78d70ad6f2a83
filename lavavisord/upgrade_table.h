/*
 * The upgrade transaction: one table of what each event does in each state
 * (upgrade_cells.h), and the pure function that looks it up.  The driver keeps
 * the state in the journal, carries out the action, and feeds back what comes
 * of it as the next event.  There is one transaction at a time.
 *
 *  IDLE --decision--> FETCHING --fetched--> VERIFYING --verified--> INSTALLING
 *   |                    |                     |                       |
 *   |                    +----- any failure, hold, reload, newer ------+->IDLE
 *   |                                                                  |
 *   +--decision, installed--> PROBING <-----------installed------------+
 *                                |  probe failed: marked bad -> IDLE
 *                                | probe ok
 *                                v
 *                             ASKING -- veto of the hook -> IDLE
 *                                | hook ok, or there is none
 *                                v          hold, lowered target
 *                       +---> ROLLING <-------------------------> ROLL_HELD
 *       ready, part of  |     | |  |            resume                |
 *       probation over  +-----+ |  +--- failed, moved one died --+----+
 *                               | all moved                      v
 *                               v       failed, died        ROLLING_BACK --+
 *                           PROBATION ----------------------->   ^  |      |
 *                               | probation over                 |  +------+
 *                               v                     ready, failed: next one
 *                           COMMITTING --committed--> IDLE          |
 *                               ^ |                            all back
 *                               +-+ commit failed: again            v
 *                                                                  IDLE
 *
 * From ROLLING on nothing is abandoned: it is finished or put back.  A
 * rollback goes on to its end whatever happens.
 */

#ifndef LAVAVISORD_UPGRADE_TABLE_H
#define LAVAVISORD_UPGRADE_TABLE_H

enum upgrade_state {
	UPGRADE_IDLE,		/* none in hand */
	UPGRADE_FETCHING,	/* the downloader has the files */
	UPGRADE_VERIFYING,	/* a verifier has them */
	UPGRADE_INSTALLING,	/* the directory is made and renamed */
	UPGRADE_PROBING,	/* `lavap version` runs */
	UPGRADE_ASKING,		/* the pre-upgrade hook runs */
	UPGRADE_ROLLING,	/* service by service to the new version */
	UPGRADE_ROLL_HELD,	/* moved ones stay moved, no more are moved */
	UPGRADE_PROBATION,	/* all moved, the last probations run */
	UPGRADE_COMMITTING,	/* `current` and the journal are written */
	UPGRADE_ROLLING_BACK,	/* moved services go back, one by one */
	UPGRADE_STATES
};

enum upgrade_event {
	/* where it comes from */
	EV_DECISION,		/* decided: FETCH */
	EV_DECISION_INSTALLED,	/* decided: SWITCH */
	EV_ORDER,		/* upgrade now, while one is in hand */

	/* preparing */
	EV_FETCHED,		/* all files are in staging */
	EV_FETCH_FAILED,	/* all sources, all tries */
	EV_VERIFIED,
	EV_VERIFY_FAILED,
	EV_INSTALLED,
	EV_INSTALL_FAILED,
	EV_PROBE_OK,
	EV_PROBE_FAILED,
	EV_HOOK_OK,		/* of the pre-upgrade hook; also without one */
	EV_HOOK_VETO,		/* it said no, or nothing in time */

	/* moving */
	EV_SERVICE_READY,	/* the one in motion is ready */
	EV_SERVICE_FAILED,	/* it did not become ready in time, or died */
	EV_SERVICE_GONE,	/* it was stopped or removed by the operator */
	EV_PART_OVER,		/* the probation of one service (the canary) */
	EV_CRASH_MOVED,		/* a moved, ready one died in its probation */
	EV_UNWELL_MOVED,	/* it failed its check in it, too often */
	EV_PROBE_FLAPS,		/* it failed its check, but less often */
	EV_CRASH_UNMOVED,	/* one on its old version died */
	EV_ALL_MOVED,		/* nothing is left to move */
	EV_PROBATION_OVER,	/* of all of them */
	EV_ALL_BACK,		/* nothing is left to put back */
	EV_COMMITTED,
	EV_COMMIT_FAILED,

	/* what comes in between */
	EV_NEWER_TARGET,	/* settled: the decision is for a newer one */
	EV_LOWERED_TARGET,	/* settled: the target is below this one */
	EV_HOLD,
	EV_RESUME,
	EV_RELOAD,		/* a new configuration was read */
	EV_ABORT,		/* the operator calls it off */
	EV_ROOM_DEATH,		/* downloader or verifier, at its work */
	EV_SUPERVISOR_DEATH,
	EV_DISK_FULL,		/* staging, upgrades/ or journal: ENOSPC, EIO */
	EV_RETRY,		/* the timer set by ACT_RETRY_LATER */
	EV_SHUTDOWN,		/* this parent ends, or execs itself */
	EV_PARENT_START,	/* a parent read this state in its journal */
	UPGRADE_EVENTS
};

enum upgrade_action {
	ACT_NONE,

	/* Take an id, note it in the journal, begin (or resume) the FETCHes */
	ACT_FETCH,
	/* Start a verifier on the files in staging */
	ACT_VERIFY,
	/* Manifest, flush, rename the directory into upgrades/ */
	ACT_INSTALL,
	/* Take an id unless there is one; verify the file again when it is not
	 * the one the journal knows; run the version probe */
	ACT_PROBE,
	/* Run the operator's pre-upgrade hook, if there is one */
	ACT_ASK,
	/* Move the next services, as many as roll_order.h lets go;
	 * EV_ALL_MOVED when none is left */
	ACT_ROLL_NEXT,
	/* Note that no more are to be moved; those that are stopped already go
	 * on, those that drain stay */
	ACT_STOP_TRAIN,
	/* Wait for the probations that still run; EV_PROBATION_OVER at once
	 * when none does */
	ACT_PROBATION,
	/* Move `current`, write the journal, remove versions beyond keep */
	ACT_COMMIT,
	/* Mark the version bad unless it was the operator's word (EV_ABORT),
	 * journal that, then put back the first moved service, the one in
	 * motion among them */
	ACT_ROLL_BACK,
	/* Put back the next one; EV_ALL_BACK when none is left */
	ACT_BACK_NEXT,
	/* Nothing has moved: end as failed and mark the version bad */
	ACT_MARK_BAD,
	/* Nothing has moved: end as given up, keep staging, try again later
	 * (or never: the next decision says) */
	ACT_ABANDON,
	/* End as done */
	ACT_FINISH,
	/* End as rolled back */
	ACT_FINISH_BACK,
	/* Set a timer for EV_RETRY */
	ACT_RETRY_LATER,
	/* The client of the order gets the events of the one in hand */
	ACT_JOIN,
	/* Keep the event, and feed it again after the transaction ended */
	ACT_QUEUE,
	/* Answer the operator with `because` */
	ACT_REFUSE,
	UPGRADE_ACTIONS
};

enum upgrade_handling {
	CELL_UNDEFINED,		/* there is none such: the test looks */
	CELL_DO,
	CELL_IGNORE,		/* `because` */
	CELL_QUEUE,
	CELL_REFUSE		/* `because` */
};

struct upgrade_cell {
	enum upgrade_handling	 handling;
	enum upgrade_action	 action;
	enum upgrade_state	 next;
	const char		*because;	/* NULL with CELL_DO */
};

/*
 * What this event does in this state.  Returns the next state (the same one
 * unless the cell is CELL_DO) and the action to carry out once that state is
 * in the journal.  because (may be NULL) gets the reason of an event that is
 * ignored, queued or refused, else NULL.  Out of range: fatal.
 */
enum upgrade_state upgrade_step(enum upgrade_state, enum upgrade_event,
	    enum upgrade_action *action, const char **because);

/* For the test that goes through the whole table. */
const struct upgrade_cell *upgrade_cell(enum upgrade_state,
	    enum upgrade_event);

/* Names for logs, the journal and `show`; never NULL. */
const char	*upgrade_state_name(enum upgrade_state);
const char	*upgrade_event_name(enum upgrade_event);
const char	*upgrade_action_name(enum upgrade_action);

#endif
