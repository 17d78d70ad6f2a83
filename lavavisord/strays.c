#include <sys/types.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/message.h"
#include "compat/cgroup.h"
#include "compat/fork_light.h"
#include "compat/process.h"
#include "lavavisord/config.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"
#include "lavavisord/strays.h"

/* How long killed processes may take to die where it matters, ms */
#define DIE_MS		2000
#define CHILD_SIZE	(NAME_SIZE + 8)

static int	 base = -1;	/* -1: no cgroups here, or none yet */
static int	 off;		/* for good */
static char	 base_name[80];

static int	ask_base(void);
static void	behind(const char *, unsigned int);
static int	child_name(const char *, char *, size_t);
static int	end_cgroup(int, const char *, const char *);
static void	forget_unknown(const char *, void *);
static void	forget(const char *, const char *);
static int	is_for_good(int);
static int	is_zombie(pid_t);
static void	leave_each(const char *, void *);
static void	lose_base(void);
static void	release(struct service *);

/* Not allowed, or not there at all, as opposed to trouble that passes */
static int
is_for_good(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
	case EROFS:
	case EOPNOTSUPP:
	case ENOENT:
	case ENOSYS:
		return 1;
	default:
		return 0;
	}
}

void
strays_init(int dir, int privileged)
{
	struct stat	 st;

	if (!privileged || fstat(dir, &st) == -1) {
		off = 1;
		return;
	}
	snprintf(base_name, sizeof(base_name), "lavavisord-%llx-%llx.d",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	ask_base();
}

/* 1 when there is one */
static int
ask_base(void)
{
	if (base != -1)
		return 1;
	if (off || (base = cgroup_base_open(base_name)) != -1)
		return !off;
	if (is_for_good(errno)) {
		off = 1;
		if (errno != ENOSYS)
			log_info("no cgroups for the services: %s; what they "
			    "leave behind is found by session only",
			    strerror(errno));
	} else
		log_warn("cgroups of the services");
	return 0;
}

int
strays_base(void)
{
	return ask_base() ? base : -1;
}

static void
lose_base(void)
{
	struct service	*s;

	TAILQ_FOREACH(s, &services.list, entry)
		if (s->cgroup != -1 && !s->cgroup_own)
			s->cgroup = -1;
	close(base);
	base = -1;
}

/*
 * With an ending, as the kernel's own files are called cgroup.kill and the
 * like.  0, or -1 for what is no name of a directory.
 */
static int
child_name(const char *name, char *child, size_t size)
{
	if (name[0] == '\0' || name[0] == '.' ||
	    strpbrk(name, "/\n") != NULL || snprintf(child, size, "%s.d",
	    name) >= (int)size)
		return -1;
	return 0;
}

static void
behind(const char *name, unsigned int count)
{
	if (count != 0)
		log_info("service %s left %u process%s behind: ended", name,
		    count, count == 1 ? "" : "es");
}

pid_t
strays_fork(struct service *s)
{
	char	 child[CHILD_SIZE];
	pid_t	 pid;
	int	 error, saved;

	release(s);
	s->ended_strays = 0;
	if (!ask_base() || child_name(s->name, child, sizeof(child)) == -1)
		return fork_light(-1);
	/* One of unknown history, or in which something was ended */
	if (!s->cgroup_fresh)
		s->cgroup_fresh = cgroup_renew(base, child);
	pid = cgroup_fork(base, child, s->cgroup_fresh, &error);
	if (pid <= 0)
		return pid;
	if (error == 0) {
		s->cgroup = base;
		return pid;
	}
	saved = errno;
	if (error == ENOENT || error == ENODEV) {
		/* Somebody has removed the base: the next start makes it. */
		lose_base();
	} else if (is_for_good(error)) {
		log_info("no cgroups for the services: %s", strerror(error));
		off = 1;
	} else
		log_warnx("service %s: its cgroup: %s", s->name,
		    strerror(error));
	errno = saved;
	return pid;
}

/*
 * The descriptor is its own only where it is not the common one, as when the
 * daemon was started by hand before; that one goes with its last service.
 */
static void
release(struct service *s)
{
	char	 child[CHILD_SIZE];

	if (s->cgroup != -1 && s->cgroup_own) {
		if (child_name(s->name, child, sizeof(child)) == 0 &&
		    cgroup_remove(s->cgroup, child) == 0 &&
		    cgroup_base_remove(s->cgroup, base_name) == 0)
			log_debug("another cgroup %s is gone", base_name);
		close(s->cgroup);
	}
	s->cgroup = -1;
	s->cgroup_own = 0;
}

int
strays_has(const struct service *s, pid_t pid)
{
	struct stat	 its, of_pid;
	char		 child[CHILD_SIZE];
	int		 fd, same;

	if (s->cgroup == -1 || child_name(s->name, child, sizeof(child)) ==
	    -1 || (fd = cgroup_base_of(pid, base_name, child)) == -1)
		return 0;
	same = fstat(s->cgroup, &its) == 0 && fstat(fd, &of_pid) == 0 &&
	    its.st_dev == of_pid.st_dev && its.st_ino == of_pid.st_ino;
	close(fd);
	return same;
}

void
strays_adopted(struct service *s)
{
	struct stat	 ours, its;
	char		 child[CHILD_SIZE];

	if (process_user(s->state.pid, &s->user) == -1)
		s->user = s->conf->uid;
	if (base_name[0] == '\0' ||
	    child_name(s->name, child, sizeof(child)) == -1 ||
	    (s->cgroup = cgroup_base_of(s->state.pid, base_name, child)) == -1)
		return;
	s->cgroup_own = 1;
	if (base != -1 && fstat(base, &ours) == 0 && fstat(s->cgroup,
	    &its) == 0 && ours.st_dev == its.st_dev && ours.st_ino ==
	    its.st_ino) {
		close(s->cgroup);
		s->cgroup = base;
		s->cgroup_own = 0;
	}
}

/* Counted, and logged, when there was something: 1, else 0 */
static int
end_cgroup(int of, const char *child, const char *name)
{
	unsigned int	 count;

	/* The normal case costs this one small read. */
	if (cgroup_populated(of, child) == 0)
		return 0;
	if (cgroup_end(of, child, &count) == -1)
		log_warn("service %s: what it left behind", name);
	else
		behind(name, count);
	return 1;
}

static int
is_zombie(pid_t pid)
{
	siginfo_t	 si;

	memset(&si, 0, sizeof(si));
	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) ==
	    0 && si.si_pid == pid;
}

