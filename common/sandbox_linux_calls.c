#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>

#include "common/message.h"
#include "common/sandbox_linux.h"

/* Not on arm64 */
#ifndef __NR_epoll_wait
#define __NR_epoll_wait	CALL_ABSENT
#endif
#ifndef __NR_fork
#define __NR_fork	CALL_ABSENT
#endif
#ifndef __NR_ioperm
#define __NR_ioperm	CALL_ABSENT
#endif
#ifndef __NR_iopl
#define __NR_iopl	CALL_ABSENT
#endif
#ifndef __NR_newfstatat
#define __NR_newfstatat	CALL_ABSENT
#endif
#ifndef __NR_open
#define __NR_open	CALL_ABSENT
#endif
#ifndef __NR_poll
#define __NR_poll	CALL_ABSENT
#endif
#ifndef __NR_readlink
#define __NR_readlink	CALL_ABSENT
#endif
#ifndef __NR_stat
#define __NR_stat	CALL_ABSENT
#endif
#ifndef __NR_time
#define __NR_time	CALL_ABSENT
#endif
#ifndef __NR_vfork
#define __NR_vfork	CALL_ABSENT
#endif
/* Newer than some kernel headers */
#ifndef __NR_epoll_pwait2
#define __NR_epoll_pwait2	441
#endif
#ifndef __NR_process_madvise
#define __NR_process_madvise	440
#endif

