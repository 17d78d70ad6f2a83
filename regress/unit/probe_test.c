/*
 * What decides about readiness and health: a text in a stream, an HTTP answer
 * piece by piece, READY=1, and what failures lead to.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/match.h"
#include "lavavisord/health_rule.h"
#include "lavavisord/prober/answer.h"
#include "lavavisord/ready_pause.h"
#include "lavavisord/supervisor/notify.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))
#define MINUTE		60000
#define HOUR		(60 * MINUTE)

static void
match_texts(void **state)
{
	static const struct {
		const char	*text;
		const char	*stream;
		int		 found;
	} table[] = {
		{ "", "", 1 },
		{ "a", "", 0 },
		{ "a", "bca", 1 },
		{ "ready", "read ready", 1 },
		{ "ready", "readready", 1 },
		{ "ready", "read\ny", 0 },
		{ "aab", "aaaaab", 1 },
		{ "abab", "abaabab", 1 },
		{ "ababaca", "abababacab", 1 },
		{ "aaaa", "aaabaaabaaa", 0 },
		{ "x", "X", 0 }
	};
	struct match	 m;
	size_t		 i, piece, at, len;
	int		 found;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		len = strlen(table[i].stream);
		for (piece = 1; piece <= len + 1; piece++) {
			match_init(&m, table[i].text);
			found = match_feed(&m, "", 0);
			for (at = 0; at < len; at += piece)
				found = match_feed(&m, table[i].stream + at,
				    at + piece < len ? piece : len - at);
			assert_int_equal(found, table[i].found);
		}
	}
	match_init(&m, "ready");
	assert_int_equal(match_feed(&m, "read", 4), 0);
	match_restart(&m);
	assert_int_equal(match_feed(&m, "y", 1), 0);
	assert_int_equal(match_feed(&m, "ready", 5), 1);
	/* Once seen it stays so. */
	match_restart(&m);
	assert_int_equal(match_feed(&m, "", 0), 1);
}

/* As a search that looks everywhere finds it */
static void
match_all(void **state)
{
	struct match	 m;
	char		 text[8], stream[24];
	unsigned int	 i, n, len;

	(void)state;
	srandom(1);
	for (i = 0; i < 20000; i++) {
		len = (unsigned int)random() % 6 + 1;
		for (n = 0; n < len; n++)
			text[n] = "ab"[random() % 2];
		text[len] = '\0';
		len = (unsigned int)random() % 20;
		for (n = 0; n < len; n++)
			stream[n] = "ab"[random() % 2];
		stream[len] = '\0';
		match_init(&m, text);
		n = len > 0 ? (unsigned int)random() % len : 0;
		match_feed(&m, stream, n);
		assert_int_equal(match_feed(&m, stream + n, len - n),
		    strstr(stream, text) != NULL);
	}
}

/* "H" header line, "B" body, "E" end; the status in front of each line */
struct step {
	long		 status;
	char		 what;
	const char	*text;
};

static void
answers(void **state)
{
	static const struct {
		uint32_t		 low, high;
		const char		*body;
		struct step		 steps[8];
		enum answer_verdict	 verdict;
	} table[] = {
		{ 200, 200, "", { { 200, 'H', "HTTP/1.1 200 OK\r\n" },
		    { 200, 'H', "\r\n" } }, ANSWER_GOOD },
		{ 200, 200, "", { { 503, 'H', "\r\n" } }, ANSWER_STATUS },
		{ 200, 200, "", { { 204, 'H', "\r\n" } }, ANSWER_STATUS },
		{ 200, 299, "", { { 204, 'H', "\r\n" } }, ANSWER_GOOD },
		{ 500, 503, "", { { 503, 'H', "\r\n" } }, ANSWER_GOOD },
		/* Not the final one yet */
		{ 200, 200, "", { { 100, 'H', "\r\n" } }, ANSWER_MORE },
		{ 200, 200, "", { { 103, 'H', "\r\n" },
		    { 200, 'H', "\r\n" } }, ANSWER_GOOD },
		/* No header line at all, as of HTTP/0.9 */
		{ 200, 200, "", { { 0, 'B', "hello" } }, ANSWER_STATUS },
		{ 200, 200, "ok", { { 0, 'B', "ok" } }, ANSWER_STATUS },
		/* Another protocol begins: nothing final follows. */
		{ 200, 200, "ok", { { 101, 'H', "\r\n" },
		    { 101, 'B', "ok" } }, ANSWER_STATUS },
		{ 200, 200, "", { { 0, 'E', "" } }, ANSWER_STATUS },
		{ 200, 200, "ok", { { 200, 'H', "X: ok\r\n" },
		    { 200, 'H', "\r\n" } }, ANSWER_MORE },
		{ 200, 200, "ok", { { 200, 'H', "\r\n" },
		    { 200, 'B', "all is o" }, { 200, 'B', "k" } },
		    ANSWER_GOOD },
		{ 200, 200, "ok", { { 200, 'H', "\r\n" },
		    { 200, 'B', "all is o" }, { 200, 'E', "" } },
		    ANSWER_NO_MATCH },
		/* A good text under a bad status */
		{ 200, 200, "ok", { { 503, 'H', "\r\n" },
		    { 503, 'B', "ok" } }, ANSWER_STATUS },
		/* Trailers behind the body are no body. */
		{ 200, 200, "ok", { { 200, 'H', "\r\n" }, { 200, 'B', "x" },
		    { 200, 'H', "ok: ok\r\n" }, { 200, 'H', "\r\n" },
		    { 200, 'E', "" } }, ANSWER_NO_MATCH }
	};
	struct answer		 a;
	struct msg_probe	 m;
	const struct step	*s;
	char			 why[TEXT_SIZE];
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		memset(&m, 0, sizeof(m));
		m.status_min = table[i].low;
		m.status_max = table[i].high;
		strlcpy(m.body, table[i].body, sizeof(m.body));
		answer_init(&a, &m);
		for (s = table[i].steps; s->what != '\0'; s++)
			switch (s->what) {
			case 'H':
				answer_header(&a, s->text, strlen(s->text),
				    s->status);
				break;
			case 'B':
				answer_body(&a, s->text, strlen(s->text));
				break;
			default:
				answer_end(&a, s->status);
				break;
			}
		if (a.verdict != table[i].verdict)
			fail_msg("row %zu: %d", i, a.verdict);
		answer_why(&a, why, sizeof(why));
		assert_int_equal(why[0] == '\0', a.verdict == ANSWER_GOOD);
	}
}

