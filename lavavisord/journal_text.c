#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisord/journal.h"
#include "lavavisord/record.h"

#define FORMAT_WORD	"lavavisord-journal"
#define FORMAT_NUMBER	1
#define FORMAT_LINE	FORMAT_WORD " 1"

static int	 read_generation(struct journal *, char **);
static int	 read_order(struct journal *, char **);
static int	 read_upgrade_id(struct journal *, char **);
static int	 read_chain_id(struct journal *, char **);
static int	 read_height(struct journal *, char **);
static int	 read_value(struct journal *, char **);
static int	 read_peak(struct journal *, char **);
static int	 read_hold(struct journal *, char **);
static int	 read_pin(struct journal *, char **);
static int	 read_last(struct journal *, char **);
static int	 read_switch(struct journal *, char **);
static int	 read_service(struct journal *, char **);
static int	 read_drained(struct journal *, char **);
static int	 read_upgrade(struct journal *, char **);
static int	 read_bad(struct journal *, char **);
static int	 read_hash(struct journal *, char **);
static int	 read_approved(struct journal *, char **);
static int	 read_sha256(char **, char *);
static int	 read_line(struct journal *, char *);
static int	 check_format(const char *, size_t);
static void	 put_chain(FILE *, const struct journal *);
static void	 put_orders(FILE *, const struct journal *);
static void	 put_services(FILE *, const struct journal *);
static void	 put_versions(FILE *, const struct journal *);
static const char *text_of(const struct semver *, int, char *);

static const struct {
	const char	*key;
	int		(*read)(struct journal *, char **);
} lines[] = {
	{ "generation", read_generation },
	{ "order", read_order },
	{ "upgrade-id", read_upgrade_id },
	{ "chain-id", read_chain_id },
	{ "height", read_height },
	{ "value", read_value },
	{ "peak", read_peak },
	{ "hold", read_hold },
	{ "pin", read_pin },
	{ "last", read_last },
	{ "switch", read_switch },
	{ "service", read_service },
	{ "drained", read_drained },
	{ "upgrade", read_upgrade },
	{ "bad", read_bad },
	{ "hash", read_hash },
	{ "approved", read_approved }
};

static const char *const	 wants[] = { "down", "up" };
static const char *const	 rans[] = { "new", "ran" };
static const char *const	 moves[] = { "unmoved", "moved" };
static const char *const	 bys[] = { "chain", "operator", "pin" };
static const char *const	 roles[] = { "provider", "consumer" };

static int
read_generation(struct journal *j, char **l)
{
	return record_number(l, UINT64_MAX, &j->generation);
}

static int
read_order(struct journal *j, char **l)
{
	return record_number(l, UINT64_MAX, &j->order);
}

static int
read_upgrade_id(struct journal *j, char **l)
{
	return record_number(l, UINT64_MAX, &j->upgrade_id);
}

static int
read_chain_id(struct journal *j, char **l)
{
	return record_rest(l, j->chain_id, sizeof(j->chain_id));
}

static int
read_height(struct journal *j, char **l)
{
	if (record_number(l, UINT64_MAX, &j->chain.height) == -1)
		return -1;
	return record_signed(l, &j->chain.block_time_s);
}

static int
read_value(struct journal *j, char **l)
{
	struct decide_chain	*c = &j->chain;
	uint64_t		 samples;
	int			 i;

	if (record_number(l, UINT32_MAX, &samples) == -1 ||
	    record_number(l, UINT64_MAX, &c->first_height) == -1 ||
	    record_signed(l, &c->first_time_s) == -1)
		return -1;
	c->samples = (uint32_t)samples;
	for (i = 0; i < DECIDE_ROLES; i++)
		if (record_version(l, &c->pair[i].target) == -1 ||
		    record_version(l, &c->pair[i].min) == -1)
			return -1;
	return 0;
}

static int
read_peak(struct journal *j, char **l)
{
	int	 i;

	for (i = 0; i < DECIDE_ROLES; i++)
		if (record_version(l, &j->chain.peak[i]) == -1)
			return -1;
	return 0;
}

static int
read_hold(struct journal *j, char **l)
{
	j->hold = 1;
	if (record_signed(l, &j->hold_since_s) == -1)
		return -1;
	return record_rest(l, j->hold_reason, sizeof(j->hold_reason));
}

