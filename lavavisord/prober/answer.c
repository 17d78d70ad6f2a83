#include <stdio.h>
#include <string.h>

#include "lavavisord/prober/answer.h"

static void	judge_status(struct answer *, long);

void
answer_init(struct answer *a, const struct msg_probe *m)
{
	memset(a, 0, sizeof(*a));
	a->status_min = m->status_min;
	a->status_max = m->status_max;
	a->wants_body = m->body[0] != '\0';
	match_init(&a->match, m->body);
}

static void
judge_status(struct answer *a, long status)
{
	a->status = status;
	if (status < (long)a->status_min || status > (long)a->status_max)
		a->verdict = ANSWER_STATUS;
	else if (!a->wants_body)
		a->verdict = ANSWER_GOOD;
}

enum answer_verdict
answer_header(struct answer *a, const void *line, size_t len, long status)
{
	const char	*text = line;

	if (a->verdict != ANSWER_MORE)
		return a->verdict;
	/* Behind a body there are trailers. */
	if (len > ANSWER_HEADERS_MAX - a->headers) {
		a->verdict = ANSWER_HEADERS;
		return a->verdict;
	}
	a->headers += len;
	/*
	 * The end of the headers; those of 1xx are of no final answer, but for
	 * 101, behind which another protocol begins (RFC 9110, 15.2.2).
	 */
	if (a->body == 0 && len > 0 && (text[0] == '\r' || text[0] == '\n') &&
	    (status >= 200 || status == 101))
		judge_status(a, status);
	return a->verdict;
}

enum answer_verdict
answer_body(struct answer *a, const void *data, size_t len)
{
	if (a->verdict != ANSWER_MORE)
		return a->verdict;
	/* No status was right, as none was there. */
	if (a->status == 0) {
		a->verdict = ANSWER_STATUS;
		return a->verdict;
	}
	if (len > ANSWER_BODY_MAX - a->body)
		len = ANSWER_BODY_MAX - a->body;
	a->body += len;
	if (match_feed(&a->match, data, len))
		a->verdict = ANSWER_GOOD;
	else if (a->body == ANSWER_BODY_MAX)
		a->verdict = ANSWER_BODY;
	return a->verdict;
}

enum answer_verdict
answer_end(struct answer *a, long status)
{
	if (a->verdict == ANSWER_MORE && a->status == 0)
		judge_status(a, status);
	if (a->verdict == ANSWER_MORE)
		a->verdict = ANSWER_NO_MATCH;
	return a->verdict;
}

void
answer_why(const struct answer *a, char *why, size_t size)
{
	switch (a->verdict) {
	case ANSWER_GOOD:
		strlcpy(why, "", size);
		break;
	case ANSWER_STATUS:
		if (a->status == 0)
			strlcpy(why, "it answers without an HTTP status", size);
		else
			snprintf(why, size, "it answers with status %ld",
			    a->status);
		break;
	case ANSWER_NO_MATCH:
		snprintf(why, size, "its answer does not have the text \"%s\"",
		    a->match.text);
		break;
	case ANSWER_HEADERS:
		snprintf(why, size, "its answer has more than %d KB of "
		    "headers", ANSWER_HEADERS_MAX / 1024);
		break;
	case ANSWER_BODY:
		snprintf(why, size, "its answer does not have the text \"%s\" "
		    "in the first %d KB", a->match.text,
		    ANSWER_BODY_MAX / 1024);
		break;
	case ANSWER_MORE:
		strlcpy(why, "its answer is not complete", size);
		break;
	}
}
