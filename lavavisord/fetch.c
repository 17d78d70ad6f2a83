#include <sys/types.h>
#include <sys/utsname.h>

#include <ctype.h>
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
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/dial.h"
#include "lavavisord/events.h"
#include "lavavisord/fetch.h"
#include "lavavisord/room_spawn.h"
#include "lavavisord/rooms.h"
#include "lavavisord/sources.h"
#include "lavavisord/staging.h"

#define LIST_MAX	(1024 * 1024)	/* bytes of a list or signature */
#define SILENCE_SECONDS	180	/* without a word, and the time of a stall */
#define DEATHS_MAX	3		/* of the downloader in one job */
#define RESUMES_MAX	5		/* of one file from one source */
#define RESUME_MS	1000		/* the first wait; doubles */
#define SPACE_LEFT	(1024 * 1024)	/* while a file of any size comes */
#define FAILURES_MAX	32		/* that are told of */

struct job {
	int			 active;
	char			 version[VERSION_SIZE];
	const struct fetch_conf	*conf;
	enum fetch_file		 step;
	int			 minisig;	/* asking for that signature */
	int			 bare;		/* no list: a signed file */
	size_t			 order[CONFIG_SOURCES_MAX];
	size_t			 tried;		/* sources for this file */
	size_t			 missing;	/* of them, that said 404 */
	size_t			 list_source;	/* where the list was */
	unsigned int		 resumes;	/* of this file, this source */
	int			 deaths;
	uint32_t		 id;		/* of the FETCH in flight */
	char			 url[URL_SIZE];
	struct staged		 file;		/* its fds are -1 when idle */
	int			 coming;	/* conf->coming knows of it */
	char			 error[TEXT_SIZE];	/* of all sources */
	struct fetched		 got;
	void			(*done)(const struct fetched *, const char *,
				    int, void *);
	void			*arg;
};

static struct job	 job;
static json_t		*failures;	/* of the job, or of the last one */

/* A version whose files were refused, and how often */
static struct {
	char	 version[VERSION_SIZE];
	size_t	 times;
} refused;
static uint32_t		 last_id;
static struct event	*watchdog;
static struct event	*later;		/* to go on with a file */
static int		 leaving;	/* the downloader has still to end */

static int	announced(const struct msg_fetching *);
static void	close_file(void);
static void	downloader_dispatch(struct channel *, struct imsg *);
static void	downloader_end(void);
static void	downloader_gone(const char *);
static void	downloader_ready(struct channel *);
static void	fetch_again(evutil_socket_t, short, void *);
static void	fetch_finish(const char *);
static void	fetch_next(void);
static void	fetch_bare(void);
static void	fetch_failed(struct msg_fetched *);
static void	fetch_result(struct msg_fetched *);
static void	fetch_send(void);
static void	fetch_short(const char *);
static void	fetch_silent(evutil_socket_t, short, void *);
static const char *file_name(void);
static int	file_wanted(enum fetch_file);
static int	has_room(uint64_t);
static int	is_http(const char *);
static void	not_coming(void);
static void	note_failure(const char *);
static size_t	source(void);
static void	step_begin(enum fetch_file);
static void	watch(void);
static void	tell_progress(const struct msg_progress *);

