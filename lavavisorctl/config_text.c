#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "lavavisorctl/config_text.h"
#include "lavavisorctl/screen_text.h"

#define INDENT		2
#define DEPTH_MAX	16

static int	is_plain(const char *);
static void	print_about(FILE *, const json_t *, const char *);
static void	print_members(FILE *, const json_t *, int);
static void	print_quoted(FILE *, const char *);
static void	print_scalar(FILE *, const json_t *);
static void	print_text(FILE *, const char *);
static void	print_value(FILE *, const json_t *, int);

/* Nothing that YAML, in any of its versions, could take for something else */
static int
is_plain(const char *text)
{
	static const char *const	 words[] = { "true", "false", "yes",
	    "no", "on", "off", "y", "n", "null", "nan", "inf" };
	const char			*p;
	size_t				 i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return 0;
	if (!isalpha((unsigned char)text[0]) && text[0] != '/' &&
	    text[0] != '_') {
		/* 90s, 64M */
		i = strspn(text, "0123456789");
		return i > 0 && text[i] != '\0' &&
		    strspn(text + i, "dhmsKMG") == strlen(text + i);
	}
	for (p = text; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("-._/", *p) == NULL)
			return 0;
	return 1;
}

/*
 * JSON's text is YAML's, but for the two halves of a character above U+FFFF.
 * What a terminal would obey is written in ASCII.
 */
static void
print_quoted(FILE *out, const char *text)
{
	json_t		*o;
	char		*safe, *quoted, *p;
	unsigned int	 high, low;
	int		 is_safe;

	safe = screen_text(text, strlen(text));
	is_safe = strcmp(safe, text) == 0;
	free(safe);
	if ((o = json_string(text)) == NULL || (quoted = json_dumps(o,
	    JSON_ENCODE_ANY | (is_safe ? 0 : JSON_ENSURE_ASCII))) == NULL)
		fatalx("out of memory");
	for (p = quoted; *p != '\0'; p++) {
		if (*p == '\\' && sscanf(p, "\\u%4x\\u%4x", &high, &low) ==
		    2 && high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 &&
		    low < 0xe000) {
			fprintf(out, "\\U%08X", 0x10000 +
			    ((high - 0xd800) << 10) + (low - 0xdc00));
			p += 11;
			continue;
		}
		fputc(*p, out);
		if (*p == '\\')
			fputc(*++p, out);
	}
	free(quoted);
	json_decref(o);
}

static void
print_text(FILE *out, const char *text)
{
	if (is_plain(text))
		fputs(text, out);
	else
		print_quoted(out, text);
}

static void
print_scalar(FILE *out, const json_t *v)
{
	if (json_is_string(v))
		print_text(out, json_string_value(v));
	else if (json_is_integer(v))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_boolean(v))
		fputs(json_is_true(v) ? "true" : "false", out);
	else if (json_is_array(v))
		fputs("[]", out);
	else if (json_is_object(v))
		fputs("{}", out);
	else
		fputs("null", out);
}

/* Behind a key and its colon, with the newline at the end */
static void
print_value(FILE *out, const json_t *v, int depth)
{
	json_t	*item;
	size_t	 i;

	if (depth < DEPTH_MAX && json_object_size(v) > 0) {
		fputc('\n', out);
		print_members(out, v, depth + 1);
		return;
	}
	if (depth == DEPTH_MAX || json_array_size(v) == 0) {
		fputc(' ', out);
		print_scalar(out, v);
		fputc('\n', out);
		return;
	}
	fputc('\n', out);
	json_array_foreach(v, i, item) {
		fprintf(out, "%*s-", (depth + 1) * INDENT, "");
		if (json_object_size(item) > 0) {
			fputc('\n', out);
			print_members(out, item, depth + 2);
		} else {
			fputc(' ', out);
			print_scalar(out, item);
			fputc('\n', out);
		}
	}
}

static void
print_members(FILE *out, const json_t *o, int depth)
{
	const char	*key;
	json_t		*v;

	json_object_foreach((json_t *)(uintptr_t)o, key, v) {
		fprintf(out, "%*s", depth * INDENT, "");
		print_text(out, key);
		fputc(':', out);
		print_value(out, v, depth);
	}
}

/* The facts about the daemon, a comment each */
static void
print_about(FILE *out, const json_t *o, const char *of)
{
	const char	*key, *text;
	char		*safe;
	json_t		*v;

	json_object_foreach((json_t *)(uintptr_t)o, key, v) {
		if (json_is_object(v)) {
			print_about(out, v, key);
			continue;
		}
		text = json_string_value(v);
		safe = text == NULL ? NULL : screen_text(text, strlen(text));
		fprintf(out, "# %s%s%s: ", of, of[0] == '\0' ? "" : " ", key);
		if (safe != NULL)
			fprintf(out, "%s\n", safe);
		else
			fprintf(out, "%" JSON_INTEGER_FORMAT "\n",
			    json_integer_value(v));
		free(safe);
	}
}

void
config_text_print(FILE *out, const json_t *answer)
{
	json_t		*config = json_object_get(answer, "config");
	json_t		*services, *v;
	const char	*name, *gap = "";
	char		*safe;

	print_about(out, json_object_get(answer, "daemon"), "");
	services = json_object_get(answer, "services");
	if (json_is_object(config)) {
		fprintf(out, "\n# config.yml\n");
		print_members(out, config, 0);
		gap = "---\n";
	}
	json_object_foreach(services, name, v) {
		safe = screen_text(name, strlen(name));
		fprintf(out, "\n%s# services/%s.yml\n", gap, safe);
		free(safe);
		print_members(out, v, 0);
		gap = "---\n";
	}
}
