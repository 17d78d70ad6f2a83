#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "compat/drained.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/events.h"
#include "lavavisord/hooks.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/passphrase_own.h"
#include "lavavisord/readiness.h"
#include "lavavisord/roll.h"
#include "lavavisord/rooms.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"

static void	keeper_wanted(void);
static int	source_is_new(const struct service *);
static char	*source_text(const struct config_service *);
static void	tell(const struct service *, const char *, const char *);
static void	unneeded(struct service *);

static int	 kept;		/* the keeper is wanted */

struct passphrase *
secret_of(struct service *s)
{
	struct passphrase	*p = s->passphrase;

	if (s->conf == NULL || s->conf->passphrase.source == PASSPHRASE_NONE)
		return NULL;
	if (p != NULL)
		return p;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("calloc");
	p->source = source_text(s->conf);
	p->fd = -1;
	s->passphrase = p;
	return p;
}

/* How it was configured, in one text */
static char *
source_text(const struct config_service *c)
{
	const struct config_passphrase	*p = &c->passphrase;
	char				 number[16] = "", *text;
	size_t				 i, size;

	if (p->source == PASSPHRASE_FD)
		snprintf(number, sizeof(number), " %d", p->fd);
	size = 64;
	for (i = 0; i < p->words_count; i++)
		size += strlen(p->words[i]) + 1;
	if ((text = calloc(1, size)) == NULL)
		fatal("calloc");
	snprintf(text, size, "%s%s", config_passphrase_name(p->source),
	    number);
	for (i = 0; i < p->words_count; i++) {
		strlcat(text, " ", size);
		strlcat(text, p->words[i], size);
	}
	return text;
}

void
passphrase_begin(struct event_base *base, int fd, pid_t pid)
{
	source_init(base);
	orders_init(base);
	watch_init(base);
	keeper_begin(fd, pid);
	keeper_wanted();
	secret_begin_all();
}

/* The keeper is there while anybody needs it. */
static void
keeper_wanted(void)
{
	struct service	*s;
	int		 any = 0;

	for (s = service_first(); s != NULL; s = service_next(s))
		any |= secret_of(s) != NULL;
	if (any && !kept)
		rooms_keep(ROOM_KEEPER);
	else if (!any)
		rooms_end(ROOM_KEEPER);
	kept = any;
}

/* What runs must not find out too late that it cannot be started again. */
void
secret_begin_all(void)
{
	struct passphrase	*p;
	struct service		*s;

	if (keeper_is_between())
		return;
	for (s = service_first(); s != NULL; s = service_next(s))
		if ((p = secret_of(s)) != NULL && p->state == SECRET_NONE &&
		    (s->state.pid != 0 || !source_is_lasting(s)))
			secret_obtain(s);
}

/* 1 if it was read in another way than is configured now. */
static int
source_is_new(const struct service *s)
{
	char	*text = source_text(s->conf);
	int	 differs = strcmp(text, s->passphrase->source) != 0;

	free(text);
	return differs;
}

int
passphrase_is_known(const struct service *s)
{
	if (s->conf->passphrase.source == PASSPHRASE_NONE)
		return 1;
	if (s->passphrase == NULL || passphrase_is_coming(s))
		return 0;
	return !source_is_lasting(s) || !source_is_new(s);
}

void
passphrase_reconfigured(void)
{
	struct passphrase	*p;
	struct service		*s;

	for (s = service_first(); s != NULL; s = service_next(s)) {
		if ((p = s->passphrase) == NULL || s->conf == NULL)
			continue;
		if (s->conf->passphrase.source == PASSPHRASE_NONE) {
			unneeded(s);
			continue;
		}
		if (!source_is_new(s))
			continue;
		free(p->source);
		p->source = source_text(s->conf);
		/* What is held is as good as what could be read anew. */
		if (p->state == SECRET_HELD && !source_is_lasting(s))
			continue;
		secret_forget(s);
		p->state = SECRET_NONE;
		secret_obtain(s);
	}
	keeper_wanted();
	secret_begin_all();
}

