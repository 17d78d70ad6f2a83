#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/log.h"
#include "lavavisord/journal.h"

/* Damaged journals are kept, the first so many. */
#define DAMAGED_MAX	99

static void	*grow(void *, size_t, size_t);
static void	 drop(void *, size_t *, size_t, size_t);
static int	 put_aside(int, char *);

/* Room for one more after count; zeroed. */
static void *
grow(void *array, size_t count, size_t size)
{
	char	*p;

	if ((p = reallocarray(array, count + 1, size)) == NULL)
		fatal("reallocarray");
	memset(p + count * size, 0, size);
	return p;
}

static void
drop(void *array, size_t *count, size_t size, size_t i)
{
	char	*p = array;

	if (p == NULL || i >= *count)
		return;
	(*count)--;
	memmove(p + i * size, p + (i + 1) * size, (*count - i) * size);
}

void
journal_init(struct journal *j, int64_t now_s)
{
	memset(j, 0, sizeof(*j));
	/*
	 * Grows faster than parents can be started one after the other, so
	 * that a lost journal does not bring back old generations.
	 */
	if (now_s > 0)
		j->generation = (uint64_t)now_s << 24;
	j->upgrade.state = UPGRADE_IDLE;
}

void
journal_free(struct journal *j)
{
	free(j->service);
	free(j->bad);
	free(j->hash);
	free(j->approval);
	memset(j, 0, sizeof(*j));
}

/* Renames the damaged file; -1 when that does not work. */
static int
put_aside(int dir, char *error)
{
	struct stat	 st;
	char		 name[64];
	int		 n;

	for (n = 1; n <= DAMAGED_MAX; n++) {
		snprintf(name, sizeof(name), JOURNAL_FILE ".damaged-%d", n);
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (errno != ENOENT)
			break;
		if (renameat(dir, JOURNAL_FILE, dir, name) == -1)
			break;
		snprintf(error, TEXT_SIZE,
		    "the journal is damaged and was put aside as %s", name);
		return 0;
	}
	snprintf(error, TEXT_SIZE, "the journal is damaged and cannot be "
	    "put aside: %s", n > DAMAGED_MAX ? "too many " JOURNAL_FILE
	    ".damaged-N, remove some" : strerror(errno));
	return -1;
}

enum journal_loaded
journal_load(int dir, int64_t now_s, struct journal *j, char *error)
{
	char			*text;
	size_t			 len;
	enum journal_loaded	 loaded;

	error[0] = '\0';
	journal_init(j, now_s);
	if (atomic_read(dir, JOURNAL_FILE, JOURNAL_MAX_SIZE, &text,
	    &len) == -1) {
		if (errno == ENOENT)
			return JOURNAL_NEW;
		snprintf(error, TEXT_SIZE, "the journal cannot be read: %s",
		    strerror(errno));
		return JOURNAL_REFUSED;
	}
	loaded = journal_parse(text, len, j, error);
	free(text);
	if (loaded == JOURNAL_LOADED) {
		if (j->generation > UINT64_MAX - JOURNAL_GENERATIONS) {
			snprintf(error, TEXT_SIZE,
			    "the journal's generations are used up");
			return JOURNAL_REFUSED;
		}
		j->generation += JOURNAL_GENERATIONS;
		return JOURNAL_LOADED;
	}
	journal_free(j);
	journal_init(j, now_s);
	if (loaded == JOURNAL_DAMAGED && put_aside(dir, error) == -1)
		return JOURNAL_REFUSED;
	return loaded;
}

int
journal_save(int dir, const struct journal *j, char *error)
{
	char	*text;
	size_t	 len;
	int	 r = -1;

	error[0] = '\0';
	journal_format(j, &text, &len);
	if (len > JOURNAL_MAX_SIZE)
		errno = EFBIG;
	else
		r = atomic_write(dir, JOURNAL_FILE, 0600, text, len,
		    ATOMIC_SYNC);
	if (r == -1)
		snprintf(error, TEXT_SIZE, "the journal cannot be written: %s",
		    strerror(errno));
	free(text);
	return r;
}

struct journal_service *
journal_service(struct journal *j, const char *name)
{
	size_t	 i, at;

	/* Mostly it is the same as before, or the next one. */
	for (i = 0; i < j->service_count; i++) {
		at = (j->service_at + i) % j->service_count;
		if (strcmp(j->service[at].name, name) == 0) {
			j->service_at = at;
			return &j->service[at];
		}
	}
	return NULL;
}

