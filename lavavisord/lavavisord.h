/*
 * The parent: what its files share.
 *
 *	main.c			options, start, signals
 *	startup.c		directories, lock, background
 *	config*.c		config.yml, services/NAME.yml
 *	rooms.c room_spawn.c	the rooms: fork, hello, death, backoff
 *	dial.c			connections for the rooms and for probes
 *	readiness.c ready_signs.c health.c	are services ready, and well
 *	probe.c probe_command.c	one try of a check
 *	run_command.c run_cgroup.c	commands of the operator
 *	probation.c		a moved service stays ready
 *	nodes.c			the monitor's news
 *	decide.c window.c	what should run (pure)
 *	upgrade.c upgrade_table.c	one upgrade, from decision to commit
 *	upgrade_orders.c explain.c	the operator's orders, and why not yet
 *	upgrade_record.c upgrade_trace.c upgrade_past.c	what is kept of it
 *	fetch.c verify.c install.c version_probe.c	its steps
 *	sources.c staging.c	whence files come, where they wait
 *	upgrades_lock.c		one daemon at a time, where several share
 *	roll*.c			moving services (roll_own.h)
 *	hook_*.c		commands of the operator around an upgrade
 *	services.c launch.c reap.c adopt.c	the services' processes
 *	passphrase*.c		which ones the keeper holds (passphrase_own.h)
 *	journal.c runfile.c manifest.c record.c	what is kept on disk
 *	ctl.c ctl_verbs.c show.c	lavavisorctl's questions
 *	events.c history.c ctl_feeds.c	what is told, and again to who missed it
 *	config_shown.c shown.c masking.c show_config.c	the config as in effect
 *	service_manager.c	READY=1 and its like to systemd
 *	wrapped.c		standing in for one service
 *	reload.c shutdown.c reexec.c	the rest of a life
 */

#ifndef LAVAVISORD_LAVAVISORD_H
#define LAVAVISORD_LAVAVISORD_H

#include <stdint.h>

#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/journal.h"
#include "lavavisord/startup.h"

struct event_base;

struct lavavisord {
	struct event_base	*base;
	struct places		 places;
	struct config		*conf;
	struct journal		 journal;
	int			 dir;		/* places.directory */
	int			 lock;
	int			 foreground;
	int			 verbose;
	int			 journal_failed;
	int			 stopping;
	int			 handed;	/* it has replaced itself */
	int			 idle;		/* -I: only orders */
	const char		*wrapped;	/* -W: its service, or NULL */
};

extern struct lavavisord	 env;

/*
 * Saves env.journal.  0, or -1: that is logged, and told again once it is
 * over, and an upgrade in hand gets EV_DISK_FULL.
 */
int	 journal_keep(void);

/*
 * Saves the base of the generations at a start, or ends.  On a disk that is
 * full it goes on, as the generations count on from those in run/services then:
 * what runs is worth more than what is decided.
 */
void	 journal_keep_base(void);

/* The same for what no order waits for: within 1/10 s. */
void	 journal_keep_soon(void);

#endif
