#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "common/words.h"
#include "lavavisorctl/cells.h"
#include "lavavisorctl/event_line.h"

#define BAR_LEAST	10	/* columns of a bar that says something */
#define BAR_MOST	30

static void		 append(char *, const char *);
static const char	*member_text(const json_t *, const char *);

/* Shown elsewhere in the line, or of no use to people */
static const char *const	 placed[] = { "seq", "time", "event", "from",
    "to", "done", "total", "chain", "old", NULL };
/* First and last, without their names */
static const char *const	 leading[] = { "name", "service", "file",
    "version", "phase", "room", "url", "state", NULL };
static const char *const	 trailing[] = { "text", "reason", "error",
    NULL };

static void
append(char *line, const char *text)
{
	strlcat(line, text, EVENT_LINE_SIZE);
}

static const char *
member_text(const json_t *event, const char *key)
{
	const char	*text = json_string_value(json_object_get(event, key));

	return text == NULL ? "" : text;
}

void
event_line(const json_t *event, char *line)
{
	char			 text[CELL_SIZE], percent[64];
	const char		*key, *from, *to;
	const char *const	*k;
	struct progress		 p;
	json_t			*v;

	snprintf(line, EVENT_LINE_SIZE, "%s %-8s", member_text(event, "time"),
	    member_text(event, "event"));
	for (k = leading; *k != NULL; k++) {
		if (member_text(event, *k)[0] == '\0')
			continue;
		append(line, " ");
		append(line, member_text(event, *k));
	}
	from = member_text(event, "from");
	to = member_text(event, "to");
	if (from[0] != '\0' || to[0] != '\0') {
		append(line, " ");
		append(line, from);
		append(line, from[0] == '\0' || to[0] == '\0' ? "-> " :
		    " -> ");
		append(line, to);
	}
	if (event_progress(event, &p)) {
		bytes_text(p.done, text, sizeof(text));
		if (p.total > 0)
			snprintf(percent, sizeof(percent), " %u%%",
			    (unsigned int)((double)p.done * 100 /
			    (double)p.total));
		else
			percent[0] = '\0';
		append(line, percent);
		append(line, " ");
		append(line, text);
	}
	json_object_foreach((json_t *)(uintptr_t)event, key, v) {
		if (json_is_null(v) || word_is_listed(key, placed) ||
		    (json_is_string(v) && (word_is_listed(key, leading) ||
		    word_is_listed(key, trailing))))
			continue;
		cell_render(key, v, 0, text);
		append(line, " ");
		append(line, key);
		append(line, "=");
		append(line, json_is_string(v) ? json_string_value(v) : text);
	}
	for (k = trailing; *k != NULL; k++) {
		if (member_text(event, *k)[0] == '\0')
			continue;
		append(line, ": ");
		append(line, member_text(event, *k));
	}
}

int
event_progress(const json_t *event, struct progress *p)
{
	json_t		*done = json_object_get(event, "done");
	json_t		*total = json_object_get(event, "total");
	const char	*name;

	if (!json_is_integer(done) || json_integer_value(done) < 0)
		return 0;
	memset(p, 0, sizeof(*p));
	p->done = (uint64_t)json_integer_value(done);
	if (json_is_integer(total) && json_integer_value(total) > 0)
		p->total = (uint64_t)json_integer_value(total);
	if (p->total > 0 && p->done > p->total)
		p->done = p->total;
	name = member_text(event, "file");
	if (name[0] == '\0')
		name = member_text(event, "name");
	if (name[0] == '\0')
		name = member_text(event, "version");
	snprintf(p->what, sizeof(p->what), "%s%s%s",
	    member_text(event, "event"), name[0] == '\0' ? "" : " ", name);
	return 1;
}

int
event_roll(const json_t *event, struct progress *p)
{
	json_t	*done = json_object_get(event, "services_done");
	json_t	*all = json_object_get(event, "services");
	int	 back;

	if (!json_is_integer(done) || !json_is_integer(all) ||
	    json_integer_value(done) < 0 ||
	    json_integer_value(all) < json_integer_value(done))
		return 0;
	memset(p, 0, sizeof(*p));
	p->counts = 1;
	p->done = (uint64_t)json_integer_value(done);
	p->total = (uint64_t)json_integer_value(all);
	back = strstr(member_text(event, "state"), "back") != NULL;
	snprintf(p->what, sizeof(p->what), "%s %s %s",
	    member_text(event, "event"), back ? "back from" : "to",
	    member_text(event, "version"));
	return 1;
}

int
event_is_end(const json_t *event)
{
	return member_text(event, "outcome")[0] != '\0';
}

void
progress_bar(const struct progress *p, size_t width, char *line, size_t size)
{
	char		 what[sizeof(p->what)], bytes[32], bar[BAR_MOST + 1];
	unsigned int	 percent;
	size_t		 n, full, i;

	strlcpy(what, p->what, sizeof(what));
	/* Bytes are columns here: what came from outside is made so. */
	for (i = 0; what[i] != '\0'; i++)
		if ((unsigned char)what[i] < 0x20 ||
		    (unsigned char)what[i] >= 0x7f)
			what[i] = '?';
	if (p->counts)
		snprintf(bytes, sizeof(bytes), "%llu/%llu",
		    (unsigned long long)p->done, (unsigned long long)p->total);
	else
		bytes_text(p->done, bytes, sizeof(bytes));
	n = strlen(bytes) + sizeof(" []  100% ");
	if (p->total == 0) {
		snprintf(line, size, "%.*s %s", (int)(width > n ? width - n :
		    0), what, bytes);
		return;
	}
	if (width < n + BAR_LEAST) {
		snprintf(line, size, "%.*s", (int)width, what);
		return;
	}
	if (strlen(what) > width - n - BAR_LEAST)
		what[width - n - BAR_LEAST] = '\0';
	full = width - n - strlen(what);
	if (full > BAR_MOST)
		full = BAR_MOST;
	percent = (unsigned int)((double)p->done * 100 / (double)p->total);
	for (i = 0; i < full; i++)
		bar[i] = i * 100 < percent * full ? '#' : '-';
	bar[full] = '\0';
	snprintf(line, size, "%s [%s] %3u%% %s", what, bar, percent, bytes);
}
