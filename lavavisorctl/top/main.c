/*
 * A live table of the services, `lavavisorctl top': a program of its own, so
 * that the client need not link curses.
 */

#include <sys/types.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/local/options.h"
#include "lavavisorctl/top/asks.h"
#include "lavavisorctl/top/last_lines.h"
#include "lavavisorctl/top/log_view.h"
#include "lavavisorctl/top/rows.h"
#include "lavavisorctl/top/screen.h"

#define EVERY_MS	1000
#define LOG_AGAIN_MS	30000	/* it may have been rotated */
#define LINES_ABOVE	2	/* what is above the table, and below it */
#define LINES_BELOW	2

enum view {
	VIEW_TABLE,
	VIEW_LOG,
	VIEW_HELP
};

struct top {
	struct invocation	 where;
	struct rows		 rows;
	struct ask		 query;		/* show services */
	struct ask		 order;		/* start, stop, restart */
	struct ask		 log;		/* a file of last lines */
	int			 no_log;	/* we may not read them */
	enum view		 view;
	char			 chosen[NAME_SIZE];
	size_t			 first;		/* row at the top */
	enum verb		 verb;		/* asked for, to be confirmed */
	int			 confirm;
	int			 log_fd;	/* of VIEW_LOG, -1 none yet */
	struct ask		 log_ask;
	int64_t			 log_asked_ms;
	int			 back;		/* lines before the end */
	char			 message[TEXT_SIZE];
	int			 bad;		/* the message is an error */
	int			 quit;
	int64_t			 due_ms;
	int			 heard;		/* the daemon ever answered */
};

static struct top	 top;

static struct row *chosen(void);
static void	draw(void);
static void	draw_help(void);
static void	draw_log(void);
static void	draw_table(void);
static void	draw_text(int, const char *, enum look);
static void	hear_log(void);
static void	hear_order(void);
static void	hear_query(void);
static void	key(int);
static void	key_confirm(int);
static void	key_log(int);
static void	key_table(int);
static enum look look_of(const struct row *);
static void	move(int);
static void	next_line(void);
static void	order(enum verb);
static void	put_log_line(int, const char *);
static int	run(void);
static void	say(int, const char *, ...)
		    __attribute__((__format__(__printf__, 2, 3)));
static void	tick(void);
static int	wait_ms(void);
static const char *word(enum verb);

int
main(int argc, char *argv[])
{
	const struct option_taken	 taken[] = {
		{ "socket", 's', NULL, &top.where.socket },
		{ "directory", 0, NULL, &top.where.directory },
		{ NULL, 0, NULL, NULL }
	};
	const char	*no = getenv("NO_COLOR");
	struct options	 o;
	char		 why[TEXT_SIZE];

	/* Its name is that of who executes it. */
	if (!local_is_lavavisor())
		setprogname("lavavisorctl");
	log_init(local_program(), LOG_TO_STDERR, 0);
	signal(SIGPIPE, SIG_IGN);
	if (options_parse(&o, taken, argc, argv, why, sizeof(why)) == -1)
		return local_complain(LOCAL_USAGE, "%s", why);
	if (o.nwords > 0 || o.nrest > 0)
		return local_complain(LOCAL_USAGE, "top takes no \"%s\"",
		    o.nwords > 0 ? o.words[0] : o.rest[0]);
	ask_init(&top.query);
	ask_init(&top.order);
	ask_init(&top.log);
	ask_init(&top.log_ask);
	top.log_fd = -1;
	/* The first answer decides whether there is something to look at. */
	tick();
	while (top.query.state == ASK_UNDER_WAY) {
		struct pollfd	 pfd = { ask_fd(&top.query), POLLIN, 0 };

		poll(&pfd, 1, EVERY_MS);
		ask_hear(&top.query);
	}
	if (top.query.state == ASK_FAILED || top.query.json == NULL)
		return local_complain(top.query.code != 0 ? top.query.code :
		    LOCAL_FAILED, "%s", top.query.text);
	if (screen_begin(no == NULL || no[0] == '\0', why, sizeof(why)) ==
	    -1)
		return local_complain(LOCAL_USAGE, "%s", why);
	hear_query();
	run();
	screen_end();
	return LOCAL_DONE;
}

static void
say(int bad, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(top.message, sizeof(top.message), fmt, ap);
	va_end(ap);
	top.bad = bad;
}

