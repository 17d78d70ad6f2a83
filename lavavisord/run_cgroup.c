#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "compat/cgroup.h"
#include "compat/fork_light.h"
#include "lavavisord/run_cgroup.h"
#include "lavavisord/strays.h"

#define PLACES		32
#define NAME_FORMAT	"run-%d.cmd"
#define PLACE_SIZE	16

static int	used[PLACES];

static const char	*name_of(int, char *);
static int		 take(int);

static const char *
name_of(int place, char *name)
{
	snprintf(name, PLACE_SIZE, NAME_FORMAT, place);
	return name;
}

/* What a parent before us left goes; one whose dead still die is passed by. */
static int
take(int base)
{
	char		 name[PLACE_SIZE];
	unsigned int	 count;
	int		 i;

	for (i = 0; i < PLACES; i++) {
		if (used[i])
			continue;
		if (cgroup_populated(base, name_of(i, name)) != 0)
			cgroup_end(base, name, &count);
		if (cgroup_remove(base, name) == 0) {
			used[i] = 1;
			return i;
		}
	}
	return -1;
}

pid_t
run_cgroup_fork(int *place)
{
	char	 name[PLACE_SIZE];
	pid_t	 pid;
	int	 base = strays_base(), error;

	*place = -1;
	if (base == -1 || (*place = take(base)) == -1)
		return fork_light(-1);
	pid = cgroup_fork(base, name_of(*place, name), 1, &error);
	if (pid > 0 && error != 0) {
		log_debug("the cgroup %s: %s", name, strerror(error));
		used[*place] = 0;
		*place = -1;
	}
	return pid;
}

void
run_cgroup_end(int place)
{
	char		 name[PLACE_SIZE];
	unsigned int	 count;
	int		 base = strays_base();

	if (place == -1 || base == -1 ||
	    cgroup_populated(base, name_of(place, name)) == 0)
		return;
	if (cgroup_end(base, name, &count) == -1)
		log_warn("the cgroup %s", name);
}

void
run_cgroup_leave(int place)
{
	char	 name[PLACE_SIZE];
	int	 base = strays_base(), saved = errno;

	if (place == -1)
		return;
	used[place] = 0;
	/* Else it goes when its place is taken again. */
	if (base != -1)
		cgroup_remove(base, name_of(place, name));
	errno = saved;
}
