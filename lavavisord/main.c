#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/message.h"
#include "common/service_name.h"
#include "common/version.h"
#include "compat/process.h"
#include "lavavisord/check.h"
#include "lavavisord/config.h"
#include "lavavisord/control_sockets.h"
#include "lavavisord/ctl.h"
#include "lavavisord/dial.h"
#include "lavavisord/events.h"
#include "lavavisord/fetch.h"
#include "lavavisord/hook_command.h"
#include "lavavisord/hook_upgrade.h"
#include "lavavisord/hooks.h"
#include "lavavisord/journal.h"
#include "lavavisord/lavavisord.h"
#include "lavavisord/nodes.h"
#include "lavavisord/out_of_memory.h"
#include "lavavisord/passphrase.h"
#include "lavavisord/reap.h"
#include "lavavisord/reexec.h"
#include "lavavisord/reload.h"
#include "lavavisord/roll_read.h"
#include "lavavisord/rooms.h"
#include "lavavisord/run_command.h"
#include "lavavisord/service_manager.h"
#include "lavavisord/services.h"
#include "lavavisord/show_config.h"
#include "lavavisord/shutdown.h"
#include "lavavisord/startup.h"
#include "lavavisord/upgrade.h"
#include "lavavisord/verify.h"
#include "lavavisord/version_probe.h"
#include "lavavisord/without_proc.h"
#include "lavavisord/wrapped.h"

#define ROOMS_USER	"_lavavisord"
#define SHOW_GROUP	"_lavavisor"
#define JOURNAL_SOON_MS	100

struct lavavisord		 env;
static struct inherited		 inherited = { .keeper = -1 };

static void	begin_as_init(void);
static void	everything_is_up(void);
static void	help(void) __attribute__((__noreturn__));
static void	keep_now(evutil_socket_t, short, void *);
static void	live_with_stdin(void);
static void	load_journal(void);
static void	long_option(const char *);
static void	make_sockets(int *, int *);
static int	may_be_blind(int);
static int	name_is_known(const char *, uint32_t);
static void	on_signal(evutil_socket_t, short, void *);
static void	reaped_child(pid_t, int);
static void	sampled(const struct msg_versions *);
static void	set_signal(int);
static void	start_rooms(void);
static void	stdin_ended(evutil_socket_t, short, void *);
static void	usage(const char *, const char *)
		    __attribute__((__noreturn__));

/* In one line, where the help is as well */
static void
usage(const char *what, const char *word)
{
	fprintf(stderr, "lavavisord: %s%s (see `lavavisord --help')\n", what,
	    word);
	exit(2);
}

static void
help(void)
{
	printf("usage: lavavisord [-dInv] [-D directory] [-f config.yml] "
	    "[-L libexec]\n"
	    "       lavavisord -W service [-nv] [-D directory] "
	    "[-f config.yml] [-L libexec]\n"
	    "                  [-U directory]\n\n"
	    "  -D directory    keep everything there\n"
	    "  -d              stay in the foreground, log to standard error\n"
	    "  -f config.yml   read this configuration\n"
	    "  -I              idle: only carry out orders\n"
	    "  -L libexec      where the programs of the rooms are\n"
	    "  -n              check the configuration and exit\n"
	    "  -U directory    with -W: where upgrades/ is\n"
	    "  -v              log more\n"
	    "  -W service      stand in for this one service\n"
	    "  --help          this\n"
	    "  --version       the version of lavavisord\n\n"
	    "examples:\n"
	    "  lavavisord -n               # is the configuration understood?\n"
	    "  lavavisord                  # in the background\n"
	    "  lavavisord -d -D /tmp/try   # in the foreground, of one's own\n"
	    "See lavavisord(8); lavavisorctl talks to it.\n");
	exit(fflush(stdout) == 0 ? 0 : 1);
}

/* A lone --help or --version */
static void
long_option(const char *word)
{
	if (strcmp(word, "--help") == 0)
		help();
	if (strcmp(word, "--version") == 0) {
		printf("lavavisord %s\n", LAVAVISORD_VERSION);
		exit(fflush(stdout) == 0 ? 0 : 1);
	}
}

