/*
 * The walls of a room: chroot, user, no_new_privs, rlimits, Landlock and
 * seccomp on Linux; chroot, user, unveil and pledge on OpenBSD.  One table
 * per system says what each kind of room may do (sandbox_linux.c,
 * sandbox_openbsd.c); this header is all that the rooms see of it.
 */

#ifndef COMMON_SANDBOX_H
#define COMMON_SANDBOX_H

#include "common/message.h"

enum sandbox_mode {
	SANDBOX_AUTO,		/* tolerate what kernel or container lacks */
	SANDBOX_REQUIRE,	/* refuse to run with less than everything */
	SANDBOX_OFF		/* user and chroot only */
};

/* An empty directory that only root can write: the root of a room as root */
#define SANDBOX_EMPTY	"/var/empty"

struct sandbox_conf {
	enum sandbox_mode	 mode;
	const char		*user;	/* NULL: stay who we are, no chroot */
	const char		*empty;	/* directory to chroot to, when user */
};

/*
 * Enters the sandbox of this kind, for good.  Call with the event base and
 * every library already set up and nothing open that the room must not have.
 * Fills *report with what is on and what is missing.  0, or -1 with
 * report->missing saying what must be had and is not: the room must exit.
 *
 * A forbidden system call afterwards answers ENOSYS (a named few EPERM,
 * EINPROGRESS for connect, ENOENT for openat; exec, fork, ptrace, and a socket
 * in a room without, end the process) and sets a flag that
 * sandbox_refused() reads.
 */
int	 sandbox_enter(enum room_kind, const struct sandbox_conf *,
	    struct msg_ready *report);

/*
 * The number of the last system call that was refused since the last call
 * of this function, or -1.  For the loop to log.
 */
int	 sandbox_refused(void);

#endif
