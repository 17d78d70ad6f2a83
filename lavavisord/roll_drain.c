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
#include "lavavisord/lavavisord.h"
#include "lavavisord/roll_drain.h"

struct roll_drain {
	char			 name[NAME_SIZE];
	struct event		*timer;		/* of a wait */
	struct hook_run		*run;		/* of a command */
	void			(*done)(void *);
	void			*arg;
};

static int	begin_command(struct roll_drain *,
		    const struct config_service *);
static void	command_done(const char *, void *);
static void	drain_free(struct roll_drain *);
static void	waited(evutil_socket_t, short, void *);

struct roll_drain *
drain_begin(struct event_base *base, const struct config_service *conf,
    void (*done)(void *), void *arg)
{
	struct roll_drain	*d;

	if (conf->drain_ms == 0 && conf->drain_argc == 0)
		return NULL;
	if ((d = calloc(1, sizeof(*d))) == NULL)
		fatal("calloc");
	strlcpy(d->name, conf->name, sizeof(d->name));
	d->done = done;
	d->arg = arg;
	event_tell("roll", json_pack("{s:s, s:s}", "service", conf->name,
	    "state", "draining"));
	if (conf->drain_argc > 0 && begin_command(d, conf) == 0)
		return d;
	/* Also what could not be forked ends in the loop, and at once. */
	if ((d->timer = evtimer_new(base, waited, d)) == NULL)
		fatalx("out of memory for a drain");
	clock_timer(d->timer, (int64_t)conf->drain_ms);
	return d;
}

static int
begin_command(struct roll_drain *d, const struct config_service *conf)
{
	struct hook_command	 c;
	struct hook_facts	 facts;
	char			 version[SEMVER_SIZE], error[TEXT_SIZE];

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
	c.done = command_done;
	c.arg = d;
	hook_facts_init(&facts);
	hook_fact(&facts, "LAVAVISORD_HOOK", "drain");
	hook_fact(&facts, "LAVAVISORD_SERVICE", conf->name);
	hook_fact(&facts, "LAVAVISORD_TO", semver_text(
	    &env.journal.upgrade.version, version, sizeof(version)));
	c.facts = &facts;
	d->run = hook_start(&c, error);
	hook_facts_free(&facts);
	if (d->run != NULL)
		return 0;
	log_warnx("service %s: its drain cannot be run: %s", conf->name,
	    error);
	return -1;
}

static void
drain_free(struct roll_drain *d)
{
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
