#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/atomic_file.h"
#include "common/log.h"
#include "lavavisord/history.h"
#include "lavavisord/upgrade_past.h"

static json_t	*past;			/* oldest first */
static int	 state_dir = -1;
static int	 failing;		/* said already */

static int	 by_id(const void *, const void *);
static json_int_t first_id(const json_t *);
static json_int_t id_of(const json_t *);
static int	 is_known(const json_t *, json_int_t);
static int	 is_repeat(const json_t *, const json_t *);
static void	 join(const json_t *, json_t *);
static json_t	*read_history(const char *);
static void	 read_past(void);
static void	 take_in_order(json_t *);
static char	*text_of_past(size_t *);

static json_int_t
id_of(const json_t *o)
{
	return json_integer_value(json_object_get(o, "id"));
}

/* Of the first of a row of tries */
static json_int_t
first_id(const json_t *o)
{
	json_t	*first = json_object_get(o, "first_id");

	return json_is_integer(first) ? json_integer_value(first) : id_of(o);
}

static int
by_id(const void *a, const void *b)
{
	json_int_t	 i, k;

	i = id_of(*(const json_t *const *)a);
	k = id_of(*(const json_t *const *)b);
	return i < k ? -1 : i > k;
}

static int
is_known(const json_t *list, json_int_t id)
{
	json_t	*o;
	size_t	 i;

	json_array_foreach(list, i, o)
		if (first_id(o) <= id && id <= id_of(o))
			return 1;
	return 0;
}

/* The same trouble once more: one record with a count says it all */
static int
is_repeat(const json_t *a, const json_t *b)
{
	static const char *const	 same[] = {
		"to", "role", "outcome", "reason", "from"
	};
	const char			*text;
	size_t				 i;

	text = json_string_value(json_object_get(b, "outcome"));
	if (text == NULL || strcmp(text, "abandoned") != 0)
		return 0;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!json_equal(json_object_get(a, same[i]),
		    json_object_get(b, same[i])))
			return 0;
	return 1;
}

static void
join(const json_t *last, json_t *o)
{
	json_t	*tries = json_object_get(last, "tries");

	json_object_set_new(o, "tries", json_integer((json_is_integer(tries) ?
	    json_integer_value(tries) : 1) + 1));
	json_object_set_new(o, "first_id", json_integer(first_id(last)));
	json_object_set(o, "started", json_object_get(last, "started"));
}

static void
read_past(void)
{
	char	*text, *line, *end;
	size_t	 len;
	json_t	*o;

	if (atomic_read(state_dir, PAST_FILE, PAST_MAX_SIZE, &text, &len) ==
	    -1)
		return;
	for (line = text; line < text + len; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + len - line));
		if (end == NULL)
			break;
		o = json_loadb(line, (size_t)(end - line), 0, NULL);
		if (json_is_string(json_object_get(o, "outcome")) &&
		    id_of(o) > 0)
			json_array_append(past, o);
		json_decref(o);
	}
	free(text);
}

/* What it tells of upgrades, one name after the other */
static json_t *
read_history(const char *directory)
{
	static const char *const	 names[] = {
		"commit", "rollback", "abandon"
	};
	json_t				*all = json_array(), *list, *o;
	size_t				 i, k;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		list = history_last(directory, names[i], PAST_MAX);
		json_array_foreach(list, k, o)
			if (json_is_string(json_object_get(o, "outcome")))
				json_array_append(all, o);
		json_decref(list);
	}
	return all;
}

/* Sorts what is kept, and drops the oldest beyond PAST_MAX. */
static void
take_in_order(json_t *list)
{
	size_t	 i, n = json_array_size(list);
	json_t	*o, *last, **all;

	if ((all = calloc(n + 1, sizeof(*all))) == NULL)
		fatal("calloc");
	for (i = 0; i < n; i++)
		all[i] = json_incref(json_array_get(list, i));
	qsort(all, n, sizeof(*all), by_id);
	json_array_clear(past);
	for (i = 0; i < n; i++) {
		o = all[i];
		last = json_array_get(past, json_array_size(past) - 1);
		if (last != NULL && json_object_get(o, "first_id") == NULL &&
		    is_repeat(last, o)) {
			join(last, o);
			json_array_remove(past, json_array_size(past) - 1);
		}
		json_array_append_new(past, o);
		if (json_array_size(past) > PAST_MAX)
			json_array_remove(past, 0);
	}
	free(all);
}

