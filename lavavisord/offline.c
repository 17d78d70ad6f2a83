#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/binary.h"
#include "lavavisord/config.h"
#include "lavavisord/ctl.h"
#include "lavavisord/decision.h"
#include "lavavisord/events.h"
#include "lavavisord/fetch.h"
#include "lavavisord/hash_rule.h"
#include "lavavisord/install.h"
#include "lavavisord/install_verified.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/offline.h"
#include "lavavisord/offline_rule.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_prepare.h"
#include "lavavisord/upgrade_steps.h"
#include "lavavisord/verify.h"

/* How long the files may take to follow their order */
#define FILES_MS	30000

/* The one in hand; none when client is NULL */
static struct {
	struct client		*client;
	struct semver		 version;
	char			 text[SEMVER_SIZE];
	char			 name[128];	/* the file's own */
	int			 fd[VERIFY_FILES];
	int64_t			 left;		/* files to come */
	int			 verifying;
	int			 imported;	/* nothing else vouches */
	struct hash_wanted	 wanted;
	struct offline_basis	 basis;
} hand;

static void	 begin(void);
static void	 drop(void);
static void	 fail(const char *);
static void	 files_late(struct client *);
static void	 finish(const struct msg_verified *);
static void	 left_alone(struct client *);
static const char *refusal(void);
static int	 services_run(const struct semver *);
static void	 take_file(struct client *, enum verify_file, int);
static void	 verified(const struct msg_verified *, int, void *);

void
offline_install(struct client *c, const struct msg_request *m)
{
	struct semver	 v;
	const char	*os, *arch;
	char		 error[TEXT_SIZE];
	int		 i;

	if (env.stopping) {
		client_end(c, CTL_FAILED, "the daemon is stopping");
		return;
	}
	if (hand.client != NULL) {
		client_end(c, CTL_FAILED, "an installation is under way "
		    "already: v%s", hand.text);
		return;
	}
	fetch_platform(&os, &arch);
	if (offline_version(m->argument, m->extra, os, arch, &v, error) ==
	    -1) {
		client_end(c, CTL_USAGE, "%s", error);
		return;
	}
	if (m->number < 1 || m->number > REQUEST_FILES_MAX) {
		client_end(c, CTL_USAGE, "no file to install");
		return;
	}
	if (client_stays(c, "verify install", left_alone) == -1)
		return;
	memset(&hand, 0, sizeof(hand));
	hand.client = c;
	hand.version = v;
	semver_text(&v, hand.text, sizeof(hand.text));
	strlcpy(hand.name, m->extra, sizeof(hand.name));
	for (i = 0; i < VERIFY_FILES; i++)
		hand.fd[i] = -1;
	hand.left = m->number;
	hand.imported = strcmp(m->name, REQUEST_IMPORTED) == 0;
	log_info("v%s is to be installed from %s, by uid %u%s", hand.text,
	    hand.name, m->uid, hand.imported ? ", on his word" : "");
	client_files(c, take_file);
	client_timer(c, FILES_MS, files_late);
}

static void
take_file(struct client *c, enum verify_file which, int fd)
{
	if (hand.client != c || hand.left == 0 || hand.fd[which] != -1) {
		close(fd);
		return;
	}
	hand.fd[which] = fd;
	if (--hand.left == 0)
		begin();
}

static void
files_late(struct client *c)
{
	if (hand.client == c && hand.left > 0)
		fail("its files did not come");
}

/* Nothing stays of it but what was told */
static void
drop(void)
{
	int	 i;

	for (i = 0; i < VERIFY_FILES; i++)
		if (hand.fd[i] != -1)
			close(hand.fd[i]);
	if (hand.verifying) {
		verify_cancel(verified);
		install_abort(&hand.version);
	}
	memset(&hand, 0, sizeof(hand));
}

static void
fail(const char *why)
{
	struct client	*c = hand.client;

	log_warnx("v%s is not installed from %s: %s", hand.text, hand.name,
	    why);
	event_tell("install", json_pack("{s:s, s:s, s:s}", "version",
	    hand.text, "state", "failed", "reason", why));
	drop();
	client_end(c, CTL_FAILED, "nothing is installed: %s", why);
}

static void
left_alone(struct client *c)
{
	if (hand.client != c)
		return;
	log_info("v%s is not installed from %s: lavavisorctl has left",
	    hand.text, hand.name);
	drop();
}

void
offline_cancel(const char *why)
{
	if (hand.client != NULL)
		fail(why);
}

int
offline_has(const struct semver *v)
{
	return hand.client != NULL && semver_compare(v, &hand.version) == 0;
}

void
offline_give_way(const struct semver *v)
{
	if (offline_has(v))
		fail("an upgrade has fetched this version, and installs it");
}

/* Would another file in its place be under the feet of a service? */
static int
services_run(const struct semver *v)
{
	size_t	 i;

	for (i = 0; i < env.journal.service_count; i++)
		if (env.journal.service[i].has_version && semver_compare(v,
		    &env.journal.service[i].version) == 0)
			return 1;
	return 0;
}

