/*
 * The configuration: config.yml and one services/NAME.yml for each service,
 * read into plain fields by the parent before it forks.  lavavisord.yml(5)
 * describes every key.
 *
 * Parsing does no I/O and knows no accounts (config_accounts() does); it is
 * bounded: files of CONFIG_FILE_MAX bytes, depth and number of nodes as in
 * yaml_tree.h.  Every error is one line, "file:line:col: text" or "file: text".
 *
 * A struct config owns everything below it; config_free() frees all of it.
 * Strings are NULL where nothing was written and there is no default.
 */

#ifndef LAVAVISORD_CONFIG_H
#define LAVAVISORD_CONFIG_H

#include <sys/types.h>
#include <sys/resource.h>

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/sandbox.h"
#include "common/url.h"
#include "lavavisord/window.h"

#define CONFIG_FILE_MAX		(256 * 1024)
#define CONFIG_SERVICES_MAX	4096
#define CONFIG_NODES_MAX	64
#define CONFIG_SOURCES_MAX	16
#define CONFIG_KEYS_MAX		16	/* as many as a verifier takes */
#define CONFIG_GROUPS_MAX	16
#define CONFIG_ERROR_SIZE	1024	/* room that any error line fits */

struct config_node {
	char		 url[URL_SIZE];		/* as written */
	char		 operator_name[NAME_SIZE];	/* "" not said */
	uint32_t	 group;		/* of the same operator, else host */
	struct url	 parsed;
};

/* The largest step that the chain may cause without approval */
enum config_auto {
	AUTO_NONE,
	AUTO_PATCH,
	AUTO_MINOR,
	AUTO_MAJOR
};

enum config_version_check {
	VERSION_CHECK_WARN,
	VERSION_CHECK_STRICT
};

struct config_policy {
	enum config_auto		 automatic;
	uint32_t			 settle_ms;
	uint32_t			 splay_ms;
	uint32_t			 per_day;	/* 0: none unapproved */
	uint32_t			 max_unavailable;
	uint32_t			 probation_ms;
	uint32_t			 soak_ms;	/* of a canary */
	uint32_t			 pause_ms;	/* after each ready */
	uint32_t			 ready_timeout_ms; /* in a roll */
	enum config_version_check	 version_check;
	struct window			 window;	/* none: any time */
	uint32_t			 retry_ms;	/* the first wait */
};

struct config_pin {
	char	 version[VERSION_SIZE];
	char	 sha256[HASH_SIZE];
};

/* A public key of a release signer; `text` is ready for a verifier */
struct config_key {
	char			*path;
	unsigned int		 line, column;	/* in config.yml */
	struct msg_verify_key	 key;	/* filled by config_load() */
};

struct config_releases {
	enum trust_mode		 trust;
	char			**sources;	/* templates, no / behind */
	size_t			 sources_count;
	struct config_key	*keys;
	size_t			 keys_count;
	struct config_pin	*pins;
	size_t			 pins_count;
	char			*ca_file;	/* NULL: the system's bundle */
	char			*proxy;		/* as written, NULL none */
	char			 proxy_host[HOST_SIZE];	/* "" none */
	uint16_t		 proxy_port;
	uint32_t		 timeout_ms;	/* of one file */
	uint32_t		 stall_ms;	/* too slow for so long */
	uint64_t		 max_size;	/* bytes of one file */
	int			 allow_scripts;
	uint32_t		 keep;		/* installed versions */
};

/* Commands that are run around an upgrade */
enum config_hook {
	HOOK_PRE_UPGRADE,
	HOOK_POST_UPGRADE,
	HOOK_ON_FAILURE,
	HOOKS
};

struct config_hooks {
	char			**argv[HOOKS];	/* NULL none */
	size_t			 argc[HOOKS];
	uint32_t		 timeout_ms;	/* of each */
	char			*user;		/* NULL: our own */
	char			*group;		/* NULL: the user's own */
	int			 allow_root;

	/* Filled by config_accounts(), if there is a hook */
	uid_t			 uid;
	gid_t			 gid;
	char			*user_name;	/* NULL unknown */
	char			*home;		/* NULL unknown */
	gid_t			 gids[CONFIG_GROUPS_MAX];
	size_t			 gids_count;
};

enum service_role {
	ROLE_PROVIDER,
	ROLE_CONSUMER,
	ROLE_OTHER
};

enum ready_kind {
	READY_NONE,
	READY_TCP,
	READY_HTTP,
	READY_LOG,
	READY_NOTIFY,
	READY_COMMAND
};

/* What is asked of a service, and which answer is good */
struct config_check {
	enum ready_kind	 kind;
	char		*target;	/* ADDR:PORT, URL or TEXT; NULL: the
					 * addresses in its own config */
	char		*address;	/* ADDR:PORT instead of the URL's */
	char		**words;	/* READY_COMMAND: ends with NULL */
	size_t		 words_count;
	uint32_t	 status_min;	/* HTTP */
	uint32_t	 status_max;
	char		*body;		/* NULL: any */
	int		 verify;	/* certificates */
	uint32_t	 timeout_ms;	/* of one try */
};

