#include <sys/types.h>
#include <sys/queue.h>
#include <sys/wait.h>

#include <stdint.h>
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
#include "lavavisord/decide.h"
#include "lavavisord/decision.h"
#include "lavavisord/events.h"
#include "lavavisord/hook_command.h"
#include "lavavisord/hook_upgrade.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/roll.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrade_record.h"

#define WAITING_MAX	16		/* beyond it the oldest is dropped */
#define VETOES_MAX	4		/* versions that are remembered */

/* One that runs or waits for its turn */
struct waiting {
	TAILQ_ENTRY(waiting)	 entry;
	enum config_hook	 hook;
	uint64_t		 upgrade;	/* its id */
	struct hook_facts	 facts;
	struct hook_run		*run;		/* NULL: not begun */
	void			(*done)(const char *);	/* of the ask */
};

/* A version that the hook did not let pass */
static struct veto {
	struct semver	 version;
	uint32_t	 times;		/* 0: none */
	int64_t		 until_s;
}					 vetoes[VETOES_MAX];
static size_t				 next_veto;
static TAILQ_HEAD(waitings, waiting)	 waitings =
					    TAILQ_HEAD_INITIALIZER(waitings);
static struct event			*soon;
static void				(*no_hook)(const char *);

static struct waiting *add(enum config_hook);
static void	 begin(struct waiting *);
static void	 begin_next(evutil_socket_t, short, void *);
static void	 ended(const char *, void *);
static void	 fact_services(struct hook_facts *);
static void	 forget(struct waiting *);
static int	 is_upgrade(void);
static void	 note_answer(const struct semver *, int);
static void	 tell(const struct waiting *, const char *, const char *);

void
hook_upgrade_init(struct event_base *base)
{
	if ((soon = evtimer_new(base, begin_next, NULL)) == NULL)
		fatalx("out of memory for events");
}

/* A first start is none: nothing has run that could be hurt. */
static int
is_upgrade(void)
{
	return env.journal.upgrade.roles != 0 && record_from()[0] != '\0';
}

/* Those that are on another version, or were before it moved them */
static void
fact_services(struct hook_facts *f)
{
	struct journal_upgrade	*u = &env.journal.upgrade;
	struct journal_service	*j;
	struct service		*s;
	char			*list;

	if ((list = calloc(1, HOOK_FACT_SIZE)) == NULL)
		fatal("calloc");
	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (!follows_chain(s) || (u->roles &
		    (1U << s->conf->role)) == 0 || (j = journal_service(
		    &env.journal, s->conf->name)) == NULL || (!j->moved &&
		    j->has_version && semver_compare(&j->version,
		    &u->version) == 0))
			continue;
		/* A name is there as a whole or not at all. */
		if (strlen(list) + strlen(s->conf->name) + 2 > HOOK_FACT_SIZE)
			break;
		if (list[0] != '\0')
			strlcat(list, " ", HOOK_FACT_SIZE);
		strlcat(list, s->conf->name, HOOK_FACT_SIZE);
	}
	hook_fact(f, "LAVAVISORD_SERVICES", list);
	free(list);
}

static struct waiting *
add(enum config_hook hook)
{
	static const char *const	 by[] = {
		[UPGRADE_BY_CHAIN] = "chain",
		[UPGRADE_BY_OPERATOR] = "operator",
		[UPGRADE_BY_PIN] = "pin"
	};
	static const char *const	 roles[] = {
		"", "provider", "consumer", "provider consumer"
	};
	struct journal_upgrade		*u = &env.journal.upgrade;
	struct waiting			*w, *old;
	char				 text[SEMVER_SIZE + 24];
	size_t				 n = 0;

	TAILQ_FOREACH(w, &waitings, entry)
		n++;
	old = TAILQ_FIRST(&waitings);
	if (n >= WAITING_MAX && old->run != NULL)
		old = TAILQ_NEXT(old, entry);
	if (n >= WAITING_MAX) {
		log_warnx("hook %s: too many wait, one is left out",
		    config_hook_name(old->hook));
		forget(old);
	}
	if ((w = calloc(1, sizeof(*w))) == NULL)
		fatal("calloc");
	w->hook = hook;
	w->upgrade = u->id;
	hook_facts_init(&w->facts);
	hook_fact(&w->facts, "LAVAVISORD_HOOK", config_hook_name(hook));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)u->id);
	hook_fact(&w->facts, "LAVAVISORD_UPGRADE", text);
	hook_fact(&w->facts, "LAVAVISORD_FROM", record_from());
	hook_fact(&w->facts, "LAVAVISORD_TO", semver_text(&u->version, text,
	    sizeof(text)));
	hook_fact(&w->facts, "LAVAVISORD_ROLES", roles[u->roles & 3]);
	hook_fact(&w->facts, "LAVAVISORD_BY", by[u->by]);
	hook_fact(&w->facts, "LAVAVISORD_ORDER", u->order);
	hook_fact(&w->facts, "LAVAVISORD_DIRECTORY", env.places.directory);
	fact_services(&w->facts);
	TAILQ_INSERT_TAIL(&waitings, w, entry);
	clock_timer(soon, 0);
	return w;
}

static void
forget(struct waiting *w)
{
	TAILQ_REMOVE(&waitings, w, entry);
	hook_facts_free(&w->facts);
	free(w);
}

