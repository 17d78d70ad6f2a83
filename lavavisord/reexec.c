#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "common/fault.h"
#include "common/log.h"
#include "common/message.h"
#include "lavavisord/ctl.h"
#include "lavavisord/events.h"
#include "lavavisord/fork_child.h"
#include "lavavisord/hook_command.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/offline.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/reexec.h"
#include "lavavisord/rooms.h"
#include "lavavisord/run_command.h"
#include "lavavisord/service_manager.h"
#include "lavavisord/services.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/upgrade_prepare.h"
#include "lavavisord/upgrade_steps.h"
#include "paths.h"

#define CHECK_SECONDS	30
#define LEAVE_SECONDS	15	/* for the rooms; then they are left */
#define VALUE_OPTIONS	"DfLUW"	/* what has a path behind it, or a name */
#define NAME_OPTION	'W'

static char		**args;		/* those of our start */
static int		 nargs;
static char		 program[PATH_MAX];
static struct inherited	 own;
static pid_t		 check_pid;
static int		 check_fd = -1;
static struct event	*check_timer;
static struct event	*leave_timer;
static int		 leaving;
static int		 turns;	/* of the loop until the exec, 0: rooms */

static int	add_option(char *, char *, char *, size_t);
static void	check_late(evutil_socket_t, short, void *);
static void	end_each(struct client *, void *);
static void	leave(void);
static void	leave_late(evutil_socket_t, short, void *);
static void	leave_timer_in(time_t);
static int	read_handed(char *, struct inherited *);
static void	read_keeper(struct inherited *);
static void	refused(const char *);
static void	signals_blocked(int);
static void	stay(void);
static void	successor(void);

/*
 * The installed program, unless we were started by another path.  A link stays
 * one: a package may let it point to its next program.
 */
int
reexec_init(int argc, char *const argv[], char *error, size_t len)
{
	char	*word;
	size_t	 at;
	int	 i;

	if (strchr(argv[0], '/') == NULL)
		strlcpy(program, PATH_SBIN "/lavavisord", sizeof(program));
	else if (path_absolute(program, sizeof(program), argv[0], error,
	    len) == -1)
		return -1;
	/* One word may become two, and -n is added */
	if ((args = calloc((size_t)argc * 2 + 2, sizeof(args[0]))) == NULL)
		fatal(NULL);
	args[nargs++] = program;
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		word = argv[i];
		at = strcspn(word, VALUE_OPTIONS);
		if (word[at] == '\0')
			args[nargs++] = word;
		else if (word[at + 1] != '\0') {
			if (add_option(word, word + at + 1, error, len) == -1)
				return -1;
		} else if (add_option(word, argv[++i], error, len) == -1)
			return -1;
	}
	return 0;
}

/* As it was written, unless the path was relative */
static int
add_option(char *word, char *path, char *error, size_t len)
{
	char	 absolute[PATH_MAX], *options;
	size_t	 before;

	before = strcspn(word, VALUE_OPTIONS) + 1;
	if (path[0] == '/' || word[before - 1] == NAME_OPTION) {
		args[nargs++] = word;
		if (path < word || path > word + strlen(word))
			args[nargs++] = path;
		return 0;
	}
	if (path_absolute(absolute, sizeof(absolute), path, error, len) == -1)
		return -1;
	if ((options = strndup(word, before)) == NULL ||
	    (path = strdup(absolute)) == NULL)
		fatal(NULL);
	args[nargs++] = options;
	args[nargs++] = path;
	return 0;
}

void
reexec_hand(const struct inherited *in)
{
	own = *in;
}

int
reexec_handed(struct inherited *in, char *error, size_t len)
{
	const char	*text;
	char		 copy[64];

	if ((text = getenv(HANDED_VARIABLE)) == NULL)
		return 0;
	if (strlcpy(copy, text, sizeof(copy)) >= sizeof(copy) ||
	    read_handed(copy, in) == -1) {
		snprintf(error, len, "the variable %s is for a lavavisord that "
		    "replaces itself: unset it", HANDED_VARIABLE);
		return -1;
	}
	unsetenv(HANDED_VARIABLE);
	read_keeper(in);
	return 1;
}

