#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/log.h"
#include "lavavisorctl/cells.h"
#include "lavavisorctl/check.h"
#include "lavavisorctl/config_text.h"
#include "lavavisorctl/explanation.h"
#include "lavavisorctl/history.h"
#include "lavavisorctl/screen_text.h"
#include "lavavisorctl/show.h"
#include "lavavisorctl/show_one.h"
#include "lavavisorctl/table.h"
#include "lavavisorctl/upgrade_text.h"

#define COLUMNS(a)	(a), sizeof(a) / sizeof((a)[0])
#define MEMBERS_MAX	24	/* columns of a table nobody foretold */
#define TITLE_SIZE	32

struct column {
	const char	*title;
	const char	*key;
	int		 right;
};

static void	show_agreement(FILE *, const json_t *);
static void	show_any(FILE *, const json_t *, const struct show_style *);
static void	show_any_rows(FILE *, const json_t *,
		    const struct show_style *);
static void	show_rows(FILE *, const json_t *, const struct column *,
		    size_t, const struct show_style *);
static void	show_section(FILE *, const char *, const json_t *,
		    const struct column *, size_t,
		    const struct show_style *);
static void	show_versions(FILE *, const json_t *,
		    const struct show_style *);

static const struct column	 service_columns[] = {
	{ "NAME", "name", 0 },
	{ "ROLE", "role", 0 },
	{ "STATE", "state", 0 },
	{ "PID", "pid", 1 },
	{ "VERSION", "version", 0 },
	{ "RESTARTS", "restarts", 1 },
	{ "SINCE", "since", 1 },
	{ "EXIT", "exit", 0 },
	{ "READY", "ready", 0 },
	{ "REASON", "reason", 0 }
};

/* With -v; only then the daemon says how much of it there is. */
static const struct column	 used_columns[] = {
	{ "NAME", "name", 0 },
	{ "ROLE", "role", 0 },
	{ "STATE", "state", 0 },
	{ "PID", "pid", 1 },
	{ "VERSION", "version", 0 },
	{ "CPU", "cpu_ms", 1 },
	{ "MEMORY", "memory_kb", 1 },
	{ "RESTARTS", "restarts", 1 },
	{ "SINCE", "since", 1 },
	{ "EXIT", "exit", 0 },
	{ "READY", "ready", 0 },
	{ "REASON", "reason", 0 }
};

static const struct column	 chain_columns[] = {
	{ "PROVIDER-TARGET", "provider_target", 0 },
	{ "PROVIDER-MIN", "provider_min", 0 },
	{ "CONSUMER-TARGET", "consumer_target", 0 },
	{ "CONSUMER-MIN", "consumer_min", 0 },
	{ "HEIGHT", "height", 1 },
	{ "TIME", "time", 0 },
	{ "PROOF", "proof", 0 }
};

static const struct column	 installed_columns[] = {
	{ "VERSION", "version", 0 },
	{ "SHA256", "sha256", 0 },
	{ "SIZE", "size", 1 },
	{ "HOW", "how", 0 },
	{ "KEY", "key", 0 },
	{ "INSTALLED", "installed", 0 },
	{ "VERIFIED", "verified", 0 },
	{ "CURRENT", "current", 0 },
	{ "BAD", "bad", 0 },
	{ "DAMAGED", "damaged", 0 }
};

static const struct column	 unused_columns[] = {
	{ "NAME", "name", 0 },
	{ "WHY", "why", 0 }
};

static const struct column	 wanted_columns[] = {
	{ "NAME", "name", 0 },
	{ "HAVE", "have", 0 },
	{ "WANT", "want", 0 },
	{ "WHY", "why", 0 },
	{ "NEXT", "next", 0 }
};

