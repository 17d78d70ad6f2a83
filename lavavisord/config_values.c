#include <sys/types.h>
#include <sys/resource.h>

#include <ctype.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "common/message.h"
#include "lavavisord/config_values.h"

#define WORD_MAX	40	/* longest word that is compared with a key */
#define DURATION_MAX	((uint64_t)30 * 24 * 3600 * 1000)
#define SIZE_BOUND	((uint64_t)1 << 50)

static int	digits(const char **, uint64_t *);

static const struct {
	const char	*name;
	int		 number;
} signals[] = {
	{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT },
	{ "ABRT", SIGABRT }, { "KILL", SIGKILL }, { "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 }, { "ALRM", SIGALRM }, { "TERM", SIGTERM },
	{ "WINCH", SIGWINCH }
};

static const struct {
	const char	*name;
	int		 resource;	/* -1: not on this system */
} rlimits[] = {
	{ "core", RLIMIT_CORE }, { "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA }, { "fsize", RLIMIT_FSIZE },
	{ "memlock", RLIMIT_MEMLOCK }, { "nofile", RLIMIT_NOFILE },
	{ "nproc", RLIMIT_NPROC }, { "rss", RLIMIT_RSS },
	{ "stack", RLIMIT_STACK },
#ifdef RLIMIT_AS
	{ "as", RLIMIT_AS },
#else
	{ "as", -1 },
#endif
#ifdef RLIMIT_LOCKS
	{ "locks", RLIMIT_LOCKS },
#else
	{ "locks", -1 },
#endif
#ifdef RLIMIT_MSGQUEUE
	{ "msgqueue", RLIMIT_MSGQUEUE },
#else
	{ "msgqueue", -1 },
#endif
#ifdef RLIMIT_NICE
	{ "nice", RLIMIT_NICE },
#else
	{ "nice", -1 },
#endif
#ifdef RLIMIT_RTPRIO
	{ "rtprio", RLIMIT_RTPRIO },
#else
	{ "rtprio", -1 },
#endif
#ifdef RLIMIT_RTTIME
	{ "rttime", RLIMIT_RTTIME },
#else
	{ "rttime", -1 },
#endif
#ifdef RLIMIT_SIGPENDING
	{ "sigpending", RLIMIT_SIGPENDING }
#else
	{ "sigpending", -1 }
#endif
};

/* Reads at most 18 digits, so the number always fits. */
static int
digits(const char **text, uint64_t *n)
{
	const char	*p = *text;

	for (*n = 0; *p >= '0' && *p <= '9'; p++) {
		if (p - *text >= 18)
			return -1;
		*n = *n * 10 + (uint64_t)(*p - '0');
	}
	if (p == *text)
		return -1;
	*text = p;
	return 0;
}

int
value_duration(const char *text, uint32_t *ms, const char **why)
{
	static const struct {
		const char	*unit;
		uint64_t	 ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "h", 3600000 }, { "d", 86400000 }
	};
	uint64_t	 n;
	size_t		 i;

	*why = "a duration is a number and a unit, as 90s, 10m or 24h";
	if (digits(&text, &n) == -1)
		return -1;
	if (*text == '\0') {
		*why = "a duration needs a unit, as 90s, 10m or 24h";
		return -1;
	}
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text, units[i].unit) != 0)
			continue;
		if (n > DURATION_MAX / units[i].ms) {
			*why = "a duration is at most 30 days";
			return -1;
		}
		*ms = (uint32_t)(n * units[i].ms);
		return 0;
	}
	return -1;
}

