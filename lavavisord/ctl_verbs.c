#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/ctl.h"
#include "lavavisord/ctl_feeds.h"
#include "lavavisord/ctl_wait.h"
#include "lavavisord/explain.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/nodes.h"
#include "lavavisord/offline.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/reexec.h"
#include "lavavisord/reload.h"
#include "lavavisord/roll.h"
#include "lavavisord/services.h"
#include "lavavisord/show.h"
#include "lavavisord/show_check.h"
#include "lavavisord/show_config.h"
#include "lavavisord/show_installed.h"
#include "lavavisord/show_service.h"
#include "lavavisord/shutdown.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_orders.h"
#include "lavavisord/upgrade_prepare.h"

/* Bytes of names in an error that lists them */
#define NAMES_SHOWN	300

static void	do_log(struct client *, const struct msg_request *);
static void	do_nodes_forget(struct client *, const struct msg_request *);
static void	do_reexec(struct client *, const struct msg_request *);
static void	do_reload(struct client *, const struct msg_request *);
static void	do_restart(struct client *, const struct msg_request *);
static void	do_show_nodes(struct client *, const struct msg_request *);
static void	do_show_sandbox(struct client *, const struct msg_request *);
static void	do_show_services(struct client *, const struct msg_request *);
static void	do_show_upgrades(struct client *, const struct msg_request *);
static void	do_show_versions(struct client *, const struct msg_request *);
static void	do_shutdown(struct client *, const struct msg_request *);
static void	do_start(struct client *, const struct msg_request *);
static void	do_stop(struct client *, const struct msg_request *);
static void	do_upgrade_check(struct client *, const struct msg_request *);
static struct service *locked_one(const struct name_choice *);
static void	log_rotated(struct service *);
static void	log_rotated_each(struct client *, void *);
static void	order(struct client *, const struct msg_request *,
		    enum service_want);
static struct service *only_one(struct client *, const char *);
static int	order_one(struct service *, enum service_want);
static void	refuse_name(struct client *, const struct name_choice *);

verb_handler
verb_find(uint32_t verb)
{
	static const verb_handler	 handlers[VERBS] = {
		[VERB_SHOW_SERVICES] = do_show_services,
		[VERB_SHOW_VERSIONS] = do_show_versions,
		[VERB_SHOW_NODES] = do_show_nodes,
		[VERB_SHOW_UPGRADES] = do_show_upgrades,
		[VERB_SHOW_SANDBOX] = do_show_sandbox,
		[VERB_SHOW_CONFIG] = show_config,
		[VERB_SHOW_HISTORY] = ctl_history,
		[VERB_MONITOR] = ctl_monitor,
		[VERB_SHOW_SERVICE] = show_service_whole,
		[VERB_CHECK] = show_check,
		[VERB_WAIT] = ctl_wait,
		[VERB_UPGRADE_CHECK] = do_upgrade_check,
		[VERB_START] = do_start,
		[VERB_STOP] = do_stop,
		[VERB_RESTART] = do_restart,
		[VERB_UPGRADE_NOW] = order_now,
		[VERB_RELOAD] = do_reload,
		[VERB_LOG] = do_log,
		[VERB_SHUTDOWN] = do_shutdown,
		[VERB_REEXEC] = do_reexec,
		[VERB_HOLD] = order_hold,
		[VERB_RESUME] = order_resume,
		[VERB_APPROVE] = order_approve,
		[VERB_UPGRADE_TO] = order_to,
		[VERB_UPGRADE_ROLLBACK] = order_rollback,
		[VERB_PIN] = order_pin,
		[VERB_UNPIN] = order_unpin,
		[VERB_NODES_FORGET] = do_nodes_forget,
		[VERB_INSTALL] = offline_install,
		[VERB_UPGRADE_PREPARE] = order_prepare,
		[VERB_UNLOCK] = passphrase_unlock,
		[VERB_LOCK] = passphrase_lock
	};

	return verb < VERBS ? handlers[verb] : NULL;
}

static void
refuse_name(struct client *c, const struct name_choice *choice)
{
	char	 text[TEXT_SIZE];

	services_none(choice, text, sizeof(text));
	client_end(c, CTL_FAILED, "%s", text);
}

