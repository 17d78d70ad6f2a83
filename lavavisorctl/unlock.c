#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "lavavisorctl/commands.h"
#include "lavavisorctl/conversation.h"
#include "lavavisorctl/install_files.h"
#include "lavavisorctl/passphrase.h"
#include "lavavisorctl/sockets.h"
#include "lavavisorctl/unlock.h"

#define EXIT_FAILED	1
#define EXIT_USAGE	2

#define ASK_S		30

/* Which of the files it is, see MSG_REQUEST_FILE */
#define PIPE_FILE	0

static int	is_known(const struct invocation *, char *, size_t, int *);

/* What goes wrong otherwise the order itself will tell better. */
static int
is_known(const struct invocation *inv, char *why, size_t size, int *code)
{
	struct invocation	 ask = *inv;
	struct hearing		 h;
	enum heard		 heard;
	char			 path[SOCKET_PATH_SIZE];
	int			 fd;

	if ((fd = daemon_connect(inv, path, why, size, code)) == -1)
		return 0;
	ask.request.verb = VERB_SHOW_SERVICES;
	ask.request.number = 0;
	heard = conversation_ask(fd, path, &ask.request, ASK_S, &h);
	if (heard != HEARD_END || h.end.code == 0)
		return 1;
	snprintf(why, size, "%s", h.end.text);
	*code = (int)h.end.code;
	return 0;
}

int
unlock_prepare(struct install_files *f, const struct invocation *inv,
    char *why, size_t size, int *code)
{
	int	 fd;

	if (inv->request.verb != VERB_UNLOCK || inv->request.number == 0)
		return 0;
	if (!is_known(inv, why, size, code))
		return -1;
	*code = EXIT_FAILED;
	/* What is typed is not to be seen, either. */
	if (inv->from_stdin && !isatty(STDIN_FILENO))
		fd = passphrase_line(why, size);
	else
		fd = passphrase_ask(inv->request.name, why, size);
	if (fd == PASSPHRASE_NO_TERMINAL) {
		snprintf(why, size, "there is no terminal to ask for the "
		    "passphrase of %s: --stdin reads it from standard input, "
		    "--again from where `passphrase:' says",
		    inv->request.name);
		*code = EXIT_USAGE;
	}
	if (fd < 0)
		return -1;
	f->fd[PIPE_FILE] = fd;
	return 0;
}
