/* Control groups, where there are any and we are root */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compat/cgroup.h"
#include "compat/fork_light.h"

#define DEADLINE_MS	30000

static int	 base = -1;	/* -1: none that can be used */
static char	 base_name[64];

static int	 can_be_entered(void);
static void	 count_name(const char *, void *);
static pid_t	 lingerer(const char *, int, int *);

/*
 * A child in the cgroup that lives until *release is closed, and has
 * another one that has left group and session.
 */
static pid_t
lingerer(const char *name, int fresh, int *release)
{
	pid_t	 pid;
	ssize_t	 n;
	char	 c;
	int	 error, pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = cgroup_fork(base, name, fresh, &error);
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (fork_light_keep(pair[1]) == -1 ||
		    write(pair[1], "", 1) != 1 || read(pair[1], &c, 1) != 1)
			_exit(1);
		if (fork() == 0) {
			setsid();
			if (fork() != 0)
				_exit(0);
			if (write(pair[1], "", 1) != 1)
				_exit(1);
		}
		n = read(pair[1], &c, 1);
		_exit(n == 0 ? 7 : 1);
	}
	assert_int_equal(error, 0);
	/* From here on its descriptors are its own. */
	assert_int_equal(read(pair[0], &c, 1), 1);
	close(pair[1]);
	assert_int_equal(write(pair[0], "", 1), 1);
	assert_int_equal(read(pair[0], &c, 1), 1);
	*release = pair[0];
	return pid;
}

static int
can_be_entered(void)
{
	pid_t	 pid;
	int	 error;

	if ((pid = cgroup_fork(base, "try.d", 1, &error)) == 0)
		_exit(0);
	if (pid == -1 || waitpid(pid, NULL, 0) != pid)
		return 0;
	cgroup_wait(base, "try.d", DEADLINE_MS);
	cgroup_remove(base, "try.d");
	errno = error;
	return error == 0;
}

static void
count_name(const char *name, void *arg)
{
	int	*n = arg;

	(void)name;
	(*n)++;
}

static void
all_are_ended(void **state)
{
	unsigned int	 count;
	pid_t		 pid;
	int		 fd, release, status;

	(void)state;
	if (base == -1)
		skip();
	pid = lingerer("a.d", 1, &release);
	assert_int_equal(cgroup_populated(base, "a.d"), 1);
	assert_int_not_equal(fd = cgroup_base_of(pid, base_name, "a.d"), -1);
	close(fd);
	assert_int_equal(cgroup_base_of(pid, base_name, "b.d"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(cgroup_wait(base, "a.d", 10), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(cgroup_end(base, "a.d", &count), 0);
	assert_true(count >= 2);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(cgroup_wait(base, "a.d", DEADLINE_MS), 0);
	assert_int_equal(cgroup_populated(base, "a.d"), 0);
	close(release);
}

/* A kernel kills whoever is born where others were killed before. */
static void
the_next_one_lives(void **state)
{
	pid_t	 pid;
	int	 i, release, status;

	(void)state;
	if (base == -1)
		skip();
	for (i = 0; i < 2; i++) {
		pid = lingerer("a.d", i, &release);
		close(release);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
		assert_int_equal(cgroup_wait(base, "a.d", DEADLINE_MS), 0);
		assert_int_equal(cgroup_remove(base, "a.d"), 0);
	}
}

static void
what_is_not_there(void **state)
{
	unsigned int	 count;
	int		 n = 0;

	(void)state;
	if (base == -1)
		skip();
	assert_int_equal(cgroup_populated(base, "none.d"), 0);
	assert_int_equal(cgroup_wait(base, "none.d", 0), 0);
	assert_int_equal(cgroup_remove(base, "none.d"), 0);
	assert_int_equal(cgroup_end(base, "none.d", &count), -1);
	assert_int_equal(count, 0);
	assert_int_equal(cgroup_each(base, count_name, &n), 0);
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(all_are_ended),
		cmocka_unit_test(the_next_one_lives),
		cmocka_unit_test(what_is_not_there)
	};
	int	 failed;

	snprintf(base_name, sizeof(base_name), "lavavisord-test-%d.d",
	    (int)getpid());
	if (geteuid() == 0 && (base = cgroup_base_open(base_name)) == -1)
		printf("no cgroups here: %s\n", strerror(errno));
	if (base != -1 && !can_be_entered()) {
		printf("no cgroups to be used: %s\n", strerror(errno));
		cgroup_base_remove(base, base_name);
		base = -1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (base != -1 && cgroup_base_remove(base, base_name) == -1) {
		perror(base_name);
		failed++;
	}
	return failed != 0;
}
