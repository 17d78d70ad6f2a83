#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/message.h"
#include "common/service_name.h"
#include "lavavisorctl/local/config_list.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/next_step.h"
#include "lavavisorctl/local/options.h"
#include "lavavisorctl/local/programs.h"
#include "lavavisorctl/local/service_others.h"
#include "lavavisorctl/local/service_place.h"
#include "lavavisorctl/sockets.h"

#define SERVICES_ANSWER_MAX	(1024 * 1024)

/* One remove-service on its way */
struct removal {
	const char		*name;
	const char		*directory;
	int			 keep_config;
	int			 reload;
	struct service_place	 at;
	struct kept_file	 config;
	struct kept_file	 file;
	char			 why[4096];
};

static int	may_go(struct removal *);
static int	read_order(struct removal *, int, char *const [], int *);
static int	remove_files(struct removal *);
static int	run(struct removal *);
static int	runs(const char *, const char *);
static void	say_logs(const struct removal *);
static int	unlist(struct removal *, int *);

static int
read_order(struct removal *r, int argc, char *const argv[], int *help)
{
	const struct option_taken	 taken[] = {
		{ "directory", 0, NULL, &r->directory },
		{ "keep-config", 0, &r->keep_config, NULL },
		{ "reload", 0, &r->reload, NULL },
		{ NULL, 0, NULL, NULL }
	};
	struct options			 opt;

	if (options_parse(&opt, taken, argc, argv, r->why, sizeof(r->why)) ==
	    -1)
		return -1;
	if ((*help = opt.help) != 0)
		return 0;
	if (opt.nwords != 1 || opt.nrest > 0) {
		snprintf(r->why, sizeof(r->why), opt.nwords == 0 ?
		    "which service? `remove-service NAME'" : "one service at "
		    "a time: `remove-service NAME'");
		return -1;
	}
	r->name = opt.words[0];
	if (service_name_valid(r->name))
		return 0;
	snprintf(r->why, sizeof(r->why), "\"%.80s\" is no name of a service: "
	    SERVICE_NAME_RULE, r->name);
	return -1;
}

/* Whether the daemon's answer to `show services' has it as anything but
 * stopped or failed */
static int
runs(const char *answer, const char *name)
{
	const char	*state, *its;
	json_t		*all, *one;
	size_t		 i;
	int		 running = 0;

	if ((all = json_loads(answer, JSON_DISABLE_EOF_CHECK, NULL)) == NULL)
		return 0;
	json_array_foreach(all, i, one) {
		its = json_string_value(json_object_get(one, "name"));
		state = json_string_value(json_object_get(one, "state"));
		if (its != NULL && state != NULL && strcmp(its, name) == 0 &&
		    strcmp(state, "stopped") != 0 &&
		    strcmp(state, "failed") != 0)
			running = 1;
	}
	json_decref(all);
	return running;
}

/* What runs keeps its files until it is stopped, or the daemon reloads. */
static int
may_go(struct removal *r)
{
	const char *const	 words[] = { "-j", "show", "services", NULL };
	char			 path[SOCKET_PATH_SIZE], *answer;
	int			 code, running;

	if (r->reload || !place_has_daemon(&r->at.place))
		return 0;
	if (place_socket(&r->at.place, path, sizeof(path), r->why,
	    sizeof(r->why)) == -1)
		return -1;
	if ((answer = malloc(SERVICES_ANSWER_MAX)) == NULL) {
		snprintf(r->why, sizeof(r->why), "out of memory");
		return -1;
	}
	code = program_ask(path, words, answer, SERVICES_ANSWER_MAX);
	running = code == 0 && runs(answer, r->name);
	if (code != 0) {
		answer[strcspn(answer, "\n")] = '\0';
		snprintf(r->why, sizeof(r->why), "whether %s runs cannot be "
		    "seen: %.1000s", r->name, answer);
	} else if (running)
		snprintf(r->why, sizeof(r->why), "%s runs: `lavavisorctl stop "
		    "%s' first, or give --reload, which stops it", r->name,
		    r->name);
	free(answer);
	return code != 0 || running ? -1 : 0;
}

/* 0 with *was 1 if it was listed */
static int
unlist(struct removal *r, int *was)
{
	enum list_edit	 edit;
	char		*list;
	size_t		 len;
	int		 result = 0;

	edit = config_list_remove(r->at.place.config, r->at.text, r->at.len,
	    r->name, &list, &len, r->why, sizeof(r->why));
	*was = edit == LIST_EDITED;
	if (edit == LIST_REFUSED)
		return -1;
	if (edit == LIST_SAME)
		return 0;
	if (service_place_check(&r->at, list, len, r->why, sizeof(r->why)) ==
	    -1 || service_place_publish(&r->at, list, len, r->why,
	    sizeof(r->why)) == -1)
		result = -1;
	free(list);
	return result;
}

