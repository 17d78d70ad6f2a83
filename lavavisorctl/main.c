#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "common/log.h"
#include "common/version.h"
#include "lavavisorctl/check.h"
#include "lavavisorctl/commands.h"
#include "lavavisorctl/complete.h"
#include "lavavisorctl/conversation.h"
#include "lavavisorctl/events.h"
#include "lavavisorctl/history.h"
#include "lavavisorctl/install_files.h"
#include "lavavisorctl/local/local.h"
#include "lavavisorctl/log_tail.h"
#include "lavavisorctl/pulse.h"
#include "lavavisorctl/screen_text.h"
#include "lavavisorctl/show.h"
#include "lavavisorctl/sockets.h"
#include "lavavisorctl/table.h"
#include "lavavisorctl/unlock.h"
#include "lavavisorctl/usage.h"

#define EXIT_DONE	0
#define EXIT_FAILED	1
#define EXIT_USAGE	2
#define EXIT_NOTHING	3
#define EXIT_NO_DAEMON	4
#define EXIT_HIGHEST	5

/* More than there are commands without a daemon */
#define OTHERS_MAX	64

/* How soon new lines of a followed log or a ^C are noticed */
#define LOOK_MS		200

/* An order without a limit: how often is asked whether it is still heard */
#define PULSE_EVERY_MS	5000
#define PULSE_S		10

/* A wait whose daemon has gone looks so often for the next one */
#define AGAIN_MS	200

/* Of talk(): nothing was said, and the next daemon may be asked */
#define ASK_AGAIN	(-2)

/* A conversation on its way to the terminal */
struct session {
	const struct invocation	*inv;
	struct conversation	 talk;
	struct show_style	 style;
	struct event_printer	 events;
	struct log_tail		 log;
	int			 answered;	/* a line has come */
	int64_t			 pulse_ms;	/* when it was last felt */
	int64_t			 until_ms;	/* of a wait, 0 no end */
	int64_t			 seen;		/* number of the last event */
};

/* The conversation has ended, and another one goes on with it */
#define GO_ON	(-1)

static volatile sig_atomic_t	 interrupted;

/* First words of what needs no daemon */
static const char	*others[OTHERS_MAX];
static size_t		 others_count;

/* `check' has a line and exit codes of its own, whatever goes wrong */
static struct {
	int	 on;
	int	 judged;	/* the daemon's code is the plugin's */
	char	 why[1024];	/* the last complaint */
} plugin;

static int	ask(struct invocation *);
static int	complain(const char *, const char *);
static int	finish(struct session *, const struct msg_answer_end *);
static int	flush_stdout(int);
static int	gone_away(struct session *);
static int	hung_up(struct session *);
static int	is_heard(struct session *);
static void	know_others(void);
static void	on_interrupt(int);
static int	print_file(struct session *, struct hearing *);
static int	print_line(struct session *, struct hearing *);
static int	run(struct invocation *, int, char *const []);
static void	session_begin(struct session *, const struct invocation *);
static int	silence(struct session *, int);
static int	talk(struct session *);
static int	wait_again(struct session *, struct invocation *, char *,
		    int *);
static int	wants_colour(void);

int
main(int argc, char *argv[])
{
	struct invocation		 inv;
	const struct local_command	*local;
	const char			*gone;
	int				 code, at;

	log_init(local_program(), LOG_TO_STDERR, 0);
	signal(SIGPIPE, SIG_IGN);
	know_others();
	if (argc > 1 && strcmp(argv[1], "complete") == 0) {
		complete_print(stdout, argc - 2, argv + 2, others,
		    others_count, local_options);
		return flush_stdout(EXIT_DONE);
	}
	if ((gone = local_gone(argc, argv)) != NULL)
		return local_complain(EXIT_USAGE, "%s", gone);
	if ((local = local_find(argc, argv, &at)) != NULL)
		return flush_stdout(local_run(local, at, argc, argv));
	code = run(&inv, argc - 1, argv + 1);
	if (plugin.on && !plugin.judged)
		code = check_trouble(stdout, code, plugin.why, inv.json);
	return flush_stdout(code);
}

