/*
 * The message catalogue: everything that two processes of lavavisord say
 * to each other, and what lavavisorctl says to a control room.
 *
 * A message is one imsg.  Its payload is the fields of its struct in the
 * order of the table in message_fields.c: integers little-endian, text as a
 * 16-bit length and its bytes.  message_read() takes a payload only when it is
 * consumed exactly, every number is in its range and no text holds a NUL,
 * a control character or more bytes than its field.
 *
 * Times are Unix seconds (_s) or milliseconds of CLOCK_MONOTONIC (_ms),
 * sizes are bytes.
 */

#ifndef COMMON_MESSAGE_H
#define COMMON_MESSAGE_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include <imsg.h>

/* Goes up with each change of the catalogue; a hello with another is refused */
#define MESSAGE_CATALOGUE	6

/* Room for text with its NUL */
#define NAME_SIZE	64	/* a service, a room */
#define VERSION_SIZE	24	/* 4294967295.4294967295... is refused */
#define HOST_SIZE	256
#define URL_SIZE	1024
#define TEXT_SIZE	512	/* a reason, an error */
#define HASH_SIZE	65	/* SHA-256 in lower case hex */
#define KEY_SIZE	512	/* the text of a public key file */
#define ANSWER_SIZE	12288	/* one piece of an answer */
#define MATCH_SIZE	256	/* text that is looked for */

enum room_kind {
	ROOM_PARENT,
	ROOM_DIALER,		/* names and numeric addresses */
	ROOM_PROBER_DIALER,	/* numeric addresses only, for readiness */
	ROOM_PROBER,		/* speaks HTTP to services */
	ROOM_MONITOR,
	ROOM_DOWNLOADER,
	ROOM_VERIFIER,
	ROOM_SUPERVISOR,
	ROOM_ADMIN,		/* control, socket 0600 */
	ROOM_SHOW,		/* control, socket 0660 */
	ROOM_KEEPER,		/* of passphrases */
	ROOM_KINDS
};

enum message_type {
	MSG_NONE,

	/* every room */
	MSG_HELLO,	/* both ways, first: struct msg_hello */
	MSG_READY,	/* room -> parent, in its sandbox: struct msg_ready */
	MSG_LOG,	/* room -> parent: struct msg_log */

	/*
	 * keeper.  It outlives a reexec, and the program that comes then may
	 * be of another build: so these messages, READY and LOG keep their
	 * numbers and their payloads; a change of them is another
	 * KEEPER_PROTOCOL, whose keeper is ended and what it knew is lost.
	 *
	 * LEARN brings the read end of a pipe, or a file, with a passphrase in
	 * it; SAME takes over another service's; both are answered by LEARNT
	 * with their imsg id, but for a LEARN that another order overtook.
	 * FEED and FEED_READ bring the two ends of the pipe that is the
	 * standard input of a run.  FED and END end that; END is answered by
	 * ENDED.  After PAUSED nothing is said until RESUME, which is answered
	 * by READY, a HOLDS for each passphrase and HOLDS_END.
	 */
	MSG_KEEPER_LEARN,	/* parent -> keeper, fd */
	MSG_KEEPER_SAME,	/* parent -> keeper */
	MSG_KEEPER_LEARNT,	/* keeper -> parent */
	MSG_KEEPER_FORGET,	/* parent -> keeper: msg_keeper_name */
	MSG_KEEPER_FEED,	/* parent -> keeper, fd: the write end */
	MSG_KEEPER_FEED_READ,	/* parent -> keeper, fd: the read end */
	MSG_KEEPER_FED,		/* parent -> keeper: it asks no more */
	MSG_KEEPER_END,		/* parent -> keeper: the run is over */
	MSG_KEEPER_ENDED,	/* keeper -> parent */
	MSG_KEEPER_PAUSE,	/* parent -> keeper, no payload */
	MSG_KEEPER_PAUSED,	/* keeper -> parent, no payload */
	MSG_KEEPER_RESUME,	/* parent -> keeper */
	MSG_KEEPER_HOLDS,	/* keeper -> parent */
	MSG_KEEPER_HOLDS_END,	/* keeper -> parent, no payload */

