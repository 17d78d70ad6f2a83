#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "lavavisord/shown.h"
#include "lavavisord/masking.h"

struct unit {
	const char	*name;
	uint64_t	 size;
};

static void	put_unit(json_t *, const char *, uint64_t, const struct unit *,
		    size_t);

json_t *
shown_object(void)
{
	json_t	*o;

	if ((o = json_object()) == NULL)
		fatalx("out of memory for an answer");
	return o;
}

json_t *
shown_list(void)
{
	json_t	*l;

	if ((l = json_array()) == NULL)
		fatalx("out of memory for an answer");
	return l;
}

void
shown_add(json_t *l, json_t *value)
{
	if (value == NULL || json_array_append_new(l, value) == -1)
		fatalx("out of memory for an answer");
}

void
shown_put(json_t *o, const char *key, json_t *value)
{
	if (value == NULL || json_object_set_new(o, key, value) == -1)
		fatalx("out of memory for an answer");
}

void
shown_text(json_t *o, const char *key, const char *text)
{
	if (text != NULL)
		shown_put(o, key, json_string(text));
}

void
shown_masked(json_t *o, const char *key, const char *text)
{
	char	*masked;

	if (text == NULL)
		return;
	masked = masking_text(text);
	shown_put(o, key, json_string(masked));
	free(masked);
}

void
shown_count(json_t *o, const char *key, uint64_t n)
{
	shown_put(o, key, json_integer((json_int_t)n));
}

void
shown_bool(json_t *o, const char *key, int yes)
{
	shown_put(o, key, json_boolean(yes));
}

static void
put_unit(json_t *o, const char *key, uint64_t n, const struct unit *units,
    size_t count)
{
	char	 text[32];
	size_t	 i;

	for (i = 0; i + 1 < count && n % units[i].size != 0; i++)
		;
	snprintf(text, sizeof(text), "%" PRIu64 "%s", n / units[i].size,
	    units[i].name);
	shown_put(o, key, json_string(text));
}

void
shown_duration(json_t *o, const char *key, uint32_t ms)
{
	static const struct unit	 units[] = {
		{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
		{ "s", 1000 }, { "ms", 1 }
	};

	if (ms == 0)
		shown_put(o, key, json_string("0s"));
	else
		put_unit(o, key, ms, units, sizeof(units) / sizeof(units[0]));
}

void
shown_size(json_t *o, const char *key, uint64_t bytes)
{
	static const struct unit	 units[] = {
		{ "G", 1 << 30 }, { "M", 1 << 20 }, { "K", 1 << 10 }, { "", 1 }
	};

	if (bytes == 0)
		shown_put(o, key, json_integer(0));
	else
		put_unit(o, key, bytes, units,
		    sizeof(units) / sizeof(units[0]));
}

void
shown_words(json_t *o, const char *key, char *const *words, size_t n)
{
	json_t	*l;
	char	*masked;
	size_t	 i;

	if (n == 0)
		return;
	l = shown_list();
	for (i = 0; i < n; i++) {
		masked = masking_word(words, i);
		shown_add(l, json_string(masked));
		free(masked);
	}
	shown_put(o, key, l);
}
