#include <sys/stat.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "lavavisord/journal.h"

#define NOW	1780000000
#define HASH \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct semver	 version(const char *);
static void	 fill(struct journal *);
static enum journal_loaded parse(const char *, size_t, struct journal *,
		    char *);
static void	 seal(const char *, char **, size_t *);
static int	 make_directory(char *);
static void	 remove_directory(int, const char *);
static void	 round_trip(void **);
static void	 truncated_anywhere(void **);
static void	 flipped_anywhere(void **);
static void	 random_bytes(void **);
static void	 other_formats(void **);
static void	 lines_not_understood(void **);
static void	 on_disk(void **);
static void	 damaged_on_disk(void **);
static void	 refused_on_disk(void **);
static void	 bad_marks(void **);
static void	 lists(void **);
static void	 hostile_text(void **);

static struct semver
version(const char *text)
{
	struct semver	 v;

	assert_int_equal(semver_parse(text, &v), 0);
	return v;
}

static void
fill(struct journal *j)
{
	struct journal_service	*s;
	struct journal_hash	 h;
	struct semver		 v;
	int			 i;
	char			 name[NAME_SIZE];

	journal_init(j, NOW);
	j->order = 17;
	j->upgrade_id = 3;
	journal_set_chain_id(j, "lava-mainnet-1");
	j->chain.height = 3000000;
	j->chain.block_time_s = NOW - 5;
	j->chain.samples = 4;
	j->chain.first_height = 2999000;
	j->chain.first_time_s = NOW - 700;
	for (i = 0; i < DECIDE_ROLES; i++) {
		j->chain.pair[i].target = version("6.2.5");
		j->chain.pair[i].min = version("6.2.0");
		j->chain.peak[i] = version("6.2.6");
	}
	j->hold = 1;
	j->hold_since_s = NOW - 1000;
	strlcpy(j->hold_reason, "waiting for the epoch", TEXT_SIZE);
	j->pin[DECIDE_CONSUMER].set = 1;
	j->pin[DECIDE_CONSUMER].version = version("6.2.3");
	j->pin[DECIDE_CONSUMER].since_s = NOW - 900;
	strlcpy(j->pin[DECIDE_CONSUMER].order, "`pin 6.2.3` by uid 0",
	    TEXT_SIZE);
	j->last_roles = 2;
	j->last_version = version("6.2.4");
	journal_count_switch(j, NOW - 100);
	journal_count_switch(j, NOW - 50);
	j->upgrade.id = 3;
	j->upgrade.state = UPGRADE_ROLLING_BACK;
	j->upgrade.version = version("6.2.5");
	j->upgrade.roles = 3;
	j->upgrade.by = UPGRADE_BY_PIN;
	strlcpy(j->upgrade.order, "`upgrade to 6.2.5` by uid 0", TEXT_SIZE);
	j->upgrade.started_s = NOW - 60;
	for (i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "provider%d-ETH1", i);
		s = journal_service_add(j, name);
		assert_non_null(s);
		s->want = i == 1 ? WANT_DOWN : WANT_UP;
		s->ran = i != 2;
		s->has_version = i != 3;
		if (s->has_version)
			s->version = version("6.2.5");
		s->has_previous = i == 0;
		if (s->has_previous)
			s->previous = version("6.2.4");
		s->moved = i == 0;
		s->drained = i == 2;
	}
	v = version("6.2.7");
	journal_mark_bad(j, &v, NOW, "provider1: exit 1 after 3 s");
	memset(&h, 0, sizeof(h));
	h.version = version("6.2.4");
	strlcpy(h.sha256, HASH, sizeof(h.sha256));
	h.size = 123456789;
	h.dev = UINT64_MAX;
	h.ino = 42;
	h.mtime_s = -5;
	h.mtime_ns = 999999999;
	h.ctime_s = NOW;
	journal_remember_hash(j, &h);
	v = version("6.2.8");
	journal_approve(j, &v, "");
	v = version("6.2.9");
	journal_approve(j, &v, HASH);
}

/* Parses a copy of exactly that size, so that a checker sees every byte. */
static enum journal_loaded
parse(const char *text, size_t len, struct journal *j, char *error)
{
	enum journal_loaded	 r;
	char			*copy;

	copy = malloc(len > 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, text, len);
	journal_init(j, NOW);
	r = journal_parse(copy, len, j, error);
	free(copy);
	return r;
}

