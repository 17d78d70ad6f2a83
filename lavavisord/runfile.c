#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/atomic_file.h"
#include "common/log.h"
#include "lavavisord/config.h"
#include "lavavisord/record.h"
#include "lavavisord/runfile.h"

#define FORMAT_LINE	"lavavisord-run 1"

static int	 read_state(char **, uint8_t *);
static void	 read_made_of(struct runfile *, char **);
static int	 read_byte(char **, uint64_t, uint8_t *);
static int	 read_count(char **, uint32_t *);
static int	 read_process(char **, struct runfile_process *);
static int	 read_said(struct runfile *, char **);
static int	 read_service(struct runfile *, char **);
static int	 read_line(struct runfile *, char *);
static int	 of_boot(const char *, size_t, const char *);

static const char *const	 wants[] = { "down", "up" };

void
runfile_init(struct runfile *r, const char *boot_id)
{
	memset(r, 0, sizeof(*r));
	snprintf(r->boot_id, sizeof(r->boot_id), "%s", boot_id);
}

void
runfile_free(struct runfile *r)
{
	free(r->service);
	memset(r, 0, sizeof(*r));
}

struct runfile_service *
runfile_service(struct runfile *r, const char *name)
{
	size_t	 i;

	for (i = 0; i < r->service_count; i++)
		if (strcmp(r->service[i].name, name) == 0)
			return &r->service[i];
	return NULL;
}

struct runfile_service *
runfile_service_add(struct runfile *r, const char *name)
{
	struct runfile_service	*s;

	if ((s = runfile_service(r, name)) != NULL)
		return s;
	if (r->service_count >= RUNFILE_MAX_SERVICES ||
	    strlen(name) >= sizeof(s->name))
		return NULL;
	r->service = reallocarray(r->service, r->service_count + 1,
	    sizeof(*s));
	if (r->service == NULL)
		fatal("reallocarray");
	s = &r->service[r->service_count++];
	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
	return s;
}

void
runfile_service_remove(struct runfile *r, const char *name)
{
	struct runfile_service	*s, *end;

	if ((s = runfile_service(r, name)) == NULL)
		return;
	end = r->service + r->service_count--;
	memmove(s, s + 1, (size_t)(end - (s + 1)) * sizeof(*s));
}

uint64_t
runfile_generation(const struct runfile *r)
{
	uint64_t	 highest = 0;
	size_t		 i;

	for (i = 0; i < r->service_count; i++)
		if (r->service[i].generation > highest)
			highest = r->service[i].generation;
	return highest;
}

static int
read_byte(char **l, uint64_t max, uint8_t *to)
{
	uint64_t	 n;

	if (record_number(l, max, &n) == -1)
		return -1;
	*to = (uint8_t)n;
	return 0;
}

static int
read_count(char **l, uint32_t *to)
{
	uint64_t	 n;

	if (record_number(l, UINT32_MAX, &n) == -1)
		return -1;
	*to = (uint32_t)n;
	return 0;
}

static int
read_state(char **l, uint8_t *to)
{
	char	 word[NAME_SIZE];
	uint32_t i;

	if (record_word(l, word, sizeof(word)) == -1)
		return -1;
	for (i = 0; i < SERVICE_STATES; i++)
		if (strcmp(word, service_state_name(i)) == 0) {
			*to = (uint8_t)i;
			return 0;
		}
	return -1;
}

static int
read_process(char **l, struct runfile_process *p)
{
	uint64_t	 pid;

	if (record_number(l, INT32_MAX, &pid) == -1)
		return -1;
	p->pid = (int32_t)pid;
	return record_number(l, UINT64_MAX, &p->start);
}

static int
read_service(struct runfile *r, char **l)
{
	struct runfile_service	*s;
	char			 name[NAME_SIZE];
	int			 want;

	if (record_word(l, name, sizeof(name)) == -1 ||
	    runfile_service(r, name) != NULL ||
	    (s = runfile_service_add(r, name)) == NULL ||
	    read_count(l, &s->slot) == -1 ||
	    record_number(l, UINT64_MAX, &s->generation) == -1 ||
	    read_process(l, &s->process) == -1 ||
	    record_maybe_version(l, &s->version, &s->has_version) == -1 ||
	    read_state(l, &s->state) == -1 ||
	    (want = record_choice(l, wants, 2)) == -1 ||
	    record_signed(l, &s->since_ms) == -1 ||
	    record_signed(l, &s->started_ms) == -1 ||
	    read_count(l, &s->restarts) == -1 ||
	    read_count(l, &s->failures) == -1 ||
	    read_byte(l, EXIT_KINDS - 1, &s->exit_kind) == -1 ||
	    read_byte(l, UINT8_MAX, &s->exit_value) == -1)
		return -1;
	s->want = want == 1 ? WANT_UP : WANT_DOWN;
	return 0;
}

static int
read_said(struct runfile *r, char **l)
{
	struct runfile_service	*s;
	char			 name[NAME_SIZE];
	uint64_t		 pid;

	if (record_word(l, name, sizeof(name)) == -1 ||
	    (s = runfile_service(r, name)) == NULL ||
	    record_number(l, INT32_MAX, &pid) == -1 ||
	    record_signed(l, &s->due_ms) == -1)
		return -1;
	s->said_pid = (int32_t)pid;
	return 0;
}

/* Whatever is wrong with it: nothing depends on it but a restart. */
static void
read_made_of(struct runfile *r, char **l)
{
	struct runfile_service	*s;
	char			 name[NAME_SIZE];
	uint64_t		 format, hash;

	if (record_word(l, name, sizeof(name)) == -1 ||
	    (s = runfile_service(r, name)) == NULL ||
	    record_number(l, UINT64_MAX, &format) == -1 ||
	    record_number(l, UINT64_MAX, &hash) == -1)
		return;
	if (format == CONFIG_HASH_FORMAT)
		s->made_of = hash;
}

