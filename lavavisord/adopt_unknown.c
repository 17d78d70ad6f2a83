#include <sys/types.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/message.h"
#include "compat/process.h"
#include "lavavisord/clock.h"
#include "lavavisord/runfile.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"
#include "lavavisord/strays.h"

/* For all of them together, ms: from TERM to KILL, and after that */
#define TERM_MS		10000
#define KILL_MS		20000

struct unknown {
	const struct runfile_service	*record;
	int				 watch;	/* -1: it has ended */
	int				 known;
	uid_t				 user;
};

static int	find(const struct runfile_service *, struct unknown *);
static void	group_signal(const struct unknown *, int);
static int	wait_for_all(struct unknown *, size_t, int64_t);

/* 0 with watch -1 when it is gone, or -1 when that cannot be found out */
static int
find(const struct runfile_service *r, struct unknown *u)
{
	int	 is, saved;

	u->record = r;
	u->known = 0;
	u->watch = process_watch_open(r->process.pid);
	if (u->watch == -1)
		return errno == ESRCH ? 0 : -1;
	if ((is = adopt_is(r->process.pid, r->process.start)) == 1) {
		u->known = process_user(r->process.pid, &u->user) == 0;
		return 0;
	}
	saved = errno;
	process_watch_close(u->watch);
	u->watch = -1;
	errno = saved;
	return is;
}

/* While the leader lives, or is a zombie, the group is its own */
static void
group_signal(const struct unknown *u, int signo)
{
	if (!process_watch_ended(u->watch))
		kill(-u->record->process.pid, signo);
}

/* How many are left when none is, or the time is over */
static int
wait_for_all(struct unknown *u, size_t n, int64_t ms)
{
	struct pollfd	*pfd;
	int64_t		 end = clock_ms() + ms, left;
	size_t		 i;
	int		 living;

	if ((pfd = calloc(n, sizeof(*pfd))) == NULL)
		fatal("calloc");
	for (;;) {
		living = 0;
		for (i = 0; i < n; i++) {
			if (u[i].watch != -1 &&
			    process_watch_ended(u[i].watch)) {
				process_watch_close(u[i].watch);
				u[i].watch = -1;
			}
			/* poll(2) passes over -1. */
			pfd[i].fd = u[i].watch;
			pfd[i].events = POLLIN;
			living += u[i].watch != -1;
		}
		if (living == 0 || (left = end - clock_ms()) <= 0)
			break;
		poll(pfd, (nfds_t)n, (int)left);
	}
	free(pfd);
	return living;
}

int
adopt_end_unknown(char *error, size_t size)
{
	struct runfile	*run = &services.run;
	struct unknown	*u;
	size_t		 i, n = 0;
	int		 left;

	if ((u = calloc(run->service_count + 1, sizeof(*u))) == NULL)
		fatal("calloc");
	for (i = 0; i < run->service_count; i++) {
		const struct runfile_service	*r = &run->service[i];

		if (r->process.pid == 0 || service_by_name(r->name) != NULL)
			continue;
		if (find(r, &u[n]) == -1) {
			snprintf(error, size, "service %s, pid %d, which no "
			    "config names: whether it runs cannot be found "
			    "out: %s", r->name, r->process.pid,
			    strerror(errno));
			goto fail;
		}
		n++;
	}
	for (i = 0; i < n; i++)
		if (u[i].watch != -1) {
			log_warnx("service %s, pid %d, is in no config any "
			    "more: it is stopped", u[i].record->name,
			    u[i].record->process.pid);
			group_signal(&u[i], SIGTERM);
		}
	left = wait_for_all(u, n, TERM_MS);
	for (i = 0; left > 0 && i < n; i++)
		if (u[i].watch != -1)
			group_signal(&u[i], SIGKILL);
	if (left > 0 && wait_for_all(u, n, KILL_MS) > 0) {
		for (i = 0; u[i].watch == -1; i++)
			continue;
		snprintf(error, size, "service %s, pid %d, which no config "
		    "names, does not end", u[i].record->name,
		    u[i].record->process.pid);
		goto fail;
	}
	for (i = 0; i < n; i++)
		if (u[i].known)
			strays_unknown(u[i].record->name,
			    u[i].record->process.pid, u[i].user,
			    u[i].record->process.start);
	free(u);
	return 0;
fail:
	while (n-- > 0)
		if (u[n].watch != -1)
			process_watch_close(u[n].watch);
	free(u);
	return -1;
}
