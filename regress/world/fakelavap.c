/*
 * Behaves as the real lavap does towards a supervisor: `version`; rpcprovider
 * and rpcconsumer with a config NAME that is looked up in --home,
 * --home/config, ".", "./config" and ~/.lava; 0.7 s until it listens; INT
 * exits 0, TERM kills; a provider locks a directory below its own.
 *
 * What it says it is and how it misbehaves is in `brand`, which brand.py
 * fills in in a copy of the file ("6.2.5 crash-late 500"), and in lines of its
 * config:
 *	# fake: crash-early, listen-ms 100
 * Behaviours:
 *	crash-early		exit 1 at once
 *	crash-late MS		exit 1 MS after it listens
 *	crash-once FILE		makes FILE and exits once it listens, unless
 *				there is one
 *	never-listens
 *	listen-ms MS		until it listens, instead of 700
 *	ignore-int, ignore-term
 *	fork N			N children in the same group, that ignore INT
 *	escape			a child in a session of its own, ends after 60 s
 *	flood BYTES		so much output before it listens
 *	chatter MS		a numbered line each MS
 *	exit-code N		of INT, instead of 0
 *	unwell-if FILE		answers 503 while there is such a file
 *	flaps			answers 503 every other time
 *	status N		answers with it instead of 200
 *	body TEXT		answers with it
 *	http KIND		drip: a byte each 50 ms; headers, body: without
 *				end; silent; junk: not HTTP; no-match: 200 KB
 *	notify MS		READY=1 to NOTIFY_SOCKET, MS after it listens
 *	line-split MS		"now serving" in two writes with MS between
 *	version-says TEXT, version-exit N, version-hangs
 *	version-waits FILE	while there is such a file
 *	keyring-asks N [own]	unlocks N keyrings, not one; own: each loses
 *				what the one before it has read ahead
 * With --keyring-backend file or os it asks for a passphrase: fakekeyring.h;
 * `keys add NAME` makes such a keyring.
 */

#include <sys/types.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fakekeyring.h"

#define BRAND_SIZE	512
#define ADDRESSES	16

/* The mark brand.py looks for; the text comes after it. */
static volatile char	 brand[BRAND_SIZE] = "@@fake-lavap-brand@@0.0.0";

struct fake {
	char	 version[64];
	int	 crash_early;
	int	 crash_late_ms;		/* -1 never */
	char	 crash_once[256];
	int	 never_listens;
	int	 listen_ms;
	int	 ignore_int;
	int	 ignore_term;
	int	 forks;
	int	 escape;
	long	 flood;
	int	 chatter_ms;
	int	 exit_code;
	char	 unwell_if[256];
	int	 flaps;
	int	 status;
	char	 body[128];
	char	 http[16];
	int	 notify_ms;		/* -1 never */
	int	 split_ms;		/* -1 never */
	char	 version_says[64];
	int	 version_exit;
	int	 version_hangs;
	char	 version_waits[256];
	int	 keyring_asks;
	int	 keyring_own;
};

static struct fake		 fake = { .crash_late_ms = -1,
				    .listen_ms = 700, .notify_ms = -1,
				    .split_ms = -1, .keyring_asks = 1 };
static char			 address[ADDRESSES][128];
static int			 addresses;
static unsigned int		 flap;
static volatile sig_atomic_t	 interrupted;

static int	 find_config(const char *, const char *, char *, size_t);
static int	 listen_on(const char *);
static void	 add_key(int, char *[]) __attribute__((__noreturn__));
static void	 answer(int);
static void	 behave(char *);
static void	 behaviours(char *);
static void	 die(const char *, int) __attribute__((__noreturn__));
static void	 flood(long);
static void	 lock_storage(void);
static int64_t	 now_ms(void);
static void	 misbehave(int);
static void	 notify(void);
static void	 on_interrupt(int);
static void	 read_brand(void);
static void	 read_config(const char *);
static void	 run(const char *);
static void	 say(const char *, const char *);
static void	 serve(int64_t);
static void	 sleep_until(int64_t);
static void	 spawn(int, int);
static void	 take_address(const char *);
static void	 unlock(int, char *[]);
static void	 write_all(int, const char *);
static void	 version(void) __attribute__((__noreturn__));

