#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lavavisorctl/local/daemon.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/options.h"
#include "lavavisorctl/local/own_config.h"
#include "lavavisorctl/local/own_directory.h"
#include "lavavisorctl/local/place.h"
#include "lavavisorctl/local/placed.h"
#include "lavavisorctl/local/program_link.h"
#include "lavavisorctl/local/programs.h"
#include "lavavisorctl/local/query_flags.h"
#include "lavavisorctl/sockets.h"

#define NO_LINK	"none"

/* One init on its way */
struct init {
	const char		*directory;	/* --directory, or NULL */
	const char		*chain_id;
	const char		*node;
	const char		*link;		/* --link, or NULL */
	int			 download;
	int			 start;
	int			 yes;
	int			 verbose;
	struct query_flags	 unused;
	struct place		 place;
	char			 socket[SOCKET_PATH_SIZE];
	struct own_config	 config;
	enum own_state		 state;
	size_t			 services;
	int			 runs;		/* a daemon does already */
	struct daemon		 daemon;
	int			 chain_known;
	struct placed_range	 range[PLACED_ROLES];
	char			 why[2048];
};

static int	agree(const struct init *);
static int	ask_chain(struct init *);
static int	download(struct init *);
static int	get_lavap(struct init *);
static int	has_current(const struct init *);
static void	make_link(const struct init *);
static int	options(struct init *, int, char *const [], int *);
static void	plan(const struct init *);
static int	put(struct init *, const struct placed_version *);
static int	read_place(struct init *);
static int	run(struct init *);
static void	say_next(const struct init *);
static int	take_placed(struct init *);
static void	tell_none(const struct init *);
static void	usage(void);

static void
usage(void)
{
	size_t	 i;

	for (i = 0; i < local_commands_count; i++)
		if (local_commands[i].run == local_init)
			local_usage(&local_commands[i]);
	printf("\noptions:\n"
	    "  --directory DIR   where it all lies\n"
	    "  --chain-id ID     lava-mainnet-1 and lava-testnet-2 have "
	    "public nodes\n"
	    "  --node URL        a node of the chain, http(s):// or tcp://\n"
	    "  --auto-download   fetch the lavap that the chain wants\n"
	    "  --auto-start      then go on as `start'\n"
	    "  --link DIR|none   where the link lavap goes\n"
	    "  -y, --yes         do not ask\n"
	    "  -v, --verbose     show lavavisord's log\n");
}

/* 0 go on, else *code is what to exit with */
static int
options(struct init *in, int argc, char *const argv[], int *code)
{
	const struct option_taken	 own[] = {
		{ "directory", 0, NULL, &in->directory },
		{ "chain-id", 0, NULL, &in->chain_id },
		{ "node", 0, NULL, &in->node },
		{ "link", 0, NULL, &in->link },
		{ "auto-download", 0, &in->download, NULL },
		{ "auto-start", 0, &in->start, NULL },
		{ "yes", 'y', &in->yes, NULL },
		{ "verbose", 'v', &in->verbose, NULL },
		{ NULL, 0, NULL, NULL }
	};
	struct option_taken		 taken[OPTIONS_WITH_QUERY];
	struct options			 opt;

	query_flags_add(taken, own, &in->unused);
	if (options_parse(&opt, taken, argc, argv, in->why,
	    sizeof(in->why)) == -1) {
		*code = local_complain(LOCAL_USAGE, "init: %s", in->why);
		return -1;
	}
	if (opt.help) {
		usage();
		*code = LOCAL_DONE;
		return -1;
	}
	if (opt.nwords > 0 || opt.nrest > 0) {
		*code = local_complain(LOCAL_USAGE, "init takes no \"%s\"",
		    opt.nwords > 0 ? opt.words[0] : opt.rest[0]);
		return -1;
	}
	if (in->link != NULL && strcmp(in->link, NO_LINK) != 0 &&
	    in->link[0] != '/') {
		*code = local_complain(LOCAL_USAGE, "init: --link takes a "
		    "full path, or none, not \"%s\"", in->link);
		return -1;
	}
	return 0;
}

/* What is there, and whether what was said fits it; nothing is changed. */
static int
read_place(struct init *in)
{
	if (place_find(&in->place, in->directory, in->why,
	    sizeof(in->why)) == -1 || place_socket(&in->place, in->socket,
	    sizeof(in->socket), in->why, sizeof(in->why)) == -1 ||
	    own_config_make(&in->config, in->chain_id, in->node, in->why,
	    sizeof(in->why)) == -1 || own_directory_check(&in->place,
	    in->why, sizeof(in->why)) == -1)
		return -1;
	in->state = own_config_look(&in->place, in->chain_id, in->node,
	    &in->services, in->why, sizeof(in->why));
	if (in->state == OWN_WRONG)
		return -1;
	in->runs = place_has_daemon(&in->place);
	return 0;
}

