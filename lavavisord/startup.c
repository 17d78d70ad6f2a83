#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/file_lock.h"
#include "common/log.h"
#include "compat/process.h"
#include "lavavisord/startup.h"
#include "paths.h"

/* For the lock of a daemon that is dead, ms */
#define LOCK_WAIT_MS	5000
#define LOCK_LOOK_MS	10

#define UPGRADES	"upgrades"

static int	 done_fd = -1;

static int	is_dead(pid_t);
static int	make_dir(const char *, const char *, mode_t, char *, size_t);

int
path_absolute(char *to, size_t size, const char *path, char *error, size_t len)
{
	char	 cwd[PATH_MAX];
	int	 n;

	if (path[0] == '/')
		n = snprintf(to, size, "%s", path);
	else if (getcwd(cwd, sizeof(cwd)) == NULL) {
		snprintf(error, len, "cannot tell the current directory: %s",
		    strerror(errno));
		return -1;
	} else
		n = snprintf(to, size, "%s/%s", cwd, path);
	if (n < 0 || (size_t)n >= size) {
		snprintf(error, len, "path too long: %s", path);
		return -1;
	}
	while (n > 1 && to[n - 1] == '/')
		to[--n] = '\0';
	return 0;
}

int
places_find(struct places *p, const char *conf, const char *directory,
    const char *libexec, char *error, size_t len)
{
	const char	*home;
	char		 own[480], file[512];
	int		 systems;

	p->privileged = process_may_change_user();
	systems = directory == NULL && p->privileged;
	if (systems)
		directory = PATH_STATE;
	else if (directory == NULL) {
		if ((home = getenv("HOME")) == NULL || home[0] != '/') {
			snprintf(error, len, "HOME is not set: say with -D "
			    "which directory to use");
			return -1;
		}
		snprintf(own, sizeof(own), "%s/.lavavisor", home);
		directory = own;
	}
	if (path_absolute(p->directory, sizeof(p->directory), directory, error,
	    len) == -1)
		return -1;
	strlcpy(p->upgrades, p->directory, sizeof(p->upgrades));
	if (conf == NULL) {
		if (systems)
			conf = PATH_SYSCONF "/config.yml";
		else {
			if (snprintf(file, sizeof(file), "%s/config.yml",
			    p->directory) >= (int)sizeof(file)) {
				snprintf(error, len, "path too long: %s",
				    p->directory);
				return -1;
			}
			conf = file;
		}
	}
	if (path_absolute(p->conf, sizeof(p->conf), conf, error, len) == -1 ||
	    path_absolute(p->libexec, sizeof(p->libexec),
	    libexec != NULL ? libexec : PATH_LIBEXEC, error, len) == -1)
		return -1;
	if (systems)
		strlcpy(p->sockets, PATH_RUN, sizeof(p->sockets));
	else if (snprintf(p->sockets, sizeof(p->sockets), "%s/run",
	    p->directory) >= (int)sizeof(p->sockets)) {
		snprintf(error, len, "path too long: %s", p->directory);
		return -1;
	}
	return 0;
}

int
places_wrap(struct places *p, const char *upgrades, char *error, size_t len)
{
	p->privileged = 0;
	return upgrades == NULL ? 0 : path_absolute(p->upgrades,
	    sizeof(p->upgrades), upgrades, error, len);
}

static int
make_dir(const char *base, const char *name, mode_t mode, char *error,
    size_t len)
{
	char		 path[1024];
	struct stat	 st;

	snprintf(path, sizeof(path), "%s%s%s", base, name[0] ? "/" : "", name);
	if (mkdir(path, mode) == -1 && errno != EEXIST) {
		snprintf(error, len, "%s: cannot be made: %s", path,
		    strerror(errno));
		return -1;
	}
	if (lstat(path, &st) == -1 || !S_ISDIR(st.st_mode)) {
		snprintf(error, len, "%s: is not a directory", path);
		return -1;
	}
	if (st.st_uid != geteuid()) {
		snprintf(error, len, "%s: belongs to uid %u, not to uid %u",
		    path, (unsigned int)st.st_uid, (unsigned int)geteuid());
		return -1;
	}
	if ((st.st_mode & 022) != 0) {
		snprintf(error, len, "%s: others may write there (mode %03o): "
		    "chmod go-w it", path, (unsigned int)(st.st_mode & 0777));
		return -1;
	}
	return 0;
}

