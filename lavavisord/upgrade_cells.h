/*
 * The table of the upgrade transaction, included by upgrade_table.c only.
 * Rows are states, in them one cell for each event:
 *
 *	DO(action, next state)
 *	IGNORE(because)		changes nothing
 *	QUEUE(because)		comes again after the end
 *	REFUSE(because)		the operator is told
 *
 * An answer that arrives when its step is over (the room was killed, the
 * upgrade was abandoned) is LATE.
 */

#define LATE	"its step is over"

static const struct upgrade_cell cells[UPGRADE_STATES][UPGRADE_EVENTS] = {
	[UPGRADE_IDLE] = {
		[EV_DECISION] = DO(ACT_FETCH, UPGRADE_FETCHING),
		[EV_DECISION_INSTALLED] = DO(ACT_PROBE, UPGRADE_PROBING),
		[EV_ORDER] =
		    IGNORE("an order without an upgrade is a decision"),
		[EV_FETCHED] = IGNORE(LATE),
		[EV_FETCH_FAILED] = IGNORE(LATE),
		[EV_VERIFIED] = IGNORE(LATE),
		[EV_VERIFY_FAILED] = IGNORE(LATE),
		[EV_INSTALLED] = IGNORE(LATE),
		[EV_INSTALL_FAILED] = IGNORE(LATE),
		[EV_PROBE_OK] = IGNORE(LATE),
		[EV_PROBE_FAILED] = IGNORE(LATE),
		[EV_SERVICE_READY] = IGNORE("no service is in motion"),
		[EV_SERVICE_FAILED] = IGNORE("no service is in motion"),
		[EV_SERVICE_GONE] = IGNORE("no service is in motion"),
		[EV_PART_OVER] = IGNORE("no probation is running"),
		[EV_CRASH_MOVED] =
		    IGNORE("no probation runs: its policy restarts it"),
		[EV_CRASH_UNMOVED] =
		    IGNORE("it comes back on the version it had"),
		[EV_ALL_MOVED] = IGNORE("not rolling"),
		[EV_PROBATION_OVER] = IGNORE("not waiting for it"),
		[EV_ALL_BACK] = IGNORE("not rolling back"),
		[EV_COMMITTED] = IGNORE("not committing"),
		[EV_COMMIT_FAILED] = IGNORE("not committing"),
		[EV_NEWER_TARGET] = IGNORE("the decision follows"),
		[EV_LOWERED_TARGET] = IGNORE("a lowered target moves nothing"),
		[EV_HOLD] = IGNORE("the decision looks at it"),
		[EV_RESUME] = IGNORE("the decision looks at it"),
		[EV_RELOAD] = IGNORE("the decision follows"),
		[EV_ABORT] = REFUSE("no upgrade is in hand"),
		[EV_ROOM_DEATH] = IGNORE("no room works for this step"),
		[EV_SUPERVISOR_DEATH] =
		    IGNORE("the next supervisor is told everything"),
		[EV_DISK_FULL] = IGNORE("nothing is being written"),
		[EV_RETRY] = IGNORE("nothing is to be tried again"),
		[EV_SHUTDOWN] = IGNORE("nothing is in hand"),
		[EV_PARENT_START] = IGNORE("nothing is in hand")
	},
	[UPGRADE_FETCHING] = {
		[EV_DECISION] = IGNORE("the decision is made again at its end"),
		[EV_DECISION_INSTALLED] =
		    IGNORE("the decision is made again at its end"),
		[EV_ORDER] = DO(ACT_JOIN, UPGRADE_FETCHING),
		[EV_FETCHED] = DO(ACT_VERIFY, UPGRADE_VERIFYING),
		[EV_FETCH_FAILED] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_VERIFIED] = IGNORE(LATE),
		[EV_VERIFY_FAILED] = IGNORE(LATE),
		[EV_INSTALLED] = IGNORE(LATE),
		[EV_INSTALL_FAILED] = IGNORE(LATE),
		[EV_PROBE_OK] = IGNORE(LATE),
		[EV_PROBE_FAILED] = IGNORE(LATE),
		[EV_SERVICE_READY] = IGNORE("no service is in motion"),
		[EV_SERVICE_FAILED] = IGNORE("no service is in motion"),
		[EV_SERVICE_GONE] = IGNORE("no service is in motion"),
		[EV_PART_OVER] = IGNORE("no probation is running"),
		[EV_CRASH_MOVED] =
		    IGNORE("no probation runs: its policy restarts it"),
		[EV_CRASH_UNMOVED] =
		    IGNORE("it comes back on the version it had"),
		[EV_ALL_MOVED] = IGNORE("not rolling"),
		[EV_PROBATION_OVER] = IGNORE("not waiting for it"),
		[EV_ALL_BACK] = IGNORE("not rolling back"),
		[EV_COMMITTED] = IGNORE("not committing"),
		[EV_COMMIT_FAILED] = IGNORE("not committing"),
		[EV_NEWER_TARGET] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_LOWERED_TARGET] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_HOLD] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_RESUME] = IGNORE("this upgrade is not held"),
		[EV_RELOAD] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_ABORT] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_ROOM_DEATH] = DO(ACT_FETCH, UPGRADE_FETCHING),
		[EV_SUPERVISOR_DEATH] =
		    IGNORE("the next supervisor is told everything"),
		[EV_DISK_FULL] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_RETRY] = IGNORE("nothing is to be tried again"),
		[EV_SHUTDOWN] = IGNORE("the journal tells the next parent"),
		[EV_PARENT_START] = DO(ACT_FETCH, UPGRADE_FETCHING)
	},
	[UPGRADE_VERIFYING] = {
		[EV_DECISION] = IGNORE("the decision is made again at its end"),
		[EV_DECISION_INSTALLED] =
		    IGNORE("the decision is made again at its end"),
		[EV_ORDER] = DO(ACT_JOIN, UPGRADE_VERIFYING),
		[EV_FETCHED] = IGNORE(LATE),
		[EV_FETCH_FAILED] = IGNORE(LATE),
		[EV_VERIFIED] = DO(ACT_INSTALL, UPGRADE_INSTALLING),
		[EV_VERIFY_FAILED] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_INSTALLED] = IGNORE(LATE),
		[EV_INSTALL_FAILED] = IGNORE(LATE),
		[EV_PROBE_OK] = IGNORE(LATE),
		[EV_PROBE_FAILED] = IGNORE(LATE),
		[EV_SERVICE_READY] = IGNORE("no service is in motion"),
		[EV_SERVICE_FAILED] = IGNORE("no service is in motion"),
		[EV_SERVICE_GONE] = IGNORE("no service is in motion"),
		[EV_PART_OVER] = IGNORE("no probation is running"),
		[EV_CRASH_MOVED] =
		    IGNORE("no probation runs: its policy restarts it"),
		[EV_CRASH_UNMOVED] =
		    IGNORE("it comes back on the version it had"),
		[EV_ALL_MOVED] = IGNORE("not rolling"),
		[EV_PROBATION_OVER] = IGNORE("not waiting for it"),
		[EV_ALL_BACK] = IGNORE("not rolling back"),
		[EV_COMMITTED] = IGNORE("not committing"),
		[EV_COMMIT_FAILED] = IGNORE("not committing"),
		[EV_NEWER_TARGET] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_LOWERED_TARGET] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_HOLD] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_RESUME] = IGNORE("this upgrade is not held"),
		[EV_RELOAD] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_ABORT] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_ROOM_DEATH] = DO(ACT_VERIFY, UPGRADE_VERIFYING),
		[EV_SUPERVISOR_DEATH] =
		    IGNORE("the next supervisor is told everything"),
		[EV_DISK_FULL] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_RETRY] = IGNORE("nothing is to be tried again"),
		[EV_SHUTDOWN] = IGNORE("the journal tells the next parent"),
		[EV_PARENT_START] = DO(ACT_FETCH, UPGRADE_FETCHING)
	},
	[UPGRADE_INSTALLING] = {
		[EV_DECISION] = IGNORE("the decision is made again at its end"),
		[EV_DECISION_INSTALLED] =
		    IGNORE("the decision is made again at its end"),
		[EV_ORDER] = DO(ACT_JOIN, UPGRADE_INSTALLING),
		[EV_FETCHED] = IGNORE(LATE),
		[EV_FETCH_FAILED] = IGNORE(LATE),
		[EV_VERIFIED] = IGNORE(LATE),
		[EV_VERIFY_FAILED] = IGNORE(LATE),
		[EV_INSTALLED] = DO(ACT_PROBE, UPGRADE_PROBING),
		[EV_INSTALL_FAILED] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_PROBE_OK] = IGNORE(LATE),
		[EV_PROBE_FAILED] = IGNORE(LATE),
		[EV_SERVICE_READY] = IGNORE("no service is in motion"),
		[EV_SERVICE_FAILED] = IGNORE("no service is in motion"),
		[EV_SERVICE_GONE] = IGNORE("no service is in motion"),
		[EV_PART_OVER] = IGNORE("no probation is running"),
		[EV_CRASH_MOVED] =
		    IGNORE("no probation runs: its policy restarts it"),
		[EV_CRASH_UNMOVED] =
		    IGNORE("it comes back on the version it had"),
		[EV_ALL_MOVED] = IGNORE("not rolling"),
		[EV_PROBATION_OVER] = IGNORE("not waiting for it"),
		[EV_ALL_BACK] = IGNORE("not rolling back"),
		[EV_COMMITTED] = IGNORE("not committing"),
		[EV_COMMIT_FAILED] = IGNORE("not committing"),
		[EV_NEWER_TARGET] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_LOWERED_TARGET] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_HOLD] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_RESUME] = IGNORE("this upgrade is not held"),
		[EV_RELOAD] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_ABORT] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_ROOM_DEATH] = IGNORE("no room works for this step"),
		[EV_SUPERVISOR_DEATH] =
		    IGNORE("the next supervisor is told everything"),
		[EV_DISK_FULL] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_RETRY] = IGNORE("nothing is to be tried again"),
		[EV_SHUTDOWN] = IGNORE("the journal tells the next parent"),
		[EV_PARENT_START] = DO(ACT_FETCH, UPGRADE_FETCHING)
	},
	[UPGRADE_PROBING] = {
		[EV_DECISION] = IGNORE("the decision is made again at its end"),
		[EV_DECISION_INSTALLED] =
		    IGNORE("the decision is made again at its end"),
		[EV_ORDER] = DO(ACT_JOIN, UPGRADE_PROBING),
		[EV_FETCHED] = IGNORE(LATE),
		[EV_FETCH_FAILED] = IGNORE(LATE),
		[EV_VERIFIED] = IGNORE(LATE),
		[EV_VERIFY_FAILED] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_INSTALLED] = IGNORE(LATE),
		[EV_INSTALL_FAILED] = IGNORE(LATE),
		[EV_PROBE_OK] = DO(ACT_ROLL_NEXT, UPGRADE_ROLLING),
		[EV_PROBE_FAILED] = DO(ACT_MARK_BAD, UPGRADE_IDLE),
		[EV_SERVICE_READY] = IGNORE("no service is in motion"),
		[EV_SERVICE_FAILED] = IGNORE("no service is in motion"),
		[EV_SERVICE_GONE] = IGNORE("no service is in motion"),
		[EV_PART_OVER] = IGNORE("no probation is running"),
		[EV_CRASH_MOVED] =
		    IGNORE("no probation runs: its policy restarts it"),
		[EV_CRASH_UNMOVED] =
		    IGNORE("it comes back on the version it had"),
		[EV_ALL_MOVED] = IGNORE("not rolling"),
		[EV_PROBATION_OVER] = IGNORE("not waiting for it"),
		[EV_ALL_BACK] = IGNORE("not rolling back"),
		[EV_COMMITTED] = IGNORE("not committing"),
		[EV_COMMIT_FAILED] = IGNORE("not committing"),
		[EV_NEWER_TARGET] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_LOWERED_TARGET] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_HOLD] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_RESUME] = IGNORE("this upgrade is not held"),
		[EV_RELOAD] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_ABORT] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_ROOM_DEATH] = DO(ACT_PROBE, UPGRADE_PROBING),
		[EV_SUPERVISOR_DEATH] =
		    IGNORE("the next supervisor is told everything"),
		[EV_DISK_FULL] = DO(ACT_ABANDON, UPGRADE_IDLE),
		[EV_RETRY] = IGNORE("nothing is to be tried again"),
		[EV_SHUTDOWN] = IGNORE("the journal tells the next parent"),
		[EV_PARENT_START] = DO(ACT_PROBE, UPGRADE_PROBING)
	},
	[UPGRADE_ROLLING] = {
		[EV_DECISION] = IGNORE("the decision is made again at its end"),
		[EV_DECISION_INSTALLED] =
		    IGNORE("the decision is made again at its end"),
		[EV_ORDER] = DO(ACT_JOIN, UPGRADE_ROLLING),
		[EV_FETCHED] = IGNORE(LATE),
		[EV_FETCH_FAILED] = IGNORE(LATE),
		[EV_VERIFIED] = IGNORE(LATE),
		[EV_VERIFY_FAILED] = IGNORE(LATE),
		[EV_INSTALLED] = IGNORE(LATE),
		[EV_INSTALL_FAILED] = IGNORE(LATE),
		[EV_PROBE_OK] = IGNORE(LATE),
		[EV_PROBE_FAILED] = IGNORE(LATE),
		[EV_SERVICE_READY] = DO(ACT_ROLL_NEXT, UPGRADE_ROLLING),
		[EV_SERVICE_FAILED] = DO(ACT_ROLL_BACK, UPGRADE_ROLLING_BACK),
		[EV_SERVICE_GONE] = DO(ACT_ROLL_NEXT, UPGRADE_ROLLING),
		[EV_PART_OVER] = DO(ACT_ROLL_NEXT, UPGRADE_ROLLING),
		[EV_CRASH_MOVED] = DO(ACT_ROLL_BACK, UPGRADE_ROLLING_BACK),
		[EV_CRASH_UNMOVED] =
		    IGNORE("it comes back on the version it had"),
		[EV_ALL_MOVED] = DO(ACT_PROBATION, UPGRADE_PROBATION),
		[EV_PROBATION_OVER] = IGNORE("not waiting for it"),
		[EV_ALL_BACK] = IGNORE("not rolling back"),
		[EV_COMMITTED] = IGNORE("not committing"),
		[EV_COMMIT_FAILED] = IGNORE("not committing"),
		[EV_NEWER_TARGET] =
		    QUEUE("services have moved: this one ends first"),
		[EV_LOWERED_TARGET] = DO(ACT_STOP_TRAIN, UPGRADE_ROLL_HELD),
		[EV_HOLD] = DO(ACT_STOP_TRAIN, UPGRADE_ROLL_HELD),
		[EV_RESUME] = IGNORE("this upgrade is not held"),
		[EV_RELOAD] =
		    QUEUE("services are moving: read again at the end"),
		[EV_ABORT] = DO(ACT_ROLL_BACK, UPGRADE_ROLLING_BACK),
		[EV_ROOM_DEATH] = IGNORE("no room works for this step"),
		[EV_SUPERVISOR_DEATH] =
		    IGNORE("the next supervisor is told everything"),
		[EV_DISK_FULL] = DO(ACT_RETRY_LATER, UPGRADE_ROLLING),
		[EV_RETRY] = DO(ACT_ROLL_NEXT, UPGRADE_ROLLING),
		[EV_SHUTDOWN] = IGNORE("the journal tells the next parent"),
		[EV_PARENT_START] = DO(ACT_ROLL_NEXT, UPGRADE_ROLLING)
	},
	[UPGRADE_ROLL_HELD] = {
		[EV_DECISION] = IGNORE("the decision is made again at its end"),
		[EV_DECISION_INSTALLED] =
		    IGNORE("the decision is made again at its end"),
		[EV_ORDER] = REFUSE("the roll is held: resume first"),
		[EV_FETCHED] = IGNORE(LATE),
		[EV_FETCH_FAILED] = IGNORE(LATE),
		[EV_VERIFIED] = IGNORE(LATE),
		[EV_VERIFY_FAILED] = IGNORE(LATE),
		[EV_INSTALLED] = IGNORE(LATE),
		[EV_INSTALL_FAILED] = IGNORE(LATE),
		[EV_PROBE_OK] = IGNORE(LATE),
		[EV_PROBE_FAILED] = IGNORE(LATE),
		[EV_SERVICE_READY] = DO(ACT_NONE, UPGRADE_ROLL_HELD),
		[EV_SERVICE_FAILED] = DO(ACT_ROLL_BACK, UPGRADE_ROLLING_BACK),
		[EV_SERVICE_GONE] = DO(ACT_NONE, UPGRADE_ROLL_HELD),
		[EV_PART_OVER] = DO(ACT_NONE, UPGRADE_ROLL_HELD),
		[EV_CRASH_MOVED] = DO(ACT_ROLL_BACK, UPGRADE_ROLLING_BACK),
		[EV_CRASH_UNMOVED] =
		    IGNORE("it comes back on the version it had"),
		[EV_ALL_MOVED] = IGNORE("not rolling"),
		[EV_PROBATION_OVER] = IGNORE("not waiting for it"),
		[EV_ALL_BACK] = IGNORE("not rolling back"),
		[EV_COMMITTED] = IGNORE("not committing"),
		[EV_COMMIT_FAILED] = IGNORE("not committing"),
		[EV_NEWER_TARGET] =
		    QUEUE("services have moved: this one ends first"),
		[EV_LOWERED_TARGET] = IGNORE("no more are moved already"),
		[EV_HOLD] = IGNORE("no more are moved already"),
		[EV_RESUME] = DO(ACT_ROLL_NEXT, UPGRADE_ROLLING),
		[EV_RELOAD] =
		    QUEUE("services are moving: read again at the end"),
		[EV_ABORT] = DO(ACT_ROLL_BACK, UPGRADE_ROLLING_BACK),
		[EV_ROOM_DEATH] = IGNORE("no room works for this step"),
		[EV_SUPERVISOR_DEATH] =
		    IGNORE("the next supervisor is told everything"),
		[EV_DISK_FULL] = DO(ACT_RETRY_LATER, UPGRADE_ROLL_HELD),
		[EV_RETRY] = DO(ACT_NONE, UPGRADE_ROLL_HELD),
		[EV_SHUTDOWN] = IGNORE("the journal tells the next parent"),
		[EV_PARENT_START] = DO(ACT_STOP_TRAIN, UPGRADE_ROLL_HELD)
	},
	[UPGRADE_PROBATION] = {
		[EV_DECISION] = IGNORE("the decision is made again at its end"),
		[EV_DECISION_INSTALLED] =
		    IGNORE("the decision is made again at its end"),
		[EV_ORDER] = DO(ACT_JOIN, UPGRADE_PROBATION),
		[EV_FETCHED] = IGNORE(LATE),
		[EV_FETCH_FAILED] = IGNORE(LATE),
		[EV_VERIFIED] = IGNORE(LATE),
		[EV_VERIFY_FAILED] = IGNORE(LATE),
		[EV_INSTALLED] = IGNORE(LATE),
		[EV_INSTALL_FAILED] = IGNORE(LATE),
		[EV_PROBE_OK] = IGNORE(LATE),
		[EV_PROBE_FAILED] = IGNORE(LATE),
		[EV_SERVICE_READY] = IGNORE("no service is in motion"),
		[EV_SERVICE_FAILED] = DO(ACT_ROLL_BACK, UPGRADE_ROLLING_BACK),
		[EV_SERVICE_GONE] = DO(ACT_PROBATION, UPGRADE_PROBATION),
		[EV_PART_OVER] = DO(ACT_PROBATION, UPGRADE_PROBATION),
		[EV_CRASH_MOVED] = DO(ACT_ROLL_BACK, UPGRADE_ROLLING_BACK),
		[EV_CRASH_UNMOVED] =
		    IGNORE("it comes back on the version it had"),
		[EV_ALL_MOVED] = IGNORE("not rolling"),
		[EV_PROBATION_OVER] = DO(ACT_COMMIT, UPGRADE_COMMITTING),
		[EV_ALL_BACK] = IGNORE("not rolling back"),
		[EV_COMMITTED] = IGNORE("not committing"),
		[EV_COMMIT_FAILED] = IGNORE("not committing"),
		[EV_NEWER_TARGET] =
		    QUEUE("services have moved: this one ends first"),
		[EV_LOWERED_TARGET] =
		    IGNORE("all have moved: the operator decides"),
		[EV_HOLD] = IGNORE("nothing is left to move"),
		[EV_RESUME] = IGNORE("this upgrade is not held"),
		[EV_RELOAD] =
		    QUEUE("services are moving: read again at the end"),
		[EV_ABORT] = DO(ACT_ROLL_BACK, UPGRADE_ROLLING_BACK),
		[EV_ROOM_DEATH] = IGNORE("no room works for this step"),
		[EV_SUPERVISOR_DEATH] =
		    IGNORE("the next supervisor is told everything"),
		[EV_DISK_FULL] = IGNORE("nothing is written before the commit"),
		[EV_RETRY] = DO(ACT_PROBATION, UPGRADE_PROBATION),
		[EV_SHUTDOWN] = IGNORE("the journal tells the next parent"),
		[EV_PARENT_START] = DO(ACT_PROBATION, UPGRADE_PROBATION)
	},
	[UPGRADE_COMMITTING] = {
		[EV_DECISION] = IGNORE("the decision is made again at its end"),
		[EV_DECISION_INSTALLED] =
		    IGNORE("the decision is made again at its end"),
		[EV_ORDER] = DO(ACT_JOIN, UPGRADE_COMMITTING),
		[EV_FETCHED] = IGNORE(LATE),
		[EV_FETCH_FAILED] = IGNORE(LATE),
		[EV_VERIFIED] = IGNORE(LATE),
		[EV_VERIFY_FAILED] = IGNORE(LATE),
		[EV_INSTALLED] = IGNORE(LATE),
		[EV_INSTALL_FAILED] = IGNORE(LATE),
		[EV_PROBE_OK] = IGNORE(LATE),
		[EV_PROBE_FAILED] = IGNORE(LATE),
		[EV_SERVICE_READY] = IGNORE("no service is in motion"),
		[EV_SERVICE_FAILED] = IGNORE("no service is in motion"),
		[EV_SERVICE_GONE] = IGNORE("no service is in motion"),
		[EV_PART_OVER] = IGNORE("no probation is running"),
		[EV_CRASH_MOVED] = IGNORE("its probation is over"),
		[EV_CRASH_UNMOVED] =
		    IGNORE("it comes back on the version it had"),
		[EV_ALL_MOVED] = IGNORE("not rolling"),
		[EV_PROBATION_OVER] = IGNORE("not waiting for it"),
		[EV_ALL_BACK] = IGNORE("not rolling back"),
		[EV_COMMITTED] = DO(ACT_FINISH, UPGRADE_IDLE),
		[EV_COMMIT_FAILED] = DO(ACT_RETRY_LATER, UPGRADE_COMMITTING),
		[EV_NEWER_TARGET] =
		    QUEUE("services have moved: this one ends first"),
		[EV_LOWERED_TARGET] =
		    IGNORE("all have moved: the operator decides"),
		[EV_HOLD] = IGNORE("nothing is left to move"),
		[EV_RESUME] = IGNORE("this upgrade is not held"),
		[EV_RELOAD] =
		    QUEUE("services are moving: read again at the end"),
		[EV_ABORT] = REFUSE("the upgrade is done"),
		[EV_ROOM_DEATH] = IGNORE("no room works for this step"),
		[EV_SUPERVISOR_DEATH] =
		    IGNORE("the next supervisor is told everything"),
		[EV_DISK_FULL] = DO(ACT_RETRY_LATER, UPGRADE_COMMITTING),
		[EV_RETRY] = DO(ACT_COMMIT, UPGRADE_COMMITTING),
		[EV_SHUTDOWN] = IGNORE("the journal tells the next parent"),
		[EV_PARENT_START] = DO(ACT_COMMIT, UPGRADE_COMMITTING)
	},
	[UPGRADE_ROLLING_BACK] = {
		[EV_DECISION] = IGNORE("the decision is made again at its end"),
		[EV_DECISION_INSTALLED] =
		    IGNORE("the decision is made again at its end"),
		[EV_ORDER] = REFUSE("a rollback is under way"),
		[EV_FETCHED] = IGNORE(LATE),
		[EV_FETCH_FAILED] = IGNORE(LATE),
		[EV_VERIFIED] = IGNORE(LATE),
		[EV_VERIFY_FAILED] = IGNORE(LATE),
		[EV_INSTALLED] = IGNORE(LATE),
		[EV_INSTALL_FAILED] = IGNORE(LATE),
		[EV_PROBE_OK] = IGNORE(LATE),
		[EV_PROBE_FAILED] = IGNORE(LATE),
		[EV_SERVICE_READY] = DO(ACT_BACK_NEXT, UPGRADE_ROLLING_BACK),
		[EV_SERVICE_FAILED] = DO(ACT_BACK_NEXT, UPGRADE_ROLLING_BACK),
		[EV_SERVICE_GONE] = DO(ACT_BACK_NEXT, UPGRADE_ROLLING_BACK),
		[EV_PART_OVER] = IGNORE("no probation is running"),
		[EV_CRASH_MOVED] = IGNORE("it goes back anyway"),
		[EV_CRASH_UNMOVED] =
		    IGNORE("it comes back on the version it had"),
		[EV_ALL_MOVED] = IGNORE("not rolling"),
		[EV_PROBATION_OVER] = IGNORE("not waiting for it"),
		[EV_ALL_BACK] = DO(ACT_FINISH_BACK, UPGRADE_IDLE),
		[EV_COMMITTED] = IGNORE("not committing"),
		[EV_COMMIT_FAILED] = IGNORE("not committing"),
		[EV_NEWER_TARGET] =
		    QUEUE("services have moved: this one ends first"),
		[EV_LOWERED_TARGET] = IGNORE("they go back already"),
		[EV_HOLD] = IGNORE("a rollback goes on to its end"),
		[EV_RESUME] = IGNORE("this upgrade is not held"),
		[EV_RELOAD] =
		    QUEUE("services are moving: read again at the end"),
		[EV_ABORT] = REFUSE("a rollback is under way"),
		[EV_ROOM_DEATH] = IGNORE("no room works for this step"),
		[EV_SUPERVISOR_DEATH] =
		    IGNORE("the next supervisor is told everything"),
		[EV_DISK_FULL] = DO(ACT_RETRY_LATER, UPGRADE_ROLLING_BACK),
		[EV_RETRY] = DO(ACT_BACK_NEXT, UPGRADE_ROLLING_BACK),
		[EV_SHUTDOWN] = IGNORE("the journal tells the next parent"),
		[EV_PARENT_START] = DO(ACT_BACK_NEXT, UPGRADE_ROLLING_BACK)
	}
};
