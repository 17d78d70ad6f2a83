#include <sys/types.h>

#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/version.h"
#include "lavavisord/clock.h"
#include "lavavisord/config_shown.h"
#include "lavavisord/ctl.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/services.h"
#include "lavavisord/show_config.h"
#include "lavavisord/shown.h"

/* As much as a client that reads at its own pace is sure to get */
#define ANSWER_MOST	(2 * 1024 * 1024)

static int64_t	 since_ms;

static json_t	*show_daemon(void);

void
show_config_begin(void)
{
	since_ms = clock_unix_ms();
}

static json_t *
show_daemon(void)
{
	struct passwd	*pw;
	json_t		*o = shown_object(), *sockets = shown_object();
	char		 text[1200];

	shown_put(o, "pid", json_integer(getpid()));
	shown_text(o, "version", LAVAVISORD_VERSION);
	shown_text(o, "since", clock_text(since_ms, text, sizeof(text)));
	pw = getpwuid(geteuid());
	snprintf(text, sizeof(text), "uid %u", (unsigned int)geteuid());
	shown_text(o, "user", pw != NULL ? pw->pw_name : text);
	shown_text(o, "directory", env.places.directory);
	shown_text(o, "config", env.places.conf);
	snprintf(text, sizeof(text), "%s/admin.sock", env.places.sockets);
	shown_text(sockets, "admin", text);
	snprintf(text, sizeof(text), "%s/show.sock", env.places.sockets);
	shown_text(sockets, "show", text);
	shown_put(o, "sockets", sockets);
	return o;
}

void
show_config(struct client *c, const struct msg_request *m)
{
	struct name_choice	 choice;
	struct service		*s = NULL;
	json_t			*o, *services;
	char			*text, none[TEXT_SIZE];
	int			 whole;

	services_name(&choice, m->name[0] == '\0' ? "all" : m->name);
	whole = choice.kind == NAME_ALL;
	if (!whole && service_next_meant(NULL, &choice) == NULL) {
		services_none(&choice, none, sizeof(none));
		client_end(c, CTL_FAILED, "%s", none);
		return;
	}
	o = shown_object();
	services = shown_object();
	shown_put(o, "daemon", show_daemon());
	if (whole)
		shown_put(o, "config", config_shown(env.conf));
	if (m->name[0] != '\0' || m->number != 0)
		while ((s = service_next_meant(s, &choice)) != NULL)
			shown_put(services, s->conf->name,
			    config_service_shown(s->conf));
	shown_put(o, "services", services);
	if ((text = json_dumps(o, JSON_COMPACT)) == NULL)
		fatalx("out of memory for an answer");
	json_decref(o);
	if (strlen(text) > ANSWER_MOST)
		client_end(c, CTL_FAILED, "%zu services are too many for one "
		    "answer: ask for one by its name",
		    env.conf->services_count);
	else {
		client_line(c, text);
		client_end(c, CTL_DONE, "%s", "");
	}
	free(text);
}