/* What works without a daemon has words that may be mistaken, too. */
static void
know_others(void)
{
	size_t	 i, n = 0;

	for (i = 0; i < local_commands_count && n < OTHERS_MAX; i++)
		if (!local_commands[i].lavavisor_only || local_is_lavavisor())
			others[n++] = local_commands[i].name;
	commands_also(others, n);
	others_count = n;
}

/* Returns the exit code */
static int
run(struct invocation *inv, int argc, char *const argv[])
{
	char	 why[1024];
	int	 rc;

	rc = invocation_parse(inv, argc, argv, why, sizeof(why));
	plugin.on = inv->command != NULL &&
	    inv->command->verb == VERB_CHECK && !inv->help && !inv->version;
	if (rc == -1) {
		if (!plugin.on)
			usage_hint(why, sizeof(why), inv);
		complain("", why);
		return EXIT_USAGE;
	}
	if (inv->version)
		printf("%s %s\n", local_program(), LAVAVISORD_VERSION);
	else if (inv->help && inv->other != NULL)
		local_help(inv->other);
	else if (inv->help)
		usage_long(stdout, inv);
	else
		return ask(inv);
	return EXIT_DONE;
}

static int
ask(struct invocation *inv)
{
	struct install_files	 files;
	struct session		 s;
	static char		 path[SOCKET_PATH_SIZE];  /* inv keeps it */
	char			 why[1024];
	int			 fd, code;

	if (install_files_open(&files, inv, why, sizeof(why)) == -1)
		return complain("", why);
	if (unlock_prepare(&files, inv, why, sizeof(why), &code) == -1) {
		complain("", why);
		return code;
	}
	if ((fd = daemon_connect(inv, path, why, sizeof(why), &code)) == -1) {
		complain("", why);
		return code;
	}
	session_begin(&s, inv);
	for (;;) {
		if (conversation_open(&s.talk, fd, path, &inv->request,
		    inv->timeout_s) == -1 ||
		    install_files_send(&files, &s.talk) == -1) {
			snprintf(why, sizeof(why), "cannot talk to %s: ",
			    path);
			complain(why, strerror(errno));
			return EXIT_FAILED;
		}
		code = talk(&s);
		conversation_close(&s.talk);
		if (code == ASK_AGAIN) {
			if ((fd = wait_again(&s, inv, path, &code)) == -1)
				return code;
			continue;
		}
		if (code != GO_ON)
			break;
		inv->request.number = s.seen + 1;
		inv->socket = path;
		if ((fd = daemon_connect(inv, path, why, sizeof(why),
		    &code)) == -1) {
			complain("", why);
			return code;
		}
	}
	log_tail_free(&s.log);
	return code;
}

/*
 * The daemon, or its control room, has gone and is probably replaced: the next
 * one is asked for the rest of the time.  Its fd, or -1 and *code.
 */
static int
wait_again(struct session *s, struct invocation *inv, char *path, int *code)
{
	struct timespec	 pause = { 0, AGAIN_MS * 1000000L };
	char		 why[1024];
	int64_t		 left = 0;
	int		 fd;

	for (;;) {
		/* One may take connections and end them. */
		nanosleep(&pause, NULL);
		if (s->until_ms != 0)
			left = s->until_ms - conversation_now_ms();
		fd = daemon_connect(inv, path, why, sizeof(why), code);
		if (fd != -1)
			break;
		if (s->until_ms != 0 && left <= 0) {
			complain("", why);
			return -1;
		}
	}
	/* In whole seconds, and 0 would be no limit. */
	if (s->until_ms != 0)
		inv->request.number = left > 0 ? left / 1000 + 1 : 1;
	return fd;
}

