/*
 * What top asks the daemon, without waiting: several questions may be on
 * their way at once, each a conversation of its own.
 */

#ifndef TOP_ASKS_H
#define TOP_ASKS_H

#include <jansson.h>

#include "common/message.h"
#include "lavavisorctl/commands.h"
#include "lavavisorctl/conversation.h"
#include "lavavisorctl/sockets.h"

enum ask_state {
	ASK_IDLE,
	ASK_UNDER_WAY,
	ASK_DONE,		/* json, fd, code and text are set */
	ASK_FAILED		/* text says why */
};

struct ask {
	enum ask_state		 state;
	struct conversation	 talk;
	char			 path[SOCKET_PATH_SIZE];
	char			 name[NAME_SIZE];	/* what it is about */
	json_t			*json;		/* of SHOW, owned */
	int			 fd;		/* of a log, owned, -1 none */
	int			 code;		/* exit code */
	char			 text[TEXT_SIZE];
};

void	 ask_init(struct ask *);

/*
 * Sends a question to the daemon that `where' names by its socket and
 * directory.  number is the verb's own.  After a failure state is
 * ASK_FAILED at once.
 */
void	 ask_send(struct ask *, const struct invocation *where, enum verb,
	    int read_only, const char *name, int64_t number);

/* The fd to poll while it is under way, else -1. */
int	 ask_fd(const struct ask *);

/* Hears what has come; state is then perhaps DONE or FAILED. */
void	 ask_hear(struct ask *);

/* Forgets answer and conversation: IDLE. */
void	 ask_end(struct ask *);

#endif
