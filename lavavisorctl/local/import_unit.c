#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/protocol_config.h"
#include "common/semver.h"
#include "common/service_name.h"
#include "lavavisorctl/local/import_plan.h"
#include "lavavisorctl/local/service_file.h"
#include "lavavisorctl/local/unit_file.h"
#include "lavavisorctl/local/yaml_quote.h"

#define GRACE_MAX	3600

/* One unit on its way to a service */
struct taking {
	struct import_plan	*plan;
	const char		*name;
	const char		*file;
	const struct unit_file	*unit;
	struct unit_words	*words;
	struct import_service	 made;
	char			 directory[PATH_MAX];	/* "" none */
	int			 is_lavap;
	FILE			*f;
};

/* The options of lavap that are keys of ours */
struct lavap_options {
	const char	*from, *geolocation, *chain_id, *backend, *node;
	const char	*rest[UNIT_WORDS_MAX];
	size_t		 nrest;
};

static int	check_kind(struct taking *);
static int	find_config(struct taking *, enum protocol_role,
		    const char *);
static int	is_geolocation(const char *);
static void	lavap_command(struct taking *, const char *);
static int	lavap_pieces(struct taking *, const char *,
		    const struct lavap_options *);
static void	left(struct taking *, const char *, const char *);
static const char	*option_of(const char *, const char *);
static void	put_directory(struct taking *);
static void	put_environment(struct taking *);
static void	put_key(struct taking *, const char *, const char *);
static void	put_list(struct taking *, const char *,
		    const char *const *, size_t);
static void	put_restart(struct taking *);
static void	put_rest(struct taking *);
static void	put_stop(struct taking *);
static int	put_user(struct taking *);
static void	running_version(struct taking *);
static const struct unit_line	*service(const struct taking *,
		    const char *);
static void	sort_options(struct taking *, struct lavap_options *);
static int	take_lavap(struct taking *);
static int	take_other(struct taking *, const struct import_program *);
static void	tell_rest(struct taking *);
static int	try_config(struct taking *, enum protocol_role,
		    const char *, char *, size_t);

static const struct unit_line *
service(const struct taking *t, const char *key)
{
	return unit_file_find(t->unit, "Service", key);
}

/* One key that stays behind */
static void
left(struct taking *t, const char *key, const char *why)
{
	const struct unit_line	*l = service(t, key);

	if (l != NULL)
		import_note(t->plan, "%s: %s=%s: %s", t->name, key, l->value,
		    why);
}

static void
put_key(struct taking *t, const char *key, const char *value)
{
	if (value == NULL)
		return;
	fprintf(t->f, "%s: ", key);
	yaml_put(t->f, value);
	fputc('\n', t->f);
}

static void
put_list(struct taking *t, const char *key, const char *const *words,
    size_t n)
{
	size_t	 i;

	fprintf(t->f, "%s: [", key);
	for (i = 0; i < n; i++) {
		if (i > 0)
			fputs(", ", t->f);
		yaml_put(t->f, words[i]);
	}
	fputs("]\n", t->f);
}

/* -1: it is none that can be taken, and why is noted. */
static int
check_kind(struct taking *t)
{
	static const char *const	 others[] = { "forking", "oneshot",
	    "dbus" };
	const struct unit_line		*l;
	size_t				 i, commands = 0;

	for (i = 0; i < t->unit->count; i++) {
		l = &t->unit->lines[i];
		if (strcmp(l->section, "Service") == 0 &&
		    strcmp(l->key, "ExecStart") == 0)
			commands = l->value[0] == '\0' ? 0 : commands + 1;
	}
	if (commands != 1) {
		import_note(t->plan, "%s: %s has %zu ExecStart=, a service "
		    "has one command", t->name, t->file, commands);
		return -1;
	}
	l = service(t, "Type");
	for (i = 0; l != NULL && i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(l->value, others[i]) == 0) {
			import_note(t->plan, "%s: Type=%s: a service of "
			    "lavavisord stays in the foreground", t->name,
			    l->value);
			return -1;
		}
	return 0;
}

