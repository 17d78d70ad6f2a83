#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/binary.h"
#include "lavavisord/ctl.h"
#include "lavavisord/ctl_wait.h"
#include "lavavisord/readiness.h"
#include "lavavisord/services.h"
#include "lavavisord/show.h"

#define WAIT_MAX_S	86400
#define ORDER_MAX_MS	(10 * 60 * 1000)

enum verdict {
	NOT_YET,
	MET,
	FAILED
};

static void		look(struct client *, void *);
static enum verdict	judge(const struct service *,
			    const struct msg_request *);
static int		is_missing_still(struct client *);
static enum verdict	order_one(const struct service *, enum verb);
static int		state_is_known(const char *);
static void		timed_out(struct client *);
static enum verdict	wait_one(const struct service *,
			    const struct msg_request *);
static const char	*why_not(const struct service *,
			    const struct msg_request *);

/* What `wait NAME STATE` may ask for: any state, ready, version X.Y.Z */
static int
state_is_known(const char *what)
{
	struct semver	 v;
	uint32_t	 i;

	if (strcmp(what, "ready") == 0)
		return 1;
	if (strncmp(what, "version ", 8) == 0)
		return semver_parse(what + 8, &v) == 0;
	for (i = 0; i < SERVICE_STATES; i++)
		if (strcmp(what, service_state_name(i)) == 0)
			return 1;
	return 0;
}

void
ctl_wait(struct client *c, const struct msg_request *m)
{
	struct name_choice	 choice;
	char			 text[TEXT_SIZE];

	if (!state_is_known(m->argument)) {
		client_end(c, CTL_USAGE, "\"%s\" cannot be waited for: ready, "
		    "stopped, running, failed, version X.Y.Z can",
		    m->argument);
		return;
	}
	services_name(&choice, m->name);
	if (choice.kind != NAME_ALL && service_next_meant(NULL, &choice) ==
	    NULL) {
		services_none(&choice, text, sizeof(text));
		client_end(c, CTL_FAILED, "%s", text);
		return;
	}
	if (m->number < 0 || m->number > WAIT_MAX_S) {
		client_end(c, CTL_USAGE, "a wait may take up to %d s",
		    WAIT_MAX_S);
		return;
	}
	if (client_stays(c, "", NULL) == -1)
		return;
	client_timer(c, (m->number ? m->number : WAIT_MAX_S) * 1000,
	    timed_out);
	look(c, NULL);
}

static enum verdict
wait_one(const struct service *s, const struct msg_request *m)
{
	struct semver	 v;

	if (strcmp(m->argument, "ready") == 0)
		return s->state.state == SERVICE_RUNNING &&
		    readiness_counts(s) ? MET : NOT_YET;
	if (strncmp(m->argument, "version ", 8) == 0) {
		if (semver_parse(m->argument + 8, &v) == -1)
			return FAILED;
		return s->state.state == SERVICE_RUNNING && s->has_version &&
		    semver_compare(&s->version, &v) == 0 ? MET : NOT_YET;
	}
	return strcmp(m->argument, show_state(s)) == 0 ? MET : NOT_YET;
}

static enum verdict
order_one(const struct service *s, enum verb verb)
{
	/* Another order, or one that a reload has added since */
	if (verb == VERB_STOP && s->want_given != WANT_DOWN)
		return FAILED;
	if (verb == VERB_STOP)
		return s->state.pid == 0 && s->state.state == SERVICE_STOPPED ?
		    MET : NOT_YET;
	switch (s->state.state) {
	case SERVICE_RUNNING:
		return s->state.again ? NOT_YET : MET;
	case SERVICE_FAILED:
	case SERVICE_BACKOFF:
	case SERVICE_LOCKED:
		return FAILED;
	case SERVICE_STOPPED:
		/* It may not run yet: the reason says why. */
		if (binary_is_pending(s))
			return NOT_YET;
		if (s->state.again)
			return NOT_YET;
		/* No reason: it was started and has finished already. */
		return s->reason[0] == '\0' && s->state.exit_kind ==
		    EXIT_CODE && s->state.exit_value == 0 ? MET : FAILED;
	default:
		return NOT_YET;
	}
}

