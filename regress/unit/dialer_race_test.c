#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <fcntl.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "lavavisord/dialer/dial.h"
#include "lavavisord/dialer/lookup.h"

/* Only a fault needs so long. */
#define PATIENCE_MS	60000

/* Instead of lookup.c: what the name servers of a test answer, and when */
struct lookup {
	lookup_done		 done;
	void			*arg;
	struct event		*timer;
	struct lookup_answer	 answer;
};

static struct script {
	int			 after_ms;	/* -1: never */
	int			 error;
	const char		*addresses[LOOKUP_ADDRESSES];
} script4, script6;

static struct event_base	*base;
static unsigned int		 lookups;
static struct msg_dialed	 result;
static int			 result_fd;

static void
lookup_over(int fd, short what, void *arg)
{
	struct lookup		*l = arg;
	struct lookup_answer	 a = l->answer;
	lookup_done		 done = l->done;
	void			*whom = l->arg;

	(void)fd;
	(void)what;
	lookup_cancel(l);
	done(&a, whom);
}

struct lookup *
lookup_new(const char *host, int family, lookup_done done, void *arg)
{
	const struct script	*s = family == AF_INET ? &script4 : &script6;
	struct timeval		 tv = { 0, 0 };
	struct lookup		*l;
	unsigned int		 i;

	(void)host;
	l = calloc(1, sizeof(*l));
	assert_non_null(l);
	l->done = done;
	l->arg = arg;
	l->answer.error = s->error;
	l->answer.refused = -1;
	for (i = 0; i < LOOKUP_ADDRESSES && s->addresses[i] != NULL; i++)
		assert_int_equal(inet_pton(family, s->addresses[i],
		    l->answer.addresses[i].bytes), 1);
	l->answer.count = i;
	l->timer = evtimer_new(base, lookup_over, l);
	assert_non_null(l->timer);
	tv.tv_sec = s->after_ms / 1000;
	tv.tv_usec = s->after_ms % 1000 * 1000;
	if (s->after_ms != -1)
		evtimer_add(l->timer, &tv);
	lookups++;
	return l;
}

void
lookup_cancel(struct lookup *l)
{
	if (l == NULL)
		return;
	event_free(l->timer);
	free(l);
	lookups--;
}

static void
dialed(uint32_t id, int fd, const struct msg_dialed *m)
{
	assert_int_equal(id, 7);
	result = *m;
	result_fd = fd;
	event_base_loopbreak(base);
}

/* A listener on this address, or -1 without IPv6; *port 0: any */
static int
listener(int family, const char *text, uint16_t *port)
{
	struct sockaddr_in	 in;
	struct sockaddr_in6	 in6;
	struct sockaddr		*sa;
	socklen_t		 len;
	int			 fd;

	memset(&in, 0, sizeof(in));
	memset(&in6, 0, sizeof(in6));
	in.sin_family = AF_INET;
	in6.sin6_family = AF_INET6;
	in.sin_port = in6.sin6_port = htons(*port);
	if (family == AF_INET) {
		assert_int_equal(inet_pton(family, text, &in.sin_addr), 1);
		sa = (struct sockaddr *)&in;
		len = sizeof(in);
	} else {
		assert_int_equal(inet_pton(family, text, &in6.sin6_addr), 1);
		sa = (struct sockaddr *)&in6;
		len = sizeof(in6);
	}
	if ((fd = socket(family, SOCK_STREAM, 0)) == -1)
		return -1;
	if (bind(fd, sa, len) == -1 || listen(fd, 5) == -1 ||
	    getsockname(fd, sa, &len) == -1) {
		close(fd);
		return -1;
	}
	*port = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
	return fd;
}

