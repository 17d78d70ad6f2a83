#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "lavavisord/binary.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/events.h"
#include "lavavisord/install.h"
#include "lavavisord/install_verified.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"

static int	 is_still_wanted(const struct semver *, const char *, char *);

int
install_wanted(const struct semver *v, struct hash_wanted *w, char *error)
{
	struct journal_approval	*a = journal_approval(&env.journal, v);
	struct journal_hash	*h = journal_hash(&env.journal, v);
	const char		*pin;
	char			 text[SEMVER_SIZE];

	semver_text(v, text, sizeof(text));
	pin = config_pin(env.conf, text);
	return hash_rule(text, a != NULL ? a->sha256 : "",
	    pin != NULL ? pin : "", h != NULL ? h->sha256 : "", w, error);
}

/* The operator may have spoken since the verifier was told what is wanted. */
static int
is_still_wanted(const struct semver *v, const char *sha256, char *error)
{
	struct hash_wanted	 w;
	char			 text[SEMVER_SIZE];

	return install_wanted(v, &w, error) == 0 && hash_rule_compare(
	    semver_text(v, text, sizeof(text)), &w, sha256, error) == 0;
}

int
install_verified(const struct semver *v, const struct msg_verified *verified,
    enum manifest_how how, const char *source, char *error)
{
	struct manifest		 m;
	struct journal_hash	 h;
	struct installed	*i;
	struct stat		 st;
	char			 text[SEMVER_SIZE];

	semver_text(v, text, sizeof(text));
	error[0] = '\0';
	memset(&m, 0, sizeof(m));
	m.version = *v;
	strlcpy(m.sha256, verified->sha256, sizeof(m.sha256));
	m.size = verified->size;
	m.how = how;
	m.time_s = clock_s();
	if (m.how == HOW_SIGNED)
		strlcpy(m.key, verified->key, sizeof(m.key));
	strlcpy(m.source, source, sizeof(m.source));
	if (!is_still_wanted(v, m.sha256, error) ||
	    install_finish(v, &m, error, TEXT_SIZE) == -1 ||
	    install_stat(v, &st) == -1) {
		if (error[0] == '\0')
			strlcpy(error, strerror(errno), TEXT_SIZE);
		install_abort(v);
		event_tell("install", json_pack("{s:s, s:s, s:s}", "version",
		    text, "state", "failed", "reason", error));
		return -1;
	}
	memset(&h, 0, sizeof(h));
	h.version = *v;
	strlcpy(h.sha256, m.sha256, sizeof(h.sha256));
	install_hash_file(&h, &st);
	journal_remember_hash(&env.journal, &h);
	journal_keep();
	if ((i = install_find(v)) != NULL)
		i->checked = 1;
	log_info("v%s is installed", text);
	event_tell("install", json_pack("{s:s, s:s, s:s, s:s, s:s}", "version",
	    text, "state", "done", "how", manifest_how_name(m.how), "sha256",
	    m.sha256, "key", m.key));
	binary_arrived();
	return 0;
}
