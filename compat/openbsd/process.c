#include <sys/types.h>
#include <sys/event.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Needs signal.h before it */
#include <sys/proc.h>

#include "compat/process.h"

#define BOOT_ID_PATH	"/var/run/lavavisord.boot"

static int	boot_id_make(char *, size_t);
static int	boot_id_read(char *, size_t);
static int	boot_time(struct timeval *);
static struct kinfo_proc *all_processes(size_t *);
static int	end_member(const struct kinfo_proc *,
		    const struct process_session *, uint64_t);
static uint64_t	session_of(const struct kinfo_proc *, size_t, pid_t);
static int	read_process(pid_t, struct kinfo_proc *, uint64_t *);

static int
boot_time(struct timeval *tv)
{
	int	 mib[2] = { CTL_KERN, KERN_BOOTTIME };
	size_t	 len = sizeof(*tv);

	return sysctl(mib, 2, tv, &len, NULL, 0);
}

/*
 * The kernel keeps the start as uptime and adds the time of boot when asked;
 * the latter moves with the clock, so it is taken off again.  0, or -1.
 */
static int
read_process(pid_t pid, struct kinfo_proc *kp, uint64_t *start)
{
	struct timeval	 before, after;
	int64_t		 us;
	size_t		 len;
	int		 mib[6] = { CTL_KERN, KERN_PROC, KERN_PROC_PID,
			    (int)pid, sizeof(*kp), 1 };

	do {
		len = sizeof(*kp);
		if (boot_time(&before) == -1 ||
		    sysctl(mib, 6, kp, &len, NULL, 0) == -1 ||
		    boot_time(&after) == -1)
			return -1;
	} while (before.tv_sec != after.tv_sec);
	if (len < sizeof(*kp) || !kp->p_uvalid || kp->p_stat == SDEAD) {
		errno = ESRCH;
		return -1;
	}
	us = ((int64_t)kp->p_ustart_sec - after.tv_sec) * 1000000 +
	    (int64_t)kp->p_ustart_usec - after.tv_usec;
	*start = us < 0 ? 0 : (uint64_t)us / 10000;
	return 0;
}

int
process_visible(char *error, size_t size)
{
	(void)error;
	(void)size;
	return 0;
}

int
process_may_change_user(void)
{
	return geteuid() == 0;
}

int
process_start(pid_t pid, uint64_t *start)
{
	struct kinfo_proc	 kp;

	return read_process(pid, &kp, start);
}

int
process_usage(pid_t pid, uint64_t *cpu_ms, uint64_t *memory_kb)
{
	struct kinfo_proc	 kp;
	uint64_t		 start;

	if (read_process(pid, &kp, &start) == -1)
		return -1;
	*cpu_ms = (uint64_t)kp.p_rtime_sec * 1000 + kp.p_rtime_usec / 1000;
	*memory_kb = (uint64_t)kp.p_vm_rssize *
	    (uint64_t)(sysconf(_SC_PAGESIZE) / 1024);
	return 0;
}

int
process_is(pid_t pid, uint64_t start)
{
	uint64_t	 now;

	if (process_start(pid, &now) == -1)
		return errno == ESRCH ? 0 : -1;
	if (start == PROCESS_START_UNKNOWN) {
		errno = ENXIO;
		return -1;
	}
	/* Both parts of the sum are rounded: the last digit may differ. */
	return (now > start ? now - start : start - now) <= 1;
}

int
process_watch_open(pid_t pid)
{
	struct kevent	 ev;
	int		 kq, saved;

	if ((kq = kqueue()) == -1)
		return -1;
	EV_SET(&ev, pid, EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT, 0, NULL);
	if (fcntl(kq, F_SETFD, FD_CLOEXEC) == -1 ||
	    kevent(kq, &ev, 1, NULL, 0, NULL) == -1) {
		saved = errno;
		close(kq);
		errno = saved;
		return -1;
	}
	return kq;
}

int
process_watch_ended(int fd)
{
	struct pollfd	 pfd = { fd, POLLIN, 0 };

	return poll(&pfd, 1, 0) == 1;
}

/* While it is watched and lives, the number is its own. */
int
process_watch_kill(int fd, pid_t pid)
{
	if (process_watch_ended(fd)) {
		errno = ESRCH;
		return -1;
	}
	return kill(pid, SIGKILL);
}

void
process_watch_close(int fd)
{
	close(fd);
}