int
main(int argc, char *argv[])
{
	char		 path[1024], def[512];
	const char	*home, *user_home;
	int		 found, i;

	read_brand();
	if (argc >= 2 && strcmp(argv[1], "version") == 0)
		version();
	if (argc >= 4 && strcmp(argv[1], "keys") == 0 &&
	    strcmp(argv[2], "add") == 0)
		add_key(argc, argv);
	if (argc < 3 || (strcmp(argv[1], "rpcprovider") != 0 &&
	    strcmp(argv[1], "rpcconsumer") != 0)) {
		fprintf(stderr, "Error: unknown command for \"lavap\"\n");
		return 1;
	}
	if ((user_home = getenv("HOME")) == NULL)
		user_home = "/";
	snprintf(def, sizeof(def), "%s/.lava", user_home);
	home = def;
	for (i = 3; i + 1 < argc; i++) {
		if (strcmp(argv[i], "--home") == 0)
			home = argv[i + 1];
	}
	say("INF", "Process Started");
	/* The real one asks before it looks for its config. */
	found = find_config(argv[2], home, path, sizeof(path));
	if (found)
		read_config(path);
	unlock(argc, argv);
	if (!found)
		die("could not read config file: Config File Not Found", 1);
	run(argv[1]);
	return 0;
}

static void
unlock(int argc, char *argv[])
{
	struct keyring	 kr;

	keyring_find(&kr, argc, argv, 2);
	snprintf(kr.usage, sizeof(kr.usage), "%.40s [config-file]", argv[1]);
	kr.asks = fake.keyring_asks;
	kr.own_readers = fake.keyring_own;
	keyring_unlock(&kr);
}

static void
add_key(int argc, char *argv[])
{
	struct keyring	 kr;

	keyring_find(&kr, argc, argv, 4);
	snprintf(kr.key, sizeof(kr.key), "%.127s", argv[3]);
	snprintf(kr.usage, sizeof(kr.usage), "keys add <name>");
	keyring_add(&kr);
}

static void
read_brand(void)
{
	char	 text[BRAND_SIZE];
	size_t	 i, start = strlen("@@fake-lavap-brand@@");
	char	*rest;

	for (i = 0; i < BRAND_SIZE - start; i++)
		text[i] = brand[start + i];
	text[sizeof(text) - 1] = '\0';
	rest = text + strcspn(text, " ");
	if (*rest != '\0')
		*rest++ = '\0';
	snprintf(fake.version, sizeof(fake.version), "%.63s", text);
	behaviours(rest);
}

static void
behaviours(char *text)
{
	char	*one, *last;

	for (one = strtok_r(text, ",\n", &last); one != NULL;
	    one = strtok_r(NULL, ",\n", &last))
		behave(one);
}

static void
behave(char *text)
{
	const char	*arg;
	char		*end;
	int		 number;

	text += strspn(text, " \t");
	for (end = text + strlen(text); end > text && end[-1] == ' '; )
		*--end = '\0';
	end = text + strcspn(text, " ");
	arg = *end == '\0' ? "" : end + 1;
	*end = '\0';
	number = (int)strtol(arg, NULL, 10);
	if (strcmp(text, "crash-early") == 0)
		fake.crash_early = 1;
	else if (strcmp(text, "crash-late") == 0)
		fake.crash_late_ms = number;
	else if (strcmp(text, "crash-once") == 0)
		snprintf(fake.crash_once, sizeof(fake.crash_once), "%s", arg);
	else if (strcmp(text, "never-listens") == 0)
		fake.never_listens = 1;
	else if (strcmp(text, "listen-ms") == 0)
		fake.listen_ms = number;
	else if (strcmp(text, "ignore-int") == 0)
		fake.ignore_int = 1;
	else if (strcmp(text, "ignore-term") == 0)
		fake.ignore_term = 1;
	else if (strcmp(text, "fork") == 0)
		fake.forks = number;
	else if (strcmp(text, "escape") == 0)
		fake.escape = 1;
	else if (strcmp(text, "flood") == 0)
		fake.flood = strtol(arg, NULL, 10);
	else if (strcmp(text, "chatter") == 0)
		fake.chatter_ms = number;
	else if (strcmp(text, "exit-code") == 0)
		fake.exit_code = number;
	else if (strcmp(text, "unwell-if") == 0)
		snprintf(fake.unwell_if, sizeof(fake.unwell_if), "%s", arg);
	else if (strcmp(text, "flaps") == 0)
		fake.flaps = 1;
	else if (strcmp(text, "status") == 0)
		fake.status = number;
	else if (strcmp(text, "body") == 0)
		snprintf(fake.body, sizeof(fake.body), "%s", arg);
	else if (strcmp(text, "http") == 0)
		snprintf(fake.http, sizeof(fake.http), "%s", arg);
	else if (strcmp(text, "notify") == 0)
		fake.notify_ms = number;
	else if (strcmp(text, "line-split") == 0)
		fake.split_ms = number;
	else if (strcmp(text, "version-says") == 0)
		snprintf(fake.version_says, sizeof(fake.version_says), "%s",
		    arg);
	else if (strcmp(text, "version-exit") == 0)
		fake.version_exit = number;
	else if (strcmp(text, "version-hangs") == 0)
		fake.version_hangs = 1;
	else if (strcmp(text, "version-waits") == 0)
		snprintf(fake.version_waits, sizeof(fake.version_waits), "%s",
		    arg);
	else if (strcmp(text, "keyring-asks") == 0) {
		fake.keyring_asks = number;
		fake.keyring_own = strstr(arg, " own") != NULL;
	} else if (*text != '\0')
		die("the fake lavap knows no such behaviour", 99);
}

