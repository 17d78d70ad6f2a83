#include <sys/types.h>
#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <readpassphrase.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "compat/no_dump.h"
#include "lavavisorctl/passphrase.h"

/* One byte more than is taken shows that there is too much; and CR or NUL */
#define ROOM	(PASSPHRASE_MAX + 3)

/* No byte of UTF-8 */
#define UNUSED	0xff

static int	begin(char *, size_t);
static void	end(void);
static int	hand(size_t, char *, size_t);
static int	into_pipe(size_t, char *, size_t);
static ssize_t	read_line(void);

static char	 secret[ROOM];

static int
begin(char *why, size_t size)
{
	if (no_dump(1) == -1) {
		snprintf(why, size, "core dumps cannot be turned off: %s",
		    strerror(errno));
		return -1;
	}
	/* Few may lock nothing at all; for them it is as it is. */
	mlock(secret, sizeof(secret));
	return 0;
}

static void
end(void)
{
	int	 saved = errno;

	explicit_bzero(secret, sizeof(secret));
	munlock(secret, sizeof(secret));
	no_dump(0);
	errno = saved;
}

int
passphrase_ask(const char *name, char *why, size_t size)
{
	char	 prompt[NAME_SIZE + 32];
	size_t	 len = sizeof(secret);
	int	 fd;

	snprintf(prompt, sizeof(prompt), "Passphrase for %s: ", name);
	if (begin(why, size) == -1)
		return -1;
	/* The last NUL is its end, another one was typed. */
	memset(secret, UNUSED, sizeof(secret));
	if (readpassphrase(prompt, secret, sizeof(secret),
	    RPP_ECHO_OFF | RPP_REQUIRE_TTY) == NULL) {
		end();
		if (errno == ENOTTY)
			return PASSPHRASE_NO_TERMINAL;
		snprintf(why, size, "no passphrase from the terminal: %s",
		    errno == EINTR ? "interrupted" : strerror(errno));
		return -1;
	}
	while (len > 1 && (unsigned char)secret[len - 1] == UNUSED)
		len--;
	fd = hand(len - 1, why, size);
	end();
	return fd;
}

/* Its length without the line's end, -1 and errno */
static ssize_t
read_line(void)
{
	size_t	 len = 0;
	ssize_t	 n;

	/* What follows it may be meant for somebody else. */
	while (len < sizeof(secret)) {
		n = read(STDIN_FILENO, secret + len, 1);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0 || secret[len] == '\n')
			break;
		len++;
	}
	if (len > 0 && len < sizeof(secret) && secret[len - 1] == '\r')
		len--;
	return (ssize_t)len;
}

int
passphrase_line(char *why, size_t size)
{
	ssize_t	 len;
	int	 fd;

	if (begin(why, size) == -1)
		return -1;
	if ((len = read_line()) == -1) {
		snprintf(why, size, "no passphrase from standard input: %s",
		    strerror(errno));
		fd = -1;
	} else
		fd = hand((size_t)len, why, size);
	end();
	return fd;
}

static int
hand(size_t len, char *why, size_t size)
{
	const char	*lacks = NULL;

	if (len == 0)
		lacks = "is empty";
	else if (len > PASSPHRASE_MAX)
		lacks = "is longer than 1023 bytes";
	else if (memchr(secret, '\0', len) != NULL)
		lacks = "has a NUL in it, which no line can hold";
	if (lacks == NULL)
		return into_pipe(len, why, size);
	snprintf(why, size, "the passphrase %s: nothing was sent", lacks);
	return -1;
}

/* A pipe holds more than any passphrase, so that nobody has to read yet. */
static int
into_pipe(size_t len, char *why, size_t size)
{
	ssize_t	 n;
	int	 fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1) {
		snprintf(why, size, "no pipe for the passphrase: %s",
		    strerror(errno));
		return -1;
	}
	secret[len++] = '\n';
	while ((n = write(fds[1], secret, len)) == -1 && errno == EINTR)
		;
	close(fds[1]);
	if (n == (ssize_t)len)
		return fds[0];
	snprintf(why, size, "the passphrase does not get into a pipe: %s",
	    n == -1 ? strerror(errno) : "not all of it");
	close(fds[0]);
	return -1;
}
