#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "compat/notify.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/ready_signs.h"
#include "lavavisord/rooms.h"
#include "lavavisord/services_own.h"
#include "lavavisord/strays.h"

#define RECORD_SIZE	64

struct ready_signs {
	enum ready_kind	 kind;
	int		 pending;	/* the sign is looked for */
	uint64_t	 generation;	/* of the run that is looked at */
	/* where its output begins in the log, -1 unknown */
	int64_t		 offset;
	int		 socket;	/* -1 none */
	char		 path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int		 strangers;	/* said of one in this run */
};

static void	(*on_seen)(struct service *);

static int	at_of(const char *, const char *, char *, size_t);
static struct ready_signs
		*get(struct service *);
static int	is_its_own(const struct service *,
		    const struct msg_notified *);
static int64_t	log_position(const struct service *);
static int	open_socket(struct service *, char *, size_t);
static void	record(const struct service *, int);
static int	record_read(struct service *);
static void	seen(struct service *);
static void	tell_log_watch(struct service *);
static void	tell_notify(struct service *);

void
ready_signs_init(void (*f)(struct service *))
{
	on_seen = f;
}

/* NULL when its config wants no such thing. */
static struct ready_signs *
get(struct service *s)
{
	struct ready_signs	*r = s->ready_signs;

	if (s->conf == NULL || (s->conf->ready.kind != READY_LOG &&
	    s->conf->ready.kind != READY_NOTIFY)) {
		ready_signs_forget(s);
		return NULL;
	}
	if (r == NULL) {
		if ((r = calloc(1, sizeof(*r))) == NULL)
			fatal("calloc");
		r->socket = -1;
		r->offset = -1;
		s->ready_signs = r;
	}
	r->kind = s->conf->ready.kind;
	return r;
}

const char *
ready_signs_socket(const struct service *s)
{
	return s->ready_signs != NULL && s->ready_signs->socket != -1 ?
	    s->ready_signs->path : NULL;
}

void
ready_signs_before(struct service *s)
{
	struct ready_signs	*r;
	char			 why[TEXT_SIZE];

	if ((r = get(s)) == NULL)
		return;
	r->strangers = 0;
	if (r->kind == READY_LOG)
		r->offset = log_position(s);
	else if (open_socket(s, why, sizeof(why)) == -1)
		log_warnx("service %s: %s", s->name, why);
}

/*
 * Where the log will be when all that lies in the fifo now has been moved: the
 * supervisor is doing that at the same time.
 */
static int64_t
log_position(const struct service *s)
{
	struct stat	 before, after;
	int		 fd, queued = 0, i;

	if ((fd = service_log_open(s)) == -1)
		return 0;
	if (fstat(fd, &after) == -1)
		after.st_size = 0;
	for (i = 0; i < 8; i++) {
		before = after;
		if (s->fifo != -1 && ioctl(s->fifo, FIONREAD, &queued) == -1)
			queued = 0;
		if (fstat(fd, &after) == -1 ||
		    after.st_size == before.st_size)
			break;
	}
	close(fd);
	return (int64_t)before.st_size + queued;
}

static int
open_socket(struct service *s, char *why, size_t size)
{
	struct ready_signs	*r = s->ready_signs;
	struct sockaddr_un	 sun;
	mode_t			 old;
	int			 fd, ok;

	if (r->socket != -1)
		return 0;
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/run/notify/%s",
	    env.places.directory, s->name) >= (int)sizeof(sun.sun_path)) {
		snprintf(why, size, "%s/run/notify/%s is too long a path for "
		    "a socket", env.places.directory, s->name);
		return -1;
	}
	strlcpy(r->path, sun.sun_path, sizeof(r->path));
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0)) == -1 || notify_socket_prepare(fd) == -1) {
		snprintf(why, size, "a socket: %s", strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	/* Nobody but us writes in that directory. */
	unlink(r->path);
	old = umask(077);
	ok = bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 &&
	    chmod(r->path, 0600) == 0;
	umask(old);
	if (ok && env.places.privileged)
		ok = lchown(r->path, s->conf->uid, s->conf->gid) == 0;
	if (!ok) {
		snprintf(why, size, "%s: %s", r->path, strerror(errno));
		close(fd);
		return -1;
	}
	r->socket = fd;
	tell_notify(s);
	return 0;
}

int
ready_signs_begin(struct service *s, char *why, size_t size)
{
	struct ready_signs	*r;
	int			 known;

	if ((r = get(s)) == NULL)
		return 0;
	known = r->generation != s->generation ? record_read(s) : 0;
	r->generation = s->generation;
	r->pending = known != 1;
	if (r->kind == READY_NOTIFY && open_socket(s, why, size) == -1)
		return -1;
	if (known == 1)
		return 1;
	/* Not of our making: what it has said may be another run's. */
	if (r->kind == READY_LOG && r->offset == -1)
		r->offset = log_position(s);
	record(s, 0);
	if (r->kind == READY_LOG)
		tell_log_watch(s);
	return 0;
}

void
ready_signs_end(struct service *s)
{
	if (s->ready_signs != NULL)
		s->ready_signs->pending = 0;
}

static int
at_of(const char *directory, const char *name, char *path, size_t size)
{
	return snprintf(path, size, "%s/run/ready/%s", directory, name) <
	    (int)size ? 0 : -1;
}

void
ready_signs_forget(struct service *s)
{
	char	 path[800];

	if (s->ready_signs == NULL)
		return;
	if (s->ready_signs->socket != -1) {
		unlink(s->ready_signs->path);
		close(s->ready_signs->socket);
	}
	if (at_of(env.places.directory, s->name, path, sizeof(path)) == 0)
		unlink(path);
	free(s->ready_signs);
	s->ready_signs = NULL;
}

/* Pids die with the boot, and so does what this is of: no fsync. */
static void
record(const struct service *s, int is_ready)
{
	const struct ready_signs	*r = s->ready_signs;
	char				 path[800], text[RECORD_SIZE];
	int				 fd, len;

	if (at_of(env.places.directory, s->name, path, sizeof(path)) == -1)
		return;
	len = snprintf(text, sizeof(text), "%" PRIu64 " %" PRId64 " %d\n",
	    r->generation, r->offset, is_ready);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd == -1 || write(fd, text, (size_t)len) != len)
		log_debug("%s: %s", path, strerror(errno));
	if (fd != -1)
		close(fd);
}

