/*
 * In each kind of room every forbidden act is tried, and must be refused or
 * end the process.
 */

#include <sys/types.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sandbox.h"
#include "common/sandbox_linux.h"
#include "regress/unit/sandbox_world.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

#define BIT(kind)	(1U << (kind))
#define EVERY		(~0U)
#define DIALERS		(BIT(ROOM_DIALER) | BIT(ROOM_PROBER_DIALER))
#define CURL		(BIT(ROOM_MONITOR) | BIT(ROOM_DOWNLOADER) |	\
			BIT(ROOM_PROBER))
#define FILES		(BIT(ROOM_DOWNLOADER) | BIT(ROOM_VERIFIER) |	\
			BIT(ROOM_SUPERVISOR))
#define BUT(kinds)	(~(kinds))

struct forbidden {
	const char	*name;
	unsigned int	 kinds;
	act		 act;
	int		 killed;	/* 1: must end the process */
};

static int	 loopback(struct world *, struct sockaddr_in *);

static int
loopback(struct world *w, struct sockaddr_in *sin)
{
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_port = htons((uint16_t)w->port);
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return 0;
}

#define ACT(name)							\
static int								\
name(enum room_kind kind __attribute__((__unused__)),			\
    struct world *w __attribute__((__unused__)))

/* Landlock is needed where seccomp lets a call through */
#define NEEDS_LANDLOCK							\
	if (w->report.landlock != MECHANISM_ON)				\
		return ACT_SKIP

static int
result(long rc)
{
	return rc == -1 ? -1 : 0;
}

ACT(open_file)
{
	return result(open("/etc/passwd", O_RDONLY));
}

ACT(open_binary)
{
	NEEDS_LANDLOCK;
	return result(open("/bin/sh", O_RDONLY));
}

ACT(open_proc)
{
	NEEDS_LANDLOCK;
	return result(open("/proc/self/environ", O_RDONLY));
}

ACT(open_root)
{
	NEEDS_LANDLOCK;
	return result(open("/", O_RDONLY | O_DIRECTORY));
}

ACT(create_file)
{
	return result(open("/tmp/made-in-a-sandbox", O_WRONLY | O_CREAT,
	    0600));
}

ACT(open_writing)
{
	return result(open("/etc/hosts", O_RDWR));
}

ACT(temporary_file)
{
	return result(open("/tmp", O_TMPFILE | O_RDWR, 0600));
}

ACT(make_directory)
{
	return result(mkdir("/tmp/made-in-a-sandbox", 0700));
}

ACT(unlink_file)
{
	return result(unlink("/tmp/no-such-file")) == -1 && errno != ENOENT ?
	    -1 : 0;
}

ACT(change_mode)
{
	return result(fchmod(w->file, 04755));
}

ACT(memory_file)
{
	return result(syscall(__NR_memfd_create, "x", 0));
}

ACT(tcp_socket)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

ACT(tcp6_socket)
{
	return result(socket(AF_INET6, SOCK_STREAM, 0));
}

ACT(udp_socket)
{
	return result(socket(AF_INET, SOCK_DGRAM, 0));
}

