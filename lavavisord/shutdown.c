#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/ctl.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/rooms.h"
#include "lavavisord/services.h"
#include "lavavisord/shutdown.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_steps.h"

static int	 rooms_leave;

static void	services_are_down(void);

void
shutdown_begin(int keep)
{
	if (env.stopping) {
		if (services_living())
			log_info("asked again: services are stopped faster");
		services_hurry();
		return;
	}
	env.stopping = 1;
	log_info("stopping%s", keep ? ", services run on" : "");
	upgrade_feed(EV_SHUTDOWN, "");
	steps_cancel();
	rooms_end(ROOM_MONITOR);
	rooms_end(ROOM_DIALER);
	if (keep) {
		rooms_leave = 1;
		clients_end_all(CTL_DONE, "the daemon is gone");
		/* Its channel closes with us, and it drains on. */
		rooms_end_all(1U << ROOM_SUPERVISOR);
		shutdown_step();
		return;
	}
	services_stop_all(services_are_down);
}

static void
services_are_down(void)
{
	rooms_leave = 1;
	clients_end_all(CTL_DONE, "the daemon is gone");
	rooms_end_all(0);
	shutdown_step();
}

void
shutdown_step(void)
{
	struct room_view	 v;

	if (!rooms_leave)
		return;
	rooms_view(ROOM_SUPERVISOR, &v);
	if (rooms_living() > (v.pid != 0 && rooms_channel(ROOM_SUPERVISOR) !=
	    NULL))
		return;
	event_base_loopbreak(env.base);
}