void
fetch_init(struct event_base *base, const char *dir)
{
	static const struct room_user	 user = {
		downloader_ready, downloader_dispatch, downloader_gone
	};

	if ((watchdog = evtimer_new(base, fetch_silent, NULL)) == NULL ||
	    (later = evtimer_new(base, fetch_again, NULL)) == NULL)
		fatalx("out of memory for events");
	staging_init(dir);
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
	static char	 name[128];

	switch (job.step) {
	case FETCH_LIST:
		return "sha256sum.txt";
	case FETCH_SIGNATURE:
		if (job.bare) {
			fetch_binary_name(job.version, name, sizeof(name));
			strlcat(name, ".minisig", sizeof(name));
			return name;
		}
		return job.minisig ? "sha256sum.txt.minisig" :
		    "sha256sum.txt.sig";
	default:
		return NULL;
	}
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
	enum fetch_file	 first = FETCH_LIST;
	int		 i;

	if (job.active)
		fatalx("two fetches at once");
	memset(&job, 0, sizeof(job));
	job.active = 1;
	strlcpy(job.version, version, sizeof(job.version));
	job.conf = conf;
	job.done = done;
	job.arg = arg;
	job.file.write = job.file.read = -1;
	job.list_source = SOURCES_NONE;
	for (i = 0; i < FETCH_FILES; i++)
		job.got.fd[i] = -1;
	fetch_forget_failures();
	room_limit_files(ROOM_DOWNLOADER, conf->max_size > LIST_MAX ?
	    conf->max_size : LIST_MAX);
	event_tell("fetch", json_pack("{s:s, s:s}", "version", version,
	    "state", "started"));
	while (!file_wanted(first))
		first++;
	step_begin(first);
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
	evtimer_del(later);
	close_file();
	for (i = 0; i < FETCH_FILES; i++)
		if (job.got.fd[i] != -1)
			close(job.got.fd[i]);
	downloader_end();
}

static void
close_file(void)
{
	if (job.file.write != -1)
		close(job.file.write);
	if (job.file.read != -1)
		close(job.file.read);
	job.file.write = job.file.read = -1;
}

static void
downloader_end(void)
{
	struct room_view	 view;

	rooms_view(ROOM_DOWNLOADER, &view);
	leaving = view.pid != 0;
	rooms_end(ROOM_DOWNLOADER);
}

static int
is_http(const char *source_url)
{
	return strncmp(source_url, "http://", 7) == 0;
}

static void
downloader_ready(struct channel *ch)
{
	char	 error[TEXT_SIZE];
	size_t	 i;
	int	 fd;

	if (!job.active) {
		downloader_end();
		return;
	}
	if ((fd = ca_bundle_open(job.conf->ca_file, error, sizeof(error))) !=
	    -1)
		channel_send(ch, MSG_CA, 0, fd, NULL);
	else {
		for (i = 0; i < job.conf->nsources; i++)
			if (is_http(job.conf->sources[i]))
				break;
		if (i == job.conf->nsources) {
			fetch_finish(error);
			return;
		}
		log_warnx("%s: no https source can be used", error);
	}
	fetch_send();
}

/* The sources for this file, in order; see sources.h */
static void
step_begin(enum fetch_file step)
{
	const struct fetch_conf	*c = job.conf;
	size_t			 first = 0, apart = SOURCES_NONE;

	job.step = step;
	job.tried = job.missing = 0;
	job.resumes = 0;
	job.minisig = 0;
	job.error[0] = '\0';
	if (strcmp(refused.version, job.version) == 0)
		first = refused.times;
	if (step == FETCH_SIGNATURE && job.list_source != SOURCES_NONE)
		first = job.list_source;	/* where its list is */
	else if (step == FETCH_BINARY)
		apart = job.list_source;
	sources_order(c->sources, c->nsources, first, apart, job.order);
}

/* The index of the source that is asked */
static size_t
source(void)
{
	return job.order[job.tried];
}

static void
fetch_send(void)
{
	static const enum staging_file	 files[] = {
		[FETCH_LIST] = STAGING_LIST,
		[FETCH_SIGNATURE] = STAGING_SIGNATURE,
		[FETCH_BINARY] = STAGING_BINARY
	};
	const struct fetch_conf	*c = job.conf;
	struct msg_fetch	 m;
	const char		*os, *arch;
	char			 error[TEXT_SIZE];
	int			 fd;

	evtimer_del(later);
	close_file();
	memset(&m, 0, sizeof(m));
	fetch_platform(&os, &arch);
	if (config_release_url(c->sources[source()], job.version, os,
	    arch, file_name(), m.url, sizeof(m.url)) == -1) {
		fetch_finish("the URL of a release is too long");
		return;
	}
	strlcpy(job.url, m.url, sizeof(job.url));
	if (staging_open(job.version, files[job.step], m.url, &job.file,
	    error, sizeof(error)) == -1) {
		fetch_finish(error);
		return;
	}
	if ((fd = fcntl(job.file.write, F_DUPFD_CLOEXEC, 0)) == -1) {
		snprintf(error, sizeof(error), "%s: %s", staging_directory(),
		    strerror(errno));
		fetch_finish(error);
		return;
	}
	m.max_size = job.step == FETCH_BINARY ? c->max_size : LIST_MAX;
	m.offset = job.file.offset;
	strlcpy(m.etag, job.file.etag, sizeof(m.etag));
	m.allow_http = (uint8_t)is_http(m.url);
	m.total_s = c->total_s;
	m.stall_s = c->stall_s;
	strlcpy(m.proxy_host, c->proxy_host, sizeof(m.proxy_host));
	m.proxy_port = c->proxy_port;
	job.id = ++last_id;
	log_info("fetching %s%s", m.url, m.offset > 0 ? ", the rest" : "");
	rooms_send(ROOM_DOWNLOADER, MSG_FETCH, job.id, fd, &m);
	watch();
}