/* "--NAME=VALUE": the value, or NULL */
static const char *
option_of(const char *word, const char *name)
{
	size_t	 n = strlen(name);

	if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, n) != 0)
		return NULL;
	if (word[2 + n] == '\0')
		return "";
	return word[2 + n] == '=' ? word + 3 + n : NULL;
}

/* From the fourth word on; the last one of several counts, as for lavap. */
static void
sort_options(struct taking *t, struct lavap_options *o)
{
	const struct {
		const char	*name;
		const char	**value;
	} keys[] = {
		{ "from", &o->from }, { "geolocation", &o->geolocation },
		{ "chain-id", &o->chain_id }, { "node", &o->node },
		{ "keyring-backend", &o->backend }
	};
	const char	*word, *value = NULL;
	size_t		 i, k;

	for (i = 3; i < t->words->count; i++) {
		word = t->words->word[i];
		for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			if ((value = option_of(word, keys[k].name)) != NULL)
				break;
		if (value == NULL)
			o->rest[o->nrest++] = word;
		else if (*value != '\0')
			*keys[k].value = value;
		else if (word[strlen(word) - 1] != '=' &&
		    i + 1 < t->words->count)
			*keys[k].value = t->words->word[++i];
	}
}

static int
is_geolocation(const char *text)
{
	const char	*error;

	return text != NULL && isdigit((unsigned char)*text) &&
	    strtonum(text, 1, 65535, &error) > 0 && error == NULL;
}

/* 1 taken, 0 not there, -1 unfit with why */
static int
try_config(struct taking *t, enum protocol_role role, const char *path,
    char *why, size_t size)
{
	struct protocol_config	 c;
	char			*text;
	size_t			 len;
	int			 good;

	if (import_read(path, PROTOCOL_CONFIG_MAX, &text, &len) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		snprintf(why, size, "%.4000s: %s", path, strerror(errno));
		return -1;
	}
	good = protocol_config_read(&c, path, text, len, why, size);
	if (good == 0) {
		good = protocol_config_check(&c, role, why, size);
		protocol_config_free(&c);
	}
	if (good == -1) {
		free(text);
		return -1;
	}
	t->made.config = text;
	t->made.config_len = len;
	if ((t->made.config_path = strdup(path)) == NULL)
		fatal(NULL);
	return 1;
}

/*
 * LavaVisor wrote a path from its working directory, whether or not the file
 * lay there; its copy is in its own directory.  0, or -1 and noted.
 */
static int
find_config(struct taking *t, enum protocol_role role, const char *word)
{
	const char	*base = strrchr(word, '/') != NULL ?
			    strrchr(word, '/') + 1 : word;
	const struct {
		const char	*dir;
		const char	*below;
		const char	*name;
	} places[] = {
		{ word[0] == '/' ? "" : t->directory, "",
		    word[0] == '/' ? word + 1 : word },
		{ t->plan->from, "/services/protocol_yml_configs", base },
		{ t->plan->from, "/services/service_configs", base },
		{ t->plan->from, "/..", word }
	};
	char		 path[PATH_MAX], why[PATH_MAX + 256];
	size_t		 i;
	int		 found = 0;

	for (i = 0; i < 4 && found == 0; i++)
		if ((size_t)snprintf(path, sizeof(path), "%s%s/%s",
		    places[i].dir, places[i].below, places[i].name) <
		    sizeof(path))
			found = try_config(t, role, path, why, sizeof(why));
	if (found == 1)
		return 0;
	if (found == 0)
		snprintf(why, sizeof(why), "its config %s is not there",
		    word);
	import_note(t->plan, "%s: %s", t->name, why);
	return -1;
}

