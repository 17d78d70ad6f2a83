#include <stdint.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/binary.h"
#include "lavavisord/clock.h"
#include "lavavisord/ctl_wait.h"
#include "lavavisord/events.h"
#include "lavavisord/health.h"
#include "lavavisord/hooks.h"
#include "lavavisord/install.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/readiness.h"
#include "lavavisord/ready_signs.h"
#include "lavavisord/reexec.h"
#include "lavavisord/roll.h"
#include "lavavisord/rooms.h"
#include "lavavisord/services.h"
#include "lavavisord/show.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrades_lock.h"
#include "lavavisord/wrapped.h"

/* What is installed may be half of a package for a while */
#define REEXEC_EVERY_MS	5000

static void	generation_seen(uint64_t);
static int	is_outdated(const struct service *);
static int	 restart_is_due(const struct service *);
static void	restart_outdated(const char *, void *);
static uint64_t	next_generation(void);
static void	service_changed(struct service *, enum service_event);
static void	service_health(struct service *, const char *);
static void	service_ready(struct service *);
static void	supervisor_is_needed(void);
static void	tell(const struct service *, const char *, int);

void
hooks_begin(void)
{
	struct services_conf	 c;
	struct service		*s;
	char			 error[TEXT_SIZE];
	size_t			 i;

	upgrades_lock_init(env.places.upgrades, env.wrapped);
	install_init(env.places.upgrades);
	binary_init(env.base);
	readiness_init(env.base, service_ready);
	health_init(env.base, service_health);
	for (i = 0; i < env.conf->services_count; i++)
		journal_service_add(&env.journal, env.conf->services[i].name);
	memset(&c, 0, sizeof(c));
	c.base = env.base;
	c.directory = env.places.directory;
	c.dir = env.dir;
	c.privileged = env.places.privileged;
	c.wrapped = env.wrapped != NULL;
	c.same = env.handed;
	c.binary = binary_for;
	c.event = service_changed;
	c.generation = next_generation;
	c.generation_seen = generation_seen;
	if (services_init(&c, env.conf, hooks_want, error,
	    sizeof(error)) == -1)
		fatalx("%s", error);
	for (s = service_first(); s != NULL; s = service_next(s))
		if (s->state.pid != 0)
			readiness_started(s);
	/* Whatever is restarted later finds this done. */
	binary_check_all();
	for (s = service_first(); s != NULL; s = service_next(s))
		if (is_outdated(s))
			binary_check(&journal_service(&env.journal,
			    s->conf->name)->version, restart_outdated, NULL);
}

/* The journal's base was saved before the first one is given out */
static uint64_t
next_generation(void)
{
	static uint64_t	 given;

	return env.journal.generation + ++given;
}

/*
 * A parent that was killed between its note and its order left a service on
 * another version than the journal gives it.  What an upgrade in hand has
 * moved is the upgrade's matter.
 */
static int
is_outdated(const struct service *s)
{
	struct journal_service	*j;

	if (s->conf == NULL || !s->conf->is_lavap || s->state.pid == 0 ||
	    !s->has_version || (j = journal_service(&env.journal,
	    s->conf->name)) == NULL)
		return 0;
	return !j->moved && j->has_version && semver_compare(&j->version,
	    &s->version) != 0;
}

/* That was ordered, and did not begin yet. */
static int
restart_is_due(const struct service *s)
{
	return s->want_given == WANT_RESTART && !service_order_seen(s);
}

static void
restart_outdated(const char *error, void *arg)
{
	struct service	*s;

	(void)arg;
	if (error != NULL)
		return;		/* better another version than none */
	for (s = service_first(); s != NULL; s = service_next(s))
		if (is_outdated(s) && s->want_given != WANT_DOWN &&
		    !passphrase_is_coming(s) && !restart_is_due(s) &&
		    binary_is_checked(&journal_service(&env.journal,
		    s->conf->name)->version))
			service_want(s, WANT_RESTART);
}

void
hooks_unlocked(struct service *s)
{
	if (s->pending && s->state.pid != 0 && s->want_given != WANT_DOWN &&
	    !restart_is_due(s) && !roll_in_motion(s))
		service_want(s, WANT_RESTART);
	else if (is_outdated(s) && !roll_in_motion(s))
		binary_check(&journal_service(&env.journal,
		    s->conf->name)->version, restart_outdated, NULL);
	upgrade_consider();
}

