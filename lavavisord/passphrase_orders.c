#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/config.h"
#include "lavavisord/ctl.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/passphrase_own.h"
#include "lavavisord/rooms.h"
#include "lavavisord/services.h"

#define TYPED_MS	10000	/* to the end of the client's pipe */

static int	any_meant(struct client *, const struct msg_request *);
static void	look(struct client *, void *);
static void	look_at_all(evutil_socket_t, short, void *);
static void	pipe_came(struct client *, enum verify_file, int);
static void	same(struct service *, const struct service *);

static struct event	*look_event;

void
orders_init(struct event_base *base)
{
	if ((look_event = event_new(base, -1, 0, look_at_all, NULL)) == NULL)
		fatalx("out of memory for events");
}

/* 1 if a service that needs one is meant; else the client has its answer. */
static int
any_meant(struct client *c, const struct msg_request *m)
{
	struct name_choice	 choice;
	struct service		*s = NULL;
	char			 text[TEXT_SIZE];
	int			 n = 0;

	if (env.stopping) {
		client_end(c, CTL_FAILED, "the daemon is stopping");
		return 0;
	}
	services_name(&choice, m->name);
	while ((s = service_next_meant(s, &choice)) != NULL) {
		n++;
		if (secret_of(s) != NULL)
			return 1;
	}
	if (n == 0) {
		services_none(&choice, text, sizeof(text));
		client_end(c, CTL_FAILED, "%s", text);
	} else
		client_end(c, CTL_FAILED, "%s: there is no `passphrase:' in "
		    "its definition, so it gets none", m->name);
	return 0;
}

void
passphrase_unlock(struct client *c, const struct msg_request *m)
{
	struct name_choice	 choice;
	struct passphrase	*p;
	struct service		*s = NULL;
	int			 n = 0, was_held;

	if (!any_meant(c, m))
		return;
	if (m->number != 0) {
		client_files(c, pipe_came);
		client_stays(c, "", NULL);
		return;
	}
	if (client_stays(c, "", NULL) == -1)
		return;
	services_name(&choice, m->name);
	while ((s = service_next_meant(s, &choice)) != NULL) {
		if ((p = secret_of(s)) == NULL || !source_is_lasting(s))
			continue;
		n++;
		/* What is held is better than what cannot be read. */
		was_held = p->state == SECRET_HELD;
		secret_cancel(s);
		p->was_held = was_held;
		p->why[0] = '\0';
		secret_obtain(s);
	}
	if (n == 0)
		client_end(c, CTL_FAILED, "%s: its passphrase can only be "
		    "typed", m->name);
	else
		event_active(look_event, 0, 0);
}

/* The first one learns it, the others from that. */
static void
pipe_came(struct client *c, enum verify_file which, int fd)
{
	const struct msg_request	*m = client_request(c);
	struct name_choice		 choice;
	struct passphrase		*p;
	struct service			*s = NULL, *first = NULL;
	int				 was_held;

	(void)which;
	client_files(c, NULL);
	services_name(&choice, m->name);
	while ((s = service_next_meant(s, &choice)) != NULL) {
		if ((p = secret_of(s)) == NULL)
			continue;
		was_held = p->state == SECRET_HELD;
		secret_cancel(s);
		p->state = SECRET_COMING;
		p->typed = 1;
		p->was_held = was_held;
		if (first == NULL) {
			first = s;
		} else
			p->same_as = first->slot + 1;
	}
	if (first != NULL)
		secret_learn(first, fd, TYPED_MS);
	else
		close(fd);
	event_active(look_event, 0, 0);
}

static void
same(struct service *s, const struct service *as)
{
	struct msg_keeper_same	 m;

	memset(&m, 0, sizeof(m));
	strlcpy(m.name, s->name, sizeof(m.name));
	strlcpy(m.as, as->name, sizeof(m.as));
	s->passphrase->same_as = 0;
	rooms_send(ROOM_KEEPER, MSG_KEEPER_SAME, secret_order(s->passphrase),
	    -1, &m);
	keeper_owes(0);
}

void
orders_look(struct service *of)
{
	struct service	*s;

	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (s->passphrase == NULL ||
		    s->passphrase->same_as != of->slot + 1)
			continue;
		if (of->passphrase->state == SECRET_HELD &&
		    !of->passphrase->not_taken)
			same(s, of);
		else if (s->passphrase->was_held) {
			s->passphrase->same_as = s->passphrase->was_held = 0;
			s->passphrase->state = SECRET_HELD;
		} else
			secret_locked(s, of->passphrase->why);
	}
	/* Not now: the caller may be in the midst of an order. */
	event_active(look_event, 0, 0);
}

static void
look_at_all(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	clients_each(VERB_UNLOCK, look, NULL);
}

/* Is all that it asked for decided? */
static void
look(struct client *c, void *arg)
{
	const struct msg_request	*m = client_request(c);
	struct name_choice		 choice;
	struct service			*s = NULL, *bad = NULL;
	int				 held = 0;

	(void)arg;
	if (client_has_files(c))
		return;
	services_name(&choice, m->name);
	while ((s = service_next_meant(s, &choice)) != NULL) {
		if (s->passphrase == NULL)
			continue;
		if (s->passphrase->state == SECRET_COMING)
			return;
		if (s->passphrase->state == SECRET_HELD &&
		    !s->passphrase->not_taken)
			held++;
		else if (bad == NULL)
			bad = s;
	}
	if (bad != NULL)
		client_end(c, CTL_FAILED, "%s: %s", bad->name,
		    bad->passphrase->why);
	else
		client_end(c, CTL_DONE, "%d service%s unlocked", held,
		    held == 1 ? " is" : "s are");
}

void
passphrase_lock(struct client *c, const struct msg_request *m)
{
	struct name_choice	 choice;
	struct passphrase	*p;
	struct service		*s = NULL;
	char			 why[TEXT_SIZE];
	int			 n = 0;

	if (!any_meant(c, m))
		return;
	services_name(&choice, m->name);
	while ((s = service_next_meant(s, &choice)) != NULL) {
		if ((p = secret_of(s)) == NULL || (p->by_order &&
		    p->state == SECRET_LOCKED))
			continue;
		n++;
		snprintf(why, sizeof(why), "locked by order; `lavavisorctl "
		    "unlock %s' takes its passphrase again", s->name);
		secret_locked(s, why);
		p->by_order = 1;
	}
	if (n == 0)
		client_end(c, CTL_NOTHING, "%s: already locked", m->name);
	else
		client_end(c, CTL_DONE, "%d service%s locked: what runs goes "
		    "on, and is not started again", n, n == 1 ? " is" :
		    "s are");
}