static int
read_pin(struct journal *j, char **l)
{
	struct journal_pin	*p;
	int			 role;

	if ((role = record_choice(l, roles, DECIDE_ROLES)) == -1 ||
	    j->pin[role].set)
		return -1;
	p = &j->pin[role];
	p->set = 1;
	if (record_version(l, &p->version) == -1 ||
	    record_signed(l, &p->since_s) == -1)
		return -1;
	return record_rest(l, p->order, sizeof(p->order));
}

static int
read_last(struct journal *j, char **l)
{
	uint64_t	 n;

	if (record_number(l, (1 << DECIDE_ROLES) - 1, &n) == -1)
		return -1;
	j->last_roles = (uint8_t)n;
	return record_version(l, &j->last_version);
}

static int
read_switch(struct journal *j, char **l)
{
	int64_t	 when;

	if (j->switch_count >= JOURNAL_SWITCHES ||
	    record_signed(l, &when) == -1)
		return -1;
	journal_count_switch(j, when);
	return 0;
}

static int
read_service(struct journal *j, char **l)
{
	struct journal_service	*s;
	char			 name[NAME_SIZE];
	int			 want;

	if (record_word(l, name, sizeof(name)) == -1 ||
	    journal_service(j, name) != NULL ||
	    (s = journal_service_add(j, name)) == NULL ||
	    (want = record_choice(l, wants, 2)) == -1 ||
	    (s->ran = record_choice(l, rans, 2)) == -1 ||
	    record_maybe_version(l, &s->version, &s->has_version) == -1 ||
	    record_maybe_version(l, &s->previous, &s->has_previous) == -1 ||
	    (s->moved = record_choice(l, moves, 2)) == -1)
		return -1;
	s->want = want == 1 ? WANT_UP : WANT_DOWN;
	return 0;
}

static int
read_drained(struct journal *j, char **l)
{
	struct journal_service	*s;
	char			 name[NAME_SIZE];

	if (record_word(l, name, sizeof(name)) == -1 ||
	    (s = journal_service(j, name)) == NULL || s->drained)
		return -1;
	s->drained = 1;
	return 0;
}

static int
read_upgrade(struct journal *j, char **l)
{
	struct journal_upgrade	*u = &j->upgrade;
	uint64_t		 which;
	char			 word[64];
	int			 i, by;

	if (u->state != UPGRADE_IDLE ||
	    record_number(l, UINT64_MAX, &u->id) == -1 ||
	    record_word(l, word, sizeof(word)) == -1)
		return -1;
	for (i = 0; i < UPGRADE_STATES; i++)
		if (strcmp(word,
		    upgrade_state_name((enum upgrade_state)i)) == 0)
			break;
	if (i == UPGRADE_STATES ||
	    record_version(l, &u->version) == -1 ||
	    record_number(l, (1 << DECIDE_ROLES) - 1, &which) == -1 ||
	    (by = record_choice(l, bys, 3)) == -1)
		return -1;
	u->state = (enum upgrade_state)i;
	u->roles = (uint8_t)which;
	u->by = (enum upgrade_by)by;
	if (record_signed(l, &u->started_s) == -1)
		return -1;
	return record_rest(l, u->order, sizeof(u->order));
}

static int
read_bad(struct journal *j, char **l)
{
	struct journal_bad	*b;
	struct semver		 v;
	uint64_t		 times;

	if (j->bad_count >= JOURNAL_MAX_VERSIONS ||
	    record_version(l, &v) == -1 || journal_bad(j, &v) != NULL)
		return -1;
	journal_mark_bad(j, &v, 0, "");
	b = &j->bad[j->bad_count - 1];
	if (record_signed(l, &b->until_s) == -1 ||
	    record_number(l, UINT32_MAX, &times) == -1)
		return -1;
	b->times = (uint32_t)times;
	return record_rest(l, b->reason, sizeof(b->reason));
}

/* 64 lower case hex digits. */
static int
read_sha256(char **l, char *to)
{
	if (record_word(l, to, HASH_SIZE) == -1 ||
	    strlen(to) != HASH_SIZE - 1 ||
	    strspn(to, "0123456789abcdef") != HASH_SIZE - 1)
		return -1;
	return 0;
}

