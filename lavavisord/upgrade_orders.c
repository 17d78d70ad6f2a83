#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/clock.h"
#include "lavavisord/ctl.h"
#include "lavavisord/decide.h"
#include "lavavisord/decision.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/nodes.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_orders.h"
#include "lavavisord/upgrade_record.h"

/* How long the nodes may take to answer before what is known must do, ms */
#define SAMPLE_MS	10000

/* What a client of an upgrade gets to see */
#define UPGRADE_EVENTS_SHOWN	\
	"chain decision fetch verify install roll commit rollback"

static int	fresh;		/* the order has seen a sample */
static int	ordered;	/* clients have said: now */

static void	check_answer(struct client *);
static void	check_answer_each(struct client *, void *);
static void	end_each(struct client *, void *);
static void	go_on(struct client *);
static void	nothing_each(struct client *, void *);
static void	now_each(struct client *, void *);
static void	now_gone(struct client *);
static void	nothing_text(const struct decision *, char *, size_t);

int
orders_waiting(void)
{
	return ordered;
}

void
upgrade_now(struct client *c)
{
	const char			*because;
	const struct upgrade_cell	*cell;

	if (upgrade_state() != UPGRADE_IDLE) {
		cell = upgrade_cell(upgrade_state(), EV_ORDER);
		if (cell->handling == CELL_REFUSE) {
			because = cell->because;
			client_end(c, CTL_FAILED, "%s", because);
			return;
		}
		/* Joins the one that is under way. */
		client_stays(c, UPGRADE_EVENTS_SHOWN, NULL);
		upgrade_feed(EV_ORDER, "");
		return;
	}
	if (client_stays(c, UPGRADE_EVENTS_SHOWN, now_gone) == -1)
		return;
	decision_available();
	fresh = 0;
	if (nodes_poll_now() == -1)
		go_on(c);
	else
		client_timer(c, SAMPLE_MS, go_on);
}

/* ^C detaches, and calls nothing off */
static void
now_gone(struct client *c)
{
	(void)c;
}

static void
go_on(struct client *c)
{
	(void)c;
	if (fresh)
		return;
	fresh = 1;
	ordered = 1;
	decision_order(1);
	upgrade_consider();
}

static void
check_answer_each(struct client *c, void *arg)
{
	(void)arg;
	check_answer(c);
}

static void
now_each(struct client *c, void *arg)
{
	(void)arg;
	go_on(c);
}

void
orders_sampled(void)
{
	clients_each(VERB_UPGRADE_CHECK, check_answer_each, NULL);
	if (upgrade_state() == UPGRADE_IDLE)
		clients_each(VERB_UPGRADE_NOW, now_each, NULL);
}

static void
nothing_text(const struct decision *d, char *text, size_t size)
{
	size_t	 len = 0;
	int	 i;

	text[0] = '\0';
	for (i = 0; i < DECIDE_ROLES && len < size; i++)
		if (d->role_has_services[i])
			len += (size_t)snprintf(text + len, size - len,
			    "%s%s services: %s%s%s", len ? "; " : "",
			    decide_role_name((enum decide_role)i),
			    decide_why_name(d->role[i].why),
			    d->role[i].text[0] ? ": " : "", d->role[i].text);
	if (text[0] == '\0')
		strlcpy(text, "no service follows the chain's versions", size);
}

static void
nothing_each(struct client *c, void *arg)
{
	const struct decision	*d = arg;
	char			 text[TEXT_SIZE];
	int			 i, failed = 0;

	for (i = 0; i < DECIDE_ROLES; i++)
		failed |= d->role_has_services[i] &&
		    d->role[i].why != WHY_UP_TO_DATE;
	nothing_text(d, text, sizeof(text));
	client_end(c, failed ? CTL_FAILED : CTL_NOTHING, "%s", text);
}

void
orders_nothing(const struct decision *d)
{
	struct decision	 copy = *d;

	if (!ordered)
		return;
	ordered = 0;
	decision_order(0);
	clients_each(VERB_UPGRADE_NOW, nothing_each, &copy);
}

static void
end_each(struct client *c, void *arg)
{
	const char	*outcome = arg;

	if (strcmp(outcome, "committed") == 0)
		client_end(c, CTL_DONE, "the upgrade is done");
	else
		client_end(c, CTL_FAILED, "the upgrade was %s: see `show "
		    "upgrades`", outcome);
}

void
orders_upgrade_ended(const char *outcome)
{
	ordered = 0;
	decision_order(0);
	clients_each(VERB_UPGRADE_NOW, end_each, (void *)outcome);
}

void
upgrade_check(struct client *c)
{
	if (client_stays(c, "", NULL) == -1)
		return;
	if (nodes_poll_now() == -1)
		check_answer(c);
	else
		client_timer(c, SAMPLE_MS, check_answer);
}

static void
check_answer(struct client *c)
{
	struct decision	 d;
	json_t		*list, *o;
	char		 v[SEMVER_SIZE], next[64], text[TEXT_SIZE];
	int		 i, due = 0, unknown = 0;

	decision_roles(&d);
	if ((list = json_array()) == NULL)
		fatalx("out of memory");
	for (i = 0; i < DECIDE_ROLES; i++) {
		if (!d.role_has_services[i])
			continue;
		due |= d.role[i].why != WHY_UP_TO_DATE;
		unknown |= d.role[i].why == WHY_UNREACHABLE;
		if (d.role[i].next_s != 0)
			clock_text(d.role[i].next_s * 1000, next,
			    sizeof(next));
		o = json_pack("{s:s, s:o, s:s, s:s, s:o}",
		    "role", decide_role_name((enum decide_role)i),
		    "want", d.role[i].has_version ? json_string(semver_text(
		    &d.role[i].version, v, sizeof(v))) : json_null(),
		    "why", decide_why_name(d.role[i].why),
		    "text", d.role[i].text,
		    "next", d.role[i].next_s ? json_string(next) :
		    json_null());
		if (o == NULL || json_array_append_new(list, o) == -1)
			fatalx("out of memory");
	}
	nothing_text(&d, text, sizeof(text));
	client_answer(c, list);
	client_end(c, unknown ? CTL_FAILED : due ? CTL_DONE : CTL_NOTHING,
	    "%s", text);
}