static int
lavap_pieces(struct taking *t, const char *role,
    const struct lavap_options *o)
{
	char	 config[NAME_SIZE + 8];

	snprintf(config, sizeof(config), "%s.yml", t->name);
	put_key(t, "role", role);
	put_key(t, "config", config);
	put_key(t, "from", o->from);
	fprintf(t->f, "geolocation: %s\n", o->geolocation);
	put_key(t, "chain-id", o->chain_id);
	put_key(t, "keyring-backend", o->backend);
	put_key(t, "node", o->node);
	if (o->nrest > 0)
		put_list(t, "arguments", o->rest, o->nrest);
	if (t->plan->chain_id == NULL && o->chain_id != NULL &&
	    (t->plan->chain_id = strdup(o->chain_id)) == NULL)
		fatal(NULL);
	if (t->plan->node == NULL && o->node != NULL &&
	    (t->plan->node = strdup(o->node)) == NULL)
		fatal(NULL);
	return 0;
}

/* Endpoints in the arguments, and the like: word by word */
static void
lavap_command(struct taking *t, const char *role)
{
	const char	*words[UNIT_WORDS_MAX];
	size_t		 i;

	put_key(t, "role", role);
	words[0] = "lavap";
	for (i = 1; i < t->words->count; i++)
		words[i] = t->words->word[i];
	put_list(t, "command", words, t->words->count);
}

/* What its link to lavap points to is what runs. */
static void
running_version(struct taking *t)
{
	struct semver	 v;
	char		 real[PATH_MAX];
	const char	*p;
	size_t		 n = strlen(t->plan->from), len;

	if (t->plan->running[0] != '\0' ||
	    realpath(t->words->word[0], real) == NULL ||
	    strncmp(real, t->plan->from, n) != 0 ||
	    strncmp(real + n, "/upgrades/v", 11) != 0)
		return;
	p = real + n + 11;
	len = strcspn(p, "/");
	if (strcmp(p + len, "/lavap") != 0 || len >= VERSION_SIZE)
		return;
	memcpy(t->plan->running, p, len);
	t->plan->running[len] = '\0';
	if (semver_parse(t->plan->running, &v) == -1)
		t->plan->running[0] = '\0';
}

static int
take_lavap(struct taking *t)
{
	struct lavap_options	 o;
	const char		*word, *end, *role;
	enum protocol_role	 kind = PROTOCOL_PROVIDER;

	memset(&o, 0, sizeof(o));
	word = t->words->count > 1 ? t->words->word[1] : "";
	role = "provider";
	running_version(t);
	if (strcmp(word, "rpcconsumer") == 0) {
		role = "consumer";
		kind = PROTOCOL_CONSUMER;
	} else if (strcmp(word, "rpcprovider") != 0) {
		import_note(t->plan, "%s: lavap %s is neither rpcprovider nor "
		    "rpcconsumer: write its services/%s.yml, with the role "
		    "whose version it follows", t->name, word, t->name);
		return -1;
	}
	word = t->words->count > 2 ? t->words->word[2] : "";
	end = strrchr(word, '.');
	sort_options(t, &o);
	if (word[0] != '-' && end != NULL && (strcmp(end, ".yml") == 0 ||
	    strcmp(end, ".yaml") == 0) && o.from != NULL &&
	    is_geolocation(o.geolocation)) {
		if (find_config(t, kind, word) == -1)
			return -1;
		return lavap_pieces(t, role, &o);
	}
	lavap_command(t, role);
	return 0;
}

static int
take_other(struct taking *t, const struct import_program *program)
{
	const char	*words[UNIT_WORDS_MAX + 2];
	size_t		 i, n = 0;

	words[n++] = program != NULL ? program->path : t->words->word[0];
	if (program != NULL)
		for (i = 0; program->words[i] != NULL && n < UNIT_WORDS_MAX;
		    i++)
			words[n++] = program->words[i];
	else
		for (i = 1; i < t->words->count; i++)
			words[n++] = t->words->word[i];
	if (words[0][0] != '/') {
		import_note(t->plan, "%s: %s is no absolute path", t->name,
		    words[0]);
		return -1;
	}
	put_key(t, "role", "other");
	put_list(t, "command", words, n);
	return 0;
}