struct config_health {
	int			 on;
	struct config_check	 check;
	uint32_t		 interval_ms;
	uint32_t		 threshold;	/* failures in a row */
	int			 restart;	/* 0: it is only reported */
};

enum passphrase_source {
	PASSPHRASE_NONE,	/* it asks for none */
	PASSPHRASE_PROMPT,	/* the operator, by `lavavisorctl unlock' */
	PASSPHRASE_FILE,	/* read whenever it is needed */
	PASSPHRASE_FD,		/* inherited from who started the daemon */
	PASSPHRASE_COMMAND	/* its output, whenever it is needed */
};

/* Whence the passphrase of a service's keyring comes */
struct config_passphrase {
	enum passphrase_source	 source;
	int			 fd;
	char			**words;	/* the file, or the command:
						 * ends with NULL */
	size_t			 words_count;
};

struct config_env {
	char	*name;
	char	*value;
};

struct config_rlimit {
	int	 resource;	/* RLIMIT_... */
	rlim_t	 soft;
	rlim_t	 hard;
	int	 implied;	/* 1: a default; lower it if need be */
};

struct config_service {
	char			 name[NAME_SIZE];
	unsigned int		 line, column;	/* of its name in config.yml */
	char			*file;		/* path of services/NAME.yml */
	enum service_role	 role;

	/*
	 * argv[0] is "lavap" when is_lavap (execute upgrades/vX.Y.Z/lavap in
	 * its place), else an absolute path.  Ends with NULL.
	 */
	int			 is_lavap;
	char			**argv;
	size_t			 argc;
	char			*config_file;	/* name in service_configs */
	char			*from;
	uint32_t		 geolocation;	/* 0: built from `command` */
	char			*chain_id;	/* NULL: left to lavap */
	char			*keyring_backend;
	char			*node;
	int			 node_secret;	/* 1: userinfo in it, warn */

	char			*user;		/* NULL: "lava", or our own */
	char			*group;		/* NULL: the user's own */
	char			**groups;	/* exactly, if groups_set */
	size_t			 groups_count;
	int			 groups_set;
	int			 allow_root;
	char			*directory;	/* absolute */
	struct config_env	*env;
	size_t			 env_count;
	mode_t			 umask;
	int			 nice;
	int			 no_new_privs;
	struct config_rlimit	*rlimits;
	size_t			 rlimits_count;

	int			 stop_signal;
	uint32_t		 grace_ms;
	enum restart_mode	 restart;
	uint8_t			 unless[32];	/* bitmap of exit codes */
	uint32_t		 stable_ms;
	uint32_t		 backoff_ms;
	uint32_t		 backoff_max_ms;
	uint32_t		 limit;		/* 0 none */
	uint32_t		 retry_ms;	/* 0 never */
	struct config_passphrase passphrase;
	struct config_check	 ready;
	struct config_health	 health;
	int			 canary;
	uint32_t		 drain_ms;	/* a wait, or */
	char			**drain;	/* a command, NULL none */
	size_t			 drain_argc;
	uint32_t		 drain_timeout_ms;	/* of the command */
	uint64_t		 log_size;	/* bytes, 0: never rotated */
	uint32_t		 log_count;

	/* Filled by config_accounts() */
	uid_t			 uid;
	gid_t			 gid;
	char			*user_name;
	char			*home;
	gid_t			 gids[CONFIG_GROUPS_MAX];
	size_t			 gids_count;
};

struct config {
	char			*file;		/* path as it was given */
	char			*directory;	/* of the daemon's state */
	char			 chain_id[NAME_SIZE];	/* "": the node's */
	struct config_node	*nodes;
	size_t			 nodes_count;
	uint32_t		 groups_count;	/* of nodes */
	int			 nodes_default;	/* 1: none written, say so */
	char			*ca_file;	/* NULL: the system's bundle */
	uint32_t		 quorum;	/* groups that must agree */
	uint32_t		 poll_ms;
	uint32_t		 max_block_age_ms;
	enum sandbox_mode	 sandbox;
	struct config_policy	 policy;
	struct config_releases	 releases;
	struct config_hooks	 hooks;
	struct config_service	*services;
	size_t			 services_count;
};

/*
 * Reads path and directory/services/NAME.yml of each service, refusing files
 * that anyone but root and ourselves could have written, and the key files of
 * `releases`.  0 with *out to be freed by config_free(), or -1 with one line
 * in error and *out NULL.
 */
int	 config_load(const char *path, const char *directory,
	    struct config **out, char *error, size_t errsize);

/*
 * 0 if nobody but root and ourselves can put another file in the place of this
 * one; or -1 with one line.
 */
int	 config_path_trusted(const char *path, char *error, size_t errsize);