static void
do_show_services(struct client *c, const struct msg_request *m)
{
	struct name_choice	 choice;

	services_name(&choice, m->name[0] == '\0' ? "all" : m->name);
	if (choice.kind != NAME_ALL && service_next_meant(NULL, &choice) ==
	    NULL) {
		refuse_name(c, &choice);
		return;
	}
	client_answer(c, show_services(&choice, m->number != 0));
	client_end(c, CTL_DONE, "%s", "");
}

static void
do_show_versions(struct client *c, const struct msg_request *m)
{
	if (m->number != 0) {
		show_verified(c);
		return;
	}
	client_answer(c, show_versions());
	client_end(c, CTL_DONE, "%s", "");
}

static void
do_show_nodes(struct client *c, const struct msg_request *m)
{
	(void)m;
	client_answer(c, nodes_show());
	client_end(c, CTL_DONE, "%s", "");
}

static void
do_show_upgrades(struct client *c, const struct msg_request *m)
{
	unsigned long long	 id;
	json_t			*o;
	char			*end;

	if (m->argument[0] == '\0') {
		explain_upgrades(c, m);
		return;
	}
	errno = 0;
	id = strtoull(m->argument, &end, 10);
	if (!isdigit((unsigned char)m->argument[0]) || *end != '\0' ||
	    errno != 0) {
		client_end(c, CTL_USAGE, "\"%s\" is no number of an upgrade",
		    m->argument);
		return;
	}
	if ((o = upgrade_show_one(id)) == NULL) {
		client_end(c, CTL_FAILED, "there is no upgrade %llu, or it is "
		    "not remembered any more: `show upgrades` has those that "
		    "are", id);
		return;
	}
	client_answer(c, o);
	client_end(c, CTL_DONE, "%s", "");
}

static void
do_show_sandbox(struct client *c, const struct msg_request *m)
{
	(void)m;
	client_answer(c, show_sandbox());
	client_end(c, CTL_DONE, "%s", "");
}

/* 1 if there was something to do */
static int
order_one(struct service *s, enum service_want want)
{
	struct journal_service	*j;
	int			 before;

	if ((j = journal_service_add(&env.journal, s->conf->name)) == NULL)
		return 0;
	before = j->want;
	j->want = want == WANT_DOWN ? WANT_DOWN : WANT_UP;
	if (want == WANT_DOWN && before == WANT_DOWN && s->state.pid == 0 &&
	    s->state.state == SERVICE_STOPPED)
		return 0;
	if (want == WANT_UP && before == WANT_UP && s->state.state ==
	    SERVICE_RUNNING && s->state.want == WANT_UP)
		return 0;
	roll_operator_took(s);
	if (want != WANT_DOWN)
		passphrase_retry(s);
	service_want(s, want);
	return 1;
}

/* The first that a restart would only stop, or NULL */
static struct service *
locked_one(const struct name_choice *choice)
{
	struct service	*s = NULL;

	while ((s = service_next_meant(s, choice)) != NULL)
		if (s->state.pid != 0 && (service_is_locked(s) ||
		    passphrase_is_coming(s)))
			return s;
	return NULL;
}

static void
order(struct client *c, const struct msg_request *m, enum service_want want)
{
	struct name_choice	 choice;
	struct service		*s = NULL;
	int			 done = 0;

	if (env.stopping) {
		client_end(c, CTL_FAILED, "the daemon is stopping");
		return;
	}
	if (!client_may_stay(c)) {
		client_end(c, CTL_FAILED, "too many clients wait already");
		return;
	}
	services_name(&choice, m->name);
	if (choice.kind != NAME_ALL && service_next_meant(NULL, &choice) ==
	    NULL) {
		refuse_name(c, &choice);
		return;
	}
	if (want == WANT_RESTART && (s = locked_one(&choice)) != NULL) {
		client_end(c, CTL_FAILED, "%s could not be started again, so "
		    "nothing is restarted: %s%s", s->conf->name,
		    service_is_locked(s) ? "it is locked: " :
		    "its passphrase is being read", service_locked_why(s));
		return;
	}
	while ((s = service_next_meant(s, &choice)) != NULL)
		done += order_one(s, want);
	journal_keep();
	if (!done)
		client_end(c, CTL_NOTHING, "%s: already %s", m->name,
		    want == WANT_DOWN ? "stopped" : "running");
	else
		ctl_wait_order(c);
}

