/*
 * What rooms must be able to do inside their walls, what a refusal looks
 * like from inside, and when sandbox_enter() itself refuses.
 */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <imsg.h>

#include "common/sandbox.h"
#include "common/sandbox_linux.h"
#include "regress/unit/sandbox_world.h"

#define BIT(kind)	(1U << (kind))
#define EVERY		(~0U)
#define CURL		(BIT(ROOM_MONITOR) | BIT(ROOM_DOWNLOADER) |	\
			BIT(ROOM_PROBER))
#define CONTROL		(BIT(ROOM_ADMIN) | BIT(ROOM_SHOW))
#define DIALERS		(BIT(ROOM_DIALER) | BIT(ROOM_PROBER_DIALER))

/* Says which condition failed, as an exit code says little */
#define NEED(condition)							\
	do {								\
		if (!(condition)) {					\
			dprintf(2, "%s: not %s (%s, call %d)\n",	\
			    room_name(kind), #condition,		\
			    strerror(errno), sandbox_refused());	\
			return -1;					\
		}							\
	} while (0)

#define ACT(name)							\
static int								\
name(enum room_kind kind __attribute__((__unused__)),			\
    struct world *w __attribute__((__unused__)))

struct allowed {
	const char	*name;
	unsigned int	 kinds;
	act		 before;
	act		 act;
};

static struct event_base	*base;
static int			 heard;

static int	 compare(const void *, const void *);
static int	 enter_and_report(const struct sandbox_conf *,
		    struct msg_ready *);
static void	 hear(int, short, void *);

static int
compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
hear(int fd, short what, void *arg)
{
	char	 c;

	(void)what;
	if (read(fd, &c, 1) == 1)
		heard++;
	event_base_loopbreak(arg);
}

ACT(make_base)
{
	base = event_base_new();
	return base == NULL ? -1 : 0;
}

ACT(run_events)
{
	struct timeval	 tv = { 0, 1000 };
	struct event	*ev;

	NEED((ev = event_new(base, w->pair[0], EV_READ | EV_PERSIST, hear,
	    base)) != NULL);
	NEED(event_add(ev, NULL) == 0);
	NEED(write(w->pair[1], "x", 1) == 1);
	NEED(event_base_dispatch(base) == 0 && heard == 1);
	NEED(event_base_loopexit(base, &tv) == 0);
	NEED(event_base_dispatch(base) == 0);
	event_free(ev);
	event_base_free(base);
	NEED(sandbox_refused() == -1);
	return 0;
}

ACT(use_memory)
{
	size_t	 i, size = 6 << 20;
	char	*p, *q;
	int	*numbers;

	NEED((p = malloc(size)) != NULL);
	memset(p, 1, size);
	NEED((q = realloc(p, 2 * size)) != NULL);
	memset(q, 2, 2 * size);
	free(q);
	NEED((numbers = calloc(100000, sizeof(int))) != NULL);
	for (i = 0; i < 100000; i++)
		numbers[i] = (int)arc4random_uniform(1000000);
	qsort(numbers, 100000, sizeof(int), compare);
	NEED(numbers[0] <= numbers[99999]);
	free(numbers);
	NEED(sandbox_refused() == -1);
	return 0;
}