	/*
	 * Connections.  monitor, downloader -> parent -> dialer: MSG_DIAL; the
	 * parent sets `named`.  Back the same way: MSG_DIALED, with the
	 * connected non-blocking socket as fd unless error is set.  The imsg
	 * id of the question is the id of the answer.
	 */
	MSG_DIAL,
	MSG_DIALED,
	MSG_DIAL_CANCEL,	/* parent -> dialer, no payload; same id */

	/* Rooms with TLS: PEM bundle of trusted CAs, read-only fd */
	MSG_CA,		/* parent -> room, no payload, fd */

	/* monitor */
	MSG_MONITOR_SETUP,	/* parent -> monitor: replaces everything */
	MSG_NODE,		/* parent -> monitor, one per node, in order */
	MSG_NODES_END,		/* parent -> monitor, no payload: go */
	MSG_POLL_NOW,		/* parent -> monitor, no payload */
	MSG_VERSIONS,		/* monitor -> parent: a quorum's word */
	MSG_AGREEMENT,		/* monitor -> parent: after each round */
	MSG_NODE_STATE,		/* monitor -> parent: after each poll */

	/*
	 * prober: one request over a connected socket.  The imsg id of PROBE
	 * is that of its PROBED; a cancelled one has none.
	 */
	MSG_PROBE,		/* parent -> prober, fd: the socket */
	MSG_PROBE_CANCEL,	/* parent -> prober, no payload; same id */
	MSG_PROBED,		/* prober -> parent */

	/* downloader */
	MSG_FETCH,	/* parent -> downloader, fd: staging file, read-write */
	MSG_FETCHING,	/* downloader -> parent: the file begins to come */
	MSG_PROGRESS,	/* downloader, verifier -> parent, at most 4 a second */
	MSG_FETCHED,	/* downloader -> parent, id of its FETCH */

	/* verifier: one job in the life of the process */
	MSG_VERIFY,		/* parent -> verifier */
	MSG_VERIFY_KEY,		/* parent -> verifier, 0 to 16 of them */
	MSG_VERIFY_FILE,	/* parent -> verifier, fd */
	MSG_VERIFY_GO,		/* parent -> verifier, no payload */
	MSG_VERIFY_WHOLE,	/* parent -> verifier, no payload: the binary,
				 * which was `growing`, is complete */
	MSG_VERIFIED,		/* verifier -> parent; then it exits */

	/*
	 * supervisor.  After its hello the parent replays everything:
	 * SERVICE, SERVICE_STATE, SERVICE_FIFO (fd, read end, non-blocking)
	 * and SERVICE_LOG (fd, write-only, at its end, no O_APPEND) for each
	 * service, then SERVICES_END.  Later the same messages bring changes.
	 */
	MSG_SERVICE,		/* parent -> supervisor: policy of a slot */
	MSG_SERVICE_REMOVE,	/* parent -> supervisor: forget this slot */
	MSG_SERVICE_FIFO,	/* parent -> supervisor, fd: msg_slot */
	MSG_SERVICE_LOG,	/* parent -> supervisor, fd: msg_slot */
	MSG_SERVICES_END,	/* parent -> supervisor, no payload */
	MSG_SERVICE_STATE,	/* both ways: what the parent keeps */
	MSG_SERVICE_WANT,	/* parent -> supervisor: the operator's word */
	MSG_SERVICE_LOCK,	/* parent -> supervisor: msg_slot; it is not to
				 * be started again by itself */
	MSG_SERVICE_STARTED,	/* parent -> supervisor: answer to START */
	MSG_SERVICE_ENDED,	/* parent -> supervisor: the leader is reaped */
	MSG_ORDER_START,	/* supervisor -> parent: msg_order */
	MSG_ORDER_SIGNAL,	/* supervisor -> parent: to the group */
	MSG_ORDER_ROTATE,	/* supervisor -> parent; answer SERVICE_LOG */
	MSG_OUTPUT_LOST,	/* supervisor -> parent: what a full disk ate */
	/*
	 * Readiness.  WATCH_LOG: the log for reading, where the run's output
	 * begins; another one goes on in the next file.  WATCH_NOTIFY: the
	 * datagram socket at the service's NOTIFY_SOCKET.
	 */
	MSG_WATCH_LOG,		/* parent -> supervisor, fd */
	MSG_WATCH_NOTIFY,	/* parent -> supervisor, fd: msg_slot */
	MSG_LOG_MATCHED,	/* supervisor -> parent, ends the watch */
	MSG_NOTIFIED,		/* supervisor -> parent: READY=1 has come */

