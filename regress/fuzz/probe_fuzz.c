/* fuzz: lavavisord/prober/answer.c lavavisord/supervisor/notify.c */
/*
 * Any bytes as what a service answers, logs and sends: in pieces, the text
 * that is looked for and the lengths of the pieces come first.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/match.h"
#include "lavavisord/prober/answer.h"
#include "lavavisord/supervisor/notify.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int holds)
{
	if (!holds)
		abort();
}

/* Found in pieces as it is in one */
static void
check_match(const char *text, const uint8_t *data, size_t size, size_t piece)
{
	struct match	 m;
	size_t		 at, n;
	int		 found = 0, there;

	match_init(&m, text);
	for (at = 0; at < size; at += n) {
		n = size - at < piece ? size - at : piece;
		found = match_feed(&m, data + at, n);
	}
	there = size > 0 && memmem(data, size, text, strlen(text)) != NULL;
	check(size == 0 || found == there);
}

static void
check_answer(const char *text, const uint8_t *data, size_t size, size_t piece)
{
	struct msg_probe	 m;
	struct answer		 a;
	enum answer_verdict	 v = ANSWER_MORE;
	char			 why[TEXT_SIZE];
	size_t			 at, n;

	memset(&m, 0, sizeof(m));
	m.status_min = 200;
	m.status_max = 299;
	strlcpy(m.body, text, sizeof(m.body));
	answer_init(&a, &m);
	for (at = 0; at < size && v == ANSWER_MORE; at += n) {
		n = size - at < piece ? size - at : piece;
		if (data[at] & 1)
			v = answer_header(&a, data + at, n,
			    data[at] & 2 ? 200 + data[at] : 100);
		else
			v = answer_body(&a, data + at, n);
		check(a.headers <= ANSWER_HEADERS_MAX);
		check(a.body <= ANSWER_BODY_MAX);
	}
	answer_end(&a, 200);
	check(a.verdict != ANSWER_MORE);
	answer_why(&a, why, sizeof(why));
	check((why[0] == '\0') == (a.verdict == ANSWER_GOOD));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	 text[16];
	size_t	 piece, len, i;

	notify_is_ready(data, size);
	if (size < 2)
		return 0;
	piece = data[0] % 64 + 1;
	len = data[1] % sizeof(text);
	data += 2;
	size -= 2;
	if (size < len)
		return 0;
	for (i = 0; i < len; i++)
		text[i] = data[i] != '\0' ? (char)data[i] : 'x';
	text[len] = '\0';
	data += len;
	size -= len;
	if (len > 0)
		check_match(text, data, size, piece);
	check_answer(text, data, size, piece);
	return 0;
}
