#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lavavisorctl/commands.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/place.h"
#include "lavavisorctl/sockets.h"
#include "lavavisorctl/wrapped.h"
#include "paths.h"

/* A daemon too busy to accept is tried again for so long */
#define BUSY_TRIES	100
#define BUSY_WAIT_MS	100

#define CANDIDATES_MAX	4

/* Sockets to try, best first */
struct candidates {
	char	 path[CANDIDATES_MAX][SOCKET_PATH_SIZE];
	int	 error[CANDIDATES_MAX];
	int	 n;
	int	 own;		/* so many are before what was wrapped there */
	char	 directory[4096];	/* "" nothing can be */
};

/* Of those that are wrapped, what answers */
struct wrapped {
	int	 read_only;
	int	 fd;		/* the first one, -1 none */
	int	 n;
	char	 path[SOCKET_PATH_SIZE];
	char	 names[1024];	/* as options, one after the other */
};

static int	candidates_add(struct candidates *, const char *,
		    const char *, char *, size_t);
static int	candidates_fill(struct candidates *,
		    const struct invocation *, char *, size_t);
static void	explain(const struct candidates *, int, char *, size_t,
		    int *);
static int	connect_below(const char *, int, char *);
static int	connect_wrapped(const struct candidates *, int, char *, char *,
		    size_t, int *);
static int	is_strangers(int, const char *, char *, size_t);
static int	socket_connect(const char *);
static void	try_wrapped(const char *, void *);

static int
candidates_add(struct candidates *c, const char *directory, const char *name,
    char *why, size_t size)
{
	int	 n;

	n = snprintf(c->path[c->n], sizeof(c->path[0]), "%s%s%s", directory,
	    directory[0] == '\0' ? "" : "/", name);
	if (n < 0 || (size_t)n >= sizeof(c->path[0])) {
		snprintf(why, size, "the socket's path %s/%s has %d bytes, "
		    "more than the %d that a unix socket can have",
		    directory, name, n, SOCKET_PATH_SIZE - 1);
		return -1;
	}
	c->n++;
	return 0;
}

static int
candidates_fill(struct candidates *c, const struct invocation *inv,
    char *why, size_t size)
{
	char		 directory[4096];
	const char	*home;
	struct place	 place;
	int		 read_only = inv->command->read_only;

	c->n = 0;
	c->own = -1;
	c->directory[0] = '\0';
	if (inv->socket != NULL)
		return candidates_add(c, "", inv->socket, why, size);
	if (inv->directory != NULL) {
		if (place_find(&place, inv->directory, why, size) == -1)
			return -1;
		snprintf(directory, sizeof(directory), "%s/run",
		    place.directory);
		if (read_only && candidates_add(c, directory, "show.sock",
		    why, size) == -1)
			return -1;
		strlcpy(c->directory, place.directory, sizeof(c->directory));
		c->own = c->n + 1;
		return candidates_add(c, directory, "admin.sock", why, size);
	}
	/* A home too deep for a socket has no daemon of its own. */
	if ((home = place_home()) != NULL) {
		snprintf(directory, sizeof(directory), "%s/.lavavisor/run",
		    home);
		if (read_only)
			candidates_add(c, directory, "show.sock", why, size);
		candidates_add(c, directory, "admin.sock", why, size);
		snprintf(c->directory, sizeof(c->directory), "%s/.lavavisor",
		    home);
	}
	c->own = c->n;
	if (read_only && candidates_add(c, PATH_RUN, "show.sock", why,
	    size) == -1)
		return -1;
	return candidates_add(c, PATH_RUN, "admin.sock", why, size);
}