static int
read_hash(struct journal *j, char **l)
{
	struct journal_hash	 h;

	memset(&h, 0, sizeof(h));
	if (j->hash_count >= JOURNAL_MAX_VERSIONS ||
	    record_version(l, &h.version) == -1 ||
	    journal_hash(j, &h.version) != NULL ||
	    read_sha256(l, h.sha256) == -1 ||
	    record_number(l, UINT64_MAX, &h.size) == -1 ||
	    record_number(l, UINT64_MAX, &h.dev) == -1 ||
	    record_number(l, UINT64_MAX, &h.ino) == -1 ||
	    record_signed(l, &h.mtime_s) == -1 ||
	    record_signed(l, &h.mtime_ns) == -1 ||
	    record_signed(l, &h.ctime_s) == -1 ||
	    record_signed(l, &h.ctime_ns) == -1)
		return -1;
	journal_remember_hash(j, &h);
	return 0;
}

static int
read_approved(struct journal *j, char **l)
{
	struct semver	 v;
	char		 sha256[HASH_SIZE] = "";

	if (j->approval_count >= JOURNAL_MAX_VERSIONS ||
	    record_version(l, &v) == -1 || journal_approval(j, &v) != NULL)
		return -1;
	if (strcmp(*l, "-") == 0)
		(*l)++;
	else if (read_sha256(l, sha256) == -1)
		return -1;
	journal_approve(j, &v, sha256);
	return 0;
}

static int
read_line(struct journal *j, char *line)
{
	char	 key[32];
	size_t	 i;

	if (record_word(&line, key, sizeof(key)) == -1)
		return -1;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strcmp(lines[i].key, key) == 0)
			return lines[i].read(j, &line) == 0 &&
			    record_done(line) ? 0 : -1;
	return -1;
}

/* 0: ours; 1: of another format; -1: no journal at all. */
static int
check_format(const char *text, size_t len)
{
	char		 line[64], *p = line;
	const char	*end;
	uint64_t	 format;

	end = memchr(text, '\n', len);
	if (end == NULL || (size_t)(end - text) >= sizeof(line) ||
	    strncmp(text, FORMAT_WORD " ", sizeof(FORMAT_WORD)) != 0)
		return -1;
	memcpy(line, text, (size_t)(end - text));
	line[end - text] = '\0';
	p += sizeof(FORMAT_WORD);
	if (record_number(&p, UINT64_MAX, &format) == -1 || !record_done(p))
		return -1;
	return format != FORMAT_NUMBER;
}

enum journal_loaded
journal_parse(char *text, size_t len, struct journal *j, char *error)
{
	char		*line, *p = text;
	size_t		 body;
	int		 format;
	unsigned int	 number = 0;

	format = check_format(text, len);
	if (format == 1) {
		snprintf(error, TEXT_SIZE, "the journal is of another format "
		    "than \"" FORMAT_LINE "\": start the lavavisord that "
		    "wrote it, or move the file away to begin anew");
		return JOURNAL_REFUSED;
	}
	if (format == -1 || !record_whole(text, len, &body)) {
		snprintf(error, TEXT_SIZE, "the journal is damaged");
		return JOURNAL_DAMAGED;
	}
	while ((line = record_line(&p, &body)) != NULL) {
		if (++number == 1 || read_line(j, line) == 0)
			continue;
		snprintf(error, TEXT_SIZE, "the journal's line %u is not "
		    "understood: start the lavavisord that wrote it, or move "
		    "the file away to begin anew", number);
		return JOURNAL_REFUSED;
	}
	if (body > 0) {
		snprintf(error, TEXT_SIZE, "the journal is damaged");
		return JOURNAL_DAMAGED;
	}
	return JOURNAL_LOADED;
}

/* buf holds SEMVER_SIZE bytes. */
static const char *
text_of(const struct semver *v, int has, char *buf)
{
	return has ? semver_text(v, buf, SEMVER_SIZE) : "-";
}

static void
put_chain(FILE *f, const struct journal *j)
{
	const struct decide_chain	*c = &j->chain;
	char				 v[SEMVER_SIZE];
	int				 i;

	fprintf(f, "chain-id ");
	record_put_rest(f, j->chain_id, sizeof(j->chain_id));
	fprintf(f, "\nheight %" PRIu64 " %" PRId64 "\n", c->height,
	    c->block_time_s);
	fprintf(f, "value %" PRIu32 " %" PRIu64 " %" PRId64, c->samples,
	    c->first_height, c->first_time_s);
	for (i = 0; i < DECIDE_ROLES; i++) {
		fprintf(f, " %s", text_of(&c->pair[i].target, 1, v));
		fprintf(f, " %s", text_of(&c->pair[i].min, 1, v));
	}
	fprintf(f, "\npeak");
	for (i = 0; i < DECIDE_ROLES; i++)
		fprintf(f, " %s", text_of(&c->peak[i], 1, v));
	fprintf(f, "\n");
}

