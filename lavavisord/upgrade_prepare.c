#include <sys/types.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/binary.h"
#include "lavavisord/config.h"
#include "lavavisord/ctl.h"
#include "lavavisord/decide.h"
#include "lavavisord/decision.h"
#include "lavavisord/events.h"
#include "lavavisord/fetch.h"
#include "lavavisord/hash_rule.h"
#include "lavavisord/install.h"
#include "lavavisord/install_verified.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/nodes.h"
#include "lavavisord/offline.h"
#include "lavavisord/staging.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_prepare.h"
#include "lavavisord/upgrade_steps.h"
#include "lavavisord/verify.h"
#include "lavavisord/version_probe.h"

/* How long the nodes may take together, ms, and rounds of them in vain */
#define ASK_MS		45000
#define ROUNDS_MAX	2
#define DEATHS_MAX	3		/* of verifiers for one version */
#define EVENTS_SHOWN	"fetch verify install"

enum prepare_step {
	PREPARE_ASK,		/* waits for the nodes */
	PREPARE_WAIT,		/* for an upgrade to end */
	PREPARE_CHECK,		/* hashes what is installed */
	PREPARE_FETCH,
	PREPARE_VERIFY,
	PREPARE_PROBE
};

struct goal {
	struct semver	 version;
	int		 has_min;	/* that would do as well */
	struct semver	 min;
};

/* The one in hand; none when client is NULL */
static struct {
	struct client		*client;
	uintptr_t		 id;		/* of the check in hand */
	enum prepare_step	 step;
	int			 only_look;
	int			 rounds;	/* of the nodes, in vain */
	struct goal		 goal[DECIDE_ROLES];
	size_t			 goals, at;
	char			 text[SEMVER_SIZE];	/* the goal at hand */
	struct fetch_conf	 fetch;
	struct fetched		 files;
	int			 have_files;
	int			 deaths;
	int			 changed;	/* something was put there */
	struct hash_wanted	 wanted;
	char			 note[TEXT_SIZE];	/* for the end */
} hand;

static uintptr_t	 last_id;
static char		 upgrades[700];

static void	 ask(void);
static void	 checked(const char *, void *);
static void	 close_files(void);
static void	 coming(const struct fetched *);
static void	 drop(void);
static void	 fail(const char *, ...)
		    __attribute__((__format__(__printf__, 1, 2)));
static void	 fetch_begin(void);
static void	 fetched(const struct fetched *, const char *, int, void *);
static void	 finish(void);
static void	 goal_add(const struct decide_pair *);
static int	 has_current(void);
static void	 left_alone(struct client *);
static int	 lower_goal(const char *);
static void	 next(void);
static void	 no_answer(struct client *);
static void	 node_errors(char *, size_t);
static void	 note(const char *, ...)
		    __attribute__((__format__(__printf__, 1, 2)));
static void	 probe_begin(void);
static void	 probed(const char *, int, const char *, void *);
static json_t	*role_json(enum decide_role);
static void	 stop_step(void);
static void	 take(const struct msg_verified *);
static void	 tell_wanted(void);
static void	 verified(const struct msg_verified *, int, void *);
static void	 verify_begin(void);
static const struct installed *would_do(const struct semver *target,
		    const struct semver *min);

void
order_prepare(struct client *c, const struct msg_request *m)
{
	struct semver	 v;
	int		 named = m->argument[0] != '\0';

	if (env.stopping) {
		client_end(c, CTL_FAILED, "the daemon is stopping");
		return;
	}
	if (hand.client != NULL) {
		client_end(c, CTL_FAILED, "a preparation is under way "
		    "already");
		return;
	}
	if (named && semver_parse(m->argument, &v) == -1) {
		client_end(c, CTL_USAGE, "\"%s\" is no version like 6.2.5",
		    m->argument);
		return;
	}
	if (client_stays(c, EVENTS_SHOWN, left_alone) == -1)
		return;
	memset(&hand, 0, sizeof(hand));
	hand.client = c;
	hand.only_look = m->number != 0;
	if (!named) {
		ask();
		return;
	}
	hand.goal[0].version = v;
	hand.goals = 1;
	log_info("v%s is to be prepared, by uid %u", m->argument, m->uid);
	next();
}

