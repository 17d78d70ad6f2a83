#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/words.h"
#include "lavavisorctl/cells.h"

#define HASH_SHOWN	12	/* hex digits of a hash in a table */

/* A cell that is being written */
struct writer {
	char	*text;
	size_t	 used;
};

static void	add(struct writer *, const char *, ...)
		    __attribute__((__format__(__printf__, 2, 3)));
static void	add_bad(struct writer *, const json_t *);
static void	add_exit(struct writer *, const json_t *);
static void	add_mechanisms(struct writer *, const json_t *);
static void	add_moved(struct writer *, const json_t *);
static void	add_time(struct writer *, const char *, int64_t, int);
static void	add_size(struct writer *, json_int_t);
static void	add_value(struct writer *, const json_t *, int);

static const char *const	 ages[] = { "since", "started", "ended", NULL };
static const char *const	 times[] = { "time", "until", "next",
    "installed", "verified", NULL };
static const char *const	 good[] = { "running", "ok", "done",
    "committed", "upgraded", "up-to-date", "proven", "quorum", NULL };
static const char *const	 bad[] = { "failed", "locked", "wrong-chain",
    "bad-answer", "rolled-back", "below-min", "bad", NULL };
static const char *const	 passing[] = { "starting", "stopping",
    "backoff", "stale", "catching-up", "unreachable", "limited",
    "behind-target", "settling", "splay", "approval", "hold", "fetching",
    "rolling", "no-release", "window", NULL };

