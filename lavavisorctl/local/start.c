#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisorctl/local/daemon.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/options.h"
#include "lavavisorctl/local/own_config.h"
#include "lavavisorctl/local/place.h"
#include "lavavisorctl/local/programs.h"
#include "lavavisorctl/local/query_flags.h"
#include "lavavisorctl/sockets.h"

static int	run(const char *, const char *, const char *);
static void	usage(void);

static void
usage(void)
{
	size_t	 i;

	for (i = 0; i < local_commands_count; i++)
		if (local_commands[i].run == local_start)
			local_usage(&local_commands[i]);
}

int
start_here(const struct place *p)
{
	static const char *const	 words[] = { "start", "all", NULL };
	char				 path[SOCKET_PATH_SIZE], why[2048];

	if (!place_has_daemon(p)) {
		daemon_exec(p, why, sizeof(why));
		return local_complain(LOCAL_FAILED, "start: %s", why);
	}
	if (place_socket(p, path, sizeof(path), why, sizeof(why)) == -1)
		return local_complain(LOCAL_FAILED, "start: %s", why);
	printf("lavavisord runs for %s already: all services are started\n",
	    p->directory);
	return program_pass(path, words);
}

static int
run(const char *directory, const char *chain_id, const char *node)
{
	struct place		 place;
	struct own_config	 said;
	char			 why[2048];
	size_t			 services;

	if (place_find(&place, directory, why, sizeof(why)) == -1 ||
	    own_config_make(&said, chain_id, node, why, sizeof(why)) == -1)
		return local_complain(LOCAL_USAGE, "start: %s", why);
	switch (own_config_look(&place, chain_id, node, &services, why,
	    sizeof(why))) {
	case OWN_NONE:
		return local_complain(LOCAL_FAILED, "start: there is no %s: "
		    "`lavavisor init%s%s' makes it", place.config,
		    directory != NULL ? " --directory " : "",
		    directory != NULL ? directory : "");
	case OWN_WRONG:
		return local_complain(LOCAL_FAILED, "start: %s", why);
	case OWN_THERE:
		break;
	}
	if (services == 0)
		printf("note: %s lists no services yet: `lavavisor "
		    "create-service' makes them\n", place.config);
	return start_here(&place);
}

int
local_start(int argc, char *const argv[])
{
	const char			*directory = NULL, *chain_id = NULL;
	const char			*node = NULL;
	struct query_flags		 unused;
	int				 download = 0;
	const struct option_taken	 own[] = {
		{ "directory", 0, NULL, &directory },
		{ "chain-id", 0, NULL, &chain_id },
		{ "node", 0, NULL, &node },
		/* lavavisord always fetches what its configuration lets it */
		{ "auto-download", 0, &download, NULL },
		{ NULL, 0, NULL, NULL }
	};
	struct option_taken		 taken[OPTIONS_WITH_QUERY];
	struct options			 opt;
	char				 why[512];

	memset(&unused, 0, sizeof(unused));
	query_flags_add(taken, own, &unused);
	if (options_parse(&opt, taken, argc, argv, why, sizeof(why)) == -1)
		return local_complain(LOCAL_USAGE, "start: %s", why);
	if (opt.help) {
		usage();
		return LOCAL_DONE;
	}
	if (opt.nwords > 0)
		return local_complain(LOCAL_USAGE, "start: \"%s\": it starts "
		    "all services; `lavavisorctl start %s' starts one",
		    opt.words[0], opt.words[0]);
	if (opt.nrest > 0)
		return local_complain(LOCAL_USAGE, "start: lavap's options "
		    "are for create-service, or `arguments:' of a service");
	query_flags_tell(&unused);
	return run(directory, chain_id, node);
}
