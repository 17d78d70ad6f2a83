#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/version.h"
#include "common/words.h"
#include "lavavisorctl/commands.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/options.h"

#define FIRSTS_MAX	128

const struct local_command	 local_commands[] = {
	{ "create-service", "provider|consumer CONFIG.yml --geolocation N "
	    "--from KEY [OPTION ...]",
	    "make a service of a provider's or consumer's config",
	    "create-service provider ./config.yml --geolocation 1 "
	    "--from servicer1 --keyring-backend test", 0,
	    local_create_service },
	{ "import", "[--from DIR] [-n] [--directory DIR] [--units DIR]",
	    "take over what LavaVisor or cosmovisor ran", "import --from "
	    "/home/lava/.lavavisor -n", 0, local_import },
	{ "init", "[--auto-download] [--auto-start] [--chain-id ID] "
	    "[--node URL] [-y]", "make a directory, its configuration and "
	    "the first lavap", "init --auto-download --chain-id "
	    "lava-testnet-2", 0, local_init },
	{ "pod", "--cmd COMMAND [--directory DIR] [OPTION ...]",
	    "run one service in the foreground, as wrap does", "pod --cmd "
	    "'lavap rpcconsumer consumer.yml --from key --geolocation 1' "
	    "--chain-id lava-mainnet-1", 1, local_wrap },
	{ "remove-service", "NAME [--keep-config] [--reload] "
	    "[--directory DIR]", "take a service out of the configuration",
	    "remove-service provider1-ETH1", 0, local_remove_service },
	{ "start", "[--directory DIR]", "run lavavisord here, or let the one "
	    "that runs start all services", "start", 1, local_start },
	{ "top", "[-s SOCKET] [--directory DIR]",
	    "the services, live; keys start, stop and show logs", "top", 0,
	    local_top },
	{ "version", "", "the version of this program", "version",
	    0, local_version },
	{ "wrap", "--cmd COMMAND [--directory DIR] [OPTION ...]",
	    "run one service in the foreground, in a container as pid 1",
	    "wrap --cmd 'lavap rpcprovider provider.yml --from key "
	    "--geolocation 1' --chain-id lava-mainnet-1", 1, local_wrap }
};

const size_t	 local_commands_count = sizeof(local_commands) /
		    sizeof(local_commands[0]);

static const char	*first_word(int, char *const [], int *);

/* Before it only lavavisorctl's own options may stand, two with a value */
static const char *
first_word(int argc, char *const argv[], int *at)
{
	for (*at = 1; *at < argc; ++*at) {
		if (argv[*at][0] != '-')
			return argv[*at];
		if (strcmp(argv[*at], "--") == 0)
			return NULL;
		if (strcmp(argv[*at], "-s") == 0 ||
		    strcmp(argv[*at], "-t") == 0 ||
		    strcmp(argv[*at], "--socket") == 0 ||
		    strcmp(argv[*at], "--timeout") == 0 ||
		    strcmp(argv[*at], "--directory") == 0)
			++*at;
	}
	return NULL;
}

const struct local_command *
local_find(int argc, char *const argv[], int *at)
{
	const char	*names[FIRSTS_MAX], *word;
	size_t		 which[FIRSTS_MAX], i, nlocal, n = 0;
	int		 found;

	if ((word = first_word(argc, argv, at)) == NULL)
		return NULL;
	for (i = 0; i < local_commands_count && n < FIRSTS_MAX; i++) {
		if (local_commands[i].lavavisor_only && !local_is_lavavisor())
			continue;
		which[n] = i;
		names[n++] = local_commands[i].name;
	}
	nlocal = n;
	for (i = 0; i < commands_count && n < FIRSTS_MAX; i++)
		names[n++] = commands[i].first;
	found = word_find(names, n, word);
	if (found < 0 || (size_t)found >= nlocal)
		return NULL;
	return &local_commands[which[found]];
}

const char *
local_gone(int argc, char *const argv[])
{
	const char	*word;
	int		 at;

	if (local_is_lavavisor() ||
	    (word = first_word(argc, argv, &at)) == NULL ||
	    (strcmp(word, "wrap") != 0 && strcmp(word, "pod") != 0))
		return NULL;
	return "wrap and pod are commands of lavavisor, which is this program "
	    "under another name: `lavavisor wrap --cmd ...'";
}

int
local_run(const struct local_command *c, int at, int argc, char *const argv[])
{
	char	**words;
	int	  i, n = 0, code;

	if ((words = calloc((size_t)argc + 1, sizeof(*words))) == NULL)
		fatal("calloc");
	words[n++] = argv[at];
	for (i = 1; i < argc; i++)
		if (i != at)
			words[n++] = argv[i];
	code = c->run(n, words);
	free(words);
	return code;
}

void
local_options(const char *name, const char *typed)
{
	char	*words[2] = { NULL, NULL };
	size_t	 i;

	if ((words[0] = strdup(name)) == NULL)
		fatal("strdup");
	/* Only the command itself knows them, and asks options_parse(). */
	options_only_list(typed);
	for (i = 0; i < local_commands_count; i++)
		if (strcmp(local_commands[i].name, name) == 0 &&
		    local_commands[i].run != local_version)
			local_commands[i].run(1, words);
	free(words[0]);
}

void
local_usage(const struct local_command *c)
{
	printf("usage: %s %s%s%s\n\n%s\n\nexample:\n  %s %s\n",
	    local_program(), c->name, c->arguments[0] == '\0' ? "" : " ",
	    c->arguments, c->what, local_program(), c->example);
}

int
local_help(const char *name)
{
	size_t	 i;

	for (i = 0; i < local_commands_count; i++)
		if (strcmp(local_commands[i].name, name) == 0)
			local_usage(&local_commands[i]);
	return LOCAL_DONE;
}

int
local_version(int argc, char *const argv[])
{
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0))
		return local_help("version");
	if (argc > 1)
		return local_complain(LOCAL_USAGE, "version takes no "
		    "argument");
	printf("%s %s\n", local_program(), LAVAVISORD_VERSION);
	return LOCAL_DONE;
}