ACT(use_time)
{
	struct timespec	 ts = { 0, 1000 };
	unsigned char	 noise[32];

	NEED(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	NEED(time(NULL) > 0);
	ts.tv_sec = 0;
	ts.tv_nsec = 1000;
	NEED(nanosleep(&ts, NULL) == 0);
	NEED(getentropy(noise, sizeof(noise)) == 0);
	NEED(sandbox_refused() == -1);
	return 0;
}

ACT(pass_descriptors)
{
	struct imsgbuf	 a, b;
	struct imsg	 imsg;
	int		 fd;

	NEED(imsgbuf_init(&a, w->pair[0]) == 0);
	NEED(imsgbuf_init(&b, w->pair[1]) == 0);
	imsgbuf_allow_fdpass(&a);
	imsgbuf_allow_fdpass(&b);
	NEED(imsg_compose(&a, 1, 2, 0, w->pipes[0], "hello", 5) == 1);
	NEED(imsgbuf_flush(&a) == 0);
	NEED(imsgbuf_read(&b) == 1);
	NEED(imsgbuf_get(&b, &imsg) == 1);
	NEED((fd = imsg_get_fd(&imsg)) != -1);
	NEED(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	NEED(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	imsg_free(&imsg);
	close(fd);
	imsgbuf_clear(&a);
	imsgbuf_clear(&b);
	NEED(sandbox_refused() == -1);
	return 0;
}

/* The refused call fails as if the kernel lacked it, and is told about. */
ACT(see_a_refusal)
{
	errno = 0;
	NEED(syscall(__NR_umask, 022) == -1 && errno == ENOSYS);
	NEED(sandbox_refused() == __NR_umask);
	NEED(sandbox_refused() == -1);
	return 0;
}

ACT(have_another_identity)
{
	if (w->report.user != MECHANISM_ON)
		return ACT_SKIP;
	NEED(getuid() != 0 && geteuid() != 0);
	NEED(getgid() != 0 && getegid() != 0);
	return 0;
}

ACT(have_all_walls)
{
	NEED(w->report.seccomp == MECHANISM_ON);
	NEED(w->report.pledge == MECHANISM_NA);
	if (w->report.user == MECHANISM_ON && kind != ROOM_DIALER)
		NEED(w->report.chroot == MECHANISM_ON);
	return 0;
}

ACT(abort_itself)
{
	abort();
	return -1;
}

ACT(probe_libraries)
{
	struct stat	 st;

	errno = 0;
	NEED(open("/etc/ssl/openssl.cnf", O_RDONLY) == -1 && errno == ENOENT);
	if ((CURL & BIT(kind)) != 0)
		NEED(stat("/etc/passwd", &st) == -1 && errno == ENOENT);
	NEED(sandbox_refused() == -1);
	return 0;
}

ACT(talk_on_sockets)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);
	char			 buf[8];
	int			 on = 1;

	NEED(send(w->connected[0], "hello", 5, MSG_NOSIGNAL) == 5);
	NEED(recv(w->connected[1], buf, sizeof(buf), 0) == 5);
	NEED(write(w->connected[1], "hello", 5) == 5);
	NEED(read(w->connected[0], buf, sizeof(buf)) == 5);
	NEED(setsockopt(w->connected[0], IPPROTO_TCP, 1, &on, sizeof(on)) ==
	    0);
	NEED(getpeername(w->connected[0], (struct sockaddr *)&sin, &len) ==
	    0);
	/* libcurl 7.88 connects what is connected */
	errno = 0;
	NEED(connect(w->connected[0], (struct sockaddr *)&sin, len) == -1 &&
	    errno == EINPROGRESS);
	NEED(shutdown(w->connected[0], SHUT_WR) == 0);
	NEED(sandbox_refused() == -1);
	return 0;
}

ACT(write_staging)
{
	struct stat	 st;
	char		 buf[4];

	NEED(pwrite(w->file, "abcd", 4, 100000) == 4);
	NEED(pread(w->file, buf, 4, 100000) == 4);
	NEED(fstat(w->file, &st) == 0 && st.st_size == 100004);
	NEED(lseek(w->file, 0, SEEK_END) == 100004);
	NEED(ftruncate(w->file, 10) == 0);
	NEED(fdatasync(w->file) == 0);
	NEED(sandbox_refused() == -1);
	return 0;
}

ACT(copy_and_sync)
{
	struct stat	 st;
	char		 buf[4];

	NEED(lseek(w->file, 0, SEEK_SET) == 0);
	NEED(read(w->file, buf, 4) == 4);
	NEED(pread(w->file, buf, 4, 2) == 4);
	NEED(write(w->file, "abcd", 4) == 4);
	NEED(fsync(w->file) == 0);
	NEED(fstat(w->file, &st) == 0);
	NEED(sandbox_refused() == -1);
	return 0;
}

ACT(move_output)
{
	int	 n = 0, scratch[2];

	NEED(pipe2(scratch, O_CLOEXEC | O_NONBLOCK) == 0);
	NEED(fcntl(w->pipes[0], F_SETPIPE_SZ, 1 << 16) != -1);
	NEED(fcntl(w->pipes[0], F_GETPIPE_SZ) != -1);
	NEED(write(w->pipes[1], "one\ntwo\n", 8) == 8);
	NEED(ioctl(w->pipes[0], FIONREAD, &n) == 0 && n == 8);
	NEED(tee(w->pipes[0], scratch[1], 8, SPLICE_F_NONBLOCK) == 8);
	NEED(lseek(w->file, 0, SEEK_END) == 10);
	NEED(splice(w->pipes[0], NULL, w->file, NULL, 8, 0) == 8);
	NEED(lseek(w->file, 0, SEEK_CUR) == 18);
	NEED(sandbox_refused() == -1);
	return 0;
}

ACT(take_clients)
{
	uid_t	 uid;
	gid_t	 gid;
	int	 fd;

	NEED((fd = accept4(w->unix_listener, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK)) != -1);
	NEED(getpeereid(fd, &uid, &gid) == 0);
	NEED(write(w->unix_client, "x", 1) == 1);
	NEED(sandbox_refused() == -1);
	return 0;
}

ACT(dial)
{
	struct addrinfo	 hints, *found;
	struct pollfd	 pfd;
	socklen_t	 len = sizeof(int);
	char		 port[8];
	int		 error = -1, fd;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_INET;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	snprintf(port, sizeof(port), "%d", w->port);
	NEED(getaddrinfo("127.0.0.1", port, &hints, &found) == 0);
	NEED((fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0)) != -1);
	NEED(connect(fd, found->ai_addr, found->ai_addrlen) == 0 ||
	    errno == EINPROGRESS);
	pfd.fd = fd;
	pfd.events = POLLOUT;
	NEED(poll(&pfd, 1, 10000) == 1);
	NEED(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
	    error == 0);
	NEED(sandbox_refused() == -1);
	return 0;
}

