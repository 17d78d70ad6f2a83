#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <imsg.h>

#include "common/channel.h"
#include "common/log.h"
#include "common/message.h"
#include "common/room.h"
#include "common/sandbox.h"
#include "compat/memory.h"
#include "common/version.h"

/* How long the parent may take for its hello, seconds */
#define HELLO_TIMEOUT	30

static const struct room_code	*code;
static struct room		 room;
static struct sandbox_conf	 conf = { SANDBOX_AUTO, NULL, SANDBOX_EMPTY };
static int			 greeted;

static void	helper_event(int);
static void	room_closed(struct channel *, const char *, void *);
static void	room_dispatch(struct channel *, struct imsg *, void *);
static void	room_enter(void);
static void	room_settled(evutil_socket_t, short, void *);
static void	room_hello(struct imsg *);
static void	room_help(int, void (*)(int));
static void	room_late(int, short, void *);
static void	room_log(int, const char *, void *);
static int	room_options(int, char *[]);
static void	room_refusals(void);
static void	room_signals(void);
static void	room_usage(const char *);

int
room_main(const struct room_code *rc, int argc, char *argv[])
{
	struct timeval		 tv = { HELLO_TIMEOUT, 0 };
	struct event_config	*ec;
	struct event		*late;
	int			 verbose;

	code = rc;
	room.kind = rc->kind;
	log_init(room_name(rc->kind), LOG_TO_STDERR, 0);
	verbose = room_options(argc, argv);
	room_signals();

	/* No changelist, no eventfd: fewer system calls to allow. */
	if ((ec = event_config_new()) == NULL ||
	    event_config_set_flag(ec, EVENT_BASE_FLAG_NOLOCK) == -1 ||
	    (room.base = event_base_new_with_config(ec)) == NULL)
		fatalx("event_base_new");
	event_config_free(ec);

	channel_open(&room.parent, room.base, ROOM_PARENT_FD, "parent", 1,
	    room_dispatch, room_closed, NULL);
	log_sink(room_log, NULL);
	log_init(room_name(room.kind), LOG_TO_SINK, verbose);

	if ((late = evtimer_new(room.base, room_late, NULL)) == NULL ||
	    evtimer_add(late, &tv) == -1)
		fatalx("out of memory for events");
	event_base_dispatch(room.base);
	event_free(late);
	room_enter();
	event_base_dispatch(room.base);
	channel_drain(&room.parent, 5000);
	return 0;
}

static int
room_options(int argc, char *argv[])
{
	int	 ch, verbose = 0;

	while ((ch = getopt(argc, argv, "e:k:S:u:Vv")) != -1) {
		switch (ch) {
		case 'e':
			conf.empty = optarg;
			break;
		case 'k':
			if (code->other_kind != ROOM_PARENT && strcmp(optarg,
			    room_name(code->other_kind)) == 0)
				room.kind = code->other_kind;
			else if (strcmp(optarg, room_name(code->kind)) != 0)
				room_usage(argv[0]);
			break;
		case 'S':
			if (strcmp(optarg, "auto") == 0)
				conf.mode = SANDBOX_AUTO;
			else if (strcmp(optarg, "require") == 0)
				conf.mode = SANDBOX_REQUIRE;
			else if (strcmp(optarg, "off") == 0)
				conf.mode = SANDBOX_OFF;
			else
				room_usage(argv[0]);
			break;
		case 'u':
			conf.user = optarg;
			break;
		case 'V':
			/* For those who check whether all belongs together */
			printf("%s\n", LAVAVISORD_BUILD);
			exit(0);
		case 'v':
			verbose = 1;
			break;
		default:
			room_usage(argv[0]);
		}
	}
	if (argc != optind)
		room_usage(argv[0]);
	return verbose;
}

static void
room_usage(const char *name)
{
	fprintf(stderr, "%s is started by lavavisord, never by hand\n", name);
	exit(2);
}

/* The parent ends a room by closing its channel; a terminal's ^C is not ours */
static void
room_signals(void)
{
	struct sigaction	 sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_IGN;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
}

static void
room_enter(void)
{
	struct timeval	 soon = { 1, 0 };

	if (code->prepare != NULL)
		code->prepare(&room);
	if (sandbox_enter(room.kind, &conf, &room.walls) == -1) {
		log_warnx("sandbox: %s", room.walls.missing);
		channel_drain(&room.parent, 5000);
		exit(ROOM_NO_WALLS);
	}
	if (code->exercise != NULL)
		code->exercise(&room);
	room_refusals();
	room_send(&room, MSG_READY, 0, -1, &room.walls);
	if (event_base_once(room.base, -1, EV_TIMEOUT, room_settled, NULL,
	    &soon) == -1)
		fatalx("out of memory for events");
}