int
main(int argc, char *argv[])
{
	const char	*conf = NULL, *directory = NULL, *libexec = NULL;
	const char	*upgrades = NULL;
	sigset_t	 none;
	char		 error[CONFIG_ERROR_SIZE], wrong[] = "-x";
	int		 ch, check = 0;

	if (argc == 2)
		long_option(argv[1]);
	passphrase_descriptors();
	opterr = 0;
	while ((ch = getopt(argc, argv, ":dD:f:IL:nU:vW:")) != -1) {
		switch (ch) {
		case 'd':
			env.foreground = 1;
			break;
		case 'D':
			directory = optarg;
			break;
		case 'f':
			conf = optarg;
			break;
		case 'I':
			env.idle = 1;
			break;
		case 'L':
			libexec = optarg;
			break;
		case 'n':
			check = 1;
			break;
		case 'U':
			upgrades = optarg;
			break;
		case 'v':
			env.verbose = 1;
			break;
		case 'W':
			env.wrapped = optarg;
			break;
		case ':':
			wrong[1] = (char)optopt;
			usage("there is no value behind ", wrong);
		default:
			wrong[1] = (char)optopt;
			usage("unknown option ", isgraph((unsigned char)
			    optopt) ? wrong : "");
		}
	}
	if (argc != optind)
		usage("it takes options only, no further word", "");
	if (upgrades != NULL && env.wrapped == NULL)
		usage("-U is for -W only", "");
	if (env.wrapped != NULL && env.idle)
		usage("-W and -I exclude each other", "");
	if (env.wrapped != NULL && !service_name_valid(env.wrapped))
		usage("-W needs the name of a service: ", SERVICE_NAME_RULE);
	if (env.wrapped != NULL)
		env.foreground = 1;
	config_wrap(env.wrapped);

	log_init("lavavisord", LOG_TO_STDERR, env.verbose);
	log_never_wait();
	if (getpid() == 1)
		begin_as_init();
	if (process_visible(error, sizeof(error)) == -1 && !may_be_blind(check))
		fatalx("%s: when a process was started is read there: mount "
		    "-t proc proc /proc", error);
	if (places_find(&env.places, conf, directory, libexec, error,
	    sizeof(error)) == -1 || (env.wrapped != NULL &&
	    places_wrap(&env.places, upgrades, error, sizeof(error)) == -1) ||
	    config_load(env.places.conf, env.places.directory, &env.conf,
	    error, sizeof(error)) == -1 ||
	    config_accounts(env.conf, error, sizeof(error)) == -1)
		fatalx("%s%s", error, env.places.conf[0] != '\0' &&
		    access(env.places.conf, F_OK) == -1 && errno == ENOENT ?
		    ": `lavavisorctl init' makes it" : "");
	if (env.places.privileged && getpwnam(ROOMS_USER) == NULL)
		fatalx("the account %s is missing: make it with "
		    "etc/accounts.sh or `make install`", ROOMS_USER);
	if (check && check_start(&env.places, error, sizeof(error)) == -1)
		fatalx("%s", error);
	if (check) {
		fprintf(stderr, "%s: configuration ok\n", env.places.conf);
		return 0;
	}
	if (places_make(&env.places, error, sizeof(error)) == -1)
		fatalx("%s", error);
	if (reexec_init(argc, argv, error, sizeof(error)) == -1 ||
	    (env.handed = reexec_handed(&inherited, error,
	    sizeof(error))) == -1)
		fatalx("%s", error);
	if (env.handed) {
		env.lock = inherited.lock;
		startup_lock_again(env.lock);
		if (!env.foreground)
			log_init("lavavisord", LOG_TO_SYSLOG, env.verbose);
	} else if (!env.foreground)
		startup_background();
	/* After the fork: a lock of fcntl(2) belongs to one process. */
	if (!env.handed && (env.lock = startup_lock(&env.places, error,
	    sizeof(error))) == -1)
		fatalx("%s", error);
	if (env.idle && !env.handed && check_nothing_runs(&env.places,
	    error, sizeof(error)) == -1)
		fatalx("%s", error);
	if ((env.dir = open(env.places.directory, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) == -1)
		fatal("%s", env.places.directory);
	if ((env.base = event_base_new()) == NULL)
		fatalx("event_base_new");
	manager_begin(env.base);
	set_signal(SIGCHLD);
	set_signal(SIGTERM);
	set_signal(SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (env.wrapped != NULL)
		wrapped_begin(env.base);
	else {
		set_signal(SIGHUP);
		set_signal(SIGUSR2);
		signal(SIGUSR1, SIG_IGN);
	}
	/* Our predecessor left them to us. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	show_config_begin();
	events_init(env.places.directory);
	if (env.idle)
		live_with_stdin();
	load_journal();
	if (env.wrapped != NULL && !env.handed)
		wrapped_wants();
	start_rooms();
	if (!env.handed && without_proc(error, sizeof(error)))
		log_warnx("%s", error);
	log_info("lavavisord %s started, pid %d, directory %s",
	    LAVAVISORD_VERSION, (int)getpid(), env.places.directory);
	event_base_dispatch(env.base);
	reap_rest();
	log_info("stopped");
	return env.wrapped != NULL ? wrapped_exit_code() : 0;
}

/*
 * What is started elsewhere outlives us, and can only be recognized by its
 * start.  Orders alone start nothing; and the check is of a successor's, too.
 */
static int
may_be_blind(int check)
{
	return getpid() == 1 || env.wrapped != NULL || env.idle ||
	    (check && getppid() == 1);
}

/*
 * The kernel drops signals that pid 1 has no handler for, unless they are
 * blocked; and when it goes to the background its container ends.
 */
static void
begin_as_init(void)
{
	sigset_t	 set;

	env.foreground = 1;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR2);
	wrapped_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
set_signal(int signo)
{
	struct event	*ev;

	if ((ev = evsignal_new(env.base, signo, on_signal, NULL)) == NULL ||
	    event_add(ev, NULL) == -1)
		fatalx("out of memory for events");
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	(void)what;
	(void)arg;
	switch (signo) {
	case SIGCHLD:
		reap_children(reaped_child);
		break;
	case SIGTERM:
	case SIGINT:
		shutdown_begin(0);
		break;
	case SIGHUP:
		reload_from_signal();
		break;
	case SIGUSR2:
		reexec_begin(NULL);
		break;
	}
}

static void
stdin_ended(evutil_socket_t fd, short what, void *arg)
{
	char	 buf[256];

	(void)what;
	if (read((int)fd, buf, sizeof(buf)) > 0)
		return;
	event_del(*(struct event **)arg);
	log_info("who started this lavavisord has ended");
	shutdown_begin(0);
}

/* One that works for another program is not to be left behind by it. */
static void
live_with_stdin(void)
{
	static struct event	*ev;
	struct stat		 st;

	if (fstat(STDIN_FILENO, &st) == -1 || !S_ISFIFO(st.st_mode))
		return;
	if ((ev = event_new(env.base, STDIN_FILENO, EV_READ | EV_PERSIST,
	    stdin_ended, &ev)) == NULL || event_add(ev, NULL) == -1)
		fatalx("out of memory for events");
}

/* Whose child it was; services are dealt with in reap.c */
static void
reaped_child(pid_t pid, int status)
{
	if (!rooms_reaped(pid, status) &&
	    !run_command_reaped(pid, status) &&
	    !version_probe_reaped(pid, status) &&
	    !reexec_reaped(pid, status) && !roll_read_reaped(pid, status))
		log_debug("child %d ended", (int)pid);
	shutdown_step();
	reexec_step();
}

static void
load_journal(void)
{
	char	 error[TEXT_SIZE];

	switch (journal_load(env.dir, clock_s(), &env.journal, error)) {
	case JOURNAL_REFUSED:
		fatalx("%s", error);
	case JOURNAL_DAMAGED:
		log_warnx("%s", error);
		break;
	case JOURNAL_NEW:
	case JOURNAL_LOADED:
		break;
	}
	/*
	 * Its generations count from here on, whatever happens next.  A power
	 * cut ends all that knows of one, and for a kill run/services is
	 * enough: the one service need not wait for the disk.
	 */
	if (env.wrapped != NULL)
		journal_keep_soon();
	else
		journal_keep_base();
}

int
journal_keep(void)
{
	char	 error[TEXT_SIZE];

	if (journal_save(env.dir, &env.journal, error) == 0) {
		if (env.journal_failed)
			log_info("the journal is written again");
		env.journal_failed = 0;
		return 0;
	}
	if (!env.journal_failed)
		log_warnx("%s: decisions are not safe over a restart",
		    error);
	env.journal_failed = 1;
	if (upgrade_state() != UPGRADE_IDLE)
		upgrade_feed(EV_DISK_FULL, error);
	return -1;
}

void
journal_keep_base(void)
{
	char	 error[TEXT_SIZE];

	if (journal_save(env.dir, &env.journal, error) == 0)
		return;
	if (errno != ENOSPC && errno != EDQUOT)
		fatalx("%s", error);
	log_warnx("%s: decisions are not safe over a restart", error);
	env.journal_failed = 1;
}

static void
keep_now(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	journal_keep();
}

void
journal_keep_soon(void)
{
	static struct event	*later;

	if (later == NULL && (later = evtimer_new(env.base, keep_now,
	    NULL)) == NULL)
		fatalx("out of memory for events");
	if (!evtimer_pending(later, NULL))
		clock_timer(later, JOURNAL_SOON_MS);
}

static void
make_sockets(int *admin, int *show)
{
	char		 error[TEXT_SIZE];
	struct group	*gr = NULL;

	if (env.places.privileged && (gr = getgrnam(SHOW_GROUP)) == NULL)
		log_warnx("the group %s is missing: only root may `show`",
		    SHOW_GROUP);
	*admin = control_socket(env.places.sockets, "admin.sock", 0600,
	    (gid_t)-1, error, sizeof(error));
	if (*admin != -1)
		*show = control_socket(env.places.sockets, "show.sock", 0660,
		    gr != NULL ? gr->gr_gid : (gid_t)-1, error,
		    sizeof(error));
	if (*admin == -1 || *show == -1)
		fatalx("%s", error);
}

static int
name_is_known(const char *host, uint32_t port)
{
	return config_names_host(env.conf, host, port);
}

static void
start_rooms(void)
{
	static char		 empty[600], staging[600];
	struct rooms_conf	 conf;

	snprintf(empty, sizeof(empty), "%s/run/empty", env.places.directory);
	snprintf(staging, sizeof(staging), "%s/staging",
	    env.places.directory);
	memset(&conf, 0, sizeof(conf));
	conf.base = env.base;
	conf.libexec = env.places.libexec;
	conf.user = env.places.privileged ? ROOMS_USER : NULL;
	conf.empty = empty;
	conf.sandbox = env.conf->sandbox;
	conf.verbose = env.verbose;
	conf.foreground = env.foreground;
	if (conf.sandbox == SANDBOX_OFF)
		log_warnx("the sandbox is off, as configured");
	if (env.wrapped != NULL && !env.handed && process_may_change_user())
		log_warnx("root runs this, and so the service: wrap and pod "
		    "have --user NAME, and a container can have another user");
	if (!env.places.privileged)
		log_info("%s: rooms and services share uid %u",
		    geteuid() == 0 ? "it changes no user" : "not root",
		    (unsigned int)geteuid());
	if (!env.handed)
		make_sockets(&inherited.admin, &inherited.show);
	inherited.lock = env.lock;
	reexec_hand(&inherited);
	rooms_init(&conf);
	if (env.wrapped != NULL && !env.handed)
		wrapped_rooms(env.base);
	rooms_listen(hooks_room);
	dial_named_by(name_is_known);
	dial_init(env.base);
	fetch_init(env.base, staging);
	verify_init(env.base);
	out_of_memory_look();
	nodes_init(sampled);
	nodes_use(env.conf);
	hook_commands_init(env.base);
	hook_upgrade_init(env.base);
	hooks_begin();
	upgrade_begin();
	passphrase_begin(env.base, inherited.keeper, inherited.keeper_pid);
	ctl_init(env.base, inherited.admin, inherited.show,
	    everything_is_up);
	/* Children of the program before us may have ended meanwhile. */
	reap_children(reaped_child);
}

/* An awake daemon's time for what is no reason to wake up */
static void
sampled(const struct msg_versions *m)
{
	out_of_memory_look();
	upgrade_sample(m);
}

static void
everything_is_up(void)
{
	char	 status[sizeof(env.places.directory) + 64];

	rooms_settled();
	if (!env.foreground)
		log_init("lavavisord", LOG_TO_SYSLOG, env.verbose);
	startup_done();
	snprintf(status, sizeof(status), "%zu service%s, directory %s",
	    env.conf->services_count, env.conf->services_count == 1 ? "" : "s",
	    env.places.directory);
	manager_ready(status);
}
