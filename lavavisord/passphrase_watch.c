/* A keeper that lives and does not answer would hold starts for ever. */

#include <sys/types.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/passphrase_own.h"
#include "lavavisord/rooms.h"
#include "lavavisord/services.h"

/* A loaded host is slow, and what it has is lost with it. */
#define ANSWER_MS	60000

static int	is_owed(const struct passphrase *);
static void	late(evutil_socket_t, short, void *);

static struct event	*timer;
static int64_t		 until_ms;

void
watch_init(struct event_base *base)
{
	if ((timer = evtimer_new(base, late, NULL)) == NULL)
		fatalx("out of memory for events");
}

/* All that is owed had its whole time when the latest of them is over. */
void
keeper_owes(uint32_t ms)
{
	int64_t	 now = clock_ms();

	if (now + ms + ANSWER_MS > until_ms)
		until_ms = now + ms + ANSWER_MS;
	clock_timer(timer, until_ms - now);
}

static int
is_owed(const struct passphrase *p)
{
	return p->ending != 0 || (p->state == SECRET_COMING && p->order != 0 &&
	    !p->learnt);
}

static void
late(evutil_socket_t fd, short what, void *arg)
{
	struct service	*s;
	int		 owed = 0;

	(void)fd;
	(void)what;
	(void)arg;
	if (keeper_is_up()) {
		for (s = service_first(); s != NULL; s = service_next(s))
			owed |= s->passphrase != NULL &&
			    is_owed(s->passphrase);
	} else
		owed = keeper_is_awaited();
	if (!owed)
		return;
	log_warnx("keeper: does not answer, killed");
	rooms_kill(ROOM_KEEPER);
}