/* Nothing stays of it but what was told, and the file in staging */
static void
drop(void)
{
	stop_step();
	memset(&hand, 0, sizeof(hand));
}

static void
fail(const char *fmt, ...)
{
	struct client	*c = hand.client;
	char		 why[TEXT_SIZE];
	va_list		 ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	log_warnx("nothing is prepared: %s", why);
	drop();
	client_end(c, CTL_FAILED, "%s", why);
}

static void
note(const char *fmt, ...)
{
	char	 text[TEXT_SIZE];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (hand.note[0] != '\0')
		strlcat(hand.note, "; ", sizeof(hand.note));
	strlcat(hand.note, text, sizeof(hand.note));
}

static void
left_alone(struct client *c)
{
	if (hand.client != c)
		return;
	log_info("the preparation is called off: lavavisorctl has left");
	drop();
}

void
prepare_cancel(const char *why)
{
	if (hand.client != NULL)
		fail("%s", why);
}

int
prepare_has(const struct semver *v)
{
	return hand.client != NULL && hand.step == PREPARE_VERIFY &&
	    semver_compare(v, &hand.goal[hand.at].version) == 0;
}

/* Ends what it has begun in the rooms; what was fetched stays in staging. */
static void
stop_step(void)
{
	if (hand.client == NULL)
		return;
	switch (hand.step) {
	case PREPARE_FETCH:
		fetch_cancel();
		break;
	case PREPARE_VERIFY:
		verify_cancel(verified);
		install_abort(&hand.goal[hand.at].version);
		break;
	case PREPARE_PROBE:
		version_probe_cancel();
		break;
	case PREPARE_ASK:
	case PREPARE_WAIT:
	case PREPARE_CHECK:
		break;
	}
	close_files();
}

void
prepare_give_way(void)
{
	if (hand.client == NULL || hand.step == PREPARE_ASK ||
	    hand.step == PREPARE_WAIT)
		return;
	log_info("v%s: its preparation waits, an upgrade has begun",
	    hand.text);
	stop_step();
	hand.step = PREPARE_WAIT;
}

void
prepare_go_on(void)
{
	if (hand.client != NULL && hand.step == PREPARE_WAIT)
		next();
}

static void
ask(void)
{
	hand.step = PREPARE_ASK;
	client_timer(hand.client, ASK_MS, no_answer);
	/* A monitor that is not up yet begins with a round by itself. */
	nodes_poll_now();
}

static void
no_answer(struct client *c)
{
	if (hand.client == c && hand.step == PREPARE_ASK)
		fail("the chain cannot be asked: no answer in %d s, see "
		    "`show nodes'", ASK_MS / 1000);
}

void
prepare_no_sample(const char *why)
{
	char	 text[TEXT_SIZE / 2];

	if (hand.client == NULL || hand.step != PREPARE_ASK)
		return;
	/* The first may have been under way before it was asked for. */
	if (++hand.rounds < ROUNDS_MAX) {
		nodes_poll_now();
		return;
	}
	node_errors(text, sizeof(text));
	fail("the chain cannot be asked: %s%s", text[0] != '\0' ? text : why,
	    text[0] != '\0' ? "" : "; see `show nodes'");
}

/* "URL: why not; URL: why not" */
static void
node_errors(char *text, size_t size)
{
	json_t		*nodes = nodes_show();
	const char	*url, *error;
	size_t		 i, len = 0;

	text[0] = '\0';
	for (i = 0; i < json_array_size(nodes) && len < size; i++) {
		url = json_string_value(json_object_get(json_array_get(nodes,
		    i), "url"));
		error = json_string_value(json_object_get(json_array_get(
		    nodes, i), "error"));
		if (url != NULL && error != NULL)
			len += (size_t)snprintf(text + len, size - len,
			    "%s%s: %s", len > 0 ? "; " : "", url, error);
	}
	json_decref(nodes);
}

void
prepare_sampled(void)
{
	const struct decide_chain	*c = &env.journal.chain;
	char				 p[SEMVER_SIZE], q[SEMVER_SIZE];
	int				 i;

	if (hand.client == NULL || hand.step != PREPARE_ASK)
		return;
	if (c->samples == 0) {
		fail("what the chain says makes no sense: %s", c->bad);
		return;
	}
	for (i = 0; i < DECIDE_ROLES; i++)
		goal_add(&c->pair[i]);
	if (hand.only_look) {
		tell_wanted();
		return;
	}
	log_info("what the chain wants is to be prepared: providers %s, "
	    "consumers %s", semver_text(&c->pair[DECIDE_PROVIDER].target, p,
	    sizeof(p)), semver_text(&c->pair[DECIDE_CONSUMER].target, q,
	    sizeof(q)));
	next();
}

