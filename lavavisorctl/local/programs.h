/*
 * Our other programs, run and listened to.
 */

#ifndef LAVAVISORCTL_PROGRAMS_H
#define LAVAVISORCTL_PROGRAMS_H

#include <stddef.h>

#define PROGRAM_PATH_SIZE	1024
#define PROGRAM_FAILED_TO_RUN	(-1)

/*
 * The path (PROGRAM_PATH_SIZE bytes) of a program of ours, "lavavisord": the
 * one beside this very program, else the installed one.
 */
void	 program_find(const char *name, char *path);

/* The same for what lies in libexec, beside the rooms. */
void	 program_find_libexec(const char *name, char *path);

/*
 * 1 and the directory of the rooms (PROGRAM_PATH_SIZE bytes) for -L, where this
 * program is not installed where it was made for: its rooms lie beside it.
 */
int	 program_libexec(char *path);

/*
 * Runs argv[0] with /dev/null as its input and waits, at most `seconds'; what
 * it says on stdout and stderr goes to out, cut off at size - 1 bytes.
 * Returns its exit code, 128 + n when signal n ended it (KILL when the time
 * was up), or PROGRAM_FAILED_TO_RUN with why in out.
 */
int	 program_run(char *const argv[], int seconds, char *out, size_t size);

/*
 * `lavavisord -n' on a configuration, config.yml or a draft beside it, and a
 * directory of state.  0, or -1 with what it says, one line.
 */
int	 program_check_config(const char *config, const char *directory,
	    char *why, size_t size);

/* `lavavisorctl -s SOCKET WORDS'; words ends with NULL.  As program_run(). */
int	 program_ask(const char *socket, const char *const words[],
	    char *out, size_t size);

/* The same, its output and errors going where ours go. */
int	 program_pass(const char *socket, const char *const words[]);

#endif
