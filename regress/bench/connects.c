/*
 * A client that opens so many connections a second to each address, and counts
 * those that fail: what users of a service see of an upgrade.
 *
 * usage: connects RATE ADDRESS:PORT ...
 *
 * Until it is terminated; then one line for each address: how many were tried,
 * how many were refused, reset or not answered within a second, and for how
 * long, in ms, the longest row of failures lasted.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TARGETS_MAX	64
#define NS		1000000000LL

struct target {
	const char		*name;
	struct sockaddr_in	 sin;
	pthread_t		 thread;
	long			 tried, refused, reset, silent;
	long long		 longest_ns;
};

static volatile sig_atomic_t	 ended;
static long			 rate;

static long long	now_ns(void);
static int		connect_once(const struct sockaddr_in *);
static void		*hammer(void *);
static void		on_end(int);
static int		parse(struct target *, char *);

static long long
now_ns(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS + ts.tv_nsec;
}

static void
on_end(int sig)
{
	(void)sig;
	ended = 1;
}

/* 0 or an errno */
static int
connect_once(const struct sockaddr_in *sin)
{
	const struct linger	 at_once = { 1, 0 };
	const struct timeval	 second = { 1, 0 };
	int			 fd, error = 0;

	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd == -1)
		return errno;
	/* No TIME_WAIT, or the ports of a minute would run out */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
	if (connect(fd, (const struct sockaddr *)sin, sizeof(*sin)) == -1)
		error = errno;
	close(fd);
	return error;
}

static void *
hammer(void *arg)
{
	struct target	*t = arg;
	struct timespec	 ts;
	long long	 due = now_ns(), bad_since = 0, now;

	while (!ended) {
		due += NS / rate;
		ts.tv_sec = due / NS;
		ts.tv_nsec = due % NS;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		now = now_ns();
		t->tried++;
		switch (connect_once(&t->sin)) {
		case 0:
			bad_since = 0;
			continue;
		case ECONNREFUSED:
			t->refused++;
			break;
		case EINPROGRESS:
		case EAGAIN:
		case ETIMEDOUT:
			t->silent++;
			break;
		default:
			t->reset++;
		}
		if (bad_since == 0)
			bad_since = now;
		if (now_ns() - bad_since > t->longest_ns)
			t->longest_ns = now_ns() - bad_since;
	}
	return NULL;
}

static int
parse(struct target *t, char *text)
{
	char	*colon = strrchr(text, ':');

	if (colon == NULL)
		return -1;
	t->name = text;
	t->sin.sin_family = AF_INET;
	t->sin.sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
	*colon = '\0';
	if (inet_pton(AF_INET, text, &t->sin.sin_addr) != 1)
		return -1;
	*colon = ':';
	return 0;
}

int
main(int argc, char *argv[])
{
	static struct target	 targets[TARGETS_MAX];
	sigset_t		 both, before;
	int			 i, n = argc - 2;

	if (argc < 3 || (rate = strtol(argv[1], NULL, 10)) < 1 ||
	    n > TARGETS_MAX) {
		fprintf(stderr, "usage: connects RATE ADDRESS:PORT ...\n");
		return 2;
	}
	for (i = 0; i < n; i++)
		if (parse(&targets[i], argv[i + 2]) == -1) {
			fprintf(stderr, "connects: \"%s\" is no ADDRESS:PORT\n",
			    argv[i + 2]);
			return 2;
		}
	signal(SIGTERM, on_end);
	signal(SIGINT, on_end);
	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	pthread_sigmask(SIG_BLOCK, &both, &before);
	for (i = 0; i < n; i++)
		if (pthread_create(&targets[i].thread, NULL, hammer,
		    &targets[i]) != 0)
			return 1;
	while (!ended)
		sigsuspend(&before);
	for (i = 0; i < n; i++) {
		pthread_join(targets[i].thread, NULL);
		printf("%s %ld %ld %ld %ld %lld\n", targets[i].name,
		    targets[i].tried, targets[i].refused, targets[i].reset,
		    targets[i].silent, targets[i].longest_ns / 1000000);
	}
	return 0;
}
