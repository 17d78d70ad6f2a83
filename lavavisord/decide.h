/*
 * What should run, and when: the only place where a value of the chain
 * becomes an order.  Nothing here does I/O, reads a clock or keeps state of
 * its own; the caller passes everything in and the tests are tables.
 *
 * Two halves.  decide_observe() takes each sample of the monitor and keeps
 * track of how long the chain has been saying the same.  decide_service() and
 * upgrade_decide() say what follows from that for a service and for a role.
 *
 * Times are Unix seconds.  Block times and the host's clock are compared:
 * the monitor refuses samples whose block time is far from it.
 */

#ifndef LAVAVISORD_DECIDE_H
#define LAVAVISORD_DECIDE_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/window.h"

/* Below min, settling takes this long at most, in seconds. */
#define DECIDE_SETTLE_BELOW_MIN	120

/* per-day counts the switches of the last so many seconds. */
#define DECIDE_DAY	86400

/* A release that cannot be had is tried again after this at most, in s. */
#define DECIDE_RETRY_MAX	3600

#define DECIDE_TEXT_SIZE	256
#define DECIDE_BAD_SIZE		192	/* what is wrong with a sample */

enum decide_role {
	DECIDE_PROVIDER,
	DECIDE_CONSUMER,
	DECIDE_ROLES
};

/* The words of `why` in `show versions`, in decide_why_name(). */
enum decide_why {
	WHY_UP_TO_DATE,
	WHY_BELOW_MIN,
	WHY_BEHIND_TARGET,
	WHY_SETTLING,
	WHY_SPLAY,
	WHY_WINDOW,
	WHY_HOLD,
	WHY_APPROVAL,
	WHY_BAD,
	WHY_NO_RELEASE,
	WHY_FETCHING,
	WHY_ROLLING,
	WHY_PINNED,		/* the operator pinned another; or trust
				 * pinned, and no hash for this version */
	WHY_UNREACHABLE,	/* or what the chain says makes no sense */
	WHY_LOCKED,		/* it could not be started again */
	DECIDE_WHYS
};

enum decide_order {
	ORDER_NONE,
	ORDER_ALL,
	ORDER_PINS		/* only for roles with a pin */
};

enum decide_action {
	DECIDE_NOTHING,		/* as it should be, or nothing to go by */
	DECIDE_WAIT,		/* not yet: `why`, until `next_s` if known */
	DECIDE_FETCH,		/* get `version`, then switch to it */
	DECIDE_SWITCH		/* `version` is installed: switch to it */
};

/* What the chain wants of one role. */
struct decide_pair {
	struct semver	 target;
	struct semver	 min;
};

/* What is known of the chain; kept in the journal.  All zero: nothing. */
struct decide_chain {
	uint64_t		 height;	/* the highest accepted */
	int64_t			 block_time_s;	/* the latest accepted */
	uint32_t		 samples;	/* that agree, 0 none */
	uint64_t		 first_height;	/* of those */
	int64_t			 first_time_s;	/* block time */
	struct decide_pair	 pair[DECIDE_ROLES];
	struct semver		 peak[DECIDE_ROLES];	/* highest target */
	char			 bad[DECIDE_BAD_SIZE];	/* why no good value;
							 * not kept */
};

enum decide_observed {
	OBSERVED_FIRST,		/* a new value, or the first after a bad one */
	OBSERVED_SAME,		/* agrees with the one before */
	OBSERVED_OLD,		/* older than one accepted: refused */
	OBSERVED_BAD		/* a version or pair makes no sense */
};

/*
 * Takes a sample.  OLD leaves *chain as it was; BAD forgets the value, so
 * that nothing is decided until a good one has settled anew.  error (of
 * DECIDE_BAD_SIZE bytes) says what is wrong, naming the field, else it is "".
 */
enum decide_observed decide_observe(struct decide_chain *chain,
	    const struct msg_versions *, char *error);

/* A version with the time until which it is not to be chosen. */
struct decide_mark {
	struct semver	 version;
	int64_t		 until_s;
};

struct decide_list {
	const struct semver	*version;
	size_t			 count;
};

struct decide_marks {
	const struct decide_mark	*mark;
	size_t				 count;
};

struct decide_input {
	const struct decide_chain	*chain;
	int		 reachable;	/* there is a fresh enough sample */
	int64_t		 now_s;

	/* the policy of the configuration */
	enum semver_step auto_step;	/* the largest; STEP_NONE: none */
	int64_t		 settle_s;
	int64_t		 splay_s;
	uint32_t	 per_day;
	uint64_t	 seed;		/* of this host, for the splay */
	int		 windowed;	/* there is a window; its spans: */
	struct decide_spans {
		const struct window_span	*span;	/* the present or */
		size_t				 count;	/* next ones */
	}		 window;
	int		 pins_only;	/* trust: pinned */

	int		 hold;
	enum decide_order order;	/* the operator said: now */
	int		 has_pin[DECIDE_ROLES];	/* and: this one, until unpin */
	struct semver	 pin[DECIDE_ROLES];

	struct decide_list	 installed;	/* verified, with manifest */
	struct decide_list	 approved;
	struct decide_list	 pinned;	/* versions with a known hash */
	struct decide_marks	 bad;
	struct decide_marks	 unavailable;	/* no release; try again at */
	const int64_t		*switches;	/* chain-caused, when */
	size_t			 switch_count;

	int		 has_current;
	struct semver	 current;	/* upgrades/current, if installed */
};

/* A service that follows the chain. */
struct decide_service {
	enum decide_role role;
	int		 ran;		/* 0: it has never run */
	int		 has_version;	/* its recorded one is installed */
	struct semver	 version;
};

struct decide_result {
	enum decide_action	 action;
	enum decide_why		 why;
	int			 has_version;
	struct semver		 version;	/* wanted; NOTHING: the own */
	int			 installed;	/* that version is */
	int			 has_have;
	struct semver		 have;	/* of the service, if it has one */
	int64_t			 next_s;	/* look again; 0 unknown */
	int			 below_min;
	int			 ahead;		/* of the target: warn once */
	int			 lowered;	/* emergency rollback? */
	int			 clears_bad;	/* the operator overrules it */
	int			 by_operator;	/* by order or pin, not chain */
	char			 text[DECIDE_TEXT_SIZE];
	char			 unblock[DECIDE_TEXT_SIZE]; /* "" nothing to */
};

/*
 * What this service should do.  A service that has never run gets FETCH or
 * SWITCH (here: start on that version) at once, or WAIT when there is none.
 */
void	 decide_service(const struct decide_input *,
	    const struct decide_service *, struct decide_result *);

/*
 * What each role should do: the answer for its service furthest behind among
 * those that have run.  An upgrade then moves the services of the role that
 * are below result.version; a pinned version may be lower, and moves all
 * that are not on it.  A role without such services gets NOTHING.
 */
void	 upgrade_decide(const struct decide_input *,
	    const struct decide_service *, size_t count,
	    struct decide_result result[DECIDE_ROLES]);

/* The delay of this host, 0 to splay_s. */
int64_t	 decide_splay(uint64_t seed, int64_t splay_s);

/*
 * How long to wait, in s, until a release that could not be had so many times
 * is tried again: first_s, doubled with each, up to DECIDE_RETRY_MAX.
 */
int64_t	 decide_retry(int64_t first_s, unsigned int times);

/* Never NULL. */
const char	*decide_why_name(enum decide_why);
const char	*decide_action_name(enum decide_action);
const char	*decide_role_name(enum decide_role);

#endif
