/*
 * The parts of the Linux sandbox, for sandbox_linux.c only:
 *	sandbox_linux_calls.c		which system calls each room has
 *	sandbox_linux_seccomp.c		makes them a filter and installs it
 *	sandbox_linux_landlock.c	file system, TCP ports, signals
 */

#ifndef COMMON_SANDBOX_LINUX_H
#define COMMON_SANDBOX_LINUX_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

/*
 * Built with AddressSanitizer.  Its runtime makes more system calls, which get
 * a table of their own so that sanitizer runs keep the walls up.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_ASAN	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_ASAN	1
#endif
#endif
#ifndef SANDBOX_ASAN
#define SANDBOX_ASAN	0
#endif

/* The number of a system call that this machine does not have */
#define CALL_ABSENT	(-1)

#define CALL_CONDITIONS	3

enum call_action {
	CALL_ALLOW,
	CALL_ERRNO,		/* fails with .error, quietly */
	CALL_KILL		/* ends the process */
};

/* The lower half of argument `arg`, masked, equals `value`. */
struct call_condition {
	uint8_t		 arg;
	uint8_t		 own_pid;	/* 1: the value is our process id */
	uint32_t	 mask;		/* 0: no condition */
	uint32_t	 value;
};

/*
 * Of the rules for a call the first whose conditions all hold decides;
 * a call that no rule decides is trapped: it answers ENOSYS and is noted.
 */
struct call_rule {
	int			 nr;
	enum call_action	 action;
	uint16_t		 error;
	struct call_condition	 conditions[CALL_CONDITIONS];
};

struct call_table {
	const struct call_rule	*rules;
	size_t			 count;
};

#define CALL_TABLES	6

/*
 * Fills tables (at most CALL_TABLES) with those of this kind, in the order in
 * which they are looked at; returns how many.
 */
size_t	 sandbox_calls(enum room_kind, struct call_table *);

/* 0, or -1 and errno.  no_new_privs must be set. */
int	 sandbox_seccomp(enum room_kind);

/* The same.  ENOSYS or EOPNOTSUPP: the kernel has none. */
int	 sandbox_landlock(enum room_kind);

#endif
