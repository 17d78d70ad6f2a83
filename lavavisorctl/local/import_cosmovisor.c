#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/service_name.h"
#include "lavavisorctl/local/import_plan.h"

#define RUN_WORDS_MAX	UNIT_WORDS_MAX
#define TOML_MAX	(64 * 1024)

/* The tree: DAEMON_HOME/cosmovisor */
struct tree {
	char	 home[PATH_MAX];	/* DAEMON_HOME */
	char	 root[PATH_MAX];	/* the cosmovisor/ in it */
	char	 name[NAME_SIZE];	/* DAEMON_NAME, "" not known */
	char	 unit[PATH_MAX];	/* the file of its unit, "" none */
};

static int	find_name(struct import_plan *, struct tree *, char *,
		    size_t);
static int	find_tree(const struct import_plan *, struct tree *);
static char	*find_unit(struct import_plan *, struct tree *,
		    struct unit_file *);
static int	names_home(struct import_plan *, const struct unit_file *,
		    struct tree *);
static int	only_program(const char *, char *, size_t);
static void	take(struct import_plan *, struct tree *,
		    const struct unit_file *, const char *);
static void	tell_upgrades(struct import_plan *, const struct tree *);
static void	toml_value(const char *, const char *, char *, size_t);
static int	words_of(struct import_plan *, const struct unit_file *,
		    struct unit_command *, const char **);

static int
find_tree(const struct import_plan *p, struct tree *t)
{
	struct stat	 st;
	char		 path[PATH_MAX], *slash;

	memset(t, 0, sizeof(*t));
	if ((size_t)snprintf(path, sizeof(path), "%s/genesis/bin", p->from) <
	    sizeof(path) && stat(path, &st) == 0) {
		strlcpy(t->root, p->from, sizeof(t->root));
		strlcpy(t->home, p->from, sizeof(t->home));
		if ((slash = strrchr(t->home, '/')) != NULL &&
		    slash != t->home)
			*slash = '\0';
		return 1;
	}
	if ((size_t)snprintf(path, sizeof(path), "%s/cosmovisor/genesis/bin",
	    p->from) >= sizeof(path) || stat(path, &st) == -1)
		return 0;
	strlcpy(t->home, p->from, sizeof(t->home));
	path[strlen(path) - strlen("/genesis/bin")] = '\0';
	strlcpy(t->root, path, sizeof(t->root));
	return 1;
}

int
import_is_cosmovisor(const struct import_plan *p)
{
	struct tree	 t;

	return find_tree(p, &t);
}

/* `key = "value"' of cosmovisor/config.toml */
static void
toml_value(const char *text, const char *key, char *value, size_t size)
{
	const char	*p = text;
	size_t		 n = strlen(key), len;

	while (p != NULL) {
		p += strspn(p, " \t");
		if (strncmp(p, key, n) == 0) {
			p += n;
			p += strspn(p, " \t");
			if (*p == '=') {
				p++;
				p += strspn(p, " \t");
				p += *p == '"' || *p == '\'';
				len = strcspn(p, "\"'#\r\n \t");
				if (len > 0 && len < size) {
					memcpy(value, p, len);
					value[len] = '\0';
				}
				return;
			}
		}
		p = strchr(p, '\n');
		p = p != NULL ? p + 1 : NULL;
	}
}

/* The one file in a directory, if it is the only one */
static int
only_program(const char *path, char *name, size_t size)
{
	struct dirent	*d;
	DIR		*dir;
	int		 n = 0;

	if ((dir = opendir(path)) == NULL)
		return -1;
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.' && strlen(d->d_name) < size && ++n == 1)
			strlcpy(name, d->d_name, size);
	closedir(dir);
	return n == 1 ? 0 : -1;
}