/* Without User= a unit's service is root's. */
static int
put_user(struct taking *t)
{
	const struct unit_line	*user = service(t, "User");
	const struct unit_line	*group = service(t, "Group");
	const char		*name = user != NULL ? user->value : "root";
	const char		*error;
	struct passwd		*pw;
	struct stat		 st;
	uid_t			 uid;

	uid = (uid_t)strtonum(name, 0, UINT_MAX - 1, &error);
	pw = error == NULL ? getpwuid(uid) : getpwnam(name);
	if (!t->plan->privileged) {
		if (pw == NULL || pw->pw_uid != geteuid())
			import_note(t->plan, "%s: User=%s: without root it "
			    "runs as %s", t->name, name, import_own_user());
		return 0;
	}
	if (pw == NULL) {
		import_note(t->plan, "%s: User=%s: there is no such account",
		    t->name, name);
		return -1;
	}
	if (pw->pw_uid == 0 && (stat(t->file, &st) == -1 || st.st_uid != 0 ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)) {
		import_note(t->plan, "%s: it would run as root, and %s is "
		    "another's to write: say User= in it, or own it", t->name,
		    t->file);
		return -1;
	}
	put_key(t, "user", pw->pw_name);
	if (pw->pw_uid == 0) {
		fputs("allow-root: true\n", t->f);
		import_note(t->plan, "%s: it runs as root, as before: give it "
		    "an account of its own", t->name);
	}
	if (group != NULL && isalpha((unsigned char)group->value[0]))
		put_key(t, "group", group->value);
	else
		left(t, "Group", "only a name is taken");
	if ((t->made.user = strdup(pw->pw_name)) == NULL)
		fatal(NULL);
	return 0;
}

/* As lavap's data lies in it; t->directory has been found before. */
static void
put_directory(struct taking *t)
{
	struct stat	 st;
	char		 path[PATH_MAX];

	if (t->directory[0] == '\0')
		return;
	if (stat(t->directory, &st) == -1 || !S_ISDIR(st.st_mode)) {
		left(t, "WorkingDirectory", "it is not there; the service "
		    "gets a directory of its own");
		return;
	}
	if (t->made.config != NULL && (size_t)snprintf(path, sizeof(path),
	    "%s/config", t->directory) < sizeof(path) &&
	    lstat(path, &st) == 0 && !S_ISLNK(st.st_mode)) {
		left(t, "WorkingDirectory", "lavap would read the `config' "
		    "in it; the service gets a directory of its own: move "
		    "what it keeps there, .storage above all");
		return;
	}
	put_key(t, "directory", t->directory);
}

static void
put_environment(struct taking *t)
{
	const struct unit_line	*l;
	struct unit_words	 w;
	char			 why[256], *value;
	size_t			 i, k, n = 0, first = 0;

	for (i = 0; i < t->unit->count; i++) {
		l = &t->unit->lines[i];
		if (strcmp(l->section, "Service") == 0 &&
		    strcmp(l->key, "Environment") == 0 && l->value[0] == '\0')
			first = i + 1;
	}
	for (i = first; i < t->unit->count; i++) {
		l = &t->unit->lines[i];
		if (strcmp(l->section, "Service") != 0 ||
		    strcmp(l->key, "Environment") != 0)
			continue;
		if (unit_words_split(&w, l->value, why, sizeof(why)) == -1) {
			import_note(t->plan, "%s: %s:%u: Environment=: %s",
			    t->name, t->file, l->line, why);
			continue;
		}
		for (k = 0; k < w.count; k++) {
			if ((value = strchr(w.word[k], '=')) == NULL)
				continue;
			*value++ = '\0';
			/* Of a supervisor that is no more in between */
			if (strncmp(w.word[k], "DAEMON_", 7) == 0 ||
			    strncmp(w.word[k], "COSMOVISOR_", 11) == 0)
				continue;
			if (n++ == 0)
				fputs("env:\n", t->f);
			fputs("  ", t->f);
			put_key(t, w.word[k], value);
		}
		unit_words_free(&w);
	}
}