static struct row *
chosen(void)
{
	struct row	*r = rows_find(&top.rows, top.chosen);

	if (r == NULL && top.rows.count > 0) {
		r = &top.rows.row[0];
		strlcpy(top.chosen, r->name, sizeof(top.chosen));
	}
	return r;
}

/* What is asked each second */
static void
tick(void)
{
	top.due_ms = conversation_now_ms() + EVERY_MS;
	if (top.query.state != ASK_UNDER_WAY)
		ask_send(&top.query, &top.where, VERB_SHOW_SERVICES, 1, "", 1);
	if (top.query.state == ASK_FAILED)
		hear_query();
	if (top.view == VIEW_LOG && top.log_ask.state != ASK_UNDER_WAY &&
	    top.due_ms - top.log_asked_ms > LOG_AGAIN_MS) {
		top.log_asked_ms = top.due_ms;
		ask_send(&top.log_ask, &top.where, VERB_LOG, 0, top.chosen,
		    0);
	}
	last_lines_read(&top.rows);
	if (top.log.state != ASK_UNDER_WAY)
		next_line();
}

/* The files of the last lines, one after the other */
static void
next_line(void)
{
	const struct row	*r;

	while (!top.no_log && (r = last_lines_due(&top.rows,
	    conversation_now_ms())) != NULL) {
		ask_send(&top.log, &top.where, VERB_LOG, 0, r->name, 0);
		if (top.log.state == ASK_UNDER_WAY)
			return;
		hear_log();
	}
}

static void
hear_log(void)
{
	/* Those who may only look do without. */
	if (top.log.state == ASK_FAILED && top.log.code == 5)
		top.no_log = 1;
	last_lines_take(top.log.name, top.log.fd);
	top.log.fd = -1;
	ask_end(&top.log);
	last_lines_read(&top.rows);
}

static void
hear_query(void)
{
	if (top.query.state == ASK_FAILED || top.query.code != 0) {
		if (top.heard)
			say(1, "%s", top.query.text);
		else
			return;
	} else if (top.query.json == NULL || rows_fill(&top.rows,
	    top.query.json, conversation_now_ms()) == -1)
		say(1, "the daemon answered with what is no list of services");
	else if (!top.heard)
		top.heard = 1;
	else if (top.bad && top.order.state == ASK_IDLE)
		say(0, "%s", "");
	ask_end(&top.query);
}

static void
hear_order(void)
{
	if (top.order.state == ASK_FAILED || top.order.code != 0)
		say(1, "%s %s: %s", word(top.verb), top.order.name,
		    top.order.text[0] != '\0' ? top.order.text : "refused");
	else
		say(0, "%s %s: done", word(top.verb), top.order.name);
	ask_end(&top.order);
	top.due_ms = 0;
}

static const char *
word(enum verb verb)
{
	return verb == VERB_START ? "start" : verb == VERB_STOP ? "stop" :
	    "restart";
}

static void
order(enum verb verb)
{
	struct row	*r = chosen();

	if (r == NULL)
		return;
	if (top.order.state == ASK_UNDER_WAY) {
		screen_beep();
		return;
	}
	top.verb = verb;
	say(0, "%s %s ...", word(verb), r->name);
	ask_send(&top.order, &top.where, verb, 0, r->name, 0);
	if (top.order.state == ASK_FAILED)
		hear_order();
}

static void
move(int by)
{
	struct row	*r = chosen();
	long		 at;

	if (r == NULL)
		return;
	at = (long)(r - top.rows.row) + by;
	if (at >= (long)top.rows.count)
		at = (long)top.rows.count - 1;
	if (at < 0)
		at = 0;
	strlcpy(top.chosen, top.rows.row[at].name, sizeof(top.chosen));
}

static void
key_confirm(int c)
{
	top.confirm = 0;
	say(0, "%s", "");
	if (c == 'y' || c == 'Y')
		order(top.verb);
}

