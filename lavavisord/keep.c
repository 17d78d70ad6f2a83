#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/config.h"
#include "lavavisord/decide.h"
#include "lavavisord/decision.h"
#include "lavavisord/install.h"
#include "lavavisord/journal.h"
#include "lavavisord/keep.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrades_lock.h"

/* Versions, and room for them */
struct versions {
	struct semver	*v;
	size_t		 n;
};

static void	add(struct versions *, int, const struct semver *);
static void	add_chain(struct versions *);
static void	add_service(struct versions *, const struct service *);
static void	used_versions(struct versions *);

static void
add(struct versions *l, int has, const struct semver *v)
{
	if (!has)
		return;
	if ((l->v = reallocarray(l->v, l->n + 1, sizeof(*l->v))) == NULL)
		fatal("reallocarray");
	l->v[l->n++] = *v;
}

static void
add_chain(struct versions *l)
{
	const struct decide_chain	*c = &env.journal.chain;
	int				 i;

	for (i = 0; i < DECIDE_ROLES; i++)
		add(l, c->samples > 0, &c->pair[i].target);
}

static void
add_service(struct versions *l, const struct service *s)
{
	struct decide_result	 r;

	add(l, s->state.pid != 0 && s->has_version, &s->version);
	if (!follows_chain(s))
		return;
	decision_service(s, &r);
	add(l, r.has_version, &r.version);
}

static void
used_versions(struct versions *l)
{
	struct journal_service	*j;
	struct service		*s;
	struct semver		 current;
	size_t			 i;

	add(l, install_current(&current) == 0, &current);
	add(l, env.journal.upgrade.state != UPGRADE_IDLE,
	    &env.journal.upgrade.version);
	for (i = 0; i < env.journal.service_count; i++) {
		j = &env.journal.service[i];
		/* One that left and comes back takes what there is. */
		if ((s = service_by_name(j->name)) == NULL || s->conf == NULL)
			continue;
		add(l, j->has_version, &j->version);
		add(l, j->has_previous, &j->previous);
	}
	for (s = service_first(); s != NULL; s = service_next(s))
		add_service(l, s);
	add_chain(l);
}

void
keep_trim(void)
{
	const struct installed	*list;
	struct versions		 used, have;
	struct semver		 v;
	char			 error[TEXT_SIZE], text[SEMVER_SIZE];
	size_t			 i, n;
	int			 k;

	if (upgrades_has_others())
		return;
	memset(&used, 0, sizeof(used));
	used_versions(&used);
	for (;;) {
		memset(&have, 0, sizeof(have));
		n = install_list(&list);
		for (i = 0; i < n; i++)
			add(&have, 1, &list[i].version);
		k = keep_choose(have.v, have.n, used.v, used.n,
		    (size_t)env.conf->releases.keep);
		if (k != -1)
			v = have.v[k];
		free(have.v);
		if (k == -1)
			break;
		semver_text(&v, text, sizeof(text));
		if (install_remove(&v, error, sizeof(error)) == -1) {
			log_warnx("v%s, one more than to keep: %s", text,
			    error);
			break;
		}
		log_info("v%s is removed, one more than to keep", text);
	}
	free(used.v);
}
