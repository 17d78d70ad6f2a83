#include <stdint.h>
#include <string.h>

#include "lavavisord/config.h"

/* FNV-1a, 64 bits */
#define HASH_BEGIN	UINT64_C(14695981039346656037)
#define HASH_PRIME	UINT64_C(1099511628211)

static void	add_bytes(uint64_t *, const void *, size_t);
static void	add_number(uint64_t *, uint64_t);
static void	add_text(uint64_t *, const char *);
static void	add_texts(uint64_t *, char **, size_t);

static void
add_bytes(uint64_t *hash, const void *data, size_t len)
{
	const unsigned char	*p = data;

	while (len-- > 0)
		*hash = (*hash ^ *p++) * HASH_PRIME;
}

static void
add_number(uint64_t *hash, uint64_t n)
{
	add_bytes(hash, &n, sizeof(n));
}

/* With its NUL, so that no two lists of texts look alike */
static void
add_text(uint64_t *hash, const char *text)
{
	add_number(hash, text != NULL);
	if (text != NULL)
		add_bytes(hash, text, strlen(text) + 1);
}

static void
add_texts(uint64_t *hash, char **text, size_t count)
{
	size_t	 i;

	add_number(hash, count);
	for (i = 0; i < count; i++)
		add_text(hash, text[i]);
}

/* What stands in a mapping is summed up: its order says nothing. */
uint64_t
config_service_run_hash(const struct config_service *s)
{
	uint64_t	 hash = HASH_BEGIN, one, sum = 0;
	size_t		 i;

	add_number(&hash, s->role);
	add_number(&hash, s->is_lavap != 0);
	add_texts(&hash, s->argv, s->argc);
	add_text(&hash, s->config_file);
	add_text(&hash, s->user);
	add_text(&hash, s->group);
	add_number(&hash, s->groups_set != 0);
	add_texts(&hash, s->groups, s->groups_count);
	add_text(&hash, s->directory);
	for (i = 0; i < s->env_count; i++) {
		one = HASH_BEGIN;
		add_text(&one, s->env[i].name);
		add_text(&one, s->env[i].value);
		sum += one;
	}
	for (i = 0; i < s->rlimits_count; i++) {
		one = HASH_BEGIN;
		add_number(&one, (uint64_t)s->rlimits[i].resource);
		add_number(&one, s->rlimits[i].soft);
		add_number(&one, s->rlimits[i].hard);
		add_number(&one, s->rlimits[i].implied != 0);
		sum += one;
	}
	add_number(&hash, sum);
	add_number(&hash, s->umask);
	add_number(&hash, (uint64_t)(int64_t)s->nice);
	add_number(&hash, s->no_new_privs != 0);
	return hash != 0 ? hash : 1;
}