/* Without it passphrases are asked for again: no reason to fail. */
static void
read_keeper(struct inherited *in)
{
	const char	*text, *error;
	char		 copy[64], *rest = copy, *word;

	in->keeper = -1;
	in->keeper_pid = 0;
	if ((text = getenv(KEEPER_VARIABLE)) == NULL)
		return;
	strlcpy(copy, text, sizeof(copy));
	unsetenv(KEEPER_VARIABLE);
	word = strsep(&rest, ",");
	in->keeper = (int)strtonum(word, 3, INT_MAX, &error);
	if (error != NULL || fcntl(in->keeper, F_SETFD, FD_CLOEXEC) == -1) {
		in->keeper = -1;
		return;
	}
	if (rest != NULL)
		in->keeper_pid = (pid_t)strtonum(rest, 2, INT_MAX, &error);
	if (rest == NULL || error != NULL) {
		close(in->keeper);
		in->keeper = -1;
	}
}

static int
read_handed(char *text, struct inherited *in)
{
	const char	*error;
	char		*word;
	int		 fds[3], i;

	for (i = 0; i < 3; i++) {
		if ((word = strsep(&text, ",")) == NULL)
			return -1;
		fds[i] = (int)strtonum(word, 3, INT_MAX, &error);
		if (error != NULL || fcntl(fds[i], F_SETFD, FD_CLOEXEC) == -1)
			return -1;
	}
	if (text != NULL)
		return -1;
	in->lock = fds[0];
	in->admin = fds[1];
	in->show = fds[2];
	return 0;
}

void
reexec_begin(struct client *c)
{
	struct timeval	 tv = { CHECK_SECONDS, 0 };
	int		 fds[2], null;

	if (env.stopping || check_pid != 0 || leaving) {
		if (c != NULL)
			client_end(c, CTL_FAILED, env.stopping ?
			    "the daemon is stopping" : "a reexec is under way");
		return;
	}
	if (c != NULL && client_stays(c, "", NULL) == -1)
		return;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1 ||
	    (check_pid = fork_child()) == -1) {
		check_pid = 0;
		refused(strerror(errno));
		return;
	}
	if (check_pid == 0) {
		null = open("/dev/null", O_RDWR);
		if (null == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1 ||
		    dup2(fds[1], 2) == -1)
			_exit(111);
		closefrom(3);
		args[nargs] = "-n";
		execv(program, args);
		dprintf(2, "%s: %s\n", program, strerror(errno));
		_exit(111);
	}
	close(fds[1]);
	FAULT_POINT("reexec.check-forked");
	check_fd = fds[0];
	if (check_timer == NULL && (check_timer = evtimer_new(env.base,
	    check_late, NULL)) == NULL)
		fatalx("out of memory for events");
	evtimer_add(check_timer, &tv);
}

static void
check_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (check_pid != 0)
		kill(check_pid, SIGKILL);
}

static void
end_each(struct client *c, void *arg)
{
	const char	*why = arg;

	if (why != NULL)
		client_end(c, CTL_FAILED, "reexec is refused, the daemon runs "
		    "on: %s", why);
	else
		client_end(c, CTL_DONE, "the daemon is being replaced, "
		    "services stay up");
}

static void
refused(const char *why)
{
	char	 text[TEXT_SIZE];

	log_clean(text, sizeof(text), why);
	log_warnx("reexec is refused: %s", text);
	event_tell("reexec", json_pack("{s:s, s:s}", "state", "refused",
	    "reason", text));
	clients_each(VERB_REEXEC, end_each, text);
}

