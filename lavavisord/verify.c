#include <sys/types.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/clock.h"
#include "lavavisord/config.h"
#include "lavavisord/events.h"
#include "lavavisord/rooms.h"
#include "lavavisord/verify.h"
#include "lavavisord/verify_answer.h"

/* How long one job may take; a file of 512 MB needs seconds */
#define JOB_SECONDS	600

struct waiting {
	TAILQ_ENTRY(waiting)	 entry;
	struct verify_job	 job;
	int			 output;	/* ours, to look at its size */
};

static TAILQ_HEAD(, waiting)	 jobs = TAILQ_HEAD_INITIALIZER(jobs);
static struct event		*deadline;
static int			 handed_over;	/* the first one is at work */
static int			 cancelled;	/* its process has yet to end */
static int			 answered;	/* with this: */
static struct msg_verified	 answer;

static void	give_way(void);
static void	check_answer(const struct waiting *, struct msg_verified *);
static void	verifier_dispatch(struct channel *, struct imsg *);
static void	verifier_gone(const char *);
static void	verifier_ready(struct channel *);
static void	verify_end(const struct msg_verified *, int);
static void	verify_fail(const char *);
static void	verify_late(evutil_socket_t, short, void *);
static void	verify_free(struct waiting *);

void
verify_init(struct event_base *base)
{
	static const struct room_user	 user = {
		verifier_ready, verifier_dispatch, verifier_gone
	};

	if ((deadline = evtimer_new(base, verify_late, NULL)) == NULL)
		fatalx("out of memory for events");
	rooms_use(ROOM_VERIFIER, &user);
}

static void
verify_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	log_warnx("verifier: no answer in %d s, killed", JOB_SECONDS);
	rooms_kill(ROOM_VERIFIER);
}

void
verify_start(const struct verify_job *job)
{
	struct waiting	*w;

	give_way();
	if ((w = malloc(sizeof(*w))) == NULL)
		fatal("malloc");
	w->job = *job;
	w->output = -1;
	/* It has no writer left, ours included, when the answer is used. */
	if (job->fd[VERIFY_OUTPUT] != -1 && (w->output = fcntl(
	    job->fd[VERIFY_OUTPUT], F_DUPFD_CLOEXEC, 0)) == -1)
		log_warn("v%s: its new file", job->ask.version);
	TAILQ_INSERT_TAIL(&jobs, w, entry);
	rooms_start(ROOM_VERIFIER);
}

/* How long a download takes is nothing that another job should wait for. */
static void
give_way(void)
{
	struct msg_verified	 m;
	struct waiting		*w;
	struct verify_job	 job;

	/* There is one at most, and it may be the first or wait. */
	TAILQ_FOREACH(w, &jobs, entry)
		if (w->job.ask.growing)
			break;
	if (w == NULL)
		return;
	job = w->job;
	verify_cancel(job.done);
	memset(&m, 0, sizeof(m));
	strlcpy(m.error, "it gives way to another file", sizeof(m.error));
	job.done(&m, 1, job.arg);
}

void
verify_whole(void (*done)(const struct msg_verified *, int, void *))
{
	struct waiting	*w;

	TAILQ_FOREACH(w, &jobs, entry) {
		if (w->job.done != done || !w->job.ask.growing)
			continue;
		w->job.ask.growing = 0;
		if (w == TAILQ_FIRST(&jobs) && handed_over) {
			rooms_send(ROOM_VERIFIER, MSG_VERIFY_WHOLE, 0, -1,
			    NULL);
			clock_timer(deadline, JOB_SECONDS * 1000);
		}
	}
}

static void
verify_free(struct waiting *w)
{
	int	 i;

	TAILQ_REMOVE(&jobs, w, entry);
	for (i = 0; i < VERIFY_FILES; i++)
		if (w->job.fd[i] != -1)
			close(w->job.fd[i]);
	if (w->output != -1)
		close(w->output);
	free(w);
}

int
verify_cancel(void (*done)(const struct msg_verified *, int, void *))
{
	struct waiting	*w, *next;
	int		 n = 0;

	for (w = TAILQ_FIRST(&jobs); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		if (w->job.done != done)
			continue;
		if (w == TAILQ_FIRST(&jobs) && handed_over) {
			/* Its process goes first, then the next job's. */
			handed_over = answered = 0;
			cancelled = 1;
			rooms_kill(ROOM_VERIFIER);
		}
		verify_free(w);
		n = 1;
	}
	return n;
}

