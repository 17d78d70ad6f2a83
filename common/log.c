#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/utf8.h"

/* How long a reader of stderr that is behind is waited for, ms */
#define READER_PATIENCE	200

static const char	*who = "lavavisord";
static enum log_target	 target = LOG_TO_STDERR;
static int		 verbosity;
static void		(*sink)(int, const char *, void *);
static void		*sink_arg;
static int		 patient = 1;
static unsigned long	 lost;		/* lines, in a row */

static int	is_read(void);
static void	log_line(const char *, int, const char *);
static void	log_text(int, int, const char *, va_list);
static void	stderr_line(const char *, const char *);

void
log_init(const char *name, enum log_target to, int verbose)
{
	who = name;
	target = to;
	verbosity = verbose;
	if (to == LOG_TO_SYSLOG) {
		openlog(name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
		tzset();
	}
}

void
log_sink(void (*f)(int, const char *, void *), void *arg)
{
	sink = f;
	sink_arg = arg;
}

void
log_clean(char *to, size_t size, const char *from)
{
	const unsigned char	*p = (const unsigned char *)from;
	size_t			 n = 0;

	for (; *p != '\0' && n + 5 < size; p++) {
		if (*p < 0x20 || *p == 0x7f)
			n += (size_t)snprintf(to + n, size - n, "\\x%02x", *p);
		else
			to[n++] = (char)*p;
	}
	if (size > 0) {
		to[n] = '\0';
		utf8_clean(to);	/* a cut may have gone through a character */
	}
}

void
log_never_wait(void)
{
	patient = 0;
}

/* Whether stderr takes a line at once, or soon if it did so last time */
static int
is_read(void)
{
	struct pollfd	 pfd = { STDERR_FILENO, POLLOUT, 0 };

	return patient || poll(&pfd, 1, lost == 0 ? READER_PATIENCE : 0) != 0;
}

static void
stderr_line(const char *name, const char *text)
{
	char		 line[1400], when[32];
	struct timespec	 ts;
	struct tm	 tm;
	int		 n;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (gmtime_r(&ts.tv_sec, &tm) == NULL ||
	    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		when[0] = '\0';
	n = snprintf(line, sizeof(line), "%s.%03ldZ %s: %s\n", when,
	    ts.tv_nsec / 1000000, name, text);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(line)) {
		n = sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	/* One write, so that lines of several processes never mix. */
	if (write(STDERR_FILENO, line, (size_t)n) == -1)
		return;
}

static void
log_line(const char *name, int priority, const char *text)
{
	char	 told[80];

	if (target == LOG_TO_SYSLOG) {
		if (name == who)
			syslog(priority, "%s", text);
		else
			syslog(priority, "%s: %s", name, text);
		return;
	}
	if (!is_read()) {
		lost++;
		return;
	}
	if (lost > 0) {
		snprintf(told, sizeof(told), "%lu line%s of this log lost: "
		    "they were not read in time", lost, lost == 1 ? "" : "s");
		lost = 0;
		stderr_line(who, told);
		if (!is_read()) {
			lost++;
			return;
		}
	}
	stderr_line(name, text);
}

static void
log_text(int priority, int with_errno, const char *fmt, va_list ap)
{
	char	 text[1024], clean[1024];
	size_t	 len;
	int	 saved = errno;

	vsnprintf(text, sizeof(text), fmt, ap);
	if (with_errno) {
		len = strlen(text);
		snprintf(text + len, sizeof(text) - len, ": %s",
		    strerror(saved));
	}
	log_clean(clean, sizeof(clean), text);
	if (target == LOG_TO_SINK && sink != NULL)
		sink(priority, clean, sink_arg);
	else
		log_line(who, priority, clean);
	errno = saved;
}

void
log_relay(const char *name, int priority, const char *text)
{
	char	 clean[1024];

	if (priority == LOG_DEBUG && !verbosity)
		return;
	log_clean(clean, sizeof(clean), text);
	log_line(name, priority, clean);
}

#define LOG_BODY(priority, with_errno) do {				\
	va_list	 ap;							\
									\
	va_start(ap, fmt);						\
	log_text(priority, with_errno, fmt, ap);			\
	va_end(ap);							\
} while (0)

void
log_warn(const char *fmt, ...)
{
	LOG_BODY(LOG_WARNING, 1);
}

void
log_warnx(const char *fmt, ...)
{
	LOG_BODY(LOG_WARNING, 0);
}

void
log_info(const char *fmt, ...)
{
	LOG_BODY(LOG_INFO, 0);
}

void
log_debug(const char *fmt, ...)
{
	if (verbosity)
		LOG_BODY(LOG_DEBUG, 0);
}

void
fatal(const char *fmt, ...)
{
	LOG_BODY(LOG_ERR, 1);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	LOG_BODY(LOG_ERR, 0);
	exit(1);
}