static void
answers_without_end(void **state)
{
	struct answer		 a;
	struct msg_probe	 m;
	char			 line[1000];
	size_t			 n;

	(void)state;
	memset(line, 'x', sizeof(line));
	memset(&m, 0, sizeof(m));
	m.status_min = m.status_max = 200;
	strlcpy(m.body, "ok", sizeof(m.body));
	answer_init(&a, &m);
	for (n = 0; answer_header(&a, line, sizeof(line), 200) == ANSWER_MORE;
	    n += sizeof(line))
		assert_true(n <= ANSWER_HEADERS_MAX);
	assert_int_equal(a.verdict, ANSWER_HEADERS);
	/* One line that is longer than all may be */
	answer_init(&a, &m);
	assert_int_equal(answer_header(&a, line, (size_t)-1, 200),
	    ANSWER_HEADERS);
	answer_init(&a, &m);
	answer_header(&a, "\r\n", 2, 200);
	for (n = 0; answer_body(&a, line, sizeof(line)) == ANSWER_MORE;
	    n += sizeof(line))
		assert_true(n <= ANSWER_BODY_MAX);
	assert_int_equal(a.verdict, ANSWER_BODY);
	/* Trailers behind a body are counted as well. */
	answer_init(&a, &m);
	answer_header(&a, "\r\n", 2, 200);
	answer_body(&a, "x", 1);
	for (n = 0; answer_header(&a, line, sizeof(line), 200) == ANSWER_MORE;
	    n += sizeof(line))
		assert_true(n <= ANSWER_HEADERS_MAX);
}

static void
notifications(void **state)
{
	static const struct {
		const char	*text;
		size_t		 len;
		int		 ready;
	} table[] = {
		{ "READY=1", 7, 1 },
		{ "READY=1\n", 8, 1 },
		{ "STATUS=x\nREADY=1", 16, 1 },
		{ "READY=1\nSTATUS=x\n", 17, 1 },
		{ "\n\nREADY=1\n\n", 11, 1 },
		{ "", 0, 0 },
		{ "\n", 1, 0 },
		{ "READY=0", 7, 0 },
		{ "READY=1", 6, 0 },
		{ "READY=10", 8, 0 },
		{ " READY=1", 8, 0 },
		{ "READY=1 ", 8, 0 },
		{ "READY=1\r\n", 9, 0 },
		{ "NOTREADY=1", 10, 0 },
		{ "STATUS=READY=1", 14, 0 },
		{ "READY=1\0", 8, 0 },
		{ "X=\0\nREADY=1", 11, 1 }
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < COUNT(table); i++)
		if (notify_is_ready(table[i].text, table[i].len) !=
		    table[i].ready)
			fail_msg("row %zu", i);
}

