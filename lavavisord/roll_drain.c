#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/events.h"
#include "lavavisord/hook_command.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/readiness.h"
#include "lavavisord/roll_drain.h"
#include "lavavisord/services.h"

struct roll_drain {
	TAILQ_ENTRY(roll_drain)	 entry;
	char			 name[NAME_SIZE];
	struct event		*timer;		/* of a wait */
	struct hook_run		*run;		/* of a command */
	void			(*done)(void *);
	void			*arg;
};

/* Brings the clients of a service back */
struct undo {
	TAILQ_ENTRY(undo)	 entry;
	char			 name[NAME_SIZE];
	struct hook_run		*run;
};

static TAILQ_HEAD(, roll_drain)	 drains = TAILQ_HEAD_INITIALIZER(drains);
static TAILQ_HEAD(, undo)	 undos = TAILQ_HEAD_INITIALIZER(undos);
static struct event_base	*base;
static struct event		*undo_event;	/* looks for what is due */
static void			(*told)(void);

static int	begin_command(struct roll_drain *, struct service *,
		    const struct semver *);
static int	can_undo(const struct service *,
		    const struct journal_service *);
static void	command_done(const char *, void *);
static void	drain_free(struct roll_drain *);
static struct undo *find_undo(const char *);
static int	is_draining(const char *);
static struct hook_run *run_command(const struct config_service *,
		    const char *, const struct semver *,
		    void (*)(const char *, void *), void *, char *);
static void	undo_begin(struct service *, struct journal_service *);
static void	undo_done(const char *, void *);
static void	undo_drop(const char *);
static void	undo_look(evutil_socket_t, short, void *);
static void	waited(evutil_socket_t, short, void *);

void
drain_init(struct event_base *b, void (*settled)(void))
{
	base = b;
	told = settled;
	if ((undo_event = evtimer_new(b, undo_look, NULL)) == NULL)
		fatalx("out of memory for events");
}

struct roll_drain *
drain_begin(struct service *s, const struct semver *to, void (*done)(void *),
    void *arg)
{
	const struct config_service	*conf = s->conf;
	struct roll_drain		*d;

	if (conf->drain_ms == 0 && conf->drain_argc == 0)
		return NULL;
	if ((d = calloc(1, sizeof(*d))) == NULL)
		fatal("calloc");
	strlcpy(d->name, conf->name, sizeof(d->name));
	d->done = done;
	d->arg = arg;
	TAILQ_INSERT_TAIL(&drains, d, entry);
	event_tell("roll", json_pack("{s:s, s:s}", "service", conf->name,
	    "state", "draining"));
	if (conf->drain_argc > 0 && begin_command(d, s, to) == 0)
		return d;
	/* Also what could not be forked ends in the loop, and at once. */
	if ((d->timer = evtimer_new(base, waited, d)) == NULL)
		fatalx("out of memory for a drain");
	clock_timer(d->timer, (int64_t)conf->drain_ms);
	return d;
}

static struct hook_run *
run_command(const struct config_service *conf, const char *word,
    const struct semver *v, void (*done)(const char *, void *), void *arg,
    char *error)
{
	struct hook_command	 c;
	struct hook_facts	 facts;
	struct hook_run		*run;
	char			 version[SEMVER_SIZE];

	memset(&c, 0, sizeof(c));
	snprintf(c.label, sizeof(c.label), "drain of %s", conf->name);
	c.argv = conf->drain;
	c.uid = conf->uid;
	c.gid = conf->gid;
	c.gids = conf->gids;
	c.gids_count = conf->gids_count;
	c.user_name = conf->user_name;
	c.home = conf->home;
	c.directory = conf->directory;
	c.no_new_privs = conf->no_new_privs;
	c.timeout_ms = conf->drain_timeout_ms;
	c.done = done;
	c.arg = arg;
	hook_facts_init(&facts);
	hook_fact(&facts, "LAVAVISORD_HOOK", "drain");
	hook_fact(&facts, "LAVAVISORD_DRAIN", word);
	hook_fact(&facts, "LAVAVISORD_SERVICE", conf->name);
	hook_fact(&facts, "LAVAVISORD_TO", semver_text(v, version,
	    sizeof(version)));
	c.facts = &facts;
	run = hook_start(&c, error);
	hook_facts_free(&facts);
	return run;
}

static int
begin_command(struct roll_drain *d, struct service *s,
    const struct semver *to)
{
	struct journal_service	*j = journal_service(&env.journal, d->name);
	char			 error[TEXT_SIZE];

	undo_drop(d->name);
	/* First the note: whoever reads it brings the clients back. */
	if (j != NULL && !j->drained) {
		j->drained = 1;
		journal_keep();
	}
	if ((d->run = run_command(s->conf, "on", to, command_done, d,
	    error)) != NULL)
		return 0;
	log_warnx("service %s: its drain cannot be run: %s", d->name, error);
	return -1;
}

