#include <sys/types.h>

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "compat/process.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/decide.h"
#include "lavavisord/decision.h"
#include "lavavisord/explain.h"
#include "lavavisord/health.h"
#include "lavavisord/install.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/nodes.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/readiness.h"
#include "lavavisord/roll.h"
#include "lavavisord/rooms.h"
#include "lavavisord/services.h"
#include "lavavisord/show.h"
#include "lavavisord/show_installed.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/without_proc.h"

static void	add_usage(json_t *, const struct service *);
static void	append(json_t *, json_t *);
static json_t	*list(void);
static json_t	*maybe_text(const char *);
static json_t	*maybe_version(int, const struct semver *);
static json_t	*show_mechanisms(const struct msg_ready *);
static json_t	*show_role_service(const struct service *);
static json_t	*show_service(const struct service *);
static json_t	*show_time(int64_t);

static json_t *
list(void)
{
	json_t	*l;

	if ((l = json_array()) == NULL)
		fatalx("out of memory for an answer");
	return l;
}

static void
append(json_t *l, json_t *o)
{
	if (o == NULL || json_array_append_new(l, o) == -1)
		fatalx("out of memory for an answer");
}

static json_t *
maybe_text(const char *text)
{
	json_t	*o = NULL;

	if (text[0] != '\0')
		o = json_string(text);
	return o != NULL ? o : json_null();
}

static json_t *
maybe_version(int has, const struct semver *v)
{
	char	 text[SEMVER_SIZE];

	return has ? json_string(semver_text(v, text, sizeof(text))) :
	    json_null();
}

static json_t *
show_time(int64_t unix_s)
{
	char	 text[64];

	if (unix_s == 0)
		return json_null();
	return json_string(clock_text(unix_s * 1000, text, sizeof(text)));
}

json_t *
show_exit(uint8_t kind, uint8_t value)
{
	switch (kind) {
	case EXIT_CODE:
		return json_pack("{s:i}", "code", (int)value);
	case EXIT_SIGNAL:
		return json_pack("{s:i}", "signal", (int)value);
	case EXIT_UNKNOWN:
		return json_pack("{s:b}", "unknown", 1);
	default:
		return json_null();
	}
}

const char *
show_state(const struct service *s)
{
	return service_state_name(s->state.state);
}

static json_t *
show_service(const struct service *s)
{
	const char	*reason = s->reason;
	char		 lost[64], locked[TEXT_SIZE];

	if (s->state.pid != 0 && service_is_locked(s)) {
		snprintf(locked, sizeof(locked), "locked: %s",
		    service_locked_why(s));
		reason = locked;
	} else if (s->state.pid != 0)
		reason = s->pending ? "changed, restart pending" :
		    readiness_why(s);
	if (reason[0] == '\0' && s->state.pid != 0)
		reason = health_why(s);
	if (reason[0] == '\0' && s->output_lost > 0) {
		snprintf(lost, sizeof(lost), "%llu bytes of output lost",
		    (unsigned long long)s->output_lost);
		reason = lost;
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:s?, "
	    "s:o, s:I}",
	    "name", s->conf->name,
	    "role", config_role_name(s->conf->role),
	    "state", show_state(s),
	    "pid", s->state.pid ? json_integer(s->state.pid) : json_null(),
	    "version", maybe_version(s->has_version, &s->version),
	    "restarts", (json_int_t)s->state.restarts,
	    "since", show_time(s->since_s),
	    "exit", show_exit(s->state.exit_kind, s->state.exit_value),
	    "ready", readiness_of(s) == READINESS_NONE ? json_null() :
	    json_boolean(readiness_of(s) == READINESS_YES),
	    "health", health_state(s),
	    "reason", maybe_text(reason),
	    "output_lost", (json_int_t)s->output_lost);
}

static void
add_usage(json_t *o, const struct service *s)
{
	uint64_t	 cpu_ms, memory_kb;
	int		 known;

	known = s->state.pid != 0 && process_usage((pid_t)s->state.pid,
	    &cpu_ms, &memory_kb) == 0;
	if (o == NULL || json_object_set_new(o, "cpu_ms", known ?
	    json_integer((json_int_t)cpu_ms) : json_null()) == -1 ||
	    json_object_set_new(o, "memory_kb", known ?
	    json_integer((json_int_t)memory_kb) : json_null()) == -1)
		fatalx("out of memory for an answer");
}

json_t *
show_services(const struct name_choice *choice, int usage)
{
	struct service	*s = NULL;
	json_t		*l = list(), *o;

	while ((s = service_next_meant(s, choice)) != NULL) {
		o = show_service(s);
		if (usage)
			add_usage(o, s);
		append(l, o);
	}
	return l;
}