	/*
	 * control.  A client sends one MSG_REQUEST; control adds uid and gid
	 * and relays it under an id of its own; the parent answers with
	 * ANSWER... (a file for `log` as fd) and ANSWER_END.  Events go on
	 * until the client leaves: CLIENT_GONE.
	 */
	MSG_LISTEN,		/* parent -> control, fd: no payload */
	MSG_REQUEST,		/* lavavisorctl -> control -> parent */
	/*
	 * lavavisorctl -> admin -> parent, fd: behind a request whose verb
	 * takes files, as many as its number says.
	 */
	MSG_REQUEST_FILE,
	MSG_ANSWER,		/* parent -> control -> lavavisorctl */
	MSG_ANSWER_END,		/* parent -> control -> lavavisorctl */
	MSG_CLIENT_GONE,	/* control -> parent, no payload */

	MSG_TYPES
};

struct msg_hello {
	uint32_t	 catalogue;	/* MESSAGE_CATALOGUE */
	uint32_t	 kind;		/* enum room_kind */
	char		 build[NAME_SIZE];	/* LAVAVISORD_BUILD */
};

enum mechanism_state {
	MECHANISM_NA,		/* this system has no such thing */
	MECHANISM_ON,
	MECHANISM_OFF		/* wanted, not had */
};

struct msg_ready {
	uint8_t		 chroot;	/* enum mechanism_state, all five */
	uint8_t		 user;
	uint8_t		 seccomp;
	uint8_t		 landlock;
	uint8_t		 pledge;
	char		 missing[TEXT_SIZE];	/* why, empty when nothing is */
};

struct msg_log {
	uint32_t	 priority;	/* LOG_ERR ... LOG_DEBUG */
	char		 text[1024];
};

#define KEEPER_PROTOCOL		1

/* Room for a passphrase without newline or NUL, bytes */
#define PASSPHRASE_MAX		1023

struct msg_keeper_name {
	char		 name[NAME_SIZE];	/* of a service */
};

struct msg_keeper_learn {
	char		 name[NAME_SIZE];
	uint32_t	 timeout_ms;	/* until the end of the file */
};

struct msg_keeper_same {
	char		 name[NAME_SIZE];
	char		 as[NAME_SIZE];
};

struct msg_keeper_learnt {
	char		 name[NAME_SIZE];
	char		 error[TEXT_SIZE];	/* "": it is held */
};

struct msg_keeper_run {
	char		 name[NAME_SIZE];
	uint64_t	 generation;
};

struct msg_keeper_ended {
	char		 name[NAME_SIZE];
	uint64_t	 generation;
	uint32_t	 asked;		/* lines that were read of it */
};

struct msg_keeper_resume {
	uint32_t	 protocol;	/* KEEPER_PROTOCOL */
};

struct msg_keeper_holds {
	char		 name[NAME_SIZE];
	uint8_t		 proven;	/* 1: a run asked no more */
	uint64_t	 generation;	/* of the run it feeds, 0 none */
};