static int64_t
now_ms(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Returns how long it took; no lookup is left behind. */
static int64_t
dial(const char *host, uint16_t port, int named, uint32_t timeout_ms)
{
	struct msg_dial	 m;
	int64_t		 begin = now_ms();

	memset(&m, 0, sizeof(m));
	strlcpy(m.host, host, sizeof(m.host));
	m.port = port;
	m.named = (uint8_t)named;
	m.timeout_ms = timeout_ms;
	result_fd = -2;
	dial_begin(dial_new(base, 7, &m, dialed), 0);
	if (result_fd == -2)
		event_base_dispatch(base);
	assert_int_not_equal(result_fd, -2);
	assert_int_equal(lookups, 0);
	assert_int_equal(dial_count(), 0);
	return now_ms() - begin;
}

static void
is_connected(const char *address)
{
	assert_string_equal(result.error, "");
	assert_string_equal(result.address, address);
	assert_true(result_fd >= 0);
	assert_true(fcntl(result_fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(result_fd, F_GETFD) & FD_CLOEXEC);
	close(result_fd);
}

static void
is_refused(const char *fmt, unsigned int port)
{
	char	 want[TEXT_SIZE];

	snprintf(want, sizeof(want), fmt, port);
	assert_int_equal(result_fd, -1);
	assert_string_equal(result.error, want);
}

static void
set(struct script *s, int after_ms, int error)
{
	memset(s, 0, sizeof(*s));
	s->after_ms = after_ms;
	s->error = error;
}

static void
no_ipv6_answer(void **state)
{
	uint16_t	 port = 0;
	int		 four = listener(AF_INET, "127.0.0.1", &port);

	(void)state;
	/* Never: waited for only shortly.  None: not waited for. */
	set(&script4, 10, 0);
	script4.addresses[0] = "127.0.0.1";
	set(&script6, -1, 0);
	assert_true(dial("a.test", port, 1, PATIENCE_MS) >= 55);
	is_connected("127.0.0.1");
	set(&script6, 0, EAI_NONAME);
	dial("a.test", port, 1, PATIENCE_MS);
	is_connected("127.0.0.1");
	/* IPv4 late, after a family that has none or does not answer */
	set(&script6, 0, 0);
	script4.after_ms = 120;
	dial("a.test", port, 1, PATIENCE_MS);
	is_connected("127.0.0.1");
	close(four);
}

static void
ipv6_is_preferred(void **state)
{
	uint16_t	 port;
	int		 four, six, tries;

	(void)state;
	for (tries = 0;; tries++) {
		port = 0;
		if ((six = listener(AF_INET6, "::1", &port)) == -1) {
			print_message("no IPv6 here\n");
			return;
		}
		if ((four = listener(AF_INET, "127.0.0.1", &port)) != -1)
			break;
		close(six);
		assert_true(tries < 20);
	}
	/* Known at once; or as late as it may be, on a machine in a hurry */
	set(&script4, 0, 0);
	script4.addresses[0] = "127.0.0.1";
	set(&script6, 0, 0);
	script6.addresses[0] = "::1";
	dial("a.test", port, 1, PATIENCE_MS);
	is_connected("::1");
	/* Refused there, IPv4 comes at once, not after its 250 ms. */
	close(six);
	dial("a.test", port, 1, PATIENCE_MS);
	is_connected("127.0.0.1");
	/* IPv6 later than IPv4 has failed: it is still tried. */
	close(four);
	six = listener(AF_INET6, "::1", &port);
	assert_true(six != -1);
	script6.after_ms = 150;
	dial("a.test", port, 1, PATIENCE_MS);
	is_connected("::1");
	close(six);
}

static void
next_addresses(void **state)
{
	uint16_t	 port = 0;
	int		 four = listener(AF_INET, "127.0.0.1", &port);
	unsigned int	 i;

	(void)state;
	set(&script6, 0, EAI_NONAME);
	set(&script4, 0, 0);
	/* Nobody listens there, or it is no address of this machine. */
	for (i = 0; i < 5; i++)
		script4.addresses[i] = "127.0.0.2";
	script4.addresses[5] = "127.0.0.1";
	dial("a.test", port, 1, PATIENCE_MS);
	is_connected("127.0.0.1");
	/* More than six of a family are not tried. */
	script4.addresses[5] = "127.0.0.2";
	script4.addresses[6] = "127.0.0.1";
	dial("a.test", port, 1, PATIENCE_MS);
	assert_int_equal(result_fd, -1);
	close(four);
}

static void
forbidden(void **state)
{
	uint16_t	 port = 0;
	int		 four = listener(AF_INET, "127.0.0.1", &port), fd;

	(void)state;
	set(&script6, 0, EAI_NONAME);
	set(&script4, 0, 0);
	script4.addresses[0] = "127.0.0.1";
	dial("a.test", port, 0, PATIENCE_MS);
	is_refused("a.test (127.0.0.1) port %u: a loopback address, for which "
	    "the config must name the host", port);
	/* All of them, whatever their number */
	for (fd = 0; fd < LOOKUP_ADDRESSES; fd++)
		script4.addresses[fd] = "10.1.2.3";
	set(&script6, 10, 0);
	script6.addresses[0] = "::ffff:127.0.0.1";
	dial("a.test", port, 0, PATIENCE_MS);
	is_refused("a.test (10.1.2.3) port %u: a private address, for which "
	    "the config must name the host", port);
	assert_int_not_equal(fcntl(four, F_SETFL, O_NONBLOCK), -1);
	assert_int_equal(accept(four, NULL, NULL), -1);
	close(four);
}

static void
errors(void **state)
{
	char	 want[TEXT_SIZE];

	(void)state;
	set(&script4, 0, EAI_NONAME);
	set(&script6, 0, EAI_NONAME);
	dial("a.test", 80, 0, PATIENCE_MS);
	snprintf(want, sizeof(want), "a.test: %s", gai_strerror(EAI_NONAME));
	is_refused(want, 0);
	/* That it may work later is said, whichever family says it. */
	set(&script6, 20, EAI_AGAIN);
	dial("a.test", 80, 0, PATIENCE_MS);
	snprintf(want, sizeof(want), "a.test: %s", gai_strerror(EAI_AGAIN));
	is_refused(want, 0);
	set(&script6, 0, 0);
	set(&script4, 0, 0);
	dial("a.test", 80, 0, PATIENCE_MS);
	is_refused("a.test: no address", 0);
}

static void
deadline(void **state)
{
	(void)state;
	set(&script4, -1, 0);
	set(&script6, -1, 0);
	assert_true(dial("a.test", 80, 0, 200) >= 190);
	is_refused("a.test: no answer from the name servers in 0.2 s", 0);
	set(&script6, 0, EAI_NONAME);
	dial("a.test", 80, 0, 200);
	is_refused("a.test: no answer from the name servers in 0.2 s", 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(no_ipv6_answer),
		cmocka_unit_test(ipv6_is_preferred),
		cmocka_unit_test(next_addresses),
		cmocka_unit_test(forbidden),
		cmocka_unit_test(errors),
		cmocka_unit_test(deadline)
	};

	base = event_base_new();
	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
