/*
 * Logging for every process: to stderr in the foreground, to syslog as a
 * daemon, and from a room as messages to the parent, which writes them down
 * under the room's name.  Text is one line; control characters in it are
 * shown as \xNN, so nothing a peer sends can forge a line.
 */

#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stddef.h>
#include <syslog.h>

enum log_target {
	LOG_TO_STDERR,
	LOG_TO_SYSLOG,
	LOG_TO_SINK
};

/* name: who speaks, not copied.  verbose: 0 info and up, 1 debug as well */
void	 log_init(const char *name, enum log_target, int verbose);

/*
 * From now on lines to stderr that nobody reads are counted, lost and told of
 * later: a reader that stands still must not stop who logs.
 */
void	 log_never_wait(void);

/* Where LOG_TO_SINK goes; must not log itself. */
void	 log_sink(void (*)(int priority, const char *text, void *), void *);

/* Writes text that another process logged, under that process's name. */
void	 log_relay(const char *who, int priority, const char *text);

void	 log_warn(const char *, ...)
	    __attribute__((__format__(__printf__, 1, 2)));
void	 log_warnx(const char *, ...)
	    __attribute__((__format__(__printf__, 1, 2)));
void	 log_info(const char *, ...)
	    __attribute__((__format__(__printf__, 1, 2)));
void	 log_debug(const char *, ...)
	    __attribute__((__format__(__printf__, 1, 2)));

/* Log and exit(1); log_warn and fatal add strerror(errno). */
void	 fatal(const char *, ...)
	    __attribute__((__format__(__printf__, 1, 2), __noreturn__));
void	 fatalx(const char *, ...)
	    __attribute__((__format__(__printf__, 1, 2), __noreturn__));

/* Copies text so that it is safe on a terminal; always NUL-terminated. */
void	 log_clean(char *to, size_t size, const char *from);

#endif
