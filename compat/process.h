/*
 * Processes that are not, or no longer, our children: is it still the one
 * that was written down, and when does it end.
 */

#ifndef COMPAT_PROCESS_H
#define COMPAT_PROCESS_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#define BOOT_ID_SIZE	64
#define BOOT_ID_UNKNOWN	"unknown"	/* may be any boot */

/* The start of a process that lived where it could not be seen */
#define PROCESS_START_UNKNOWN	UINT64_MAX

/*
 * When pid was started, in hundredths of a second since the boot: proc(5)
 * field 22 on Linux, kinfo_proc of sysctl(2) on OpenBSD.  Does not move with
 * the clock.  0; -1 with errno ESRCH when there is surely no such process or
 * it is a zombie; -1 with any other errno when it could not be found out, as
 * without free descriptors: such a process must be taken to live.  That is
 * ENXIO where processes cannot be seen at all, process_visible().
 */
int	 process_start(pid_t pid, uint64_t *start);

/*
 * 1: pid lives, is no zombie and was started then.  0: surely not.  -1 and
 * errno: it could not be found out; ENXIO when it is there, but one of the two
 * starts is unknown.
 */
int	 process_is(pid_t pid, uint64_t start);

/*
 * A close-on-exec fd that becomes readable, for poll(2) or libevent, when pid
 * has ended (pidfd on Linux, kqueue on OpenBSD); nothing is to be read from
 * it.  -1 and errno, ESRCH when pid is already gone.  To be sure which process
 * is watched, open first, then ask process_is().
 */
int	 process_watch_open(pid_t pid);

/* 1 when the process behind the fd has ended, 0 while it lives. */
int	 process_watch_ended(int fd);

/*
 * SIGKILL to the process behind the fd, which was pid when it was opened, and
 * to no other one.  0, or -1 with errno.
 */
int	 process_watch_kill(int fd, pid_t pid);

void	 process_watch_close(int fd);

/*
 * Whether the functions here can see our own processes: on Linux they read
 * proc(5), which a container may lack or have from another pid namespace.  It
 * is looked for each time, and used once it is there.  0, or -1 and in error,
 * of that size, what is wrong.
 */
int	 process_visible(char *error, size_t);

/*
 * 1 when root may become any user here; 0 for other users, and for the root of
 * a Linux user namespace that cannot, as of `unshare --map-root-user`.  Without
 * a proc(5) it sets the groups that it has to find out.
 */
int	 process_may_change_user(void);

/*
 * What a process has used so far: CPU time in ms of all its threads, and how
 * much of it is in memory, in KB.  0, or -1 and errno.
 */
int	 process_usage(pid_t pid, uint64_t *cpu_ms, uint64_t *memory_kb);

/* The real user of a process.  0, or -1 with ESRCH. */
int	 process_user(pid_t, uid_t *);

/* A session whose leader is dead, and what is sure about it */
struct process_session {
	pid_t		 leader;
	int		 proven;	/* the leader is a zombie of ours */
	uid_t		 user;		/* not proven: of the leader */
	uint64_t	 start;		/* not proven: of the leader */
	unsigned int	 ended;		/* set: how many it had besides */
};

/*
 * Ends by SIGKILL what is in these sessions besides their leaders, by one look
 * at all processes.  While a zombie has the leader's number the session is
 * the leader's.  Where it is not proven nothing is touched when a process
 * that started at another time has the number, and nothing of another user or
 * older than the leader.  Without a proc(5) only proven ones are ended.
 * OpenBSD: the session is known to root only and as long as it is proven;
 * otherwise the process group alone is.
 */
void	 process_end_sessions(struct process_session *, size_t);

/*
 * A name of this boot, NUL-terminated, in a buffer of BOOT_ID_SIZE.  Linux: of
 * the kernel, BOOT_ID_UNKNOWN without a proc(5).  OpenBSD: a random one in
 * /var/run, which is emptied at boot; made by the first root that asks.  An
 * unprivileged caller without it gets a constant one, as a name that changes
 * with the clock would make running services look gone.  0, or -1 and errno.
 */
int	 boot_id(char *, size_t);

#endif
