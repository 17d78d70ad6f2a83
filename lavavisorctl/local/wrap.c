#include <sys/types.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/service_name.h"
#include "lavavisorctl/local/command_split.h"
#include "lavavisorctl/local/create_order.h"
#include "lavavisorctl/local/daemon.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/options.h"
#include "lavavisorctl/local/own_config.h"
#include "lavavisorctl/local/own_directory.h"
#include "lavavisorctl/local/place.h"
#include "lavavisorctl/local/query_flags.h"
#include "lavavisorctl/local/wrap_files.h"
#include "lavavisorctl/local/wrap_owner.h"
#include "lavavisorctl/passphrase.h"

/* One wrap, or pod, on its way */
struct wrap {
	const char		*word;		/* which of them it is */
	const char		*cmd;
	const char		*directory;
	const char		*conf;		/* instead of directory's */
	const char		*chain_id;
	const char		*node;
	const char		*name;
	const char		*user;
	const char		*file;		/* --passphrase-file */
	int			 asks;		/* --enter-keyring-password */
	char			 passphrase[PATH_MAX + 16];
	int			 verbose;
	struct query_flags	 unused;
	struct wrap_service	 service;
	struct place		 shared;	/* has upgrades/ */
	struct place		 own;
	struct own_config	 config;
	char			 why[2048];
};

static int	ask(struct wrap *, int *);
static const char *backend(const struct command_words *);
static int	begin(struct wrap *, int *);
static int	check_passphrase(struct wrap *);
static int	options(struct wrap *, int, char *const [], int *);
static int	plan(struct wrap *);
static int	run(struct wrap *, int, char *const []);
static void	usage(const struct wrap *);

static void
usage(const struct wrap *w)
{
	local_help(w->word);
	printf("\noptions:\n"
	    "  --cmd TEXT           what is to run, split as sh would: lavap "
	    "...\n"
	    "  --directory DIR      where versions and state lie\n"
	    "  --config FILE        read this config.yml instead of DIR's\n"
	    "  --chain-id ID        lava-mainnet-1 and lava-testnet-2 have "
	    "public nodes\n"
	    "  --node URL           a node of the chain, http(s):// or "
	    "tcp://\n"
	    "  --name NAME          of the service; else by its config\n"
	    "  --ready WHEN         none, tcp ADDR:PORT or http URL\n"
	    "  --restart WHEN       always, on-failure or never\n"
	    "  --limit COUNT        failures in a row that end it, 10\n"
	    "  --retry TIME         do not end then, but try again so often\n"
	    "  --user NAME          whom root becomes first\n"
	    "  --stop-grace TIME    from its stop signal to the next, 30s\n"
	    "  --enter-keyring-password\n"
	    "                       ask for the keyring's passphrase now\n"
	    "  --passphrase-file PATH\n"
	    "                       read it from there, at each start\n"
	    "  -v, --verbose        log more\n");
}

/* 0 go on, else *code is what to exit with */
static int
options(struct wrap *w, int argc, char *const argv[], int *code)
{
	int				 download = 0;
	const struct option_taken	 own[] = {
		{ "cmd", 0, NULL, &w->cmd },
		{ "directory", 0, NULL, &w->directory },
		{ "config", 0, NULL, &w->conf },
		{ "chain-id", 0, NULL, &w->chain_id },
		{ "node", 0, NULL, &w->node },
		{ "name", 0, NULL, &w->name },
		{ "ready", 0, NULL, &w->service.ready },
		{ "restart", 0, NULL, &w->service.restart },
		{ "limit", 0, NULL, &w->service.limit },
		{ "retry", 0, NULL, &w->service.retry },
		{ "user", 0, NULL, &w->user },
		{ "stop-grace", 0, NULL, &w->service.stop_grace },
		/* lavavisord always fetches what its configuration lets it */
		{ "auto-download", 0, &download, NULL },
		{ "enter-keyring-password", 0, &w->asks, NULL },
		{ "passphrase-file", 0, NULL, &w->file },
		{ "verbose", 'v', &w->verbose, NULL },
		{ NULL, 0, NULL, NULL }
	};
	struct option_taken		 taken[OPTIONS_WITH_QUERY];
	struct options			 opt;

	*code = LOCAL_USAGE;
	query_flags_add(taken, own, &w->unused);
	if (options_parse(&opt, taken, argc, argv, w->why,
	    sizeof(w->why)) == -1) {
		local_complain(LOCAL_USAGE, "%s: %s", w->word, w->why);
		return -1;
	}
	if (opt.help) {
		usage(w);
		*code = LOCAL_DONE;
		return -1;
	}
	if (opt.nwords > 0 || opt.nrest > 0) {
		local_complain(LOCAL_USAGE, "%s takes no \"%s\": the whole "
		    "command is the one text behind --cmd", w->word,
		    opt.nwords > 0 ? opt.words[0] : opt.rest[0]);
		return -1;
	}
	if (w->cmd == NULL) {
		local_complain(LOCAL_USAGE, "%s: what is to run? --cmd 'lavap "
		    "rpcconsumer CONFIG.yml ...'", w->word);
		return -1;
	}
	if (w->asks && w->file != NULL) {
		local_complain(LOCAL_USAGE, "%s: --enter-keyring-password "
		    "asks for what --passphrase-file has: give one of them",
		    w->word);
		return -1;
	}
	return 0;
}

