#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lavavisorctl/explanation.h"
#include "lavavisorctl/screen_text.h"

#define LINE_SIZE	2048

static const char *member(const json_t *, const char *);
static void	 line(FILE *, const char *, ...)
		    __attribute__((__format__(__printf__, 2, 3)));
static void	 print_failure(FILE *, const json_t *);
static void	 print_hold(FILE *, const json_t *);
static void	 print_pin(FILE *, const char *, const json_t *);
static void	 print_role(FILE *, const json_t *);
static void	 print_window(FILE *, const json_t *);

/* Its text, "" when there is none */
static const char *
member(const json_t *o, const char *key)
{
	const char	*text = json_string_value(json_object_get(o, key));

	return text == NULL ? "" : text;
}

static void
line(FILE *out, const char *fmt, ...)
{
	char	 text[LINE_SIZE], *safe;
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	safe = screen_text(text, strlen(text));
	fprintf(out, "%s\n", safe);
	free(safe);
}

static void
print_failure(FILE *out, const json_t *f)
{
	json_int_t	 tries;
	char		 times[64] = "";

	if (!json_is_object(f))
		return;
	tries = json_integer_value(json_object_get(f, "tries"));
	if (tries > 1)
		snprintf(times, sizeof(times), " (%lld times)",
		    (long long)tries);
	line(out, "    last failure: upgrade %lld, %s at %s%s: %s",
	    (long long)json_integer_value(json_object_get(f, "id")),
	    member(f, "outcome"), member(f, "ended"), times,
	    member(f, "reason"));
}

static void
print_role(FILE *out, const json_t *r)
{
	const char	*have = member(r, "have"), *want = member(r, "want");

	line(out, "%s services: %s: %s", member(r, "role"), member(r, "why"),
	    member(r, "text"));
	line(out, "    have %s, want %s, decided by the %s",
	    have[0] ? have : "none", want[0] ? want : "none",
	    member(r, "by"));
	if (member(r, "next")[0] != '\0')
		line(out, "    next: %s", member(r, "next"));
	if (member(r, "unblock")[0] != '\0')
		line(out, "    to unblock: %s", member(r, "unblock"));
	print_failure(out, json_object_get(r, "failure"));
}

static void
print_hold(FILE *out, const json_t *hold)
{
	if (json_is_object(hold))
		line(out, "held since %s %s; `resume` ends it",
		    member(hold, "since"), member(hold, "reason"));
}

static void
print_pin(FILE *out, const char *role, const json_t *pin)
{
	if (json_is_object(pin))
		line(out, "%s services are pinned to %s since %s, %s; `unpin` "
		    "ends it", role, member(pin, "version"),
		    member(pin, "since"), member(pin, "order"));
}

static void
print_window(FILE *out, const json_t *w)
{
	if (!json_is_object(w))
		return;
	if (json_is_true(json_object_get(w, "open")))
		line(out, "the window is open until %s", member(w, "to"));
	else
		line(out, "the window opens at %s, until %s",
		    member(w, "from"), member(w, "to"));
}

void
explanation_print(FILE *out, const json_t *v)
{
	json_t	*roles = json_object_get(v, "roles"), *r;
	json_t	*pins = json_object_get(v, "pins");
	size_t	 i;

	json_array_foreach(roles, i, r)
		print_role(out, r);
	print_hold(out, json_object_get(v, "hold"));
	print_pin(out, "provider", json_object_get(pins, "provider"));
	print_pin(out, "consumer", json_object_get(pins, "consumer"));
	print_window(out, json_object_get(v, "window"));
}