static void
drain_free(struct roll_drain *d)
{
	TAILQ_REMOVE(&drains, d, entry);
	if (d->timer != NULL)
		event_free(d->timer);
	free(d);
}

static void
command_done(const char *error, void *arg)
{
	struct roll_drain	*d = arg;
	void			(*done)(void *) = d->done;
	void			*done_arg = d->arg;

	if (error != NULL)
		log_warnx("service %s: its drain failed, it is stopped all "
		    "the same: %s", d->name, error);
	drain_free(d);
	done(done_arg);
}

static void
waited(evutil_socket_t fd, short what, void *arg)
{
	struct roll_drain	*d = arg;
	void			(*done)(void *) = d->done;
	void			*done_arg = d->arg;

	(void)fd;
	(void)what;
	drain_free(d);
	done(done_arg);
}

void
drain_cancel(struct roll_drain *d)
{
	if (d == NULL)
		return;
	if (d->run != NULL)
		hook_cancel(d->run);
	log_info("service %s: its drain is called off", d->name);
	drain_free(d);
}

static int
is_draining(const char *name)
{
	struct roll_drain	*d;

	TAILQ_FOREACH(d, &drains, entry)
		if (strcmp(d->name, name) == 0)
			return 1;
	return 0;
}

static struct undo *
find_undo(const char *name)
{
	struct undo	*u;

	TAILQ_FOREACH(u, &undos, entry)
		if (strcmp(u->name, name) == 0)
			return u;
	return NULL;
}

/* It is drained once more: what brings clients back ends. */
static void
undo_drop(const char *name)
{
	struct undo	*u;

	if ((u = find_undo(name)) == NULL)
		return;
	hook_cancel(u->run);
	TAILQ_REMOVE(&undos, u, entry);
	free(u);
}

void
drain_undo_soon(void)
{
	if (!evtimer_pending(undo_event, NULL))
		clock_timer(undo_event, 0);
}

/* It serves, and nobody has ordered that it stop */
static int
can_undo(const struct service *s, const struct journal_service *j)
{
	return !env.stopping && j->drained && j->want != WANT_DOWN &&
	    !is_draining(j->name) && find_undo(j->name) == NULL &&
	    s->state.state == SERVICE_RUNNING && service_order_seen(s) &&
	    readiness_counts(s);
}

static void
undo_look(evutil_socket_t fd, short what, void *arg)
{
	struct service	*s;

	(void)fd;
	(void)what;
	(void)arg;
	for (s = service_first(); s != NULL; s = service_next(s))
		drain_undo(s);
}

void
drain_undo(struct service *s)
{
	struct journal_service	*j;

	if (s->conf != NULL && (j = journal_service(&env.journal,
	    s->conf->name)) != NULL && can_undo(s, j))
		undo_begin(s, j);
}

static void
undo_begin(struct service *s, struct journal_service *j)
{
	struct undo	*u;
	char		 error[TEXT_SIZE];

	/* The config has no command any more. */
	if (s->conf->drain_argc == 0) {
		j->drained = 0;
		journal_keep_soon();
		return;
	}
	if ((u = calloc(1, sizeof(*u))) == NULL)
		fatal("calloc");
	strlcpy(u->name, j->name, sizeof(u->name));
	if ((u->run = run_command(s->conf, "off", &s->version, undo_done, u,
	    error)) == NULL) {
		log_warnx("service %s: its drain cannot be undone: %s",
		    u->name, error);
		free(u);
		return;
	}
	TAILQ_INSERT_TAIL(&undos, u, entry);
}

static void
undo_done(const char *error, void *arg)
{
	struct undo		*u = arg;
	struct journal_service	*j = journal_service(&env.journal, u->name);

	TAILQ_REMOVE(&undos, u, entry);
	/* One that ends with us is the next parent's. */
	if (!env.stopping) {
		if (error != NULL)
			log_warnx("service %s: its drain could not be undone, "
			    "its clients may not come back: %s; run its drain "
			    "with LAVAVISORD_DRAIN=off", u->name, error);
		if (j != NULL) {
			j->drained = 0;
			journal_keep_soon();
		}
		event_tell("roll", json_pack("{s:s, s:s, s:s}", "service",
		    u->name, "state", "undrained", "reason", error != NULL ?
		    error : ""));
		told();
	}
	free(u);
}

int
drain_is_undoing(const struct service *s)
{
	return s->conf != NULL && find_undo(s->conf->name) != NULL;
}

int
drain_is_undoing_any(void)
{
	return !TAILQ_EMPTY(&undos);
}