static void
put_services(FILE *f, const struct journal *j)
{
	const struct journal_service	*s;
	const struct journal_upgrade	*u = &j->upgrade;
	char				 v[SEMVER_SIZE];
	size_t				 i;

	for (i = 0; i < j->service_count; i++) {
		s = &j->service[i];
		fprintf(f, "service %s %s %s", s->name,
		    wants[s->want == WANT_UP], rans[s->ran != 0]);
		fprintf(f, " %s", text_of(&s->version, s->has_version, v));
		fprintf(f, " %s", text_of(&s->previous, s->has_previous, v));
		fprintf(f, " %s\n", moves[s->moved != 0]);
		if (s->drained)
			fprintf(f, "drained %s\n", s->name);
	}
	if (u->state == UPGRADE_IDLE)
		return;
	fprintf(f, "upgrade %" PRIu64 " %s %s %u %s %" PRId64 " ", u->id,
	    upgrade_state_name(u->state), text_of(&u->version, 1, v),
	    u->roles, bys[u->by], u->started_s);
	record_put_rest(f, u->order, sizeof(u->order));
	fprintf(f, "\n");
}

static void
put_orders(FILE *f, const struct journal *j)
{
	const struct journal_pin	*p;
	char				 v[SEMVER_SIZE];
	int				 i;

	if (j->hold) {
		fprintf(f, "hold %" PRId64 " ", j->hold_since_s);
		record_put_rest(f, j->hold_reason, sizeof(j->hold_reason));
		fprintf(f, "\n");
	}
	for (i = 0; i < DECIDE_ROLES; i++) {
		p = &j->pin[i];
		if (!p->set)
			continue;
		fprintf(f, "pin %s %s %" PRId64 " ", roles[i],
		    text_of(&p->version, 1, v), p->since_s);
		record_put_rest(f, p->order, sizeof(p->order));
		fprintf(f, "\n");
	}
	if (j->last_roles != 0)
		fprintf(f, "last %u %s\n", j->last_roles,
		    text_of(&j->last_version, 1, v));
}

static void
put_versions(FILE *f, const struct journal *j)
{
	const struct journal_bad	*b;
	const struct journal_hash	*h;
	char				 v[SEMVER_SIZE];
	size_t				 i;

	for (i = 0; i < j->bad_count; i++) {
		b = &j->bad[i];
		fprintf(f, "bad %s %" PRId64 " %" PRIu32 " ",
		    text_of(&b->version, 1, v), b->until_s, b->times);
		record_put_rest(f, b->reason, sizeof(b->reason));
		fprintf(f, "\n");
	}
	for (i = 0; i < j->hash_count; i++) {
		h = &j->hash[i];
		fprintf(f, "hash %s %s %" PRIu64 " %" PRIu64 " %" PRIu64
		    " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n",
		    text_of(&h->version, 1, v), h->sha256, h->size, h->dev,
		    h->ino, h->mtime_s, h->mtime_ns, h->ctime_s, h->ctime_ns);
	}
	for (i = 0; i < j->approval_count; i++)
		fprintf(f, "approved %s %s\n",
		    text_of(&j->approval[i].version, 1, v),
		    j->approval[i].sha256[0] != '\0' ?
		    j->approval[i].sha256 : "-");
}

void
journal_format(const struct journal *j, char **text, size_t *len)
{
	FILE	*f;
	size_t	 i;

	if ((f = open_memstream(text, len)) == NULL)
		fatal("open_memstream");
	fprintf(f, FORMAT_LINE "\ngeneration %" PRIu64 "\norder %" PRIu64
	    "\nupgrade-id %" PRIu64 "\n", j->generation, j->order,
	    j->upgrade_id);
	put_chain(f, j);
	put_orders(f, j);
	for (i = 0; i < j->switch_count; i++)
		fprintf(f, "switch %" PRId64 "\n", j->switches[i]);
	put_services(f, j);
	put_versions(f, j);
	record_seal(f, text, len);
}