json_t *
show_chain(void)
{
	const struct decide_chain	*c = &env.journal.chain;
	char				 v[4][SEMVER_SIZE];
	int				 i;

	if (c->samples == 0)
		return json_pack("{s:n, s:n, s:n, s:n, s:o, s:o, s:s}",
		    "provider_target", "provider_min", "consumer_target",
		    "consumer_min", "height", c->height ?
		    json_integer((json_int_t)c->height) : json_null(), "time",
		    show_time(c->block_time_s), "proof", "none");
	for (i = 0; i < DECIDE_ROLES; i++) {
		semver_text(&c->pair[i].target, v[2 * i], SEMVER_SIZE);
		semver_text(&c->pair[i].min, v[2 * i + 1], SEMVER_SIZE);
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:o, s:s}",
	    "provider_target", v[2 * DECIDE_PROVIDER],
	    "provider_min", v[2 * DECIDE_PROVIDER + 1],
	    "consumer_target", v[2 * DECIDE_CONSUMER],
	    "consumer_min", v[2 * DECIDE_CONSUMER + 1],
	    "height", (json_int_t)c->height, "time",
	    show_time(c->block_time_s), "proof",
	    env.conf->quorum > 1 ? "quorum" : "none");
}

static json_t *
show_role_service(const struct service *s)
{
	struct decide_result	 r;
	struct journal_service	*j;
	json_t			*o;

	decision_service(s, &r);
	if (s->state.pid != 0 && service_is_locked(s))
		decision_locked(s, &r);
	j = journal_service(&env.journal, s->conf->name);
	o = json_pack("{s:s, s:o, s:o}",
	    "name", s->conf->name,
	    "have", maybe_version(j != NULL && j->has_version, j != NULL ?
	    &j->version : NULL),
	    "want", maybe_version(r.has_version, &r.version));
	if (o == NULL)
		fatalx("out of memory for an answer");
	explain_add(o, s->conf->role == ROLE_PROVIDER ? DECIDE_PROVIDER :
	    DECIDE_CONSUMER, &r);
	return o;
}

json_t *
show_versions(void)
{
	struct service	*s;
	json_t		*o, *l = list();

	for (s = service_first(); s != NULL; s = service_next(s))
		if (follows_chain(s))
			append(l, show_role_service(s));
	o = json_pack("{s:o, s:o, s:o, s:o, s:o}", "chain", show_chain(),
	    "agreement", nodes_agreement(), "installed", show_installed(),
	    "services", l, "unused", show_unused());
	if (o == NULL)
		fatalx("out of memory for an answer");
	explain_policy(o);
	return o;
}

static json_t *
show_mechanisms(const struct msg_ready *w)
{
	static const char *const	 states[] = { NULL, "on", "off" };
	json_t				*o;

	if ((o = json_object()) == NULL)
		fatalx("out of memory for an answer");
#define MECHANISM(name)							\
	json_object_set_new(o, #name, states[w->name] != NULL ?		\
	    json_string(states[w->name]) : json_null())
	MECHANISM(chroot);
	MECHANISM(user);
	MECHANISM(seccomp);
	MECHANISM(landlock);
	MECHANISM(pledge);
#undef MECHANISM
	return o;
}

json_t *
show_sandbox(void)
{
	struct room_view	 view;
	struct passwd		*pw;
	const char		*own;
	char			 lacks[TEXT_SIZE];
	json_t			*l = list();
	int			 i;

	pw = getpwuid(geteuid());
	own = pw != NULL ? pw->pw_name : "?";
	if (!without_proc(lacks, sizeof(lacks)))
		lacks[0] = '\0';
	append(l, json_pack("{s:s, s:i, s:s, s:o, s:o}", "room", "parent",
	    "pid", (int)getpid(), "user", own, "mechanisms", json_object(),
	    "missing", maybe_text(lacks)));
	for (i = ROOM_PARENT + 1; i < ROOM_KINDS; i++) {
		rooms_view((enum room_kind)i, &view);
		if (view.pid == 0 && !view.degraded && !view.other_build)
			continue;	/* there on demand only */
		append(l, json_pack("{s:s, s:o, s:s, s:o, s:o}",
		    "room", room_name((enum room_kind)i),
		    "pid", view.pid ? json_integer(view.pid) : json_null(),
		    "user", view.walls.user == MECHANISM_ON ? "_lavavisord" :
		    own,
		    "mechanisms", show_mechanisms(&view.walls),
		    "missing", maybe_text(view.other_build ?
		    "the room: it is of another build, reexec needed" :
		    view.degraded ?
		    "it keeps dying and stays down for a while" :
		    view.walls.missing)));
	}
	return l;
}