static void
generation_seen(uint64_t g)
{
	if (g < env.journal.generation)
		return;
	env.journal.generation = g + JOURNAL_GENERATIONS;
	journal_keep_base();
}

uint8_t
hooks_want(const char *name)
{
	struct journal_service	*j = journal_service(&env.journal, name);

	if (env.idle)
		return WANT_DOWN;
	return j != NULL ? j->want : WANT_UP;
}

/* lasting: worth a line in the history */
static void
tell(const struct service *s, const char *state, int lasting)
{
	char	 v[SEMVER_SIZE];
	json_t	*facts;

	if (s->conf == NULL || (!lasting && !events_are_heard()))
		return;
	facts = json_pack("{s:s, s:s, s:o, s:o, s:o}",
	    "name", s->conf->name, "state", state,
	    "pid", s->state.pid ? json_integer(s->state.pid) : json_null(),
	    "version", s->has_version ? json_string(semver_text(&s->version,
	    v, sizeof(v))) : json_null(),
	    "reason", s->reason[0] && s->state.pid == 0 ?
	    json_string(s->reason) : json_null());
	if (lasting)
		event_tell("service", facts);
	else
		event_tell_progress("service", facts);
}

static void
service_changed(struct service *s, enum service_event what)
{
	switch (what) {
	case SERVICE_EVENT_STARTED:
		wrapped_started();
		tell(s, "started", 1);
		readiness_started(s);
		break;
	case SERVICE_EVENT_ENDED:
		readiness_ended(s);
		health_ended(s);
		tell(s, "ended", 1);
		break;
	case SERVICE_EVENT_NOT_STARTED:
		tell(s, "not-started", 1);
		break;
	case SERVICE_EVENT_STATE:
		tell(s, show_state(s), s->state.state == SERVICE_FAILED);
		break;
	case SERVICE_EVENT_REMOVED:
		tell(s, "removed", 1);
		readiness_ended(s);
		ready_signs_forget(s);
		health_forget(s);
		break;
	}
	roll_service_event(s, what);
	ctl_wait_look();
	if (what == SERVICE_EVENT_STATE)
		wrapped_look(s);
	/* One that was not started changes no decision. */
	if (what != SERVICE_EVENT_STATE && what != SERVICE_EVENT_NOT_STARTED)
		upgrade_consider();
}

static void
service_ready(struct service *s)
{
	struct journal_service	*j;

	tell(s, "ready", 0);
	if (s->conf != NULL && (j = journal_service(&env.journal,
	    s->conf->name)) != NULL && !j->ran) {
		j->ran = 1;
		journal_keep_soon();
	}
	passphrase_ready(s);
	health_ready(s);
	roll_service_ready(s);
	ctl_wait_look();
}

static void
service_health(struct service *s, const char *what)
{
	event_tell("service", json_pack("{s:s, s:s, s:i, s:o}", "name",
	    s->name, "state", what, "pid", (int)s->state.pid, "reason",
	    health_why(s)[0] != '\0' ? json_string(health_why(s)) :
	    json_null()));
}

/*
 * A service whose output nobody moves is held by it before long, so this does
 * not wait for somebody who asks for the reexec.
 */
static void
supervisor_is_needed(void)
{
	static int64_t	 next;

	if (clock_ms() < next)
		return;
	next = clock_ms() + REEXEC_EVERY_MS;
	log_warnx("services need a supervisor, and the one installed is of "
	    "another build: reexec");
	reexec_begin(NULL);
}

void
hooks_room(enum room_kind kind, const char *what, const char *why)
{
	event_tell("room", json_pack("{s:s, s:s, s:s}", "room",
	    room_name(kind), "state", what, "reason", why));
	if (kind != ROOM_SUPERVISOR)
		return;
	if (strcmp(what, "died") == 0 || strcmp(what, "other-build") == 0)
		upgrade_feed(EV_SUPERVISOR_DEATH, why);
	if (strcmp(what, "other-build") == 0)
		supervisor_is_needed();
}