static int
boot_id_read(char *buf, size_t size)
{
	struct stat	 st;
	ssize_t		 n;
	int		 fd;

	if ((fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return -1;
	n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 ?
	    read(fd, buf, size - 1) : -1;
	close(fd);
	if (n < 16)
		return -1;
	buf[n] = '\0';
	return 0;
}

static int
boot_id_make(char *buf, size_t size)
{
	char	 temp[] = BOOT_ID_PATH ".XXXXXXXXXX";
	int	 fd, rc = -1;

	snprintf(buf, size, "%08x%08x%08x%08x", arc4random(), arc4random(),
	    arc4random(), arc4random());
	if ((fd = mkostemp(temp, O_CLOEXEC)) == -1)
		return -1;
	/* link(2) and not rename(2): the first of two makers wins. */
	if (fchmod(fd, 0444) == 0 &&
	    write(fd, buf, strlen(buf)) == (ssize_t)strlen(buf) &&
	    (link(temp, BOOT_ID_PATH) == 0 || errno == EEXIST))
		rc = boot_id_read(buf, size);
	close(fd);
	unlink(temp);
	return rc;
}

int
boot_id(char *buf, size_t size)
{
	if (boot_id_read(buf, size) == 0)
		return 0;
	if (geteuid() == 0)
		return boot_id_make(buf, size);
	strlcpy(buf, "unprivileged", size);
	return 0;
}

int
process_user(pid_t pid, uid_t *user)
{
	struct kinfo_proc	 kp;
	uint64_t		 start;

	if (read_process(pid, &kp, &start) == -1)
		return -1;
	*user = kp.p_ruid;
	return 0;
}

/* A list to be freed, or NULL */
static struct kinfo_proc *
all_processes(size_t *count)
{
	struct kinfo_proc	*list = NULL, *more;
	size_t			 len;
	int			 mib[6] = { CTL_KERN, KERN_PROC, KERN_PROC_ALL,
				    0, sizeof(*list), 0 }, i;

	/* There may be more of them the next moment. */
	for (i = 0; i < 8; i++) {
		mib[5] = 0;
		if (sysctl(mib, 6, NULL, &len, NULL, 0) == -1)
			break;
		len += len / 8 + 16 * sizeof(*list);
		if ((more = realloc(list, len)) == NULL)
			break;
		list = more;
		mib[5] = (int)(len / sizeof(*list));
		if (sysctl(mib, 6, list, &len, NULL, 0) == 0) {
			*count = len / sizeof(*list);
			return list;
		}
		if (errno != ENOMEM)
			break;
	}
	free(list);
	return NULL;
}

/*
 * The number of a session is not told once its leader has ended, but root is
 * told where the kernel keeps it, which a zombie has in common with the others.
 */
static uint64_t
session_of(const struct kinfo_proc *list, size_t count, pid_t leader)
{
	size_t	 i;

	for (i = 0; i < count; i++)
		if (list[i].p_pid == leader)
			return list[i].p_sess;
	return 0;
}

/* Watched first, asked then: now it cannot become another one. */
static int
end_member(const struct kinfo_proc *found, const struct process_session *s,
    uint64_t session)
{
	struct kinfo_proc	 kp;
	uint64_t		 start, other;
	int			 fd, result = -1;

	if ((fd = process_watch_open(found->p_pid)) == -1)
		return -1;
	if (read_process(found->p_pid, &kp, &start) == 0 &&
	    (kp.p__pgid == s->leader ||
	    (s->proven && session != 0 && kp.p_sess == session)) &&
	    (s->proven || (start + 1 >= s->start && kp.p_ruid == s->user &&
	    ((process_start(s->leader, &other) == -1 && errno == ESRCH) ||
	    process_is(s->leader, s->start) == 1))))
		result = process_watch_kill(fd, found->p_pid);
	process_watch_close(fd);
	return result;
}

void
process_end_sessions(struct process_session *s, size_t n)
{
	struct kinfo_proc	*list;
	uint64_t		 session;
	size_t			 count, i, k;

	for (i = 0; i < n; i++)
		s[i].ended = 0;
	if ((list = all_processes(&count)) == NULL)
		return;
	for (i = 0; i < n; i++) {
		session = s[i].proven ? session_of(list, count, s[i].leader) :
		    0;
		for (k = 0; k < count; k++) {
			if (list[k].p_pid <= 1 ||
			    list[k].p_pid == s[i].leader ||
			    (list[k].p__pgid != s[i].leader &&
			    (session == 0 || list[k].p_sess != session)))
				continue;
			s[i].ended += end_member(&list[k], &s[i],
			    session) == 0;
		}
	}
	free(list);
}