int
reexec_reaped(pid_t pid, int status)
{
	char	 said[TEXT_SIZE], *line;
	ssize_t	 n;

	if (check_pid == 0 || pid != check_pid)
		return 0;
	check_pid = 0;
	evtimer_del(check_timer);
	n = read(check_fd, said, sizeof(said) - 1);
	close(check_fd);
	check_fd = -1;
	said[n > 0 ? n : 0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	if (env.stopping) {
		refused("the daemon is stopping");
		return 1;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		leave();
		return 1;
	}
	/* Without the time and name that a log line begins with */
	line = strstr(said, "lavavisord: ");
	line = line != NULL ? line + strlen("lavavisord: ") : said;
	refused(line[0] != '\0' ? line : "the new program fails its check");
	return 1;
}

/* Rooms go, the supervisor last: it drains until the successor ends it */
static void
leave(void)
{
	leaving = 1;
	env.stopping = 1;
	log_info("reexec: %s takes over", program);
	manager_reloading("another lavavisord takes over");
	event_tell("reexec", json_pack("{s:s}", "state", "started"));
	upgrade_feed(EV_SHUTDOWN, "");
	steps_cancel();
	hook_cancel_all();
	offline_cancel("the daemon is being replaced");
	prepare_cancel("the daemon is being replaced");
	clients_each(VERB_REEXEC, end_each, NULL);
	clients_end_all(CTL_DONE, "the daemon is being replaced");
	passphrase_pause();
	rooms_end_all(1U << ROOM_SUPERVISOR | 1U << ROOM_KEEPER);
	if (leave_timer == NULL && (leave_timer = evtimer_new(env.base,
	    leave_late, NULL)) == NULL)
		fatalx("out of memory for events");
	leave_timer_in(LEAVE_SECONDS);
	reexec_step();
}

static void
leave_timer_in(time_t seconds)
{
	struct timeval	 tv = { seconds, 0 };

	if (evtimer_add(leave_timer, &tv) == -1)
		fatalx("event_add");
}

int
reexec_cancel(void)
{
	if (!leaving)
		return 0;
	log_info("reexec: given up, the daemon is to stop");
	stay();
	return 1;
}

static void
stay(void)
{
	leaving = turns = 0;
	env.stopping = 0;
	evtimer_del(leave_timer);
	signals_blocked(0);
	rooms_reopen();
	passphrase_resume();
	manager_ready("the lavavisord that was to take over does not");
}

static void
signals_blocked(int on)
{
	sigset_t	 set;

	if (on)
		sigfillset(&set);
	else
		sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

void
reexec_step(void)
{
	struct room_view	 supervisor, keeper;

	if (!leaving || turns > 0)
		return;
	rooms_view(ROOM_SUPERVISOR, &supervisor);
	rooms_view(ROOM_KEEPER, &keeper);
	if (rooms_living() > (supervisor.pid != 0) + (keeper.pid != 0) ||
	    !passphrase_is_paused())
		return;
	/*
	 * Signals wait for the successor from now on; those that came before
	 * are in the loop, and are dealt with in its next turns.
	 */
	signals_blocked(1);
	turns = 3;
	leave_timer_in(0);
}

/* The rooms are late, or a turn of the loop is over */
static void
leave_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (turns == 0) {
		log_warnx("reexec: not every room has ended");
		signals_blocked(1);
		turns = 3;
	}
	if (--turns > 0)
		leave_timer_in(0);
	else
		successor();
}

static void
successor(void)
{
	static char	 fds[64], kept[64];

	FAULT_POINT("reexec.before");
	own.keeper = -1;
	run_command_kill_all();
	if (services_record() == -1)
		goto fail;
	snprintf(fds, sizeof(fds), "%d,%d,%d", own.lock, own.admin, own.show);
	args[nargs] = NULL;
	if (setenv(HANDED_VARIABLE, fds, 1) == -1)
		goto fail;
	passphrase_hand(&own.keeper, &own.keeper_pid);
	snprintf(kept, sizeof(kept), "%d,%d", own.keeper,
	    (int)own.keeper_pid);
	if (own.keeper != -1 && (setenv(KEEPER_VARIABLE, kept, 1) == -1 ||
	    fcntl(own.keeper, F_SETFD, 0) == -1))
		goto fail;
	if (fcntl(own.lock, F_SETFD, 0) == -1 ||
	    fcntl(own.admin, F_SETFD, 0) == -1 ||
	    fcntl(own.show, F_SETFD, 0) == -1)
		goto fail;
	FAULT_POINT("reexec.exec");
	execv(program, args);
	log_warn("%s", program);
fail:
	/* Nothing is lost: the rooms are started again. */
	unsetenv(HANDED_VARIABLE);
	unsetenv(KEEPER_VARIABLE);
	if (own.keeper != -1)
		fcntl(own.keeper, F_SETFD, FD_CLOEXEC);
	fcntl(own.lock, F_SETFD, FD_CLOEXEC);
	fcntl(own.admin, F_SETFD, FD_CLOEXEC);
	fcntl(own.show, F_SETFD, FD_CLOEXEC);
	stay();
	refused("it could not be executed, or its records not written");
	rooms_keep(ROOM_DIALER);
	rooms_keep(ROOM_MONITOR);
	rooms_keep(ROOM_ADMIN);
	rooms_keep(ROOM_SHOW);
	if (upgrade_state() != UPGRADE_IDLE)
		upgrade_feed(EV_PARENT_START, "");
	upgrade_consider();
}
