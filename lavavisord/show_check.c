#include <sys/statvfs.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/binary.h"
#include "lavavisord/check_rule.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/ctl.h"
#include "lavavisord/decision.h"
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
#include "lavavisord/show_check.h"

#define PERFDATA_SIZE	512

/* How many of them, for perfdata */
struct counts {
	unsigned int	 services;
	unsigned int	 stopped;	/* by an order */
	unsigned int	 running;
	unsigned int	 ready;
	uint64_t	 restarts;
};

static void	add_perfdata(char *, const char *, ...)
		    __attribute__((__format__(__printf__, 2, 3)));
static void	answer(struct client *, struct check_report *,
		    const struct counts *, const char *);
static void	count(struct counts *, const struct check_service *,
		    const struct service *);
static void	look_at_chain(struct check_report *, char *);
static void	look_at_disk(struct check_report *, char *);
static void	look_at_rooms(struct check_report *);
static void	look_at_service(struct check_service *,
		    const struct service *);
static void	look_at_versions(struct check_report *);

static void
add_perfdata(char *perfdata, const char *fmt, ...)
{
	size_t	 used = strlen(perfdata);
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(perfdata + used, PERFDATA_SIZE - used, fmt, ap);
	va_end(ap);
}

static void
look_at_service(struct check_service *f, const struct service *s)
{
	const struct msg_service_state	*state = &s->state;

	memset(f, 0, sizeof(*f));
	f->name = s->conf->name;
	f->wanted = s->want_given != WANT_DOWN;
	f->state = state->state;
	f->again = state->again;
	f->soon = state->state == SERVICE_STOPPED && binary_is_pending(s);
	f->moving = roll_in_motion(s);
	f->finished = state->state == SERVICE_STOPPED && !f->soon &&
	    !state->again && s->reason[0] == '\0' &&
	    state->exit_kind == EXIT_CODE && state->exit_value == 0;
	f->ready = readiness_of(s);
	f->ready_due = readiness_is_due(s);
	f->unwell = health_why(s);
	f->locked = service_locked_why(s);
	f->reason = state->pid != 0 ? readiness_why(s) : s->reason;
}

static void
count(struct counts *n, const struct check_service *f,
    const struct service *s)
{
	n->services++;
	n->stopped += !f->wanted;
	n->running += f->state == SERVICE_RUNNING;
	n->ready += f->state == SERVICE_RUNNING && readiness_counts(s);
	n->restarts += s->state.restarts;
}

static void
look_at_chain(struct check_report *r, char *perfdata)
{
	struct nodes_count	 n;
	struct decision		 d;
	int			 i, followed = 0;

	decision_roles(&d);
	for (i = 0; i < DECIDE_ROLES; i++)
		if (d.role_has_services[i]) {
			followed = 1;
			check_role(r, decide_role_name((enum decide_role)i),
			    &d.role[i]);
		}
	nodes_count(&n);
	add_perfdata(perfdata, " nodes=%u;;;0 nodes_well=%u;;;0;%u", n.all,
	    n.well, n.all);
	/* Who follows no chain need not care. */
	if (followed)
		check_nodes(r, n.agreement, n.text, n.asked, n.well);
}

static void
look_at_versions(struct check_report *r)
{
	const struct installed	*list;
	const struct journal_bad *b;
	char			 v[SEMVER_SIZE];
	size_t			 i, n;

	for (i = 0; i < env.journal.bad_count; i++) {
		b = &env.journal.bad[i];
		if (b->until_s > clock_s())
			check_add(r, CHECK_WARNING, "%s is marked bad: %s",
			    semver_text(&b->version, v, sizeof(v)),
			    b->reason);
	}
	n = install_list(&list);
	for (i = 0; i < n; i++)
		if (list[i].damaged)
			check_add(r, CHECK_WARNING, "%s is damaged: %s",
			    semver_text(&list[i].version, v, sizeof(v)),
			    list[i].why);
}

static void
look_at_rooms(struct check_report *r)
{
	struct room_view	 view;
	int			 i;

	for (i = ROOM_PARENT + 1; i < ROOM_KINDS; i++) {
		rooms_view((enum room_kind)i, &view);
		if (view.other_build)
			check_add(r, CHECK_WARNING, "%s is of another build: "
			    "reexec needed", room_name((enum room_kind)i));
		else if (view.degraded)
			check_add(r, CHECK_WARNING, "%s keeps dying and stays "
			    "down for a while", room_name((enum room_kind)i));
	}
}

static void
look_at_disk(struct check_report *r, char *perfdata)
{
	struct statvfs	 fs;
	uint64_t	 left, all;

	if (env.journal_failed)
		check_add(r, CHECK_WARNING, "the journal cannot be written");
	if (fstatvfs(env.dir, &fs) == -1)
		return;
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	all = (uint64_t)fs.f_blocks * fs.f_frsize;
	check_disk(r, left, all);
	add_perfdata(perfdata, " disk_free=%" PRIu64 "B;;;0;%" PRIu64, left,
	    all);
}

static void
answer(struct client *c, struct check_report *r, const struct counts *n,
    const char *perfdata)
{
	char	 text[CHECK_LINE_SIZE + TEXT_SIZE];
	size_t	 len;

	/* What the last problem ends with */
	if ((len = strlen(r->text)) >= 2)
		r->text[len - 2] = '\0';
	if (r->problems == 0)
		snprintf(text, sizeof(text), "%u of %u services run, %u are "
		    "ready%s", n->running, n->services, n->ready,
		    n->stopped > 0 ? ", the others are stopped" : "");
	else if (r->left_out > 0)
		snprintf(text, sizeof(text), "%s; and %u more", r->text,
		    r->left_out);
	else
		strlcpy(text, r->text, sizeof(text));
	client_answer(c, json_pack("{s:s, s:s, s:s, s:i}",
	    "status", check_status_name(r->status), "text", text,
	    "perfdata", perfdata, "problems", (int)r->problems));
	client_end(c, (int)r->status, "%s", "");
}

void
show_check(struct client *c, const struct msg_request *m)
{
	struct name_choice	 choice;
	struct check_report	 r;
	struct check_service	 f;
	struct counts		 n;
	struct service		*s = NULL;
	char			 perfdata[PERFDATA_SIZE] = "", why[TEXT_SIZE];
	int			 named = m->name[0] != '\0';

	memset(&r, 0, sizeof(r));
	memset(&n, 0, sizeof(n));
	services_name(&choice, named ? m->name : "all");
	while ((s = service_next_meant(s, &choice)) != NULL) {
		look_at_service(&f, s);
		count(&n, &f, s);
		if (named)
			check_one_service(&r, &f);
		else
			check_service(&r, &f);
	}
	if (named && n.services == 0) {
		services_none(&choice, why, sizeof(why));
		check_add(&r, CHECK_UNKNOWN, "%s", why);
	}
	add_perfdata(perfdata, "services=%u;;;0 running=%u;;;0;%u "
	    "ready=%u;;;0;%u restarts=%" PRIu64 "c;;;0", n.services,
	    n.running, n.services, n.ready, n.services, n.restarts);
	if (!named) {
		look_at_chain(&r, perfdata);
		look_at_versions(&r);
		look_at_rooms(&r);
		look_at_disk(&r, perfdata);
	}
	answer(c, &r, &n, perfdata);
}