static void
plan(const struct init *in)
{
	size_t	 i;

	printf("directory: %s\n", in->place.directory);
	if (in->state == OWN_THERE)
		printf("configuration: %s is there and is kept\n",
		    in->place.config);
	else {
		printf("configuration: %s, chain %s, nodes:\n",
		    in->place.config, in->config.chain_id != NULL ?
		    in->config.chain_id : "as the node says");
		for (i = 0; i < in->config.nodes; i++)
			printf("  %s%s\n", in->config.node[i],
			    in->config.is_public ? " (public, of Lava)" :
			    in->config.is_default ? " (no --node was given)" :
			    "");
	}
	if (in->download)
		printf("lavap: what the chain wants is fetched, verified and "
		    "installed\n");
	else
		printf("lavap: what lies in upgrades/ is looked at\n");
	if (in->runs)
		printf("the lavavisord that runs there is asked\n");
	fflush(stdout);
}

/* On a terminal a person is asked, once. */
static int
agree(const struct init *in)
{
	char	 answer[16];

	if (in->yes || !isatty(STDIN_FILENO))
		return 1;
	printf("go on? [y/N] ");
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	    (answer[0] == 'y' || answer[0] == 'Y');
}

/* What the chain wants, into in->range.  0, or -1 with why. */
static int
ask_chain(struct init *in)
{
	static const char *const	 words[] = {
		"-j", "upgrade", "prepare", "-n", NULL
	};
	char				 out[8192], *line, *text;
	int				 code;

	code = program_ask(in->socket, words, out, sizeof(out));
	if ((code == LOCAL_DONE || code == LOCAL_NOTHING) &&
	    placed_ranges(out, in->range) == 0) {
		in->chain_known = 1;
		return 0;
	}
	/* {"code": 1, "text": "..."} */
	line = out;
	if ((text = strstr(out, "\"text\": \"")) != NULL) {
		line = text + strlen("\"text\": \"");
		line[strcspn(line, "\"")] = '\0';
	}
	line[strcspn(line, "\n")] = '\0';
	strlcpy(in->why, line, sizeof(in->why));
	return -1;
}

static int
has_current(const struct init *in)
{
	char	 path[PLACE_PATH_SIZE + 32];

	snprintf(path, sizeof(path), "%s/upgrades/current/lavap",
	    in->place.directory);
	return access(path, X_OK) == 0;
}

/* Makes one that lies there an installed one, and the current if none is. */
static int
put(struct init *in, const struct placed_version *v)
{
	char		 path[PLACE_PATH_SIZE + 64], text[SEMVER_SIZE];
	const char	*install[] = { "install", "--imported", "--version",
			    text, path, NULL };
	const char	*prepare[] = { "upgrade", "prepare", text, NULL };
	int		 code;

	semver_text(&v->version, text, sizeof(text));
	snprintf(path, sizeof(path), "%s/upgrades/v%s/lavap",
	    in->place.directory, text);
	if (!v->installed) {
		code = program_pass(in->socket, install);
		if (code != LOCAL_DONE && code != LOCAL_NOTHING)
			return -1;
	}
	code = program_pass(in->socket, prepare);
	return code == LOCAL_DONE || code == LOCAL_NOTHING ? 0 : -1;
}

static void
tell_none(const struct init *in)
{
	char	 text[SEMVER_SIZE] = "X.Y.Z";

	if (in->chain_known)
		semver_text(&in->range[0].target, text, sizeof(text));
	printf("no lavap for this chain is in %s/upgrades: `%s start' "
	    "fetches what its services need, `%s init --auto-download' "
	    "fetches it now, and one that you have is taken from "
	    "%s/upgrades/v%s/lavap by another `%s init'\n",
	    in->place.directory, local_program(), local_program(),
	    in->place.directory, text, local_program());
}

/* 0 if something is there that may run, 1 if nothing is, -1 it was refused */
static int
take_placed(struct init *in)
{
	const struct placed_version	*v, *last = NULL;
	struct placed			 placed;
	char				 text[SEMVER_SIZE];
	int				 i, found = 0;

	placed_read(&placed, &in->place);
	if (!in->chain_known) {
		if ((v = placed_newest(&placed, NULL)) == NULL)
			return 1;
		printf("%s; so the newest that is there is taken: v%s\n",
		    in->why, semver_text(&v->version, text, sizeof(text)));
		return put(in, v);
	}
	for (i = 0; i < PLACED_ROLES; i++) {
		if ((v = placed_newest(&placed, &in->range[i])) == NULL ||
		    v == last)
			continue;
		if (put(in, v) == -1)
			return -1;
		last = v;
		found = 1;
	}
	return found ? 0 : 1;
}