static void
version(void)
{
	while (fake.version_waits[0] != '\0' &&
	    access(fake.version_waits, F_OK) == 0)
		sleep_until(now_ms() + 20);
	if (fake.version_hangs)
		sleep_until(now_ms() + 600000);
	if (fake.version_exit != 0)
		exit(fake.version_exit);
	printf("%s\n", fake.version_says[0] != '\0' ? fake.version_says :
	    fake.version);
	exit(0);
}

/* An absolute path ends below each of these directories too: not found. */
static int
find_config(const char *name, const char *home, char *path, size_t size)
{
	const char	*user_home = getenv("HOME");
	const char	*base, *below;
	size_t		 i;
	int		 len;

	for (i = 0; i < 5; i++) {
		base = i < 2 ? home : i < 4 ? "." : user_home;
		below = i == 1 || i == 3 ? "/config" : i == 4 ? "/.lava" : "";
		if (base == NULL)
			continue;
		len = snprintf(path, size, "%s%s/%s", base, below, name);
		if (len > 0 && (size_t)len < size && access(path, R_OK) == 0)
			return 1;
	}
	return 0;
}

static void
read_config(const char *path)
{
	FILE	*f;
	char	 line[512], *p;
	int	 nested = 0;

	if ((f = fopen(path, "r")) == NULL)
		die("could not read config file", 1);
	while (fgets(line, sizeof(line), f) != NULL) {
		if ((p = strstr(line, "# fake: ")) != NULL) {
			behaviours(p + strlen("# fake: "));
			continue;
		}
		if ((p = strstr(line, "network-address:")) != NULL) {
			p += strlen("network-address:");
			nested = p[strspn(p, " \t\r\n")] == '\0';
			if (!nested)
				take_address(p);
		} else if (nested && (p = strstr(line, "address:")) != NULL) {
			take_address(p + strlen("address:"));
			nested = 0;
		}
	}
	fclose(f);
}

static void
take_address(const char *text)
{
	size_t	 len;
	int	 i;

	text += strspn(text, " \t\"'");
	len = strcspn(text, " \t\"'\r\n");
	if (len == 0 || len >= sizeof(address[0]) || addresses == ADDRESSES)
		die("cannot parse network-address", 1);
	memcpy(address[addresses], text, len);
	address[addresses][len] = '\0';
	/* Several interfaces may share one address. */
	for (i = 0; i < addresses; i++) {
		if (strcmp(address[i], address[addresses]) == 0)
			return;
	}
	addresses++;
}

