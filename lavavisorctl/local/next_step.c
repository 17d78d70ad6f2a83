#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/next_step.h"
#include "lavavisorctl/local/place.h"
#include "lavavisorctl/local/programs.h"
#include "lavavisorctl/sockets.h"

static int	reload_now(const struct place *);

static int
reload_now(const struct place *p)
{
	const char *const	 words[] = { "reload", NULL };
	char			 path[SOCKET_PATH_SIZE], out[4096];
	int			 code;

	if (place_socket(p, path, sizeof(path), out, sizeof(out)) == -1)
		return local_complain(LOCAL_FAILED, "%s", out);
	code = program_ask(path, words, out, sizeof(out));
	out[strcspn(out, "\n")] = '\0';
	if (code == LOCAL_DONE || code == LOCAL_NOTHING) {
		printf("reloaded: %s\n", out);
		return LOCAL_DONE;
	}
	return local_complain(LOCAL_FAILED, "reload: %s", out);
}

int
next_step(const struct place *p, const char *directory, int reload)
{
	int	 is_default = p->is_system || (directory == NULL &&
		    geteuid() != 0);

	fflush(stdout);
	if (!place_has_daemon(p)) {
		if (p->is_system)
			printf("next: start lavavisord\n");
		else
			printf("next: lavavisor start%s%s\n",
			    is_default || directory == NULL ? "" :
			    " --directory ", is_default || directory == NULL ?
			    "" : directory);
		return LOCAL_DONE;
	}
	if (reload)
		return reload_now(p);
	if (is_default)
		printf("next: lavavisorctl reload\n");
	else
		printf("next: lavavisorctl --directory %s reload\n",
		    p->directory);
	return LOCAL_DONE;
}