static void
verify_end(const struct msg_verified *m, int died)
{
	struct waiting		*w = TAILQ_FIRST(&jobs);
	struct verify_job	 job;

	if (w == NULL)
		return;
	job = w->job;
	verify_free(w);
	handed_over = 0;
	job.done(m, died, job.arg);
}

static void
verify_fail(const char *why)
{
	struct msg_verified	 m;

	memset(&m, 0, sizeof(m));
	strlcpy(m.error, why, sizeof(m.error));
	verify_end(&m, 1);
}

static void
verifier_ready(struct channel *ch)
{
	struct waiting		*w = TAILQ_FIRST(&jobs);
	struct msg_verify_file	 file;
	size_t			 k;
	int			 i;

	if (w == NULL || handed_over) {
		rooms_end(ROOM_VERIFIER);
		return;
	}
	channel_send(ch, MSG_VERIFY, 0, -1, &w->job.ask);
	for (k = 0; k < w->job.nkeys; k++)
		channel_send(ch, MSG_VERIFY_KEY, 0, -1, &w->job.keys[k].key);
	handed_over = 1;
	if (!w->job.ask.growing)
		clock_timer(deadline, JOB_SECONDS * 1000);
	for (i = 0; i < VERIFY_FILES; i++) {
		if (w->job.fd[i] == -1)
			continue;
		file.which = (uint8_t)i;
		channel_send(ch, MSG_VERIFY_FILE, 0, w->job.fd[i], &file);
		w->job.fd[i] = -1;
	}
	channel_send(ch, MSG_VERIFY_GO, 0, -1, NULL);
}

/* One that cannot be is a refusal, and nothing of it is used */
static void
check_answer(const struct waiting *w, struct msg_verified *m)
{
	struct stat	 st;
	uint64_t	 written = VERIFY_NO_OUTPUT;
	const char	*why;

	if (w->output != -1)
		written = fstat(w->output, &st) == -1 ? 0 :
		    (uint64_t)st.st_size;
	if (verify_answer_check(&w->job.ask, w->job.keys, w->job.nkeys,
	    written, m, &why) == 0)
		return;
	log_warnx("v%s: the verifier's answer cannot be true: %s",
	    w->job.ask.version, why);
	memset(m, 0, sizeof(*m));
	snprintf(m->error, sizeof(m->error), "the verifier's answer cannot "
	    "be true: %s", why);
}

static void
verifier_dispatch(struct channel *ch, struct imsg *imsg)
{
	struct msg_progress	 progress;
	struct waiting		*w = TAILQ_FIRST(&jobs);

	switch (imsg_get_type(imsg)) {
	case MSG_PROGRESS:
		if (channel_read(ch, imsg, MSG_PROGRESS, &progress,
		    sizeof(progress)) == -1)
			break;
		if (w != NULL && !w->job.ask.growing)
			event_tell_progress("verify", json_pack(
			    "{s:s, s:s, s:I, s:I}", "version",
			    w->job.ask.version, "state", "progress", "done",
			    (json_int_t)progress.done, "total",
			    (json_int_t)progress.total));
		return;
	case MSG_VERIFIED:
		if (channel_read(ch, imsg, MSG_VERIFIED, &answer,
		    sizeof(answer)) == -1)
			break;
		/*
		 * It lives no longer than one answer, and while it lives the
		 * new file has a writer and cannot be executed.
		 */
		answered = handed_over;
		rooms_end(ROOM_VERIFIER);
		return;
	default:
		log_warnx("verifier: unexpected %s message",
		    message_name(imsg_get_type(imsg)));
		break;
	}
	rooms_kill(ROOM_VERIFIER);
}

static void
verifier_gone(const char *why)
{
	struct waiting	*w;
	char		 text[TEXT_SIZE];

	if (answered) {
		answered = 0;
		if ((w = TAILQ_FIRST(&jobs)) != NULL)
			check_answer(w, &answer);
		verify_end(&answer, 0);
	} else if (handed_over) {
		snprintf(text, sizeof(text), "the verifier died: %s", why);
		verify_fail(text);
	} else if (!cancelled && !TAILQ_EMPTY(&jobs) &&
	    strcmp(why, "exit code 0") != 0) {
		/* It never got as far as ready. */
		snprintf(text, sizeof(text), "the verifier did not start: %s",
		    why);
		verify_fail(text);
	}
	cancelled = 0;
	evtimer_del(deadline);
	if (!TAILQ_EMPTY(&jobs))
		rooms_start(ROOM_VERIFIER);
}
