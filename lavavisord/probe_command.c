#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisord/probe_command.h"
#include "lavavisord/run_command.h"

#define ENV_ROOM	8		/* beside the config's own */
#define FILES_MAX	256
#define FILE_MAX	(1024 * 1024)	/* bytes of one that it writes */
#define ORPHAN_SECONDS	2

struct probe_command {
	struct run		*run;
	uint32_t		 timeout_ms;
	probe_command_done	 done;
	void			*arg;
};

static void	ended(const struct run_end *, void *);
static char	**environment(const struct service *);
static void	environment_free(char **);

static char **
environment(const struct service *s)
{
	const struct config_service	*conf = s->conf;
	char				**list;
	size_t				 i, n = 0;
	int				 bad = 0;

	if ((list = calloc(conf->env_count + ENV_ROOM, sizeof(*list))) == NULL)
		fatal("calloc");
	bad |= asprintf(&list[n++], "LAVAVISOR_SERVICE=%s", s->name) == -1;
	bad |= asprintf(&list[n++], "LAVAVISOR_PID=%d", (int)s->state.pid) ==
	    -1;
	for (i = 0; i < conf->env_count; i++)
		bad |= asprintf(&list[n++], "%s=%s", conf->env[i].name,
		    conf->env[i].value) == -1;
	/* The first of a name counts. */
	bad |= asprintf(&list[n++], "HOME=%s", conf->home != NULL ?
	    conf->home : conf->directory) == -1;
	if (conf->user_name != NULL)
		bad |= asprintf(&list[n++], "USER=%s", conf->user_name) == -1;
	bad |= asprintf(&list[n++], "PATH=/usr/local/bin:/usr/bin:/bin") ==
	    -1;
	if (bad)
		fatal("asprintf");
	return list;
}

static void
environment_free(char **list)
{
	size_t	 i;

	for (i = 0; list[i] != NULL; i++)
		freezero(list[i], strlen(list[i]));
	free(list);
}

struct probe_command *
probe_command_start(struct event_base *base, const struct service *s,
    const struct config_check *check, int output, probe_command_done done,
    void *arg, const char **why)
{
	const struct config_service	*conf = s->conf;
	struct probe_command		*c;
	struct run_command		 run;
	char				**list = environment(s);

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("calloc");
	c->done = done;
	c->arg = arg;
	c->timeout_ms = check->timeout_ms;
	memset(&run, 0, sizeof(run));
	run.argv = check->words;
	run.envp = list;
	run.uid = conf->uid;
	run.gid = conf->gid;
	run.gids = conf->gids;
	run.gids_count = conf->gids_count;
	run.directory = conf->directory;
	run.umask = conf->umask;
	run.no_new_privs = conf->no_new_privs;
	run.output = output;
	/* A complaint is no answer, and may hold what none may see. */
	run.errors_apart = 1;
	run.files_max = FILES_MAX;
	run.size_max = FILE_MAX;
	run.timeout_ms = check->timeout_ms;
	run.orphan_s = ORPHAN_SECONDS;
	run.whole = output == -1;
	run.done = ended;
	run.arg = c;
	if ((c->run = run_command_start(base, &run)) == NULL) {
		*why = strerror(errno);
		free(c);
		c = NULL;
	}
	environment_free(list);
	return c;
}

void
probe_command_cancel(struct probe_command *c)
{
	run_command_cancel(c->run);
	free(c);
}

static void
ended(const struct run_end *end, void *arg)
{
	struct probe_command	*c = arg;
	char			 why[128];
	int			 ours = 0;

	why[0] = '\0';
	if (end->late)
		snprintf(why, sizeof(why), "the command did not end within "
		    "%u ms", c->timeout_ms);
	else if (end->trouble == RUN_NOT_READIED) {
		ours = 1;
		snprintf(why, sizeof(why), "the command could not be made the "
		    "service's user in its directory: %s",
		    strerror(end->error));
	} else if (end->trouble == RUN_NOT_EXECUTED)
		snprintf(why, sizeof(why), "the command cannot be executed: "
		    "%s", strerror(end->error));
	else if (WIFSIGNALED(end->status))
		snprintf(why, sizeof(why), "the command was killed by signal "
		    "%d", WTERMSIG(end->status));
	else if (WEXITSTATUS(end->status) != 0)
		snprintf(why, sizeof(why), "the command ended with code %d",
		    WEXITSTATUS(end->status));
	c->done(why[0] != '\0' ? why : NULL, ours, c->arg);
	free(c);
}
