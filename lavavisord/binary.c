#include <sys/types.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/binary.h"
#include "lavavisord/clock.h"
#include "lavavisord/events.h"
#include "lavavisord/install.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/verify.h"

/* How long after a check that failed for no fault of the file, ms */
#define AGAIN_MS	5000

/* One rehash that is going on, and who waits for it */
struct check {
	LIST_ENTRY(check) entry;
	struct semver	 version;
	void		(*done)(const char *, void *);
	void		*arg;
	struct journal_hash file;	/* as it was before it is read */
	struct event	*soon;		/* the answer is known already */
	char		 error[TEXT_SIZE];
};

static LIST_HEAD(, check)	 checks = LIST_HEAD_INITIALIZER(checks);
static struct event_base	*base;
static struct event		*again;

static int	being_checked(const struct semver *);
static void	check_begin(const struct semver *,
		    void (*)(const char *, void *), void *, int);
static void	check_again(evutil_socket_t, short, void *);
static void	check_done(const struct msg_verified *, int, void *);
static void	check_end(struct check *, const char *);
static const char *check_result(struct check *, struct installed *,
		    const struct msg_verified *);
static struct check *check_new(const struct semver *,
		    void (*)(const char *, void *), void *);
static void	check_soon(struct check *, const char *);
static void	check_was_soon(evutil_socket_t, short, void *);
static int	is_the_same(const struct semver *);
static int	is_spoiled(const struct service *);
static int	is_still_damaged(const struct installed *);
static void	look_later(void);
static void	set_damaged(struct installed *, const char *);
static void	start_waiting(const char *, void *);

void
binary_init(struct event_base *b)
{
	base = b;
	if ((again = evtimer_new(base, check_again, NULL)) == NULL)
		fatalx("out of memory for events");
}

/* 1 when the file is, to the system, the one that was verified */
static int
is_the_same(const struct semver *v)
{
	struct journal_hash	*h = journal_hash(&env.journal, v);
	struct stat		 st;

	return h != NULL && install_stat(v, &st) == 0 &&
	    install_is_file(h, &st);
}

/* 1 when what was found damaged is still what lies there */
static int
is_still_damaged(const struct installed *i)
{
	struct stat	 st;

	if (!i->damaged)
		return 0;
	if (install_stat(&i->version, &st) == -1)
		memset(&st, 0, sizeof(st));
	return install_is_file(&i->seen, &st);
}

/* It is not run; running services have what they have. */
static void
set_damaged(struct installed *i, const char *why)
{
	struct stat	 st;

	if (install_stat(&i->version, &st) == -1)
		memset(&st, 0, sizeof(st));
	install_hash_file(&i->seen, &st);
	i->damaged = i->checked = 1;
	i->checked_s = clock_s();
	strlcpy(i->why, why, sizeof(i->why));
}

static struct check *
check_new(const struct semver *v, void (*done)(const char *, void *),
    void *arg)
{
	struct check	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("calloc");
	c->version = *v;
	c->done = done;
	c->arg = arg;
	LIST_INSERT_HEAD(&checks, c, entry);
	return c;
}

/* Who asked is never answered inside his question */
static void
check_soon(struct check *c, const char *error)
{
	struct timeval	 now = { 0, 0 };

	strlcpy(c->error, error, sizeof(c->error));
	if ((c->soon = evtimer_new(base, check_was_soon, c)) == NULL ||
	    evtimer_add(c->soon, &now) == -1)
		fatalx("out of memory for events");
}

static void
check_was_soon(evutil_socket_t fd, short what, void *arg)
{
	struct check	*c = arg;

	(void)fd;
	(void)what;
	event_free(c->soon);
	check_end(c, c->error[0] != '\0' ? c->error : NULL);
}

static void
check_end(struct check *c, const char *error)
{
	char	 text[SEMVER_SIZE];

	if (error != NULL) {
		semver_text(&c->version, text, sizeof(text));
		log_warnx("upgrades/v%s/lavap is not run: %s", text, error);
		event_tell("verify", json_pack("{s:s, s:s, s:s}", "version",
		    text, "state", "failed", "reason", error));
	}
	LIST_REMOVE(c, entry);
	c->done(error, c->arg);
	free(c);
}