/*
 * From now on a config.yml has this service alone, whatever it lists, and it is
 * ours: it has our user.  The text must live as long.
 */
void	 config_wrap(const char *service);

/* Its name, or NULL. */
const char	*config_wrapped(void);

/* Frees a config; NULL is allowed. */
void	 config_free(struct config *);

/* The service of that name, or NULL. */
struct config_service	*config_find_service(const struct config *,
	    const char *name);

/*
 * The same for text in memory; no file is opened.  config_parse_memory() reads
 * a config.yml: services then have their name and place and nothing else until
 * config_parse_service() has read their files.  `file` is what errors name.
 */
int	 config_parse_memory(const char *file, const void *text, size_t len,
	    const char *directory, struct config **out, char *error,
	    size_t errsize);
int	 config_parse_service(struct config *, struct config_service *,
	    const char *file, const void *text, size_t len, char *error,
	    size_t errsize);

/*
 * Looks up user and groups of every service (getpwnam, getgrnam,
 * getgrouplist), and of the hooks.  Refuses the rooms' accounts, root without
 * allow-root, and in an unprivileged daemon any user but our own.  0, or -1
 * with one line.
 */
int	 config_accounts(struct config *, char *error, size_t errsize);

/*
 * Puts the URL of one release file together: source, "/", and lavap (file
 * NULL) or another file.  {version}, {os} (linux, openbsd) and {arch} (amd64,
 * arm64) are replaced.  0, or -1 when it does not fit.
 */
int	 config_release_url(const char *source, const char *version,
	    const char *os, const char *arch, const char *file, char *url,
	    size_t size);

/* 1 if an http URL of a release may be fetched: its host is that of an http://
 * source. */
int	 config_http_allowed(const struct config *, const char *host);

/* 1 if the config names this host and port: as node, source or proxy. */
int	 config_names_host(const struct config *, const char *host,
	    uint32_t port);

/* 1 if two sources are of one origin (RFC 6454: scheme, host and port). */
int	 config_same_origin(const char *source, const char *other);

/* The pinned hash of a version, or NULL. */
const char	*config_pin(const struct config *, const char *version);

/* The first bundle of trusted CAs that this system has, or NULL. */
const char	*config_system_ca(void);

const char	*config_role_name(enum service_role);
const char	*config_passphrase_name(enum passphrase_source);
const char	*config_hook_name(enum config_hook);

/* 1 if two checks say the same. */
int	 config_check_equal(const struct config_check *,
	    const struct config_check *);

/* Where a check asks: numeric, never a wildcard */
struct config_address {
	char		 host[HOST_SIZE];
	uint16_t	 port;
	int		 any;	/* the wildcard of IPv6, so perhaps of both */
	/* READY_HTTP: what is asked there, "" only whether it accepts */
	char		 url[URL_SIZE];
};

/*
 * The addresses of a check by tcp or http: its own one, or the listen
 * addresses in the service's protocol config, which is lavap's file: only
 * `endpoints` is read, unknown keys are fine.  Wildcards become loopback.
 * Returns how many (at most max), 0 for other checks, or -1 with one line in
 * error.
 */
ssize_t	 config_check_addresses(const struct config *,
	    const struct config_service *, const struct config_check *,
	    struct config_address *, size_t max, char *error, size_t errsize);

/* The same for the text of a protocol config. */
ssize_t	 config_listen_memory(const char *file, const void *text, size_t len,
	    enum ready_kind, struct config_address *, size_t max, char *error,
	    size_t errsize);

/*
 * What a reload would do.
 */
enum config_change_kind {
	CHANGE_ADDED,
	CHANGE_REMOVED,
	CHANGE_RESTART,		/* what runs is no longer what is written */
	CHANGE_POLICY		/* the running process need not notice */
};

struct config_change {
	enum config_change_kind	 kind;
	char			 name[NAME_SIZE];
};

struct config_diff {
	int			 monitor;	/* nodes, quorum, CA ... */
	int			 policy;	/* or hooks */
	int			 releases;
	int			 sandbox;	/* needs the rooms anew */
	struct config_change	*changes;	/* removed ones first */
	size_t			 changes_count;
};

/* Fills *d (freed by config_diff_free()) with what leads from a to b.  Pure. */
void	 config_diff(const struct config *a, const struct config *b,
	    struct config_diff *d);
void	 config_diff_free(struct config_diff *);

/* 1 if two services say the same; `run` only what the process was made of. */
int	 config_service_equal(const struct config_service *,
	    const struct config_service *);
int	 config_service_run_equal(const struct config_service *,
	    const struct config_service *);

/*
 * A number, never 0, for what the process of a service is made of: what
 * config_service_run_equal() compares.  It is kept over restarts of the
 * daemon; when it is made of other things its FORMAT changes.
 */
#define CONFIG_HASH_FORMAT	1
uint64_t config_service_run_hash(const struct config_service *);

#endif