static void
key_table(int c)
{
	int	 page = screen_lines() - LINES_ABOVE - LINES_BELOW;

	switch (c) {
	case 'q':
		top.quit = 1;
		break;
	case 'k':
	case KEY_OF_UP:
		move(-1);
		break;
	case 'j':
	case KEY_OF_DOWN:
		move(1);
		break;
	case KEY_OF_PAGE_UP:
		move(-page);
		break;
	case KEY_OF_PAGE_DOWN:
		move(page);
		break;
	case 'g':
	case KEY_OF_HOME:
		move(-(int)top.rows.count);
		break;
	case 'G':
	case KEY_OF_END:
		move((int)top.rows.count);
		break;
	case 's':
		order(VERB_START);
		break;
	case 'x':
	case 'r':
		if (chosen() == NULL)
			break;
		top.verb = c == 'x' ? VERB_STOP : VERB_RESTART;
		top.confirm = 1;
		say(0, "%s %s? (y/n)", word(top.verb), top.chosen);
		break;
	case 'l':
	case '\n':
		if (chosen() == NULL)
			break;
		top.view = VIEW_LOG;
		top.back = 0;
		top.log_asked_ms = -LOG_AGAIN_MS;
		top.due_ms = 0;
		break;
	case 'h':
	case '?':
		top.view = VIEW_HELP;
		break;
	default:
		break;
	}
}

static void
key_log(int c)
{
	int	 page = screen_lines() - 2;

	switch (c) {
	case 'k':
	case KEY_OF_UP:
		top.back++;
		break;
	case 'j':
	case KEY_OF_DOWN:
		top.back--;
		break;
	case KEY_OF_PAGE_UP:
		top.back += page;
		break;
	case KEY_OF_PAGE_DOWN:
	case ' ':
		top.back -= page;
		break;
	case 'G':
	case KEY_OF_END:
		top.back = 0;
		break;
	case 'q':
	case KEY_OF_ESCAPE:
	case '\n':
		top.view = VIEW_TABLE;
		if (top.log_fd != -1)
			close(top.log_fd);
		top.log_fd = -1;
		ask_end(&top.log_ask);
		break;
	default:
		break;
	}
	if (top.back < 0)
		top.back = 0;
}

static void
key(int c)
{
	if (c == KEY_OF_RESIZE)
		return;
	if (top.confirm)
		key_confirm(c);
	else if (top.view == VIEW_TABLE)
		key_table(c);
	else if (top.view == VIEW_LOG)
		key_log(c);
	else
		top.view = VIEW_TABLE;
}

static enum look
look_of(const struct row *r)
{
	if (strcmp(r->name, top.chosen) == 0)
		return LOOK_CHOSEN;
	if (strcmp(r->state, "failed") == 0 || strcmp(r->state, "locked") == 0)
		return LOOK_BAD;
	if (strcmp(r->state, "stopped") == 0)
		return LOOK_DIM;
	if (strcmp(r->state, "running") == 0 && r->ready != 0)
		return LOOK_GOOD;
	return LOOK_WARN;
}

static void
draw_text(int line, const char *text, enum look look)
{
	char	 fit[ROW_TEXT_SIZE];
	int	 width = screen_columns();

	text_fit(text, width < COLUMNS_MAX ? width : COLUMNS_MAX, fit,
	    sizeof(fit));
	screen_put(line, fit, look);
}

static void
draw_table(void)
{
	struct row	*r = chosen();
	char		 text[ROW_TEXT_SIZE], when[32];
	time_t		 now = time(NULL);
	struct tm	 tm;
	size_t		 at, rows, i;
	int		 line;

	rows_summary(&top.rows, text, sizeof(text));
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "  %H:%M:%S", &tm);
	strlcat(text, when, sizeof(text));
	draw_text(0, text, LOOK_PLAIN);
	rows_title(&top.rows, screen_columns(), text);
	screen_put(1, text, LOOK_TITLE);
	line = screen_lines() - LINES_ABOVE - LINES_BELOW;
	rows = line < 1 ? 1 : (size_t)line;
	at = r == NULL ? 0 : (size_t)(r - top.rows.row);
	if (at < top.first)
		top.first = at;
	if (at >= top.first + rows)
		top.first = at - rows + 1;
	if (top.first > 0 && top.first + rows > top.rows.count)
		top.first = top.rows.count > rows ? top.rows.count - rows : 0;
	for (i = 0; i < rows; i++) {
		if (top.first + i >= top.rows.count) {
			screen_put(LINES_ABOVE + (int)i, "", LOOK_PLAIN);
			continue;
		}
		rows_text(&top.rows, &top.rows.row[top.first + i],
		    (int64_t)now, screen_columns(), text);
		screen_put(LINES_ABOVE + (int)i, text,
		    look_of(&top.rows.row[top.first + i]));
	}
	/* What narrow screens have no column for */
	if (top.message[0] != '\0')
		draw_text(screen_lines() - 2, top.message, top.bad ?
		    LOOK_BAD : LOOK_PLAIN);
	else
		draw_text(screen_lines() - 2, r == NULL ? "" :
		    r->reason[0] != '\0' ? r->reason : r->line, LOOK_PLAIN);
	draw_text(screen_lines() - 1, "s start  x stop  r restart  l log  "
	    "h help  q quit", LOOK_DIM);
}

