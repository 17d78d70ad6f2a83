#include <sys/types.h>
#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "common/log.h"
#include "lavavisord/keeper/safe.h"

struct entry {
	struct secret		 secret;	/* first */
	TAILQ_ENTRY(entry)	 entry;
};

static TAILQ_HEAD(, entry)	 entries = TAILQ_HEAD_INITIALIZER(entries);

unsigned char *
secret_room(void)
{
	unsigned char	*room;

	if ((room = sodium_malloc(SECRET_SIZE)) == NULL)
		fatal("memory for a passphrase");
	return room;
}

void
secret_room_free(unsigned char *room)
{
	/* It wipes; and makes it writable first. */
	sodium_free(room);
}

size_t
secret_line(unsigned char *room, size_t len, const char **why)
{
	if (len > 0 && room[len - 1] == '\n')
		len--;
	if (len > 0 && room[len - 1] == '\r')
		len--;
	*why = "it is empty";
	if (len == 0)
		return 0;
	*why = "it is longer than 1023 bytes";
	if (len > PASSPHRASE_MAX)
		return 0;
	*why = "it is more than one line";
	if (memchr(room, '\n', len) != NULL)
		return 0;
	*why = "there is a NUL in it";
	if (memchr(room, '\0', len) != NULL)
		return 0;
	room[len++] = '\n';
	return len;
}

void
safe_put(const char *name, unsigned char *line, size_t len)
{
	struct secret	*s;
	struct entry	*e;

	if ((s = safe_find(name)) == NULL) {
		if ((e = calloc(1, sizeof(*e))) == NULL)
			fatal("calloc");
		TAILQ_INSERT_TAIL(&entries, e, entry);
		s = &e->secret;
		strlcpy(s->name, name, sizeof(s->name));
	}
	secret_room_free(s->line);
	s->line = line;
	s->len = len;
	s->proven = 0;
	sodium_mprotect_noaccess(line);
}

struct secret *
safe_find(const char *name)
{
	struct entry	*e;

	TAILQ_FOREACH(e, &entries, entry)
		if (strcmp(e->secret.name, name) == 0)
			return &e->secret;
	return NULL;
}

struct secret *
safe_next(const struct secret *s)
{
	struct entry	*e;

	if (s == NULL)
		e = TAILQ_FIRST(&entries);
	else
		e = TAILQ_NEXT((const struct entry *)s, entry);
	return e != NULL ? &e->secret : NULL;
}

int
safe_copy(const char *from, const char *to)
{
	struct secret	*s;
	unsigned char	*line;

	if ((s = safe_find(from)) == NULL)
		return -1;
	if (strcmp(from, to) == 0)
		return 0;
	line = secret_room();
	sodium_mprotect_readonly(s->line);
	memcpy(line, s->line, s->len);
	sodium_mprotect_noaccess(s->line);
	safe_put(to, line, s->len);
	return 0;
}

ssize_t
safe_write(const struct secret *s, int fd)
{
	ssize_t	 n;
	int	 saved;

	sodium_mprotect_readonly(s->line);
	n = write(fd, s->line, s->len);
	saved = errno;
	sodium_mprotect_noaccess(s->line);
	errno = saved;
	return n;
}

void
safe_forget(const char *name)
{
	struct secret	*s;
	struct entry	*e;

	if ((s = safe_find(name)) == NULL)
		return;
	e = (struct entry *)s;
	TAILQ_REMOVE(&entries, e, entry);
	secret_room_free(s->line);
	free(e);
}