static const struct column	 node_columns[] = {
	{ "URL", "url", 0 },
	{ "OPERATOR", "operator", 0 },
	{ "STATE", "state", 0 },
	{ "HEIGHT", "height", 1 },
	{ "AGE", "age_s", 1 },
	{ "LATENCY", "latency_ms", 1 },
	{ "AGREES", "agrees", 0 },
	{ "ERROR", "error", 0 }
};

static const struct column	 upgrade_columns[] = {
	{ "ID", "id", 1 },
	{ "STARTED", "started", 1 },
	{ "ENDED", "ended", 1 },
	{ "FROM", "from", 0 },
	{ "TO", "to", 0 },
	{ "ROLE", "role", 0 },
	{ "BY", "by", 0 },
	{ "OUTCOME", "outcome", 0 },
	{ "TRIES", "tries", 1 },
	{ "SERVICES", "services", 0 },
	{ "REASON", "reason", 0 }
};

static const struct column	 sandbox_columns[] = {
	{ "ROOM", "room", 0 },
	{ "PID", "pid", 1 },
	{ "USER", "user", 0 },
	{ "WALLS", "mechanisms", 0 },
	{ "MISSING", "missing", 0 }
};

static void
show_rows(FILE *out, const json_t *rows, const struct column *columns,
    size_t n, const struct show_style *style)
{
	struct table_column	*titles;
	struct table		*t;
	json_t			*row, *value;
	char			 text[CELL_SIZE];
	size_t			 i, c;

	if (n == 0)
		return;
	if ((titles = calloc(n, sizeof(*titles))) == NULL)
		fatal("calloc");
	for (c = 0; c < n; c++) {
		titles[c].title = columns[c].title;
		titles[c].right = columns[c].right;
	}
	t = table_new(titles, n);
	json_array_foreach(rows, i, row) {
		for (c = 0; c < n; c++) {
			value = json_object_get(row, columns[c].key);
			cell_render(columns[c].key, value, style->now_s, text);
			table_cell(t, text, cell_tint(columns[c].key, value));
		}
	}
	table_print(t, out, style->colour);
	table_free(t);
	free(titles);
}

static void
show_section(FILE *out, const char *title, const json_t *rows,
    const struct column *columns, size_t n, const struct show_style *style)
{
	fprintf(out, "%s:\n", title);
	if (json_array_size(rows) == 0)
		fprintf(out, "none\n");
	else
		show_rows(out, rows, columns, n, style);
}

/* Only what is amiss: that all is well is in the table. */
static void
show_agreement(FILE *out, const json_t *agreement)
{
	const char	*text;
	char		*safe;

	text = json_string_value(json_object_get(agreement, "text"));
	if (text == NULL || text[0] == '\0')
		return;
	safe = screen_text(text, strlen(text));
	fprintf(out, "%s\n", safe);
	free(safe);
}

static void
show_versions(FILE *out, const json_t *v, const struct show_style *style)
{
	json_t	*chain = json_object_get(v, "chain"), *row;

	if (json_is_object(chain)) {
		if ((row = json_array()) == NULL ||
		    json_array_append(row, chain) == -1)
			fatalx("out of memory");
		show_section(out, "Chain", row, COLUMNS(chain_columns),
		    style);
		json_decref(row);
	} else
		fprintf(out, "Chain:\nnothing heard yet\n");
	show_agreement(out, json_object_get(v, "agreement"));
	fputc('\n', out);
	show_section(out, "Installed", json_object_get(v, "installed"),
	    COLUMNS(installed_columns), style);
	if (json_array_size(json_object_get(v, "unused")) > 0) {
		fputc('\n', out);
		show_section(out, "Not used", json_object_get(v, "unused"),
		    COLUMNS(unused_columns), style);
	}
	fputc('\n', out);
	show_section(out, "Services", json_object_get(v, "services"),
	    COLUMNS(wanted_columns), style);
	if (json_is_array(json_object_get(v, "roles"))) {
		fprintf(out, "\nWhy:\n");
		explanation_print(out, v);
	}
}

