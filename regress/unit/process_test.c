/* Recognizing and watching processes, and naming the boot */

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compat/process.h"

#define DEADLINE_MS	30000

static void	 become_zombie(pid_t);
static pid_t	 leader_of(pid_t *, pid_t *, int *);
static int	 lives(int);
static pid_t	 child(int *);

/* A child that lives until *release is closed */
static pid_t
child(int *release)
{
	pid_t	 pid;
	char	 c;
	int	 p[2];

	assert_int_equal(pipe(p), 0);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		close(p[1]);
		_exit(read(p[0], &c, 1) == 0 ? 0 : 1);
	}
	close(p[0]);
	*release = p[1];
	return pid;
}

static void
become_zombie(pid_t pid)
{
	siginfo_t	 si;

	while (waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT) == -1)
		assert_int_equal(errno, EINTR);
}

static void
the_same_process(void **state)
{
	uint64_t	 again, start;

	(void)state;
	assert_int_equal(process_start(getpid(), &start), 0);
	assert_true(start > 0);
	assert_int_equal(process_start(getpid(), &again), 0);
	assert_true(again == start);
	assert_true(process_is(getpid(), start));
	assert_false(process_is(getpid(), start + 100));
	assert_false(process_is(getpid(), 0));
}

/* Its name must not be taken for the fields that follow. */
static void
a_name_with_parentheses(void **state)
{
	char		 name[] = "./) Z 1 (x";
	char		*argv[] = { name, NULL };
	uint64_t	 mine, start;
	pid_t		 pid;
	char		 c = 0;
	int		 in[2], out[2];

	(void)state;
	if (symlink("/bin/cat", name) == -1)
		skip();
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		closefrom(3);
		execv(name, argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	/* Once it answers it has its name. */
	assert_int_equal(write(in[1], "x", 1), 1);
	assert_int_equal(read(out[0], &c, 1), 1);
	assert_int_equal(process_start(getpid(), &mine), 0);
	assert_int_equal(process_start(pid, &start), 0);
	assert_true(start + 1 >= mine);
	assert_true(process_is(pid, start));
	close(in[1]);
	close(out[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	unlink(name);
}

/* Doubt is neither yes nor no: a living process must not look gone */
static void
doubt_is_not_gone(void **state)
{
	struct rlimit	 old, none;
	uint64_t	 start, again;
	int		 n, is;

	(void)state;
#ifdef __OpenBSD__
	skip();		/* sysctl(2) needs no descriptor */
#endif
	assert_int_equal(process_start(getpid(), &start), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	errno = 0;
	n = process_start(getpid(), &again);
	is = errno;
	assert_int_equal(process_is(getpid(), start), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(n, -1);
	assert_int_equal(is, EMFILE);
	assert_int_equal(process_is(getpid(), start), 1);
}

static void
a_zombie_is_gone(void **state)
{
	uint64_t	 start;
	pid_t		 pid;
	int		 release;

	(void)state;
	pid = child(&release);
	assert_int_equal(process_start(pid, &start), 0);
	assert_true(process_is(pid, start));
	close(release);
	become_zombie(pid);
	assert_false(process_is(pid, start));
	errno = 0;
	assert_int_equal(process_start(pid, &start), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(process_start(pid, &start), -1);
}

/* One that was written down where it could not be seen */
static void
an_unknown_start_proves_nothing(void **state)
{
	pid_t	 pid;
	int	 release;

	(void)state;
	pid = child(&release);
	errno = 0;
	assert_int_equal(process_is(pid, PROCESS_START_UNKNOWN), -1);
	assert_int_equal(errno, ENXIO);
	close(release);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(process_is(pid, PROCESS_START_UNKNOWN), 0);
}

static void
the_end_is_seen(void **state)
{
	struct pollfd	 pfd;
	pid_t		 pid;
	int		 fd, release;

	(void)state;
	pid = child(&release);
	assert_int_not_equal(fd = process_watch_open(pid), -1);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_false(process_watch_ended(fd));
	close(release);
	pfd.fd = fd;
	pfd.events = POLLIN;
	assert_int_equal(poll(&pfd, 1, DEADLINE_MS), 1);
	assert_true(process_watch_ended(fd));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	process_watch_close(fd);
	errno = 0;
	assert_int_equal(process_watch_open(pid), -1);
	assert_int_equal(errno, ESRCH);
}

static void
a_boot_has_one_name(void **state)
{
	char	 a[BOOT_ID_SIZE], b[BOOT_ID_SIZE];

	(void)state;
	assert_int_equal(boot_id(a, sizeof(a)), 0);
	assert_int_equal(boot_id(b, sizeof(b)), 0);
	assert_string_equal(a, b);
	assert_true(strlen(a) >= 12);
	assert_null(strpbrk(a, " \n"));
}

/*
 * A session of a leader that leaves two children, one in a group of its own,
 * and is a zombie.  The read end of a pipe is at its end when both are gone.
 */
static pid_t
leader_of(pid_t *same, pid_t *other, int *alive)
{
	pid_t	 pid, two[2];
	int	 i, p[2], out[2];

	assert_int_equal(pipe(p), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		close(p[0]);
		setsid();
		for (i = 0; i < 2; i++) {
			if ((two[i] = fork()) != 0)
				continue;
			close(out[1]);
			alarm(2 * DEADLINE_MS / 1000);
			for (;;)
				pause();
		}
		if (setpgid(two[1], two[1]) == -1 ||
		    write(out[1], two, sizeof(two)) != sizeof(two))
			_exit(1);
		_exit(0);
	}
	close(p[1]);
	close(out[1]);
	assert_int_equal(read(out[0], two, sizeof(two)), sizeof(two));
	close(out[0]);
	become_zombie(pid);
	*same = two[0];
	*other = two[1];
	*alive = p[0];
	return pid;
}

static int
lives(int alive)
{
	struct pollfd	 pfd = { alive, POLLIN, 0 };

	return poll(&pfd, 1, 0) == 0;
}

/* By one call, and nothing else */
static void
sessions_are_ended(void **state)
{
	struct process_session	 s[2];
	struct pollfd		 pfd;
	pid_t			 a, b, bystander;
	int			 alive[2], i, release, status;

	(void)state;
	/* Only root is told all by OpenBSD. */
	if (geteuid() != 0 && access("/proc/self/stat", R_OK) == -1)
		skip();
	bystander = child(&release);
	memset(s, 0, sizeof(s));
	for (i = 0; i < 2; i++) {
		s[i].leader = leader_of(&a, &b, &alive[i]);
		s[i].proven = 1;
		assert_true(lives(alive[i]));
	}
	process_end_sessions(s, 2);
	for (i = 0; i < 2; i++) {
		assert_int_equal(s[i].ended, 2);
		pfd.fd = alive[i];
		pfd.events = POLLIN;
		assert_int_equal(poll(&pfd, 1, DEADLINE_MS), 1);
		assert_int_equal(waitpid(s[i].leader, &status, 0),
		    s[i].leader);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		close(alive[i]);
	}
	close(release);
	assert_int_equal(waitpid(bystander, &status, 0), bystander);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The leader is gone and its number proves nothing by itself. */
static void
strangers_are_spared(void **state)
{
	struct process_session	 s;
	struct pollfd		 pfd;
	uint64_t		 start;
	uid_t			 user;
	pid_t			 leader, same, other;
	int			 alive;

	(void)state;
	leader = leader_of(&same, &other, &alive);
	assert_int_equal(waitpid(leader, NULL, 0), leader);
	assert_int_equal(process_start(same, &start), 0);
	assert_int_equal(process_user(same, &user), 0);
	assert_int_equal(user, getuid());
	memset(&s, 0, sizeof(s));
	s.leader = leader;

	/* Another user's */
	s.user = user + 1;
	s.start = start;
	process_end_sessions(&s, 1);
	assert_int_equal(s.ended, 0);

	/* Older than the leader */
	s.user = user;
	s.start = start + 1000;
	process_end_sessions(&s, 1);
	assert_int_equal(s.ended, 0);
	assert_true(lives(alive));

	s.start = start;
	process_end_sessions(&s, 1);
	assert_true(s.ended >= 1);
	/* What is not in its group is not known everywhere. */
	kill(other, SIGKILL);
	pfd.fd = alive;
	pfd.events = POLLIN;
	assert_int_equal(poll(&pfd, 1, DEADLINE_MS), 1);
	close(alive);
}

/* A process that started at another time has the leader's number. */
static void
a_taken_number_proves_nothing(void **state)
{
	struct process_session	 s;
	uint64_t		 start;
	pid_t			 leader, member;
	int			 out[2], p[2], status;
	char			 c;

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_not_equal(leader = fork(), -1);
	if (leader == 0) {
		close(p[1]);
		setsid();
		if ((member = fork()) == 0)
			_exit(read(p[0], &c, 1) == 0 ? 0 : 1);
		if (write(out[1], "", 1) != 1)
			_exit(1);
		if (waitpid(member, &status, 0) != member ||
		    !WIFEXITED(status) || WEXITSTATUS(status) != 0)
			_exit(2);
		_exit(0);
	}
	close(p[0]);
	assert_int_equal(read(out[0], &c, 1), 1);
	assert_int_equal(process_start(leader, &start), 0);
	memset(&s, 0, sizeof(s));
	s.leader = leader;
	s.user = getuid();
	s.start = start > 100 ? start - 100 : 0;
	process_end_sessions(&s, 1);
	assert_int_equal(s.ended, 0);
	close(p[1]);
	assert_int_equal(waitpid(leader, &status, 0), leader);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(out[0]);
	close(out[1]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(the_same_process),
		cmocka_unit_test(a_name_with_parentheses),
		cmocka_unit_test(doubt_is_not_gone),
		cmocka_unit_test(a_zombie_is_gone),
		cmocka_unit_test(an_unknown_start_proves_nothing),
		cmocka_unit_test(the_end_is_seen),
		cmocka_unit_test(sessions_are_ended),
		cmocka_unit_test(strangers_are_spared),
		cmocka_unit_test(a_taken_number_proves_nothing),
		cmocka_unit_test(a_boot_has_one_name)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