struct msg_dial {
	char		 host[HOST_SIZE];
	uint32_t	 port;
	uint8_t		 named;		/* 1: the config names this host */
	uint32_t	 timeout_ms;
};

struct msg_dialed {
	char		 address[80];	/* numeric, "" on error */
	char		 error[TEXT_SIZE];	/* "" when the fd is there */
};

struct msg_probe {
	char		 url[URL_SIZE];	/* http or https */
	char		 body[MATCH_SIZE];	/* must be in it, "" any */
	uint32_t	 status_min;	/* that are good, 100 to 999 */
	uint32_t	 status_max;
	uint8_t		 verify;	/* 0: any certificate will do */
	uint32_t	 timeout_ms;
};

struct msg_probed {
	char		 error[TEXT_SIZE];	/* "": as it should be */
};

struct msg_monitor_setup {
	char		 chain_id[NAME_SIZE];	/* "": what the node says */
	uint32_t	 poll_ms;
	uint32_t	 timeout_ms;	/* of one request */
	uint32_t	 max_block_age_s;
	uint32_t	 quorum;	/* groups that must agree */
	uint64_t	 height;	/* that a quorum vouched for, 0 none */
	int64_t		 block_time_s;	/* of that block */
};

struct msg_node {
	uint32_t	 index;
	uint32_t	 group;		/* one operator, one vote; from 0 */
	char		 url[URL_SIZE];
	char		 operator_name[NAME_SIZE];
};

enum proof_level {
	PROOF_NONE,
	PROOF_QUORUM,
	PROOF_PROVEN
};

struct msg_versions {
	uint64_t	 height;
	int64_t		 block_time_s;
	uint8_t		 proof;		/* enum proof_level */
	char		 chain_id[NAME_SIZE];
	char		 provider_target[VERSION_SIZE];
	char		 provider_min[VERSION_SIZE];
	char		 consumer_target[VERSION_SIZE];
	char		 consumer_min[VERSION_SIZE];
};

enum node_state {
	NODE_UNKNOWN,
	NODE_OK,
	NODE_CATCHING_UP,
	NODE_STALE,
	NODE_WRONG_CHAIN,
	NODE_UNREACHABLE,
	NODE_BAD_ANSWER,
	NODE_LIMITED,
	NODE_STATES
};

struct msg_node_state {
	uint32_t	 index;
	uint8_t		 state;		/* enum node_state */
	uint64_t	 height;
	int64_t		 age_s;		/* of its latest block, -1 unknown */
	int64_t		 latency_ms;	/* -1 unknown */
	uint8_t		 agrees;	/* 0 no, 1 yes, 2 unknown */
	char		 chain_id[NAME_SIZE];
	char		 error[TEXT_SIZE];
};

/* What the groups of nodes together say. */
enum agreement {
	AGREEMENT_UNKNOWN,	/* not asked yet */
	AGREEMENT_YES,		/* a quorum says the same */
	AGREEMENT_FEW,		/* too few have anything to say */
	AGREEMENT_SPLIT,	/* enough, but no quorum for one value */
	AGREEMENT_CONFLICT,	/* a quorum each for two values */
	AGREEMENT_CLOCK_SLOW,	/* all are in our future */
	AGREEMENT_ALL_OLD,	/* no block for long, or our clock is fast */
	AGREEMENTS
};

struct msg_agreement {
	uint8_t		 state;		/* enum agreement */
	uint32_t	 groups;
	uint32_t	 quorum;	/* of them that must agree */
	uint32_t	 voting;	/* that have something to say */
	uint32_t	 agree;		/* that say the same, the most */
	char		 text[TEXT_SIZE];	/* "" when all is well */
};