/* Rows whose members are the columns, in the order of the first row */
static void
show_any_rows(FILE *out, const json_t *rows, const struct show_style *style)
{
	struct column	 columns[MEMBERS_MAX];
	char		 titles[MEMBERS_MAX][TITLE_SIZE], *p;
	const char	*key;
	json_t		*value, *first = json_array_get(rows, 0);
	size_t		 n = 0;

	json_object_foreach(first, key, value) {
		if (n == MEMBERS_MAX)
			break;
		strlcpy(titles[n], key, sizeof(titles[n]));
		for (p = titles[n]; *p != '\0'; p++)
			*p = (char)toupper((unsigned char)*p);
		/* A name is ours unless someone plays tricks. */
		for (p = titles[n]; *p != '\0'; p++)
			if ((unsigned char)*p < 0x20 ||
			    (unsigned char)*p >= 0x7f)
				*p = '?';
		columns[n].title = titles[n];
		columns[n].key = key;
		columns[n].right = json_is_number(value);
		n++;
	}
	show_rows(out, rows, columns, n, style);
}

static void
show_any(FILE *out, const json_t *v, const struct show_style *style)
{
	char		 text[CELL_SIZE], *safe, *name;
	const char	*key;
	json_t		*member;

	if (json_is_array(v) && json_object_size(json_array_get(v, 0)) > 0) {
		show_any_rows(out, v, style);
		return;
	}
	if (!json_is_object(v)) {
		cell_render("", v, style->now_s, text);
		safe = screen_text(text, strlen(text));
		fprintf(out, "%s\n", safe);
		free(safe);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)v, key, member) {
		name = screen_text(key, strlen(key));
		if (json_is_array(member) &&
		    json_object_size(json_array_get(member, 0)) > 0) {
			fprintf(out, "%s:\n", name);
			show_any_rows(out, member, style);
		} else {
			cell_render(key, member, style->now_s, text);
			safe = screen_text(text, strlen(text));
			fprintf(out, "%s: %s\n", name, safe);
			free(safe);
		}
		free(name);
	}
}

void
show_print(FILE *out, enum verb verb, const json_t *v,
    const struct show_style *style)
{
	if (verb == VERB_SHOW_VERSIONS && json_is_object(v)) {
		show_versions(out, v, style);
		return;
	}
	if (verb == VERB_SHOW_UPGRADES && json_is_integer(json_object_get(v,
	    "id"))) {
		upgrade_print(out, v, style->colour);
		return;
	}
	/* It comes after the upgrades of the past. */
	if (verb == VERB_SHOW_UPGRADES && json_is_object(v)) {
		fprintf(out, "\nNow:\n");
		explanation_print(out, v);
		return;
	}
	if (verb == VERB_SHOW_CONFIG && json_is_object(v)) {
		config_text_print(out, v);
		return;
	}
	if (verb == VERB_SHOW_SERVICE && json_is_object(v)) {
		show_one(out, v, style);
		return;
	}
	if (verb == VERB_CHECK) {
		check_print(out, v);
		return;
	}
	if (!json_is_array(v)) {
		show_any(out, v, style);
		return;
	}
	switch (verb) {
	case VERB_SHOW_HISTORY:
		history_table(out, v, style->colour);
		break;
	case VERB_SHOW_SERVICES:
		if (json_object_get(json_array_get(v, 0), "cpu_ms") != NULL)
			show_rows(out, v, COLUMNS(used_columns), style);
		else
			show_rows(out, v, COLUMNS(service_columns), style);
		break;
	case VERB_SHOW_NODES:
		show_rows(out, v, COLUMNS(node_columns), style);
		break;
	case VERB_SHOW_UPGRADES:
		show_rows(out, v, COLUMNS(upgrade_columns), style);
		break;
	case VERB_SHOW_SANDBOX:
		show_rows(out, v, COLUMNS(sandbox_columns), style);
		break;
	default:
		show_any(out, v, style);
	}
}
