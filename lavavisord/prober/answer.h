/*
 * What a service answers to a probe, judged while it comes, so that no more of
 * it is read than is needed.  Pure: libcurl hands the pieces over.
 */

#ifndef PROBER_ANSWER_H
#define PROBER_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "common/match.h"
#include "common/message.h"

#define ANSWER_HEADERS_MAX	(32 * 1024)	/* bytes, all lines */
#define ANSWER_BODY_MAX		(256 * 1024)	/* bytes looked through */

enum answer_verdict {
	ANSWER_MORE,		/* undecided */
	ANSWER_GOOD,
	ANSWER_STATUS,		/* another status */
	ANSWER_NO_MATCH,	/* the body ended without the text */
	ANSWER_HEADERS,		/* more headers than ANSWER_HEADERS_MAX */
	ANSWER_BODY		/* no text in ANSWER_BODY_MAX */
};

struct answer {
	enum answer_verdict	 verdict;
	uint32_t		 status_min;
	uint32_t		 status_max;
	long			 status;	/* 0 none yet */
	int			 wants_body;
	struct match		 match;
	size_t			 headers;	/* bytes so far */
	size_t			 body;
};

void	 answer_init(struct answer *, const struct msg_probe *);

/*
 * A header line with its CRLF, the empty one behind them and the status line
 * too; status: the code of the answer that it belongs to.
 */
enum answer_verdict	 answer_header(struct answer *, const void *, size_t,
			    long status);

enum answer_verdict	 answer_body(struct answer *, const void *, size_t);

/* The whole answer has come. */
enum answer_verdict	 answer_end(struct answer *, long status);

/* Why it is not good, for people; "" when it is. */
void	 answer_why(const struct answer *, char *, size_t);

#endif