/* systemd's own is no restart at all. */
static void
put_restart(struct taking *t)
{
	static const struct {
		const char	*theirs;
		const char	*ours;
	} policies[] = {
		{ "always", "always" }, { "no", "never" },
		{ "on-failure", "on-failure" }, { "on-abnormal", "on-failure" },
		{ "on-abort", "on-failure" }, { "on-watchdog", "on-failure" }
	};
	const struct unit_line	*l = service(t, "Restart");
	const char		*value = l != NULL ? l->value : "no";
	size_t			 i;

	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (strcmp(policies[i].theirs, value) == 0) {
			put_key(t, "restart", policies[i].ours);
			break;
		}
	if (i == sizeof(policies) / sizeof(policies[0]))
		left(t, "Restart", "it is restarted always");
	left(t, "RestartSec", "restarts come at once, then after 1 s, "
	    "doubling to 60 s (backoff, backoff-max)");
}

static void
put_stop(struct taking *t)
{
	const struct unit_line	*l;
	const char		*name;
	unsigned int		 seconds;

	if ((l = service(t, "KillSignal")) != NULL) {
		name = strncmp(l->value, "SIG", 3) == 0 ? l->value + 3 :
		    l->value;
		put_key(t, "stop-signal", name);
	} else if (!t->is_lavap)
		put_key(t, "stop-signal", "TERM");
	if ((l = service(t, "TimeoutStopSec")) == NULL)
		l = service(t, "TimeoutSec");
	if (l == NULL)
		return;
	if (unit_seconds(l->value, &seconds) == -1)
		import_note(t->plan, "%s: %s=%s: it is no time", t->name,
		    l->key, l->value);
	else
		fprintf(t->f, "stop-grace: %us\n", seconds < GRACE_MAX ?
		    seconds : GRACE_MAX);
}

static void
put_rest(struct taking *t)
{
	const struct unit_line	*l;

	if ((l = service(t, "UMask")) != NULL)
		put_key(t, "umask", l->value);
	if ((l = service(t, "Nice")) != NULL)
		fprintf(t->f, "nice: %s\n", l->value);
	if ((l = service(t, "NoNewPrivileges")) != NULL &&
	    strchr("0fFnN", l->value[0]) != NULL)
		fputs("no-new-privs: false\n", t->f);
	if ((l = service(t, "Type")) != NULL &&
	    strncmp(l->value, "notify", 6) == 0)
		put_key(t, "ready", "notify");
}

