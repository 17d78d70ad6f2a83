#include <sys/types.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/ca_bundle.h"
#include "lavavisord/config.h"
#include "lavavisord/dial.h"
#include "lavavisord/events.h"
#include "lavavisord/fetch.h"
#include "lavavisord/rooms.h"

#define LIST_MAX	(1024 * 1024)	/* bytes of a list or signature */
#define SILENCE_SECONDS	180	/* without a word of the downloader */
#define DEATHS_MAX	3		/* of the downloader in one job */

struct job {
	int			 active;
	char			 version[VERSION_SIZE];
	const struct fetch_conf	*conf;
	enum fetch_file		 step;
	int			 minisig;	/* asking for that signature */
	size_t			 tried;		/* sources for this file */
	int			 missing;	/* every source said 404 */
	int			 deaths;
	uint32_t		 id;		/* of the FETCH in flight */
	char			 etag[128];
	uint64_t		 offset;	/* of a resumed binary */
	struct fetched		 got;
	void			(*done)(const struct fetched *, const char *,
				    int, void *);
	void			*arg;
};

static struct job	 job;
static const char	*staging;

/* What an earlier fetch left of a binary, and whence */
static struct {
	char	 version[VERSION_SIZE];
	size_t	 source;
	char	 etag[128];
} left;
static uint32_t		 last_id;
static struct event	*watchdog;
static int		 leaving;	/* the downloader has still to end */

static void	downloader_dispatch(struct channel *, struct imsg *);
static void	downloader_end(void);
static void	downloader_gone(const char *);
static void	downloader_ready(struct channel *);
static void	fetch_file_path(const char *, const char *, char *, size_t);
static void	fetch_finish(const char *);
static void	fetch_next(void);
static int	fetch_open(int *, char *, size_t);
static void	fetch_result(struct msg_fetched *);
static void	fetch_send(void);
static void	fetch_silent(evutil_socket_t, short, void *);
static const char *file_name(void);
static size_t	source(void);
static int	file_wanted(enum fetch_file);
static void	watch(void);
static void	tell_progress(const struct msg_progress *);

void
fetch_init(struct event_base *base, const char *dir)
{
	static const struct room_user	 user = {
		downloader_ready, downloader_dispatch, downloader_gone
	};

	if ((watchdog = evtimer_new(base, fetch_silent, NULL)) == NULL)
		fatalx("out of memory for events");
	staging = dir;
	rooms_use(ROOM_DOWNLOADER, &user);
}

void
fetch_platform(const char **os, const char **arch)
{
	static struct utsname	 un;
	static char		 name[32];
	size_t			 i;

	if (name[0] == '\0') {
		if (uname(&un) == -1)
			fatal("uname");
		for (i = 0; un.sysname[i] != '\0' && i + 1 < sizeof(name);
		    i++)
			name[i] = (char)tolower((unsigned char)un.sysname[i]);
	}
	*os = name;
	if (strcmp(un.machine, "x86_64") == 0)
		*arch = "amd64";
	else if (strcmp(un.machine, "aarch64") == 0)
		*arch = "arm64";
	else
		*arch = un.machine;
}

void
fetch_binary_name(const char *version, char *name, size_t size)
{
	const char	*os, *arch;

	fetch_platform(&os, &arch);
	snprintf(name, size, "lavap-v%s-%s-%s", version, os, arch);
}

/* NULL: the binary */
static const char *
file_name(void)
{
	switch (job.step) {
	case FETCH_LIST:
		return "sha256sum.txt";
	case FETCH_SIGNATURE:
		return job.minisig ? "sha256sum.txt.minisig" :
		    "sha256sum.txt.sig";
	default:
		return NULL;
	}
}

static void
fetch_file_path(const char *version, const char *what, char *path, size_t size)
{
	snprintf(path, size, "%s/v%s%s%s", staging, version,
	    what[0] ? "." : "", what);
}

static int
file_wanted(enum fetch_file file)
{
	switch (file) {
	case FETCH_LIST:
		return job.conf->want_list;
	case FETCH_SIGNATURE:
		return job.conf->want_signature;
	default:
		return 1;
	}
}

void
fetch_release(const char *version, const struct fetch_conf *conf,
    void (*done)(const struct fetched *, const char *, int, void *), void *arg)
{
	int	 i;

	if (job.active)
		fatalx("two fetches at once");
	memset(&job, 0, sizeof(job));
	job.active = 1;
	strlcpy(job.version, version, sizeof(job.version));
	job.conf = conf;
	job.done = done;
	job.arg = arg;
	for (i = 0; i < FETCH_FILES; i++)
		job.got.fd[i] = -1;
	event_tell("fetch", json_pack("{s:s, s:s}", "version", version,
	    "state", "started"));
	while (!file_wanted(job.step))
		job.step++;
	if (rooms_channel(ROOM_DOWNLOADER) != NULL)
		downloader_ready(rooms_channel(ROOM_DOWNLOADER));
	else
		rooms_start(ROOM_DOWNLOADER);
}