/* What was waiting for it, or was locked, can begin without. */
static void
unneeded(struct service *s)
{
	int	 was_locked = s->state.state == SERVICE_LOCKED;

	passphrase_free(s);
	if (s->start_held)
		secret_go_on(s);
	else if (s->state.pid == 0 && s->want_given != WANT_DOWN && was_locked)
		service_want(s, WANT_UP);
	else
		hooks_unlocked(s);
}

void
passphrase_free(struct service *s)
{
	struct passphrase	*p = s->passphrase;

	if (p == NULL)
		return;
	/* Others may be about to take it over. */
	if (p->state == SECRET_COMING) {
		p->state = SECRET_LOCKED;
		strlcpy(p->why, "it asks for none any more", sizeof(p->why));
		orders_look(s);
	}
	secret_forget(s);
	s->passphrase = NULL;
	free(p->source);
	free(p);
}

enum passphrase_may
passphrase_may_start(struct service *s, char *why, size_t size)
{
	struct passphrase	*p;

	if ((p = secret_of(s)) == NULL)
		return PASSPHRASE_GO;
	if (keeper_is_between() || p->ending != 0)
		return PASSPHRASE_LATER;
	if (p->state == SECRET_NONE)
		secret_obtain(s);
	switch (p->state) {
	case SECRET_HELD:
		return PASSPHRASE_GO;
	case SECRET_LOCKED:
		strlcpy(why, p->why, size);
		return PASSPHRASE_NEVER;
	default:
		return PASSPHRASE_LATER;
	}
}

/* A start that waits for an answer has one now. */
void
secret_go_on(struct service *s)
{
	if (s->start_held)
		start_again(s);
}

void
secret_obtain(struct service *s)
{
	struct passphrase	*p = secret_of(s);

	p->state = SECRET_COMING;
	p->by_order = 0;
	if (keeper_is_away(s))
		return;
	p->unsent = !keeper_is_up();
	if (!p->unsent)
		source_read(s);
}

uint32_t
secret_order(struct passphrase *p)
{
	static uint32_t	 last;

	return p->order = ++last;
}

void
secret_learn(struct service *s, int fd, uint32_t timeout_ms)
{
	struct passphrase	*p = secret_of(s);
	struct msg_keeper_learn	 m;

	p->state = SECRET_COMING;
	p->unsent = p->learnt = 0;
	if (keeper_is_away(s)) {
		close(fd);
		return;
	}
	if (!keeper_is_up()) {
		if (p->fd != -1)
			close(p->fd);
		p->fd = fd;
		return;
	}
	memset(&m, 0, sizeof(m));
	strlcpy(m.name, s->name, sizeof(m.name));
	m.timeout_ms = timeout_ms;
	rooms_send(ROOM_KEEPER, MSG_KEEPER_LEARN, secret_order(p), fd, &m);
	keeper_owes(timeout_ms);
}

void
secret_cancel(struct service *s)
{
	struct passphrase	*p = s->passphrase;

	source_cancel(p);
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
	p->same_as = p->order = 0;
	p->unsent = p->learnt = p->proven = p->typed = 0;
	p->was_held = p->not_taken = 0;
}

void
secret_forget(struct service *s)
{
	secret_cancel(s);
	keeper_name(MSG_KEEPER_FORGET, s->name);
}

void
secret_locked(struct service *s, const char *why)
{
	struct passphrase	*p = secret_of(s);

	if (p->state != SECRET_LOCKED || strcmp(p->why, why) != 0)
		tell(s, "locked", why);
	secret_forget(s);
	p->state = SECRET_LOCKED;
	log_clean(p->why, sizeof(p->why), why);
	log_warnx("service %s: locked: %s", s->name, p->why);
	if (s->state.state == SERVICE_LOCKED)
		service_set_reason(s, p->why);
	if (s->state.pid == 0)
		tell_locked(s);
	secret_go_on(s);
	orders_look(s);
}

