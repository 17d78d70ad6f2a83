#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/atomic_file.h"
#include "common/log.h"
#include "compat/process.h"
#include "lavavisord/config.h"
#include "lavavisord/record.h"
#include "lavavisord/runfile.h"

#define FORMAT_LINE	"lavavisord-run 2"
#define FORMAT_LINE_1	"lavavisord-run 1"
#define CHANGE_BEGIN	"\nand\n"

static int	 read_state(char **, uint8_t *);
static void	 read_made_of(struct runfile *, char **);
static int	 read_byte(char **, uint64_t, uint8_t *);
static int	 read_count(char **, uint32_t *);
static size_t	 put_service(char *, size_t, size_t,
		    const struct runfile_service *);
static int	 read_process(char **, struct runfile_process *);
static int	 read_said(struct runfile *, char **);
static int	 read_service(struct runfile *, char **, int);
static int	 read_gone(struct runfile *, char **);
static int	 read_line(struct runfile *, char *, int);
static int	 read_changes(struct runfile *, char *, size_t);
static int	 find_end(const char *, size_t, size_t *);
static int	 is_word(const char *, const char *, const char *);
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
	size_t	 i, at;

	/* Mostly it is the same as before, or the next one. */
	for (i = 0; i < r->service_count; i++) {
		at = (r->at + i) % r->service_count;
		if (strcmp(r->service[at].name, name) == 0) {
			r->at = at;
			return &r->service[at];
		}
	}
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
	r->at = r->service_count++;
	s = &r->service[r->at];
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

