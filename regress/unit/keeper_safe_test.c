#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "lavavisord/keeper/safe.h"

struct line_case {
	const char	*text;
	size_t		 len;
	const char	*line;		/* NULL: refused */
	const char	*why;
};

#define TEXT(t)	t, sizeof(t) - 1

static const struct line_case	 lines[] = {
	{ TEXT("right pass"), "right pass\n", NULL },
	{ TEXT("right pass\n"), "right pass\n", NULL },
	{ TEXT("right pass\r\n"), "right pass\n", NULL },
	{ TEXT(" with blanks "), " with blanks \n", NULL },
	{ TEXT("\xc3\xa4\xc3\xb6"), "\xc3\xa4\xc3\xb6\n", NULL },
	{ TEXT(""), NULL, "it is empty" },
	{ TEXT("\n"), NULL, "it is empty" },
	{ TEXT("\r\n"), NULL, "it is empty" },
	{ TEXT("one\ntwo\n"), NULL, "it is more than one line" },
	{ TEXT("one\n\n"), NULL, "it is more than one line" },
	{ TEXT("a\0b"), NULL, "there is a NUL in it" }
};

static void
read_lines(void **state)
{
	const char	*why;
	unsigned char	*room;
	size_t		 i, len;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		room = secret_room();
		memcpy(room, lines[i].text, lines[i].len);
		len = secret_line(room, lines[i].len, &why);
		if (lines[i].line == NULL) {
			assert_int_equal(len, 0);
			assert_string_equal(why, lines[i].why);
		} else {
			assert_int_equal(len, strlen(lines[i].line));
			assert_memory_equal(room, lines[i].line, len);
		}
		secret_room_free(room);
	}
}

static void
longest(void **state)
{
	const char	*why;
	unsigned char	*room = secret_room();

	(void)state;
	memset(room, 'x', SECRET_SIZE);
	assert_int_equal(secret_line(room, PASSPHRASE_MAX, &why),
	    PASSPHRASE_MAX + 1);
	memset(room, 'x', SECRET_SIZE);
	assert_int_equal(secret_line(room, PASSPHRASE_MAX + 1, &why), 0);
	assert_string_equal(why, "it is longer than 1023 bytes");
	secret_room_free(room);
}

static void
put(const char *name, const char *line)
{
	unsigned char	*room = secret_room();

	memcpy(room, line, strlen(line));
	safe_put(name, room, strlen(line));
}

static void
expect_written(const char *name, const char *line)
{
	char	 buf[64];
	int	 fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(safe_write(safe_find(name), fds[1]), strlen(line));
	assert_int_equal(read(fds[0], buf, sizeof(buf)), strlen(line));
	assert_memory_equal(buf, line, strlen(line));
	close(fds[0]);
	close(fds[1]);
}

static void
keeps(void **state)
{
	(void)state;
	assert_null(safe_find("a"));
	assert_int_equal(safe_copy("a", "b"), -1);
	put("a", "first\n");
	put("b", "second\n");
	expect_written("a", "first\n");
	safe_find("a")->proven = 1;
	put("a", "third\n");
	assert_int_equal(safe_find("a")->proven, 0);
	assert_int_equal(safe_copy("a", "c"), 0);
	assert_int_equal(safe_copy("a", "a"), 0);
	expect_written("a", "third\n");
	expect_written("b", "second\n");
	expect_written("c", "third\n");
	safe_forget("a");
	safe_forget("a");
	assert_null(safe_find("a"));
	assert_string_equal(safe_next(NULL)->name, "b");
	assert_string_equal(safe_next(safe_next(NULL))->name, "c");
	assert_null(safe_next(safe_next(safe_next(NULL))));
	safe_forget("b");
	safe_forget("c");
	assert_null(safe_next(NULL));
}

/* A slip of ours that reads it ends us. */
static void
unreadable(void **state)
{
	int	 status;
	pid_t	 pid;

	(void)state;
	put("a", "hidden\n");
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		_exit(safe_find("a")->line[0] == 'h');
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	safe_forget("a");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(read_lines),
		cmocka_unit_test(longest),
		cmocka_unit_test(keeps),
		cmocka_unit_test(unreadable)
	};

	if (sodium_init() == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