/* 1 if a unit is about this tree; its DAEMON_NAME is noted. */
static int
names_home(struct import_plan *p, const struct unit_file *u, struct tree *t)
{
	const struct unit_line	*l;
	struct unit_words	 w;
	char			 why[256], real[PATH_MAX], name[NAME_SIZE] = "";
	size_t			 i, k;
	int			 ours = 0;

	(void)p;
	for (i = 0; i < u->count; i++) {
		l = &u->lines[i];
		if (strcmp(l->section, "Service") != 0 ||
		    strcmp(l->key, "Environment") != 0 ||
		    unit_words_split(&w, l->value, why, sizeof(why)) == -1)
			continue;
		for (k = 0; k < w.count; k++) {
			if (strncmp(w.word[k], "DAEMON_HOME=", 12) == 0)
				ours = realpath(w.word[k] + 12, real) !=
				    NULL && strcmp(real, t->home) == 0;
			if (strncmp(w.word[k], "DAEMON_NAME=", 12) == 0)
				strlcpy(name, w.word[k] + 12, sizeof(name));
		}
		unit_words_free(&w);
	}
	if (ours && name[0] != '\0')
		strlcpy(t->name, name, sizeof(t->name));
	return ours;
}

/* The unit of systemd that runs it: its name, new memory, or NULL */
static char *
find_unit(struct import_plan *p, struct tree *t, struct unit_file *u)
{
	struct dirent	*d;
	char		 path[PATH_MAX], why[256], *text, *file, *name = NULL;
	size_t		 len, n;
	DIR		*dir;

	memset(u, 0, sizeof(*u));
	if ((dir = opendir(p->units)) == NULL)
		return NULL;
	while (name == NULL && (d = readdir(dir)) != NULL) {
		n = strlen(d->d_name);
		if (n < 9 || strcmp(d->d_name + n - 8, ".service") != 0 ||
		    (size_t)snprintf(path, sizeof(path), "%s/%s", p->units,
		    d->d_name) >= sizeof(path) ||
		    import_read(path, UNIT_FILE_MAX, &text, &len) == -1)
			continue;
		if (strstr(text, "DAEMON_HOME") != NULL && unit_file_read(u,
		    text, len, why, sizeof(why)) == 0 && names_home(p, u,
		    t)) {
			unit_file_free(u);
			if ((file = import_unit_read(p, d->d_name, NULL, u)) !=
			    NULL) {
				strlcpy(t->unit, file, sizeof(t->unit));
				name = strdup(d->d_name);
			}
			free(file);
		}
		if (name == NULL)
			unit_file_free(u);
		free(text);
	}
	closedir(dir);
	return name;
}

static int
find_name(struct import_plan *p, struct tree *t, char *why, size_t size)
{
	char	 path[PATH_MAX], *text;
	size_t	 len;

	(void)p;
	if (t->name[0] == '\0' && (size_t)snprintf(path, sizeof(path),
	    "%s/config.toml", t->root) < sizeof(path) &&
	    import_read(path, TOML_MAX, &text, &len) == 0) {
		toml_value(text, "daemon_name", t->name, sizeof(t->name));
		free(text);
	}
	if (t->name[0] == '\0' && ((size_t)snprintf(path, sizeof(path),
	    "%s/genesis/bin", t->root) >= sizeof(path) ||
	    only_program(path, t->name, sizeof(t->name)) == -1)) {
		snprintf(why, size, "%.3000s: not one program is in it, and "
		    "no unit or config.toml says which is meant "
		    "(DAEMON_NAME)", path);
		return -1;
	}
	return 0;
}

/*
 * Behind `cosmovisor run', with the options of cosmovisor itself left out.
 * 0, or -1 and noted.
 */
static int
words_of(struct import_plan *p, const struct unit_file *u,
    struct unit_command *c, const char **words)
{
	const struct unit_line	*l;
	char			 why[256];
	size_t			 i, n = 0;

