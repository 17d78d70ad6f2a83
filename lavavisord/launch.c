#include <sys/types.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/fault.h"
#include "common/log.h"
#include "common/message.h"
#include "common/semver.h"
#include "compat/fork_light.h"
#include "compat/heap.h"
#include "lavavisord/config.h"
#include "lavavisord/directories.h"
#include "lavavisord/fork_child.h"
#include "lavavisord/launch_plan.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/ready_signs.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"
#include "lavavisord/strays.h"

/* Two that share one are told apart by their generations. */
#define REPORTS		1024

static struct launch_report	*reports;	/* shared with the children */

static struct launch_report *report_of(const struct service *);
static int	ready_fifo(struct service *, const char *, char *, size_t);

/* What is the host's trouble and not the service's */
int
launch_is_shortage(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EIO:
		return 1;
	default:
		return 0;
	}
}

void
launch_init(void)
{
	reports = mmap(NULL, REPORTS * sizeof(*reports), PROT_READ |
	    PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
	if (reports == MAP_FAILED)
		fatal("mmap");
}

static struct launch_report *
report_of(const struct service *s)
{
	return &reports[s->slot % REPORTS];
}

/* Somebody may have tidied up: the supervisor reads another one then. */
static int
ready_fifo(struct service *s, const char *path, char *error, size_t size)
{
	if (fifo_is_same(s))
		return 0;
	if (fifo_make(s, error, size) == -1)
		return -1;
	if (s->fifo != -1)
		close(s->fifo);
	/* Its write end in it: there is no end of output before the end. */
	if ((s->fifo = fifo_open(s->name)) == -1) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	tell_fifo(s);
	return 0;
}

/*
 * Start barrier: the child writes itself down in run/services and executes
 * nothing before that, nor when we have died meanwhile, as our successor may
 * have read the file before.
 */
int
launch(struct service *s, const char *path, const struct semver *version,
    char *error, size_t size, uint8_t *wait)
{
	struct launch_plan	*plan;
	char			 fifo[700];
	uint64_t		 made_of;
	sigset_t		 old;
	pid_t			 pid;
	int			 input[2] = { -1, -1 };

	*wait = 0;
	FAULT_POINT("launch.before");
	if (service_directory(s->conf, services.conf.directory,
	    services.conf.privileged, error, size) == -1)
		return -1;
	fifo_path(s, fifo, sizeof(fifo));
	made_of = config_service_run_hash(s->conf);
	plan = launch_plan(s->conf, path, services.conf.wrapped ? NULL : fifo,
	    ready_signs_socket(s),
	    services.conf.directory, services.conf.privileged);
	if (ready_fifo(s, fifo, error, size) == -1 ||
	    run_ready(error) == -1 || run_plan(s, version, made_of,
	    &plan->record, error) == -1) {
		*wait = launch_is_shortage(errno) ? 2 : 0;
		return -1;
	}
	if (s->passphrase != NULL && passphrase_pipe(input) == -1) {
		*wait = launch_is_shortage(errno) ? 2 : 0;
		snprintf(error, size, "no pipe for its passphrase: %s",
		    strerror(errno));
		return -1;
	}
	plan->run = run_descriptor();
	plan->input = input[0];
	plan->parent = getpid();
	plan->report = report_of(s);
	fork_begin(&old);
	heap_inherit(0);
	/* Its standard input is given away before the child may have it. */
	fork_light_copy(input[0] != -1);
	/* The child has the plan, and nothing of s, from here on. */
	if ((pid = fork_end(strays_fork(s), &old)) == 0)
		launch_child(plan);
	fork_light_copy(0);
	heap_inherit(1);
	if (pid == -1) {
		*wait = launch_is_shortage(errno) ? 2 : 0;
		snprintf(error, size, "it cannot be forked: %s",
		    strerror(errno));
		if (input[0] != -1) {
			close(input[0]);
			close(input[1]);
		}
		return -1;
	}
	FAULT_POINT("launch.forked");
	service_set_pid(s, pid);
	s->run_pid = pid;
	s->start = 0;			/* asked for when it is needed */
	s->generation = s->state.generation = plan->record.generation;
	s->made_of = made_of;
	/* The next parent counts from here; the supervisor's word is later. */
	s->state.since_ms = s->state.started_ms = plan->record.since_ms;
	s->has_version = version != NULL;
	if (version != NULL)
		s->version = *version;
	if (input[0] != -1)
		passphrase_feed(s, input[1], input[0]);
	run_grows();
	return 0;
}

int
launch_failed(struct service *s, int status, uint8_t *wait)
{
	struct launch_report	*report = report_of(s);

	*wait = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != LAUNCH_FAILED ||
	    report->generation != s->generation)
		return 0;
	report->generation = 0;
	report->text[sizeof(report->text) - 1] = '\0';
	*wait = report->wait == 2 ? 2 : 0;
	service_set_reason(s, report->text);
	log_warnx("service %s: %s", s->name, s->reason);
	return 1;
}
