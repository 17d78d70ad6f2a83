#include <sys/types.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/binary.h"
#include "lavavisord/events.h"
#include "lavavisord/install.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/verify.h"

/* One rehash that is going on, and who waits for it */
struct check {
	LIST_ENTRY(check) entry;
	struct semver	 version;
	void		(*done)(const char *, void *);
	void		*arg;
};

static LIST_HEAD(, check)	 checks = LIST_HEAD_INITIALIZER(checks);

static void	check_done(const struct msg_verified *, int, void *);
static int	being_checked(const struct semver *);
static int	is_the_same(const struct semver *);
static void	start_waiting(const char *, void *);

/* 1 when the file is, to the system, the one that was verified */
static int
is_the_same(const struct semver *v)
{
	struct journal_hash	*h = journal_hash(&env.journal, v);
	struct stat		 st;

	if (h == NULL || install_stat(v, &st) == -1)
		return 0;
	return h->dev == (uint64_t)st.st_dev && h->ino == (uint64_t)st.st_ino &&
	    h->size == (uint64_t)st.st_size &&
	    h->mtime_s == (int64_t)st.st_mtim.tv_sec &&
	    h->mtime_ns == (int64_t)st.st_mtim.tv_nsec &&
	    h->ctime_s == (int64_t)st.st_ctim.tv_sec &&
	    h->ctime_ns == (int64_t)st.st_ctim.tv_nsec;
}

void
binary_check(const struct semver *v, void (*done)(const char *, void *),
    void *arg)
{
	struct installed	*i;
	struct verify_job	 job;
	struct check		*c;
	char			 why[128];
	int			 k;

	if ((i = install_find(v)) == NULL) {
		done("it is not installed", arg);
		return;
	}
	if (i->checked && (i->damaged || is_the_same(v))) {
		done(i->damaged ? "its bytes are not those that were "
		    "verified" : NULL, arg);
		return;
	}
	memset(&job, 0, sizeof(job));
	for (k = 0; k < VERIFY_FILES; k++)
		job.fd[k] = -1;
	if ((job.fd[VERIFY_BINARY] = install_read(v)) == -1) {
		/* Gone, or no file of ours: another one is to be had. */
		i->damaged = i->checked = 1;
		snprintf(why, sizeof(why), "it cannot be read: %s",
		    strerror(errno));
		done(why, arg);
		return;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("calloc");
	c->version = *v;
	c->done = done;
	c->arg = arg;
	LIST_INSERT_HEAD(&checks, c, entry);
	semver_text(v, job.ask.version, sizeof(job.ask.version));
	strlcpy(job.ask.file_name, "lavap", sizeof(job.ask.file_name));
	job.ask.trust = TRUST_REHASH;
	job.ask.max_size = i->manifest.size;
	strlcpy(job.ask.want, i->manifest.sha256, sizeof(job.ask.want));
	job.done = check_done;
	job.arg = c;
	verify_start(&job);
}

static void
check_done(const struct msg_verified *m, int died, void *arg)
{
	struct check		*c = arg;
	struct installed	*i;
	struct journal_hash	 h, *old;
	struct stat		 st;
	char			 text[SEMVER_SIZE];

	LIST_REMOVE(c, entry);
	semver_text(&c->version, text, sizeof(text));
	if ((i = install_find(&c->version)) == NULL)
		c->done("it was removed", c->arg);
	else if (!m->ok) {
		/* A verifier's death says nothing of the file. */
		i->damaged = i->checked = !died;
		log_warnx("upgrades/v%s/lavap is not run: %s", text, m->error);
		event_tell("verify", json_pack("{s:s, s:s, s:s}", "version",
		    text, "state", "failed", "reason", m->error));
		c->done(m->error, c->arg);
	} else if (install_stat(&c->version, &st) == -1)
		c->done(strerror(errno), c->arg);
	else if ((old = journal_hash(&env.journal, &c->version)) != NULL &&
	    strcmp(old->sha256, m->sha256) != 0) {
		i->damaged = i->checked = 1;
		c->done("its hash is not the one that this version had first",
		    c->arg);
	} else {
		memset(&h, 0, sizeof(h));
		h.version = c->version;
		strlcpy(h.sha256, m->sha256, sizeof(h.sha256));
		install_hash_file(&h, &st);
		journal_remember_hash(&env.journal, &h);
		journal_keep();
		i->checked = 1;
		i->damaged = 0;
		c->done(NULL, c->arg);
	}
	free(c);
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
	if (error != NULL)
		upgrade_consider();	/* another file of it may be had */
	for (s = service_first(); s != NULL; s = service_next(s))
		if (s->conf != NULL && s->conf->is_lavap &&
		    s->state.want == WANT_UP && s->state.pid == 0 &&
		    s->state.state == SERVICE_STOPPED)
			service_want(s, WANT_UP);
}

void
binary_arrived(void)
{
	start_waiting(NULL, NULL);
}

int
binary_for(const struct service *s, char *path, size_t size,
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
	if ((i = install_find(&j->version)) == NULL) {
		snprintf(why, len, "upgrades/v%s is not installed", text);
		return -1;
	}
	if (i->damaged) {
		snprintf(why, len, "upgrades/v%s/lavap is not the file that "
		    "was verified", text);
		return -1;
	}
	if (!i->checked || !is_the_same(&j->version)) {
		snprintf(why, len, "upgrades/v%s/lavap is being verified "
		    "again", text);
		/* Many services ask at a start: one check is enough. */
		if (!being_checked(&j->version))
			binary_check(&j->version, start_waiting, NULL);
		return -1;
	}
	*v = j->version;
	install_path(&j->version, path, size);
	return 0;
}
