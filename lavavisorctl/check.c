#include <stdlib.h>
#include <string.h>

#include "lavavisorctl/check.h"
#include "lavavisorctl/screen_text.h"

#define NO_DAEMON		4	/* lavavisorctl's own code */
#define PLUGIN_CRITICAL		2
#define PLUGIN_UNKNOWN		3

static void	 print_line(FILE *, const char *, const char *, const char *);
static const char *text_of(const json_t *, const char *);

static const char *
text_of(const json_t *o, const char *key)
{
	const char	*text = json_string_value(json_object_get(o, key));

	return text == NULL ? "" : text;
}

static void
print_line(FILE *out, const char *status, const char *text,
    const char *perfdata)
{
	char	*safe, *p, *numbers;

	safe = screen_text(text, strlen(text));
	numbers = screen_text(perfdata, strlen(perfdata));
	for (p = safe; *p != '\0'; p++)
		if (*p == '|')
			*p = '/';
	fprintf(out, "LAVAVISORD %s - %s%s%s\n", status, safe,
	    numbers[0] != '\0' ? " | " : "", numbers);
	free(safe);
	free(numbers);
}

void
check_print(FILE *out, const json_t *v)
{
	print_line(out, text_of(v, "status"), text_of(v, "text"),
	    text_of(v, "perfdata"));
}

int
check_trouble(FILE *out, int code, const char *why, int json)
{
	int		 plugin = code == NO_DAEMON ? PLUGIN_CRITICAL :
	    PLUGIN_UNKNOWN;
	const char	*status = code == NO_DAEMON ? "CRITICAL" : "UNKNOWN";
	json_t		*o;

	if (!json) {
		print_line(out, status, why, "");
		return plugin;
	}
	if ((o = json_pack("{s:s, s:s}", "status", status, "text", why)) !=
	    NULL && json_dumpf(o, out, 0) == 0)
		fputc('\n', out);
	json_decref(o);
	return plugin;
}