ACT(raw_socket)
{
	return result(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

ACT(unix_socket)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

ACT(netlink_socket)
{
	return result(socket(AF_NETLINK, SOCK_RAW, 0));
}

ACT(audit_socket)
{
	return result(socket(AF_NETLINK, SOCK_RAW, 9));
}

ACT(mptcp_socket)
{
	return result(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP));
}

ACT(packet_socket)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

ACT(connect_tcp)
{
	struct sockaddr_in	 sin;

	loopback(w, &sin);
	return result(connect(w->tcp, (struct sockaddr *)&sin, sizeof(sin)));
}

ACT(connect_udp)
{
	struct sockaddr_in	 sin;

	loopback(w, &sin);
	return result(connect(w->udp, (struct sockaddr *)&sin, sizeof(sin)));
}

ACT(fast_open)
{
	struct sockaddr_in	 sin;

	loopback(w, &sin);
	return result(sendto(w->tcp, "x", 1, MSG_FASTOPEN,
	    (struct sockaddr *)&sin, sizeof(sin)));
}

ACT(fast_open_msg)
{
	struct sockaddr_in	 sin;
	struct iovec		 iov = { &sin, 1 };
	struct msghdr		 msg;

	loopback(w, &sin);
	memset(&msg, 0, sizeof(msg));
	msg.msg_name = &sin;
	msg.msg_namelen = sizeof(sin);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	return result(sendmsg(w->tcp, &msg, MSG_FASTOPEN));
}

ACT(bind_tcp)
{
	struct sockaddr_in	 sin;

	if (kind == ROOM_DIALER)
		NEEDS_LANDLOCK;
	loopback(w, &sin);
	sin.sin_port = 0;
	if (bind(w->tcp, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		return -1;
	/* Older kernels have Landlock but no rules for ports */
	return kind == ROOM_DIALER ? ACT_SKIP : 0;
}

ACT(listen_tcp)
{
	return result(listen(w->tcp, 1));
}

ACT(accept_tcp)
{
	return result(syscall(__NR_accept, w->unix_listener, NULL, NULL));
}

ACT(accept4_unix)
{
	return result(accept4(w->unix_listener, NULL, NULL, 0));
}

ACT(socket_option)
{
	int	 on = 1;

	return result(setsockopt(w->tcp, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)));
}

ACT(execute)
{
	char	*argv[] = { "true", NULL };

	execve("/bin/true", argv, argv + 1);
	return -1;
}

ACT(execute_at)
{
	char	*argv[] = { "true", NULL };

	return result(syscall(__NR_execveat, w->file, "", argv, argv + 1,
	    AT_EMPTY_PATH));
}

ACT(fork_process)
{
	pid_t	 pid;

	if ((pid = fork()) == 0)
		_exit(0);
	return result(pid);
}

ACT(clone_process)
{
	long	 pid;

	if ((pid = syscall(__NR_clone, SIGCHLD, 0, 0, 0, 0)) == 0)
		_exit(0);
	return result(pid);
}

ACT(clone3_process)
{
	uint64_t	 args[8] = { 0, 0, 0, 0, SIGCHLD, 0, 0, 0 };
	long		 pid;

	if ((pid = syscall(435, args, sizeof(args))) == 0)
		_exit(0);
	return result(pid);
}

static void *
idle(void *arg)
{
	return arg;
}

ACT(start_thread)
{
	pthread_t	 t;

	return pthread_create(&t, NULL, idle, NULL) == 0 ? 0 : -1;
}

ACT(kill_parent)
{
	return result(kill(w->parent, 0));
}

ACT(kill_init)
{
	return result(kill(1, 0)) == -1 && errno == ENOSYS ? -1 : 0;
}

ACT(kill_all)
{
	return result(kill(-1, 0));
}

ACT(tgkill_parent)
{
	return result(syscall(__NR_tgkill, w->parent, w->parent, 0)) == -1 &&
	    errno == ENOSYS ? -1 : 0;
}

ACT(abort_parent)
{
	return result(syscall(__NR_tgkill, w->parent, w->parent,
	    SIGABRT)) == -1 && errno == ENOSYS ? -1 : 0;
}

ACT(open_pidfd)
{
	return result(syscall(434, w->parent, 0));
}

ACT(own_signals)
{
	return result(fcntl(w->pair[0], F_SETOWN, w->parent));
}

ACT(trace)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

ACT(trace_parent)
{
	return result(ptrace(PTRACE_ATTACH, w->parent, NULL, NULL));
}

ACT(read_memory)
{
	return result(syscall(__NR_process_vm_readv, w->parent, NULL, 0, NULL,
	    0, 0));
}

ACT(map_executable)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

ACT(make_executable)
{
	void	*p;

	if ((p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED)
		return ACT_SKIP;
	return result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

ACT(load_bpf)
{
	return result(syscall(__NR_bpf, 0, NULL, 0));
}

ACT(count_events)
{
	return result(syscall(__NR_perf_event_open, NULL, 0, -1, -1, 0));
}

ACT(fault_handler)
{
	return result(syscall(__NR_userfaultfd, 0));
}

ACT(uring)
{
	return result(syscall(425, 4, NULL));
}

ACT(new_namespace)
{
	return result(syscall(__NR_unshare, 0));
}

ACT(enter_namespace)
{
	return result(syscall(__NR_setns, w->file, 0));
}

ACT(mount_something)
{
	return result(syscall(__NR_mount, "none", "/", "tmpfs", 0, NULL));
}

ACT(change_root)
{
	return result(chroot("/"));
}

ACT(keyring)
{
	return result(syscall(__NR_keyctl, 0, 0, 0));
}

ACT(become_root)
{
	return result(setuid(0)) == -1 && errno == ENOSYS ? -1 : 0;
}

ACT(raise_limit)
{
	const struct rlimit	 rl = { 1, 1 };

	return result(setrlimit(RLIMIT_CORE, &rl));
}

ACT(be_dumpable)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

ACT(grow_file)
{
	if (SANDBOX_ASAN)
		return ACT_SKIP;
	return result(write(w->file, "x", 1));
}

ACT(copy_descriptor)
{
	return result(dup2(w->file, 500));
}

ACT(terminal_input)
{
	return result(syscall(__NR_ioctl, 0, 0x5412UL, "x")) == -1 &&
	    errno == ENOSYS ? -1 : 0;
}

#if defined(__x86_64__)
ACT(x32_call)
{
	return result(syscall(0x40000000L + __NR_getpid));
}

ACT(i386_call)
{
	long	 rc;

	/* getpid of i386; a kernel without those calls faults */
	__asm__ __volatile__("int $0x80" : "=a"(rc) : "0"(20L) :
	    "memory", "r8", "r9", "r10", "r11");
	return rc > 0 ? 0 : -1;
}
#endif

static const struct forbidden	 acts[] = {
	{ "open a file", BUT(BIT(ROOM_DIALER)), open_file, 0 },
	{ "open a binary", EVERY, open_binary, 0 },
	{ "open a file of /proc", EVERY, open_proc, 0 },
	{ "open the root directory", EVERY, open_root, 0 },
	{ "create a file", EVERY, create_file, 0 },
	{ "open a file for writing", EVERY, open_writing, 0 },
	{ "make a temporary file", EVERY, temporary_file, 0 },
	{ "make a directory", EVERY, make_directory, 0 },
	{ "unlink a file", EVERY, unlink_file, 0 },
	{ "change a mode", EVERY, change_mode, 0 },
	{ "make a file in memory", EVERY, memory_file, 0 },
	{ "socket tcp", BUT(DIALERS), tcp_socket, 1 },
	{ "socket tcp6", BUT(DIALERS), tcp6_socket, 1 },
	{ "socket udp", BUT(BIT(ROOM_DIALER)), udp_socket, 0 },
	{ "socket netlink", BUT(BIT(ROOM_DIALER)), netlink_socket, 0 },
	{ "socket audit", EVERY, audit_socket, 0 },
	{ "socket raw", EVERY, raw_socket, 0 },
	{ "socket unix", EVERY, unix_socket, 0 },
	{ "socket mptcp", EVERY, mptcp_socket, 0 },
	{ "socket packet", EVERY, packet_socket, 0 },
	{ "connect", BUT(DIALERS), connect_tcp, 0 },
	{ "connect udp", BUT(DIALERS), connect_udp, 0 },
	{ "data in a SYN", EVERY, fast_open, 0 },
	{ "data in a SYN by sendmsg", EVERY, fast_open_msg, 0 },
	{ "bind", EVERY, bind_tcp, 0 },
	{ "listen", EVERY, listen_tcp, 0 },
	{ "accept", EVERY, accept_tcp, 0 },
	{ "accept4", BUT(BIT(ROOM_ADMIN) | BIT(ROOM_SHOW)), accept4_unix, 0 },
	{ "set a socket option", BUT(DIALERS | CURL), socket_option, 0 },
	{ "exec", EVERY, execute, 1 },
	{ "exec by descriptor", EVERY, execute_at, 1 },
	{ "fork", EVERY, fork_process, !SANDBOX_ASAN },
	{ "clone", EVERY, clone_process, !SANDBOX_ASAN },
	{ "clone3", EVERY, clone3_process, 0 },
	{ "start a thread", EVERY, start_thread, 0 },
	{ "kill the parent", EVERY, kill_parent, 0 },
	{ "kill init", EVERY, kill_init, 0 },
	{ "kill everybody", EVERY, kill_all, 0 },
	{ "tgkill the parent", EVERY, tgkill_parent, 0 },
	{ "tgkill the parent with ABRT", EVERY, abort_parent, 0 },
	{ "open a pidfd", EVERY, open_pidfd, 0 },
	{ "have signals sent", EVERY, own_signals, 0 },
	{ "ptrace", EVERY, trace, 1 },
	{ "ptrace the parent", EVERY, trace_parent, 1 },
	{ "read the parent's memory", EVERY, read_memory, 1 },
	{ "map executable memory", EVERY, map_executable, 0 },
	{ "make memory executable", EVERY, make_executable, 0 },
	{ "bpf", EVERY, load_bpf, 1 },
	{ "perf", EVERY, count_events, 1 },
	{ "userfaultfd", EVERY, fault_handler, 1 },
	{ "io_uring", EVERY, uring, 1 },
	{ "unshare", EVERY, new_namespace, 1 },
	{ "setns", EVERY, enter_namespace, 1 },
	{ "mount", EVERY, mount_something, 1 },
	{ "chroot", EVERY, change_root, 1 },
	{ "keyctl", EVERY, keyring, 1 },
	{ "setuid", EVERY, become_root, 0 },
	{ "setrlimit", EVERY, raise_limit, 0 },
	{ "be dumpable", EVERY, be_dumpable, 0 },
	{ "write to a file", BUT(FILES), grow_file, 0 },
	{ "dup2", EVERY, copy_descriptor, 0 },
	{ "push into a terminal", EVERY, terminal_input, 0 },
#if defined(__x86_64__)
	{ "call as x32", EVERY, x32_call, 1 },
#endif
};

static void
room_refuses(void **state)
{
	enum room_kind	 kind = *(const enum room_kind *)*state;
	enum outcome	 outcome;
	size_t		 i;
	int		 bad = 0;

	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if ((acts[i].kinds & BIT(kind)) == 0)
			continue;
		outcome = in_sandbox(kind, NULL, acts[i].act);
		if (outcome == OUTCOME_KILLED || outcome == OUTCOME_SKIPPED ||
		    (outcome == OUTCOME_REFUSED && !acts[i].killed))
			continue;
		print_error("%s may %s (outcome %d)\n", room_name(kind),
		    acts[i].name, outcome);
		bad++;
	}
	assert_int_equal(bad, 0);
}

#if defined(__x86_64__)
/* Not in the table: without support for i386 it ends by another signal. */
static void
no_call_as_i386(void **state)
{
	enum outcome	 outcome;

	(void)state;
	outcome = in_sandbox(ROOM_SUPERVISOR, NULL, i386_call);
	assert_true(outcome == OUTCOME_KILLED || outcome == OUTCOME_ODD);
}
#endif

int
main(void)
{
	struct CMUnitTest	 tests[sizeof(acts) / sizeof(acts[0])];
	size_t			 i, n = 0;

	world_setup();
	memset(tests, 0, sizeof(tests));
	for (i = 0; i < room_count; i++) {
		tests[n].name = room_name(rooms[i]);
		tests[n].test_func = room_refuses;
		tests[n++].initial_state = (void *)(uintptr_t)&rooms[i];
	}
#if defined(__x86_64__)
	tests[n].name = "no_call_as_i386";
	tests[n++].test_func = no_call_as_i386;
#endif
	return _cmocka_run_group_tests("what rooms must never do", tests, n,
	    NULL, NULL) == 0 ? 0 : 1;
}