/* Answers '+' and '-', a '!' in front of one that may not restart */
static void
health_rows(void **state)
{
	static const struct {
		uint32_t	 threshold;
		int		 restart;
		int64_t		 step_ms;	/* from answer to answer */
		const char	*answers;
		const char	*verdicts;	/* . fails F R W */
	} table[] = {
		{ 3, 0, 1000, "+++---", ".....F" },
		{ 3, 0, 1000, "---+", "..FW" },
		{ 3, 0, 1000, "-----+---", "..F..W..F" },
		/* One that flaps */
		{ 2, 0, 1000, "-+-+-+-+", "........" },
		{ 2, 1, 1000, "-+-+-+-+", "........" },
		{ 3, 1, 1000, "--+--+--+", "........." },
		{ 1, 0, 1000, "-+-+", "FWFW" },
		{ 1, 1, 1000, "-", "R" },
		{ 3, 1, 1000, "---", "..R" },
		/* It has not helped: only reported once, then a pause */
		{ 1, 1, 1000, "----------", "R........." },
		{ 1, 1, MINUTE, "-----", "RR.R." },
		{ 1, 1, HOUR, "---", "RRR" },
		/* Well in between: the pause goes on. */
		{ 1, 1, 1000, "-+--+-", "RWF.WF" },
		{ 1, 1, 40000, "-+-+", "RWRW" },
		/* Forgotten after an hour */
		{ 1, 1, HOUR / 2, "-++--", "RW.RR" },
		/* Something else forbids it for a while. */
		{ 2, 1, 1000, "-!-!--", ".F.R" },
		{ 2, 1, 1000, "-!-!-+-", ".F.W." }
	};
	struct health_rule	 rule;
	struct health_count	 count;
	enum health_verdict	 v;
	const char		*p;
	char			 got[32];
	size_t			 i, n;
	int64_t			 now;
	int			 may;

	(void)state;
	for (i = 0; i < COUNT(table); i++) {
		rule.threshold = table[i].threshold;
		rule.restart = table[i].restart;
		memset(&count, 0, sizeof(count));
		now = 1;
		n = 0;
		for (p = table[i].answers; *p != '\0'; p++) {
			may = *p != '!';
			p += *p == '!';
			v = health_step(&rule, &count, *p == '+', may, now);
			got[n++] = v == HEALTH_FAILS ? 'F' :
			    v == HEALTH_RESTART ? 'R' :
			    v == HEALTH_WELL ? 'W' : '.';
			now += table[i].step_ms;
		}
		got[n] = '\0';
		if (strcmp(got, table[i].verdicts) != 0)
			fail_msg("row %zu: %s", i, got);
	}
}

static void
health_pauses(void **state)
{
	struct health_count	 count;
	int64_t			 want = HEALTH_PAUSE_MS;
	uint32_t		 i;

	(void)state;
	memset(&count, 0, sizeof(count));
	assert_int_equal(health_next_restart(&count), 0);
	count.restart_ms = 5;
	for (i = 1; i < 100; i++) {
		count.restarts = i;
		assert_int_equal(health_next_restart(&count), 5 + want);
		want = want * 2 < HEALTH_PAUSE_MAX_MS ? want * 2 :
		    HEALTH_PAUSE_MAX_MS;
	}
	count.restarts = UINT32_MAX;
	assert_int_equal(health_next_restart(&count),
	    5 + HEALTH_PAUSE_MAX_MS);
}

static void
ready_pauses(void **state)
{
	static const struct {
		int64_t	 elapsed;
		size_t	 asked;
		int	 command;
		int64_t	 pause;
	} table[] = {
		{ 0, 1, 0, 10 },
		{ 160, 1, 0, 10 },
		{ 320, 1, 0, 20 },
		{ 700, 1, 0, 43 },
		{ 700, 7, 0, 43 },
		{ 700, 8, 0, 86 },
		{ 700, 1000, 0, 700 },
		{ 0, 1000, 0, 100 },
		{ 0, 1, 1, 100 },
		{ 700, 1, 1, 100 },
		{ 3200, 1, 1, 200 },
		{ 32000, 1, 0, 2000 },
		{ 3600000, 4096, 0, 2000 },
		{ -5, 1, 0, 10 },
		{ INT64_MAX, 4096, 1, 2000 }
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < COUNT(table); i++)
		assert_int_equal(ready_pause_ms(table[i].elapsed,
		    table[i].asked, table[i].command), table[i].pause);
}

static void
health_in_a_probation(void **state)
{
	static const struct {
		uint32_t	 interval_ms;
		uint32_t	 threshold;
		int64_t		 probation_ms;
		uint32_t	 want;
	} table[] = {
		{ 0, 3, 60000, 5000 },
		{ 0, 3, 12000, 2000 },
		{ 0, 3, 0, 500 },
		{ 0, 0, 4000, 2000 },
		{ 30000, 3, 60000, 10000 },
		{ 1000, 3, 60000, 1000 },
		{ 500, 1, 86400000, 500 },
		{ 30000, 1000, 60000, 500 },
		{ 86400000, 1, 86400000, 43200000 },
		{ UINT32_MAX, 1, INT64_MAX, UINT32_MAX }
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < COUNT(table); i++)
		if (health_probation_ms(table[i].interval_ms,
		    table[i].threshold, table[i].probation_ms) !=
		    table[i].want)
			fail_msg("row %zu: %u", i, health_probation_ms(
			    table[i].interval_ms, table[i].threshold,
			    table[i].probation_ms));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(match_texts),
		cmocka_unit_test(match_all),
		cmocka_unit_test(answers),
		cmocka_unit_test(answers_without_end),
		cmocka_unit_test(notifications),
		cmocka_unit_test(health_rows),
		cmocka_unit_test(health_pauses),
		cmocka_unit_test(ready_pauses),
		cmocka_unit_test(health_in_a_probation)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
