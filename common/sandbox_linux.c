#include <sys/types.h>
#include <sys/prctl.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "common/sandbox.h"

int
sandbox_enter(enum room_kind kind, const struct sandbox_conf *conf,
    struct msg_ready *report)
{
	struct passwd	*pw;

	(void)kind;
	memset(report, 0, sizeof(*report));
	report->chroot = report->user = MECHANISM_NA;
	if (conf->user != NULL) {
		if ((pw = getpwnam(conf->user)) == NULL) {
			snprintf(report->missing, sizeof(report->missing),
			    "no user %s", conf->user);
			return -1;
		}
		if (setgroups(1, &pw->pw_gid) == -1 ||
		    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
		    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1) {
			snprintf(report->missing, sizeof(report->missing),
			    "user %s: %s", conf->user, strerror(errno));
			return -1;
		}
		report->user = MECHANISM_ON;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
		snprintf(report->missing, sizeof(report->missing),
		    "no_new_privs: %s", strerror(errno));
		return -1;
	}
	return 0;
}

int
sandbox_refused(void)
{
	return -1;
}
