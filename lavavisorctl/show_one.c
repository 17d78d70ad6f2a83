#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisorctl/cells.h"
#include "lavavisorctl/screen_text.h"
#include "lavavisorctl/show_one.h"
#include "lavavisorctl/table.h"

#define INDENT		4
#define DEPTH_MAX	4
#define WIDTH_MAX	24	/* of labels that line up */

static void	add(char *, size_t, const char *);
static int	is_block(const json_t *);
static char	*label(const char *);
static size_t	label_width(const json_t *);
static void	print_block(FILE *, const json_t *, const struct show_style *,
		    int);
static void	print_run(FILE *, const json_t *, const struct show_style *,
		    int);
static void	print_value(FILE *, const char *, const json_t *,
		    const struct show_style *);
static void	print_words(FILE *, const json_t *);
static void	quote(const char *, char *, size_t);

/* Written below its label, not beside it */
static int
is_block(const json_t *v)
{
	if (json_is_object(v))
		return json_object_size(v) > 0 &&
		    json_object_get(v, "code") == NULL &&
		    json_object_get(v, "signal") == NULL &&
		    json_object_get(v, "unknown") == NULL;
	return json_is_array(v) && json_is_object(json_array_get(v, 0));
}

/* Made safe, words with a gap between; to be freed */
static char *
label(const char *key)
{
	char	*text, *p;

	/* Their values are written with a unit. */
	if (strcmp(key, "cpu_ms") == 0)
		key = "cpu";
	else if (strcmp(key, "memory_kb") == 0)
		key = "memory";
	text = screen_text(key, strlen(key));
	for (p = text; *p != '\0'; p++)
		if (*p == '_')
			*p = ' ';
	return text;
}

static size_t
label_width(const json_t *o)
{
	const char	*key;
	char		*text;
	json_t		*member;
	size_t		 width, most = 0;

	json_object_foreach((json_t *)(uintptr_t)o, key, member) {
		text = label(key);
		width = screen_width(text);
		free(text);
		if (width > most && width <= WIDTH_MAX && !is_block(member))
			most = width;
	}
	return most;
}

static void
add(char *to, size_t size, const char *text)
{
	strlcat(to, text, size);
}

/* As sh(1) would take it, when it is not plain */
static void
quote(const char *word, char *to, size_t size)
{
	static const char	 plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
	char			 one[2] = "";

	to[0] = '\0';
	if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
		strlcpy(to, word, size);
		return;
	}
	add(to, size, "'");
	for (; *word != '\0'; word++) {
		one[0] = *word;
		add(to, size, *word == '\'' ? "'\\''" : one);
	}
	add(to, size, "'");
}

static void
print_words(FILE *out, const json_t *words)
{
	const char	*word;
	char		*safe, *quoted;
	json_t		*v;
	size_t		 i, size;

	json_array_foreach(words, i, v) {
		word = json_is_string(v) ? json_string_value(v) : "?";
		size = 4 * strlen(word) + 3;
		if ((quoted = malloc(size)) == NULL)
			fatal("malloc");
		quote(word, quoted, size);
		safe = screen_text(quoted, strlen(quoted));
		fprintf(out, "%s%s", i == 0 ? "" : " ", safe);
		free(safe);
		free(quoted);
	}
	fprintf(out, "%s\n", json_array_size(words) == 0 ? "-" : "");
}

static void
print_value(FILE *out, const char *key, const json_t *v,
    const struct show_style *style)
{
	enum tint	 tint = style->colour ? cell_tint(key, v) : TINT_NONE;
	const char	*whole = json_string_value(v);
	char		 text[CELL_SIZE], *safe;

	if (json_is_array(v)) {
		print_words(out, v);
		return;
	}
	/* In a table there is no room for all of a hash; here is. */
	if (whole != NULL && strcmp(key, "sha256") == 0)
		strlcpy(text, whole, sizeof(text));
	else
		cell_render(key, v, style->now_s, text);
	safe = screen_text(text, strlen(text));
	fprintf(out, "%s%s%s", tint_begin(tint), safe, tint_end(tint));
	/* An age is good to read, the time to compare with. */
	if (whole != NULL && time_parse(whole) != -1 &&
	    strcmp(text, whole) != 0)
		fprintf(out, " (%s)", whole);
	fputc('\n', out);
	free(safe);
}

/* How one of the last runs ended, in a line */
static void
print_run(FILE *out, const json_t *run, const struct show_style *style,
    int depth)
{
	const char	*key, *gap = "";
	char		 text[CELL_SIZE], *safe, *name;
	json_t		*member;

	fprintf(out, "%*s", depth * INDENT, "");
	json_object_foreach((json_t *)(uintptr_t)run, key, member) {
		name = label(key);
		cell_render(strcmp(key, "ended") == 0 ? "time" :
		    strcmp(key, "ran_s") == 0 ? "age_s" : key, member,
		    style->now_s, text);
		safe = screen_text(text, strlen(text));
		fprintf(out, "%s%s %s", gap, strcmp(key, "ran_s") == 0 ?
		    "ran" : name, safe);
		free(safe);
		free(name);
		gap = ", ";
	}
	fputc('\n', out);
}

static void
print_block(FILE *out, const json_t *o, const struct show_style *style,
    int depth)
{
	const char	*key;
	json_t		*member, *one;
	size_t		 i, width = label_width(o), used;
	char		*name;

	json_object_foreach((json_t *)(uintptr_t)o, key, member) {
		name = label(key);
		used = screen_width(name);
		fprintf(out, "%*s%s:", depth * INDENT, "", name);
		free(name);
		if (!is_block(member) || depth == DEPTH_MAX) {
			fprintf(out, "%*s", used < width ?
			    (int)(width - used) + 1 : 1, "");
			print_value(out, key, member, style);
			continue;
		}
		fputc('\n', out);
		if (json_is_object(member)) {
			print_block(out, member, style, depth + 1);
			continue;
		}
		json_array_foreach(member, i, one)
			print_run(out, one, style, depth + 1);
	}
}

void
show_one(FILE *out, const json_t *v, const struct show_style *style)
{
	print_block(out, v, style, 0);
}