/* The sum that the file would have, computed anew in the test. */
static void
seal(const char *body, char **text, size_t *len)
{
	uint64_t	 h = UINT64_C(0xcbf29ce484222325);
	const char	*p;

	for (p = body; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	*len = (size_t)asprintf(text, "%send %016llx\n", body,
	    (unsigned long long)h);
}

static int
make_directory(char *path)
{
	int	 dir;

	strlcpy(path, "journal.XXXXXXXX", 32);
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir != -1);
	return dir;
}

static void
remove_directory(int dir, const char *path)
{
	char	 name[64];
	int	 i;

	unlinkat(dir, JOURNAL_FILE, 0);
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "journal.damaged-%d", i);
		unlinkat(dir, name, 0);
	}
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

static void
round_trip(void **state)
{
	struct journal		 a, b;
	struct journal_service	*s;
	struct journal_hash	*h;
	struct semver		 v;
	char			*one, *two, error[TEXT_SIZE];
	size_t			 one_len, two_len;

	(void)state;
	fill(&a);
	journal_format(&a, &one, &one_len);
	assert_int_equal(parse(one, one_len, &b, error), JOURNAL_LOADED);
	journal_format(&b, &two, &two_len);
	assert_int_equal(one_len, two_len);
	assert_memory_equal(one, two, one_len);

	assert_true(b.generation == a.generation);
	assert_memory_equal(&a.chain, &b.chain, sizeof(a.chain));
	assert_string_equal(b.chain_id, "lava-mainnet-1");
	assert_string_equal(b.hold_reason, "waiting for the epoch");
	assert_int_equal(b.switch_count, 2);
	assert_int_equal(b.switches[1], NOW - 50);
	assert_int_equal(b.upgrade.state, UPGRADE_ROLLING_BACK);
	assert_int_equal(b.upgrade.by, UPGRADE_BY_PIN);
	assert_string_equal(b.upgrade.order, "`upgrade to 6.2.5` by uid 0");
	assert_int_equal(b.pin[DECIDE_PROVIDER].set, 0);
	assert_int_equal(b.pin[DECIDE_CONSUMER].set, 1);
	assert_int_equal(b.pin[DECIDE_CONSUMER].version.part[2], 3);
	assert_int_equal(b.pin[DECIDE_CONSUMER].since_s, NOW - 900);
	assert_string_equal(b.pin[DECIDE_CONSUMER].order,
	    "`pin 6.2.3` by uid 0");
	assert_int_equal(b.last_roles, 2);
	assert_int_equal(b.last_version.part[2], 4);
	assert_int_equal(b.service_count, 5);
	s = journal_service(&b, "provider1-ETH1");
	assert_non_null(s);
	assert_int_equal(s->want, WANT_DOWN);
	s = journal_service(&b, "provider0-ETH1");
	assert_true(s->moved && s->has_previous && s->previous.part[2] == 4);
	assert_false(s->drained);
	s = journal_service(&b, "provider2-ETH1");
	assert_true(s->drained);
	s = journal_service(&b, "provider3-ETH1");
	assert_false(s->has_version);
	v = version("6.2.7");
	assert_string_equal(journal_bad(&b, &v)->reason,
	    "provider1: exit 1 after 3 s");
	v = version("6.2.4");
	h = journal_hash(&b, &v);
	assert_true(h->dev == UINT64_MAX && h->mtime_s == -5 &&
	    h->mtime_ns == 999999999);
	v = version("6.2.9");
	assert_string_equal(journal_approval(&b, &v)->sha256, HASH);
	v = version("6.2.8");
	assert_string_equal(journal_approval(&b, &v)->sha256, "");
	free(one);
	free(two);
	journal_free(&a);
	journal_free(&b);

	/* One with nothing in it. */
	journal_init(&a, 0);
	journal_format(&a, &one, &one_len);
	assert_int_equal(parse(one, one_len, &b, error), JOURNAL_LOADED);
	assert_int_equal(b.upgrade.state, UPGRADE_IDLE);
	assert_int_equal(b.service_count, 0);
	free(one);
	journal_free(&b);
}

static void
truncated_anywhere(void **state)
{
	struct journal	 j;
	char		*text, error[TEXT_SIZE];
	size_t		 len, i;

	(void)state;
	fill(&j);
	journal_format(&j, &text, &len);
	journal_free(&j);
	for (i = 0; i < len; i++) {
		assert_int_equal(parse(text, i, &j, error), JOURNAL_DAMAGED);
		journal_free(&j);
	}
	free(text);
}