struct msg_fetch {
	char		 url[URL_SIZE];
	uint64_t	 max_size;
	uint64_t	 offset;	/* bytes already there; 0 starts over */
	char		 etag[128];	/* strong ETag of those bytes, or "" */
	uint8_t		 allow_http;	/* 1: this URL may be http, and lead on
					 * to http on its own host */
	uint32_t	 total_s;	/* for the whole file; 0 the default */
	uint32_t	 stall_s;	/* too slow for so long; 0 as above */
	char		 proxy_host[HOST_SIZE];	/* "" none */
	uint32_t	 proxy_port;
};

/* The answer is the file, or the rest of it */
struct msg_fetching {
	uint64_t	 offset;	/* where it goes on, 0 from the start */
	uint64_t	 total;		/* of the whole file, 0 unknown */
	char		 etag[128];	/* strong, or "" */
};

struct msg_progress {
	uint64_t	 done;
	uint64_t	 total;		/* 0 unknown */
};

struct msg_fetched {
	uint8_t		 ok;
	uint64_t	 size;
	uint32_t	 status;	/* HTTP, 0 none */
	uint8_t		 again;		/* 1: worth another try later */
	uint8_t		 broken;	/* 1: cut off half way, go on at once */
	uint8_t		 local;		/* 1: not the server's fault but ours */
	char		 etag[128];
	char		 error[TEXT_SIZE];
};

enum trust_mode {
	TRUST_CHECKSUM,
	TRUST_SIGNED,
	TRUST_PINNED,
	TRUST_REHASH,		/* only hash and compare with `want` */
	TRUST_IMPORTED,		/* only hash and copy: the operator's word */
	TRUST_MODES
};

enum verify_file {
	VERIFY_LIST,
	VERIFY_SIGNATURE,	/* signify */
	VERIFY_MINISIG,
	VERIFY_BINARY,
	VERIFY_OUTPUT,		/* the new file, write-only */
	VERIFY_FILES
};

struct msg_verify {
	char		 version[VERSION_SIZE];
	char		 file_name[128];	/* its line in the list */
	uint8_t		 trust;		/* enum trust_mode */
	uint8_t		 allow_scripts;
	uint64_t	 max_size;
	char		 want[HASH_SIZE];	/* pinned, known; "" */
	uint8_t		 growing;	/* 1: the binary is still being
					 * written, WHOLE will come */
};

struct msg_verify_key {
	char		 name[NAME_SIZE];	/* file name, for people */
	char		 text[KEY_SIZE];	/* lines joined with \n */
};

struct msg_verify_file {
	uint8_t		 which;		/* enum verify_file */
};

struct msg_verified {
	uint8_t		 ok;
	uint8_t		 unwanted;	/* not ok for nothing but `want` */
	uint64_t	 size;
	char		 sha256[HASH_SIZE];
	char		 key[128];	/* who signed: file name and key id */
	char		 error[TEXT_SIZE];
	uint8_t		 local;		/* 1: the new file cannot be written */
};

enum restart_mode {
	RESTART_ALWAYS,
	RESTART_ON_FAILURE,
	RESTART_NEVER,
	RESTART_UNLESS_EXIT,
	RESTART_MODES
};

struct msg_service {
	uint32_t	 slot;
	char		 name[NAME_SIZE];
	uint8_t		 restart;	/* enum restart_mode */
	uint8_t		 unless[32];	/* bitmap of exit codes */
	uint8_t		 stop_signal;
	uint32_t	 grace_ms;
	uint32_t	 stable_ms;
	uint32_t	 backoff_ms;	/* first wait */
	uint32_t	 backoff_max_ms;
	uint32_t	 limit;		/* failures in a row, 0 none */
	uint32_t	 retry_ms;	/* slow retry when failed, 0 never */
	uint64_t	 log_size;	/* 0: never rotated */
	uint32_t	 log_count;
};

struct msg_slot {
	uint32_t	 slot;
};