void
runfile_forget_services(struct runfile *r)
{
	free(r->service);
	r->service = NULL;
	r->service_count = 0;
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
read_service(struct runfile *r, char **l, int changes)
{
	struct runfile_service	*s;
	char			 name[NAME_SIZE];
	int			 want;

	if (record_word(l, name, sizeof(name)) == -1 ||
	    (runfile_service(r, name) != NULL && !changes) ||
	    (s = runfile_service_add(r, name)) == NULL)
		return -1;
	memset(s, 0, sizeof(*s));
	strlcpy(s->name, name, sizeof(s->name));
	if (read_count(l, &s->slot) == -1 ||
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

static int
read_gone(struct runfile *r, char **l)
{
	char	 name[NAME_SIZE];

	if (record_word(l, name, sizeof(name)) == -1)
		return -1;
	runfile_service_remove(r, name);
	return 0;
}

/* 0, or -1 when an intact file has a line that we should understand. */
static int
read_line(struct runfile *r, char *line, int changes)
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
		e = read_service(r, &line, changes);
	else if (changes && strcmp(key, "gone") == 0)
		e = read_gone(r, &line);
	else if (strcmp(key, "said") == 0)
		e = read_said(r, &line);
	else if (strcmp(key, "made-of") == 0) {
		read_made_of(r, &line);
		return 0;
	} else
		return 0;	/* of a newer lavavisord, or `boot` */
	return e == 0 && record_done(line) ? 0 : -1;
}

static int
is_word(const char *p, const char *end, const char *word)
{
	size_t	 n = strlen(word);

	return (size_t)(end - p) == n && memcmp(p, word, n) == 0;
}

/*
 * Whether the intact text of `body` bytes is of the boot of this id, or may be:
 * the processes are asked for one by one anyway.
 */
static int
of_boot(const char *text, size_t body, const char *boot_id)
{
	const char	*p, *end;
	int		 unknown = strcmp(boot_id, BOOT_ID_UNKNOWN) == 0;

	for (p = text; p < text + body; p = end + 1) {
		end = memchr(p, '\n', (size_t)(text + body - p));
		if (end == NULL)
			return 0;
		if ((size_t)(end - p) < 5 || memcmp(p, "boot ", 5) != 0)
			continue;
		p += 5;
		return unknown || is_word(p, end, boot_id) ||
		    is_word(p, end, BOOT_ID_UNKNOWN);
	}
	return 0;
}

/* The length of the text up to and with the first line `end`; 1, or 0. */
static int
find_end(const char *text, size_t len, size_t *whole)
{
	const char	*p, *newline;
	size_t		 left = len;

	for (p = text; left > 0; p = newline + 1) {
		left = len - (size_t)(p - text);
		if ((newline = memchr(p, '\n', left)) == NULL)
			return 0;
		if (left >= 4 && memcmp(p, "end ", 4) == 0) {
			*whole = (size_t)(newline + 1 - text);
			return 1;
		}
	}
	return 0;
}

/*
 * Whatever stands before the next `and` was torn off: the process that began to
 * write it did not act.
 */
static int
read_changes(struct runfile *r, char *text, size_t len)
{
	char	*p = text, *begin, *line;
	size_t	 whole, body;

	while ((begin = memmem(p, len - (size_t)(p - text), CHANGE_BEGIN,
	    strlen(CHANGE_BEGIN))) != NULL) {
		p = begin + strlen(CHANGE_BEGIN);
		if (!find_end(p, len - (size_t)(p - text), &whole) ||
		    !record_whole(p, whole, &body)) {
			p = begin + 1;
			continue;
		}
		while ((line = record_line(&p, &body)) != NULL)
			if (read_line(r, line, 1) == -1)
				return -1;
	}
	return 0;
}

int
runfile_parse(char *text, size_t len, struct runfile *r, char *error)
{
	char		 boot_id[BOOT_ID_SIZE], *line, *p = text;
	const char	*why = NULL;
	size_t		 whole, body;
	unsigned int	 number = 0;

	error[0] = '\0';
	if (!find_end(text, len, &whole) || !record_whole(text, whole, &body))
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
		if (number == 1 ? strcmp(line, FORMAT_LINE) == 0 ||
		    strcmp(line, FORMAT_LINE_1) == 0 :
		    read_line(r, line, 0) == 0)
			continue;
		snprintf(error, TEXT_SIZE, "the run file's line %u is not "
		    "understood, so what runs is not known: start the "
		    "lavavisord that wrote it", number);
		goto fail;
	}
	if (read_changes(r, text + whole - 1, len - whole + 1) == 0)
		return 1;
	snprintf(error, TEXT_SIZE, "a change in the run file is not "
	    "understood, so what runs is not known: start the lavavisord "
	    "that wrote it");
fail:
	snprintf(boot_id, sizeof(boot_id), "%s", r->boot_id);
	runfile_free(r);
	runfile_init(r, boot_id);
	return -1;
}

/* Appends the lines of a service to text of size bytes; the new length. */
static size_t
put_service(char *text, size_t len, size_t size,
    const struct runfile_service *s)
{
	char	 v[SEMVER_SIZE];

	len += (size_t)snprintf(text + len, size - len, "service %s %" PRIu32
	    " %" PRIu64 " %" PRId32 " %" PRIu64 " %s %s %s %" PRId64
	    " %" PRId64 " %" PRIu32 " %" PRIu32 " %u %u\nsaid %s %" PRId32
	    " %" PRId64 "\n", s->name, s->slot, s->generation,
	    s->process.pid, s->process.start, s->has_version ?
	    semver_text(&s->version, v, sizeof(v)) : "-",
	    service_state_name(s->state), wants[s->want == WANT_UP],
	    s->since_ms, s->started_ms, s->restarts, s->failures,
	    s->exit_kind, s->exit_value, s->name, s->said_pid, s->due_ms);
	if (s->made_of != 0)
		len += (size_t)snprintf(text + len, size - len, "made-of %s "
		    "%d %" PRIu64 "\n", s->name, CONFIG_HASH_FORMAT,
		    s->made_of);
	return len;
}

size_t
runfile_change(const struct runfile_service *s, char *text)
{
	size_t	 begin = strlen(CHANGE_BEGIN), len;

	memcpy(text, CHANGE_BEGIN, begin);
	len = put_service(text, begin, RUNFILE_CHANGE_SIZE, s);
	return begin + record_close(text + begin, len - begin);
}

/* Parent and supervisor */
size_t
runfile_owners(const struct runfile *r, char *text)
{
	size_t	 begin = strlen(CHANGE_BEGIN), len;

	len = (size_t)snprintf(text, RUNFILE_CHANGE_SIZE, CHANGE_BEGIN
	    "parent %" PRId32 " %" PRIu64 "\nsupervisor %" PRId32
	    " %" PRIu64 "\n", r->parent.pid, r->parent.start,
	    r->supervisor.pid, r->supervisor.start);
	return begin + record_close(text + begin, len - begin);
}

size_t
runfile_gone(const char *name, char *text)
{
	size_t	 begin = strlen(CHANGE_BEGIN), len;

	len = (size_t)snprintf(text, RUNFILE_CHANGE_SIZE, CHANGE_BEGIN
	    "gone %s\n", name);
	return begin + record_close(text + begin, len - begin);
}

void
runfile_format(const struct runfile *r, char **text, size_t *len)
{
	FILE	*f;
	char	 one[RUNFILE_CHANGE_SIZE];
	size_t	 i;

	if ((f = open_memstream(text, len)) == NULL)
		fatal("open_memstream");
	fprintf(f, FORMAT_LINE "\nboot %s\n", r->boot_id);
	fprintf(f, "parent %" PRId32 " %" PRIu64 "\n", r->parent.pid,
	    r->parent.start);
	fprintf(f, "supervisor %" PRId32 " %" PRIu64 "\n", r->supervisor.pid,
	    r->supervisor.start);
	for (i = 0; i < r->service_count; i++)
		fwrite(one, 1, put_service(one, 0, sizeof(one),
		    &r->service[i]), f);
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
runfile_save(int dir, const struct runfile *r, size_t *size, char *error)
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
	*size = len;
	free(text);
	return e;
}