static void
run(const char *role)
{
	struct sigaction	 sa;
	int64_t			 begin = now_ms();

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = fake.ignore_int ? SIG_IGN : on_interrupt;
	sigaction(SIGINT, &sa, NULL);
	sa.sa_handler = fake.ignore_term ? SIG_IGN : SIG_DFL;
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);

	if (fake.crash_early)
		die("panic: crash-early", 2);
	flood(fake.flood);
	spawn(fake.forks, 0);
	spawn(fake.escape, 1);
	sleep_until(begin + fake.listen_ms);
	if (strcmp(role, "rpcprovider") == 0) {
		lock_storage();
		say("INF", "RPCProvider done setting up endpoints, ready for "
		    "service");
	}
	serve(now_ms());
	say("INF", "shutting down");
	exit(fake.exit_code);
}

static void
lock_storage(void)
{
	static const char *const dirs[] = { ".storage",
	    ".storage/rewardserver", ".storage/rewardserver/lava@fake",
	    ".storage/rewardserver/lava@fake/ETH1" };
	size_t	 i;
	int	 fd;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (mkdir(dirs[i], 0755) == -1 && errno != EEXIST)
			die("panic: cannot make .storage", 2);
	}
	fd = open(".storage/rewardserver/lava@fake/ETH1/1",
	    O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd == -1 || flock(fd, LOCK_EX | LOCK_NB) == -1)
		die("panic: Cannot acquire directory lock on "
		    "\".storage/rewardserver\". Another process is using "
		    "this Badger database.", 2);
}

/* Waits for requests until it is told to go; began: when it could listen. */
static void
serve(int64_t began)
{
	struct pollfd	 pfd[ADDRESSES];
	int64_t		 crash = -1, chatter = began;
	unsigned long	 line = 0;
	char		 text[64];
	int		 i, n = 0, fd;

	for (i = 0; i < addresses && !fake.never_listens; i++) {
		pfd[n].fd = listen_on(address[i]);
		pfd[n++].events = POLLIN;
	}
	if (fake.crash_late_ms != -1)
		crash = began + fake.crash_late_ms;
	if (fake.crash_once[0] != '\0' && access(fake.crash_once, F_OK) == -1) {
		fd = open(fake.crash_once, O_CREAT | O_WRONLY | O_CLOEXEC,
		    0644);
		if (fd != -1)
			close(fd);
		die("panic: crash-once", 2);
	}
	if (fake.split_ms != -1) {
		write_all(STDOUT_FILENO, "now ser");
		sleep_until(now_ms() + fake.split_ms);
		write_all(STDOUT_FILENO, "ving\n");
	}
	if (fake.notify_ms != -1) {
		sleep_until(now_ms() + fake.notify_ms);
		notify();
	}
	while (!interrupted) {
		if (crash != -1 && now_ms() >= crash)
			die("FTL all endpoints are disabled", 1);
		if (fake.chatter_ms > 0 && now_ms() >= chatter) {
			snprintf(text, sizeof(text), "chatter %lu", ++line);
			say("INF", text);
			chatter += fake.chatter_ms;
		}
		i = crash != -1 || fake.chatter_ms > 0 ? 10 : 500;
		if (poll(pfd, (nfds_t)n, i) <= 0)
			continue;
		for (i = 0; i < n; i++) {
			if ((pfd[i].revents & POLLIN) != 0)
				answer(pfd[i].fd);
		}
	}
	/* The real one takes up to 0.1 s. */
	poll(NULL, 0, 50);
}

static int
listen_on(const char *where)
{
	struct sockaddr_in	 sin;
	char			 host[128];
	const char		*colon;
	int			 fd, on = 1;

	if ((colon = strrchr(where, ':')) == NULL)
		die("cannot parse network-address", 1);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - where), where);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
	if (inet_pton(AF_INET, host, &sin.sin_addr) != 1)
		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		die("socket", 1);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, 128) == -1)
		die("FTL listen: bind: address already in use", 1);
	return fd;
}

static void
answer(int listener)
{
	struct pollfd	 pfd;
	char		 request[2048], head[512], body[256];
	int		 fd, len, status = 200;

	if ((fd = accept(listener, NULL, NULL)) == -1)
		return;
	pfd.fd = fd;
	pfd.events = POLLIN;
	/* A probe may connect and leave without a word. */
	if (poll(&pfd, 1, 200) == 1 &&
	    read(fd, request, sizeof(request)) > 0) {
		if (fake.http[0] != '\0') {
			misbehave(fd);
			close(fd);
			return;
		}
		len = snprintf(body, sizeof(body),
		    "%s\nversion %s\npid %ld\n", fake.body[0] != '\0' ?
		    fake.body : "Health status OK", fake.version,
		    (long)getpid());
		if (fake.status != 0)
			status = fake.status;
		if (fake.flaps && flap++ % 2 == 1)
			status = 503;
		if (fake.unwell_if[0] != '\0' &&
		    access(fake.unwell_if, F_OK) == 0)
			status = 503;
		snprintf(head, sizeof(head), "HTTP/1.1 %d Whatever\r\n"
		    "Content-Type: text/plain\r\nContent-Length: %d\r\n"
		    "Connection: close\r\n\r\n%s", status, len, body);
		write_all(fd, head);
	}
	close(fd);
}