static void
fetch_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fetch_send();
}

static void
downloader_dispatch(struct channel *ch, struct imsg *imsg)
{
	struct msg_progress	 progress;
	struct msg_fetching	 fetching;
	struct msg_fetched	 fetched;

	if (job.active)
		watch();
	switch (imsg_get_type(imsg)) {
	case MSG_DIAL:
		dial_for_room(ROOM_DOWNLOADER, ch, imsg);
		return;
	case MSG_FETCHING:
		if (channel_read(ch, imsg, MSG_FETCHING, &fetching,
		    sizeof(fetching)) == -1)
			break;
		if (job.active && imsg_get_id(imsg) == job.id &&
		    announced(&fetching) == -1)
			break;
		return;
	case MSG_PROGRESS:
		if (channel_read(ch, imsg, MSG_PROGRESS, &progress,
		    sizeof(progress)) == -1)
			break;
		if (job.active && imsg_get_id(imsg) == job.id)
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
	log_warnx("downloader: silent for over %d s, killed",
	    SILENCE_SECONDS);
	rooms_kill(ROOM_DOWNLOADER);
}

static void
watch(void)
{
	clock_timer(watchdog, ((int64_t)SILENCE_SECONDS +
	    job.conf->stall_s) * 1000);
}

/* The disk is looked at before it is full: services need it as well. */
static int
has_room(uint64_t total)
{
	char	 error[TEXT_SIZE];

	/* total 0: nobody knows */
	if ((total != 0 ? staging_room(job.file.write, total,
	    job.conf->install, error, sizeof(error)) :
	    staging_room_for(staging_directory(), SPACE_LEFT, error,
	    sizeof(error))) == 0)
		return 1;
	fetch_short(error);
	return 0;
}

/* What cannot be stored is not kept half, and no other source helps. */
static void
fetch_short(const char *error)
{
	char	 version[VERSION_SIZE];

	strlcpy(version, job.version, sizeof(version));
	fetch_finish(error);
	staging_clean(version);
}

/* The first word on a file that comes.  -1: it is not what it can be. */
static int
announced(const struct msg_fetching *m)
{
	struct fetched	 so_far;

	if (job.step != FETCH_BINARY)
		return 0;
	if (m->total > job.conf->max_size ||
	    (m->offset != 0 && m->offset != job.file.offset)) {
		log_warnx("downloader: announces what was not asked for");
		return -1;
	}
	staging_note(job.version, job.url, m->etag);
	if (m->offset == 0)
		not_coming();
	/* The second copy of one that goes on is there as far as it is. */
	if (!job.coming) {
		if (m->total != 0 && !has_room(m->total))
			return 0;
		so_far = job.got;
		so_far.fd[FETCH_BINARY] = job.file.read;
		job.coming = 1;
		job.conf->coming(&so_far);
	}
	return 0;
}

static void
not_coming(void)
{
	if (job.coming)
		job.conf->coming(NULL);
	job.coming = 0;
}

static void
tell_progress(const struct msg_progress *m)
{
	if (job.step != FETCH_BINARY)
		return;
	if (m->total == 0 && !has_room(0))
		return;
	event_tell_progress("fetch", json_pack("{s:s, s:s, s:I, s:I}",
	    "version", job.version, "state", "progress", "done",
	    (json_int_t)m->done, "total", (json_int_t)m->total));
}

static void
fetch_result(struct msg_fetched *m)
{
	if (!m->ok) {
		fetch_failed(m);
		return;
	}
	job.got.fd[job.step] = job.file.read;
	job.file.read = -1;
	close_file();
	if (job.step == FETCH_LIST)
		job.list_source = source();
	else if (job.step == FETCH_SIGNATURE)
		job.got.is_minisig = job.minisig;
	else {
		strlcpy(job.got.url, job.url, sizeof(job.got.url));
		if (job.list_source != SOURCES_NONE &&
		    job.conf->nsources > 1 && config_same_origin(
		    job.conf->sources[source()],
		    job.conf->sources[job.list_source]))
			log_warnx("v%s: file and checksum list come from one "
			    "origin, as no other has it", job.version);
	}
	fetch_next();
}

static void
note_failure(const char *error)
{
	json_t	*o;
	size_t	 len = strlen(job.error);

	snprintf(job.error + len, sizeof(job.error) - len, "%s%s",
	    len > 0 ? "; " : "", error);
	if (failures == NULL && (failures = json_array()) == NULL)
		fatalx("out of memory");
	if (json_array_size(failures) >= FAILURES_MAX)
		return;
	if ((o = json_pack("{s:s, s:s}", "url", job.url, "error", error)) ==
	    NULL)
		fatalx("out of memory");
	json_array_append_new(failures, o);
}

static void
fetch_failed(struct msg_fetched *m)
{
	char	 error[TEXT_SIZE + 600];

	if (m->local) {
		snprintf(error, sizeof(error), "%s: %s", staging_directory(),
		    m->error);
		log_warnx("fetch of v%s: %s", job.version, error);
		fetch_short(error);
		return;
	}
	log_warnx("fetch of v%s: %s", job.version, m->error);
	if (m->broken && m->etag[0] != '\0' && m->size > job.file.offset &&
	    job.resumes < RESUMES_MAX) {
		clock_timer(later, (int64_t)RESUME_MS << job.resumes++);
		return;
	}
	if (job.step == FETCH_SIGNATURE && !job.minisig && m->status == 404) {
		/* The other tool's name for it, same source. */
		job.minisig = 1;
		fetch_send();
		return;
	}
	if (m->status == 404 || m->status == 410)
		job.missing++;
	not_coming();
	note_failure(m->error);
	job.minisig = job.bare;
	job.resumes = 0;
	if (++job.tried < job.conf->nsources) {
		fetch_send();
		return;
	}
	strlcpy(error, job.error, sizeof(error));
	if (job.step == FETCH_LIST && job.conf->want_signature &&
	    job.missing == job.conf->nsources) {
		fetch_bare();
		strlcpy(job.error, error, sizeof(job.error));
		return;
	}
	fetch_finish(error);
}

/*
 * Nobody has a list: whoever signs with minisign may sign the file itself,
 * with a trusted comment that says what it is.
 */
static void
fetch_bare(void)
{
	step_begin(FETCH_SIGNATURE);
	job.bare = job.minisig = 1;
	fetch_send();
}

static void
fetch_next(void)
{
	enum fetch_file	 step = job.step;

	do {
		step++;
	} while (step < FETCH_FILES && !file_wanted(step));
	if (step == FETCH_FILES) {
		fetch_finish(NULL);
		return;
	}
	step_begin(step);
	fetch_send();
}

static void
fetch_finish(const char *error)
{
	struct fetched	 got = job.got;
	int		 i, missing;

	evtimer_del(watchdog);
	evtimer_del(later);
	close_file();
	if (error != NULL)
		not_coming();
	missing = job.missing > 0 && job.missing >= job.tried;
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
fetch_refused(const char *version)
{
	if (strcmp(refused.version, version) != 0)
		refused.times = 0;
	strlcpy(refused.version, version, sizeof(refused.version));
	refused.times++;
}

json_t *
fetch_failures(void)
{
	return failures != NULL ? json_deep_copy(failures) : NULL;
}

void
fetch_forget_failures(void)
{
	if (failures != NULL)
		json_decref(failures);
	failures = NULL;
}
