/*
 * The parent's memory that must survive anything: the file `journal` in the
 * state directory, written whole and flushed at each change that matters.
 *
 * Text, one fact a line, the format first, a sum last (record.h).  Versions
 * are `6.2.5` or `-`, times Unix seconds, free text comes last on its line:
 *
 *	lavavisord-journal 1
 *	generation 1234			the base of this parent's generations
 *	order 17			the last order given to the supervisor
 *	upgrade-id 3			the last upgrade's
 *	chain-id lava-mainnet-1		whose heights these are, or nothing
 *	height 3000000 1780000000	highest accepted, its block time
 *	value SAMPLES FIRST-HEIGHT FIRST-TIME P-TARGET P-MIN C-TARGET C-MIN
 *	peak P-TARGET C-TARGET		highest targets seen
 *	hold 1780000000 TEXT		only while held
 *	pin provider|consumer VERSION 1780000000 TEXT	only while pinned
 *	last ROLES VERSION		the last upgrade that was committed
 *	switch 1780000000		one per chain-caused switch
 *	service NAME up|down ran|new VERSION PREVIOUS moved|unmoved
 *	drained NAME			only while its clients are elsewhere
 *	upgrade ID STATE VERSION ROLES chain|operator|pin STARTED [TEXT]
 *	bad VERSION UNTIL TIMES TEXT
 *	hash VERSION SHA256 SIZE DEV INO MTIME NS CTIME NS
 *	approved VERSION SHA256|-
 *	end SUM
 */

#ifndef LAVAVISORD_JOURNAL_H
#define LAVAVISORD_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/decide.h"
#include "lavavisord/upgrade_table.h"

#define JOURNAL_FILE		"journal"
#define JOURNAL_MAX_SIZE	(4 * 1024 * 1024)
#define JOURNAL_MAX_SERVICES	4096
#define JOURNAL_MAX_VERSIONS	1024	/* of each list */
#define JOURNAL_SWITCHES	64	/* a larger per-day has no effect */

/* A version marked bad counts for a day, each repeat doubles, up to this. */
#define JOURNAL_BAD_S		86400
#define JOURNAL_BAD_MAX_S	(64 * 86400)

/* A new parent's generations begin so far above the last one's. */
#define JOURNAL_GENERATIONS	(UINT64_C(1) << 32)

struct journal_service {
	char		 name[NAME_SIZE];
	uint8_t		 want;		/* WANT_UP or WANT_DOWN */
	int		 ran;		/* it was ready once */
	int		 has_version;
	struct semver	 version;	/* what its next start executes */
	int		 has_previous;
	struct semver	 previous;	/* where a rollback goes */
	int		 moved;		/* by the upgrade in hand */
	int		 drained;	/* its drain's command ran last */
};

enum upgrade_by {
	UPGRADE_BY_CHAIN,
	UPGRADE_BY_OPERATOR,
	UPGRADE_BY_PIN		/* also the operator: services go down, too */
};

/* The upgrade in hand; none when state is UPGRADE_IDLE. */
struct journal_upgrade {
	uint64_t		 id;
	enum upgrade_state	 state;
	struct semver		 version;
	uint8_t			 roles;		/* bit 1 << enum decide_role */
	enum upgrade_by		 by;
	int64_t			 started_s;
	char			 order[TEXT_SIZE];	/* who decided */
};

/* The version that the operator named for a role; it stays until unpin. */
struct journal_pin {
	int			 set;
	struct semver		 version;
	int64_t			 since_s;
	char			 order[TEXT_SIZE];	/* who, by which verb */
};

struct journal_bad {
	struct semver	 version;
	int64_t		 until_s;
	uint32_t	 times;
	char		 reason[TEXT_SIZE];
};

/* The first verified hash of a version, for good, and the file it was. */
struct journal_hash {
	struct semver	 version;
	char		 sha256[HASH_SIZE];
	uint64_t	 size;
	uint64_t	 dev;		/* all below 0: no file known */
	uint64_t	 ino;
	int64_t		 mtime_s;
	int64_t		 mtime_ns;
	int64_t		 ctime_s;
	int64_t		 ctime_ns;
};

