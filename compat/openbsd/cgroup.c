#include <sys/types.h>

#include <errno.h>
#include <unistd.h>

#include "compat/cgroup.h"

static int	none(void);

static int
none(void)
{
	errno = ENOSYS;
	return -1;
}

int
cgroup_base_open(const char *base_name)
{
	(void)base_name;
	return none();
}

int
cgroup_base_of(pid_t pid, const char *base_name, const char *name)
{
	(void)pid;
	(void)base_name;
	(void)name;
	return none();
}

int
cgroup_base_remove(int base, const char *base_name)
{
	(void)base;
	(void)base_name;
	return none();
}

int
cgroup_each(int base, void (*each)(const char *, void *), void *arg)
{
	(void)base;
	(void)each;
	(void)arg;
	return none();
}

pid_t
cgroup_fork(int base, const char *name, int fresh, int *error)
{
	(void)fresh;
	(void)base;
	(void)name;
	*error = ENOSYS;
	return fork();
}

int
cgroup_renew(int base, const char *name)
{
	(void)base;
	(void)name;
	return 0;
}

int
cgroup_populated(int base, const char *name)
{
	(void)base;
	(void)name;
	return 0;
}

int
cgroup_end(int base, const char *name, unsigned int *count)
{
	(void)base;
	(void)name;
	*count = 0;
	return none();
}

int
cgroup_wait(int base, const char *name, int timeout_ms)
{
	(void)base;
	(void)name;
	(void)timeout_ms;
	return 0;
}

int
cgroup_remove(int base, const char *name)
{
	(void)base;
	(void)name;
	return 0;
}