static int
socket_connect(const char *path)
{
	struct sockaddr_un	 sun;
	int			 fd, tries, saved;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	for (tries = 0; tries < BUSY_TRIES; tries++) {
		if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
			return fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
		poll(NULL, 0, BUSY_WAIT_MS);
	}
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* The socket that best tells what is wrong: one that is there, else the last */
static void
explain(const struct candidates *c, int read_only, char *why, size_t size,
    int *code)
{
	struct stat	 st;
	const char	*where;
	int		 i, error;

	for (i = 0; i < c->n; i++)
		if (c->error[i] == EACCES || c->error[i] == EPERM)
			break;
	if (i < c->n) {
		/* What may not be written to need not be a socket. */
		if (lstat(c->path[i], &st) == 0 && !S_ISSOCK(st.st_mode)) {
			*code = 4;
			snprintf(why, size, "no daemon answers at %s: it is "
			    "no socket: name another with -s or --directory",
			    c->path[i]);
			return;
		}
		*code = 5;
		snprintf(why, size, "not allowed to use %s: %s", c->path[i],
		    read_only ? "this takes root, the daemon's owner or a "
		    "member of group _lavavisor" :
		    "this takes root or the daemon's owner");
		return;
	}
	for (i = 0; i < c->n; i++)
		if (c->error[i] != ENOENT && c->error[i] != ENOTDIR)
			break;
	/* None is there: name what was meant, of two the system's, the last */
	if (i == c->n && local_is_lavavisor())
		i = 0;
	else if (i == c->n)
		i = c->n > 1 && read_only ? c->n - 2 : c->n - 1;
	where = c->path[i];
	error = c->error[i];
	*code = error == ENOENT || error == ENOTDIR || error == ECONNREFUSED ||
	    error == EAGAIN ? 4 : 1;
	snprintf(why, size, "no daemon answers at %s (%s%s): %s, or name "
	    "another with -s or --directory", where, strerror(error),
	    error != ECONNREFUSED || lstat(where, &st) == -1 ? "" :
	    S_ISSOCK(st.st_mode) ? ", its daemon has ended" :
	    ", it is no socket",
	    local_is_lavavisor() ? "`lavavisor start' runs one" :
	    "start lavavisord");
}

/*
 * A place that nobody named is trusted with what root and we put there: HOME
 * may be another's.
 */
static int
is_strangers(int fd, const char *path, char *why, size_t size)
{
	uid_t	 uid;
	gid_t	 gid;

	if (getpeereid(fd, &uid, &gid) == -1) {
		snprintf(why, size, "%s: cannot tell whose daemon it is: %s",
		    path, strerror(errno));
		return 1;
	}
	if (uid == 0 || uid == geteuid())
		return 0;
	snprintf(why, size, "the daemon at %s is of uid %u, not of root or "
	    "yours: if you mean it, name it with -s or --directory", path,
	    (unsigned int)uid);
	return 1;
}

/* To the first socket of a directory that answers; path gets it */
static int
connect_below(const char *directory, int read_only, char *path)
{
	static const char *const	 names[] = { "show", "admin" };
	int				 i, fd, n;

	for (i = read_only ? 0 : 1; i < 2; i++) {
		n = snprintf(path, SOCKET_PATH_SIZE, "%s/run/%s.sock",
		    directory, names[i]);
		if (n < SOCKET_PATH_SIZE && (fd = socket_connect(path)) != -1)
			return fd;
	}
	return -1;
}

static void
try_wrapped(const char *directory, void *arg)
{
	struct wrapped	*w = arg;
	char		 path[SOCKET_PATH_SIZE];
	int		 fd;

	if ((fd = connect_below(directory, w->read_only, path)) == -1)
		return;
	strlcat(w->names, w->n > 0 ? ", --directory " : "--directory ",
	    sizeof(w->names));
	strlcat(w->names, directory, sizeof(w->names));
	if (w->n++ > 0)
		close(fd);
	else {
		w->fd = fd;
		strlcpy(w->path, path, sizeof(w->path));
	}
}

/*
 * To what is wrapped below the directory, if it is one, else to process 1.
 * The latter's word for where it lies is trusted; -1, with why when there are
 * several.
 */
static int
connect_wrapped(const struct candidates *c, int read_only, char *path,
    char *why, size_t size, int *named)
{
	struct wrapped	 w;
	char		 first[SOCKET_PATH_SIZE];
	int		 fd;

	memset(&w, 0, sizeof(w));
	w.fd = -1;
	w.read_only = read_only;
	if (c->directory[0] != '\0')
		wrapped_each(c->directory, try_wrapped, &w);
	if (w.n == 1) {
		strlcpy(path, w.path, SOCKET_PATH_SIZE);
		return w.fd;
	}
	if (w.n > 1) {
		close(w.fd);
		snprintf(why, size, "several are wrapped here, so say which: "
		    "%s", w.names);
		return -1;
	}
	if (*named || wrapped_first(first, sizeof(first)) == -1 ||
	    (fd = connect_below(first, read_only, path)) == -1)
		return -1;
	*named = 1;
	return fd;
}

int
daemon_connect(const struct invocation *inv, char *path, char *why,
    size_t size, int *code)
{
	struct candidates	 c;
	int			 i, fd = -1;
	int			 named = inv->socket != NULL ||
				    inv->directory != NULL;

	if (candidates_fill(&c, inv, why, size) == -1) {
		*code = 1;
		return -1;
	}
	*why = '\0';
	for (i = 0; i <= c.n; i++) {
		if (i == c.own && (fd = connect_wrapped(&c,
		    inv->command->read_only, path, why, size, &named)) != -1)
			break;
		if (i == c.n)
			break;
		if ((fd = socket_connect(c.path[i])) != -1) {
			strlcpy(path, c.path[i], SOCKET_PATH_SIZE);
			break;
		}
		c.error[i] = errno;
	}
	if (fd != -1 && !named && is_strangers(fd, path, why, size)) {
		close(fd);
		*code = 1;
		return -1;
	}
	if (fd != -1)
		return fd;
	if (*why != '\0') {
		*code = 2;
		return -1;
	}
	explain(&c, inv->command->read_only, why, size, code);
	return -1;
}