/* What a service does not have, each key once */
static void
tell_rest(struct taking *t)
{
	static const char *const	 known[] = { "ExecStart", "Type",
	    "User", "Group", "WorkingDirectory", "Environment", "Restart",
	    "RestartSec", "KillSignal", "TimeoutStopSec", "TimeoutSec",
	    "UMask", "Nice", "NoNewPrivileges", "LimitNOFILE", "LimitNPROC",
	    "LimitCORE", "LimitFSIZE", "LimitDATA", "LimitSTACK",
	    "LimitMEMLOCK", "LimitAS", "StandardOutput", "StandardError",
	    "SyslogIdentifier" };
	const struct unit_line		*l;
	const char			*why;
	size_t				 i, k;

	for (i = 0; i < t->unit->count; i++) {
		l = &t->unit->lines[i];
		if (strcmp(l->section, "Service") != 0 ||
		    l != unit_file_find(t->unit, "Service", l->key))
			continue;
		for (k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (strcmp(known[k], l->key) == 0)
				break;
		if (k < sizeof(known) / sizeof(known[0]))
			continue;
		why = "a service of lavavisord has no such key";
		if (strcmp(l->key, "EnvironmentFile") == 0)
			why = "put what it sets under env:";
		else if (strncmp(l->key, "Exec", 4) == 0)
			why = "a service has one command";
		left(t, l->key, why);
	}
}

void
import_unit(struct import_plan *plan, const char *name, const char *unit,
    const char *file, const struct unit_file *u,
    const struct import_program *program)
{
	struct taking		 t;
	struct unit_command	 c;
	struct import_service	*made;
	const struct unit_line	*l;
	const char		*base, *dir;
	struct passwd		*pw;
	char			 why[256];
	size_t			 n;
	int			 taken = -1;

	memset(&t, 0, sizeof(t));
	t.plan = plan;
	t.name = name;
	t.file = file;
	t.unit = u;
	t.words = &c.words;
	if (!service_name_valid(name)) {
		import_note(plan, "%s: no name for a service: "
		    SERVICE_NAME_RULE, name);
		return;
	}
	if (check_kind(&t) == -1)
		return;
	l = service(&t, "ExecStart");
	if (unit_command_split(&c, l->value, why, sizeof(why)) == -1) {
		import_note(plan, "%s: %s:%u: ExecStart=: %s", name, file,
		    l->line, why);
		return;
	}
	if (c.as_root)
		import_note(plan, "%s: %s:%u: ExecStart= with + or !: it runs "
		    "as its user", name, file, l->line);
	if ((l = service(&t, "WorkingDirectory")) != NULL) {
		dir = l->value[0] == '-' ? l->value + 1 : l->value;
		if (strcmp(dir, "~") == 0 && (l = service(&t, "User")) !=
		    NULL && (pw = getpwnam(l->value)) != NULL)
			dir = pw->pw_dir;
		if (dir[0] == '/' && strchr(dir, '%') == NULL)
			strlcpy(t.directory, dir, sizeof(t.directory));
		else
			left(&t, "WorkingDirectory", "only an absolute path "
			    "is taken");
		for (n = strlen(t.directory); n > 1 &&
		    t.directory[n - 1] == '/'; n--)
			t.directory[n - 1] = '\0';
	}
	if ((t.f = open_memstream(&t.made.text, &t.made.len)) == NULL)
		fatal("open_memstream");
	fprintf(t.f, "# Taken over from %s\n# by `lavavisorctl import'; every "
	    "key is in lavavisord.yml(5).\n", file);
	base = strrchr(c.words.word[0], '/');
	base = base != NULL ? base + 1 : c.words.word[0];
	t.is_lavap = program == NULL && strcmp(base, "lavap") == 0;
	if (t.is_lavap)
		taken = take_lavap(&t);
	else if (program == NULL && (strcmp(base, "lavavisor") == 0 ||
	    strcmp(base, "cosmovisor") == 0))
		import_note(plan, "%s: it is %s itself, not a service: "
		    "disable the unit", name, base);
	else
		taken = take_other(&t, program);
	if (taken == 0 && (taken = put_user(&t)) == 0) {
		put_directory(&t);
		put_environment(&t);
		put_rest(&t);
		import_limits(plan, name, u, t.f);
		put_restart(&t);
		put_stop(&t);
	}
	if (fclose(t.f) == EOF)
		fatal("fclose");
	unit_words_free(&c.words);
	if (taken == 0 && (made = import_add_service(plan)) != NULL) {
		*made = t.made;
		strlcpy(made->name, name, sizeof(made->name));
		strlcpy(made->unit, unit, sizeof(made->unit));
		if ((made->file = strdup(file)) == NULL)
			fatal(NULL);
		tell_rest(&t);
		return;
	}
	free(t.made.text);
	free(t.made.config);
	free(t.made.config_path);
	free(t.made.user);
}