void
binary_check(const struct semver *v, void (*done)(const char *, void *),
    void *arg)
{
	check_begin(v, done, arg, 0);
}

void
binary_recheck(const struct semver *v, void (*done)(const char *, void *),
    void *arg)
{
	check_begin(v, done, arg, 1);
}

static void
check_begin(const struct semver *v, void (*done)(const char *, void *),
    void *arg, int always)
{
	struct check		*c = check_new(v, done, arg);
	struct installed	*i;
	struct verify_job	 job;
	struct stat		 st;
	int			 k;

	if ((i = install_find(v)) == NULL) {
		check_soon(c, "it is not installed");
		return;
	}
	if (!always && i->checked && (is_still_damaged(i) ||
	    (!i->damaged && is_the_same(v)))) {
		check_soon(c, i->damaged ? i->why : "");
		return;
	}
	memset(&job, 0, sizeof(job));
	for (k = 0; k < VERIFY_FILES; k++)
		job.fd[k] = -1;
	if (install_stat(v, &st) == -1 ||
	    (uint64_t)st.st_size != i->manifest.size) {
		set_damaged(i, "it is missing, or not as long as the one that "
		    "was verified");
		check_soon(c, i->why);
		return;
	}
	if ((job.fd[VERIFY_BINARY] = install_read(v)) == -1) {
		check_soon(c, strerror(errno));
		return;
	}
	/* Of the file that is read, whatever has that name by now */
	if (fstat(job.fd[VERIFY_BINARY], &st) == -1) {
		check_soon(c, strerror(errno));
		close(job.fd[VERIFY_BINARY]);
		return;
	}
	install_hash_file(&c->file, &st);
	semver_text(v, job.ask.version, sizeof(job.ask.version));
	strlcpy(job.ask.file_name, "lavap", sizeof(job.ask.file_name));
	job.ask.trust = TRUST_REHASH;
	job.ask.max_size = i->manifest.size;
	strlcpy(job.ask.want, i->manifest.sha256, sizeof(job.ask.want));
	job.done = check_done;
	job.arg = c;
	verify_start(&job);
}

/* What the verifier's answer means; NULL: its bytes are the right ones */
static const char *
check_result(struct check *c, struct installed *i,
    const struct msg_verified *m)
{
	struct journal_hash	 h, *old;
	struct stat		 st;

	if (m->sha256[0] == '\0' || (!m->ok && strcmp(m->sha256,
	    i->manifest.sha256) == 0))
		return m->error[0] != '\0' ? m->error : "no hash was found";
	old = journal_hash(&env.journal, &c->version);
	if (!m->ok || strcmp(m->sha256, i->manifest.sha256) != 0) {
		set_damaged(i, m->error[0] != '\0' ? m->error :
		    "its hash is not that of its manifest");
		return i->why;
	}
	if (old != NULL && strcmp(old->sha256, m->sha256) != 0) {
		set_damaged(i, "its hash is not the one that this version had "
		    "first");
		return i->why;
	}
	if (install_stat(&c->version, &st) == -1)
		return strerror(errno);
	/* It may have changed while it was read. */
	if (!install_is_file(&c->file, &st))
		return "it was changed while it was read";
	if (old == NULL || !install_is_file(old, &st)) {
		memset(&h, 0, sizeof(h));
		h.version = c->version;
		strlcpy(h.sha256, m->sha256, sizeof(h.sha256));
		install_hash_file(&h, &st);
		journal_remember_hash(&env.journal, &h);
		journal_keep();
	}
	i->checked = 1;
	i->checked_s = clock_s();
	i->damaged = 0;
	i->why[0] = '\0';
	return NULL;
}

static void
check_done(const struct msg_verified *m, int died, void *arg)
{
	struct check		*c = arg;
	struct installed	*i;
	const char		*error;

	if ((i = install_find(&c->version)) == NULL)
		error = "it was removed";
	else if (died)
		error = m->error;
	else
		error = check_result(c, i, m);
	check_end(c, error);
}

int
binary_is_checked(const struct semver *v)
{
	struct installed	*i = install_find(v);

	return i != NULL && i->checked && !i->damaged && is_the_same(v);
}

