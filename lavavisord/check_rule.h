/*
 * What `lavavisorctl check` says: is all well, in one line and an exit code,
 * as the Monitoring Plugins Development Guidelines want it.  Pure.
 */

#ifndef LAVAVISORD_CHECK_RULE_H
#define LAVAVISORD_CHECK_RULE_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "lavavisord/decide.h"
#include "lavavisord/readiness.h"

/* The exit codes of a plugin; a greater one is not always worse */
enum check_status {
	CHECK_OK,
	CHECK_WARNING,
	CHECK_CRITICAL,
	CHECK_UNKNOWN
};

#define CHECK_LINE_SIZE	1024

/* Of one service */
struct check_service {
	const char		*name;
	int			 wanted;	/* no order to be down */
	uint8_t			 state;		/* enum service_state */
	int			 again;		/* stops in order to start */
	int			 soon;		/* its file is being hashed */
	int			 moving;	/* by an upgrade, just now */
	int			 finished;	/* well, and stays so */
	enum readiness		 ready;
	int			 ready_due;	/* it still has time for that */
	const char		*unwell;	/* by its health check, "" no */
	/* it runs, and could not be started again: why; NULL or "" not */
	const char		*locked;
	const char		*reason;	/* "" none */
};

/* What is wrong is put together here; all zero at first */
struct check_report {
	enum check_status	 status;
	unsigned int		 problems;
	unsigned int		 left_out;	/* there was no room for them */
	char			 text[CHECK_LINE_SIZE];	/* worst ones first */
	size_t			 critical_end;	/* in text */
};

/* Adds a problem; its text is cut if need be. */
void	 check_add(struct check_report *, enum check_status, const char *, ...)
	    __attribute__((__format__(__printf__, 3, 4)));

/*
 * One service among all: down, failed, or not ready though it had its time, is
 * critical; on its way, by an upgrade or a restart, is a warning; stopped by
 * an order or finished is well.
 */
void	 check_service(struct check_report *, const struct check_service *);

/*
 * One service that is asked for by name, as a probe does: ready and not found
 * unwell, or running when nothing says whether it is ready, else critical.
 */
void	 check_one_service(struct check_report *,
	    const struct check_service *);

/* What a role should run; `role' is its name. */
void	 check_role(struct check_report *, const char *role,
	    const struct decide_result *);

/* Nodes that were asked, of them well, and what they say together. */
void	 check_nodes(struct check_report *, enum agreement, const char *text,
	    unsigned int asked, unsigned int well);

/* Bytes of the disk of the state directory, and those that are left. */
void	 check_disk(struct check_report *, uint64_t left, uint64_t all);

const char	*check_status_name(enum check_status);

#endif