static enum verdict
judge(const struct service *s, const struct msg_request *m)
{
	if (m->verb == VERB_WAIT)
		return wait_one(s, m);
	/* What was said before the order arrived tells nothing. */
	return service_order_seen(s) ? order_one(s, (enum verb)m->verb) :
	    NOT_YET;
}

/*
 * To look at all of a thousand in each of their changes is a million looks: the
 * one that was missing last time is asked first.  Its slot + 1 is the mark.
 */
static int
is_missing_still(struct client *c)
{
	struct service	*s;
	uint32_t	 mark = *client_mark(c);

	return mark != 0 && (s = service_by_slot(mark - 1)) != NULL &&
	    s->conf != NULL && judge(s, client_request(c)) == NOT_YET;
}

static void
look(struct client *c, void *arg)
{
	const struct msg_request	*m = client_request(c);
	struct name_choice		 choice;
	struct service			*s = NULL;
	enum verdict			 v;
	int				 n = 0;

	(void)arg;
	if (is_missing_still(c))
		return;
	services_name(&choice, m->name);
	while ((s = service_next_meant(s, &choice)) != NULL) {
		n++;
		if ((v = judge(s, m)) == NOT_YET) {
			*client_mark(c) = s->slot + 1;
			return;
		}
		if (v == FAILED && m->verb == VERB_STOP) {
			client_end(c, CTL_FAILED, "%s is to run again: "
			    "something else was ordered meanwhile",
			    s->conf->name);
			return;
		}
		if (v == FAILED && m->verb != VERB_WAIT) {
			client_end(c, CTL_FAILED, "%s: %s%s%s", s->conf->name,
			    show_state(s), s->reason[0] ? ": " : "",
			    s->reason);
			return;
		}
	}
	if (n == 0 && m->verb == VERB_WAIT)
		client_end(c, CTL_FAILED, "%s is no longer a service",
		    m->name);
	else
		client_end(c, CTL_DONE, "%s", "");
}

/* What keeps it from being so, as far as that is known; "" not */
static const char *
why_not(const struct service *s, const struct msg_request *m)
{
	static char	 text[SEMVER_SIZE];

	if (s->state.pid == 0)
		return s->reason;
	if (strcmp(m->argument, "ready") == 0)
		return readiness_why(s);
	if (strncmp(m->argument, "version ", 8) == 0 && s->has_version)
		return semver_text(&s->version, text, sizeof(text));
	return "";
}

static void
timed_out(struct client *c)
{
	const struct msg_request	*m = client_request(c);
	struct name_choice		 choice;
	struct service			*s;
	const char			*why;
	uint32_t			 mark = *client_mark(c);

	services_name(&choice, m->name);
	s = mark != 0 ? service_by_slot(mark - 1) : NULL;
	if (s == NULL || s->conf == NULL)
		s = service_by_name(m->name);
	if (s == NULL || s->conf == NULL)
		client_end(c, CTL_FAILED, "%s: not %s in time", m->name,
		    m->argument[0] ? m->argument : "done");
	else {
		why = why_not(s, m);
		client_end(c, CTL_FAILED, "%s: not %s in time, %s is %s%s%s",
		    m->name, m->argument[0] ? m->argument : "done",
		    choice.kind == NAME_ONE ? "it" : s->conf->name,
		    show_state(s), why[0] != '\0' ? ": " : "", why);
	}
}

void
ctl_wait_order(struct client *c)
{
	if (client_stays(c, "", NULL) == -1)
		return;
	client_timer(c, ORDER_MAX_MS, timed_out);
	/* The order is under way: its effect comes as an event. */
}

void
ctl_wait_look(void)
{
	clients_each(VERB_WAIT, look, NULL);
	clients_each(VERB_START, look, NULL);
	clients_each(VERB_STOP, look, NULL);
	clients_each(VERB_RESTART, look, NULL);
}