void
fetch_cancel(void)
{
	int	 i;

	if (!job.active)
		return;
	job.active = 0;
	evtimer_del(watchdog);
	for (i = 0; i < FETCH_FILES; i++)
		if (job.got.fd[i] != -1)
			close(job.got.fd[i]);
	downloader_end();
}

static void
downloader_end(void)
{
	struct room_view	 view;

	rooms_view(ROOM_DOWNLOADER, &view);
	leaving = view.pid != 0;
	rooms_end(ROOM_DOWNLOADER);
}

static void
downloader_ready(struct channel *ch)
{
	char	 error[TEXT_SIZE];
	int	 fd;

	if (!job.active) {
		downloader_end();
		return;
	}
	if ((fd = ca_bundle_open(job.conf->ca_file, error, sizeof(error))) !=
	    -1)
		channel_send(ch, MSG_CA, 0, fd, NULL);
	else if (!job.conf->allow_http) {
		fetch_finish(error);
		return;
	}
	fetch_send();
}

/* Opens the staging file of this step: *fd for the room */
static int
fetch_open(int *fd, char *error, size_t size)
{
	struct stat	 st;
	char		 path[400];
	int		 flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;

	job.offset = 0;
	fetch_file_path(job.version, job.step == FETCH_BINARY ? "" :
	    job.step == FETCH_LIST ? "list" : "signature", path, sizeof(path));
	if ((*fd = open(path, flags, 0600)) == -1 || fstat(*fd, &st) == -1) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		if (*fd != -1)
			close(*fd);
		return -1;
	}
	/*
	 * What an earlier try left goes on only when the server's word for it
	 * is known; without the tag the file starts over.
	 */
	job.etag[0] = '\0';
	if (job.step == FETCH_BINARY && left.source == source() &&
	    strcmp(left.version, job.version) == 0)
		strlcpy(job.etag, left.etag, sizeof(job.etag));
	if (job.etag[0] != '\0')
		job.offset = (uint64_t)st.st_size;
	else if (ftruncate(*fd, 0) == -1) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		close(*fd);
		return -1;
	}
	return 0;
}

/*
 * With several sources the list and the file come from different ones, so
 * that one origin alone cannot put a file and its hash there.
 */
static size_t
source(void)
{
	return (job.tried + (job.step == FETCH_BINARY ? 1 : 0)) %
	    job.conf->nsources;
}

static void
fetch_send(void)
{
	struct msg_fetch	 m;
	const char		*os, *arch;
	char			 error[TEXT_SIZE];
	int			 fd;

	if (fetch_open(&fd, error, sizeof(error)) == -1) {
		fetch_finish(error);
		return;
	}
	memset(&m, 0, sizeof(m));
	fetch_platform(&os, &arch);
	if (config_release_url(job.conf->sources[source()], job.version, os,
	    arch, file_name(), m.url, sizeof(m.url)) == -1) {
		close(fd);
		fetch_finish("the URL of a release is too long");
		return;
	}
	m.max_size = job.step == FETCH_BINARY ? job.conf->max_size : LIST_MAX;
	m.offset = job.offset;
	strlcpy(m.etag, job.etag, sizeof(m.etag));
	m.allow_http = (uint8_t)job.conf->allow_http;
	if (job.step == FETCH_BINARY)
		strlcpy(job.got.url, m.url, sizeof(job.got.url));
	job.id = ++last_id;
	log_info("fetching %s", m.url);
	rooms_send(ROOM_DOWNLOADER, MSG_FETCH, job.id, fd, &m);
	watch();
}

static void
downloader_dispatch(struct channel *ch, struct imsg *imsg)
{
	struct msg_progress	 progress;
	struct msg_fetched	 fetched;

	if (job.active)
		watch();
	switch (imsg_get_type(imsg)) {
	case MSG_DIAL:
		dial_for_room(ROOM_DOWNLOADER, ch, imsg);
		return;
	case MSG_PROGRESS:
		if (channel_read(ch, imsg, MSG_PROGRESS, &progress,
		    sizeof(progress)) == -1)
			break;
		tell_progress(&progress);
		return;
	case MSG_FETCHED:
		if (channel_read(ch, imsg, MSG_FETCHED, &fetched,
		    sizeof(fetched)) == -1)
			break;
		if (job.active && imsg_get_id(imsg) == job.id)
			fetch_result(&fetched);
		return;
	default:
		log_warnx("downloader: unexpected %s message",
		    message_name(imsg_get_type(imsg)));
		break;
	}
	rooms_kill(ROOM_DOWNLOADER);
}

/* It gives up a dead server by itself long before: it is stopped or hung */
static void
fetch_silent(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	log_warnx("downloader: silent for %d s, killed", SILENCE_SECONDS);
	rooms_kill(ROOM_DOWNLOADER);
}

