#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/passphrase_own.h"
#include "lavavisord/probe_command.h"
#include "lavavisord/reexec.h"

#define FILE_MS		10000
#define COMMAND_MS	60000
#define FDS_MAX		1024

static void	again(evutil_socket_t, short, void *);
static int	file_open(const struct service *, char *, size_t);
static int	file_is_private(const struct service *, const char *, int,
		    char *, size_t);
static int	group_is_ours(const struct service *, gid_t);
static void	command_ended(const char *, int, void *);
static void	read_command(struct service *);
static void	read_descriptor(struct service *);
static void	read_file(struct service *);

static struct event_base	*base;
static unsigned char		 inherited[FDS_MAX];
static int			 successor;

void
passphrase_descriptors(void)
{
	int	 fd;

	/* Those of a program that went on as us are its own. */
	successor = getenv(HANDED_VARIABLE) != NULL;
	if (successor)
		return;
	for (fd = STDERR_FILENO + 1; fd < FDS_MAX; fd++)
		inherited[fd] = fcntl(fd, F_GETFD) != -1;
}

void
source_init(struct event_base *b)
{
	base = b;
}

int
source_is_lasting(const struct service *s)
{
	return s->conf != NULL &&
	    (s->conf->passphrase.source == PASSPHRASE_FILE ||
	    s->conf->passphrase.source == PASSPHRASE_COMMAND);
}

void
source_read(struct service *s)
{
	char	 why[TEXT_SIZE];

	switch (s->conf->passphrase.source) {
	case PASSPHRASE_FILE:
		read_file(s);
		break;
	case PASSPHRASE_COMMAND:
		read_command(s);
		break;
	case PASSPHRASE_FD:
		read_descriptor(s);
		break;
	default:
		snprintf(why, sizeof(why), "it waits for its passphrase: "
		    "`lavavisorctl unlock %s' takes it", s->name);
		secret_locked(s, why);
		break;
	}
}

static void
read_file(struct service *s)
{
	char	 why[TEXT_SIZE];
	int	 fd;

	if ((fd = file_open(s, why, sizeof(why))) == -1)
		source_failed(s, why);
	else
		secret_learn(s, fd, FILE_MS);
}

/*
 * It is opened with our rights, and ends in the service's standard input: so it
 * must be the service's own, or root's where nobody else can exchange it.
 */
