#include <sys/types.h>

#include <grp.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/config_shown.h"
#include "lavavisord/ctl.h"
#include "lavavisord/health.h"
#include "lavavisord/install.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/manifest.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/readiness.h"
#include "lavavisord/services.h"
#include "lavavisord/show.h"
#include "lavavisord/show_service.h"
#include "lavavisord/shown.h"

#define PATH_SIZE	1200

static json_t	*exits(const struct service *);
static json_t	*moment(int64_t);
static json_t	*or_null(const char *);
static void	put_account(json_t *, const struct config_service *);
static void	put_binary(json_t *, const struct service *);
static void	put_checks(json_t *, const struct service *);
static void	put_no_file(json_t *);
static void	put_run(json_t *, const struct service *);
static json_t	*whole(const struct service *);

static json_t *
or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_string(text) :
	    json_null();
}

/* A time of the monotonic clock, which people cannot read; 0 none */
static json_t *
moment(int64_t ms)
{
	char	 text[64];

	if (ms == 0)
		return json_null();
	return json_string(clock_text((clock_unix_ms() + ms - clock_ms()) /
	    1000 * 1000, text, sizeof(text)));
}

static json_t *
exits(const struct service *s)
{
	const struct service_exit	*e;
	json_t				*list = shown_list();
	char				 text[64];
	uint32_t			 i;

	for (i = 0; i < s->exits_count; i++) {
		e = &s->exits[i];
		shown_add(list, json_pack("{s:s, s:o, s:i, s:o}",
		    "ended", clock_text(e->ended_s * 1000, text,
		    sizeof(text)),
		    "ran_s", e->ran_ms >= 0 ? json_integer(e->ran_ms / 1000) :
		    json_null(),
		    "pid", (int)e->pid,
		    "exit", show_exit(e->kind, e->value)));
	}
	return list;
}

static void
put_run(json_t *o, const struct service *s)
{
	const struct msg_service_state	*state = &s->state;

	shown_text(o, "wanted", s->want_given == WANT_DOWN ? "down" : "up");
	shown_put(o, "started", state->pid != 0 ? moment(state->started_ms) :
	    json_null());
	shown_put(o, "next_start", state->state == SERVICE_BACKOFF ||
	    state->state == SERVICE_FAILED ? moment(state->due_ms) :
	    json_null());
	shown_count(o, "failures", state->failures);
	shown_bool(o, "restart_pending", s->pending);
	shown_put(o, "exits", exits(s));
	shown_put(o, "passphrase", passphrase_show(s));
}

/* No file of ours: what a program looks for is null, not away. */
static void
put_no_file(json_t *o)
{
	static const char *const	 names[] = { "sha256", "how", "key",
	    "installed", "damaged" };
	size_t				 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		shown_put(o, names[i], json_null());
}

/* What it executes: with a version, the file of that version. */
static void
put_binary(json_t *o, const struct service *s)
{
	const struct installed	*i = NULL;
	char			 path[PATH_SIZE], when[64];

	shown_words(o, "command", s->conf->argv, s->conf->argc);
	if (!s->conf->is_lavap) {
		shown_text(o, "program", s->conf->argv[0]);
		put_no_file(o);
		return;
	}
	if (s->has_version) {
		install_path(&s->version, path, sizeof(path));
		shown_text(o, "program", path);
		i = install_find(&s->version);
	} else
		shown_put(o, "program", json_null());
	if (i == NULL) {
		put_no_file(o);
		return;
	}
	shown_text(o, "sha256", i->manifest.sha256);
	shown_text(o, "how", manifest_how_name(i->manifest.how));
	shown_put(o, "key", or_null(i->manifest.key));
	shown_text(o, "installed", clock_text(i->manifest.time_s * 1000,
	    when, sizeof(when)));
	shown_put(o, "damaged", or_null(i->damaged ? i->why : ""));
}

static void
put_account(json_t *o, const struct config_service *c)
{
	struct group	*gr;
	char		 text[64];

	snprintf(text, sizeof(text), "%u", (unsigned int)c->uid);
	shown_text(o, "user", c->user_name != NULL ? c->user_name : text);
	gr = getgrgid(c->gid);
	snprintf(text, sizeof(text), "%u", (unsigned int)c->gid);
	shown_text(o, "group", gr != NULL ? gr->gr_name : text);
}

static void
put_checks(json_t *o, const struct service *s)
{
	int64_t	 took = readiness_took_ms(s);

	shown_put(o, "ready_after_ms", took >= 0 ? json_integer(took) :
	    json_null());
	shown_put(o, "ready_error", s->state.pid != 0 ?
	    or_null(readiness_why(s)) : json_null());
	shown_put(o, "health_error", s->state.pid != 0 ?
	    or_null(health_why(s)) : json_null());
}

static json_t *
whole(const struct service *s)
{
	const struct config_service	*c = s->conf;
	struct name_choice		 choice;
	json_t				*list, *o;
	char				 path[PATH_SIZE];

	services_name(&choice, c->name);
	list = show_services(&choice, 1);
	o = json_incref(json_array_get(list, 0));
	json_decref(list);
	put_run(o, s);
	put_binary(o, s);
	put_checks(o, s);
	put_account(o, c);
	shown_text(o, "directory", c->directory);
	snprintf(path, sizeof(path), "%s/services/logs/%s.log",
	    env.places.directory, c->name);
	shown_text(o, "log", path);
	shown_text(o, "file", c->file);
	shown_put(o, "definition", config_service_shown(c));
	return o;
}

void
show_service_whole(struct client *c, const struct msg_request *m)
{
	struct name_choice	 choice;
	struct service		*s;
	char			 text[TEXT_SIZE];

	services_name(&choice, m->name);
	if ((s = service_next_meant(NULL, &choice)) == NULL)
		services_none(&choice, text, sizeof(text));
	else if (service_next_meant(s, &choice) != NULL)
		snprintf(text, sizeof(text), "\"%s\" is more than one "
		    "service: `show services` lists them", m->name);
	else {
		client_answer(c, whole(s));
		client_end(c, CTL_DONE, "%s", "");
		return;
	}
	client_end(c, CTL_FAILED, "%s", text);
}