static int
remove_files(struct removal *r)
{
	char	 who[NAME_SIZE];

	if (r->config.text != NULL && service_other_has_config(&r->at, r->name,
	    r->config.name, who, sizeof(who))) {
		printf("note: %s has the same config\n", who);
		r->keep_config = 1;
	}
	if (r->file.text != NULL && unlinkat(r->at.services, r->file.name,
	    0) == -1) {
		snprintf(r->why, sizeof(r->why), "%s/services/%s cannot be "
		    "removed: %s", r->at.place.directory, r->file.name,
		    strerror(errno));
		return -1;
	}
	if (r->config.text != NULL && !r->keep_config && unlinkat(
	    r->at.configs, r->config.name, 0) == -1) {
		snprintf(r->why, sizeof(r->why), "%s/services/service_configs/"
		    "%s cannot be removed: %s", r->at.place.directory,
		    r->config.name, strerror(errno));
		return -1;
	}
	if (fsync(r->at.services) == -1 && errno != EINVAL) {
		snprintf(r->why, sizeof(r->why), "%s/services: %s",
		    r->at.place.directory, strerror(errno));
		return -1;
	}
	return 0;
}

static void
say_logs(const struct removal *r)
{
	char	 path[PLACE_PATH_SIZE + 128];

	if (r->keep_config && r->config.text != NULL) {
		service_place_path(&r->at, 1, r->name, path, sizeof(path));
		printf("  %s\tis kept\n", path);
	}
	snprintf(path, sizeof(path), "%s/services/logs/%s.log",
	    r->at.place.directory, r->name);
	if (access(path, F_OK) == 0)
		printf("  %s\tits output, is kept\n", path);
	snprintf(path, sizeof(path), "%s/home/%s", r->at.place.directory,
	    r->name);
	if (access(path, F_OK) == 0)
		printf("  %s\tits working directory, is kept (a provider's "
		    "rewards)\n", path);
}

static int
run(struct removal *r)
{
	char	 path[PLACE_PATH_SIZE + 128];
	int	 listed, code;

	if (service_place_open(&r->at, r->directory, 0, r->why,
	    sizeof(r->why)) == -1)
		return local_complain(LOCAL_FAILED, "%s", r->why);
	service_place_path(&r->at, 1, r->name, path, sizeof(path));
	if (kept_file_read(&r->config, r->at.configs, r->name, path, r->why,
	    sizeof(r->why)) == -1)
		return local_complain(LOCAL_FAILED, "%s", r->why);
	service_place_path(&r->at, 0, r->name, path, sizeof(path));
	if (kept_file_read(&r->file, r->at.services, r->name, path, r->why,
	    sizeof(r->why)) == -1)
		return local_complain(LOCAL_FAILED, "%s", r->why);
	listed = config_list_has(r->at.place.config, r->at.text, r->at.len,
	    r->name, r->why, sizeof(r->why));
	if (listed == -1)
		return local_complain(LOCAL_FAILED, "%s", r->why);
	if (!listed && r->file.text == NULL && (r->config.text == NULL ||
	    r->keep_config))
		return local_complain(LOCAL_NOTHING, "there is no service %s "
		    "in %s", r->name, r->at.place.directory);
	if (may_go(r) == -1)
		return local_complain(LOCAL_FAILED, "%s", r->why);
	/* First no daemon is to look for the files any more. */
	if (unlist(r, &listed) == -1)
		return local_complain(LOCAL_FAILED, "%s: nothing is changed: "
		    "%s", r->name, r->why);
	printf("%s: removed\n", r->name);
	code = next_step(&r->at.place, r->directory, r->reload);
	if (r->reload && code != LOCAL_DONE)
		return local_complain(code, "%s is not listed any more, but "
		    "its files are kept, as the daemon may still run it",
		    r->name);
	if (remove_files(r) == -1)
		return local_complain(LOCAL_FAILED, "%s", r->why);
	say_logs(r);
	return code;
}

int
local_remove_service(int argc, char *const argv[])
{
	struct removal	*r;
	int		 code, help = 0;
	size_t		 i;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return local_complain(LOCAL_FAILED, "out of memory");
	r->at.services = r->at.configs = r->at.main = -1;
	if (read_order(r, argc, argv, &help) == -1)
		code = local_complain(LOCAL_USAGE, "%s", r->why);
	else if (!help)
		code = run(r);
	else {
		for (i = 0; i < local_commands_count; i++)
			if (local_commands[i].run == local_remove_service)
				local_usage(&local_commands[i]);
		code = LOCAL_DONE;
	}
	service_place_close(&r->at);
	kept_file_free(&r->config);
	kept_file_free(&r->file);
	free(r);
	return code;
}