	if ((l = unit_file_find(u, "Service", "ExecStart")) == NULL)
		return -1;
	if (unit_command_split(c, l->value, why, sizeof(why)) == -1) {
		import_note(p, "ExecStart= of line %u: %s", l->line, why);
		return -1;
	}
	i = c->words.count > 1 && strcmp(c->words.word[1], "run") == 0 ? 2 : 1;
	for (; i < c->words.count; i++) {
		if (strcmp(c->words.word[i], "--cosmovisor-config") == 0)
			i++;
		else if (strncmp(c->words.word[i], "--cosmovisor-config=",
		    20) != 0)
			words[n++] = c->words.word[i];
	}
	words[n] = NULL;
	return 0;
}

static void
tell_upgrades(struct import_plan *p, const struct tree *t)
{
	struct dirent	*d;
	char		 path[PATH_MAX];
	DIR		*dir;

	if ((size_t)snprintf(path, sizeof(path), "%s/upgrades", t->root) >=
	    sizeof(path) || (dir = opendir(path)) == NULL)
		return;
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			import_note(p, "upgrades/%.80s: lavavisord follows no "
			    "upgrade plan of another chain: point `current' "
			    "at it and restart %s when it is time", d->d_name,
			    t->name);
	closedir(dir);
}

static void
take(struct import_plan *p, struct tree *t, const struct unit_file *u,
    const char *unit)
{
	static const char	 made[] = "[Service]\nExecStart=";
	struct import_program	 program;
	struct unit_command	 c;
	struct unit_file	 own = { 0 };
	const char		*words[RUN_WORDS_MAX + 1];
	const char		*guess[] = { "start", "--home", NULL, NULL };
	char			 path[PATH_MAX + NAME_SIZE + 32], why[256];
	struct stat		 st;
	const char		*link = "current";
	char			 text[PATH_MAX + 64];

	memset(&c, 0, sizeof(c));
	snprintf(path, sizeof(path), "%s/current/bin/%s", t->root, t->name);
	if (stat(path, &st) == -1) {
		link = "genesis";
		snprintf(path, sizeof(path), "%s/genesis/bin/%s", t->root,
		    t->name);
	}
	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & 0111) == 0) {
		import_note(p, "%s: %s: it is no program", t->name, path);
		return;
	}
	program.path = path;
	if (unit != NULL) {
		program.words = words;
		if (words_of(p, u, &c, words) == 0)
			import_unit(p, t->name, unit, t->unit, u, &program);
		unit_words_free(&c.words);
	} else {
		/* As such a node is started when nobody says otherwise */
		guess[2] = t->home;
		program.words = guess;
		snprintf(text, sizeof(text), "%s%s\nUser=%s\nRestart=always\n",
		    made, "/cosmovisor", import_own_user());
		if (unit_file_read(&own, text, strlen(text), why,
		    sizeof(why)) == 0)
			import_unit(p, t->name, t->name, t->root, &own,
			    &program);
		unit_file_free(&own);
		import_note(p, "%s: no unit in %s has DAEMON_HOME=%s: its "
		    "arguments (start --home) are a guess", t->name,
		    p->units, t->home);
	}
	if (strcmp(link, "genesis") == 0)
		import_note(p, "%s: there is no link `current': genesis/bin "
		    "is run", t->name);
	tell_upgrades(p, t);
}

int
import_cosmovisor(struct import_plan *p, char *why, size_t size)
{
	struct tree		 t;
	struct unit_file	 u;
	char			*unit;
	int			 result;

	if (!find_tree(p, &t)) {
		snprintf(why, size, "%.3000s: no genesis/bin is in it",
		    p->from);
		return -1;
	}
	unit = find_unit(p, &t, &u);
	result = find_name(p, &t, why, size);
	if (result == 0 && !service_name_valid(t.name)) {
		snprintf(why, size, "\"%.60s\" is no name for a service: "
		    SERVICE_NAME_RULE, t.name);
		result = -1;
	}
	if (result == 0)
		take(p, &t, &u, unit);
	unit_file_free(&u);
	free(unit);
	return result;
}
