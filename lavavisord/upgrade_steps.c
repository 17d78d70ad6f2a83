#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/binary.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/events.h"
#include "lavavisord/fetch.h"
#include "lavavisord/hash_rule.h"
#include "lavavisord/hook_upgrade.h"
#include "lavavisord/install.h"
#include "lavavisord/install_verified.h"
#include "lavavisord/journal.h"
#include "lavavisord/keep.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/offline.h"
#include "lavavisord/roll.h"
#include "lavavisord/staging.h"
#include "lavavisord/upgrade_prepare.h"
#include "lavavisord/upgrade_steps.h"
#include "lavavisord/upgrades_lock.h"
#include "lavavisord/verify.h"
#include "lavavisord/version_probe.h"

#define OTHERS_MS	250	/* between looks whether others are done */
#define DEATHS_MAX	3	/* of verifiers in one upgrade */

static void			(*report)(enum upgrade_event, const char *);
static struct fetch_conf	 fetch_conf;
static struct fetched		 files;	/* of a fetch that is done */
static int			 have_files;
static struct msg_verified	 verified;
static struct hash_wanted	 wanted;
static int			 rolling;
static struct event		*others;	/* somebody else is at it */
static int			 found;	/* somebody else has done it */

/* A verifier that follows the download */
static enum ahead {
	AHEAD_NOT,
	AHEAD_COPIES,
	AHEAD_ANSWERED,		/* before the end, so: no */
	AHEAD_ENDS		/* the file is whole: its answer counts */
} ahead;
static struct msg_verified	 ahead_answer;
static int			 deaths;
static int			 was_spoiled;

static void	 ahead_done(const struct msg_verified *, int, void *);
static void	 asked(const char *);
static void	 checked(const char *, void *);
static void	 close_files(void);
static void	 coming(const struct fetched *);
static int	 copy_fits(char *, size_t);
static void	 fetch_done(const struct fetched *, const char *, int, void *);
static void	 fetch_again(evutil_socket_t, short, void *);
static int	 hand_out(const struct fetched *, enum fetch_file);
static int	 hand_over(const struct fetched *, int, char *);
static int	 is_there_now(void);
static void	 let_others(void);
static void	 no_space(const char *);
static void	 probe_done(const char *, int, const char *, void *);
static void	 verify_done(const struct msg_verified *, int, void *);
static const char *version_text(void);
static int	 waits_for_others(void);

void
steps_init(void (*f)(enum upgrade_event, const char *))
{
	report = f;
}

static const char *
version_text(void)
{
	static char	 text[SEMVER_SIZE];

	return semver_text(&env.journal.upgrade.version, text, sizeof(text));
}

static void
close_files(void)
{
	int	 i;

	if (have_files)
		for (i = 0; i < FETCH_FILES; i++)
			if (files.fd[i] != -1)
				close(files.fd[i]);
	have_files = 0;
}

/* Who shares upgrades/ with us may have it by now: then it is taken. */
static int
is_there_now(void)
{
	const struct semver	*v = &env.journal.upgrade.version;
	const struct installed	*i = install_find(v);
	struct hash_wanted	 want;
	char			 had[HASH_SIZE] = "", why[TEXT_SIZE];

	if (!upgrades_shared())
		return 0;
	if (i != NULL)
		strlcpy(had, i->manifest.sha256, sizeof(had));
	return (i = install_look(v)) != NULL && strcmp(had,
	    i->manifest.sha256) != 0 && install_wanted(v, &want, why) == 0 &&
	    hash_rule_compare(version_text(), &want, i->manifest.sha256,
	    why) == 0;
}

/* 1: another daemon is at it, and this step comes again */
static int
waits_for_others(void)
{
	static int	 said;

	if (upgrades_lock(UPGRADES_FETCH) == 0) {
		said = 0;
		return 0;
	}
	if (!said)
		log_info("v%s: another lavavisord fetches or installs: it is "
		    "waited for", version_text());
	said = 1;
	if (others == NULL && (others = evtimer_new(env.base, fetch_again,
	    NULL)) == NULL)
		fatalx("out of memory for events");
	clock_timer(others, OTHERS_MS);
	return 1;
}

static void
fetch_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	step_fetch();
}