ACT(resolve)
{
	struct addrinfo	 hints, *found;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	NEED(open("/etc/hosts", O_RDONLY | O_CLOEXEC) != -1);
	NEED(getaddrinfo("localhost", "1", &hints, &found) == 0);
	hints.ai_flags = AI_ADDRCONFIG;
	NEED(getaddrinfo("localhost", "1", &hints, &found) == 0);
	NEED(sandbox_refused() == -1);
	return 0;
}

static const struct allowed	 acts[] = {
	{ "run an event loop", EVERY, make_base, run_events },
	{ "use memory", EVERY, NULL, use_memory },
	{ "use time and randomness", EVERY, NULL, use_time },
	{ "pass descriptors", EVERY, NULL, pass_descriptors },
	{ "see a refusal", EVERY, NULL, see_a_refusal },
	{ "be somebody else", BIT(ROOM_SUPERVISOR), NULL,
	    have_another_identity },
	{ "have its walls", EVERY, NULL, have_all_walls },
	{ "let libraries probe", CURL, NULL, probe_libraries },
	{ "talk on connected sockets", CURL, NULL, talk_on_sockets },
	{ "write a staging file", BIT(ROOM_DOWNLOADER), NULL, write_staging },
	{ "copy and sync", BIT(ROOM_VERIFIER), NULL, copy_and_sync },
	{ "move output", BIT(ROOM_SUPERVISOR), NULL, move_output },
	{ "take clients", CONTROL, NULL, take_clients },
	{ "dial", DIALERS, NULL, dial },
	{ "resolve", BIT(ROOM_DIALER), NULL, resolve }
};

static void
room_can(void **state)
{
	enum room_kind	 kind = *(const enum room_kind *)*state;
	enum outcome	 outcome;
	size_t		 i;
	int		 bad = 0;

	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if ((acts[i].kinds & BIT(kind)) == 0)
			continue;
		outcome = in_sandbox(kind, acts[i].before, acts[i].act);
		if (outcome == OUTCOME_DONE || outcome == OUTCOME_SKIPPED)
			continue;
		print_error("%s cannot %s (outcome %d)\n", room_name(kind),
		    acts[i].name, outcome);
		bad++;
	}
	assert_int_equal(bad, 0);
}

static void
abort_is_seen_as_one(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(ROOM_MONITOR, NULL, abort_itself),
	    OUTCOME_ABORTED);
}

