/*
 * connect(2) of the rooms that use common/curl_handed.h; linked into them
 * and never into libcommon.a, where it would reach programs that connect.
 *
 * These rooms never connect: their sockets come connected.  libcurl 7.88
 * ignores CURL_SOCKOPT_ALREADY_CONNECTED (fixed in 8.0) and calls connect(2)
 * all the same.  EINPROGRESS makes it wait until the socket is writable, which
 * it is, so a transfer also works where no sandbox gives that answer.  The
 * prototype is our own as that of glibc takes a union.
 */

#include <errno.h>

int	connect(int, const void *, unsigned int);

int
connect(int fd, const void *address, unsigned int len)
{
	(void)fd;
	(void)address;
	(void)len;
	errno = EINPROGRESS;
	return -1;
}