static void
put_log_line(int line, const char *text)
{
	draw_text(line + 1, text, LOOK_PLAIN);
}

static void
draw_log(void)
{
	char	 text[ROW_TEXT_SIZE];
	int	 i, lines = screen_lines() - 2;

	if (top.log_ask.fd != -1) {
		if (top.log_fd != -1)
			close(top.log_fd);
		top.log_fd = top.log_ask.fd;
		top.log_ask.fd = -1;
	}
	snprintf(text, sizeof(text), "log of %s%s%s", top.chosen,
	    top.log_ask.state == ASK_FAILED ? ": " : "",
	    top.log_ask.state == ASK_FAILED ? top.log_ask.text : "");
	draw_text(0, text, LOOK_TITLE);
	for (i = 1; i < screen_lines() - 1; i++)
		screen_put(i, "", LOOK_PLAIN);
	if (top.log_fd != -1)
		(void)log_view(top.log_fd, lines, &top.back, put_log_line);
	snprintf(text, sizeof(text), "up, down, page up, page down; G the "
	    "end; q back%s", top.back > 0 ? "  (not at the end)" : "");
	draw_text(screen_lines() - 1, text, LOOK_DIM);
}

static void
draw_help(void)
{
	static const char *const	 help[] = {
		"up, k, down, j     choose a service",
		"page up, page down, g, G",
		"s                  start it",
		"x                  stop it, after a y",
		"r                  restart it, after a y",
		"l, return          its log",
		"q                  quit",
		"",
		"A * behind a state: it runs, but is not ready.",
		"CPU% is of one processor; MEM is what is in memory.",
		"",
		"any key: back"
	};
	size_t	 i;
	int	 line;

	for (line = 0; line < screen_lines(); line++)
		screen_put(line, "", LOOK_PLAIN);
	for (i = 0; i < sizeof(help) / sizeof(help[0]); i++)
		draw_text((int)i, help[i], LOOK_PLAIN);
}

static void
draw(void)
{
	switch (top.view) {
	case VIEW_TABLE:
		draw_table();
		break;
	case VIEW_LOG:
		draw_log();
		break;
	case VIEW_HELP:
		draw_help();
		break;
	}
	screen_flush();
}

static int
wait_ms(void)
{
	int64_t	 left = top.due_ms - conversation_now_ms();

	return left < 0 ? 0 : (int)left;
}

static int
run(void)
{
	struct ask	*asks[] = { &top.query, &top.order, &top.log,
	    &top.log_ask };
	struct pollfd	 pfd[5];
	size_t		 i;
	int		 c;

	next_line();
	while (!top.quit) {
		draw();
		pfd[0].fd = STDIN_FILENO;
		pfd[0].events = POLLIN;
		for (i = 0; i < 4; i++) {
			pfd[i + 1].fd = ask_fd(asks[i]);
			pfd[i + 1].events = POLLIN;
		}
		if (poll(pfd, 5, wait_ms()) == -1 && errno != EINTR)
			return -1;
		if ((pfd[0].revents & (POLLHUP | POLLERR)) != 0)
			return -1;
		while ((c = screen_key()) != KEY_OF_NONE)
			key(c);
		for (i = 0; i < 4; i++)
			ask_hear(asks[i]);
		if (top.query.state == ASK_DONE ||
		    top.query.state == ASK_FAILED)
			hear_query();
		if (top.order.state == ASK_DONE ||
		    top.order.state == ASK_FAILED)
			hear_order();
		if (top.log.state == ASK_DONE || top.log.state == ASK_FAILED) {
			hear_log();
			next_line();
		}
		if (wait_ms() == 0)
			tick();
	}
	return 0;
}