static void
goal_add(const struct decide_pair *pair)
{
	struct goal	*g;
	size_t		 i;

	for (i = 0; i < hand.goals; i++) {
		g = &hand.goal[i];
		if (semver_compare(&g->version, &pair->target) != 0)
			continue;
		/* What does for both roles is not below either's min. */
		if (semver_compare(&pair->min, &g->min) > 0)
			g->min = pair->min;
		return;
	}
	g = &hand.goal[hand.goals++];
	g->version = pair->target;
	g->min = pair->min;
	g->has_min = semver_compare(&pair->min, &pair->target) < 0;
}

/* The newest within [min, target], NULL none */
static const struct installed *
would_do(const struct semver *target, const struct semver *min)
{
	const struct installed	*list, *best = NULL;
	size_t			 i, n;

	n = install_list(&list);
	for (i = 0; i < n; i++)
		if (!list[i].damaged &&
		    semver_compare(&list[i].version, target) <= 0 &&
		    semver_compare(&list[i].version, min) >= 0 &&
		    (best == NULL || semver_compare(&list[i].version,
		    &best->version) > 0))
			best = &list[i];
	return best;
}

static json_t *
role_json(enum decide_role role)
{
	const struct decide_pair	*p = &env.journal.chain.pair[role];
	const struct installed		*i = would_do(&p->target, &p->min);
	char				 target[SEMVER_SIZE];
	char				 min[SEMVER_SIZE], have[SEMVER_SIZE];

	return json_pack("{s:s, s:s, s:s, s:o}", "role",
	    decide_role_name(role), "target", semver_text(&p->target, target,
	    sizeof(target)), "min", semver_text(&p->min, min, sizeof(min)),
	    "installed", i == NULL ? json_null() : json_string(semver_text(
	    &i->version, have, sizeof(have))));
}

static void
tell_wanted(void)
{
	const struct decide_chain	*chain = &env.journal.chain;
	struct client			*c = hand.client;
	char				 text[DECIDE_ROLES][SEMVER_SIZE];
	int				 i, lacks = 0;

	client_answer(c, json_pack("{s:[o, o]}", "roles",
	    role_json(DECIDE_PROVIDER), role_json(DECIDE_CONSUMER)));
	for (i = 0; i < DECIDE_ROLES; i++) {
		semver_text(&chain->pair[i].target, text[i], sizeof(text[i]));
		lacks |= install_find(&chain->pair[i].target) == NULL;
	}
	drop();
	client_end(c, lacks ? CTL_DONE : CTL_NOTHING, "the chain wants %s "
	    "of providers and %s of consumers%s", text[DECIDE_PROVIDER],
	    text[DECIDE_CONSUMER], lacks ? "" : ", installed already");
}

/* `current` leads to something that is installed */
static int
has_current(void)
{
	struct semver	 v;

	return install_current(&v) == 0;
}

/* The next of the goals, or the end */
static void
next(void)
{
	struct goal	*g;

	if (hand.at == hand.goals) {
		finish();
		return;
	}
	g = &hand.goal[hand.at];
	semver_text(&g->version, hand.text, sizeof(hand.text));
	if (upgrade_state() != UPGRADE_IDLE) {
		if (env.idle) {
			fail("an upgrade was under way when lavavisord ended: "
			    "start it, it goes on with that");
			return;
		}
		hand.step = PREPARE_WAIT;
		return;
	}
	if (install_find(&g->version) == NULL) {
		fetch_begin();
		return;
	}
	/* Known to be there is what was hashed, not what has the name. */
	hand.step = PREPARE_CHECK;
	hand.id = ++last_id;
	binary_check(&g->version, checked, (void *)hand.id);
}

static void
checked(const char *error, void *arg)
{
	if (hand.client == NULL || hand.step != PREPARE_CHECK ||
	    (uintptr_t)arg != hand.id)
		return;
	if (error != NULL)
		fetch_begin();
	else {
		note("v%s is installed already", hand.text);
		if (!hand.only_look && !has_current())
			probe_begin();
		else {
			hand.at++;
			next();
		}
	}
}