static void
watch(void)
{
	struct timeval	 tv = { SILENCE_SECONDS, 0 };

	if (evtimer_add(watchdog, &tv) == -1)
		fatalx("event_add");
}

static void
tell_progress(const struct msg_progress *m)
{
	if (!job.active || job.step != FETCH_BINARY)
		return;
	event_tell_progress("fetch", json_pack("{s:s, s:s, s:I, s:I}",
	    "version", job.version, "state", "progress", "done",
	    (json_int_t)m->done, "total", (json_int_t)m->total));
}

static void
fetch_result(struct msg_fetched *m)
{
	char	 path[400], error[TEXT_SIZE];

	if (job.step == FETCH_BINARY) {
		strlcpy(left.version, job.version, sizeof(left.version));
		left.source = source();
		strlcpy(left.etag, m->ok ? "" : m->etag, sizeof(left.etag));
	}
	if (m->ok) {
		fetch_file_path(job.version, job.step == FETCH_BINARY ? "" :
		    job.step == FETCH_LIST ? "list" : "signature", path,
		    sizeof(path));
		job.got.fd[job.step] = open(path, O_RDONLY | O_CLOEXEC |
		    O_NOFOLLOW);
		if (job.got.fd[job.step] == -1) {
			snprintf(error, sizeof(error), "%s: %s", path,
			    strerror(errno));
			fetch_finish(error);
			return;
		}
		if (job.step == FETCH_SIGNATURE)
			job.got.is_minisig = job.minisig;
		fetch_next();
		return;
	}
	log_warnx("fetch of v%s: %s", job.version, m->error);
	if (m->status == 404 || m->status == 410)
		job.missing++;
	if (job.step == FETCH_SIGNATURE && !job.minisig && m->status == 404) {
		/* The other tool's name for it, same source. */
		job.minisig = 1;
		job.missing--;
		fetch_send();
		return;
	}
	job.minisig = 0;
	if (++job.tried < job.conf->nsources) {
		fetch_send();
		return;
	}
	fetch_finish(m->error);
}

static void
fetch_next(void)
{
	do {
		job.step++;
	} while (job.step < FETCH_FILES && !file_wanted(job.step));
	job.tried = 0;
	job.missing = 0;
	if (job.step == FETCH_FILES)
		fetch_finish(NULL);
	else
		fetch_send();
}

static void
fetch_finish(const char *error)
{
	struct fetched	 got = job.got;
	int		 i, missing;

	evtimer_del(watchdog);
	missing = job.missing > 0 && (size_t)job.missing >= job.tried;
	job.active = 0;
	if (error != NULL)
		for (i = 0; i < FETCH_FILES; i++) {
			if (got.fd[i] != -1)
				close(got.fd[i]);
			got.fd[i] = -1;
		}
	if (error != NULL)
		event_tell("fetch", json_pack("{s:s, s:s, s:s}", "version",
		    job.version, "state", "failed", "reason", error));
	else
		event_tell("fetch", json_pack("{s:s, s:s, s:s}", "version",
		    job.version, "state", "done", "url", got.url));
	downloader_end();
	job.done(&got, error, missing, job.arg);
}

static void
downloader_gone(const char *why)
{
	char	 error[TEXT_SIZE];

	dial_forget_room(ROOM_DOWNLOADER);
	if (leaving) {
		/* A job that began meanwhile waits for the next one. */
		leaving = 0;
		if (job.active)
			rooms_start(ROOM_DOWNLOADER);
		return;
	}
	if (!job.active)
		return;
	if (++job.deaths < DEATHS_MAX) {
		log_warnx("downloader: %s, started again", why);
		rooms_start(ROOM_DOWNLOADER);
		return;
	}
	snprintf(error, sizeof(error), "the downloader died %d times: %s",
	    job.deaths, why);
	fetch_finish(error);
}

void
fetch_clean(const char *version)
{
	static const char *const	 what[] = { "", "list", "signature" };
	char				 path[600];
	size_t				 i;

	for (i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		fetch_file_path(version, what[i], path, sizeof(path));
		if (unlink(path) == -1 && errno != ENOENT)
			log_warn("%s", path);
	}
}

void
fetch_clean_others(const char *version)
{
	char		 path[900], keep[VERSION_SIZE + 2];
	struct dirent	*de;
	size_t		 len;
	DIR		*dir;

	snprintf(keep, sizeof(keep), "v%s", version);
	len = strlen(keep);
	if ((dir = opendir(staging)) == NULL)
		return;
	while ((de = readdir(dir)) != NULL) {
		if (de->d_name[0] != 'v' || (strncmp(de->d_name, keep, len) ==
		    0 && !isdigit((unsigned char)de->d_name[len])))
			continue;
		snprintf(path, sizeof(path), "%s/%s", staging, de->d_name);
		if (unlink(path) == -1)
			log_warn("%s", path);
	}
	closedir(dir);
}