static void
flipped_anywhere(void **state)
{
	struct journal		 j;
	enum journal_loaded	 r;
	char			*text, error[TEXT_SIZE];
	size_t			 len, i;
	int			 bit;

	(void)state;
	fill(&j);
	journal_format(&j, &text, &len);
	journal_free(&j);
	for (i = 0; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			text[i] = (char)(text[i] ^ 1 << bit);
			r = parse(text, len, &j, error);
			/* The format's number may become another one. */
			assert_true(r == JOURNAL_DAMAGED ||
			    (r == JOURNAL_REFUSED && i < 21));
			journal_free(&j);
			text[i] = (char)(text[i] ^ 1 << bit);
		}
	free(text);
}

/* Bytes changed at random under a right sum: the parser alone decides. */
static void
random_bytes(void **state)
{
	struct journal	 j;
	char		*text, *body, *sealed, error[TEXT_SIZE];
	size_t		 len, i;
	unsigned int	 seed = 1, n;

	(void)state;
	fill(&j);
	journal_format(&j, &text, &len);
	journal_free(&j);
	text[len - 21] = '\0';
	for (n = 0; n < 20000; n++) {
		body = strdup(text);
		assert_non_null(body);
		for (i = 0; i <= n % 4; i++) {
			seed = seed * 1103515245 + 12345;
			body[(seed >> 8) % (len - 21)] =
			    (char)(seed >> 24 == 0 ? ' ' : seed >> 24);
		}
		seal(body, &sealed, &len);
		(void)parse(sealed, len, &j, error);
		len = strlen(text) + 21;
		journal_free(&j);
		free(sealed);
		free(body);
	}
	free(text);
}

static void
other_formats(void **state)
{
	static const struct {
		const char		*text;
		enum journal_loaded	 want;
	} rows[] = {
		{ "", JOURNAL_DAMAGED },
		{ "\n", JOURNAL_DAMAGED },
		{ "lavavisord-journal 2\n", JOURNAL_REFUSED },
		{ "lavavisord-journal 2\nanything\n", JOURNAL_REFUSED },
		{ "lavavisord-journal 18446744073709551615\n",
		    JOURNAL_REFUSED },
		{ "lavavisord-journal 1\n", JOURNAL_DAMAGED },
		{ "lavavisord-journal 1", JOURNAL_DAMAGED },
		{ "lavavisord-journal x\n", JOURNAL_DAMAGED },
		{ "lavavisord-journal \n", JOURNAL_DAMAGED },
		{ "lavavisord-run 1\n", JOURNAL_DAMAGED },
		{ "{\"format\": 1}\n", JOURNAL_DAMAGED }
	};
	struct journal	 j;
	char		 error[TEXT_SIZE];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (parse(rows[i].text, strlen(rows[i].text), &j, error) !=
		    rows[i].want)
			fail_msg("\"%s\"", rows[i].text);
		assert_true(error[0] != '\0');
		journal_free(&j);
	}
}

static void
lines_not_understood(void **state)
{
	static const char *const	 bad[] = {
		"colour green", "", " ", "generation", "generation -1",
		"generation 18446744073709551616", "generation 01",
		"generation 1 2", "order x", "height 1", "height 1 2 3",
		"value 1 2 3 6.2.5 6.2.0 6.2.5", "peak 6.2.5",
		"peak 6.2.5 v6.2.5", "hold", "hold soon", "switch",
		"service a", "service a up ran 6.2.5 - maybe",
		"service a sideways ran 6.2.5 - moved",
		"service a up ran 6.2 - moved",
		"service a up ran - - moved\nservice a up ran - - moved",
		"drained", "drained a", "drained a\nservice a up ran - - moved",
		"service a up ran - - moved\ndrained a\ndrained a",
		"service a up ran - - moved\ndrained a b",
		"upgrade 1 idling 6.2.5 1 chain 5",
		"upgrade 1 rolling 6.2.5 4 chain 5",
		"upgrade 1 rolling 6.2.5 1 moon 5",
		"upgrade 1 rolling 6.2.5 1 chain",
		"upgrade 1 rolling 6.2.5 1 chain 5\n"
		"upgrade 2 rolling 6.2.5 1 chain 5",
		"pin", "pin other 6.2.5 1 x", "pin provider 6.2.5",
		"pin provider 6.2.5 1 x\npin provider 6.2.5 1 x",
		"last 4 6.2.5", "last 1", "last 1 6.2.5 x",
		"bad 6.2.5", "bad 6.2.5 1", "bad 6.2.5 1 4294967296 x",
		"bad 6.2.5 1 1 x\nbad 6.2.5 1 1 x",
		"hash 6.2.5 0123 1 1 1 1 1 1 1",
		"hash 6.2.5 " HASH " 1 1 1 1 1 1",
		"approved 6.2.5", "approved 6.2.5 " HASH "0",
		"approved 6.2.5 - -", "switch 9223372036854775808",
		"switch -0", "switch --1"
	};
	struct journal	 j;
	char		*body, *text, error[TEXT_SIZE];
	size_t		 i, len;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(asprintf(&body, "lavavisord-journal 1\n"
		    "generation 5\n%s\n", bad[i]) > 0);
		seal(body, &text, &len);
		if (parse(text, len, &j, error) != JOURNAL_REFUSED)
			fail_msg("took \"%s\"", bad[i]);
		assert_non_null(strstr(error, "line "));
		journal_free(&j);
		free(text);
		free(body);
	}
}