void
secret_held(struct service *s)
{
	struct passphrase	*p = secret_of(s);
	int			 was_down = s->state.state == SERVICE_LOCKED;

	if (p->typed || was_down)
		tell(s, "unlocked", "");
	p->state = SECRET_HELD;
	p->proven = p->by_order = p->typed = p->wrong = 0;
	p->was_held = 0;
	p->deaths = 0;
	p->why[0] = '\0';
	log_info("service %s: its passphrase is kept", s->name);
	if (was_down)
		service_set_reason(s, "");
	if (s->start_held)
		secret_go_on(s);
	else if (s->state.pid == 0 && s->want_given != WANT_DOWN && was_down)
		service_want(s, WANT_UP);
	orders_look(s);
	hooks_unlocked(s);
}

static void
tell(const struct service *s, const char *state, const char *why)
{
	event_tell("service", json_pack("{s:s, s:s, s:o, s:o}", "name",
	    s->name, "state", state, "pid", s->state.pid != 0 ?
	    json_integer(s->state.pid) : json_null(), "reason",
	    why[0] != '\0' ? json_string(why) : json_null()));
}

int
passphrase_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	drained_pipe(ends[1]);
	return 0;
}

void
passphrase_feed(struct service *s, int write_end, int read_end)
{
	struct passphrase	*p = secret_of(s);

	p->feeding = s->generation;
	keeper_run(MSG_KEEPER_FEED, s, s->generation, write_end);
	keeper_run(MSG_KEEPER_FEED_READ, s, s->generation, read_end);
}

void
passphrase_ready(struct service *s)
{
	struct passphrase	*p = s->passphrase;

	if (p == NULL || p->feeding == 0 || p->feeding != s->generation ||
	    !keeper_is_up())
		return;
	keeper_run(MSG_KEEPER_FED, s, p->feeding, -1);
	if (p->state == SECRET_HELD)
		p->proven = 1;
	p->deaths = 0;
}

void
passphrase_ended(struct service *s, enum exit_kind kind, uint8_t value)
{
	struct passphrase	*p = s->passphrase;
	struct passphrase_run	*r;

	if (p == NULL || p->feeding == 0 || p->feeding != s->generation)
		return;
	r = &p->run;
	memset(r, 0, sizeof(*r));
	r->is_lavap = s->conf != NULL && s->conf->is_lavap;
	r->ready = readiness_counts(s);
	r->stopped = s->said.state == SERVICE_STOPPING ||
	    !service_order_seen(s);
	r->moving = p->proven && (roll_in_motion(s) || roll_in_probation(s));
	r->failed = kind == EXIT_CODE && value != 0;
	r->ran_ms = clock_ms() - s->state.started_ms;
	p->ending = p->feeding;
	p->feeding = 0;
	if (keeper_is_up())
		keeper_run(MSG_KEEPER_END, s, p->ending, -1);
	else if (!keeper_is_between())
		p->ending = 0;
}

void
secret_judge(struct service *s, uint32_t asked)
{
	struct passphrase	*p = s->passphrase;
	char			 why[TEXT_SIZE];

	p->run.asked = asked;
	p->run.deaths = p->deaths;
	switch (passphrase_judge(&p->run)) {
	case PASSPHRASE_UNDECIDED:
		break;
	case PASSPHRASE_DOUBTED:
		p->deaths++;
		break;
	case PASSPHRASE_PROVEN:
		p->deaths = 0;
		p->proven = 1;
		break;
	case PASSPHRASE_WRONG:
		if (asked >= PASSPHRASE_ASKED_WRONG)
			snprintf(why, sizeof(why), "wrong passphrase: it "
			    "asked %u times and ended; `lavavisorctl unlock "
			    "%s' takes another", (unsigned int)asked, s->name);
		else
			snprintf(why, sizeof(why), "wrong passphrase? it read "
			    "it and ended, %d times in a row; see its log, "
			    "`lavavisorctl unlock %s' takes another",
			    PASSPHRASE_DEATHS_WRONG, s->name);
		p->wrong = 1;
		secret_locked(s, why);
		break;
	}
}

void
passphrase_retry(struct service *s)
{
	struct passphrase	*p = s->passphrase;

	if (p != NULL && p->state == SECRET_LOCKED && !p->by_order &&
	    source_is_lasting(s)) {
		secret_forget(s);
		p->state = SECRET_NONE;
	}
}