static void
tell(const struct waiting *w, const char *state, const char *why)
{
	json_t	*o;
	int	 status;

	o = json_pack("{s:s, s:s, s:s, s:I}", "name",
	    config_hook_name(w->hook), "state", state, "reason", why,
	    "upgrade", (json_int_t)w->upgrade);
	if (o != NULL && w->run != NULL && hook_status(w->run, &status))
		json_object_set_new(o, "exit", WIFSIGNALED(status) ?
		    json_pack("{s:i}", "signal", WTERMSIG(status)) :
		    json_pack("{s:i}", "code", WEXITSTATUS(status)));
	event_tell("hook", o);
}

static void
begin_next(evutil_socket_t fd, short what, void *arg)
{
	void		(*done)(const char *) = no_hook;
	struct waiting	*w;

	(void)fd;
	(void)what;
	(void)arg;
	if (done != NULL) {
		no_hook = NULL;
		done(NULL);
	}
	if ((w = TAILQ_FIRST(&waitings)) != NULL && w->run == NULL)
		begin(w);
}

static void
begin(struct waiting *w)
{
	struct config_hooks	*h = &env.conf->hooks;
	struct hook_command	 c;
	char			 error[TEXT_SIZE];

	/* A reload may have taken it away. */
	if (h->argc[w->hook] == 0) {
		ended(NULL, w);
		return;
	}
	memset(&c, 0, sizeof(c));
	snprintf(c.label, sizeof(c.label), "hook %s",
	    config_hook_name(w->hook));
	c.argv = h->argv[w->hook];
	c.uid = h->uid;
	c.gid = h->gid;
	c.gids = h->gids;
	c.gids_count = h->gids_count;
	c.user_name = h->user_name;
	c.home = h->home;
	c.directory = "/";
	c.timeout_ms = h->timeout_ms;
	c.facts = &w->facts;
	c.done = ended;
	c.arg = w;
	tell(w, "started", "");
	if ((w->run = hook_start(&c, error)) == NULL)
		ended(error, w);
}

static void
ended(const char *error, void *arg)
{
	struct waiting	*w = arg;
	void		(*done)(const char *) = w->done;
	char		 why[TEXT_SIZE];

	if (error != NULL) {
		snprintf(why, sizeof(why), "hook %s: %s",
		    config_hook_name(w->hook), error);
		log_warnx("%s%s", why, w->done != NULL ?
		    "; the upgrade does not begin" : "");
	}
	if (done != NULL)
		note_answer(&env.journal.upgrade.version, error == NULL);
	tell(w, error != NULL ? "failed" : "done",
	    error != NULL ? error : "");
	forget(w);
	clock_timer(soon, 0);
	if (done != NULL)
		done(error != NULL ? why : NULL);
}

void
hook_upgrade_ask(void (*done)(const char *))
{
	hook_upgrade_cancel();
	if (env.conf->hooks.argc[HOOK_PRE_UPGRADE] == 0 || !is_upgrade()) {
		no_hook = done;
		clock_timer(soon, 0);
		return;
	}
	add(HOOK_PRE_UPGRADE)->done = done;
}

static void
note_answer(const struct semver *v, int passed)
{
	struct veto	*o = NULL;
	size_t		 i;

	for (i = 0; i < VETOES_MAX && o == NULL; i++)
		if (vetoes[i].times > 0 &&
		    semver_compare(&vetoes[i].version, v) == 0)
			o = &vetoes[i];
	if (passed) {
		if (o != NULL)
			o->times = 0;
		return;
	}
	if (o == NULL) {
		o = &vetoes[next_veto++ % VETOES_MAX];
		memset(o, 0, sizeof(*o));
		o->version = *v;
	}
	o->times++;
	o->until_s = clock_s() + decide_retry((int64_t)
	    env.conf->policy.retry_ms / 1000, o->times);
}

int64_t
hook_upgrade_vetoed(const struct semver *v, int64_t now_s)
{
	size_t	 i;

	for (i = 0; i < VETOES_MAX; i++)
		if (vetoes[i].times > 0 && vetoes[i].until_s > now_s &&
		    semver_compare(&vetoes[i].version, v) == 0)
			return vetoes[i].until_s;
	return 0;
}

void
hook_upgrade_ask_again(void)
{
	memset(vetoes, 0, sizeof(vetoes));
}

void
hook_upgrade_cancel(void)
{
	struct waiting	*w;

	no_hook = NULL;
	TAILQ_FOREACH(w, &waitings, entry)
		if (w->done != NULL)
			break;
	if (w == NULL)
		return;
	if (w->run != NULL) {
		hook_cancel(w->run);
		tell(w, "cancelled", "");
	}
	forget(w);
	clock_timer(soon, 0);
}

void
hook_upgrade_ended(const char *outcome, const char *why)
{
	enum config_hook	 hook;
	struct waiting		*w;
	char			*down;

	if (strcmp(outcome, "committed") == 0)
		hook = HOOK_POST_UPGRADE;
	else if (strcmp(outcome, "rolled-back") == 0 ||
	    strcmp(outcome, "failed") == 0)
		hook = HOOK_ON_FAILURE;
	else
		return;
	if (env.conf->hooks.argc[hook] == 0 || !is_upgrade())
		return;
	if ((down = calloc(1, HOOK_FACT_SIZE)) == NULL)
		fatal("calloc");
	roll_down_text(down, HOOK_FACT_SIZE);
	w = add(hook);
	hook_fact(&w->facts, "LAVAVISORD_OUTCOME", outcome);
	hook_fact(&w->facts, "LAVAVISORD_REASON", why);
	hook_fact(&w->facts, "LAVAVISORD_DOWN", down);
	free(down);
}