/* One line on stderr, whatever is in it; returns EXIT_FAILED */
static int
complain(const char *what, const char *why)
{
	char	*safe_what, *safe_why;

	if (plugin.on) {
		snprintf(plugin.why, sizeof(plugin.why), "%s%s", what, why);
		return EXIT_FAILED;
	}
	safe_what = screen_text(what, strlen(what));
	safe_why = screen_text(why, strlen(why));
	fflush(stdout);
	fprintf(stderr, "%s: %s%s\n", local_program(), safe_what, safe_why);
	free(safe_what);
	free(safe_why);
	return EXIT_FAILED;
}

static int
flush_stdout(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	/* Whoever stopped reading knows. */
	if (errno != EPIPE)
		complain("cannot write the answer: ", strerror(errno));
	return code == EXIT_DONE ? EXIT_FAILED : code;
}

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static int
wants_colour(void)
{
	const char	*no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

static void
session_begin(struct session *s, const struct invocation *inv)
{
	struct sigaction	 sa;
	int			 work = inv->command->form == FORM_WORK;

	memset(s, 0, sizeof(*s));
	s->inv = inv;
	s->style.now_s = (int64_t)time(NULL);
	s->style.colour = wants_colour();
	table_limit(output_columns(STDOUT_FILENO));
	events_begin(&s->events, stdout, work && !inv->json);
	log_tail_init(&s->log, STDOUT_FILENO, isatty(STDOUT_FILENO));
	if (inv->request.verb == VERB_WAIT && inv->request.number != 0)
		s->until_ms = conversation_now_ms() +
		    inv->request.number * 1000;
	if (!work)
		return;
	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_interrupt;
	sigaction(SIGINT, &sa, NULL);
}

/* Returns the exit code */
static int
talk(struct session *s)
{
	struct hearing	 h;
	int		 code;

	for (;;) {
		if (interrupted) {
			events_end(&s->events);
			return gone_away(s);
		}
		if (s->log.fd != -1 && log_tail_copy(&s->log) == -1)
			return errno == EPIPE ? EXIT_FAILED :
			    complain("log: ", strerror(errno));
		code = EXIT_DONE;
		switch (conversation_hear(&s->talk, LOOK_MS, &h)) {
		case HEARD_LINE:
			s->answered = 1;
			code = h.fd != -1 ? print_file(s, &h) :
			    print_line(s, &h);
			break;
		case HEARD_END:
			return finish(s, &h.end);
		case HEARD_NOTHING:
			if (!is_heard(s))
				return silence(s, PULSE_S);
			break;
		case HEARD_EOF:
			return hung_up(s);
		case HEARD_SILENCE:
			return silence(s, s->inv->timeout_s);
		case HEARD_ERROR:
			events_end(&s->events);
			return complain("", h.why);
		}
		if (code != EXIT_DONE)
			return code;
		if (ferror(stdout))
			return EXIT_FAILED;
	}
}

/* An upgrade is the daemon's own, an installation its client's */
static int
gone_away(struct session *s)
{
	if (s->inv->request.verb == VERB_INSTALL)
		return complain("", "interrupted; nothing is installed "
		    "unless it was done, see `lavavisorctl show versions'");
	if (s->inv->request.verb == VERB_UPGRADE_PREPARE)
		return complain("", "interrupted; what has come of a file is "
		    "kept, and the next one goes on from there");
	complain("", "detached; the upgrade goes on, `lavavisorctl monitor' "
	    "shows it");
	return EXIT_DONE;
}

static int
print_line(struct session *s, struct hearing *h)
{
	json_error_t	 error;
	json_t		*value;

	/* "rotated" and the like come with the file that they speak of. */
	if (s->inv->command->form == FORM_LOG)
		return EXIT_DONE;
	if ((value = json_loadb(h->line, h->length, JSON_REJECT_DUPLICATES,
	    &error)) == NULL) {
		events_end(&s->events);
		return complain("the daemon's answer is no JSON: ",
		    error.text);
	}
	if (json_is_integer(json_object_get(value, "seq")))
		s->seen = json_integer_value(json_object_get(value, "seq"));
	if (s->inv->json && s->inv->request.verb == VERB_SHOW_HISTORY)
		history_lines(stdout, value);
	else if (s->inv->json) {
		fwrite(h->line, 1, h->length, stdout);
		fputc('\n', stdout);
	} else if (json_is_string(json_object_get(value, "event")))
		events_print(&s->events, value);
	else {
		events_end(&s->events);
		show_print(stdout, s->inv->request.verb, value, &s->style);
	}
	json_decref(value);
	fflush(stdout);
	return EXIT_DONE;
}

static int
print_file(struct session *s, struct hearing *h)
{
	int64_t	 lines = s->log.fd == -1 ? s->inv->lines : LINES_ALL;

	if (s->inv->command->form != FORM_LOG) {
		close(h->fd);
		return complain("", "the daemon sent a file nobody asked for");
	}
	/* Now it may be silent: the file says the rest. */
	if (s->inv->follow)
		s->talk.timeout_ms = 0;
	if (log_tail_open(&s->log, h->fd, lines) == 0 &&
	    log_tail_copy(&s->log) == 0)
		return EXIT_DONE;
	return errno == EPIPE ? EXIT_FAILED :
	    complain("log: ", strerror(errno));
}

static int
finish(struct session *s, const struct msg_answer_end *end)
{
	int	 code = end->code > EXIT_HIGHEST ? EXIT_FAILED :
	    (int)end->code;
	char	*safe;
	json_t	*value;

	if (s->inv->request.verb == VERB_MONITOR && code == EXIT_DONE &&
	    s->seen >= s->inv->request.number &&
	    strcmp(end->text, MONITOR_MORE) == 0)
		return GO_ON;
	events_end(&s->events);
	if (plugin.on && s->answered) {
		plugin.judged = 1;
		return code;
	}
	if (log_tail_close(&s->log) == -1 && errno != EPIPE)
		complain("log: ", strerror(errno));
	if (s->inv->json && !s->answered && !plugin.on &&
	    s->inv->command->form != FORM_LOG) {
		value = json_pack("{s:i, s:s}", "code", code, "text",
		    end->text);
		if (value == NULL || json_dumpf(value, stdout, 0) == -1)
			return complain("", "cannot write the answer");
		fputc('\n', stdout);
		json_decref(value);
		return code;
	}
	if (end->text[0] == '\0')
		return code;
	if (!s->inv->json && (code == EXIT_DONE || code == EXIT_NOTHING) &&
	    s->inv->command->form != FORM_LOG) {
		safe = screen_text(end->text, strlen(end->text));
		printf("%s\n", safe);
		free(safe);
	} else
		complain("", end->text);
	return code;
}

static int
hung_up(struct session *s)
{
	events_end(&s->events);
	if (s->log.fd != -1)
		log_tail_close(&s->log);
	/* What was asked of it: it is gone. */
	if (s->inv->request.verb == VERB_SHUTDOWN)
		return EXIT_DONE;
	if (s->inv->request.verb == VERB_WAIT && (s->until_ms == 0 ||
	    conversation_now_ms() < s->until_ms))
		return ASK_AGAIN;
	return complain("the daemon hung up without an answer at ",
	    s->talk.path);
}

/* An order may take long; that it was not heard at all is found out */
static int
is_heard(struct session *s)
{
	int64_t	 now = conversation_now_ms();

	if (s->inv->command->timeout_s != 0 || s->inv->timeout_s != 0 ||
	    s->inv->command->read_only)
		return 1;
	if (s->pulse_ms < s->talk.heard_ms)
		s->pulse_ms = s->talk.heard_ms;
	if (now - s->pulse_ms < PULSE_EVERY_MS)
		return 1;
	if (!pulse_felt(s->inv->command, s->talk.path, PULSE_S))
		return 0;
	s->pulse_ms = conversation_now_ms();
	return 1;
}

static int
silence(struct session *s, int seconds)
{
	char	 why[TEXT_SIZE];

	events_end(&s->events);
	snprintf(why, sizeof(why), "no answer from %s in %d seconds: the "
	    "daemon or its control room is held (state T in ps), or the host "
	    "is overloaded", s->talk.path, seconds);
	complain("", why);
	return EXIT_NO_DAEMON;
}
