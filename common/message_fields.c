#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/message_fields.h"

#define FIELD(kind, s, f, max)						\
	{ kind, offsetof(struct s, f), sizeof(((struct s *)0)->f), max, #f }
#define U8_MAX(s, f, max)	FIELD(FIELD_U8, s, f, max)
#define U32_MAX(s, f, max)	FIELD(FIELD_U32, s, f, max)
#define U64(s, f)		FIELD(FIELD_U64, s, f, UINT64_MAX)
#define I32(s, f)		FIELD(FIELD_I32, s, f, 0)
#define I64(s, f)		FIELD(FIELD_I64, s, f, 0)
#define TEXT(s, f)		FIELD(FIELD_TEXT, s, f, 0)
#define LINES(s, f)		FIELD(FIELD_LINES, s, f, 0)
#define BYTES(s, f)		FIELD(FIELD_BYTES, s, f, 0)
#define END			{ FIELD_END, 0, 0, 0, NULL }

#define PAYLOAD(type, s)						\
	[type] = { #type, sizeof(struct msg_##s), s##_fields }
#define BARE(type)		[type] = { #type, 0, NULL }

static const struct field hello_fields[] = {
	U32_MAX(msg_hello, catalogue, UINT32_MAX),
	U32_MAX(msg_hello, kind, ROOM_KINDS - 1),
	TEXT(msg_hello, build),
	END
};

static const struct field ready_fields[] = {
	U8_MAX(msg_ready, chroot, MECHANISM_OFF),
	U8_MAX(msg_ready, user, MECHANISM_OFF),
	U8_MAX(msg_ready, seccomp, MECHANISM_OFF),
	U8_MAX(msg_ready, landlock, MECHANISM_OFF),
	U8_MAX(msg_ready, pledge, MECHANISM_OFF),
	TEXT(msg_ready, missing),
	END
};

static const struct field log_fields[] = {
	U32_MAX(msg_log, priority, 7),
	TEXT(msg_log, text),
	END
};

static const struct field keeper_name_fields[] = {
	TEXT(msg_keeper_name, name),
	END
};

static const struct field keeper_learn_fields[] = {
	TEXT(msg_keeper_learn, name),
	U32_MAX(msg_keeper_learn, timeout_ms, UINT32_MAX),
	END
};

static const struct field keeper_same_fields[] = {
	TEXT(msg_keeper_same, name),
	TEXT(msg_keeper_same, as),
	END
};

static const struct field keeper_learnt_fields[] = {
	TEXT(msg_keeper_learnt, name),
	TEXT(msg_keeper_learnt, error),
	END
};

static const struct field keeper_run_fields[] = {
	TEXT(msg_keeper_run, name),
	U64(msg_keeper_run, generation),
	END
};

static const struct field keeper_ended_fields[] = {
	TEXT(msg_keeper_ended, name),
	U64(msg_keeper_ended, generation),
	U32_MAX(msg_keeper_ended, asked, UINT32_MAX),
	END
};

static const struct field keeper_resume_fields[] = {
	U32_MAX(msg_keeper_resume, protocol, UINT32_MAX),
	END
};

static const struct field keeper_holds_fields[] = {
	TEXT(msg_keeper_holds, name),
	U8_MAX(msg_keeper_holds, proven, 1),
	U64(msg_keeper_holds, generation),
	END
};

static const struct field dial_fields[] = {
	TEXT(msg_dial, host),
	U32_MAX(msg_dial, port, 65535),
	U8_MAX(msg_dial, named, 1),
	U32_MAX(msg_dial, timeout_ms, UINT32_MAX),
	END
};

static const struct field dialed_fields[] = {
	TEXT(msg_dialed, address),
	TEXT(msg_dialed, error),
	END
};

static const struct field probe_fields[] = {
	TEXT(msg_probe, url),
	TEXT(msg_probe, body),
	U32_MAX(msg_probe, status_min, 999),
	U32_MAX(msg_probe, status_max, 999),
	U8_MAX(msg_probe, verify, 1),
	U32_MAX(msg_probe, timeout_ms, UINT32_MAX),
	END
};

static const struct field probed_fields[] = {
	TEXT(msg_probed, error),
	END
};

static const struct field monitor_setup_fields[] = {
	TEXT(msg_monitor_setup, chain_id),
	U32_MAX(msg_monitor_setup, poll_ms, UINT32_MAX),
	U32_MAX(msg_monitor_setup, timeout_ms, UINT32_MAX),
	U32_MAX(msg_monitor_setup, max_block_age_s, UINT32_MAX),
	U32_MAX(msg_monitor_setup, quorum, UINT32_MAX),
	U64(msg_monitor_setup, height),
	I64(msg_monitor_setup, block_time_s),
	END
};

static const struct field node_fields[] = {
	U32_MAX(msg_node, index, UINT32_MAX),
	U32_MAX(msg_node, group, UINT32_MAX),
	TEXT(msg_node, url),
	TEXT(msg_node, operator_name),
	END
};

static const struct field versions_fields[] = {
	U64(msg_versions, height),
	I64(msg_versions, block_time_s),
	U8_MAX(msg_versions, proof, PROOF_PROVEN),
	TEXT(msg_versions, chain_id),
	TEXT(msg_versions, provider_target),
	TEXT(msg_versions, provider_min),
	TEXT(msg_versions, consumer_target),
	TEXT(msg_versions, consumer_min),
	END
};

static const struct field node_state_fields[] = {
	U32_MAX(msg_node_state, index, UINT32_MAX),
	U8_MAX(msg_node_state, state, NODE_STATES - 1),
	U64(msg_node_state, height),
	I64(msg_node_state, age_s),
	I64(msg_node_state, latency_ms),
	U8_MAX(msg_node_state, agrees, 2),
	TEXT(msg_node_state, chain_id),
	TEXT(msg_node_state, error),
	END
};

static const struct field agreement_fields[] = {
	U8_MAX(msg_agreement, state, AGREEMENTS - 1),
	U32_MAX(msg_agreement, groups, UINT32_MAX),
	U32_MAX(msg_agreement, quorum, UINT32_MAX),
	U32_MAX(msg_agreement, voting, UINT32_MAX),
	U32_MAX(msg_agreement, agree, UINT32_MAX),
	TEXT(msg_agreement, text),
	END
};

static const struct field fetch_fields[] = {
	TEXT(msg_fetch, url),
	U64(msg_fetch, max_size),
	U64(msg_fetch, offset),
	TEXT(msg_fetch, etag),
	U8_MAX(msg_fetch, allow_http, 1),
	U32_MAX(msg_fetch, total_s, UINT32_MAX),
	U32_MAX(msg_fetch, stall_s, UINT32_MAX),
	TEXT(msg_fetch, proxy_host),
	U32_MAX(msg_fetch, proxy_port, 65535),
	END
};

static const struct field fetching_fields[] = {
	U64(msg_fetching, offset),
	U64(msg_fetching, total),
	TEXT(msg_fetching, etag),
	END
};

static const struct field progress_fields[] = {
	U64(msg_progress, done),
	U64(msg_progress, total),
	END
};

static const struct field fetched_fields[] = {
	U8_MAX(msg_fetched, ok, 1),
	U64(msg_fetched, size),
	U32_MAX(msg_fetched, status, 999),
	U8_MAX(msg_fetched, again, 1),
	U8_MAX(msg_fetched, broken, 1),
	U8_MAX(msg_fetched, local, 1),
	TEXT(msg_fetched, etag),
	TEXT(msg_fetched, error),
	END
};

static const struct field verify_fields[] = {
	TEXT(msg_verify, version),
	TEXT(msg_verify, file_name),
	U8_MAX(msg_verify, trust, TRUST_MODES - 1),
	U8_MAX(msg_verify, allow_scripts, 1),
	U64(msg_verify, max_size),
	TEXT(msg_verify, want),
	U8_MAX(msg_verify, growing, 1),
	END
};

static const struct field verify_key_fields[] = {
	TEXT(msg_verify_key, name),
	LINES(msg_verify_key, text),
	END
};

static const struct field verify_file_fields[] = {
	U8_MAX(msg_verify_file, which, VERIFY_FILES - 1),
	END
};

static const struct field verified_fields[] = {
	U8_MAX(msg_verified, ok, 1),
	U8_MAX(msg_verified, unwanted, 1),
	U64(msg_verified, size),
	TEXT(msg_verified, sha256),
	TEXT(msg_verified, key),
	TEXT(msg_verified, error),
	U8_MAX(msg_verified, local, 1),
	END
};

static const struct field service_fields[] = {
	U32_MAX(msg_service, slot, UINT32_MAX),
	TEXT(msg_service, name),
	U8_MAX(msg_service, restart, RESTART_MODES - 1),
	BYTES(msg_service, unless),
	U8_MAX(msg_service, stop_signal, 64),
	U32_MAX(msg_service, grace_ms, UINT32_MAX),
	U32_MAX(msg_service, stable_ms, UINT32_MAX),
	U32_MAX(msg_service, backoff_ms, UINT32_MAX),
	U32_MAX(msg_service, backoff_max_ms, UINT32_MAX),
	U32_MAX(msg_service, limit, UINT32_MAX),
	U32_MAX(msg_service, retry_ms, UINT32_MAX),
	U64(msg_service, log_size),
	U32_MAX(msg_service, log_count, UINT32_MAX),
	END
};

static const struct field slot_fields[] = {
	U32_MAX(msg_slot, slot, UINT32_MAX),
	END
};

static const struct field service_state_fields[] = {
	U32_MAX(msg_service_state, slot, UINT32_MAX),
	U64(msg_service_state, generation),
	U8_MAX(msg_service_state, state, SERVICE_STATES - 1),
	U8_MAX(msg_service_state, want, WANT_UP),
	U8_MAX(msg_service_state, again, 1),
	I32(msg_service_state, pid),
	U32_MAX(msg_service_state, failures, UINT32_MAX),
	U32_MAX(msg_service_state, restarts, UINT32_MAX),
	I64(msg_service_state, since_ms),
	I64(msg_service_state, started_ms),
	I64(msg_service_state, due_ms),
	U8_MAX(msg_service_state, step, 3),
	U8_MAX(msg_service_state, exit_kind, EXIT_KINDS - 1),
	U8_MAX(msg_service_state, exit_value, 255),
	U64(msg_service_state, order),
	END
};

static const struct field service_want_fields[] = {
	U32_MAX(msg_service_want, slot, UINT32_MAX),
	U8_MAX(msg_service_want, want, WANTS - 1),
	U64(msg_service_want, order),
	END
};

static const struct field service_started_fields[] = {
	U32_MAX(msg_service_started, slot, UINT32_MAX),
	U64(msg_service_started, generation),
	I32(msg_service_started, pid),
	U8_MAX(msg_service_started, wait, 3),
	TEXT(msg_service_started, error),
	END
};

static const struct field service_ended_fields[] = {
	U32_MAX(msg_service_ended, slot, UINT32_MAX),
	U64(msg_service_ended, generation),
	U8_MAX(msg_service_ended, wait, 2),
	U8_MAX(msg_service_ended, exit_kind, EXIT_KINDS - 1),
	U8_MAX(msg_service_ended, exit_value, 255),
	END
};

static const struct field order_fields[] = {
	U32_MAX(msg_order, slot, UINT32_MAX),
	U64(msg_order, generation),
	U8_MAX(msg_order, signal, 64),
	END
};

static const struct field output_lost_fields[] = {
	U32_MAX(msg_output_lost, slot, UINT32_MAX),
	U64(msg_output_lost, bytes),
	TEXT(msg_output_lost, error),
	END
};

static const struct field watch_log_fields[] = {
	U32_MAX(msg_watch_log, slot, UINT32_MAX),
	U64(msg_watch_log, generation),
	TEXT(msg_watch_log, text),
	END
};

static const struct field log_matched_fields[] = {
	U32_MAX(msg_log_matched, slot, UINT32_MAX),
	U64(msg_log_matched, generation),
	END
};

static const struct field notified_fields[] = {
	U32_MAX(msg_notified, slot, UINT32_MAX),
	I32(msg_notified, pid),
	I32(msg_notified, session),
	U32_MAX(msg_notified, uid, UINT32_MAX),
	END
};

static const struct field request_fields[] = {
	U32_MAX(msg_request, catalogue, UINT32_MAX),
	U32_MAX(msg_request, verb, VERBS - 1),
	U32_MAX(msg_request, uid, UINT32_MAX),
	U32_MAX(msg_request, gid, UINT32_MAX),
	I64(msg_request, number),
	TEXT(msg_request, name),
	TEXT(msg_request, argument),
	TEXT(msg_request, extra),
	END
};

static const struct field request_file_fields[] = {
	U8_MAX(msg_request_file, which, VERIFY_OUTPUT - 1),
	END
};

static const struct field answer_fields[] = {
	U8_MAX(msg_answer, more, 1),
	LINES(msg_answer, text),
	END
};

static const struct field answer_end_fields[] = {
	U32_MAX(msg_answer_end, code, UINT32_MAX),
	TEXT(msg_answer_end, text),
	END
};

const struct layout	 message_layouts[MSG_TYPES] = {
	PAYLOAD(MSG_HELLO, hello),
	PAYLOAD(MSG_READY, ready),
	PAYLOAD(MSG_LOG, log),
	PAYLOAD(MSG_KEEPER_LEARN, keeper_learn),
	PAYLOAD(MSG_KEEPER_SAME, keeper_same),
	PAYLOAD(MSG_KEEPER_LEARNT, keeper_learnt),
	PAYLOAD(MSG_KEEPER_FORGET, keeper_name),
	PAYLOAD(MSG_KEEPER_FEED, keeper_run),
	PAYLOAD(MSG_KEEPER_FEED_READ, keeper_run),
	PAYLOAD(MSG_KEEPER_FED, keeper_run),
	PAYLOAD(MSG_KEEPER_END, keeper_run),
	PAYLOAD(MSG_KEEPER_ENDED, keeper_ended),
	BARE(MSG_KEEPER_PAUSE),
	BARE(MSG_KEEPER_PAUSED),
	PAYLOAD(MSG_KEEPER_RESUME, keeper_resume),
	PAYLOAD(MSG_KEEPER_HOLDS, keeper_holds),
	BARE(MSG_KEEPER_HOLDS_END),
	PAYLOAD(MSG_DIAL, dial),
	PAYLOAD(MSG_DIALED, dialed),
	BARE(MSG_DIAL_CANCEL),
	BARE(MSG_CA),
	PAYLOAD(MSG_PROBE, probe),
	BARE(MSG_PROBE_CANCEL),
	PAYLOAD(MSG_PROBED, probed),
	PAYLOAD(MSG_MONITOR_SETUP, monitor_setup),
	PAYLOAD(MSG_NODE, node),
	BARE(MSG_NODES_END),
	BARE(MSG_POLL_NOW),
	PAYLOAD(MSG_VERSIONS, versions),
	PAYLOAD(MSG_AGREEMENT, agreement),
	PAYLOAD(MSG_NODE_STATE, node_state),
	PAYLOAD(MSG_FETCH, fetch),
	PAYLOAD(MSG_FETCHING, fetching),
	PAYLOAD(MSG_PROGRESS, progress),
	PAYLOAD(MSG_FETCHED, fetched),
	PAYLOAD(MSG_VERIFY, verify),
	PAYLOAD(MSG_VERIFY_KEY, verify_key),
	PAYLOAD(MSG_VERIFY_FILE, verify_file),
	BARE(MSG_VERIFY_GO),
	BARE(MSG_VERIFY_WHOLE),
	PAYLOAD(MSG_VERIFIED, verified),
	PAYLOAD(MSG_SERVICE, service),
	PAYLOAD(MSG_SERVICE_REMOVE, slot),
	PAYLOAD(MSG_SERVICE_FIFO, slot),
	PAYLOAD(MSG_SERVICE_LOG, slot),
	BARE(MSG_SERVICES_END),
	PAYLOAD(MSG_SERVICE_STATE, service_state),
	PAYLOAD(MSG_SERVICE_WANT, service_want),
	PAYLOAD(MSG_SERVICE_LOCK, slot),
	PAYLOAD(MSG_SERVICE_STARTED, service_started),
	PAYLOAD(MSG_SERVICE_ENDED, service_ended),
	PAYLOAD(MSG_ORDER_START, order),
	PAYLOAD(MSG_ORDER_SIGNAL, order),
	PAYLOAD(MSG_ORDER_ROTATE, order),
	PAYLOAD(MSG_OUTPUT_LOST, output_lost),
	PAYLOAD(MSG_WATCH_LOG, watch_log),
	PAYLOAD(MSG_WATCH_NOTIFY, slot),
	PAYLOAD(MSG_LOG_MATCHED, log_matched),
	PAYLOAD(MSG_NOTIFIED, notified),
	BARE(MSG_LISTEN),
	PAYLOAD(MSG_REQUEST, request),
	PAYLOAD(MSG_REQUEST_FILE, request_file),
	PAYLOAD(MSG_ANSWER, answer),
	PAYLOAD(MSG_ANSWER_END, answer_end),
	BARE(MSG_CLIENT_GONE),
};