void
strays_ending(struct service *s)
{
	struct process_session	*list;
	struct service		*t;
	char			 child[CHILD_SIZE];
	size_t			 i, n = 0;

	if (s->ended_strays)
		return;
	if (s->cgroup != -1 &&
	    child_name(s->name, child, sizeof(child)) == 0) {
		s->cgroup_fresh &= end_cgroup(s->cgroup, child, s->name) == 0;
		s->ended_strays = 1;
		/* It may have been moved to another one. */
		kill(-s->state.pid, SIGKILL);
		return;
	}
	if ((list = calloc(services_count(), sizeof(*list))) == NULL)
		fatal("calloc");
	TAILQ_FOREACH(t, &services.list, entry) {
		if (t->state.pid == 0 || t->watch != -1 || t->cgroup != -1 ||
		    t->ended_strays || !is_zombie(t->state.pid))
			continue;
		t->ended_strays = 1;
		list[n].leader = t->state.pid;
		list[n++].proven = 1;
	}
	process_end_sessions(list, n);
	for (i = 0; i < n; i++) {
		kill(-list[i].leader, SIGKILL);
		if (list[i].ended == 0)
			continue;
		TAILQ_FOREACH(t, &services.list, entry)
			if (t->state.pid == list[i].leader)
				behind(t->name, list[i].ended);
	}
	free(list);
}

void
strays_lost(struct service *s)
{
	char	 child[CHILD_SIZE];

	if (s->cgroup != -1 &&
	    child_name(s->name, child, sizeof(child)) == 0) {
		s->cgroup_fresh &= end_cgroup(s->cgroup, child, s->name) == 0;
		return;
	}
	strays_unknown(s->name, s->state.pid, s->user, s->start);
}

void
strays_unwatched(struct service *s, pid_t leader, uint64_t start)
{
	char	 child[CHILD_SIZE];

	/* A next start beside one that still holds its port would fail. */
	if (base != -1 && child_name(s->name, child, sizeof(child)) == 0 &&
	    cgroup_populated(base, child) == 1) {
		end_cgroup(base, child, s->name);
		if (cgroup_wait(base, child, DIE_MS) == -1)
			log_warn("service %s: what it left behind", s->name);
	}
	if (leader != 0)
		strays_unknown(s->name, leader, s->conf->uid, start);
}

void
strays_unknown(const char *name, pid_t leader, uid_t user, uint64_t start)
{
	struct process_session	 session;

	memset(&session, 0, sizeof(session));
	session.leader = leader;
	session.user = user;
	session.start = start;
	process_end_sessions(&session, 1);
	behind(name, session.ended);
}

/* Empty and away; processes that were killed may need a moment to die */
static void
forget(const char *child, const char *name)
{
	end_cgroup(base, child, name);
	if (cgroup_remove(base, child) == 0)
		return;
	if (errno == EBUSY && cgroup_wait(base, child, DIE_MS) == 0 &&
	    cgroup_remove(base, child) == 0)
		return;
	log_debug("the cgroup %s/%s stays: %s", base_name, child,
	    strerror(errno));
}

static void
forget_unknown(const char *child, void *arg)
{
	char	 name[CHILD_SIZE];
	size_t	 len;

	(void)arg;
	len = strlcpy(name, child, sizeof(name));
	if (len >= sizeof(name) || len < 3 ||
	    strcmp(name + len - 2, ".d") != 0)
		return;
	name[len - 2] = '\0';
	if (service_by_name(name) == NULL)
		forget(child, name);
}

void
strays_sweep(void)
{
	if (base != -1)
		cgroup_each(base, forget_unknown, NULL);
}

void
strays_forget(struct service *s)
{
	char	 child[CHILD_SIZE];

	release(s);
	if (base != -1 && child_name(s->name, child, sizeof(child)) == 0)
		forget(child, s->name);
}

static void
leave_each(const char *child, void *arg)
{
	(void)arg;
	forget(child, child);
}

void
strays_leave(void)
{
	if (base == -1)
		return;
	cgroup_each(base, leave_each, NULL);
	if (cgroup_base_remove(base, base_name) == -1)
		log_debug("the cgroup %s stays: %s", base_name,
		    strerror(errno));
	close(base);
	base = -1;
}
