#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "common/channel.h"
#include "common/log.h"
#include "common/message.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/passphrase_own.h"
#include "lavavisord/readiness.h"
#include "lavavisord/reexec.h"
#include "lavavisord/rooms.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"

#define LEARN_MS	10000	/* of what is in the pipe already */

/* On the way to a reexec */
enum pause {
	PAUSE_NONE,
	PAUSE_ASKED,		/* or will be once it is ready */
	PAUSE_DONE		/* it is silent */
};

static void	keeper_dispatch(struct channel *, struct imsg *);
static void	keeper_ended(const struct msg_keeper_ended *);
static void	keeper_gone(const char *);
static void	keeper_holds(const struct msg_keeper_holds *);
static void	keeper_holds_end(void);
static void	keeper_learnt(const struct msg_keeper_learnt *, uint32_t);
static void	keeper_paused(void);
static void	keeper_ready(struct channel *);
static void	lost(struct service *);
static void	send_pending(struct service *);

static int		 awaiting;	/* what it holds will be said */
static enum pause	 paused;

void
keeper_begin(int fd, pid_t pid)
{
	static const struct room_user	 user = {
		keeper_ready, keeper_dispatch, keeper_gone
	};

	rooms_use(ROOM_KEEPER, &user);
	if (fd == -1)
		return;
	awaiting = 1;
	rooms_adopt(ROOM_KEEPER, pid, fd);
	passphrase_resume();
}

int
keeper_is_awaited(void)
{
	return awaiting;
}

int
keeper_is_up(void)
{
	return rooms_channel(ROOM_KEEPER) != NULL && !keeper_is_between();
}

int
keeper_is_between(void)
{
	return awaiting || paused != PAUSE_NONE;
}

/* It will not be there soon: 1, and nobody waits for it. */
int
keeper_is_away(struct service *s)
{
	struct room_view	 view;

	rooms_view(ROOM_KEEPER, &view);
	if (!view.degraded || view.pid != 0)
		return 0;
	source_failed(s, "the keeper of passphrases keeps dying: it stays "
	    "down for a while");
	return 1;
}

void
keeper_name(enum message_type type, const char *name)
{
	struct msg_keeper_name	 m;

	memset(&m, 0, sizeof(m));
	strlcpy(m.name, name, sizeof(m.name));
	if (paused == PAUSE_NONE)
		rooms_send(ROOM_KEEPER, type, 0, -1, &m);
}

void
keeper_run(enum message_type type, const struct service *s,
    uint64_t generation, int fd)
{
	struct msg_keeper_run	 m;

	memset(&m, 0, sizeof(m));
	strlcpy(m.name, s->name, sizeof(m.name));
	m.generation = generation;
	rooms_send(ROOM_KEEPER, type, 0, fd, &m);
	if (type == MSG_KEEPER_END)
		keeper_owes(0);
}

static void
keeper_ready(struct channel *ch)
{
	struct service	*s;

	(void)ch;
	if (awaiting)
		return;
	if (paused != PAUSE_NONE) {
		rooms_send(ROOM_KEEPER, MSG_KEEPER_PAUSE, 0, -1, NULL);
		return;
	}
	for (s = service_first(); s != NULL; s = service_next(s))
		send_pending(s);
	secret_begin_all();
}

/* What had to wait for the keeper */
static void
send_pending(struct service *s)
{
	struct passphrase	*p = s->passphrase;
	int			 fd;

	if (p == NULL || p->state != SECRET_COMING)
		return;
	if ((fd = p->fd) != -1) {
		p->fd = -1;
		secret_learn(s, fd, LEARN_MS);
	} else if (p->unsent)
		secret_obtain(s);
}

static void
keeper_gone(const char *why)
{
	struct room_view	 view;
	struct service		*s;
	char			 text[TEXT_SIZE];

	awaiting = 0;
	if (paused == PAUSE_DONE)
		paused = PAUSE_ASKED;
	rooms_view(ROOM_KEEPER, &view);
	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (s->passphrase == NULL)
			continue;
		if (s->passphrase->feeding != 0 && !readiness_counts(s))
			s->passphrase->cut = s->passphrase->feeding;
		s->passphrase->ending = s->passphrase->feeding = 0;
		lost(s);
		if (view.degraded && s->passphrase->state == SECRET_COMING) {
			snprintf(text, sizeof(text), "the keeper of "
			    "passphrases keeps dying: %s", why);
			source_failed(s, text);
		}
		secret_go_on(s);
	}
	reexec_step();
}

/* Nobody has it any more. */
static void
lost(struct service *s)
{
	struct passphrase	*p = s->passphrase;
	char			 why[TEXT_SIZE];

	/* At our own end it is ended, and nothing is lost by that. */
	if (services.stopping || secret_of(s) == NULL)
		return;
	p->was_held = 0;
	/* A keeper that is there in a moment is asked again. */
	if (p->state == SECRET_COMING && (p->fd != -1 || p->unsent))
		return;
	if (p->state == SECRET_LOCKED)
		return;
	if (source_is_lasting(s) && !p->typed) {
		source_cancel(p);
		p->state = SECRET_NONE;
		if (s->state.pid != 0 || s->start_held)
			secret_obtain(s);
		return;
	}
	snprintf(why, sizeof(why), "its passphrase is gone with the room that "
	    "kept it; `lavavisorctl unlock %s' takes it again", s->name);
	secret_locked(s, why);
}

