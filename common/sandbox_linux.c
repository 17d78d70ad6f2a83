#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "common/sandbox.h"
#include "common/sandbox_linux.h"

/*
 * A supervisor has four descriptors a service, a keeper two for one that
 * starts, a control room one a client.
 */
#define NOFILE_SUPERVISOR	16384
#define NOFILE_OTHER		1024

/* A hostile JSON body of 1.5 MB becomes a tree of 113 MB */
#define DATA_MAX		((rlim_t)256 * 1024 * 1024)

static int	enter_chroot(const char *);
static int	enter_limits(enum room_kind);
static int	enter_user(const struct passwd *);
static int	identity_map(void);
static int	in_container(void);
static int	leave_root(enum room_kind, const struct sandbox_conf *,
		    struct msg_ready *);
static int	limit(int, rlim_t);
static void	miss(struct msg_ready *, const char *, int);
static int	must_have(const struct sandbox_conf *,
		    const struct msg_ready *, int);
static int	note(struct msg_ready *, uint8_t *, const char *, int);
static int	room_has_files(enum room_kind);
static int	tolerable(int);

#if SANDBOX_ASAN
/* The search for leaks stops all threads from a process of its own. */
int	__lsan_is_turned_off(void);
static int	entered;

int
__lsan_is_turned_off(void)
{
	return entered;
}
#endif

static void
miss(struct msg_ready *report, const char *what, int error)
{
	size_t	 len = strlen(report->missing);

	snprintf(report->missing + len, sizeof(report->missing) - len,
	    "%s%s: %s", len > 0 ? "; " : "", what, strerror(error));
}

/* The kernel lacks it, or a container does not let us */
static int
tolerable(int error)
{
	return error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
}

/* 0 when ids are mapped: root here is not root of the machine. */
static int
identity_map(void)
{
	unsigned long	 inside, outside, count;
	FILE		*f;
	int		 n;

	if ((f = fopen("/proc/self/uid_map", "re")) == NULL)
		return 1;
	n = fscanf(f, "%lu %lu %lu", &inside, &outside, &count);
	fclose(f);
	return n != 3 ||
	    (inside == 0 && outside == 0 && count == UINT32_MAX);
}

static int
in_container(void)
{
	return access("/.dockerenv", F_OK) == 0 ||
	    access("/run/.containerenv", F_OK) == 0 ||
	    access("/run/systemd/container", F_OK) == 0 ||
	    getenv("container") != NULL || getppid() == 1 || !identity_map();
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

/* Never raises a hard limit. */
static int
limit(int resource, rlim_t value)
{
	struct rlimit	 rl;

	if (getrlimit(resource, &rl) == -1)
		return -1;
	if (rl.rlim_max == RLIM_INFINITY || value < rl.rlim_max)
		rl.rlim_max = value;
	rl.rlim_cur = rl.rlim_max;
	return setrlimit(resource, &rl);
}

static int
room_has_files(enum room_kind kind)
{
	return kind == ROOM_DOWNLOADER || kind == ROOM_VERIFIER ||
	    kind == ROOM_SUPERVISOR;
}

static int
enter_limits(enum room_kind kind)
{
	struct sigaction	 sa;

	if (limit(RLIMIT_CORE, 0) == -1 || limit(RLIMIT_NPROC, 0) == -1 ||
	    limit(RLIMIT_NOFILE, kind == ROOM_SUPERVISOR ||
	    kind == ROOM_KEEPER ? NOFILE_SUPERVISOR : NOFILE_OTHER) == -1)
		return -1;
	/* Shadow memory is data, and a report may go to a file. */
	if (SANDBOX_ASAN)
		return 0;
	if (limit(RLIMIT_DATA, DATA_MAX) == -1)
		return -1;
	if (room_has_files(kind))
		return 0;
	/* A last word to a stderr that is a file may fail, not kill. */
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_IGN;
	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGXFSZ, &sa, NULL) == -1)
		return -1;
	return limit(RLIMIT_FSIZE, 0);
}

/* After everything was tried: may the room run with this? */
static int
must_have(const struct sandbox_conf *conf, const struct msg_ready *report,
    int contained)
{
	if (conf->mode == SANDBOX_REQUIRE)
		return report->chroot != MECHANISM_OFF &&
		    report->user != MECHANISM_OFF &&
		    report->seccomp == MECHANISM_ON &&
		    report->landlock == MECHANISM_ON;
	if (contained || (conf->user == NULL && geteuid() != 0))
		return 1;
	return report->chroot != MECHANISM_OFF &&
	    report->user == MECHANISM_ON &&
	    (report->seccomp == MECHANISM_ON || conf->mode == SANDBOX_OFF);
}

/* Writes down how it went; 0, or -1 when the reason is no excuse. */
static int
note(struct msg_ready *report, uint8_t *state, const char *what, int rc)
{
	if (rc == 0) {
		*state = MECHANISM_ON;
		return 0;
	}
	*state = MECHANISM_OFF;
	miss(report, what, errno);
	return tolerable(errno) ? 0 : -1;
}

/*
 * The dialer keeps the real root: getaddrinfo(3) reads files of /etc, which
 * change under it.  Landlock leaves it nothing else.
 */
static int
leave_root(enum room_kind kind, const struct sandbox_conf *conf,
    struct msg_ready *report)
{
	struct passwd	*pw;

	if (conf->user == NULL) {
		if (geteuid() != 0)
			return 0;
		report->chroot = report->user = MECHANISM_OFF;
		strlcpy(report->missing, "root, and no user to become",
		    sizeof(report->missing));
		return 0;
	}
	if ((pw = getpwnam(conf->user)) == NULL) {
		report->user = MECHANISM_OFF;
		snprintf(report->missing, sizeof(report->missing),
		    "there is no user %s", conf->user);
		return -1;
	}
	if (kind != ROOM_DIALER && note(report, &report->chroot, "chroot",
	    enter_chroot(conf->empty)) == -1)
		return -1;
	return note(report, &report->user, "user", enter_user(pw));
}

/* The order is forced: each step needs a right that a later one takes. */
int
sandbox_enter(enum room_kind kind, const struct sandbox_conf *conf,
    struct msg_ready *report)
{
	int	 contained = in_container();
	int	 unexcused = 0;

	memset(report, 0, sizeof(*report));
	report->chroot = report->user = report->pledge = MECHANISM_NA;
	report->seccomp = report->landlock = MECHANISM_OFF;

	if (leave_root(kind, conf, report) == -1)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    enter_limits(kind) == -1) {
		miss(report, "limits", errno);
		return -1;
	}
	if (conf->mode == SANDBOX_OFF) {
		if (report->missing[0] == '\0')
			strlcpy(report->missing, "switched off by the config",
			    sizeof(report->missing));
		return must_have(conf, report, contained) ? 0 : -1;
	}
	if (note(report, &report->landlock, "landlock",
	    sandbox_landlock(kind)) == -1)
		unexcused = 1;
#if SANDBOX_ASAN
	entered = 1;
#endif
	if (note(report, &report->seccomp, "seccomp",
	    sandbox_seccomp(kind)) == -1)
		unexcused = 1;
	return !unexcused && must_have(conf, report, contained) ? 0 : -1;
}