uint64_t
past_load(int dir, const char *directory)
{
	json_t	*told, *all, *o;
	size_t	 i;

	state_dir = dir;
	if ((past = json_array()) == NULL)
		fatalx("out of memory for records");
	read_past();
	told = read_history(directory);
	if ((all = json_copy(past)) == NULL)
		fatalx("out of memory for records");
	json_array_foreach(told, i, o) {
		if (is_known(past, id_of(o)))
			continue;
		/* What is told with it is no part of the record. */
		json_object_del(o, "seq");
		json_object_del(o, "time");
		json_object_del(o, "event");
		json_array_append(all, o);
	}
	take_in_order(all);
	json_decref(told);
	json_decref(all);
	o = json_array_get(past, json_array_size(past) - 1);
	return o == NULL || id_of(o) < 0 ? 0 : (uint64_t)id_of(o);
}

void
past_add(json_t *o)
{
	size_t	 n = json_array_size(past);
	json_t	*last = n > 0 ? json_array_get(past, n - 1) : NULL;

	if (last != NULL && is_repeat(last, o)) {
		join(last, o);
		json_array_set(past, n - 1, o);
	} else {
		json_array_append(past, o);
		if (n >= PAST_MAX)
			json_array_remove(past, 0);
	}
	past_keep();
}

/* As many lines, from the newest on, as there is room for; freed with it */
static char *
text_of_past(size_t *size)
{
	char	*lines[PAST_MAX], *text, *p;
	size_t	 n = json_array_size(past), i, len, room = PAST_MAX_SIZE;

	for (i = n; i > 0; i--) {
		lines[i - 1] = json_dumps(json_array_get(past, i - 1),
		    JSON_COMPACT);
		if (lines[i - 1] == NULL)
			fatalx("out of memory for records");
		if ((len = strlen(lines[i - 1]) + 1) > room) {
			free(lines[i - 1]);
			break;
		}
		room -= len;
	}
	*size = PAST_MAX_SIZE - room;
	if ((text = malloc(*size + 1)) == NULL)
		fatal("malloc");
	for (p = text; i < n; i++) {
		len = strlen(lines[i]);
		memcpy(p, lines[i], len);
		p[len] = '\n';
		p += len + 1;
		free(lines[i]);
	}
	return text;
}

void
past_keep(void)
{
	char	*text;
	size_t	 size;
	int	 r;

	text = text_of_past(&size);
	r = atomic_write(state_dir, PAST_FILE, 0640, text, size, ATOMIC_SYNC);
	free(text);
	if (r == -1 && !failing)
		log_warn("%s cannot be written", PAST_FILE);
	else if (r == 0 && failing)
		log_info("%s is written again", PAST_FILE);
	failing = r == -1;
}

json_t *
past_find(uint64_t id)
{
	json_t	*o;
	size_t	 i;

	if (id > INT64_MAX)
		return NULL;
	for (i = json_array_size(past); i > 0; i--) {
		o = json_array_get(past, i - 1);
		if (first_id(o) <= (json_int_t)id &&
		    (json_int_t)id <= id_of(o))
			return o;
	}
	return NULL;
}

size_t
past_count(void)
{
	return json_array_size(past);
}

json_t *
past_at(size_t i)
{
	return json_array_get(past, i);
}

json_t *
past_brief(const json_t *o)
{
	static const char *const	 whole[] = {
		"first_id", "uid", "chain", "new", "old", "hooks"
	};
	static const char *const	 kept[] = {
		"name", "gap_ms", "ready_ms"
	};
	json_t				*brief, *list, *s, *short_one;
	size_t				 i, k;

	if ((brief = json_copy((json_t *)(uintptr_t)o)) == NULL ||
	    (list = json_array()) == NULL)
		fatalx("out of memory for records");
	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		json_object_del(brief, whole[i]);
	json_array_foreach(json_object_get(o, "services"), i, s) {
		short_one = json_object();
		for (k = 0; k < sizeof(kept) / sizeof(kept[0]); k++)
			json_object_set(short_one, kept[k],
			    json_object_get(s, kept[k]));
		json_array_append_new(list, short_one);
	}
	json_object_set_new(brief, "services", list);
	return brief;
}
