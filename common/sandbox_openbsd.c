#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "common/sandbox.h"

/*
 * "error": what is refused answers ENOSYS instead of ending the process, as
 * on Linux.  "dns" lets getaddrinfo(3) at its files whatever unveil(2) hides.
 */
static const struct {
	const char	*promises;
	int		 chroot;
} walls[ROOM_KINDS] = {
	[ROOM_DIALER] = { "stdio inet dns sendfd error", 0 },
	[ROOM_PROBER_DIALER] = { "stdio inet sendfd error", 1 },
	[ROOM_PROBER] = { "stdio recvfd error", 1 },
	[ROOM_MONITOR] = { "stdio recvfd error", 1 },
	[ROOM_DOWNLOADER] = { "stdio recvfd error", 1 },
	[ROOM_VERIFIER] = { "stdio recvfd error", 1 },
	[ROOM_SUPERVISOR] = { "stdio recvfd error", 1 },
	[ROOM_ADMIN] = { "stdio unix recvfd sendfd error", 1 },
	[ROOM_SHOW] = { "stdio unix recvfd sendfd error", 1 },
	[ROOM_KEEPER] = { "stdio recvfd error", 1 }
};

static int	enter_chroot(const char *);
static int	enter_user(const struct passwd *);
static int	fail(struct msg_ready *, const char *);
static int	limit_core(void);

static int
fail(struct msg_ready *report, const char *what)
{
	snprintf(report->missing, sizeof(report->missing), "%s: %s", what,
	    strerror(errno));
	return -1;
}

/* The directory must be one that nobody but root can put things into. */
static int
enter_chroot(const char *dir)
{
	struct stat	 st;

	if (stat(dir, &st) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		errno = EINVAL;
		return -1;
	}
	if (chroot(dir) == -1 || chdir("/") == -1)
		return -1;
	return 0;
}

static int
enter_user(const struct passwd *pw)
{
	if (setgroups(1, &pw->pw_gid) == -1 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
		return -1;
	return 0;
}

static int
limit_core(void)
{
	const struct rlimit	 rl = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &rl);
}

int
sandbox_enter(enum room_kind kind, const struct sandbox_conf *conf,
    struct msg_ready *report)
{
	struct passwd	*pw;

	memset(report, 0, sizeof(*report));
	report->seccomp = report->landlock = MECHANISM_NA;
	report->pledge = MECHANISM_OFF;
	if (conf->user != NULL) {
		report->chroot = walls[kind].chroot ? MECHANISM_OFF :
		    MECHANISM_NA;
		report->user = MECHANISM_OFF;
		errno = ENOENT;
		if ((pw = getpwnam(conf->user)) == NULL)
			return fail(report, conf->user);
		if (walls[kind].chroot) {
			if (enter_chroot(conf->empty) == -1)
				return fail(report, "chroot");
			report->chroot = MECHANISM_ON;
		}
		if (enter_user(pw) == -1)
			return fail(report, "user");
		report->user = MECHANISM_ON;
	} else if (geteuid() == 0) {
		errno = EPERM;
		return fail(report, "root, and no user to become");
	}
	if (limit_core() == -1)
		return fail(report, "limits");
	if (conf->mode == SANDBOX_OFF) {
		strlcpy(report->missing, "switched off by the config",
		    sizeof(report->missing));
		return 0;
	}
	/* Before pledge(2), which takes unveil(2) away; nothing is unveiled. */
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		return fail(report, "unveil");
	if (pledge(walls[kind].promises, NULL) == -1)
		return fail(report, "pledge");
	report->pledge = MECHANISM_ON;
	return 0;
}

/* The kernel does not say what it refused. */
int
sandbox_refused(void)
{
	return -1;
}