void
step_fetch(void)
{
	const struct config_releases	*r = &env.conf->releases;
	static char			 upgrades[700];

	close_files();
	prepare_give_way();
	was_spoiled = 0;
	if (waits_for_others())
		return;
	if ((found = is_there_now())) {
		log_info("v%s: another lavavisord has installed it",
		    version_text());
		report(EV_FETCHED, "");
		return;
	}
	memset(&fetch_conf, 0, sizeof(fetch_conf));
	fetch_conf.sources = r->sources;
	fetch_conf.nsources = r->sources_count;
	fetch_conf.ca_file = r->ca_file;
	fetch_conf.max_size = r->max_size;
	fetch_conf.want_list = r->trust != TRUST_PINNED;
	fetch_conf.want_signature = r->trust == TRUST_SIGNED;
	fetch_conf.proxy_host = r->proxy_host;
	fetch_conf.proxy_port = r->proxy_port;
	fetch_conf.total_s = r->timeout_ms / 1000;
	fetch_conf.stall_s = r->stall_ms / 1000;
	snprintf(upgrades, sizeof(upgrades), "%s/upgrades",
	    env.places.upgrades);
	fetch_conf.install = upgrades;
	fetch_conf.coming = coming;
	staging_clean_others(version_text());
	fetch_release(version_text(), &fetch_conf, fetch_done, NULL);
}

static void
let_others(void)
{
	found = 0;
	if (others != NULL)
		evtimer_del(others);
	upgrades_unlock(UPGRADES_FETCH);
}

void
steps_clean_staging(void)
{
	enum upgrade_state	 state = env.journal.upgrade.state;

	staging_clean_others(state == UPGRADE_FETCHING ||
	    state == UPGRADE_VERIFYING || state == UPGRADE_INSTALLING ?
	    version_text() : "");
}

static void
fetch_done(const struct fetched *f, const char *error, int missing, void *arg)
{
	char	 why[TEXT_SIZE];

	(void)arg;
	if (error != NULL) {
		snprintf(why, sizeof(why), "%s%s", missing ?
		    "there is no such release: " : "", error);
		report(EV_FETCH_FAILED, why);
		return;
	}
	files = *f;
	have_files = 1;
	deaths = 0;
	report(EV_FETCHED, "");
}

static int
hand_out(const struct fetched *f, enum fetch_file which)
{
	int	 fd = -1;

	if (f->fd[which] != -1 && (fd = fcntl(f->fd[which],
	    F_DUPFD_CLOEXEC, 0)) == -1)
		log_warn("v%s: a file for the verifier", version_text());
	return fd;
}

/* Looked at again: much may have been written since the fetch began. */
static int
copy_fits(char *error, size_t size)
{
	struct stat	 st;
	char		 upgrades[700];

	snprintf(upgrades, sizeof(upgrades), "%s/upgrades",
	    env.places.upgrades);
	if (fstat(files.fd[FETCH_BINARY], &st) == -1) {
		snprintf(error, size, "v%s: %s", version_text(),
		    strerror(errno));
		return -1;
	}
	return staging_room_for(upgrades, (uint64_t)st.st_size, error, size);
}

static void
no_space(const char *error)
{
	log_warnx("v%s is not installed: %s", version_text(), error);
	close_files();
	staging_clean(version_text());
	report(EV_DISK_FULL, error);
}

/*
 * Hands the files of f to a verifier, the new file with them.  growing: the
 * binary is still coming.  0, or -1 with one line.
 */
static int
hand_over(const struct fetched *f, int growing, char *error)
{
	const struct config_releases	*r = &env.conf->releases;
	struct verify_job		 job;
	int				 i;

	memset(&job, 0, sizeof(job));
	for (i = 0; i < VERIFY_FILES; i++)
		job.fd[i] = -1;
	offline_give_way(&env.journal.upgrade.version);
	if (install_wanted(&env.journal.upgrade.version, &wanted, error) ==
	    -1 || (job.fd[VERIFY_OUTPUT] = install_open(
	    &env.journal.upgrade.version, error, TEXT_SIZE)) == -1)
		return -1;
	strlcpy(job.ask.version, version_text(), sizeof(job.ask.version));
	fetch_binary_name(version_text(), job.ask.file_name,
	    sizeof(job.ask.file_name));
	job.ask.trust = (uint8_t)r->trust;
	job.ask.allow_scripts = (uint8_t)r->allow_scripts;
	job.ask.max_size = r->max_size;
	job.ask.growing = (uint8_t)growing;
	strlcpy(job.ask.want, wanted.sha256, sizeof(job.ask.want));
	/* Ours stay open: a verifier that dies is followed by another. */
	job.fd[VERIFY_LIST] = hand_out(f, FETCH_LIST);
	job.fd[f->is_minisig ? VERIFY_MINISIG : VERIFY_SIGNATURE] =
	    hand_out(f, FETCH_SIGNATURE);
	job.fd[VERIFY_BINARY] = hand_out(f, FETCH_BINARY);
	job.keys = r->keys;
	job.nkeys = r->keys_count;
	job.done = growing ? ahead_done : verify_done;
	verify_start(&job);
	return 0;
}

