#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "lavavisord/binary.h"
#include "lavavisord/clock.h"
#include "lavavisord/ctl.h"
#include "lavavisord/install.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/show.h"
#include "lavavisord/show_installed.h"
#include "lavavisord/upgrade.h"

static size_t	to_hash;	/* of the versions that are looked at */
static char	trouble[TEXT_SIZE];	/* the first that was found */

static void	answer(struct client *, void *);
static json_t	*bad(const struct semver *);
static int	by_version(const void *, const void *);
static void	hashed(const char *, void *);
static json_t	*one(const struct installed *, int);
static json_t	*text_or_null(const char *);
static json_t	*time_or_null(int64_t);

static json_t *
text_or_null(const char *text)
{
	json_t	*o = NULL;

	if (text[0] != '\0')
		o = json_string(text);
	return o != NULL ? o : json_null();
}

static json_t *
time_or_null(int64_t unix_s)
{
	char	 text[64];

	if (unix_s == 0)
		return json_null();
	return json_string(clock_text(unix_s * 1000, text, sizeof(text)));
}

static json_t *
bad(const struct semver *v)
{
	struct journal_bad	*b = journal_bad(&env.journal, v);

	if (b == NULL || b->until_s <= clock_s())
		return json_null();
	return json_pack("{s:s, s:o}", "reason", b->reason, "until",
	    time_or_null(b->until_s));
}

static json_t *
one(const struct installed *i, int is_current)
{
	char	 text[SEMVER_SIZE];
	int64_t	 verified_s = 0;

	/* An install has it from its verifier. */
	if (i->checked)
		verified_s = i->checked_s != 0 ? i->checked_s :
		    i->manifest.time_s;
	return json_pack("{s:s, s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:b, "
	    "s:o}",
	    "version", semver_text(&i->version, text, sizeof(text)),
	    "sha256", i->manifest.sha256,
	    "size", (json_int_t)i->manifest.size,
	    "how", manifest_how_name(i->manifest.how),
	    "key", text_or_null(i->manifest.key),
	    "source", text_or_null(i->manifest.source),
	    "installed", time_or_null(i->manifest.time_s),
	    "verified", time_or_null(verified_s),
	    "damaged", text_or_null(i->damaged ? i->why : ""),
	    "current", is_current,
	    "bad", bad(&i->version));
}

static int
by_version(const void *a, const void *b)
{
	const struct installed *const	*x = a, *const *y = b;

	return semver_compare(&(*y)->version, &(*x)->version);
}

json_t *
show_installed(void)
{
	const struct installed	*list, **sorted;
	struct semver		 current;
	json_t			*l, *o;
	size_t			 i, n;
	int			 has;

	has = install_current(&current) == 0;
	n = install_list(&list);
	if ((l = json_array()) == NULL ||
	    (sorted = calloc(n + 1, sizeof(*sorted))) == NULL)
		fatalx("out of memory for an answer");
	for (i = 0; i < n; i++)
		sorted[i] = &list[i];
	qsort(sorted, n, sizeof(*sorted), by_version);
	for (i = 0; i < n; i++) {
		o = one(sorted[i], has && semver_compare(&current,
		    &sorted[i]->version) == 0);
		if (o == NULL || json_array_append_new(l, o) == -1)
			fatalx("out of memory for an answer");
	}
	free(sorted);
	return l;
}

json_t *
show_unused(void)
{
	const struct install_other	*other;
	json_t				*l, *o;
	size_t				 i, n;

	n = install_others(&other);
	if ((l = json_array()) == NULL)
		fatalx("out of memory for an answer");
	for (i = 0; i < n; i++) {
		o = json_pack("{s:s, s:s}", "name", other[i].name, "why",
		    other[i].why);
		if (o == NULL || json_array_append_new(l, o) == -1)
			fatalx("out of memory for an answer");
	}
	return l;
}

static void
answer(struct client *c, void *arg)
{
	(void)arg;
	client_answer(c, show_versions());
	client_end(c, trouble[0] != '\0' ? CTL_FAILED : CTL_DONE, "%s",
	    trouble);
}

static void
hashed(const char *error, void *arg)
{
	struct semver	*v = arg;
	char		 text[SEMVER_SIZE];

	if (error != NULL && trouble[0] == '\0')
		snprintf(trouble, sizeof(trouble), "upgrades/v%s/lavap: %s",
		    semver_text(v, text, sizeof(text)), error);
	free(v);
	if (--to_hash > 0)
		return;
	/* One that was put back may be what a service waits for. */
	binary_arrived();
	upgrade_consider();
	clients_each(VERB_SHOW_VERSIONS, answer, NULL);
}

void
show_verified(struct client *c)
{
	const struct installed	*list;
	struct semver		*v;
	size_t			 i, n;

	if (client_stays(c, "", NULL) == -1 || to_hash > 0)
		return;
	trouble[0] = '\0';
	n = install_list(&list);
	if ((to_hash = n) == 0) {
		answer(c, NULL);
		return;
	}
	for (i = 0; i < n; i++) {
		if ((v = malloc(sizeof(*v))) == NULL)
			fatal("malloc");
		*v = list[i].version;
		/* It answers from the loop: the list stays as it is. */
		binary_recheck(v, hashed, v);
	}
}