/* What was needed to start is not needed again. */
static void
room_settled(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	memory_drop_text();
}

static void
room_hello(struct imsg *imsg)
{
	struct msg_hello	 hello;

	room_read(&room, imsg, MSG_HELLO, &hello, sizeof(hello));
	if (hello.catalogue != MESSAGE_CATALOGUE ||
	    strcmp(hello.build, LAVAVISORD_BUILD) != 0) {
		log_warnx("this room is build %s, the parent is %s: "
		    "reexec needed", LAVAVISORD_BUILD, hello.build);
		channel_drain(&room.parent, 5000);
		exit(ROOM_OTHER_BUILD);
	}
	hello.kind = room.kind;
	room_send(&room, MSG_HELLO, 0, -1, &hello);
	greeted = 1;
	event_base_loopbreak(room.base);
}

static void
room_late(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fatalx("no hello from the parent in %d seconds", HELLO_TIMEOUT);
}

static void
room_dispatch(struct channel *ch, struct imsg *imsg, void *arg)
{
	(void)ch;
	(void)arg;
	if (imsg_get_type(imsg) == MSG_HELLO && !greeted)
		room_hello(imsg);
	else if (!greeted || imsg_get_type(imsg) == MSG_HELLO)
		fatalx("unexpected %s message",
		    message_name(imsg_get_type(imsg)));
	else
		code->dispatch(&room, imsg);
	room_refusals();
}

static void
room_refusals(void)
{
	int	 nr;

	if ((nr = sandbox_refused()) != -1)
		log_warnx("system call %d was refused by the sandbox", nr);
}

static void
room_closed(struct channel *ch, const char *why, void *arg)
{
	(void)arg;
	log_debug("parent: %s", why);
	log_sink(NULL, NULL);
	channel_close(ch);
	if (code->orphaned != NULL && greeted)
		code->orphaned(&room);
	else
		exit(0);
}

static void
room_log(int priority, const char *text, void *arg)
{
	struct msg_log	 m;

	(void)arg;
	memset(&m, 0, sizeof(m));
	m.priority = (uint32_t)priority;
	strlcpy(m.text, text, sizeof(m.text));
	channel_send(&room.parent, MSG_LOG, 0, -1, &m);
	/* A fatal error ends us before the loop could send it. */
	if (priority <= LOG_ERR)
		channel_drain(&room.parent, 1000);
}

void
room_leave(struct room *r)
{
	event_base_loopbreak(r->base);
}

void
room_hush(struct room *r, int on)
{
	(void)r;
	log_sink(on ? NULL : room_log, NULL);
}

void
room_send(struct room *r, enum message_type type, uint32_t id, int fd,
    const void *m)
{
	channel_send(&r->parent, type, id, fd, m);
}

void
room_read(struct room *r, struct imsg *imsg, enum message_type type, void *m,
    size_t size)
{
	const char	*why;

	(void)r;
	if (message_read(imsg, type, m, size, &why) == -1)
		fatalx("malformed %s message: %s", message_name(type), why);
}

int
room_helper(struct room *r, void (*f)(int))
{
	int	 pair[2];

	(void)r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		fatal("socketpair");
	switch (fork()) {
	case -1:
		fatal("fork");
	case 0:
		room_help(pair[1], f);
		_exit(0);
	default:
		close(pair[1]);
		return pair[0];
	}
}

/*
 * Channel and event base are the room's: nothing may reach them from here.
 * The owner of the socket's SIGIO is set while that is allowed.
 */
static void
room_help(int fd, void (*f)(int))
{
	struct msg_ready	 walls;
	struct sigaction	 sa;
	int			 flags;

	log_sink(NULL, NULL);
	log_init(room_name(room.kind), LOG_TO_STDERR, 0);
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = helper_event;
	sa.sa_flags = SA_RESTART;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGIO, &sa, NULL);
	if (dup2(fd, ROOM_PARENT_FD) == -1)
		fatal("dup2");
	closefrom(ROOM_PARENT_FD + 1);
	if (fcntl(ROOM_PARENT_FD, F_SETOWN, getpid()) == -1 ||
	    (flags = fcntl(ROOM_PARENT_FD, F_GETFL)) == -1 ||
	    fcntl(ROOM_PARENT_FD, F_SETFL, flags | O_ASYNC) == -1)
		fatal("a helper's socket");
	/* The room itself says what is missing. */
	if (sandbox_enter(room.kind, &conf, &walls) == -1)
		_exit(ROOM_NO_WALLS);
	memory_drop_text();
	f(ROOM_PARENT_FD);
}

/* A question, or the end of file, while a call may block */
static void
helper_event(int number)
{
	int	 saved = errno;
	char	 c;

	(void)number;
	if (recv(ROOM_PARENT_FD, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		_exit(0);
	errno = saved;
}

int64_t
room_now_ms(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
