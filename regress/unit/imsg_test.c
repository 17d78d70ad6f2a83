/*
 * imsg as this project relies on it: framing under every partial read and
 * write, lengths, and which descriptor belongs to which message.
 */

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <imsg.h>

#define FD_MARK		0x80000000U
#define FDS_LOOKED_AT	512
#define RANDOM_MESSAGES	10000
#define MAX_PAYLOAD	(MAX_IMSGSIZE - IMSG_HEADER_SIZE)

struct ends {
	int		 raw;		/* the test's own end */
	struct imsgbuf	 ibuf;		/* what is tested, on the other */
};

static unsigned char	 payload[MAX_PAYLOAD + 1];

static int	 after_lost_fd(size_t, struct ends *, int [2]);
static void	 close_ends(struct ends *);
static void	 expect(struct imsgbuf *, uint32_t, size_t);
static void	 feed(int, const void *, size_t, const int *, size_t);
static void	 fill(int, size_t);
static int	 get_fd(struct imsgbuf *, uint32_t);
static struct imsg_hdr header(uint32_t, size_t, int);
static int	 is_same(int, int);
static void	 open_ends(struct ends *);
static int	 open_fds(void);
static void	 read_all(struct imsgbuf *);
static uint32_t	 number(void);

static void
open_ends(struct ends *e)
{
	int	 sv[2], size = 1 << 20;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_int_equal(fcntl(sv[1], F_SETFL, O_NONBLOCK), 0);
	setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	e->raw = sv[0];
	assert_int_equal(imsgbuf_init(&e->ibuf, sv[1]), 0);
	imsgbuf_allow_fdpass(&e->ibuf);
}

static void
close_ends(struct ends *e)
{
	imsgbuf_clear(&e->ibuf);
	close(e->ibuf.fd);
	close(e->raw);
}