/* 1 it was ready, 0 not yet, -1 nothing is known of this run. */
static int
record_read(struct service *s)
{
	struct ready_signs	*r = s->ready_signs;
	char			 path[800], text[RECORD_SIZE], *end;
	unsigned long long	 generation;
	long long		 offset;
	ssize_t			 n;
	int			 fd;

	if (at_of(env.places.directory, s->name, path, sizeof(path)) == -1 ||
	    (fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0 || text[n - 1] != '\n')
		return -1;
	text[n] = '\0';
	errno = 0;
	generation = strtoull(text, &end, 10);
	if (*end != ' ' || errno != 0 || generation != s->generation)
		return -1;
	offset = strtoll(end + 1, &end, 10);
	if (*end != ' ' || errno != 0 || offset < -1 || (end[1] != '0' &&
	    end[1] != '1') || end[2] != '\n')
		return -1;
	r->offset = offset;
	return end[1] == '1';
}

static void
tell_log_watch(struct service *s)
{
	struct ready_signs	*r = s->ready_signs;
	struct msg_watch_log	 m;
	struct stat		 st;
	int			 fd;

	if ((fd = service_log_open(s)) == -1)
		return;		/* told once there is one */
	/* Somebody may have made it shorter. */
	if (fstat(fd, &st) == 0 && r->offset <= (int64_t)st.st_size +
	    (1 << 20) && lseek(fd, (off_t)r->offset, SEEK_SET) == -1)
		log_warn("service %s: its log", s->name);
	memset(&m, 0, sizeof(m));
	m.slot = s->slot;
	m.generation = r->generation;
	strlcpy(m.text, s->conf->ready.target, sizeof(m.text));
	rooms_send(ROOM_SUPERVISOR, MSG_WATCH_LOG, 0, fd, &m);
}

static void
tell_notify(struct service *s)
{
	struct msg_slot	 m = { s->slot };
	int		 fd;

	if ((fd = fcntl(s->ready_signs->socket, F_DUPFD_CLOEXEC, 0)) == -1) {
		log_warn("service %s: its notify socket", s->name);
		return;
	}
	rooms_send(ROOM_SUPERVISOR, MSG_WATCH_NOTIFY, 0, fd, &m);
}

void
ready_signs_tell(struct service *s)
{
	struct ready_signs	*r = s->ready_signs;

	if (r == NULL || s->conf == NULL)
		return;
	if (r->socket != -1)
		tell_notify(s);
	if (r->pending && r->kind == READY_LOG &&
	    s->conf->ready.kind == READY_LOG)
		tell_log_watch(s);
}

/* A new log begins with a line of this run. */
void
ready_signs_rotated(struct service *s)
{
	struct ready_signs	*r = s->ready_signs;

	if (r == NULL || !r->pending || r->kind != READY_LOG ||
	    s->conf == NULL || s->conf->ready.kind != READY_LOG)
		return;
	r->offset = 0;
	record(s, 0);
	tell_log_watch(s);
}

static void
seen(struct service *s)
{
	s->ready_signs->pending = 0;
	record(s, 1);
	on_seen(s);
}

void
ready_signs_matched(const struct msg_log_matched *m)
{
	struct service	*s = service_by_slot(m->slot);

	if (s == NULL || s->ready_signs == NULL || !s->ready_signs->pending ||
	    s->ready_signs->kind != READY_LOG ||
	    m->generation != s->ready_signs->generation)
		return;
	seen(s);
}

/*
 * Its process, or one in its session or cgroup, which no other service can
 * enter; of its user, or root.
 */
static int
is_its_own(const struct service *s, const struct msg_notified *m)
{
	if (env.places.privileged && m->uid != s->conf->uid && m->uid != 0)
		return 0;
	return m->pid == s->state.pid || m->session == s->state.pid ||
	    strays_has(s, m->pid);
}

void
ready_signs_notified(const struct msg_notified *m)
{
	struct service		*s = service_by_slot(m->slot);
	struct ready_signs	*r;

	if (s == NULL || s->conf == NULL || (r = s->ready_signs) == NULL ||
	    !r->pending || r->kind != READY_NOTIFY || s->state.pid == 0)
		return;
	if (m->pid != 0 && !is_its_own(s, m)) {
		if (r->strangers++ == 0)
			log_warnx("service %s: READY=1 of pid %d is not "
			    "heeded: %s", s->name, (int)m->pid,
			    m->session == 0 ?
			    "it had ended before it could be looked at" :
			    "it is not one of the service's processes");
		return;
	}
	seen(s);
}
