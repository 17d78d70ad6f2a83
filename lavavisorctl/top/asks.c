#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lavavisorctl/top/asks.h"

#define SILENCE_S	10

static void	fail(struct ask *, const char *);
static void	hear_end(struct ask *, const struct msg_answer_end *);
static void	hear_line(struct ask *, const struct hearing *);

void
ask_init(struct ask *a)
{
	memset(a, 0, sizeof(*a));
	a->fd = -1;
}

static void
fail(struct ask *a, const char *why)
{
	if (a->state == ASK_UNDER_WAY)
		conversation_close(&a->talk);
	strlcpy(a->text, why, sizeof(a->text));
	a->state = ASK_FAILED;
}

void
ask_send(struct ask *a, const struct invocation *where, enum verb verb,
    int read_only, const char *name, int64_t number)
{
	struct invocation	 inv = *where;
	struct command		 command;
	char			 why[TEXT_SIZE];
	int			 fd, code;

	ask_end(a);
	memset(&command, 0, sizeof(command));
	command.verb = verb;
	command.read_only = read_only;
	inv.command = &command;
	memset(&inv.request, 0, sizeof(inv.request));
	inv.request.catalogue = MESSAGE_CATALOGUE;
	inv.request.verb = verb;
	inv.request.number = number;
	strlcpy(inv.request.name, name, sizeof(inv.request.name));
	strlcpy(a->name, name, sizeof(a->name));
	if ((fd = daemon_connect(&inv, a->path, why, sizeof(why), &code)) ==
	    -1) {
		fail(a, why);
		a->code = code;
		return;
	}
	if (conversation_open(&a->talk, fd, a->path, &inv.request,
	    SILENCE_S) == -1) {
		fail(a, strerror(errno));
		return;
	}
	a->state = ASK_UNDER_WAY;
}

int
ask_fd(const struct ask *a)
{
	return a->state == ASK_UNDER_WAY ? a->talk.ibuf.fd : -1;
}

static void
hear_line(struct ask *a, const struct hearing *h)
{
	json_error_t	 error;

	if (h->fd != -1) {
		if (a->fd != -1)
			close(a->fd);
		a->fd = h->fd;
		return;
	}
	if (a->json == NULL)
		a->json = json_loadb(h->line, h->length,
		    JSON_REJECT_DUPLICATES, &error);
}

static void
hear_end(struct ask *a, const struct msg_answer_end *end)
{
	conversation_close(&a->talk);
	a->state = ASK_DONE;
	a->code = (int)end->code;
	strlcpy(a->text, end->text, sizeof(a->text));
}

void
ask_hear(struct ask *a)
{
	struct hearing	 h;

	while (a->state == ASK_UNDER_WAY) {
		switch (conversation_hear(&a->talk, 0, &h)) {
		case HEARD_LINE:
			hear_line(a, &h);
			break;
		case HEARD_END:
			hear_end(a, &h.end);
			break;
		case HEARD_NOTHING:
			return;
		case HEARD_EOF:
			fail(a, "the daemon hung up");
			break;
		case HEARD_SILENCE:
			fail(a, "the daemon does not answer");
			break;
		case HEARD_ERROR:
			fail(a, h.why);
			break;
		}
	}
}

void
ask_end(struct ask *a)
{
	if (a->state == ASK_UNDER_WAY)
		conversation_close(&a->talk);
	json_decref(a->json);
	a->json = NULL;
	if (a->fd != -1)
		close(a->fd);
	a->fd = -1;
	a->code = 0;
	a->text[0] = '\0';
	a->state = ASK_IDLE;
}
