#include <stdint.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "lavavisord/upgrade_trace.h"

/* What a state of a roll event does to the service that it names */
static const struct step {
	const char	*state;
	const char	*time;		/* noted once, NULL none */
	int		 back;		/* it is one of the way back */
	int		 is_outcome;
} steps[] = {
	{ "draining",	"draining",	0, 0 },
	{ "restarting",	"ordered",	0, 0 },
	{ "moved",	"ordered",	0, 1 },
	{ "noted",	NULL,		0, 1 },
	{ "ready",	"ready",	0, 0 },
	{ "stable",	"stable",	0, 1 },
	{ "failed",	NULL,		0, 1 },
	{ "died",	NULL,		0, 1 },
	{ "left",	NULL,		0, 1 },
	{ "going-back",	"ordered",	1, 0 },
	{ "back",	"ready",	1, 1 },
	{ "not-back",	NULL,		1, 1 }
};

static json_t	*back_of(json_t *);
static int	 is_noted(const json_t *, const char *);
static json_t	*make(const char *const *);
static void	 note(json_t *, const char *, const json_t *);
static void	 of_roll(json_t *, const json_t *);
static void	 of_service(json_t *, const json_t *);
static json_t	*service_of(json_t *, const char *);
static const char *text_of(const json_t *, const char *);

static const char *
text_of(const json_t *event, const char *key)
{
	const char	*text = json_string_value(json_object_get(event, key));

	return text == NULL ? "" : text;
}

/* An object with these members, all null */
static json_t *
make(const char *const *keys)
{
	json_t	*o = json_object();

	for (; *keys != NULL; keys++)
		if (json_object_set_new(o, *keys, json_null()) == -1)
			fatalx("out of memory for a record");
	return o;
}

json_t *
trace_new(void)
{
	json_t	*trace = json_pack("{s:{}, s:[]}", "services", "hooks");

	if (trace == NULL)
		fatalx("out of memory for a record");
	return trace;
}

static int
is_noted(const json_t *o, const char *key)
{
	return !json_is_null(json_object_get(o, key));
}

/* The first time counts: a crash and what follows it are other ones. */
static void
note(json_t *o, const char *key, const json_t *event)
{
	json_t	*when = json_object_get(event, "time");

	if (!is_noted(o, key) && json_is_string(when))
		json_object_set(o, key, when);
}

static json_t *
service_of(json_t *trace, const char *name)
{
	static const char *const	 keys[] = {
		"order", "outcome", "reason", "draining", "ordered", "exited",
		"started", "ready", "stable", "back", NULL
	};
	json_t				*all, *s;

	all = json_object_get(trace, "services");
	if ((s = json_object_get(all, name)) != NULL)
		return s;
	s = make(keys);
	json_object_set_new(s, "order",
	    json_integer((json_int_t)json_object_size(all) + 1));
	if (json_object_set_new(all, name, s) == -1)
		fatalx("out of memory for a record");
	return s;
}

static json_t *
back_of(json_t *s)
{
	static const char *const	 keys[] = {
		"ordered", "exited", "started", "ready", NULL
	};

	if (!is_noted(s, "back"))
		json_object_set_new(s, "back", make(keys));
	return json_object_get(s, "back");
}

static void
of_roll(json_t *trace, const json_t *event)
{
	const char	*state = text_of(event, "state");
	const char	*name = text_of(event, "service");
	json_t		*s;
	size_t		 i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(steps[i].state, state) == 0)
			break;
	if (i == sizeof(steps) / sizeof(steps[0]) || name[0] == '\0')
		return;
	s = service_of(trace, name);
	if (steps[i].time != NULL)
		note(steps[i].back ? back_of(s) : s, steps[i].time, event);
	if (steps[i].is_outcome)
		json_object_set_new(s, "outcome", json_string(state));
	/* Why it failed is worth more than that it came back after all. */
	if (text_of(event, "reason")[0] != '\0')
		json_object_set(s, "reason", json_object_get(event,
		    "reason"));
}

/* Of those alone that were told to change their process */
static void
of_service(json_t *trace, const json_t *event)
{
	const char	*state = text_of(event, "state"), *key;
	json_t		*s, *leg;

	s = json_object_get(json_object_get(trace, "services"),
	    text_of(event, "name"));
	if (s == NULL)
		return;
	leg = is_noted(s, "back") ? json_object_get(s, "back") : s;
	if (!is_noted(leg, "ordered"))
		return;
	key = strcmp(state, "ended") == 0 ? "exited" :
	    strcmp(state, "started") == 0 ? "started" : NULL;
	/* One that was down when it was ordered has no end. */
	if (key == NULL || is_noted(leg, "started"))
		return;
	note(leg, key, event);
}

void
trace_hooks_lost(json_t *hooks)
{
	json_t	*h;
	size_t	 i;

	json_array_foreach(hooks, i, h)
		if (strcmp(text_of(h, "state"), "running") == 0)
			json_object_set_new(h, "state",
			    json_string("unknown"));
}

void
trace_hook(json_t *hooks, const json_t *event)
{
	static const char *const	 keys[] = {
		"name", "state", "exit", "reason", "started", "ended", NULL
	};
	const char			*state = text_of(event, "state");
	json_t				*h;
	size_t				 n = json_array_size(hooks);

	if (strcmp(state, "started") == 0) {
		if (n >= TRACE_HOOKS_MAX)
			return;
		/* They run one after the other: one that runs is lost. */
		trace_hooks_lost(hooks);
		h = make(keys);
		json_object_set(h, "name", json_object_get(event, "name"));
		json_object_set_new(h, "state", json_string("running"));
		note(h, "started", event);
		json_array_append_new(hooks, h);
		return;
	}
	while (n > 0) {
		h = json_array_get(hooks, --n);
		if (strcmp(text_of(h, "name"), text_of(event, "name")) != 0)
			continue;
		note(h, "ended", event);
		json_object_set(h, "state", json_object_get(event, "state"));
		if (json_is_object(json_object_get(event, "exit")))
			json_object_set(h, "exit", json_object_get(event,
			    "exit"));
		if (text_of(event, "reason")[0] != '\0')
			json_object_set(h, "reason", json_object_get(event,
			    "reason"));
		return;
	}
}

int
trace_is_hook_of(const json_t *event, uint64_t id)
{
	json_t	*of = json_object_get(event, "upgrade");

	return strcmp(text_of(event, "event"), "hook") == 0 &&
	    json_is_integer(of) && json_integer_value(of) == (json_int_t)id;
}

int
trace_is_begin(const json_t *event, uint64_t id)
{
	json_t	*of = json_object_get(event, "id");

	return strcmp(text_of(event, "event"), "begin") == 0 &&
	    json_is_integer(of) && json_integer_value(of) == (json_int_t)id;
}

void
trace_event(json_t *trace, const json_t *event)
{
	const char	*what = text_of(event, "event");

	if (strcmp(what, "roll") == 0)
		of_roll(trace, event);
	else if (strcmp(what, "service") == 0)
		of_service(trace, event);
}

json_t *
trace_services(const json_t *trace)
{
	const char	*name;
	json_t		*list = json_array(), *s, *o;

	json_object_foreach(json_object_get(trace, "services"), name, s) {
		o = json_pack("{s:s}", "name", name);
		if (o == NULL || json_object_update(o, s) == -1 ||
		    json_array_append_new(list, o) == -1)
			fatalx("out of memory for a record");
	}
	return list;
}
