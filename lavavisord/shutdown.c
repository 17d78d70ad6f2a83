#include <event2/event.h>

#include "common/channel.h"
#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/ctl.h"
#include "lavavisord/hook_command.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/offline.h"
#include "lavavisord/reexec.h"
#include "lavavisord/rooms.h"
#include "lavavisord/service_manager.h"
#include "lavavisord/services.h"
#include "lavavisord/shutdown.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_prepare.h"
#include "lavavisord/upgrade_steps.h"

/* How long rooms, and a supervisor that is to stay, are waited for, ms */
#define LEAVE_MS	15000
#define LOOK_MS		100
/* For what the supervisor that stays must still be told */
#define FAREWELL_MS	5000

static int		 rooms_leave;
static int		 services_stay;
static int64_t		 leave_by;
static struct event	*look;

static void	leave_rooms(unsigned int);
static uint32_t	longest_stop(void);
static void	look_again(evutil_socket_t, short, void *);
static void	services_are_down(void);

void
shutdown_begin(int keep)
{
	if (env.stopping && services_stay && !keep) {
		log_info("asked again: services are stopped, too");
		services_stay = rooms_leave = 0;
		services_stop_all(services_are_down);
		return;
	}
	if (env.stopping && !reexec_cancel()) {
		if (services_stay)
			return;
		if (services_living())
			log_info("asked again: services are stopped faster");
		services_hurry();
		return;
	}
	env.stopping = 1;
	log_info("stopping%s", keep ? ", services run on" : "");
	if (keep)
		manager_stopping("stopping, services run on", LEAVE_MS);
	else
		manager_stopping("stopping its services", longest_stop());
	upgrade_feed(EV_SHUTDOWN, "");
	steps_cancel();
	hook_cancel_all();
	offline_cancel("the daemon is stopping");
	prepare_cancel("the daemon is stopping");
	rooms_end(ROOM_MONITOR);
	rooms_end(ROOM_DIALER);
	if (keep) {
		services_stay = 1;
		/* Its channel closes with us, and it drains on. */
		leave_rooms(1U << ROOM_SUPERVISOR);
		return;
	}
	services_stop_all(services_are_down);
}

/* Of a service, and then of the rooms, ms; a minute of it for a busy host */
static uint32_t
longest_stop(void)
{
	uint32_t	 longest = 0;
	size_t		 i;

	for (i = 0; i < env.conf->services_count; i++)
		if (env.conf->services[i].grace_ms > longest)
			longest = env.conf->services[i].grace_ms;
	return longest + LEAVE_MS + 60000;
}

static void
services_are_down(void)
{
	leave_rooms(0);
}

static void
leave_rooms(unsigned int keep)
{
	rooms_leave = 1;
	leave_by = clock_ms() + LEAVE_MS;
	clients_end_all(CTL_DONE, "the daemon is gone");
	rooms_end_all(keep);
	if (look == NULL && (look = evtimer_new(env.base, look_again,
	    NULL)) == NULL)
		fatalx("out of memory for events");
	look_again(-1, EV_TIMEOUT, NULL);
}

static void
look_again(evutil_socket_t fd, short what, void *arg)
{
	struct timeval	 tv = { 0, LOOK_MS * 1000 };

	(void)fd;
	(void)what;
	(void)arg;
	if (evtimer_add(look, &tv) == -1)
		fatalx("event_add");
	shutdown_step();
}

/* A supervisor that stays must have the output of what runs on first */
void
shutdown_step(void)
{
	struct channel	*supervisor;
	int		 late;

	if (!rooms_leave)
		return;
	late = clock_ms() >= leave_by;
	supervisor = services_stay ? rooms_channel(ROOM_SUPERVISOR) : NULL;
	if (!late && (rooms_living() > (supervisor != NULL) ||
	    (services_stay && supervisor == NULL && services_living())))
		return;
	if (late)
		log_warnx("not every room is as it should be: it is left so");
	if (supervisor != NULL && channel_drain(supervisor, FAREWELL_MS) ==
	    -1)
		log_warnx("the supervisor may not drain all services");
	event_base_loopbreak(env.base);
}
