#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/semver.h"
#include "lavavisord/clock.h"
#include "lavavisord/fork_child.h"
#include "lavavisord/install.h"
#include "lavavisord/roll_read.h"

#define READ_SIZE	(256 * 1024)
#define READ_SECONDS	30	/* a slower disk is not waited for */

static void		(*told)(void);
static struct event	*timer;
static pid_t		 reader;	/* 0 none */
static struct semver	 version;
static int		 known;		/* version was read, or is */
static int		 ended;
static int64_t		 begun_ms;

static void	late(evutil_socket_t, short, void *);
static void	read_all(int) __attribute__((__noreturn__));

void
roll_read_init(struct event_base *base, void (*done)(void))
{
	told = done;
	if ((timer = evtimer_new(base, late, NULL)) == NULL)
		fatalx("out of memory for events");
}

static void
read_all(int fd)
{
	static char	 buf[READ_SIZE];
	off_t		 at = 0;
	ssize_t		 n;

	/* Nothing of the parent's is held open for so long. */
	if (dup2(fd, STDERR_FILENO + 1) == -1)
		_exit(1);
	closefrom(STDERR_FILENO + 2);
	alarm(READ_SECONDS);
	while ((n = pread(STDERR_FILENO + 1, buf, sizeof(buf), at)) > 0)
		at += n;
	_exit(n == -1);
}

int
roll_read_in(const struct semver *v)
{
	int	 fd;

	if (known && semver_compare(&version, v) == 0)
		return ended;
	roll_read_forget();
	known = 1;
	ended = 0;
	version = *v;
	begun_ms = clock_ms();
	if ((fd = install_read(v)) == -1 || (reader = fork_child()) == -1) {
		log_debug("a lavap is not read in: %s", strerror(errno));
		if (fd != -1)
			close(fd);
		reader = 0;
		ended = 1;
		return 1;
	}
	if (reader == 0)
		read_all(fd);
	close(fd);
	clock_timer(timer, READ_SECONDS * 1000);
	return 0;
}

static void
late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	log_warnx("reading a lavap takes longer than %d s: the roll goes on",
	    READ_SECONDS);
	if (reader != 0)
		kill(reader, SIGKILL);
	reader = 0;
	ended = 1;
	told();
}

void
roll_read_forget(void)
{
	if (reader != 0)
		kill(reader, SIGKILL);
	reader = 0;
	known = 0;
	evtimer_del(timer);
}

int
roll_read_reaped(pid_t pid, int status)
{
	char	 text[SEMVER_SIZE];

	if (reader == 0 || pid != reader)
		return 0;
	reader = 0;
	ended = 1;
	evtimer_del(timer);
	log_debug("v%s is read in: %lld ms%s", semver_text(&version, text,
	    sizeof(text)), (long long)(clock_ms() - begun_ms), status != 0 ?
	    ", not all of it" : "");
	told();
	return 1;
}