/* Why it cannot be now; NULL: it can */
static const char *
refusal(void)
{
	enum upgrade_state	 state = upgrade_state();
	struct installed	*i = install_find(&hand.version);

	if (semver_compare(&env.journal.upgrade.version, &hand.version) == 0 &&
	    (state == UPGRADE_VERIFYING || state == UPGRADE_INSTALLING))
		return "an upgrade is installing this version";
	if (prepare_has(&hand.version))
		return "a preparation is installing this version";
	if (hand.fd[VERIFY_BINARY] == -1)
		return "the file itself did not come";
	if (i != NULL && !i->damaged && services_run(&hand.version) &&
	    hand.wanted.by == HASH_BY_OPERATOR &&
	    strcmp(hand.wanted.sha256, i->manifest.sha256) != 0)
		return "services have this version with another hash: move "
		    "them to another one first";
	return NULL;
}

static void
begin(void)
{
	const struct config_releases	*r = &env.conf->releases;
	struct offline_facts		 facts;
	struct verify_job		 job;
	const char			*why;
	char				 error[TEXT_SIZE];
	int				 i;

	if (install_wanted(&hand.version, &hand.wanted, error) == -1) {
		fail(error);
		return;
	}
	memset(&facts, 0, sizeof(facts));
	facts.version = hand.text;
	facts.trust = r->trust;
	facts.keys = r->keys_count;
	facts.has_list = hand.fd[VERIFY_LIST] != -1;
	facts.has_signature = hand.fd[VERIFY_SIGNATURE] != -1;
	facts.has_minisig = hand.fd[VERIFY_MINISIG] != -1;
	facts.wanted = hand.wanted;
	facts.imported = hand.imported;
	if ((why = refusal()) != NULL) {
		fail(why);
		return;
	}
	memset(&job, 0, sizeof(job));
	steps_give_way();
	if (offline_rule(&facts, &hand.basis, error) == -1 ||
	    (job.fd[VERIFY_OUTPUT] = install_open(&hand.version, error,
	    sizeof(error))) == -1) {
		fail(error);
		return;
	}
	for (i = 0; i < VERIFY_OUTPUT; i++) {
		job.fd[i] = hand.fd[i];
		hand.fd[i] = -1;
	}
	strlcpy(job.ask.version, hand.text, sizeof(job.ask.version));
	fetch_binary_name(hand.text, job.ask.file_name,
	    sizeof(job.ask.file_name));
	job.ask.trust = (uint8_t)hand.basis.trust;
	job.ask.allow_scripts = (uint8_t)r->allow_scripts;
	job.ask.max_size = r->max_size;
	strlcpy(job.ask.want, hand.wanted.sha256, sizeof(job.ask.want));
	/* A reload ends the job before it frees the keys. */
	job.keys = r->keys;
	job.nkeys = r->keys_count;
	job.done = verified;
	hand.verifying = 1;
	verify_start(&job);
}

static void
verified(const struct msg_verified *m, int died, void *arg)
{
	char	 why[TEXT_SIZE];

	(void)died;
	(void)arg;
	why[0] = '\0';
	if (!m->ok && (!m->unwanted || hash_rule_compare(hand.text,
	    &hand.wanted, m->sha256, why) == 0))
		strlcpy(why, m->error, sizeof(why));
	event_tell("verify", json_pack("{s:s, s:s, s:s, s:s, s:s}", "version",
	    hand.text, "state", why[0] ? "failed" : "done", "sha256",
	    m->sha256, "key", m->key, "reason", why));
	if (why[0] != '\0')
		fail(why);
	else
		finish(m);
}

static void
finish(const struct msg_verified *m)
{
	static const char *const	 trusts[HOWS] = {
		[HOW_PINNED] = "its hash is the one that was pinned",
		[HOW_CHECKSUM] = "integrity only: nobody signed it",
		[HOW_IMPORTED] = "imported: only the operator vouches for it"
	};
	struct installed	*i = install_find(&hand.version);
	struct client		*c = hand.client;
	enum manifest_how	 how = hand.basis.how;
	char			 error[TEXT_SIZE], text[SEMVER_SIZE];
	char			 source[sizeof(hand.name) + 8];

	/* One that is not known to be whole is replaced by one that is. */
	if (i != NULL && binary_is_checked(&hand.version) &&
	    strcmp(i->manifest.sha256, m->sha256) == 0) {
		strlcpy(text, hand.text, sizeof(text));
		drop();
		client_end(c, CTL_NOTHING, "v%s is installed already, with "
		    "this hash", text);
		return;
	}
	snprintf(source, sizeof(source), "file %s", hand.name);
	if (install_verified(&hand.version, m, how, source, error) == -1) {
		fail(error);
		return;
	}
	hand.verifying = 0;
	if (how == HOW_IMPORTED)
		log_warnx("v%s is imported on the word of uid %u: nothing else "
		    "vouches for it", hand.text, client_request(c)->uid);
	strlcpy(text, hand.text, sizeof(text));
	drop();
	decision_available();
	upgrade_consider();
	client_end(c, CTL_DONE, "v%s is installed: sha256 %s, %s%s", text,
	    m->sha256, how == HOW_SIGNED ? "signed by " : trusts[how],
	    how == HOW_SIGNED ? m->key : "");
}
