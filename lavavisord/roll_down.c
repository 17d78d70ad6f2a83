#include <sys/types.h>
#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/readiness.h"
#include "lavavisord/roll.h"
#include "lavavisord/roll_own.h"
#include "lavavisord/services.h"

/* From one try to the next, doubling, ms */
#define FIRST_MS	5000
#define LAST_MS		(10 * 60 * 1000)

/*
 * A service that is not even up on the version it had.  Its own policy starts
 * it again as a rule; when that has given up, this has not.
 */
struct down {
	TAILQ_ENTRY(down)	 entry;
	struct service		*service;
	struct event		*timer;
	int64_t			 pause_ms;
};

static TAILQ_HEAD(, down)	 downs = TAILQ_HEAD_INITIALIZER(downs);
static struct event_base	*base;

static struct down *find(const struct service *);
static void	 forget(struct down *);
static void	 again(evutil_socket_t, short, void *);

void
roll_down_init(struct event_base *b)
{
	base = b;
}

static struct down *
find(const struct service *s)
{
	struct down	*d;

	TAILQ_FOREACH(d, &downs, entry)
		if (d->service == s)
			return d;
	return NULL;
}

void
roll_down_add(struct service *s)
{
	struct down	*d;

	if (find(s) != NULL || s->conf == NULL)
		return;
	if ((d = calloc(1, sizeof(*d))) == NULL ||
	    (d->timer = evtimer_new(base, again, d)) == NULL)
		fatalx("out of memory for a service that is down");
	d->service = s;
	d->pause_ms = FIRST_MS;
	TAILQ_INSERT_TAIL(&downs, d, entry);
	clock_timer(d->timer, d->pause_ms);
}

static void
forget(struct down *d)
{
	TAILQ_REMOVE(&downs, d, entry);
	event_free(d->timer);
	free(d);
}

void
roll_down_remove(const struct service *s)
{
	struct down	*d;

	if ((d = find(s)) == NULL)
		return;
	if (s->conf != NULL && readiness_counts(s))
		log_info("service %s is back", s->conf->name);
	forget(d);
}

static void
again(evutil_socket_t fd, short what, void *arg)
{
	struct down		*d = arg;
	struct service		*s = d->service;
	struct journal_service	*j;

	(void)fd;
	(void)what;
	j = s->conf != NULL ? journal_service(&env.journal, s->conf->name) :
	    NULL;
	if (j == NULL || j->want == WANT_DOWN) {
		forget(d);
		return;
	}
	if (s->state.pid == 0 && !env.stopping && !roll_in_motion(s) &&
	    (s->state.state == SERVICE_STOPPED ||
	    s->state.state == SERVICE_FAILED)) {
		log_warnx("service %s is still down after the rollback: it is "
		    "started again", s->conf->name);
		service_want(s, WANT_UP);
	}
	d->pause_ms = d->pause_ms * 2 < LAST_MS ? d->pause_ms * 2 : LAST_MS;
	clock_timer(d->timer, d->pause_ms);
}

int
roll_down_text(char *text, size_t size)
{
	struct down	*d;

	text[0] = '\0';
	TAILQ_FOREACH(d, &downs, entry) {
		if (d->service->conf == NULL)
			continue;
		if (text[0] != '\0')
			strlcat(text, " ", size);
		strlcat(text, d->service->conf->name, size);
	}
	return text[0] != '\0';
}

json_t *
roll_down_report(void)
{
	struct down	*d;
	json_t		*list;

	if ((list = json_array()) == NULL)
		fatalx("out of memory");
	TAILQ_FOREACH(d, &downs, entry)
		if (d->service->conf != NULL && json_array_append_new(list,
		    json_string(d->service->conf->name)) == -1)
			fatalx("out of memory");
	return list;
}
