#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"

static char	 path[64];
static int	 dir;

static int	 enter(void **);
static int	 leave(void **);
static void	 writes_and_reads(void **);
static void	 refuses_to_read(void **);
static void	 a_failure_keeps_the_old_one(void **);
static void	 the_same_is_left(void **);

static int
enter(void **state)
{
	(void)state;
	strlcpy(path, "atomic.XXXXXXXX", sizeof(path));
	if (mkdtemp(path) == NULL)
		return -1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir == -1 ? -1 : 0;
}

static int
leave(void **state)
{
	(void)state;
	unlinkat(dir, "file", 0);
	unlinkat(dir, ".file.new", 0);
	close(dir);
	return rmdir(path);
}

static void
writes_and_reads(void **state)
{
	struct stat	 st;
	char		*text;
	size_t		 len;
	mode_t		 mask;

	(void)state;
	mask = umask(0777);
	assert_int_equal(atomic_write(dir, "file", 0640, "one", 3,
	    ATOMIC_SYNC), 0);
	umask(mask);
	assert_int_equal(fstatat(dir, "file", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(atomic_read(dir, "file", 3, &text, &len), 0);
	assert_int_equal(len, 3);
	assert_string_equal(text, "one");
	free(text);
	/* What a killed writer left is no obstacle. */
	assert_int_equal(symlinkat("/etc/passwd", dir, ".file.new"), 0);
	assert_int_equal(atomic_write(dir, "file", 0600, "", 0,
	    ATOMIC_NO_SYNC), 0);
	assert_int_equal(atomic_read(dir, "file", 0, &text, &len), 0);
	assert_int_equal(len, 0);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(fstatat(dir, ".file.new", &st,
	    AT_SYMLINK_NOFOLLOW), -1);
}

static void
refuses_to_read(void **state)
{
	char	*text;
	size_t	 len;

	(void)state;
	assert_int_equal(atomic_read(dir, "none", 10, &text, &len), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(atomic_write(dir, "file", 0600, "12345678901", 11,
	    ATOMIC_SYNC), 0);
	assert_int_equal(atomic_read(dir, "file", 10, &text, &len), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(unlinkat(dir, "file", 0), 0);
	assert_int_equal(mkfifoat(dir, "file", 0600), 0);
	assert_int_equal(atomic_read(dir, "file", 10, &text, &len), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(unlinkat(dir, "file", 0), 0);
	assert_int_equal(symlinkat("none", dir, "file"), 0);
	assert_int_equal(atomic_read(dir, "file", 10, &text, &len), -1);
	assert_int_not_equal(errno, ENOENT);
}

static void
a_failure_keeps_the_old_one(void **state)
{
	char	 name[NAME_MAX + 1], *text;
	size_t	 len;

	(void)state;
	assert_int_equal(unlinkat(dir, "file", 0), 0);
	assert_int_equal(atomic_write(dir, "file", 0600, "old", 3,
	    ATOMIC_SYNC), 0);
	/* A directory in the place of the temporary file. */
	assert_int_equal(mkdirat(dir, ".file.new", 0700), 0);
	assert_int_equal(atomic_write(dir, "file", 0600, "new", 3,
	    ATOMIC_SYNC), -1);
	assert_int_equal(unlinkat(dir, ".file.new", AT_REMOVEDIR), 0);
	assert_int_equal(atomic_read(dir, "file", 10, &text, &len), 0);
	assert_string_equal(text, "old");
	free(text);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(atomic_write(dir, name, 0600, "new", 3,
	    ATOMIC_SYNC), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(atomic_write(-1, "file", 0600, "new", 3,
	    ATOMIC_SYNC), -1);
}

static void
the_same_is_left(void **state)
{
	struct stat	 before, after;
	char		*text;
	size_t		 len;

	(void)state;
	unlinkat(dir, "file", 0);
	assert_int_equal(atomic_write_other(dir, "file", 0640, "one", 3), 0);
	assert_int_equal(fstatat(dir, "file", &before, 0), 0);
	assert_int_equal(before.st_mode & 07777, 0640);
	assert_int_equal(atomic_write_other(dir, "file", 0640, "one", 3), 0);
	assert_int_equal(fstatat(dir, "file", &after, 0), 0);
	assert_true(after.st_ino == before.st_ino);
	/* Longer, shorter, another */
	assert_int_equal(atomic_write_other(dir, "file", 0640, "ones", 4), 0);
	assert_int_equal(atomic_write_other(dir, "file", 0640, "on", 2), 0);
	assert_int_equal(atomic_write_other(dir, "file", 0640, "of", 2), 0);
	assert_int_equal(atomic_read(dir, "file", 10, &text, &len), 0);
	assert_string_equal(text, "of");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(writes_and_reads),
		cmocka_unit_test(refuses_to_read),
		cmocka_unit_test(a_failure_keeps_the_old_one),
		cmocka_unit_test(the_same_is_left)
	};

	return cmocka_run_group_tests(tests, enter, leave) != 0;
}