/* What lavap was told with --keyring-backend, the last word of it, or NULL */
static const char *
backend(const struct command_words *c)
{
	static const char	 option[] = "--keyring-backend";
	const char		*found = NULL;
	size_t			 i, len = sizeof(option) - 1;

	for (i = 1; i < c->count; i++) {
		if (strncmp(c->word[i], option, len) != 0)
			continue;
		if (c->word[i][len] == '=')
			found = c->word[i] + len + 1;
		else if (c->word[i][len] == '\0' && i + 1 < c->count)
			found = c->word[i + 1];
	}
	return found;
}

/* -1 with why */
static int
check_passphrase(struct wrap *w)
{
	const char	*ring = backend(&w->service.command);
	char		 cwd[PATH_MAX];

	if (w->file == NULL) {
		if (!w->asks && ring != NULL && (strcmp(ring, "file") == 0 ||
		    strcmp(ring, "os") == 0))
			local_complain(LOCAL_DONE, "%s: note: with "
			    "--keyring-backend %s lavap will ask for a "
			    "passphrase and get none: "
			    "--enter-keyring-password or --passphrase-file "
			    "gives it one", w->word, ring);
		return 0;
	}
	if (w->file[0] == '\0' || !text_is_plain(w->file)) {
		snprintf(w->why, sizeof(w->why), "--passphrase-file: \"%.60s\" "
		    "is no path", w->file);
		return -1;
	}
	if (w->file[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
		cwd[0] = '\0';
	if ((size_t)snprintf(w->passphrase, sizeof(w->passphrase),
	    "file %s%s%s", cwd, cwd[0] != '\0' ? "/" : "", w->file) >=
	    sizeof(w->passphrase)) {
		snprintf(w->why, sizeof(w->why), "--passphrase-file: the path "
		    "%.60s... is too long", w->file);
		return -1;
	}
	w->service.passphrase = w->passphrase;
	return 0;
}

/* It is typed, and lavavisord inherits the pipe; -1 with why and *code */
static int
ask(struct wrap *w, int *code)
{
	int	 fd;

	if (!w->asks)
		return 0;
	fd = passphrase_ask(w->service.name, w->why, sizeof(w->why));
	if (fd == PASSPHRASE_NO_TERMINAL) {
		snprintf(w->why, sizeof(w->why), "--enter-keyring-password: "
		    "there is no terminal to ask on; --passphrase-file PATH "
		    "reads the passphrase from a file");
		*code = LOCAL_USAGE;
	}
	if (fd < 0)
		return -1;
	if (fcntl(fd, F_SETFD, 0) == -1) {
		snprintf(w->why, sizeof(w->why), "the passphrase cannot be "
		    "handed on");
		return -1;
	}
	snprintf(w->passphrase, sizeof(w->passphrase), "fd %d", fd);
	w->service.passphrase = w->passphrase;
	return 0;
}

/* What is to be done, all from the command line; -1 with why */
static int
plan(struct wrap *w)
{
	char	 why[512];
	size_t	 i;

	if (command_split(&w->service.command, w->cmd, why, sizeof(why)) ==
	    -1 || (w->service.role = wrap_role(&w->service.command, why,
	    sizeof(why))) == NULL) {
		snprintf(w->why, sizeof(w->why), "--cmd: %s", why);
		return -1;
	}
	for (i = 0; i < w->service.command.count; i++)
		if (!text_is_plain(w->service.command.word[i])) {
			snprintf(w->why, sizeof(w->why), "--cmd: word %zu, "
			    "\"%.60s\", has a character in it that is no "
			    "plain text", i + 1, w->service.command.word[i]);
			return -1;
		}
	if (w->name == NULL)
		wrap_name(&w->service.command, w->service.name,
		    sizeof(w->service.name));
	else if (!service_name_valid(w->name)) {
		snprintf(w->why, sizeof(w->why), "--name \"%.80s\" is no name "
		    "for a service: " SERVICE_NAME_RULE, w->name);
		return -1;
	} else
		strlcpy(w->service.name, w->name, sizeof(w->service.name));
	/* Its output is not ours to look into. */
	if (w->service.ready != NULL && strcmp(w->service.ready, "none") !=
	    0 && strncmp(w->service.ready, "tcp ", 4) != 0 &&
	    strncmp(w->service.ready, "http ", 5) != 0) {
		snprintf(w->why, sizeof(w->why), "--ready \"%.80s\": it is "
		    "none, tcp ADDR:PORT or http URL", w->service.ready);
		return -1;
	}
	return place_find(&w->shared, w->directory, w->why,
	    sizeof(w->why)) == -1 || (w->conf != NULL &&
	    place_config(&w->shared, w->conf, w->why, sizeof(w->why)) ==
	    -1) || own_config_make(&w->config,
	    w->chain_id, w->node, w->why, sizeof(w->why)) == -1 ||
	    wrap_place(&w->own, &w->shared, w->service.name, w->why,
	    sizeof(w->why)) == -1 || check_passphrase(w) == -1 ? -1 : 0;
}

/* Returns only when it cannot: -1 with why, and *code where it is another */
static int
begin(struct wrap *w, int *code)
{
	enum own_state	 state;
	size_t		 services;
	int		 taken;

	if (own_directory_check(&w->shared, w->why, sizeof(w->why)) == -1)
		return -1;
	state = own_config_look(&w->shared, w->chain_id, w->node, &services,
	    w->why, sizeof(w->why));
	if (state == OWN_WRONG)
		return -1;
	if (state == OWN_NONE && w->conf != NULL) {
		snprintf(w->why, sizeof(w->why), "--config %s: there is no "
		    "such file, or nothing in it", w->conf);
		return -1;
	}
	/* Nothing of one that runs is touched. */
	if (own_directory_make(&w->shared, w->why, sizeof(w->why)) == -1 ||
	    own_directory_make(&w->own, w->why, sizeof(w->why)) == -1 ||
	    wrap_lock(&w->own, &taken, w->why, sizeof(w->why)) == -1)
		return -1;
	if (taken) {
		snprintf(w->why, sizeof(w->why), "%s runs in %s already: give "
		    "this one another --name", w->service.name,
		    w->shared.directory);
		return -1;
	}
	if (ask(w, code) == -1 ||
	    wrap_write(&w->own, &w->service, state == OWN_NONE ? &w->config :
	    NULL, w->why, sizeof(w->why)) == -1)
		return -1;
	return daemon_exec_wrapped(&w->own, state == OWN_NONE ?
	    w->own.config : w->shared.config, w->service.name,
	    w->shared.directory, w->verbose, w->why, sizeof(w->why));
}

static int
run(struct wrap *w, int argc, char *const argv[])
{
	int	 code;

	if (options(w, argc, argv, &code) == -1)
		return code;
	query_flags_tell(&w->unused);
	if (w->user != NULL && wrap_become(w->user, w->why,
	    sizeof(w->why)) == -1)
		return local_complain(LOCAL_FAILED, "%s: %s", w->word,
		    w->why);
	if (plan(w) == -1)
		return local_complain(LOCAL_USAGE, "%s: %s", w->word, w->why);
	code = LOCAL_FAILED;
	if (begin(w, &code) == -1)
		return local_complain(code, "%s: %s", w->word, w->why);
	return LOCAL_DONE;
}

int
local_wrap(int argc, char *const argv[])
{
	struct wrap	*w;
	int		 code;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return local_complain(LOCAL_FAILED, "out of memory");
	w->word = strncmp("pod", argv[0], strlen(argv[0])) == 0 ? "pod" :
	    "wrap";
	code = run(w, argc, argv);
	command_words_free(&w->service.command);
	free(w);
	return code;
}