/* In a process of its own, so that others are answered meanwhile. */
static void
misbehave(int fd)
{
	static const char	 start[] = "HTTP/1.1 200 OK\r\n";
	char			 piece[1024];
	size_t			 i;

	signal(SIGCHLD, SIG_IGN);
	if (fork() != 0)
		return;
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	alarm(60);
	memset(piece, 'x', sizeof(piece));
	memcpy(piece + sizeof(piece) - 3, "\r\n", 3);
	memcpy(piece, "X: ", 3);
	if (strcmp(fake.http, "drip") == 0)
		for (i = 0; ; i++) {
			if (write(fd, i < sizeof(start) - 1 ? &start[i] : "x",
			    1) != 1)
				_exit(0);
			poll(NULL, 0, 50);
		}
	if (strcmp(fake.http, "junk") == 0) {
		write_all(fd, "SSH-2.0-nothing\r\n\r\n");
		_exit(0);
	}
	if (strcmp(fake.http, "silent") == 0) {
		poll(NULL, 0, 60000);
		_exit(0);
	}
	write_all(fd, start);
	if (strcmp(fake.http, "headers") == 0)
		for (;;)
			write_all(fd, piece);
	write_all(fd, "\r\n");
	for (i = 0; i < 200 || strcmp(fake.http, "body") == 0; i++)
		write_all(fd, piece);
	_exit(0);
}

static void
write_all(int fd, const char *text)
{
	size_t	 len = strlen(text);
	ssize_t	 n;

	for (; len > 0; text += n, len -= (size_t)n)
		if ((n = write(fd, text, len)) <= 0)
			return;
}

static void
notify(void)
{
	struct sockaddr_un	 sun;
	const char		*path = getenv("NOTIFY_SOCKET");
	static const char	 text[] = "STATUS=up\nREADY=1\n";
	int			 fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (path == NULL)
		die("no NOTIFY_SOCKET", 3);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%.100s", path);
	if ((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) == -1 || sendto(fd, text,
	    sizeof(text) - 1, 0, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		die("NOTIFY_SOCKET cannot be written to", 3);
	close(fd);
}

static void
spawn(int count, int own_session)
{
	int	 i;

	for (i = 0; i < count; i++) {
		switch (fork()) {
		case -1:
			die("fork", 1);
		case 0:
			signal(SIGINT, SIG_IGN);
			if (own_session)
				setsid();
			sleep_until(now_ms() + (own_session ? 60000 : 600000));
			_exit(0);
		default:
			break;
		}
	}
}

static void
flood(long bytes)
{
	char	 line[101];
	long	 number = 0;

	while (bytes > 0) {
		snprintf(line, sizeof(line), "%-99ld\n", ++number);
		if (fwrite(line, 1, 100, stdout) != 100)
			return;
		bytes -= 100;
	}
	fflush(stdout);
}

static void
say(const char *level, const char *text)
{
	struct timespec	 ts;
	struct tm	 tm;
	char		 when[32];

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(when, sizeof(when), "%b %d %H:%M:%S", &tm);
	printf("%s %s %s version=%s\n", when, level, text, fake.version);
	fflush(stdout);
}

static void
die(const char *text, int code)
{
	say("FTL", text);
	exit(code);
}

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static int64_t
now_ms(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Returns early when interrupted. */
static void
sleep_until(int64_t when)
{
	struct timespec	 ts;
	int64_t		 left;

	while (!interrupted && (left = when - now_ms()) > 0) {
		if (left > 100)
			left = 100;
		ts.tv_sec = 0;
		ts.tv_nsec = (long)(left * 1000000);
		nanosleep(&ts, NULL);
	}
}