static void
coming(const struct fetched *f)
{
	(void)f;
}

static void
fetch_begin(void)
{
	const struct config_releases	*r = &env.conf->releases;
	struct fetch_conf		*f = &hand.fetch;

	if (hand.only_look) {
		note("v%s is not installed", hand.text);
		hand.changed = 1;
		hand.at++;
		next();
		return;
	}
	if (offline_has(&hand.goal[hand.at].version)) {
		fail("v%s is being installed from a file", hand.text);
		return;
	}
	hand.step = PREPARE_FETCH;
	hand.deaths = 0;
	memset(f, 0, sizeof(*f));
	f->sources = r->sources;
	f->nsources = r->sources_count;
	f->ca_file = r->ca_file;
	f->max_size = r->max_size;
	f->want_list = r->trust != TRUST_PINNED;
	f->want_signature = r->trust == TRUST_SIGNED;
	f->proxy_host = r->proxy_host;
	f->proxy_port = r->proxy_port;
	f->total_s = r->timeout_ms / 1000;
	f->stall_s = r->stall_ms / 1000;
	snprintf(upgrades, sizeof(upgrades), "%s/upgrades",
	    env.places.upgrades);
	f->install = upgrades;
	f->coming = coming;
	fetch_release(hand.text, f, fetched, NULL);
}

/*
 * The target has no release: as an upgrade would, it makes do with what is
 * installed or with the least that the chain lets pass.
 */
static int
lower_goal(const char *error)
{
	struct goal		*g = &hand.goal[hand.at];
	const struct installed	*i;
	char			 target[SEMVER_SIZE];

	if (!g->has_min)
		return 0;
	log_warnx("v%s: %s", hand.text, error);
	strlcpy(target, hand.text, sizeof(target));
	i = would_do(&g->version, &g->min);
	g->version = i != NULL ? i->version : g->min;
	g->has_min = 0;
	note("v%s has no release, v%s is in the chain's range", target,
	    semver_text(&g->version, hand.text, sizeof(hand.text)));
	return 1;
}

static void
fetched(const struct fetched *f, const char *error, int missing, void *arg)
{
	(void)arg;
	if (hand.client == NULL || hand.step != PREPARE_FETCH)
		return;
	if (error != NULL && missing && lower_goal(error)) {
		next();
		return;
	}
	if (error != NULL) {
		fail("v%s cannot be had: %s%s", hand.text, missing ?
		    "there is no such release: " : "", error);
		return;
	}
	hand.files = *f;
	hand.have_files = 1;
	verify_begin();
}

static void
close_files(void)
{
	int	 i;

	if (hand.have_files)
		for (i = 0; i < FETCH_FILES; i++)
			if (hand.files.fd[i] != -1)
				close(hand.files.fd[i]);
	hand.have_files = 0;
}

static void
verify_begin(void)
{
	static const enum fetch_file	 from[] = {
		FETCH_LIST, FETCH_SIGNATURE, FETCH_BINARY
	};
	const struct config_releases	*r = &env.conf->releases;
	const struct semver		*v = &hand.goal[hand.at].version;
	struct verify_job		 job;
	enum verify_file		 to;
	char				 error[TEXT_SIZE];
	size_t				 i;

	memset(&job, 0, sizeof(job));
	for (i = 0; i < VERIFY_FILES; i++)
		job.fd[i] = -1;
	if (offline_has(v)) {
		fail("v%s is being installed from a file", hand.text);
		return;
	}
	if (install_wanted(v, &hand.wanted, error) == -1 ||
	    (job.fd[VERIFY_OUTPUT] = install_open(v, error, TEXT_SIZE)) ==
	    -1) {
		fail("%s", error);
		return;
	}
	/* Ours stay open: a verifier that dies is followed by another. */
	for (i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		to = from[i] == FETCH_LIST ? VERIFY_LIST : from[i] ==
		    FETCH_BINARY ? VERIFY_BINARY : hand.files.is_minisig ?
		    VERIFY_MINISIG : VERIFY_SIGNATURE;
		if (hand.files.fd[from[i]] != -1 && (job.fd[to] = fcntl(
		    hand.files.fd[from[i]], F_DUPFD_CLOEXEC, 0)) == -1)
			log_warn("v%s: a file for the verifier", hand.text);
	}
	strlcpy(job.ask.version, hand.text, sizeof(job.ask.version));
	fetch_binary_name(hand.text, job.ask.file_name,
	    sizeof(job.ask.file_name));
	job.ask.trust = (uint8_t)r->trust;
	job.ask.allow_scripts = (uint8_t)r->allow_scripts;
	job.ask.max_size = r->max_size;
	strlcpy(job.ask.want, hand.wanted.sha256, sizeof(job.ask.want));
	/* A reload calls it off before it frees the keys. */
	job.keys = r->keys;
	job.nkeys = r->keys_count;
	job.done = verified;
	hand.step = PREPARE_VERIFY;
	verify_start(&job);
}

