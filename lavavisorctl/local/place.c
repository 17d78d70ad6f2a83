#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/place.h"
#include "lavavisorctl/sockets.h"
#include "paths.h"

#define OWN_DIRECTORY	".lavavisor"

static int	make_absolute(char *, const char *, const char *, char *,
		    size_t);
static int	put(char *, size_t, char *, size_t, const char *, ...)
		    __attribute__((__format__(__printf__, 5, 6)));

static int
put(char *to, size_t tosize, char *why, size_t size, const char *fmt, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(to, tosize, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < tosize)
		return 0;
	snprintf(why, size, "the path %.60s... is longer than %zu bytes", to,
	    tosize - 1);
	return -1;
}

const char *
place_home(void)
{
	const char	*home = getenv("HOME");
	struct passwd	*pw;

	if (home != NULL && home[0] == '/')
		return home;
	return (pw = getpwuid(getuid())) == NULL ? NULL : pw->pw_dir;
}

static int
make_absolute(char *to, const char *path, const char *option, char *why,
    size_t size)
{
	char	 cwd[PLACE_PATH_SIZE];
	size_t	 n;

	if (path[0] == '\0') {
		snprintf(why, size, "%s must not be empty", option);
		return -1;
	}
	if (path[0] == '/')
		cwd[0] = '\0';
	else if (getcwd(cwd, sizeof(cwd)) == NULL) {
		snprintf(why, size, "cannot tell the current directory: %s",
		    strerror(errno));
		return -1;
	}
	if (put(to, PLACE_PATH_SIZE, why, size, "%s%s%s", cwd,
	    cwd[0] == '\0' ? "" : "/", path) == -1)
		return -1;
	for (n = strlen(to); n > 1 && to[n - 1] == '/'; n--)
		to[n - 1] = '\0';
	return 0;
}

int
place_find(struct place *p, const char *directory, char *why, size_t size)
{
	const char	*home;
	char		 given[PLACE_PATH_SIZE];

	memset(p, 0, sizeof(*p));
	if (directory == NULL && geteuid() == 0 && !local_is_lavavisor()) {
		p->is_system = 1;
		strlcpy(p->directory, PATH_STATE, sizeof(p->directory));
		strlcpy(p->config, PATH_SYSCONF "/config.yml",
		    sizeof(p->config));
		return 0;
	}
	if (directory == NULL) {
		if ((home = place_home()) == NULL) {
			snprintf(why, size, "no home directory is known for "
			    "uid %u: set HOME or give --directory",
			    (unsigned int)getuid());
			return -1;
		}
		if (put(p->directory, sizeof(p->directory), why, size,
		    "%s/%s", strcmp(home, "/") == 0 ? "" : home,
		    OWN_DIRECTORY) == -1)
			return -1;
	} else {
		if (make_absolute(given, directory, "--directory", why,
		    size) == -1 || put(p->config, sizeof(p->config), why, size,
		    "%s/config.yml", given) == -1)
			return -1;
		if (!local_is_lavavisor() || access(p->config, F_OK) == 0) {
			strlcpy(p->directory, given, sizeof(p->directory));
			return 0;
		}
		if (put(p->directory, sizeof(p->directory), why, size,
		    "%s/%s", given, OWN_DIRECTORY) == -1)
			return -1;
	}
	return put(p->config, sizeof(p->config), why, size, "%s/config.yml",
	    p->directory);
}

int
place_config(struct place *p, const char *path, char *why, size_t size)
{
	return make_absolute(p->config, path, "--config", why, size);
}

int
place_socket(const struct place *p, char *path, size_t pathsize, char *why,
    size_t size)
{
	if (pathsize > SOCKET_PATH_SIZE)
		pathsize = SOCKET_PATH_SIZE;
	if (p->is_system)
		return put(path, pathsize, why, size, "%s/admin.sock",
		    PATH_RUN);
	return put(path, pathsize, why, size, "%s/run/admin.sock",
	    p->directory);
}

int
place_has_daemon(const struct place *p)
{
	struct sockaddr_un	 sun;
	char			 why[256];
	int			 fd, answers;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (place_socket(p, sun.sun_path, sizeof(sun.sun_path), why,
	    sizeof(why)) == -1)
		return 0;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return 0;
	answers = connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0;
	close(fd);
	return answers;
}
