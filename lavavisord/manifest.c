#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/atomic_file.h"
#include "common/log.h"
#include "lavavisord/manifest.h"
#include "lavavisord/record.h"

static int	 read_format(struct manifest *, char **);
static int	 read_version(struct manifest *, char **);
static int	 read_sha256(struct manifest *, char **);
static int	 read_size(struct manifest *, char **);
static int	 read_how(struct manifest *, char **);
static int	 read_time(struct manifest *, char **);
static int	 read_key(struct manifest *, char **);
static int	 read_source(struct manifest *, char **);

static const struct {
	const char	*key;
	int		(*read)(struct manifest *, char **);
} lines[] = {
	{ "lavavisord-manifest", read_format },
	{ "version", read_version },
	{ "sha256", read_sha256 },
	{ "size", read_size },
	{ "how", read_how },
	{ "time", read_time },
	{ "key", read_key },
	{ "source", read_source }
};

#define LINES	(sizeof(lines) / sizeof(lines[0]))

static const char *const	 hows[HOWS] = {
	"signed", "pinned", "checksum", "imported", "built"
};

static int
read_format(struct manifest *m, char **l)
{
	uint64_t	 n;

	(void)m;
	return record_number(l, UINT64_MAX, &n) == 0 && n == 1 ? 0 : -1;
}

static int
read_version(struct manifest *m, char **l)
{
	return record_version(l, &m->version);
}

static int
read_sha256(struct manifest *m, char **l)
{
	if (record_word(l, m->sha256, sizeof(m->sha256)) == -1 ||
	    strlen(m->sha256) != HASH_SIZE - 1 ||
	    strspn(m->sha256, "0123456789abcdef") != HASH_SIZE - 1)
		return -1;
	return 0;
}

static int
read_size(struct manifest *m, char **l)
{
	if (record_number(l, INT64_MAX, &m->size) == -1 || m->size == 0)
		return -1;
	return 0;
}

static int
read_how(struct manifest *m, char **l)
{
	int	 how;

	if ((how = record_choice(l, hows, HOWS)) == -1)
		return -1;
	m->how = (enum manifest_how)how;
	return 0;
}

static int
read_time(struct manifest *m, char **l)
{
	return record_signed(l, &m->time_s);
}

static int
read_key(struct manifest *m, char **l)
{
	return record_rest(l, m->key, sizeof(m->key));
}

static int
read_source(struct manifest *m, char **l)
{
	return record_rest(l, m->source, sizeof(m->source));
}

int
manifest_parse(char *text, size_t len, struct manifest *m, char *error)
{
	char	*line, *p = text, key[32];
	size_t	 i;

	memset(m, 0, sizeof(*m));
	error[0] = '\0';
	for (i = 0; i < LINES; i++) {
		if ((line = record_line(&p, &len)) == NULL) {
			snprintf(error, TEXT_SIZE,
			    "the manifest ends before its line %zu (%s)",
			    i + 1, lines[i].key);
			return -1;
		}
		if (record_word(&line, key, sizeof(key)) == -1 ||
		    strcmp(key, lines[i].key) != 0 ||
		    lines[i].read(m, &line) == -1 || !record_done(line)) {
			snprintf(error, TEXT_SIZE,
			    "the manifest's line %zu is no good \"%s\"", i + 1,
			    lines[i].key);
			return -1;
		}
	}
	if (len > 0) {
		snprintf(error, TEXT_SIZE,
		    "the manifest goes on after its last line");
		return -1;
	}
	return 0;
}

void
manifest_format(const struct manifest *m, char **text, size_t *len)
{
	FILE	*f;
	char	 v[SEMVER_SIZE];

	if ((f = open_memstream(text, len)) == NULL)
		fatal("open_memstream");
	fprintf(f, "lavavisord-manifest 1\nversion %s\nsha256 %s\nsize %"
	    PRIu64 "\nhow %s\ntime %" PRId64 "\nkey ",
	    semver_text(&m->version, v, sizeof(v)), m->sha256, m->size,
	    manifest_how_name(m->how), m->time_s);
	record_put_rest(f, m->key, sizeof(m->key));
	fprintf(f, "\nsource ");
	record_put_rest(f, m->source, sizeof(m->source));
	fprintf(f, "\n");
	if (ferror(f) || fclose(f) == EOF)
		fatalx("a manifest does not fit in memory");
}

int
manifest_load(int dir, struct manifest *m, char *error)
{
	char	*text;
	size_t	 len;
	int	 r;

	if (atomic_read(dir, MANIFEST_FILE, MANIFEST_MAX_SIZE, &text,
	    &len) == -1) {
		memset(m, 0, sizeof(*m));
		snprintf(error, TEXT_SIZE, "the manifest cannot be read: %s",
		    strerror(errno));
		return -1;
	}
	r = manifest_parse(text, len, m, error);
	free(text);
	return r;
}

int
manifest_save(int dir, const struct manifest *m, char *error)
{
	char	*text;
	size_t	 len;
	int	 r;

	error[0] = '\0';
	manifest_format(m, &text, &len);
	r = atomic_write(dir, MANIFEST_FILE, 0444, text, len, ATOMIC_SYNC);
	if (r == -1)
		snprintf(error, TEXT_SIZE, "the manifest cannot be written: "
		    "%s", strerror(errno));
	free(text);
	return r;
}

const char *
manifest_how_name(enum manifest_how how)
{
	return (unsigned int)how < HOWS ? hows[how] : "unknown";
}