/* 0, or -1 when an intact file has a line that we should understand. */
static int
read_line(struct runfile *r, char *line)
{
	char	 key[32];
	int	 e;

	if (record_word(&line, key, sizeof(key)) == -1)
		return 0;
	if (strcmp(key, "parent") == 0)
		e = read_process(&line, &r->parent);
	else if (strcmp(key, "supervisor") == 0)
		e = read_process(&line, &r->supervisor);
	else if (strcmp(key, "service") == 0)
		e = read_service(r, &line);
	else if (strcmp(key, "said") == 0)
		e = read_said(r, &line);
	else if (strcmp(key, "made-of") == 0) {
		read_made_of(r, &line);
		return 0;
	} else
		return 0;	/* of a newer lavavisord, or `boot` */
	return e == 0 && record_done(line) ? 0 : -1;
}

/* Whether the intact text of `body` bytes is of the boot of this id. */
static int
of_boot(const char *text, size_t body, const char *boot_id)
{
	const char	*p, *end;
	size_t		 n = strlen(boot_id);

	for (p = text; p < text + body; p = end + 1) {
		end = memchr(p, '\n', (size_t)(text + body - p));
		if (end == NULL)
			return 0;
		if ((size_t)(end - p) >= 5 && memcmp(p, "boot ", 5) == 0)
			return (size_t)(end - p) == 5 + n &&
			    memcmp(p + 5, boot_id, n) == 0;
	}
	return 0;
}

int
runfile_parse(char *text, size_t len, struct runfile *r, char *error)
{
	char		 boot_id[BOOT_ID_SIZE], *line, *p = text;
	const char	*why = NULL;
	size_t		 body;
	unsigned int	 number = 0;

	error[0] = '\0';
	if (!record_whole(text, len, &body))
		why = "torn";
	else if (!of_boot(text, body, r->boot_id))
		why = "of another boot";
	if (why != NULL) {
		snprintf(error, TEXT_SIZE, "the run file is %s: nothing is "
		    "taken to run", why);
		return 0;
	}
	while ((line = record_line(&p, &body)) != NULL) {
		number++;
		if (number == 1 ? strcmp(line, FORMAT_LINE) == 0 :
		    read_line(r, line) == 0)
			continue;
		snprintf(error, TEXT_SIZE, "the run file's line %u is not "
		    "understood, so what runs is not known: start the "
		    "lavavisord that wrote it", number);
		snprintf(boot_id, sizeof(boot_id), "%s", r->boot_id);
		runfile_free(r);
		runfile_init(r, boot_id);
		return -1;
	}
	return 1;
}

void
runfile_format(const struct runfile *r, char **text, size_t *len)
{
	const struct runfile_service	*s;
	FILE				*f;
	char				 v[SEMVER_SIZE];
	size_t				 i;

	if ((f = open_memstream(text, len)) == NULL)
		fatal("open_memstream");
	fprintf(f, FORMAT_LINE "\nboot %s\n", r->boot_id);
	fprintf(f, "parent %" PRId32 " %" PRIu64 "\n", r->parent.pid,
	    r->parent.start);
	fprintf(f, "supervisor %" PRId32 " %" PRIu64 "\n", r->supervisor.pid,
	    r->supervisor.start);
	for (i = 0; i < r->service_count; i++) {
		s = &r->service[i];
		fprintf(f, "service %s %" PRIu32 " %" PRIu64 " %" PRId32
		    " %" PRIu64 " %s %s %s %" PRId64 " %" PRId64 " %" PRIu32
		    " %" PRIu32 " %u %u\n", s->name, s->slot, s->generation,
		    s->process.pid, s->process.start, s->has_version ?
		    semver_text(&s->version, v, sizeof(v)) : "-",
		    service_state_name(s->state), wants[s->want == WANT_UP],
		    s->since_ms, s->started_ms, s->restarts, s->failures,
		    s->exit_kind, s->exit_value);
		fprintf(f, "said %s %" PRId32 " %" PRId64 "\n", s->name,
		    s->said_pid, s->due_ms);
		if (s->made_of != 0)
			fprintf(f, "made-of %s %d %" PRIu64 "\n", s->name,
			    CONFIG_HASH_FORMAT, s->made_of);
	}
	record_seal(f, text, len);
}

int
runfile_load(int dir, const char *boot_id, struct runfile *r, char *error)
{
	char	*text;
	size_t	 len;
	int	 parsed;

	error[0] = '\0';
	runfile_init(r, boot_id);
	if (atomic_read(dir, RUNFILE_NAME, RUNFILE_MAX_SIZE, &text,
	    &len) == -1) {
		if (errno == ENOENT) {
			snprintf(error, TEXT_SIZE, "there is no run file");
			return 0;
		}
		snprintf(error, TEXT_SIZE, "the run file cannot be read, so "
		    "what runs is not known: %s", strerror(errno));
		return -1;
	}
	parsed = runfile_parse(text, len, r, error);
	free(text);
	return parsed == -1 ? -1 : 0;
}

int
runfile_save(int dir, const struct runfile *r, char *error)
{
	char	*text;
	size_t	 len;
	int	 e = -1;

	error[0] = '\0';
	runfile_format(r, &text, &len);
	if (len > RUNFILE_MAX_SIZE)
		errno = EFBIG;
	else
		e = atomic_write(dir, RUNFILE_NAME, 0600, text, len,
		    ATOMIC_NO_SYNC);
	if (e == -1)
		snprintf(error, TEXT_SIZE, "the run file cannot be written: "
		    "%s", strerror(errno));
	free(text);
	return e;
}