static int
file_open(const struct service *s, char *why, size_t size)
{
	const char	*path = s->conf->passphrase.words[0];
	int		 fd;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC)) == -1) {
		snprintf(why, size, "its passphrase file %s: %s", path,
		    strerror(errno));
		return -1;
	}
	if (file_is_private(s, path, fd, why, size) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
group_is_ours(const struct service *s, gid_t gid)
{
	gid_t	 groups[NGROUPS_MAX];
	size_t	 i;
	int	 n;

	if (gid == 0 || gid == getegid() || gid == s->conf->gid)
		return 1;
	for (i = 0; i < s->conf->gids_count; i++)
		if (gid == s->conf->gids[i])
			return 1;
	n = getgroups(NGROUPS_MAX, groups);
	while (n-- > 0)
		if (gid == groups[n])
			return 1;
	return 0;
}

static int
file_is_private(const struct service *s, const char *path, int fd, char *why,
    size_t size)
{
	struct stat	 st;
	uid_t		 user = env.places.privileged ? s->conf->uid :
			    geteuid();
	const char	*what = NULL;
	char		 said[TEXT_SIZE];
	unsigned int	 mode;

	if (fstat(fd, &st) == -1) {
		snprintf(why, size, "its passphrase file %s: %s", path,
		    strerror(errno));
		return -1;
	}
	mode = (unsigned int)(st.st_mode & 07777);
	if (!S_ISREG(st.st_mode))
		what = "it is no regular file";
	else if ((mode & 007) != 0)
		what = "others can read it or write to it: chmod 0600";
	else if ((mode & 020) != 0)
		what = "its group can write to it: chmod 0640";
	else if ((mode & 040) != 0 && !group_is_ours(s, st.st_gid))
		what = "a group that is not the service's can read it: "
		    "chmod 0600";
	else if (st.st_uid != 0 && st.st_uid != user &&
	    st.st_uid != geteuid())
		what = "it belongs to another user";
	else if (st.st_size > PASSPHRASE_MAX + 2)
		what = "it is longer than 1023 bytes";
	if (what != NULL) {
		snprintf(why, size, "its passphrase file %s (mode %04o): %s",
		    path, mode, what);
		return -1;
	}
	if (env.places.privileged && st.st_uid == 0 && config_path_trusted(
	    path, said, sizeof(said)) == -1) {
		snprintf(why, size, "its passphrase file: %.400s", said);
		return -1;
	}
	return 0;
}

/* It is read once, by whoever asks first. */
static void
read_descriptor(struct service *s)
{
	char		 why[TEXT_SIZE];
	struct stat	 st;
	int		 fd = s->conf->passphrase.fd;

	if (successor)
		snprintf(why, sizeof(why), "its passphrase is not known any "
		    "more; `lavavisorctl unlock %s' takes it", s->name);
	else if (fd < 0 || fd >= FDS_MAX || !inherited[fd] ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 || fstat(fd, &st) == -1)
		snprintf(why, sizeof(why), "descriptor %d was not open when "
		    "the daemon was started, or is read already; "
		    "`lavavisorctl unlock %s' takes its passphrase", fd,
		    s->name);
	else if (!S_ISFIFO(st.st_mode) && !S_ISREG(st.st_mode))
		snprintf(why, sizeof(why), "descriptor %d is neither a pipe "
		    "nor a file; `lavavisorctl unlock %s' takes its "
		    "passphrase", fd, s->name);
	else {
		inherited[fd] = 0;
		secret_learn(s, fd, FILE_MS);
		return;
	}
	source_failed(s, why);
}

static void
read_command(struct service *s)
{
	struct passphrase	*p = secret_of(s);
	struct config_check	 check;
	const char		*error;
	char			 why[TEXT_SIZE];
	int			 ends[2];

	source_cancel(p);
	p->why[0] = '\0';
	memset(&check, 0, sizeof(check));
	check.words = s->conf->passphrase.words;
	check.words_count = s->conf->passphrase.words_count;
	check.timeout_ms = COMMAND_MS;
	if (pipe2(ends, O_CLOEXEC) == -1) {
		snprintf(why, sizeof(why), "no pipe for its passphrase: %s",
		    strerror(errno));
		source_failed(s, why);
		return;
	}
	p->command = probe_command_start(base, s, &check, ends[1],
	    command_ended, s, &error);
	close(ends[1]);
	if (p->command == NULL) {
		close(ends[0]);
		snprintf(why, sizeof(why), "the command for its passphrase: "
		    "%s", error);
		source_failed(s, why);
		return;
	}
	secret_learn(s, ends[0], COMMAND_MS);
}

static void
command_ended(const char *error, int ours, void *arg)
{
	struct service		*s = arg;
	struct passphrase	*p = s->passphrase;
	char			 why[TEXT_SIZE];

	(void)ours;
	p->command = NULL;
	/* The keeper has what it said in place of the one before. */
	if (p->learnt)
		p->was_held = 0;
	if (p->state == SECRET_COMING && (error != NULL ||
	    p->why[0] != '\0')) {
		snprintf(why, sizeof(why), "no passphrase from %s: %.300s%s%s",
		    p->source, p->why, error != NULL && p->why[0] != '\0' ?
		    "; " : "", error != NULL ? error : "");
		source_failed(s, why);
	} else if (p->learnt && p->state == SECRET_COMING)
		secret_held(s);
}

void
source_failed(struct service *s, const char *why)
{
	struct passphrase	*p = secret_of(s);

	if (p->was_held) {
		secret_not_taken(s, why);
		return;
	}
	secret_locked(s, why);
	if (!source_is_lasting(s) || s->conf->retry_ms == 0)
		return;
	if (p->again == NULL && (p->again = evtimer_new(base, again,
	    s)) == NULL)
		fatalx("out of memory for events");
	clock_timer(p->again, s->conf->retry_ms);
}

static void
again(evutil_socket_t fd, short what, void *arg)
{
	struct service		*s = arg;
	struct passphrase	*p = s->passphrase;

	(void)fd;
	(void)what;
	if (p->state == SECRET_LOCKED && secret_of(s) != NULL)
		secret_obtain(s);
}

void
source_cancel(struct passphrase *p)
{
	if (p->command != NULL)
		probe_command_cancel(p->command);
	p->command = NULL;
	if (p->again != NULL)
		event_free(p->again);
	p->again = NULL;
}