static void
keeper_learnt(const struct msg_keeper_learnt *m, uint32_t order)
{
	struct passphrase	*p;
	struct service		*s;
	char			 why[TEXT_SIZE];

	if ((s = service_by_name(m->name)) == NULL ||
	    (p = s->passphrase) == NULL || p->state != SECRET_COMING ||
	    p->order != order)
		return;
	if (m->error[0] != '\0' && p->command != NULL) {
		/* How its command ends says more. */
		strlcpy(p->why, m->error, sizeof(p->why));
		return;
	}
	if (m->error[0] != '\0') {
		snprintf(why, sizeof(why), "no passphrase from %s: %.300s",
		    p->typed ? "lavavisorctl" : p->source, m->error);
		if (p->was_held)
			secret_not_taken(s, why);
		else if (p->typed)
			secret_locked(s, why);
		else
			source_failed(s, why);
		return;
	}
	p->learnt = 1;
	if (p->command == NULL)
		secret_held(s);
}

void
secret_not_taken(struct service *s, const char *why)
{
	struct passphrase	*p = s->passphrase;

	log_warnx("service %s: %s", s->name, why);
	p->state = SECRET_HELD;
	p->typed = p->was_held = 0;
	p->not_taken = 1;
	log_clean(p->why, sizeof(p->why), why);
	secret_go_on(s);
	orders_look(s);
}

static void
keeper_ended(const struct msg_keeper_ended *m)
{
	struct passphrase	*p;
	struct service		*s;

	if ((s = service_by_name(m->name)) == NULL ||
	    (p = s->passphrase) == NULL || p->ending != m->generation)
		return;
	p->ending = 0;
	if (p->state == SECRET_HELD)
		secret_judge(s, m->asked);
	secret_go_on(s);
}

static void
keeper_holds(const struct msg_keeper_holds *m)
{
	struct passphrase	*p;
	struct service		*s;

	if ((s = service_by_name(m->name)) == NULL ||
	    (p = secret_of(s)) == NULL || p->by_order) {
		keeper_name(MSG_KEEPER_FORGET, m->name);
		return;
	}
	p->state = SECRET_HELD;
	p->proven = m->proven;
	if (m->generation == 0)
		return;
	if (p->ending == m->generation)
		return;		/* keeper_holds_end() */
	if (s->state.pid == 0 || m->generation != s->generation) {
		keeper_run(MSG_KEEPER_END, s, m->generation, -1);
		return;
	}
	p->feeding = m->generation;
	if (readiness_counts(s))
		keeper_run(MSG_KEEPER_FED, s, m->generation, -1);
}

static void
keeper_holds_end(void)
{
	struct service	*s;

	awaiting = 0;
	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (s->passphrase == NULL)
			continue;
		/* Of one that it holds no more as well: it is waited for. */
		if (s->passphrase->ending != 0)
			keeper_run(MSG_KEEPER_END, s, s->passphrase->ending,
			    -1);
		/* What it was reading when it was paused it gave up. */
		if (s->passphrase->state == SECRET_COMING)
			lost(s);
		send_pending(s);
		secret_go_on(s);
	}
	secret_begin_all();
}

/* It may be called off by now. */
static void
keeper_paused(void)
{
	enum pause	 wanted = paused;

	rooms_rest(ROOM_KEEPER);
	paused = PAUSE_DONE;
	if (wanted == PAUSE_NONE)
		passphrase_resume();
	else
		reexec_step();
}

static void
keeper_dispatch(struct channel *ch, struct imsg *imsg)
{
	struct msg_keeper_learnt	 learnt;
	struct msg_keeper_ended		 ended;
	struct msg_keeper_holds		 holds;
	enum message_type		 type = imsg_get_type(imsg);

	switch (type) {
	case MSG_KEEPER_LEARNT:
		if (channel_read(ch, imsg, type, &learnt, sizeof(learnt)) ==
		    -1)
			break;
		keeper_learnt(&learnt, imsg_get_id(imsg));
		return;
	case MSG_KEEPER_ENDED:
		if (channel_read(ch, imsg, type, &ended, sizeof(ended)) == -1)
			break;
		keeper_ended(&ended);
		return;
	case MSG_KEEPER_PAUSED:
		keeper_paused();
		return;
	case MSG_KEEPER_HOLDS:
		if (channel_read(ch, imsg, type, &holds, sizeof(holds)) == -1)
			break;
		keeper_holds(&holds);
		return;
	case MSG_KEEPER_HOLDS_END:
		keeper_holds_end();
		return;
	default:
		log_warnx("keeper: unexpected %s message",
		    message_name(type));
		break;
	}
	rooms_kill(ROOM_KEEPER);
}

void
passphrase_pause(void)
{
	paused = PAUSE_ASKED;
	rooms_send(ROOM_KEEPER, MSG_KEEPER_PAUSE, 0, -1, NULL);
}

int
passphrase_is_paused(void)
{
	struct room_view	 view;

	rooms_view(ROOM_KEEPER, &view);
	return view.pid == 0 || paused == PAUSE_DONE;
}

void
passphrase_hand(int *fd, pid_t *pid)
{
	*fd = -1;
	*pid = 0;
	if (paused == PAUSE_DONE)
		rooms_hand(ROOM_KEEPER, fd, pid);
}

void
passphrase_resume(void)
{
	struct msg_keeper_resume	 m = { KEEPER_PROTOCOL };

	if (paused == PAUSE_DONE)
		awaiting = 1;
	paused = PAUSE_NONE;
	if (awaiting) {
		rooms_resume(ROOM_KEEPER, MSG_KEEPER_RESUME, &m);
		keeper_owes(0);
	}
}