enum service_state {
	SERVICE_STOPPED,
	SERVICE_STARTING,	/* ordered, not yet forked */
	SERVICE_RUNNING,
	SERVICE_STOPPING,
	SERVICE_BACKOFF,
	SERVICE_FAILED,
	SERVICE_LOCKED,
	SERVICE_STATES
};

enum exit_kind {
	EXIT_NONE,		/* never ended */
	EXIT_CODE,
	EXIT_SIGNAL,
	EXIT_UNKNOWN,
	EXIT_KINDS
};

enum service_want {
	WANT_DOWN,
	WANT_UP,
	WANT_RESTART,		/* stop, then start; only as an order */
	WANTS
};

/* The whole state of one service's policy; replayed to a new supervisor */
struct msg_service_state {
	uint32_t	 slot;
	uint64_t	 generation;	/* of the run that this speaks of */
	uint8_t		 state;		/* enum service_state */
	uint8_t		 want;		/* WANT_DOWN or WANT_UP */
	uint8_t		 again;		/* 1: start again once it has stopped */
	int32_t		 pid;		/* 0 none */
	uint32_t	 failures;	/* in a row */
	uint32_t	 restarts;	/* starts after the first one */
	int64_t		 since_ms;	/* of this state */
	int64_t		 started_ms;	/* of the run, 0 never */
	int64_t		 due_ms;	/* next start or stop step, 0 none */
	uint8_t		 step;		/* stop: 0 signal, 1 TERM, 2 KILL */
	uint8_t		 exit_kind;	/* enum exit_kind */
	uint8_t		 exit_value;
	uint64_t	 order;		/* the last WANT that was seen */
};

struct msg_service_want {
	uint32_t	 slot;
	uint8_t		 want;		/* enum service_want */
	uint64_t	 order;		/* grows; echoed in SERVICE_STATE */
};

struct msg_service_started {
	uint32_t	 slot;
	uint64_t	 generation;	/* of the new run, or as it was */
	int32_t		 pid;		/* 0: could not be started */
	uint8_t		 wait;		/* pid 0: 1 the service may not run yet
					 * 2 the host is short of something
					 * 3 its passphrase is not known */
	char		 error[TEXT_SIZE];
};

struct msg_service_ended {
	uint32_t	 slot;
	uint64_t	 generation;
	uint8_t		 wait;	/* 2: the host was short, it never began */
	uint8_t		 exit_kind;
	uint8_t		 exit_value;
};

struct msg_order {
	uint32_t	 slot;
	uint64_t	 generation;	/* the last one the supervisor knows */
	uint8_t		 signal;	/* ORDER_SIGNAL, else 0 */
};

/* Its error when the parent could not open the log */
#define OUTPUT_NO_LOG	"no log file"

struct msg_output_lost {
	uint32_t	 slot;
	uint64_t	 bytes;
	char		 error[TEXT_SIZE];
};

struct msg_watch_log {
	uint32_t	 slot;
	uint64_t	 generation;
	char		 text[MATCH_SIZE];
};

struct msg_log_matched {
	uint32_t	 slot;
	uint64_t	 generation;
};

struct msg_notified {
	uint32_t	 slot;
	int32_t		 pid;		/* the sender, 0 not known */
	int32_t		 session;	/* its session then, 0 not known */
	uint32_t	 uid;		/* of the sender, if pid is known */
};