static void
do_start(struct client *c, const struct msg_request *m)
{
	order(c, m, WANT_UP);
}

static void
do_stop(struct client *c, const struct msg_request *m)
{
	order(c, m, WANT_DOWN);
}

static void
do_restart(struct client *c, const struct msg_request *m)
{
	order(c, m, WANT_RESTART);
}

static void
do_upgrade_check(struct client *c, const struct msg_request *m)
{
	(void)m;
	explain_check(c);
}

static void
do_reload(struct client *c, const struct msg_request *m)
{
	char	 text[CONFIG_ERROR_SIZE];
	json_t	*what = NULL;

	switch (reload(m->number != 0, &what, text, sizeof(text))) {
	case -1:
		client_end(c, CTL_FAILED, "%s", text);
		break;
	case 0:
		client_end(c, CTL_NOTHING, "%s", text);
		break;
	default:
		client_answer(c, what);
		client_end(c, CTL_DONE, "%s", text);
		break;
	}
}

/* A log is of one service: which of several is for the operator to say. */
static struct service *
only_one(struct client *c, const char *name)
{
	struct name_choice	 choice;
	struct service		*one, *s;
	char			 text[TEXT_SIZE];

	services_name(&choice, name);
	if ((one = service_next_meant(NULL, &choice)) == NULL) {
		refuse_name(c, &choice);
		return NULL;
	}
	if ((s = service_next_meant(one, &choice)) == NULL)
		return one;
	strlcpy(text, one->conf->name, sizeof(text));
	for (; s != NULL; s = service_next_meant(s, &choice)) {
		if (strlen(text) + strlen(s->conf->name) > NAMES_SHOWN) {
			strlcat(text, ", ...", sizeof(text));
			break;
		}
		strlcat(text, ", ", sizeof(text));
		strlcat(text, s->conf->name, sizeof(text));
	}
	client_end(c, CTL_FAILED, "\"%s\" is more than one service, name one "
	    "of: %s", name, text);
	return NULL;
}

static void
do_log(struct client *c, const struct msg_request *m)
{
	struct service	*s;
	int		 fd;

	if ((s = only_one(c, m->name)) == NULL)
		return;
	if ((fd = service_log_open(s)) == -1) {
		client_end(c, CTL_FAILED, "%s: its log cannot be opened",
		    s->conf->name);
		return;
	}
	client_file(c, "log", fd);
	if (m->number == 0) {
		client_end(c, CTL_DONE, "%s", "");
		return;
	}
	/* It follows: new files are sent until it leaves. */
	if (client_stays(c, "", NULL) == 0)
		services_on_rotate(log_rotated);
}

static void
log_rotated_each(struct client *c, void *arg)
{
	struct name_choice	 choice;
	struct service		*s = arg;
	int			 fd;

	services_name(&choice, client_request(c)->name);
	if (service_is_meant(s, &choice) &&
	    (fd = service_log_open(s)) != -1)
		client_file(c, "rotated", fd);
}

static void
log_rotated(struct service *s)
{
	if (s->conf != NULL)
		clients_each(VERB_LOG, log_rotated_each, s);
}

static void
do_shutdown(struct client *c, const struct msg_request *m)
{
	if (m->number != 0 && getpid() == 1) {
		client_end(c, CTL_FAILED, "the daemon is pid 1 here: its end "
		    "ends all services, so they cannot run on");
		return;
	}
	if (m->number != 0) {
		client_end(c, CTL_DONE, "the daemon leaves, services run on");
		shutdown_begin(1);
		return;
	}
	client_stays(c, "", NULL);
	shutdown_begin(0);
}

static void
do_reexec(struct client *c, const struct msg_request *m)
{
	(void)m;
	reexec_begin(c);
}

static void
do_nodes_forget(struct client *c, const struct msg_request *m)
{
	char	 text[TEXT_SIZE];

	if (!nodes_forget(text, sizeof(text))) {
		client_end(c, CTL_NOTHING, "%s", text);
		return;
	}
	log_info("uid %u: %s", m->uid, text);
	client_end(c, CTL_DONE, "%s", text);
}