int
places_make(const struct places *p, char *error, size_t len)
{
	static const struct {
		const char	*name;
		mode_t		 mode;
	} dirs[] = {
		{ "", 0755 },
		{ "run", 0755 },
		{ "run/fifo", 0711 },
		{ "run/notify", 0711 },
		{ "run/ready", 0700 },
		{ "run/empty", 0555 },	/* the root of the rooms */
		{ UPGRADES, 0755 },
		{ "staging", 0700 },
		{ "services", 0755 },
		{ "services/service_configs", 0755 },
		{ "services/logs", 0750 }
	};
	mode_t	 old;
	size_t	 i;

	old = umask(022);
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (make_dir(strcmp(dirs[i].name, UPGRADES) == 0 ?
		    p->upgrades : p->directory, dirs[i].name, dirs[i].mode,
		    error, len) == -1)
			break;
	if (i == sizeof(dirs) / sizeof(dirs[0]) &&
	    make_dir(p->sockets, "", 0755, error, len) == 0)
		i++;
	umask(old);
	return i > sizeof(dirs) / sizeof(dirs[0]) ? 0 : -1;
}

static int
is_dead(pid_t pid)
{
	uint64_t	 start;

	return process_start(pid, &start) == -1 && errno == ESRCH;
}

int
startup_lock(const struct places *p, char *error, size_t len)
{
	struct timespec	 pause = { 0, LOCK_LOOK_MS * 1000000 };
	char		 path[1024], pid[32];
	pid_t		 holder;
	int		 fd, n, tries = LOCK_WAIT_MS / LOCK_LOOK_MS;

	snprintf(path, sizeof(path), "%s/run/lock", p->directory);
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0644)) == -1) {
		snprintf(error, len, "%s: %s", path, strerror(errno));
		return -1;
	}
	/* The sockets come next: said here, before others warn of theirs. */
	snprintf(path, sizeof(path), "%s/run", p->directory);
	if (access(path, W_OK) == -1) {
		snprintf(error, len, "%s: nothing can be made there: %s", path,
		    strerror(errno));
		close(fd);
		return -1;
	}
	snprintf(path, sizeof(path), "%s/run/lock", p->directory);
	/*
	 * A child that was just forked may have its descriptors in common with
	 * a daemon that is dead: it lets go in a moment.
	 */
	while ((n = file_lock(fd, &holder)) == -1 && holder > 0 &&
	    is_dead(holder) && tries-- > 0)
		nanosleep(&pause, NULL);
	if (n == -1) {
		if (holder > 0 && is_dead(holder))
			snprintf(error, len, "%s: lavavisord, pid %d, is dead, "
			    "but a child of it does not let go of the lock: "
			    "is it stopped?", p->directory, (int)holder);
		else if (holder > 0)
			snprintf(error, len, "%s: lavavisord already runs "
			    "here, pid %d", p->directory, (int)holder);
		else
			snprintf(error, len, "%s: cannot be locked: %s", path,
			    strerror(errno));
		close(fd);
		return -1;
	}
	/* For people who look; the lock itself is what counts. */
	n = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) == -1 || pwrite(fd, pid, (size_t)n, 0) != n)
		log_warn("%s: the pid could not be written", path);
	return fd;
}

void
startup_lock_again(int fd)
{
	struct flock	 lock;

	memset(&lock, 0, sizeof(lock));
	lock.l_type = F_WRLCK;
	lock.l_whence = SEEK_SET;
	while (fcntl(fd, F_SETLKW, &lock) == -1)
		if (errno != EINTR)
			fatal("run/lock");
}

void
startup_background(void)
{
	int	 pair[2], null, status;
	char	 c;
	pid_t	 pid;

	if (pipe2(pair, O_CLOEXEC) == -1)
		fatal("pipe2");
	switch (pid = fork()) {
	case -1:
		fatal("fork");
	case 0:
		break;
	default:
		close(pair[1]);
		if (read(pair[0], &c, 1) == 1)
			_exit(0);
		/* It has said why, on our stderr. */
		if (waitpid(pid, &status, 0) == -1 || !WIFEXITED(status) ||
		    WEXITSTATUS(status) == 0)
			_exit(1);
		_exit(WEXITSTATUS(status));
	}
	close(pair[0]);
	done_fd = pair[1];
	if (setsid() == -1 || chdir("/") == -1)
		fatal("background");
	if ((null = open("/dev/null", O_RDWR)) == -1)
		fatal("/dev/null");
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

void
startup_done(void)
{
	int	 null;

	if (done_fd == -1)
		return;
	if (write(done_fd, "", 1) == -1)
		log_debug("nobody waits for the start");
	close(done_fd);
	done_fd = -1;
	/* From here on the log is the only place. */
	if ((null = open("/dev/null", O_RDWR)) != -1) {
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
}