#define ALL		UINT32_MAX
#define LOW(value)	((uint32_t)(value))
#define ALLOW(x)	{ .nr = __NR_##x, .action = CALL_ALLOW }
#define KILL(x)		{ .nr = __NR_##x, .action = CALL_KILL }
#define ERRNO(x, e)							\
	{ .nr = __NR_##x, .action = CALL_ERRNO, .error = e }
#define IF(a, m, v)	{ .arg = a, .mask = m, .value = LOW(v) }
#define ALLOW_IF(x, ...)						\
	{ .nr = __NR_##x, .action = CALL_ALLOW,				\
	    .conditions = { __VA_ARGS__ } }

/* Data in a SYN would reach a port that Landlock forbids */
#define NO_FASTOPEN(arg)	IF(arg, MSG_FASTOPEN, 0)

/* fstat(3) of glibc 2.33 to 2.38; the other uses of it answer ENOENT */
#define FSTAT								\
	ALLOW(fstat),							\
	ALLOW_IF(newfstatat, IF(3, AT_EMPTY_PATH, AT_EMPTY_PATH))

#define SOCKET(domain, type, protocol)					\
	ALLOW_IF(socket, IF(0, ALL, domain),				\
	    IF(1, ~LOW(SOCK_CLOEXEC | SOCK_NONBLOCK), type),		\
	    IF(2, ALL, protocol))

#define TABLE(t)	{ t, sizeof(t) / sizeof((t)[0]) }

/* The event loop, imsg, memory, randomness, time */
static const struct call_rule base[] = {
	ALLOW(epoll_wait),
	ALLOW(epoll_pwait),
	ALLOW(epoll_pwait2),
	ALLOW(epoll_ctl),
	ALLOW(read),
	ALLOW(write),
	ALLOW(recvmsg),
	ALLOW_IF(sendmsg, NO_FASTOPEN(2)),
	ALLOW(poll),
	ALLOW(ppoll),
	ALLOW(readv),
	ALLOW(writev),
	ALLOW(close),
	ALLOW(brk),
	ALLOW_IF(mmap, IF(2, PROT_EXEC, 0)),
	ALLOW_IF(mprotect, IF(2, PROT_EXEC, 0)),
	ALLOW(munmap),
	ALLOW(mremap),
	ALLOW(madvise),
	ALLOW(futex),
	ALLOW(clock_gettime),
	ALLOW(clock_nanosleep),
	ALLOW(nanosleep),
	ALLOW(gettimeofday),
	ALLOW(time),
	ALLOW(getrandom),
	ALLOW(getpid),
	ALLOW(getppid),
	ALLOW(gettid),
	ALLOW(getuid),
	ALLOW(geteuid),
	ALLOW(getgid),
	ALLOW(getegid),
	ALLOW(rt_sigaction),
	ALLOW(rt_sigprocmask),
	ALLOW(rt_sigreturn),
	ALLOW(sigaltstack),
	ALLOW(restart_syscall),
	ALLOW(exit),
	ALLOW(exit_group),
	ALLOW_IF(fcntl, IF(1, ALL, F_GETFL)),
	ALLOW_IF(fcntl, IF(1, ALL, F_SETFL)),
	ALLOW_IF(fcntl, IF(1, ALL, F_GETFD)),
	ALLOW_IF(fcntl, IF(1, ALL, F_SETFD)),
	/* abort(3), so that it is seen as one */
	ALLOW_IF(tgkill, { .arg = 0, .mask = ALL, .own_pid = 1 },
	    IF(2, ALL, SIGABRT)),
#ifdef FAULTS
	ALLOW_IF(tgkill, { .arg = 0, .mask = ALL, .own_pid = 1 },
	    IF(2, ALL, SIGKILL)),
#endif
	/* qsort(3) asks how much memory there is and can do without */
	ERRNO(sysinfo, EPERM),
	/* glibc goes on to clone, whose flags can be looked at */
	ERRNO(clone3, ENOSYS)
};

/*
 * libcurl with OpenSSL on connected sockets that it is handed.  Its 7.88 calls
 * connect on them nevertheless and waits when told that it is in progress.
 */
static const struct call_rule curl[] = {
	ALLOW(recvfrom),
	ALLOW_IF(sendto, NO_FASTOPEN(3)),
	ALLOW(getsockname),
	ALLOW(getpeername),
	ALLOW(getsockopt),
	ALLOW(setsockopt),
	ALLOW(shutdown),
	ERRNO(connect, EINPROGRESS),
	ERRNO(openat, ENOENT),
	ERRNO(uname, EPERM)
};

/* A staging file that the parent opened */
static const struct call_rule staging[] = {
	ALLOW(pwrite64),
	ALLOW(pread64),
	ALLOW(ftruncate),
	ALLOW(fdatasync),
	ALLOW(fsync),
	ALLOW(lseek),
	FSTAT
};

static const struct call_rule no_stat[] = {
	ERRNO(newfstatat, ENOENT)
};

static const struct call_rule verifier[] = {
	ALLOW(pread64),
	ALLOW(pwrite64),
	ALLOW(ftruncate),
	ALLOW(fdatasync),
	ALLOW(fsync),
	ALLOW(lseek),
	FSTAT
};

static const struct call_rule supervisor[] = {
	ALLOW(splice),
	ALLOW(tee),
	ALLOW(pipe2),
	ALLOW(lseek),
	ALLOW(ftruncate),
	FSTAT,
	ALLOW_IF(fcntl, IF(1, ALL, F_SETPIPE_SZ)),
	ALLOW_IF(fcntl, IF(1, ALL, F_GETPIPE_SZ)),
	ALLOW_IF(ioctl, IF(1, ALL, FIONREAD)),
	/* Whose process told that a service is ready */
	ALLOW(getsid)
};

/* Memory that is locked; pipes whose reader is another process */
static const struct call_rule keeper[] = {
	ALLOW(mlock),
	ALLOW(munlock),
	ALLOW(splice),
	ALLOW_IF(ioctl, IF(1, ALL, FIONREAD))
};

static const struct call_rule control[] = {
	ALLOW(accept4),
	ALLOW_IF(getsockopt, IF(1, ALL, SOL_SOCKET), IF(2, ALL, SO_PEERCRED))
};

/* Both dialers: TCP to numeric addresses */
static const struct call_rule dial[] = {
	SOCKET(AF_INET, SOCK_STREAM, 0),
	SOCKET(AF_INET, SOCK_STREAM, IPPROTO_TCP),
	SOCKET(AF_INET6, SOCK_STREAM, 0),
	SOCKET(AF_INET6, SOCK_STREAM, IPPROTO_TCP),
	ALLOW(connect),
	ALLOW(getsockname),
	ALLOW(getpeername),
	ALLOW(getsockopt),
	ALLOW(setsockopt)
};

/*
 * getaddrinfo(3): UDP and TCP to the name servers, a netlink socket for the
 * own addresses, the files that Landlock leaves (read only).  The sockets of
 * nscd and the modules of nsswitch.conf are refused, which it takes as absent.
 */
static const struct call_rule resolve[] = {
	SOCKET(AF_INET, SOCK_DGRAM, 0),
	SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_UDP),
	SOCKET(AF_INET6, SOCK_DGRAM, 0),
	SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
	SOCKET(AF_NETLINK, SOCK_RAW, 0),
	ALLOW(bind),
	ALLOW(recvfrom),
	ALLOW_IF(sendto, NO_FASTOPEN(3)),
	ALLOW_IF(sendmmsg, NO_FASTOPEN(3)),
	ALLOW_IF(ioctl, IF(1, ALL, FIONREAD)),
	ALLOW_IF(openat, IF(2, LOW(O_ACCMODE | O_CREAT | O_TRUNC |
	    (O_TMPFILE & ~O_DIRECTORY)), O_RDONLY)),
	ALLOW(newfstatat),
	ALLOW(fstat),
	ALLOW(lseek),
	ALLOW(pread64),
	ALLOW(uname)
};