int
value_size(const char *text, uint64_t *bytes, const char **why)
{
	uint64_t	 n;
	unsigned int	 shift = 0;

	*why = "a size is a number of bytes, as 65536, 64K, 512M or 2G";
	if (digits(&text, &n) == -1)
		return -1;
	switch (*text) {
	case 'K':
		shift = 10;
		break;
	case 'M':
		shift = 20;
		break;
	case 'G':
		shift = 30;
		break;
	case 'T':
		shift = 40;
		break;
	case '\0':
		break;
	default:
		return -1;
	}
	if (*text != '\0' && text[1] != '\0')
		return -1;
	if (n > SIZE_BOUND >> shift) {
		*why = "the size is too large";
		return -1;
	}
	*bytes = n << shift;
	return 0;
}

int
value_count(const char *text, uint64_t *n, const char **why)
{
	if (digits(&text, n) == -1 || *text != '\0') {
		*why = "it must be a whole number";
		return -1;
	}
	return 0;
}

int
value_signal(const char *text, int *number, const char **why)
{
	size_t	 i;

	if (strncmp(text, "SIG", 3) == 0)
		text += 3;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (strcmp(text, signals[i].name) == 0) {
			*number = signals[i].number;
			return 0;
		}
	*why = "it must be one of HUP, INT, QUIT, ABRT, KILL, USR1, USR2, "
	    "ALRM, TERM, WINCH";
	return -1;
}

int
value_umask(const char *text, mode_t *mask, const char **why)
{
	size_t	 i, len = strlen(text);

	*why = "a umask is three octal digits, as 022";
	if (len != 3 && !(len == 4 && *text == '0'))
		return -1;
	for (*mask = 0, i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '7')
			return -1;
		*mask = (mode_t)(*mask * 8 + (mode_t)(text[i] - '0'));
	}
	return 0;
}

int
value_version(const char *text, const char **why)
{
	const char	*p = text;
	uint64_t	 n;
	int		 part;

	*why = "a version is three numbers, as 6.2.5";
	if (*text == 'v') {
		*why = "a version is written without v, as 6.2.5";
		return -1;
	}
	if (strlen(text) >= VERSION_SIZE)
		return -1;
	for (part = 0; part < 3; part++) {
		if (p[0] == '0' && isdigit((unsigned char)p[1]))
			return -1;
		if (digits(&p, &n) == -1 || n > UINT32_MAX)
			return -1;
		if (*p++ != (part < 2 ? '.' : '\0'))
			return -1;
	}
	return 0;
}

int
value_rlimit(const char *text, int *resource, const char **why)
{
	size_t	 i;

	for (i = 0; i < sizeof(rlimits) / sizeof(rlimits[0]); i++) {
		if (strcmp(text, rlimits[i].name) != 0)
			continue;
		if (rlimits[i].resource == -1) {
			*why = "this system has no such limit";
			return -1;
		}
		*resource = rlimits[i].resource;
		return 0;
	}
	*why = "there is no such limit; setrlimit(2) has as, core, cpu, data, "
	    "fsize, memlock, nofile, nproc, rss, stack";
	return -1;
}

int
value_exit_codes(const char *text, uint8_t bitmap[32], const char **why)
{
	uint64_t	 n;

	memset(bitmap, 0, 32);
	do {
		text += strspn(text, " ,");
		*why = "unless-exit is followed by exit codes from 0 to 255";
		if (digits(&text, &n) == -1 || n > 255 ||
		    (*text != '\0' && *text != ' ' && *text != ','))
			return -1;
		bitmap[n / 8] |= (uint8_t)(1u << (n % 8));
	} while (*text != '\0');
	return 0;
}

int
value_resembles(const char *a, const char *b, size_t *distance)
{
	size_t	 row[WORD_MAX + 1], la = strlen(a), lb = strlen(b), i, j;
	size_t	 corner, above, best;

	if (la > WORD_MAX || lb > WORD_MAX)
		return 0;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			above = row[j];
			best = corner + (tolower((unsigned char)a[i - 1]) !=
			    tolower((unsigned char)b[j - 1]));
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			corner = above;
		}
	}
	*distance = row[lb];
	return row[lb] <= 2 && row[lb] * 3 <= (la > lb ? la : lb);
}