static void
on_disk(void **state)
{
	struct journal	 j;
	struct stat	 st;
	char		 path[32], error[TEXT_SIZE];
	uint64_t	 first, generation;
	int		 dir;

	(void)state;
	dir = make_directory(path);
	assert_int_equal(journal_load(dir, NOW, &j, error), JOURNAL_NEW);
	first = j.generation;
	assert_true(first > 0);
	assert_non_null(journal_service_add(&j, "one"));
	assert_int_equal(journal_save(dir, &j, error), 0);
	journal_free(&j);
	assert_int_equal(fstatat(dir, JOURNAL_FILE, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	/* Generations grow with each parent. */
	assert_int_equal(journal_load(dir, NOW, &j, error), JOURNAL_LOADED);
	generation = j.generation;
	assert_true(generation == first + JOURNAL_GENERATIONS);
	assert_non_null(journal_service(&j, "one"));
	assert_int_equal(journal_save(dir, &j, error), 0);
	journal_free(&j);
	assert_int_equal(journal_load(dir, NOW, &j, error), JOURNAL_LOADED);
	assert_true(j.generation > generation);
	journal_free(&j);
	remove_directory(dir, path);
}

static void
damaged_on_disk(void **state)
{
	struct journal	 j;
	struct stat	 st;
	char		 path[32], error[TEXT_SIZE];
	int		 dir, n;

	(void)state;
	dir = make_directory(path);
	for (n = 1; n <= 3; n++) {
		assert_int_equal(atomic_write(dir, JOURNAL_FILE, 0600,
		    "lavavisord-journal 1\nserv", 25, ATOMIC_SYNC), 0);
		assert_int_equal(journal_load(dir, NOW, &j, error),
		    JOURNAL_DAMAGED);
		assert_non_null(strstr(error, "journal.damaged-"));
		assert_int_equal(j.service_count, 0);
		assert_true(j.generation >= (uint64_t)NOW << 24);
		journal_free(&j);
		assert_int_equal(fstatat(dir, JOURNAL_FILE, &st, 0), -1);
	}
	assert_int_equal(fstatat(dir, "journal.damaged-3", &st, 0), 0);
	remove_directory(dir, path);
}

static void
refused_on_disk(void **state)
{
	struct journal	 j;
	struct stat	 st;
	char		 path[32], error[TEXT_SIZE];
	int		 dir;

	(void)state;
	dir = make_directory(path);
	assert_int_equal(atomic_write(dir, JOURNAL_FILE, 0600,
	    "lavavisord-journal 7\n", 21, ATOMIC_SYNC), 0);
	assert_int_equal(journal_load(dir, NOW, &j, error), JOURNAL_REFUSED);
	assert_non_null(strstr(error, "another format"));
	assert_int_equal(fstatat(dir, JOURNAL_FILE, &st, 0), 0);
	journal_free(&j);

	/* Neither a link nor anything else in its place is followed. */
	assert_int_equal(unlinkat(dir, JOURNAL_FILE, 0), 0);
	assert_int_equal(symlinkat("/dev/null", dir, JOURNAL_FILE), 0);
	assert_int_equal(journal_load(dir, NOW, &j, error), JOURNAL_REFUSED);
	journal_free(&j);
	assert_int_equal(unlinkat(dir, JOURNAL_FILE, 0), 0);
	assert_int_equal(mkfifoat(dir, JOURNAL_FILE, 0600), 0);
	assert_int_equal(journal_load(dir, NOW, &j, error), JOURNAL_REFUSED);
	journal_free(&j);
	remove_directory(dir, path);

	/* A directory that is gone. */
	assert_int_equal(journal_load(-1, NOW, &j, error), JOURNAL_REFUSED);
	assert_int_equal(journal_save(-1, &j, error), -1);
	assert_non_null(strstr(error, "cannot be written"));
	journal_free(&j);
}

static void
bad_marks(void **state)
{
	struct journal	 j;
	struct semver	 v = version("6.2.5");
	int		 i;

	(void)state;
	journal_init(&j, NOW);
	assert_null(journal_bad(&j, &v));
	journal_mark_bad(&j, &v, NOW, "one");
	assert_int_equal(journal_bad(&j, &v)->until_s, NOW + 86400);
	journal_mark_bad(&j, &v, NOW, "two");
	assert_int_equal(journal_bad(&j, &v)->until_s, NOW + 2 * 86400);
	journal_mark_bad(&j, &v, NOW, "three");
	assert_int_equal(journal_bad(&j, &v)->until_s, NOW + 4 * 86400);
	assert_string_equal(journal_bad(&j, &v)->reason, "three");
	for (i = 0; i < 100; i++)
		journal_mark_bad(&j, &v, NOW, "again");
	assert_int_equal(journal_bad(&j, &v)->until_s,
	    NOW + JOURNAL_BAD_MAX_S);
	assert_int_equal(j.bad_count, 1);
	journal_clear_bad(&j, &v);
	assert_null(journal_bad(&j, &v));
	journal_clear_bad(&j, &v);
	journal_mark_bad(&j, &v, NOW, "anew");
	assert_int_equal(journal_bad(&j, &v)->until_s, NOW + 86400);
	journal_free(&j);
}

static void
lists(void **state)
{
	struct journal	 j;
	struct semver	 v;
	char		 name[NAME_SIZE];
	int		 i;

	(void)state;
	journal_init(&j, NOW);
	for (i = 0; i < JOURNAL_MAX_SERVICES; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		assert_non_null(journal_service_add(&j, name));
	}
	assert_null(journal_service_add(&j, "one-more"));
	assert_non_null(journal_service_add(&j, "s7"));
	journal_service_remove(&j, "s7");
	journal_service_remove(&j, "s7");
	assert_null(journal_service(&j, "s7"));
	assert_non_null(journal_service(&j, "s8"));
	assert_int_equal(j.service_count, JOURNAL_MAX_SERVICES - 1);
	for (i = 0; i < JOURNAL_SWITCHES + 10; i++)
		journal_count_switch(&j, i);
	assert_int_equal(j.switch_count, JOURNAL_SWITCHES);
	assert_int_equal(j.switches[0], 10);
	for (i = 0; i < JOURNAL_MAX_VERSIONS + 3; i++) {
		v.part[0] = (uint16_t)i;
		v.part[1] = v.part[2] = 0;
		journal_mark_bad(&j, &v, NOW, "x");
		journal_approve(&j, &v, "");
	}
	assert_int_equal(j.bad_count, JOURNAL_MAX_VERSIONS);
	assert_int_equal(j.approval_count, JOURNAL_MAX_VERSIONS);
	assert_non_null(journal_bad(&j, &v));

	/* Another chain has other heights. */
	journal_set_chain_id(&j, "lava-mainnet-1");
	j.chain.height = 5;
	journal_set_chain_id(&j, "lava-mainnet-1");
	assert_int_equal(j.chain.height, 5);
	journal_set_chain_id(&j, "lava-testnet-2");
	assert_int_equal(j.chain.height, 0);
	journal_free(&j);
}

/* Free text cannot forge a line, and what is too long still comes back. */
static void
hostile_text(void **state)
{
	struct journal	 j, k;
	struct semver	 v = version("6.2.5");
	char		 text[2 * TEXT_SIZE], *out, error[TEXT_SIZE];
	size_t		 len;

	(void)state;
	journal_init(&j, NOW);
	journal_mark_bad(&j, &v, NOW, "died\nbad 6.2.6 9 9 forged\r\033[31m");
	j.hold = 1;
	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	strlcpy(j.hold_reason, text, sizeof(j.hold_reason));
	strlcpy(j.chain_id, "chain\nhold 1 x", sizeof(j.chain_id));
	journal_format(&j, &out, &len);
	assert_int_equal(parse(out, len, &k, error), JOURNAL_LOADED);
	assert_int_equal(k.bad_count, 1);
	assert_string_equal(k.chain_id, "chain\\x0ahold 1 x");
	assert_null(strchr(k.hold_reason, '\n'));
	free(out);
	journal_free(&j);
	journal_free(&k);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(truncated_anywhere),
		cmocka_unit_test(flipped_anywhere),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(other_formats),
		cmocka_unit_test(lines_not_understood),
		cmocka_unit_test(on_disk),
		cmocka_unit_test(damaged_on_disk),
		cmocka_unit_test(refused_on_disk),
		cmocka_unit_test(bad_marks),
		cmocka_unit_test(lists),
		cmocka_unit_test(hostile_text)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
