#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/message.h"
#include "compat/process.h"
#include "lavavisord/runfile.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"

int
run_note(struct service *s, char *error)
{
	struct runfile_service	*r;

	if ((r = runfile_service(&services.run, s->name)) == NULL &&
	    (r = runfile_service_add(&services.run, s->name)) == NULL) {
		strlcpy(error, "run/services is full", TEXT_SIZE);
		return -1;
	}
	r->slot = s->slot;
	r->generation = s->generation;
	r->process.pid = s->state.pid;
	r->process.start = s->state.pid != 0 ? s->start : 0;
	r->has_version = s->has_version;
	r->version = s->version;
	r->state = s->state.pid != 0 ? SERVICE_RUNNING : SERVICE_STOPPED;
	r->want = s->said.want;
	r->since_ms = s->state.since_ms;
	r->started_ms = s->state.started_ms;
	r->restarts = s->said.restarts;
	r->failures = s->said.failures;
	r->exit_kind = s->state.exit_kind;
	r->exit_value = s->state.exit_value;
	return 0;
}

int
run_save(char *error)
{
	return runfile_save(services.run_dir, &services.run, error);
}

int
run_record(struct service *s, char *error)
{
	if (run_note(s, error) == -1)
		return -1;
	return run_save(error);
}

int
services_record(void)
{
	struct service	*s;
	char		 error[TEXT_SIZE];

	TAILQ_FOREACH(s, &services.list, entry)
		if (run_note(s, error) == -1) {
			log_warnx("%s", error);
			return -1;
		}
	if (run_save(error) == -1) {
		log_warnx("%s", error);
		return -1;
	}
	return 0;
}

int
run_record_supervisor(pid_t pid, char *error)
{
	services.run.supervisor.pid = pid;
	if (process_start(pid, &services.run.supervisor.start) == -1) {
		services.run.supervisor.pid = 0;
		snprintf(error, TEXT_SIZE, "pid %d: %s", (int)pid,
		    strerror(errno));
		return -1;
	}
	return runfile_save(services.run_dir, &services.run, error);
}

void
run_forget(const char *name)
{
	char	 error[TEXT_SIZE];

	runfile_service_remove(&services.run, name);
	if (runfile_save(services.run_dir, &services.run, error) == -1)
		log_warnx("%s", error);
}