/*
 * The copy is made and hashed while the file still comes: then little is left
 * to do at its end.  Whatever goes wrong with that is left to the usual way.
 */
static void
coming(const struct fetched *f)
{
	char	 error[TEXT_SIZE];

	steps_give_way();
	if (f == NULL || offline_has(&env.journal.upgrade.version))
		return;
	if (hand_over(f, 1, error) == 0)
		ahead = AHEAD_COPIES;
	else
		log_debug("v%s: %s", version_text(), error);
}

void
steps_give_way(void)
{
	if (ahead != AHEAD_COPIES && ahead != AHEAD_ANSWERED)
		return;
	ahead = AHEAD_NOT;
	verify_cancel(ahead_done);
	install_abort(&env.journal.upgrade.version);
}

static void
ahead_done(const struct msg_verified *m, int died, void *arg)
{
	enum ahead	 was = ahead;

	ahead = AHEAD_NOT;
	if (was == AHEAD_ENDS) {
		verify_done(m, died, arg);
	} else if (died || m->ok || m->local) {
		log_debug("v%s: %s", version_text(), m->ok ?
		    "verified before it was there" : m->error);
		install_abort(&env.journal.upgrade.version);
	} else {
		/* It has seen enough; it is told when the file is there. */
		ahead = AHEAD_ANSWERED;
		ahead_answer = *m;
	}
}

void
step_verify(void)
{
	struct hash_wanted	 now;
	char			 error[TEXT_SIZE];

	if (found) {
		report(EV_VERIFIED, "");
		return;
	}
	/* An operator's word may have come since. */
	if (ahead != AHEAD_NOT && (install_wanted(
	    &env.journal.upgrade.version, &now, error) == -1 ||
	    strcmp(now.sha256, wanted.sha256) != 0))
		steps_give_way();
	if (ahead == AHEAD_ANSWERED) {
		ahead = AHEAD_NOT;
		verify_done(&ahead_answer, 0, NULL);
		return;
	}
	if (ahead == AHEAD_COPIES) {
		ahead = AHEAD_ENDS;
		verify_whole(ahead_done);
		return;
	}
	if (copy_fits(error, sizeof(error)) == -1) {
		no_space(error);
		return;
	}
	if (hand_over(&files, 0, error) == -1) {
		log_warnx("v%s is refused: %s", version_text(), error);
		close_files();
		report(EV_VERIFY_FAILED, error);
	}
}

static void
verify_done(const struct msg_verified *m, int died, void *arg)
{
	char	 why[TEXT_SIZE], text[TEXT_SIZE + 700];

	(void)arg;
	why[0] = '\0';
	if (died && ++deaths < DEATHS_MAX) {
		log_warnx("v%s: %s, another one is started", version_text(),
		    m->error);
		install_abort(&env.journal.upgrade.version);
		report(EV_ROOM_DEATH, m->error);
		return;
	}
	if (m->local) {
		install_abort(&env.journal.upgrade.version);
		if (copy_fits(text, sizeof(text)) == 0)
			snprintf(text, sizeof(text), "%s/upgrades: %s",
			    env.places.upgrades, m->error);
		no_space(text);
		return;
	}
	close_files();
	if (!m->ok && (!m->unwanted || hash_rule_compare(version_text(),
	    &wanted, m->sha256, why) == 0))
		strlcpy(why, m->error, sizeof(why));
	event_tell("verify", json_pack("{s:s, s:s, s:s, s:s, s:s}", "version",
	    version_text(), "state", why[0] ? "failed" : "done", "sha256",
	    m->sha256, "key", m->key, "reason", why));
	if (why[0] != '\0') {
		log_warnx("v%s is refused: %s", version_text(), why);
		install_abort(&env.journal.upgrade.version);
		/* What cannot be verified is not worth resuming. */
		staging_clean(version_text());
		fetch_refused(version_text());
		report(EV_VERIFY_FAILED, why);
		return;
	}
	log_info("v%s is verified: sha256 %s%s%s%s", version_text(),
	    m->sha256, m->key[0] ? ", signed by " : "", m->key,
	    env.conf->releases.trust == TRUST_CHECKSUM ?
	    " (integrity only: nobody signed it)" : "");
	verified = *m;
	report(EV_VERIFIED, "");
}