enum verb {
	VERB_NONE,
	/* by either channel */
	VERB_SHOW_SERVICES,
	VERB_SHOW_VERSIONS,	/* number 1: after hashing all again */
	VERB_SHOW_NODES,
	VERB_SHOW_UPGRADES,
	VERB_SHOW_SANDBOX,
	VERB_SHOW_SERVICE,	/* name: one service in full */
	VERB_CHECK,		/* name or ""; the end has a plugin's code */
	VERB_SHOW_CONFIG,	/* name or "", "all"; number 1: all of it */
	VERB_SHOW_HISTORY,	/* number: lines, 0 the most there may be */
	/*
	 * number: 0 from now on, else one more than the last event that was
	 * seen.  When many have been missed the answer ends with MONITOR_MORE
	 * behind some of them, and is to be asked again for the rest.
	 */
	VERB_MONITOR,
	VERB_WAIT,		/* name, argument = state, number = seconds */
	VERB_UPGRADE_CHECK,
	/* by admin only */
	VERB_ADMIN_FIRST,
	VERB_START = VERB_ADMIN_FIRST,
	VERB_STOP,
	VERB_RESTART,
	VERB_UPGRADE_NOW,
	VERB_RELOAD,		/* number 1: only say what would happen */
	/*
	 * name; the answer carries a read-only fd.  number 1: follow, then a
	 * further answer "rotated" brings each new file.
	 */
	VERB_LOG,
	VERB_SHUTDOWN,		/* number 1: keep the services */
	VERB_REEXEC,
	VERB_HOLD,
	VERB_RESUME,
	VERB_APPROVE,		/* argument = version, extra = sha256 */
	VERB_NODES_FORGET,
	/*
	 * argument = version or "", extra = the file's own name; number of
	 * REQUEST_FILEs that follow, REQUEST_FILES_MAX at most.  name =
	 * REQUEST_IMPORTED: on the operator's word, nothing else vouches.
	 */
	VERB_INSTALL,
	VERB_UPGRADE_TO,	/* argument = version; pins it */
	VERB_UPGRADE_ROLLBACK,
	VERB_PIN,		/* argument = version */
	VERB_UNPIN,
	/* argument = version or ""; number 1: only say what is wanted */
	VERB_UPGRADE_PREPARE,
	/*
	 * name.  number 1: a REQUEST_FILE follows, the read end of a pipe with
	 * the passphrase in it; 0: it is read again where the configuration
	 * says.
	 */
	VERB_UNLOCK,
	VERB_LOCK,		/* name */
	VERBS
};

#define MONITOR_MORE	"there are more events"

struct msg_request {
	uint32_t	 catalogue;	/* MESSAGE_CATALOGUE */
	uint32_t	 verb;		/* enum verb */
	uint32_t	 uid;		/* set by control from the socket */
	uint32_t	 gid;
	int64_t		 number;
	char		 name[NAME_SIZE];	/* a service or "all" */
	char		 argument[128];
	char		 extra[128];
};

/* One of each: binary, list, and the two kinds of signature */
#define REQUEST_FILES_MAX	4

#define REQUEST_IMPORTED	"imported"

struct msg_request_file {
	uint8_t		 which;		/* enum verify_file, no output; 0 for
					 * the pipe of VERB_UNLOCK */
};

struct msg_answer {
	uint8_t		 more;		/* 1: the line goes on in the next */
	char		 text[ANSWER_SIZE];	/* JSON, one line an object */
};

struct msg_answer_end {
	uint32_t	 code;		/* exit code of lavavisorctl */
	char		 text[TEXT_SIZE];	/* for people, "" none */
};

/*
 * Packs *m, the struct of this type, into buf.  Returns the length, or -1
 * when buf is too small or m does not keep its own rules.
 */
ssize_t	 message_pack(enum message_type, const void *m, void *buf, size_t);

/*
 * Reads a payload of len bytes into *m (size bytes, the struct of this
 * type).  0, or -1 with *why set to what is wrong with which field.
 */
int	 message_unpack(enum message_type, const void *, size_t len, void *m,
	    size_t size, const char **why);

/* The same from an imsg, whose type must be the one given. */
int	 message_read(struct imsg *, enum message_type, void *m, size_t size,
	    const char **why);

/* Names for logs; never NULL. */
const char	*message_name(uint32_t type);
const char	*room_name(enum room_kind);
const char	*verb_name(uint32_t verb);
const char	*service_state_name(uint32_t state);
const char	*node_state_name(uint32_t state);
const char	*agreement_name(uint32_t state);

#endif