struct journal_service *
journal_service_add(struct journal *j, const char *name)
{
	struct journal_service	*s;

	if ((s = journal_service(j, name)) != NULL)
		return s;
	if (j->service_count >= JOURNAL_MAX_SERVICES ||
	    strlen(name) >= sizeof(s->name))
		return NULL;
	j->service = grow(j->service, j->service_count, sizeof(*s));
	s = &j->service[j->service_count++];
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->want = WANT_UP;
	return s;
}

void
journal_service_remove(struct journal *j, const char *name)
{
	struct journal_service	*s;

	if ((s = journal_service(j, name)) != NULL)
		drop(j->service, &j->service_count, sizeof(*s),
		    (size_t)(s - j->service));
}

struct journal_bad *
journal_bad(struct journal *j, const struct semver *v)
{
	size_t	 i;

	for (i = 0; i < j->bad_count; i++)
		if (semver_compare(&j->bad[i].version, v) == 0)
			return &j->bad[i];
	return NULL;
}

void
journal_mark_bad(struct journal *j, const struct semver *v, int64_t now_s,
    const char *reason)
{
	struct journal_bad	*b;
	int64_t			 lasts = JOURNAL_BAD_S;
	uint32_t		 i;

	if ((b = journal_bad(j, v)) == NULL) {
		/* The oldest mark has mostly run out when there are so many */
		if (j->bad_count >= JOURNAL_MAX_VERSIONS)
			drop(j->bad, &j->bad_count, sizeof(*b), 0);
		j->bad = grow(j->bad, j->bad_count, sizeof(*b));
		b = &j->bad[j->bad_count++];
		b->version = *v;
	}
	for (i = 0; i < b->times && lasts < JOURNAL_BAD_MAX_S; i++)
		lasts *= 2;
	if (lasts > JOURNAL_BAD_MAX_S)
		lasts = JOURNAL_BAD_MAX_S;
	b->until_s = now_s + lasts;
	if (b->times < UINT32_MAX)
		b->times++;
	log_clean(b->reason, sizeof(b->reason), reason);
}

void
journal_clear_bad(struct journal *j, const struct semver *v)
{
	struct journal_bad	*b;

	if ((b = journal_bad(j, v)) != NULL)
		drop(j->bad, &j->bad_count, sizeof(*b),
		    (size_t)(b - j->bad));
}

struct journal_hash *
journal_hash(struct journal *j, const struct semver *v)
{
	size_t	 i;

	for (i = 0; i < j->hash_count; i++)
		if (semver_compare(&j->hash[i].version, v) == 0)
			return &j->hash[i];
	return NULL;
}

void
journal_remember_hash(struct journal *j, const struct journal_hash *hash)
{
	struct journal_hash	*h;

	if ((h = journal_hash(j, &hash->version)) == NULL) {
		if (j->hash_count >= JOURNAL_MAX_VERSIONS)
			drop(j->hash, &j->hash_count, sizeof(*h), 0);
		j->hash = grow(j->hash, j->hash_count, sizeof(*h));
		h = &j->hash[j->hash_count++];
	}
	*h = *hash;
}

struct journal_approval *
journal_approval(struct journal *j, const struct semver *v)
{
	size_t	 i;

	for (i = 0; i < j->approval_count; i++)
		if (semver_compare(&j->approval[i].version, v) == 0)
			return &j->approval[i];
	return NULL;
}

void
journal_approve(struct journal *j, const struct semver *v, const char *sha256)
{
	struct journal_approval	*a;

	if ((a = journal_approval(j, v)) == NULL) {
		if (j->approval_count >= JOURNAL_MAX_VERSIONS)
			drop(j->approval, &j->approval_count, sizeof(*a), 0);
		j->approval = grow(j->approval, j->approval_count, sizeof(*a));
		a = &j->approval[j->approval_count++];
		a->version = *v;
		a->sha256[0] = '\0';
	}
	/* Approved again without a hash: the one it has stays. */
	if (sha256[0] != '\0' || a->sha256[0] == '\0')
		snprintf(a->sha256, sizeof(a->sha256), "%s", sha256);
}

void
journal_count_switch(struct journal *j, int64_t now_s)
{
	if (j->switch_count >= JOURNAL_SWITCHES)
		drop(j->switches, &j->switch_count, sizeof(j->switches[0]), 0);
	j->switches[j->switch_count++] = now_s;
}

void
journal_set_chain_id(struct journal *j, const char *chain_id)
{
	if (strcmp(j->chain_id, chain_id) == 0)
		return;
	if (j->chain_id[0] != '\0')
		memset(&j->chain, 0, sizeof(j->chain));
	snprintf(j->chain_id, sizeof(j->chain_id), "%s", chain_id);
}