void
step_install(void)
{
	static const enum manifest_how	 hows[] = {
		[TRUST_CHECKSUM] = HOW_CHECKSUM,
		[TRUST_SIGNED] = HOW_SIGNED,
		[TRUST_PINNED] = HOW_PINNED
	};
	char				 error[TEXT_SIZE];

	if (found) {
		report(EV_INSTALLED, "");
		return;
	}
	if (install_verified(&env.journal.upgrade.version, &verified,
	    hows[env.conf->releases.trust], files.url, error) == -1) {
		report(EV_INSTALL_FAILED, error);
		return;
	}
	staging_clean(version_text());
	report(EV_INSTALLED, "");
}

void
step_probe(void)
{
	was_spoiled = 0;
	let_others();
	prepare_give_way();
	binary_check(&env.journal.upgrade.version, checked,
	    (void *)(uintptr_t)env.journal.upgrade.id);
}

static void
checked(const char *error, void *arg)
{
	struct installed	*i;

	/* A check may outlive the upgrade that asked for it. */
	if (env.journal.upgrade.state != UPGRADE_PROBING ||
	    (uintptr_t)arg != (uintptr_t)env.journal.upgrade.id)
		return;
	if (error != NULL) {
		i = install_find(&env.journal.upgrade.version);
		was_spoiled = i != NULL && i->damaged;
		report(EV_VERIFY_FAILED, error);
		return;
	}
	version_probe_installed(&env.journal.upgrade.version, probe_done);
}

int
steps_spoiled(void)
{
	return was_spoiled;
}

static void
probe_done(const char *error, int ran, const char *answer, void *arg)
{
	char	 why[TEXT_SIZE];

	(void)arg;
	if (error != NULL) {
		snprintf(why, sizeof(why), "the probe failed: %s", error);
		/* Only a program that ran and failed is to blame. */
		report(ran ? EV_PROBE_FAILED : EV_VERIFY_FAILED, why);
		return;
	}
	if (strcmp(answer, version_text()) != 0) {
		snprintf(why, sizeof(why), "v%s says it is version \"%s\"",
		    version_text(), answer);
		if (env.conf->policy.version_check == VERSION_CHECK_STRICT) {
			report(EV_PROBE_FAILED, why);
			return;
		}
		log_warnx("%s: identity is the tag and the hash", why);
	}
	report(EV_PROBE_OK, "");
}

void
step_ask(void)
{
	hook_upgrade_ask(asked);
}

static void
asked(const char *veto)
{
	report(veto == NULL ? EV_HOOK_OK : EV_HOOK_VETO, veto == NULL ? "" :
	    veto);
}

void
steps_roll_begin(void)
{
	if (rolling)
		return;
	rolling = 1;
	roll_begin(&env.journal.upgrade.version, env.journal.upgrade.roles,
	    env.journal.upgrade.state == UPGRADE_ROLLING_BACK);
}

void
step_commit(void)
{
	char	 error[TEXT_SIZE];

	if (install_set_current(&env.journal.upgrade.version, error,
	    sizeof(error)) == -1) {
		log_warnx("%s", error);
		report(EV_COMMIT_FAILED, error);
		return;
	}
	keep_trim();
	report(EV_COMMITTED, "");
}

void
steps_cancel(void)
{
	int	 was_copied;

	close_files();
	let_others();
	fetch_cancel();
	steps_give_way();
	ahead = AHEAD_NOT;
	was_copied = verify_cancel(ahead_done);
	was_copied |= verify_cancel(verify_done);
	if (was_copied)
		install_abort(&env.journal.upgrade.version);
	version_probe_cancel();
	hook_upgrade_cancel();
	rolling = 0;
}

void
steps_end(void)
{
	close_files();
	let_others();
	fetch_forget_failures();
	rolling = 0;
}