/* 0, or -1; what went wrong was said by lavavisorctl */
static int
download(struct init *in)
{
	static const char *const	 words[] = {
		"upgrade", "prepare", NULL
	};
	int				 code;

	code = program_pass(in->socket, words);
	return code == LOCAL_DONE || code == LOCAL_NOTHING ? 0 : -1;
}

static int
get_lavap(struct init *in)
{
	int	 found;

	if (in->download && download(in) == 0)
		return LOCAL_DONE;
	ask_chain(in);
	if ((found = take_placed(in)) == -1)
		return LOCAL_FAILED;
	/* Offline is no failure where something can run. */
	if (in->download && found == 0 && !in->chain_known)
		return LOCAL_DONE;
	if (in->download)
		return local_complain(LOCAL_FAILED, "init: nothing was "
		    "fetched, for the reason above: the same line again goes "
		    "on from here, and a lavap that you have may be put at "
		    "%s/upgrades/vX.Y.Z/lavap before", in->place.directory);
	if (found == 1) {
		if (!in->chain_known)
			local_complain(LOCAL_DONE, "%s", in->why);
		tell_none(in);
	}
	return LOCAL_DONE;
}

static void
make_link(const struct init *in)
{
	char	 path[PLACE_PATH_SIZE], text[2 * PLACE_PATH_SIZE + 100];
	const char *dir = in->link;

	if (!has_current(in) || (dir != NULL && strcmp(dir, NO_LINK) == 0))
		return;
	switch (program_link(&in->place, dir, path, text, sizeof(text))) {
	case LINK_MADE:
		printf("link: %s leads to the current lavap\n", path);
		break;
	case LINK_CHANGED:
		printf("link: %s leads to the current lavap now, %s\n", path,
		    text);
		break;
	case LINK_THERE:
		printf("link: %s leads to the current lavap already\n", path);
		break;
	case LINK_FOREIGN:
		printf("link: %s: it is left alone; the current lavap is "
		    "%s/upgrades/current/lavap\n", text, in->place.directory);
		return;
	case LINK_FAILED:
		printf("link: none is made: %s; the current lavap is "
		    "%s/upgrades/current/lavap\n", text, in->place.directory);
		return;
	}
	if (!program_link_found(path))
		printf("note: PATH does not name the directory of %s\n",
		    path);
}

static void
say_next(const struct init *in)
{
	const char	*flag = in->directory != NULL ? " --directory " : "";
	const char	*dir = in->directory != NULL ? in->directory : "";
	char		 start[PLACE_PATH_SIZE + 64];

	if (in->start)
		return;
	if (in->runs)
		snprintf(start, sizeof(start), "lavavisorctl reload");
	else if (in->place.is_system)
		snprintf(start, sizeof(start), "start lavavisord");
	else
		snprintf(start, sizeof(start), "lavavisor start%s%s", flag,
		    dir);
	if (in->services == 0)
		printf("next: %s create-service provider|consumer CONFIG.yml "
		    "--geolocation N --from KEY%s%s, once for each service, "
		    "then: %s\n", local_program(), flag, dir, start);
	else if (!in->runs)
		printf("next: %s\n", start);
}

static int
run(struct init *in)
{
	int	 code;

	query_flags_tell(&in->unused);
	if (read_place(in) == -1)
		return local_complain(LOCAL_FAILED, "init: %s", in->why);
	plan(in);
	if (!agree(in))
		return local_complain(LOCAL_NOTHING, "init: nothing is "
		    "changed");
	if (own_directory_make(&in->place, in->why, sizeof(in->why)) == -1 ||
	    (in->state == OWN_NONE && own_config_write(&in->place,
	    &in->config, 0, in->why, sizeof(in->why)) == -1))
		return local_complain(LOCAL_FAILED, "init: %s", in->why);
	if (!in->runs && daemon_begin(&in->daemon, &in->place, in->verbose,
	    in->why, sizeof(in->why)) == -1)
		return local_complain(LOCAL_FAILED, "init: %s", in->why);
	code = get_lavap(in);
	if (!in->runs)
		daemon_end(&in->daemon, code == LOCAL_FAILED);
	make_link(in);
	if (code != LOCAL_DONE)
		return code;
	say_next(in);
	return in->start ? start_here(&in->place) : code;
}

int
local_init(int argc, char *const argv[])
{
	struct init	*in;
	int		 code;

	if ((in = calloc(1, sizeof(*in))) == NULL)
		return local_complain(LOCAL_FAILED, "out of memory");
	if (options(in, argc, argv, &code) == 0)
		code = run(in);
	free(in);
	return code;
}