static void
verified(const struct msg_verified *m, int died, void *arg)
{
	char	 why[TEXT_SIZE];

	(void)arg;
	why[0] = '\0';
	if (died && ++hand.deaths < DEATHS_MAX) {
		log_warnx("v%s: %s, another one is started", hand.text,
		    m->error);
		verify_begin();
		return;
	}
	if (!m->ok && (!m->unwanted || hash_rule_compare(hand.text,
	    &hand.wanted, m->sha256, why) == 0))
		strlcpy(why, m->error, sizeof(why));
	event_tell("verify", json_pack("{s:s, s:s, s:s, s:s, s:s}", "version",
	    hand.text, "state", why[0] ? "failed" : "done", "sha256",
	    m->sha256, "key", m->key, "reason", why));
	if (why[0] == '\0') {
		take(m);
		return;
	}
	if (!died && !m->local) {
		/* What cannot be verified is not worth resuming. */
		staging_clean(hand.text);
		fetch_refused(hand.text);
	}
	fail("v%s is refused: %s", hand.text, why);
}

static void
take(const struct msg_verified *m)
{
	static const enum manifest_how	 hows[] = {
		[TRUST_CHECKSUM] = HOW_CHECKSUM,
		[TRUST_SIGNED] = HOW_SIGNED,
		[TRUST_PINNED] = HOW_PINNED
	};
	char				 error[TEXT_SIZE];

	if (install_verified(&hand.goal[hand.at].version, m,
	    hows[env.conf->releases.trust], hand.files.url, error) == -1) {
		fail("%s", error);
		return;
	}
	staging_clean(hand.text);
	close_files();
	hand.changed = 1;
	note("v%s is installed: sha256 %s, %s%s", hand.text, m->sha256,
	    m->key[0] != '\0' ? "signed by " : env.conf->releases.trust ==
	    TRUST_PINNED ? "its hash is the one that was pinned" :
	    "integrity only: nobody signed it", m->key);
	probe_begin();
}

static void
probe_begin(void)
{
	hand.step = PREPARE_PROBE;
	version_probe_installed(&hand.goal[hand.at].version, probed);
}

static void
probed(const char *error, int ran, const char *answer, void *arg)
{
	const struct semver	*v = &hand.goal[hand.at].version;
	char			 why[TEXT_SIZE];

	(void)ran;
	(void)arg;
	if (error == NULL && strcmp(answer, hand.text) != 0) {
		if (env.conf->policy.version_check == VERSION_CHECK_STRICT)
			error = "it says that it is another version";
		else
			log_warnx("v%s says it is version \"%s\": identity is "
			    "the tag and the hash", hand.text, answer);
	}
	if (error != NULL) {
		fail("v%s is installed, but does not run here: %s", hand.text,
		    error);
		return;
	}
	if (!has_current()) {
		if (install_set_current(v, why, sizeof(why)) == -1) {
			fail("%s", why);
			return;
		}
		note("upgrades/current is v%s now", hand.text);
		hand.changed = 1;
	}
	hand.at++;
	next();
}

static void
finish(void)
{
	struct client	*c = hand.client;
	char		 text[TEXT_SIZE];
	int		 done = hand.changed;

	strlcpy(text, hand.note, sizeof(text));
	drop();
	fetch_forget_failures();
	if (done) {
		decision_available();
		upgrade_consider();
	}
	client_end(c, done ? CTL_DONE : CTL_NOTHING, "%s", text);
}