struct journal_approval {
	struct semver	 version;
	char		 sha256[HASH_SIZE];	/* "" any verified one */
};

/* Owned by the parent; plain data, the arrays belong to the journal. */
struct journal {
	uint64_t		 generation;	/* base of this parent's */
	uint64_t		 order;
	uint64_t		 upgrade_id;	/* the last one given */
	char			 chain_id[NAME_SIZE];
	struct decide_chain	 chain;
	int			 hold;
	int64_t			 hold_since_s;
	char			 hold_reason[TEXT_SIZE];
	struct journal_pin	 pin[DECIDE_ROLES];
	uint8_t			 last_roles;	/* the last upgrade's; 0 none */
	struct semver		 last_version;
	int64_t			 switches[JOURNAL_SWITCHES];
	size_t			 switch_count;	/* oldest first */
	struct journal_upgrade	 upgrade;

	struct journal_service	*service;
	size_t			 service_count;
	size_t			 service_at;	/* the last one found */
	struct journal_bad	*bad;
	size_t			 bad_count;
	struct journal_hash	*hash;
	size_t			 hash_count;
	struct journal_approval	*approval;
	size_t			 approval_count;
};

enum journal_loaded {
	JOURNAL_REFUSED = -1,	/* do not start: error says why */
	JOURNAL_LOADED,
	JOURNAL_NEW,		/* there was none */
	JOURNAL_DAMAGED		/* put aside; error says as what */
};

/* An empty one.  now_s seeds the generations of a journal without a past. */
void	 journal_init(struct journal *, int64_t now_s);
void	 journal_free(struct journal *);

/*
 * Initialises *j and fills it from the file in the state directory `dir`.
 * NEW and DAMAGED leave it as journal_init() does.  A damaged file (torn, or
 * its sum is wrong) is renamed to journal.damaged-N.  An intact file of
 * another format or with a line not understood is refused, as is any error of
 * the disk.  With each load the generations move up by JOURNAL_GENERATIONS:
 * save before the first start of a service.  error: one line, TEXT_SIZE bytes.
 */
enum journal_loaded journal_load(int dir, int64_t now_s, struct journal *j,
	    char *error);

/* Writes the file and flushes it.  0, or -1 with error as above. */
int	 journal_save(int dir, const struct journal *, char *error);

/*
 * The text form, without the disk.  journal_parse() takes an initialised *j,
 * may write into text, and returns LOADED, DAMAGED or REFUSED; except with
 * LOADED *j is to be freed and not used.  journal_format() allocates *text.
 */
enum journal_loaded journal_parse(char *text, size_t len, struct journal *j,
	    char *error);
void	 journal_format(const struct journal *, char **text, size_t *len);

/*
 * The record of a service, NULL when there is none.  Pointers into the
 * journal last until the next add or remove.
 */
struct journal_service *journal_service(struct journal *, const char *name);

/* Adds it (or finds it): up, never run.  NULL beyond JOURNAL_MAX_SERVICES. */
struct journal_service *journal_service_add(struct journal *,
	    const char *name);
void	 journal_service_remove(struct journal *, const char *name);

/* The mark of a version, whether still valid or not; NULL never marked. */
struct journal_bad *journal_bad(struct journal *, const struct semver *);

/* Marks it for a day, doubled with each repeat. */
void	 journal_mark_bad(struct journal *, const struct semver *,
	    int64_t now_s, const char *reason);
void	 journal_clear_bad(struct journal *, const struct semver *);

struct journal_hash *journal_hash(struct journal *, const struct semver *);

/*
 * Remembers *h, in place of what was known of its version.  The caller has
 * compared: another hash for a known version needs the operator.
 */
void	 journal_remember_hash(struct journal *, const struct journal_hash *);

struct journal_approval *journal_approval(struct journal *,
	    const struct semver *);

/* sha256 may be "". */
void	 journal_approve(struct journal *, const struct semver *,
	    const char *sha256);

/* Notes a chain-caused switch, for per-day. */
void	 journal_count_switch(struct journal *, int64_t now_s);

/* Forgets all about the chain when its id is another than before. */
void	 journal_set_chain_id(struct journal *, const char *chain_id);

#endif
