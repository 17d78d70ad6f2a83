#include <sys/types.h>
#include <sys/syscall.h>

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "compat/fork_light.h"

#ifndef __NR_clone3
#define __NR_clone3		435
#endif
#ifndef __NR_close_range
#define __NR_close_range	436
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP	0x200000000ULL
#endif
#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE	(1U << 1)
#endif

/* struct clone_args of clone3(2) up to `cgroup`, whatever the headers know */
struct clone_into {
	uint64_t	 flags;
	uint64_t	 pidfd;
	uint64_t	 child_tid;
	uint64_t	 parent_tid;
	uint64_t	 exit_signal;
	uint64_t	 stack;
	uint64_t	 stack_size;
	uint64_t	 tls;
	uint64_t	 set_tid;
	uint64_t	 set_tid_size;
	uint64_t	 cgroup;
} __attribute__((__aligned__(8)));

static int	can_unshare(void);
static pid_t	clone_light(int);

static int	 copies;

void
fork_light_copy(int on)
{
	copies = on;
}

/* Linux 5.9; a range behind everything changes nothing here. */
static int
can_unshare(void)
{
	static int	 can = -1;

	if (can == -1)
		can = syscall(__NR_close_range, UINT_MAX, UINT_MAX,
		    CLOSE_RANGE_UNSHARE) == 0;
	return can;
}

static pid_t
clone_light(int cgroup)
{
	struct clone_into	 args;

	memset(&args, 0, sizeof(args));
	args.exit_signal = SIGCHLD;
	if (!copies && can_unshare())
		args.flags |= CLONE_FILES;
	if (cgroup != -1) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	return (pid_t)syscall(__NR_clone3, &args, sizeof(args));
}

pid_t
fork_light(int cgroup)
{
	pid_t	 pid;

	/* Containers answer ENOSYS to what their filters do not know. */
	pid = clone_light(cgroup);
	if (pid == -1 && cgroup == -1 && (errno == ENOSYS || errno == EPERM ||
	    errno == EINVAL))
		return fork();
	return pid;
}

/* The kernel copies only what lies below the range that is closed. */
int
fork_light_keep(int keep)
{
	if (!can_unshare()) {
		closefrom(keep + 1);
		while (--keep > STDERR_FILENO)
			close(keep);
		return 0;
	}
	if (syscall(__NR_close_range, (unsigned int)keep + 1, UINT_MAX,
	    CLOSE_RANGE_UNSHARE) == -1)
		return -1;
	if (keep > STDERR_FILENO + 1 && syscall(__NR_close_range,
	    STDERR_FILENO + 1U, (unsigned int)keep - 1, 0) == -1)
		return -1;
	return 0;
}