static void
add(struct writer *w, const char *fmt, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(w->text + w->used, CELL_SIZE - w->used, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	w->used += (size_t)n;
	if (w->used < CELL_SIZE)
		return;
	/* Cut where a character begins. */
	w->used = CELL_SIZE - 4;
	while (w->used > 0 && (w->text[w->used] & 0xc0) == 0x80)
		w->used--;
	memcpy(w->text + w->used, "...", 4);
	w->used = CELL_SIZE - 1;
}

void
span_text(int64_t s, char *text, size_t size)
{
	if (s < 0)
		s = 0;
	if (s < 60)
		snprintf(text, size, "%" PRId64 "s", s);
	else if (s < 3600)
		snprintf(text, size, "%" PRId64 "m%" PRId64 "s", s / 60,
		    s % 60);
	else if (s < 86400)
		snprintf(text, size, "%" PRId64 "h%" PRId64 "m", s / 3600,
		    s % 3600 / 60);
	else
		snprintf(text, size, "%" PRId64 "d%" PRId64 "h", s / 86400,
		    s % 86400 / 3600);
}

void
bytes_text(uint64_t bytes, char *text, size_t size)
{
	static const char *const	 units[] = { "KB", "MB", "GB", "TB" };
	double				 v = (double)bytes;
	size_t				 i;

	if (bytes < 1024) {
		snprintf(text, size, "%" PRIu64 " B", bytes);
		return;
	}
	for (i = 0, v /= 1024; v >= 1024 && i < 3; i++)
		v /= 1024;
	snprintf(text, size, "%.1f %s", v, units[i]);
}

int64_t
time_parse(const char *text)
{
	struct tm	 tm;
	const char	*end;

	memset(&tm, 0, sizeof(tm));
	if ((end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL)
		return -1;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	return strcmp(end, "Z") == 0 ? (int64_t)timegm(&tm) : -1;
}

static void
add_time(struct writer *w, const char *text, int64_t now, int as_age)
{
	char	 span[32];
	int64_t	 t;

	if ((t = time_parse(text)) == -1) {
		add(w, "%s", text);
		return;
	}
	if (as_age) {
		span_text(now - t, span, sizeof(span));
		add(w, "%s", span);
		return;
	}
	span_text(t > now ? t - now : now - t, span, sizeof(span));
	add(w, t > now ? "in %s" : "%s ago", span);
}

/* {code}, {signal} or {unknown} */
static void
add_exit(struct writer *w, const json_t *v)
{
	json_t	*code = json_object_get(v, "code");
	json_t	*signal = json_object_get(v, "signal");

	if (json_is_integer(code))
		add(w, "%" JSON_INTEGER_FORMAT, json_integer_value(code));
	else if (json_is_integer(signal))
		add(w, "signal %" JSON_INTEGER_FORMAT,
		    json_integer_value(signal));
	else
		add(w, "unknown");
}

/* {reason, until} */
static void
add_bad(struct writer *w, const json_t *v)
{
	add_value(w, json_object_get(v, "reason"), 0);
	if (json_is_string(json_object_get(v, "until")))
		add(w, ", until %s",
		    json_string_value(json_object_get(v, "until")));
}

static void
add_size(struct writer *w, json_int_t bytes)
{
	char	 text[32];

	bytes_text((uint64_t)bytes, text, sizeof(text));
	add(w, "%s", text);
}

/* On by its name, off as "no NAME"; what this system lacks is left out */
static void
add_mechanisms(struct writer *w, const json_t *v)
{
	const char	*name, *text, *gap = "";
	json_t		*state;
	int		 on, off;

	json_object_foreach((json_t *)(uintptr_t)v, name, state) {
		text = json_is_string(state) ? json_string_value(state) : "";
		on = json_is_true(state) || strcmp(text, "on") == 0;
		off = json_is_false(state) || strcmp(text, "off") == 0;
		if (!on && !off)
			continue;
		add(w, "%s%s%s", gap, on ? "" : "no ", name);
		gap = ", ";
	}
	if (w->used == 0)
		add(w, "none");
}

/* [{name, gap_ms, ready_ms}] */
static void
add_moved(struct writer *w, const json_t *v)
{
	json_t	*service, *name, *gap;
	size_t	 i;

	json_array_foreach(v, i, service) {
		name = json_object_get(service, "name");
		gap = json_object_get(service, "gap_ms");
		add(w, "%s%s", i == 0 ? "" : ", ", json_is_string(name) ?
		    json_string_value(name) : "?");
		if (json_is_integer(gap))
			add(w, " %" JSON_INTEGER_FORMAT " ms",
			    json_integer_value(gap));
	}
	if (w->used == 0)
		add(w, "-");
}

static void
add_value(struct writer *w, const json_t *v, int depth)
{
	const char	*key, *gap = "";
	json_t		*member;
	size_t		 i;

	if (v == NULL || json_is_null(v))
		add(w, "-");
	else if (json_is_string(v))
		add(w, "%s", json_string_length(v) == 0 ? "-" :
		    json_string_value(v));
	else if (json_is_integer(v))
		add(w, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_real(v))
		add(w, "%g", json_real_value(v));
	else if (json_is_boolean(v))
		add(w, json_is_true(v) ? "yes" : "no");
	else if (depth > 2)
		add(w, "...");
	else if (json_is_array(v)) {
		json_array_foreach(v, i, member) {
			add(w, "%s", gap);
			add_value(w, member, depth + 1);
			gap = ", ";
		}
		if (json_array_size(v) == 0)
			add(w, "-");
	} else {
		json_object_foreach((json_t *)(uintptr_t)v, key, member) {
			add(w, "%s%s=", gap, key);
			add_value(w, member, depth + 1);
			gap = " ";
		}
	}
}

void
cell_render(const char *key, const json_t *v, int64_t now, char *text)
{
	struct writer	 w = { text, 0 };
	const char	*s = json_is_string(v) ? json_string_value(v) : NULL;

	text[0] = '\0';
	if (s != NULL && word_is_listed(key, ages))
		add_time(&w, s, now, 1);
	else if (s != NULL && word_is_listed(key, times))
		add_time(&w, s, now, 0);
	else if (s != NULL && strcmp(key, "sha256") == 0)
		add(&w, "%.*s", HASH_SHOWN, s[0] == '\0' ? "-" : s);
	else if (json_is_object(v) && strcmp(key, "exit") == 0)
		add_exit(&w, v);
	else if (json_is_object(v) && strcmp(key, "bad") == 0)
		add_bad(&w, v);
	else if (json_is_object(v) && strcmp(key, "mechanisms") == 0)
		add_mechanisms(&w, v);
	else if (json_is_array(v) && strcmp(key, "services") == 0)
		add_moved(&w, v);
	else if (json_is_integer(v) && strcmp(key, "size") == 0)
		add_size(&w, json_integer_value(v));
	else if (json_is_integer(v) && strcmp(key, "memory_kb") == 0)
		add_size(&w, json_integer_value(v) * 1024);
	else if (json_is_integer(v) && strcmp(key, "cpu_ms") == 0)
		add(&w, "%.2fs", (double)json_integer_value(v) / 1000);
	else if (json_is_integer(v) && strcmp(key, "latency_ms") == 0)
		add(&w, "%" JSON_INTEGER_FORMAT " ms", json_integer_value(v));
	else if (json_is_integer(v) && strcmp(key, "age_s") == 0) {
		char	 span[32];

		span_text(json_integer_value(v), span, sizeof(span));
		add(&w, "%s", span);
	} else
		add_value(&w, v, 0);
}

enum tint
cell_tint(const char *key, const json_t *v)
{
	const char	*s;

	if ((strcmp(key, "bad") == 0 && json_is_object(v)) ||
	    (strcmp(key, "damaged") == 0 && json_is_string(v)))
		return TINT_BAD;
	if ((strcmp(key, "ready") == 0 || strcmp(key, "agrees") == 0) &&
	    json_is_boolean(v))
		return json_is_true(v) ? TINT_GOOD : TINT_WARN;
	if (strcmp(key, "state") != 0 && strcmp(key, "outcome") != 0 &&
	    strcmp(key, "why") != 0 && strcmp(key, "proof") != 0)
		return TINT_NONE;
	if ((s = json_string_value(v)) == NULL)
		return TINT_NONE;
	if (word_is_listed(s, good))
		return TINT_GOOD;
	if (word_is_listed(s, bad))
		return TINT_BAD;
	return word_is_listed(s, passing) ? TINT_WARN : TINT_NONE;
}
