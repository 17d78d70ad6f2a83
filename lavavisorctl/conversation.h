/*
 * One question to the daemon and its answers, put together to whole lines.
 */

#ifndef LAVAVISORCTL_CONVERSATION_H
#define LAVAVISORCTL_CONVERSATION_H

#include <stddef.h>
#include <stdint.h>

#include <imsg.h>

#include "common/message.h"

/* An answer that is longer is refused */
#define LINE_MAX_BYTES	(64U * 1024 * 1024)

struct conversation {
	struct imsgbuf	 ibuf;
	const char	*path;		/* of the socket; the caller's */
	int64_t		 timeout_ms;	/* of silence, 0 none */
	int64_t		 heard_ms;	/* when something last came */
	char		*line;		/* what has come of a line */
	size_t		 used;
	size_t		 size;
	int		 fd;		/* that came with it, -1 none */
	int		 eof;
};

enum heard {
	HEARD_LINE,		/* *line and perhaps *fd */
	HEARD_END,		/* *end */
	HEARD_NOTHING,		/* wait_ms have passed or a signal came */
	HEARD_EOF,		/* the daemon hung up without an end */
	HEARD_SILENCE,		/* timeout_ms have passed */
	HEARD_ERROR		/* why says what */
};

struct hearing {
	char			*line;	/* valid until the next hearing */
	size_t			 length;
	int			 fd;	/* the caller's now, -1 none */
	struct msg_answer_end	 end;
	char			 why[TEXT_SIZE];
};

/*
 * Takes fd, a connected non-blocking socket, and sends the request.  0, or -1
 * with errno; a daemon that hangs up early is heard by conversation_hear().
 */
int	 conversation_open(struct conversation *, int fd, const char *path,
	    const struct msg_request *, int timeout_s);

/*
 * Sends a file behind the request; fd is taken.  0, or -1 with errno; as
 * above, who hangs up early is heard later.
 */
int	 conversation_file(struct conversation *, enum verify_file, int fd);

/* Hangs up and frees what was heard. */
void	 conversation_close(struct conversation *);

/* Waits for the next thing, at most wait_ms (-1: as long as it takes). */
enum heard conversation_hear(struct conversation *, int wait_ms,
	    struct hearing *);

/*
 * Asks, hears all of the answer and throws it away: how it ended, with *h of
 * that.  Takes fd; HEARD_ERROR also when the request could not be sent.
 */
enum heard conversation_ask(int fd, const char *path,
	    const struct msg_request *, int timeout_s, struct hearing *h);

/* CLOCK_MONOTONIC in ms, as heard_ms is. */
int64_t	 conversation_now_ms(void);

#endif
