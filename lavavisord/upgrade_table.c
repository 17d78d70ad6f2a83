#include <stddef.h>

#include "common/log.h"
#include "lavavisord/upgrade_table.h"

#define DO(action, next)	{ CELL_DO, action, next, NULL }
#define IGNORE(because)		{ CELL_IGNORE, ACT_NONE, 0, because }
#define QUEUE(because)		{ CELL_QUEUE, ACT_QUEUE, 0, because }
#define REFUSE(because)		{ CELL_REFUSE, ACT_REFUSE, 0, because }

#include "lavavisord/upgrade_cells.h"

const struct upgrade_cell *
upgrade_cell(enum upgrade_state state, enum upgrade_event event)
{
	if ((unsigned int)state >= UPGRADE_STATES ||
	    (unsigned int)event >= UPGRADE_EVENTS)
		fatalx("upgrade table: state %d, event %d", (int)state,
		    (int)event);
	return &cells[state][event];
}

enum upgrade_state
upgrade_step(enum upgrade_state state, enum upgrade_event event,
    enum upgrade_action *action, const char **because)
{
	const struct upgrade_cell	*cell;

	cell = upgrade_cell(state, event);
	*action = cell->action;
	if (because != NULL)
		*because = cell->because;
	return cell->handling == CELL_DO ? cell->next : state;
}

const char *
upgrade_state_name(enum upgrade_state state)
{
	static const char *const	 names[UPGRADE_STATES] = {
		[UPGRADE_IDLE] = "idle",
		[UPGRADE_FETCHING] = "fetching",
		[UPGRADE_VERIFYING] = "verifying",
		[UPGRADE_INSTALLING] = "installing",
		[UPGRADE_PROBING] = "probing",
		[UPGRADE_ASKING] = "asking",
		[UPGRADE_ROLLING] = "rolling",
		[UPGRADE_ROLL_HELD] = "roll-held",
		[UPGRADE_PROBATION] = "probation",
		[UPGRADE_COMMITTING] = "committing",
		[UPGRADE_ROLLING_BACK] = "rolling-back"
	};

	return (unsigned int)state < UPGRADE_STATES ? names[state] :
	    "unknown";
}

const char *
upgrade_event_name(enum upgrade_event event)
{
	static const char *const	 names[UPGRADE_EVENTS] = {
		[EV_DECISION] = "decision",
		[EV_DECISION_INSTALLED] = "decision-installed",
		[EV_ORDER] = "order",
		[EV_FETCHED] = "fetched",
		[EV_FETCH_FAILED] = "fetch-failed",
		[EV_VERIFIED] = "verified",
		[EV_VERIFY_FAILED] = "verify-failed",
		[EV_INSTALLED] = "installed",
		[EV_INSTALL_FAILED] = "install-failed",
		[EV_PROBE_OK] = "probe-ok",
		[EV_PROBE_FAILED] = "probe-failed",
		[EV_HOOK_OK] = "hook-ok",
		[EV_HOOK_VETO] = "hook-veto",
		[EV_SERVICE_READY] = "service-ready",
		[EV_SERVICE_FAILED] = "service-failed",
		[EV_SERVICE_GONE] = "service-gone",
		[EV_PART_OVER] = "part-over",
		[EV_CRASH_MOVED] = "crash-moved",
		[EV_UNWELL_MOVED] = "unwell-moved",
		[EV_PROBE_FLAPS] = "probe-flaps",
		[EV_CRASH_UNMOVED] = "crash-unmoved",
		[EV_ALL_MOVED] = "all-moved",
		[EV_PROBATION_OVER] = "probation-over",
		[EV_ALL_BACK] = "all-back",
		[EV_COMMITTED] = "committed",
		[EV_COMMIT_FAILED] = "commit-failed",
		[EV_NEWER_TARGET] = "newer-target",
		[EV_LOWERED_TARGET] = "lowered-target",
		[EV_HOLD] = "hold",
		[EV_RESUME] = "resume",
		[EV_RELOAD] = "reload",
		[EV_ABORT] = "abort",
		[EV_ROOM_DEATH] = "room-death",
		[EV_SUPERVISOR_DEATH] = "supervisor-death",
		[EV_DISK_FULL] = "disk-full",
		[EV_RETRY] = "retry",
		[EV_SHUTDOWN] = "shutdown",
		[EV_PARENT_START] = "parent-start"
	};

	return (unsigned int)event < UPGRADE_EVENTS ? names[event] :
	    "unknown";
}

const char *
upgrade_action_name(enum upgrade_action action)
{
	static const char *const	 names[UPGRADE_ACTIONS] = {
		[ACT_NONE] = "none",
		[ACT_FETCH] = "fetch",
		[ACT_VERIFY] = "verify",
		[ACT_INSTALL] = "install",
		[ACT_PROBE] = "probe",
		[ACT_ASK] = "ask",
		[ACT_ROLL_NEXT] = "roll-next",
		[ACT_STOP_TRAIN] = "stop-train",
		[ACT_PROBATION] = "probation",
		[ACT_COMMIT] = "commit",
		[ACT_ROLL_BACK] = "roll-back",
		[ACT_BACK_NEXT] = "back-next",
		[ACT_MARK_BAD] = "mark-bad",
		[ACT_ABANDON] = "abandon",
		[ACT_FINISH] = "finish",
		[ACT_FINISH_BACK] = "finish-back",
		[ACT_RETRY_LATER] = "retry-later",
		[ACT_JOIN] = "join",
		[ACT_QUEUE] = "queue",
		[ACT_REFUSE] = "refuse"
	};

	return (unsigned int)action < UPGRADE_ACTIONS ? names[action] :
	    "unknown";
}
