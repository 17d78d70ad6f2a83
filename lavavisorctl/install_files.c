#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lavavisorctl/commands.h"
#include "lavavisorctl/conversation.h"
#include "lavavisorctl/install_files.h"

/* How far into a signature the line may be that tells the two kinds apart */
#define SIGNATURE_LOOK	4096

static void	 close_all(struct install_files *);
static int	 is_minisign(int);
static int	 open_regular(const char *, char *, size_t);

/* A pipe or a device is refused before anybody waits for it */
static int
open_regular(const char *path, char *why, size_t size)
{
	struct stat	 st;
	const char	*lacks = NULL;
	int		 fd;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		lacks = strerror(errno);
	else if (S_ISDIR(st.st_mode))
		lacks = "is a directory";
	else if (!S_ISREG(st.st_mode))
		lacks = "is not a regular file";
	else if (st.st_size == 0)
		lacks = "is empty";
	if (lacks == NULL)
		return fd;
	snprintf(why, size, "%s: %s", path, lacks);
	if (fd != -1)
		close(fd);
	return -1;
}

/* Only which of two parsers the verifier is to use: it looks properly */
static int
is_minisign(int fd)
{
	char	 text[SIGNATURE_LOOK + 1];
	ssize_t	 n;

	if ((n = pread(fd, text, SIGNATURE_LOOK, 0)) == -1)
		return 0;
	text[n] = '\0';
	return strstr(text, "\ntrusted comment:") != NULL;
}

static void
close_all(struct install_files *f)
{
	int	 i;

	for (i = 0; i < VERIFY_FILES; i++) {
		if (f->fd[i] != -1)
			close(f->fd[i]);
		f->fd[i] = -1;
	}
}

int
install_files_open(struct install_files *f, const struct invocation *inv,
    char *why, size_t size)
{
	int	 i, fd;

	for (i = 0; i < VERIFY_FILES; i++)
		f->fd[i] = -1;
	if (inv->file != NULL && (f->fd[VERIFY_BINARY] =
	    open_regular(inv->file, why, size)) == -1)
		return -1;
	if (inv->sums != NULL && (f->fd[VERIFY_LIST] =
	    open_regular(inv->sums, why, size)) == -1)
		goto fail;
	if (inv->signature == NULL)
		return 0;
	if ((fd = open_regular(inv->signature, why, size)) == -1)
		goto fail;
	f->fd[is_minisign(fd) ? VERIFY_MINISIG : VERIFY_SIGNATURE] = fd;
	return 0;
fail:
	close_all(f);
	return -1;
}

int
install_files_send(struct install_files *f, struct conversation *c)
{
	int	 i, fd, saved;

	for (i = 0; i < VERIFY_FILES; i++) {
		if ((fd = f->fd[i]) == -1)
			continue;
		f->fd[i] = -1;
		if (conversation_file(c, (enum verify_file)i, fd) == -1) {
			saved = errno;
			close_all(f);
			errno = saved;
			return -1;
		}
	}
	return 0;
}