static const struct call_rule no_more_sockets[] = {
	ERRNO(socket, EACCES)
};

/*
 * Nobody here calls these by mistake.  The others that no table has
 * only fail, because a new libc must not end the watch.
 */
static const struct call_rule dangerous[] = {
	KILL(execve),
	KILL(execveat),
	KILL(fork),
	KILL(vfork),
	{ .nr = __NR_clone, .action = CALL_ERRNO, .error = EAGAIN,
	    .conditions = { IF(0, CLONE_THREAD, CLONE_THREAD) } },
	KILL(clone),
	KILL(socket),
	KILL(ptrace),
	KILL(process_vm_readv),
	KILL(process_vm_writev),
	KILL(process_madvise),
	KILL(bpf),
	KILL(mount),
	KILL(umount2),
	KILL(pivot_root),
	KILL(chroot),
	KILL(setns),
	KILL(unshare),
	KILL(init_module),
	KILL(finit_module),
	KILL(delete_module),
	KILL(kexec_load),
	KILL(reboot),
	KILL(swapon),
	KILL(swapoff),
	KILL(keyctl),
	KILL(add_key),
	KILL(request_key),
	KILL(perf_event_open),
	KILL(userfaultfd),
	KILL(io_uring_setup),
	KILL(io_uring_enter),
	KILL(open_by_handle_at),
	KILL(acct),
	KILL(settimeofday),
	KILL(clock_settime),
	KILL(iopl),
	KILL(ioperm)
};

/*
 * AddressSanitizer: its allocator and its reports.  The report wants files of
 * /proc and a process that names addresses; both may fail.
 */
static const struct call_rule sanitizer[] = {
	ALLOW(sched_yield),
	ALLOW(sched_getaffinity),
	ALLOW(getrusage),
	ALLOW(mincore),
	ERRNO(open, ENOENT),
	ERRNO(openat, ENOENT),
	ERRNO(readlink, ENOENT),
	ERRNO(readlinkat, ENOENT),
	ERRNO(stat, ENOENT),
	ERRNO(fork, EAGAIN),
	ERRNO(vfork, EAGAIN),
	ERRNO(clone, EAGAIN)
};

size_t
sandbox_calls(enum room_kind kind, struct call_table *tables)
{
	static const struct call_table	 of_base = TABLE(base);
	static const struct call_table	 of_curl = TABLE(curl);
	static const struct call_table	 of_dial = TABLE(dial);
	static const struct call_table	 of_resolve = TABLE(resolve);
	static const struct call_table	 of_no_more = TABLE(no_more_sockets);
	static const struct call_table	 of_no_stat = TABLE(no_stat);
	static const struct call_table	 of_staging = TABLE(staging);
	static const struct call_table	 of_sanitizer = TABLE(sanitizer);
	static const struct call_table	 of_dangerous = TABLE(dangerous);
	static const struct call_table	 of_verifier = TABLE(verifier);
	static const struct call_table	 of_supervisor = TABLE(supervisor);
	static const struct call_table	 of_control = TABLE(control);
	static const struct call_table	 of_keeper = TABLE(keeper);
	size_t				 n = 0;

	tables[n++] = of_base;
	switch (kind) {
	case ROOM_DIALER:
		tables[n++] = of_dial;
		tables[n++] = of_resolve;
		tables[n++] = of_no_more;
		break;
	case ROOM_PROBER_DIALER:
		tables[n++] = of_dial;
		tables[n++] = of_no_more;
		break;
	case ROOM_PROBER:
	case ROOM_MONITOR:
		tables[n++] = of_curl;
		tables[n++] = of_no_stat;
		break;
	case ROOM_DOWNLOADER:
		tables[n++] = of_curl;
		tables[n++] = of_staging;
		tables[n++] = of_no_stat;
		break;
	case ROOM_VERIFIER:
		tables[n++] = of_verifier;
		break;
	case ROOM_SUPERVISOR:
		tables[n++] = of_supervisor;
		break;
	case ROOM_KEEPER:
		tables[n++] = of_keeper;
		break;
	case ROOM_ADMIN:
	case ROOM_SHOW:
		tables[n++] = of_control;
		break;
	default:
		break;
	}
	if (SANDBOX_ASAN)
		tables[n++] = of_sanitizer;
	tables[n++] = of_dangerous;
	return n;
}