static int
being_checked(const struct semver *v)
{
	struct check	*c;

	LIST_FOREACH(c, &checks, entry)
		if (semver_compare(&c->version, v) == 0)
			return 1;
	return 0;
}

int
binary_is_pending(const struct service *s)
{
	struct journal_service	*j;

	if (s->conf == NULL || !s->conf->is_lavap)
		return 0;
	j = journal_service(&env.journal, s->conf->name);
	return j != NULL && j->has_version && being_checked(&j->version);
}

void
binary_check_all(void)
{
	struct journal_service	*j;
	size_t			 i;

	for (i = 0; i < env.journal.service_count; i++) {
		j = &env.journal.service[i];
		if (j->has_version && install_find(&j->version) != NULL &&
		    !binary_is_checked(&j->version) &&
		    !being_checked(&j->version))
			binary_check(&j->version, start_waiting, NULL);
	}
}

/* Services that could not start before the check was over are asked again */
static void
start_waiting(const char *error, void *arg)
{
	struct service	*s;

	(void)arg;
	if (error != NULL) {
		/* Of a damaged one the decision makes what can be made. */
		upgrade_consider();
		look_later();
	}
	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (!s->waits_for_check || s->conf == NULL ||
		    (error != NULL && !is_spoiled(s)))
			continue;
		/* One whose file is spoiled gets to know why, once. */
		s->waits_for_check = 0;
		if (s->state.pid == 0 && s->want_given != WANT_DOWN)
			service_want(s, WANT_UP);
	}
}

static int
is_spoiled(const struct service *s)
{
	struct journal_service	*j = journal_service(&env.journal,
				    s->conf->name);
	struct installed	*i;

	if (j == NULL || !j->has_version)
		return 0;
	i = install_find(&j->version);
	return i != NULL && i->damaged;
}

void
binary_arrived(void)
{
	evtimer_del(again);
	start_waiting(NULL, NULL);
}

static void
look_later(void)
{
	struct timeval	 tv = { AGAIN_MS / 1000, 0 };

	if (!evtimer_pending(again, NULL) && evtimer_add(again, &tv) == -1)
		fatalx("event_add");
}

static void
check_again(evutil_socket_t fd, short what, void *arg)
{
	struct journal_service	*j;
	struct installed	*i;
	struct service		*s;

	(void)fd;
	(void)what;
	(void)arg;
	for (s = service_first(); s != NULL; s = service_next(s)) {
		if (!s->waits_for_check || s->conf == NULL ||
		    (j = journal_service(&env.journal, s->conf->name)) ==
		    NULL || !j->has_version ||
		    (i = install_find(&j->version)) == NULL ||
		    being_checked(&j->version))
			continue;
		/* Somebody may put back what was there. */
		if (is_still_damaged(i))
			look_later();
		else
			binary_check(&j->version, start_waiting, NULL);
	}
}

int
binary_for(struct service *s, char *path, size_t size,
    struct semver *v, char *why, size_t len)
{
	struct journal_service	*j;
	struct installed	*i;
	char			 text[SEMVER_SIZE];

	j = journal_service(&env.journal, s->conf->name);
	if (j == NULL || !j->has_version) {
		snprintf(why, len, "no version of lavap is installed for it "
		    "yet");
		return -1;
	}
	semver_text(&j->version, text, sizeof(text));
	/* Whatever it lacks, it is asked again once that is there. */
	s->waits_for_check = 1;
	if ((i = install_find(&j->version)) == NULL) {
		snprintf(why, len, "upgrades/v%s is not installed", text);
		return -1;
	}
	if (is_still_damaged(i)) {
		snprintf(why, len, "upgrades/v%s/lavap is not the file that "
		    "was verified", text);
		look_later();
		return -1;
	}
	if (!i->checked || i->damaged || !is_the_same(&j->version)) {
		snprintf(why, len, "upgrades/v%s/lavap is being verified "
		    "again", text);
		/* Many services ask at a start: one check is enough. */
		if (!being_checked(&j->version) &&
		    !evtimer_pending(again, NULL))
			binary_check(&j->version, start_waiting, NULL);
		return -1;
	}
	s->waits_for_check = 0;
	*v = j->version;
	install_path(&j->version, path, size);
	return 0;
}