static int
open_fds(void)
{
	int	 fd, n = 0;

	for (fd = 0; fd < FDS_LOOKED_AT; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static int
is_same(int a, int b)
{
	struct stat	 sa, sb;

	assert_int_equal(fstat(a, &sa), 0);
	assert_int_equal(fstat(b, &sb), 0);
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static struct imsg_hdr
header(uint32_t type, size_t len, int mark)
{
	struct imsg_hdr	 hdr;

	hdr.type = type;
	hdr.len = (uint32_t)(IMSG_HEADER_SIZE + len) | (mark ? FD_MARK : 0);
	hdr.peerid = type + 1;
	hdr.pid = 4711;
	return hdr;
}

/* One send of bytes with descriptors, without the code under test */
static void
feed(int to, const void *bytes, size_t len, const int *fds, size_t n)
{
	union {
		struct cmsghdr	 align;
		char		 buf[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct cmsghdr	*cmsg;
	struct msghdr	 msg;
	struct iovec	 iov;

	iov.iov_base = (void *)(uintptr_t)bytes;
	iov.iov_len = len;
	memset(&msg, 0, sizeof(msg));
	memset(&control, 0, sizeof(control));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (n > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(cmsg), fds, n * sizeof(int));
	}
	assert_int_equal(sendmsg(to, &msg, 0), len);
}

/* Plain messages of exactly len bytes in all */
static void
fill(int to, size_t len)
{
	struct imsg_hdr	 hdr;
	size_t		 n;

	while (len > 0) {
		n = len > MAX_IMSGSIZE ? MAX_IMSGSIZE / 2 : len;
		hdr = header(1, n - IMSG_HEADER_SIZE, 0);
		feed(to, &hdr, sizeof(hdr), NULL, 0);
		if (n > sizeof(hdr))
			feed(to, payload, n - sizeof(hdr), NULL, 0);
		len -= n;
	}
}

static void
read_all(struct imsgbuf *ibuf)
{
	struct pollfd	 pfd = { ibuf->fd, POLLIN, 0 };

	while (poll(&pfd, 1, 0) == 1 && pfd.revents & POLLIN)
		assert_int_equal(imsgbuf_read(ibuf), 1);
}

static void
expect(struct imsgbuf *ibuf, uint32_t type, size_t len)
{
	static unsigned char	 got[MAX_PAYLOAD];
	struct imsg		 imsg;

	assert_int_equal(imsgbuf_get(ibuf, &imsg), 1);
	assert_int_equal(imsg_get_type(&imsg), type);
	assert_int_equal(imsg_get_id(&imsg), type + 1);
	assert_int_equal(imsg_get_pid(&imsg), 4711);
	assert_int_equal(imsg_get_len(&imsg), len);
	if (len > 0) {
		assert_int_equal(imsg_get_data(&imsg, got, len), 0);
		assert_memory_equal(got, payload, len);
	}
	assert_int_equal(imsg_get_fd(&imsg), -1);
	imsg_free(&imsg);
}

/* Skips plain messages; returns the descriptor of the first of this type. */
static int
get_fd(struct imsgbuf *ibuf, uint32_t type)
{
	struct imsg	 imsg;
	uint32_t	 got;
	int		 fd;

	do {
		assert_int_equal(imsgbuf_get(ibuf, &imsg), 1);
		got = imsg_get_type(&imsg);
		fd = imsg_get_fd(&imsg);
		imsg_free(&imsg);
		if (got != type)
			assert_int_equal(fd, -1);
	} while (got != type);
	return fd;
}

/* The same numbers in each run */
static uint32_t
number(void)
{
	static uint64_t	 x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32);
}

static void
single_bytes_are_read(void **state)
{
	struct imsg_hdr	 hdr = header(7, 5, 1);
	struct imsg	 imsg;
	struct ends	 e;
	unsigned char	 bytes[sizeof(hdr) + 5];
	size_t		 i;
	int		 fd, p[2];

	(void)state;
	open_ends(&e);
	assert_int_equal(pipe(p), 0);
	memcpy(bytes, &hdr, sizeof(hdr));
	memcpy(bytes + sizeof(hdr), payload, 5);
	for (i = 0; i < sizeof(bytes); i++) {
		assert_int_equal(imsgbuf_get(&e.ibuf, &imsg), 0);
		feed(e.raw, bytes + i, 1, p, i == 0 ? 1 : 0);
		assert_int_equal(imsgbuf_read(&e.ibuf), 1);
	}
	assert_int_equal(imsgbuf_get(&e.ibuf, &imsg), 1);
	assert_int_equal(imsg_get_len(&imsg), 5);
	fd = imsg_get_fd(&imsg);
	assert_true(is_same(fd, p[0]));
	assert_int_equal(imsg_get_fd(&imsg), -1);
	imsg_free(&imsg);
	close(fd);
	close(p[0]);
	close(p[1]);
	close_ends(&e);
}

/* The socket takes little at a time, and the reader takes single bytes. */
static void
single_bytes_are_written(void **state)
{
	struct ends	 e;
	unsigned char	*all;
	size_t		 n = 0, want = 3 * MAX_IMSGSIZE;
	int		 i, size = 1, full = 0;

	(void)state;
	open_ends(&e);
	setsockopt(e.ibuf.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_non_null(all = malloc(want));
	for (i = 0; i < 3; i++)
		assert_int_equal(imsg_compose(&e.ibuf, 9, 10, 4711, -1,
		    payload, MAX_PAYLOAD), 1);
	assert_int_equal(imsgbuf_queuelen(&e.ibuf), 3);
	while (n < want) {
		assert_int_equal(imsgbuf_write(&e.ibuf), 0);
		full |= imsgbuf_queuelen(&e.ibuf) > 0;
		assert_int_equal(read(e.raw, all + n, 1), 1);
		n++;
	}
	assert_true(full);
	assert_int_equal(imsgbuf_queuelen(&e.ibuf), 0);
	for (i = 0; i < 3; i++)
		assert_memory_equal(all + (size_t)i * MAX_IMSGSIZE +
		    IMSG_HEADER_SIZE, payload, MAX_PAYLOAD);
	free(all);
	close_ends(&e);
}

static void
lengths_have_bounds(void **state)
{
	static const uint32_t	 bad[] = {
		0, 1, IMSG_HEADER_SIZE - 1, MAX_IMSGSIZE + 1, 65536, INT_MAX
	};
	struct imsg_hdr		 hdr;
	struct ends		 e;
	size_t			 i;
	int			 mark;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (mark = 0; mark < 2; mark++) {
			open_ends(&e);
			hdr = header(1, 0, 0);
			hdr.len = bad[i] | (mark ? FD_MARK : 0);
			feed(e.raw, &hdr, sizeof(hdr), NULL, 0);
			errno = 0;
			assert_int_equal(imsgbuf_read(&e.ibuf), -1);
			assert_int_equal(errno, ERANGE);
			close_ends(&e);
		}
	open_ends(&e);
	fill(e.raw, IMSG_HEADER_SIZE);
	fill(e.raw, MAX_IMSGSIZE);
	read_all(&e.ibuf);
	expect(&e.ibuf, 1, 0);
	expect(&e.ibuf, 1, MAX_PAYLOAD);
	errno = 0;
	assert_int_equal(imsg_compose(&e.ibuf, 1, 2, 0, e.raw, payload,
	    MAX_PAYLOAD + 1), -1);
	assert_int_equal(errno, ERANGE);
	assert_int_not_equal(fcntl(e.raw, F_GETFD), -1);
	close_ends(&e);
}

static void
data_is_taken_exactly(void **state)
{
	struct imsg	 imsg;
	struct ends	 e;
	char		 got[16];

	(void)state;
	open_ends(&e);
	fill(e.raw, IMSG_HEADER_SIZE + 8);
	read_all(&e.ibuf);
	assert_int_equal(imsgbuf_get(&e.ibuf, &imsg), 1);
	assert_int_equal(imsg_get_data(&imsg, got, 7), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(imsg_get_data(&imsg, got, 9), -1);
	assert_int_equal(imsg_get_data(&imsg, got, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(imsg_get_data(&imsg, got, 8), 0);
	assert_int_equal(imsg_get_len(&imsg), 0);
	assert_int_equal(imsg_get_data(&imsg, got, 8), -1);
	imsg_free(&imsg);
	close_ends(&e);
}

static void
mark_without_descriptor(void **state)
{
	struct imsg_hdr	 hdr = header(3, 0, 1);
	struct ends	 e;

	(void)state;
	open_ends(&e);
	feed(e.raw, &hdr, sizeof(hdr), NULL, 0);
	read_all(&e.ibuf);
	assert_int_equal(get_fd(&e.ibuf, 3), -1);
	close_ends(&e);
}

static void
extra_descriptors_are_closed(void **state)
{
	struct imsg_hdr	 hdr = header(3, 0, 1), plain = header(4, 0, 0);
	struct ends	 e;
	int		 before, fd, fds[4], n;

	(void)state;
	open_ends(&e);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(fds + 2), 0);
	before = open_fds();
	for (n = 1; n <= 4; n++) {
		feed(e.raw, &hdr, sizeof(hdr), fds, (size_t)n);
		read_all(&e.ibuf);
		assert_int_equal(open_fds(), before + 1);
		fd = get_fd(&e.ibuf, 3);
		assert_true(is_same(fd, fds[0]));
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		close(fd);
	}
	/* One that no header announces, and one that nobody takes */
	feed(e.raw, &plain, sizeof(plain), fds, 1);
	read_all(&e.ibuf);
	assert_int_equal(open_fds(), before);
	assert_int_equal(get_fd(&e.ibuf, 4), -1);
	feed(e.raw, &hdr, sizeof(hdr), fds, 1);
	read_all(&e.ibuf);
	assert_int_equal(open_fds(), before + 1);
	for (n = 0; n < 4; n++)
		close(fds[n]);
	close_ends(&e);
	assert_int_equal(open_fds(), before - 6);
}

/* A hostile peer sends one with every byte of a header. */
static void
descriptors_do_not_pile_up(void **state)
{
	struct imsg_hdr	 hdr = header(3, 0, 0);
	struct ends	 e;
	size_t		 i;
	int		 before, p[2];

	(void)state;
	open_ends(&e);
	assert_int_equal(pipe(p), 0);
	before = open_fds();
	for (i = 0; i < sizeof(hdr); i++) {
		feed(e.raw, (char *)&hdr + i, 1, p, 2);
		read_all(&e.ibuf);
		assert_true(open_fds() <= before + 2);
	}
	assert_int_equal(open_fds(), before);
	assert_int_equal(get_fd(&e.ibuf, 3), -1);
	close(p[0]);
	close(p[1]);
	close_ends(&e);
}

/*
 * A message whose descriptor finds no place comes without; the next one,
 * which does, gets its own and not another's, wherever the reads end.
 */
static int
after_lost_fd(size_t cut, struct ends *e, int p[2])
{
	struct imsg_hdr	 first = header(5, 0, 1), second = header(6, 0, 1);
	struct rlimit	 rl, tight;
	unsigned char	 bytes[2 * sizeof(first)];
	int		 top;

	memcpy(bytes, &first, sizeof(first));
	memcpy(bytes + sizeof(first), &second, sizeof(second));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &rl), 0);
	assert_int_not_equal(top = dup(0), -1);
	close(top);
	tight = rl;
	tight.rlim_cur = (rlim_t)top;
	feed(e->raw, bytes, cut, &p[0], 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	assert_int_equal(imsgbuf_read(&e->ibuf), 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &rl), 0);
	if (cut < sizeof(first))
		feed(e->raw, bytes + cut, sizeof(first) - cut, NULL, 0);
	feed(e->raw, bytes + sizeof(first), sizeof(second), &p[1], 1);
	read_all(&e->ibuf);
	assert_int_equal(get_fd(&e->ibuf, 5), -1);
	return get_fd(&e->ibuf, 6);
}

static void
full_descriptor_table(void **state)
{
	struct ends	 e;
	size_t		 cut;
	int		 fd, p[2];

	(void)state;
	for (cut = 1; cut <= IMSG_HEADER_SIZE; cut++) {
		open_ends(&e);
		assert_int_equal(pipe(p), 0);
		fd = after_lost_fd(cut, &e, p);
		assert_int_not_equal(fd, -1);
		assert_true(fcntl(fd, F_GETFL) & O_WRONLY);
		close(fd);
		close(p[0]);
		close(p[1]);
		close_ends(&e);
	}
}

/* Linux hands out earlier bytes and the descriptor in one read. */
static void
header_cut_by_the_read_buffer(void **state)
{
	struct imsg_hdr	 hdr = header(8, 3, 1);
	struct ends	 e;
	size_t		 before;
	int		 fd, p[2], fds;

	(void)state;
	for (before = IBUF_READ_SIZE - 40; before < IBUF_READ_SIZE + 5;
	    before++) {
		open_ends(&e);
		assert_int_equal(pipe(p), 0);
		fds = open_fds();
		fill(e.raw, before);
		feed(e.raw, &hdr, sizeof(hdr), p, 1);
		feed(e.raw, payload, 3, NULL, 0);
		fill(e.raw, 100);
		read_all(&e.ibuf);
		fd = get_fd(&e.ibuf, 8);
		assert_int_not_equal(fd, -1);
		assert_true(is_same(fd, p[0]));
		close(fd);
		assert_int_equal(open_fds(), fds);
		close(p[0]);
		close(p[1]);
		close_ends(&e);
	}
}

static void
queued_descriptors_are_closed(void **state)
{
	struct ends	 e;
	int		 before, i, p[2];

	(void)state;
	before = open_fds();
	open_ends(&e);
	for (i = 0; i < 5; i++) {
		assert_int_equal(pipe(p), 0);
		close(p[1]);
		assert_int_equal(imsg_compose(&e.ibuf, 1, 0, 0, p[0], NULL,
		    0), 1);
	}
	imsgbuf_clear(&e.ibuf);
	imsgbuf_clear(&e.ibuf);
	close(e.ibuf.fd);
	close(e.raw);
	assert_int_equal(open_fds(), before);
}

/* Between a client and us nothing but bytes goes, in both directions. */
static void
no_descriptors_unless_allowed(void **state)
{
	struct imsg_hdr	 hdr = header(2, 0, 1);
	struct imsgbuf	 a, b;
	int		 before, p[2], sv[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_int_equal(imsgbuf_init(&a, sv[0]), 0);
	assert_int_equal(imsgbuf_init(&b, sv[1]), 0);
	imsgbuf_allow_fdpass(&b);
	assert_int_equal(pipe(p), 0);
	before = open_fds();
	assert_int_equal(imsg_compose(&a, 2, 0, 0, p[0], NULL, 0), 1);
	assert_int_equal(imsgbuf_flush(&a), 0);
	assert_int_equal(open_fds(), before - 1);
	read_all(&b);
	assert_int_equal(get_fd(&b, 2), -1);
	feed(sv[1], &hdr, sizeof(hdr), p + 1, 1);
	read_all(&a);
	assert_int_equal(get_fd(&a, 2), -1);
	assert_int_equal(open_fds(), before - 1);
	close(p[1]);
	imsgbuf_clear(&a);
	imsgbuf_clear(&b);
	close(sv[0]);
	close(sv[1]);
}

static void
end_of_the_peer(void **state)
{
	struct imsg	 imsg;
	struct ends	 e;

	(void)state;
	open_ends(&e);
	assert_int_equal(imsgbuf_read(&e.ibuf), 1);
	assert_int_equal(imsgbuf_write(&e.ibuf), 0);
	fill(e.raw, 20);
	close(e.raw);
	assert_int_equal(imsgbuf_read(&e.ibuf), 1);
	assert_int_equal(imsgbuf_read(&e.ibuf), 0);
	assert_int_equal(imsgbuf_get(&e.ibuf, &imsg), 1);
	imsg_free(&imsg);
	assert_int_equal(imsg_compose(&e.ibuf, 1, 0, 0, -1, NULL, 0), 1);
	assert_int_equal(imsgbuf_write(&e.ibuf), -1);
	assert_int_equal(errno, EPIPE);
	imsgbuf_clear(&e.ibuf);
	close(e.ibuf.fd);
}

/* Random sizes, one in four with a descriptor whose pipe holds its number */
static void
random_messages(void **state)
{
	struct imsgbuf	 a, b;
	struct imsg	 imsg;
	uint32_t	 got, sent = 0, seen = 0;
	size_t		 len;
	int		 before, fd, p[2], sv[2];

	(void)state;
	before = open_fds();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    sv), 0);
	assert_int_equal(imsgbuf_init(&a, sv[0]), 0);
	assert_int_equal(imsgbuf_init(&b, sv[1]), 0);
	imsgbuf_allow_fdpass(&a);
	imsgbuf_allow_fdpass(&b);
	while (seen < RANDOM_MESSAGES) {
		while (sent < RANDOM_MESSAGES && imsgbuf_queuelen(&a) < 16) {
			len = number() % 3 == 0 ? number() % MAX_PAYLOAD :
			    number() % 64;
			p[0] = -1;
			if (number() % 4 == 0) {
				assert_int_equal(pipe(p), 0);
				assert_int_equal(write(p[1], &sent, 4), 4);
				close(p[1]);
			}
			assert_int_equal(imsg_compose(&a, sent + 1, sent + 2,
			    p[0] == -1 ? 1 : 2, p[0], payload, len), 1);
			sent++;
			if (number() % 5 == 0)
				break;
		}
		if (number() % 2 == 0)
			assert_int_equal(imsgbuf_write(&a), 0);
		if (number() % 3 != 0)
			continue;
		assert_int_equal(imsgbuf_read(&b), 1);
		while (imsgbuf_get(&b, &imsg) == 1) {
			assert_int_equal(imsg_get_type(&imsg), ++seen);
			assert_int_equal(imsg_get_id(&imsg), seen + 1);
			len = imsg_get_len(&imsg);
			if (len > 0)
				assert_memory_equal(imsg.data, payload, len);
			fd = imsg_get_fd(&imsg);
			if (imsg_get_pid(&imsg) == 1)
				assert_int_equal(fd, -1);
			else {
				assert_int_equal(read(fd, &got, 4), 4);
				assert_int_equal(got, seen - 1);
				close(fd);
			}
			imsg_free(&imsg);
		}
	}
	imsgbuf_clear(&a);
	imsgbuf_clear(&b);
	close(sv[0]);
	close(sv[1]);
	assert_int_equal(open_fds(), before);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(single_bytes_are_read),
		cmocka_unit_test(single_bytes_are_written),
		cmocka_unit_test(lengths_have_bounds),
		cmocka_unit_test(data_is_taken_exactly),
		cmocka_unit_test(mark_without_descriptor),
		cmocka_unit_test(extra_descriptors_are_closed),
		cmocka_unit_test(descriptors_do_not_pile_up),
		cmocka_unit_test(full_descriptor_table),
		cmocka_unit_test(header_cut_by_the_read_buffer),
		cmocka_unit_test(queued_descriptors_are_closed),
		cmocka_unit_test(no_descriptors_unless_allowed),
		cmocka_unit_test(end_of_the_peer),
		cmocka_unit_test(random_messages)
	};
	size_t			 i;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < sizeof(payload); i++)
		payload[i] = (unsigned char)(i * 7 + i / 251);
	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