/* What sandbox_enter() returns and reports in a process of its own */
static int
enter_and_report(const struct sandbox_conf *conf, struct msg_ready *report)
{
	ssize_t	 n;
	pid_t	 pid;
	int	 p[2], rc, status;

	assert_int_equal(pipe(p), 0);
	fflush(NULL);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		rc = sandbox_enter(ROOM_MONITOR, conf, report);
		n = write(p[1], report, sizeof(*report));
		_exit(n == (ssize_t)sizeof(*report) && rc == 0 ? 0 : 1);
	}
	close(p[1]);
	assert_int_equal(read(p[0], report, sizeof(*report)),
	    sizeof(*report));
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void
unknown_user_is_refused(void **state)
{
	struct sandbox_conf	 conf = { SANDBOX_AUTO, "_no_such_user_",
				    world_empty() };
	struct msg_ready	 report;

	(void)state;
	assert_int_equal(enter_and_report(&conf, &report), -1);
	assert_non_null(strstr(report.missing, "_no_such_user_"));
}

/* A place where others can put things is no empty root. */
static void
bad_chroot_is_refused(void **state)
{
	struct sandbox_conf	 conf = { SANDBOX_AUTO, world_user(),
				    "/no/such/directory" };
	struct msg_ready	 report;

	(void)state;
	if (!as_root())
		skip();
	assert_int_equal(enter_and_report(&conf, &report), -1);
	assert_non_null(strstr(report.missing, "chroot"));
	conf.empty = "/etc/passwd";
	assert_int_equal(enter_and_report(&conf, &report), -1);
	conf.empty = world_empty();
	assert_int_equal(chmod(conf.empty, 0777), 0);
	assert_int_equal(enter_and_report(&conf, &report), -1);
	assert_int_equal(chmod(conf.empty, 0755), 0);
	assert_int_equal(enter_and_report(&conf, &report), 0);
	assert_int_equal(report.user, MECHANISM_ON);
	assert_int_equal(report.chroot, MECHANISM_ON);
}

static void
root_without_a_user_lacks_walls(void **state)
{
	struct sandbox_conf	 conf = { SANDBOX_REQUIRE, NULL, NULL };
	struct msg_ready	 report;

	(void)state;
	if (!as_root())
		skip();
	assert_int_equal(enter_and_report(&conf, &report), -1);
	assert_int_equal(report.user, MECHANISM_OFF);
	assert_true(report.missing[0] != '\0');
}

static void
modes(void **state)
{
	struct sandbox_conf	 conf = { SANDBOX_OFF, world_user(),
				    world_empty() };
	struct msg_ready	 report;

	(void)state;
	assert_int_equal(enter_and_report(&conf, &report), 0);
	assert_int_equal(report.seccomp, MECHANISM_OFF);
	assert_int_equal(report.landlock, MECHANISM_OFF);
	assert_int_equal(report.user, as_root() ? MECHANISM_ON :
	    MECHANISM_NA);
	assert_true(report.missing[0] != '\0');

	conf.mode = SANDBOX_REQUIRE;
	if (enter_and_report(&conf, &report) == 0) {
		assert_int_equal(report.seccomp, MECHANISM_ON);
		assert_int_equal(report.landlock, MECHANISM_ON);
		assert_string_equal(report.missing, "");
	} else
		assert_true(report.missing[0] != '\0');
}

int
main(void)
{
	struct CMUnitTest	 tests[32];
	const struct CMUnitTest	 others[] = {
		cmocka_unit_test(abort_is_seen_as_one),
		cmocka_unit_test(unknown_user_is_refused),
		cmocka_unit_test(bad_chroot_is_refused),
		cmocka_unit_test(root_without_a_user_lacks_walls),
		cmocka_unit_test(modes)
	};
	size_t			 i, n = 0;

	world_setup();
	memset(tests, 0, sizeof(tests));
	for (i = 0; i < room_count; i++) {
		tests[n].name = room_name(rooms[i]);
		tests[n].test_func = room_can;
		tests[n++].initial_state = (void *)(uintptr_t)&rooms[i];
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		tests[n++] = others[i];
	return _cmocka_run_group_tests("what rooms can do", tests, n, NULL,
	    NULL) == 0 ? 0 : 1;
}
