#include <sys/types.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "common/log.h"
#include "common/message.h"
#include "lavavisord/events.h"
#include "lavavisord/rooms.h"
#include "lavavisord/verify.h"

struct waiting {
	TAILQ_ENTRY(waiting)	 entry;
	struct verify_job	 job;
};

static TAILQ_HEAD(, waiting)	 jobs = TAILQ_HEAD_INITIALIZER(jobs);
static int			 handed_over;	/* the first one is at work */
static int			 cancelled;	/* its process has still to end */

static int	send_keys(struct channel *, const struct verify_job *);
static void	verifier_dispatch(struct channel *, struct imsg *);
static void	verifier_gone(const char *);
static void	verifier_ready(struct channel *);
static void	verify_end(const struct msg_verified *);
static void	verify_fail(const char *);
static void	verify_free(struct waiting *);

void
verify_init(void)
{
	static const struct room_user	 user = {
		verifier_ready, verifier_dispatch, verifier_gone
	};

	rooms_use(ROOM_VERIFIER, &user);
}

void
verify_start(const struct verify_job *job)
{
	struct waiting	*w;

	if ((w = malloc(sizeof(*w))) == NULL)
		fatal("malloc");
	w->job = *job;
	TAILQ_INSERT_TAIL(&jobs, w, entry);
	rooms_start(ROOM_VERIFIER);
}

static void
verify_free(struct waiting *w)
{
	int	 i;

	TAILQ_REMOVE(&jobs, w, entry);
	for (i = 0; i < VERIFY_FILES; i++)
		if (w->job.fd[i] != -1)
			close(w->job.fd[i]);
	free(w);
}

void
verify_cancel(void)
{
	struct waiting	*w;

	while ((w = TAILQ_FIRST(&jobs)) != NULL)
		verify_free(w);
	handed_over = 0;
	cancelled = 1;
	rooms_kill(ROOM_VERIFIER);
}

static void
verify_end(const struct msg_verified *m)
{
	struct waiting		*w = TAILQ_FIRST(&jobs);
	struct verify_job	 job;

	if (w == NULL)
		return;
	job = w->job;
	verify_free(w);
	handed_over = 0;
	job.done(m, job.arg);
}

static void
verify_fail(const char *why)
{
	struct msg_verified	 m;

	memset(&m, 0, sizeof(m));
	strlcpy(m.error, why, sizeof(m.error));
	verify_end(&m);
}

/* Key files are the administrator's and small; their text is not looked at */
static int
send_keys(struct channel *ch, const struct verify_job *job)
{
	struct msg_verify_key	 m;
	const char		*slash;
	char			 why[TEXT_SIZE];
	ssize_t			 n;
	size_t			 i;
	int			 fd;

	for (i = 0; i < job->nkeys; i++) {
		memset(&m, 0, sizeof(m));
		slash = strrchr(job->keys[i], '/');
		strlcpy(m.name, slash != NULL ? slash + 1 : job->keys[i],
		    sizeof(m.name));
		if ((fd = open(job->keys[i], O_RDONLY | O_CLOEXEC)) == -1 ||
		    (n = read(fd, m.text, sizeof(m.text))) == -1) {
			snprintf(why, sizeof(why), "key %s: %s", job->keys[i],
			    strerror(errno));
			if (fd != -1)
				close(fd);
			verify_fail(why);
			return -1;
		}
		close(fd);
		if ((size_t)n == sizeof(m.text)) {
			snprintf(why, sizeof(why), "key %s: too long to be a "
			    "public key", job->keys[i]);
			verify_fail(why);
			return -1;
		}
		m.text[n] = '\0';
		if (channel_send(ch, MSG_VERIFY_KEY, 0, -1, &m) == -1) {
			snprintf(why, sizeof(why), "key %s: not a text file",
			    job->keys[i]);
			verify_fail(why);
			return -1;
		}
	}
	return 0;
}

static void
verifier_ready(struct channel *ch)
{
	struct waiting		*w = TAILQ_FIRST(&jobs);
	struct msg_verify_file	 file;
	int			 i;

	if (w == NULL || handed_over) {
		rooms_end(ROOM_VERIFIER);
		return;
	}
	channel_send(ch, MSG_VERIFY, 0, -1, &w->job.ask);
	if (send_keys(ch, &w->job) == -1) {
		rooms_end(ROOM_VERIFIER);
		return;
	}
	handed_over = 1;
	for (i = 0; i < VERIFY_FILES; i++) {
		if (w->job.fd[i] == -1)
			continue;
		file.which = (uint8_t)i;
		channel_send(ch, MSG_VERIFY_FILE, 0, w->job.fd[i], &file);
		w->job.fd[i] = -1;
	}
	channel_send(ch, MSG_VERIFY_GO, 0, -1, NULL);
}

static void
verifier_dispatch(struct channel *ch, struct imsg *imsg)
{
	struct msg_progress	 progress;
	struct msg_verified	 m;
	struct waiting		*w = TAILQ_FIRST(&jobs);

	switch (imsg_get_type(imsg)) {
	case MSG_PROGRESS:
		if (channel_read(ch, imsg, MSG_PROGRESS, &progress,
		    sizeof(progress)) == -1)
			break;
		if (w != NULL)
			event_tell_progress("verify", json_pack(
			    "{s:s, s:s, s:I, s:I}", "version",
			    w->job.ask.version, "state", "progress", "done",
			    (json_int_t)progress.done, "total",
			    (json_int_t)progress.total));
		return;
	case MSG_VERIFIED:
		if (channel_read(ch, imsg, MSG_VERIFIED, &m, sizeof(m)) == -1)
			break;
		/* It lives no longer than one answer. */
		rooms_end(ROOM_VERIFIER);
		if (handed_over)
			verify_end(&m);
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
	char	 text[TEXT_SIZE];

	if (handed_over) {
		snprintf(text, sizeof(text), "the verifier died: %s", why);
		verify_fail(text);
	} else if (!cancelled && !TAILQ_EMPTY(&jobs) && strncmp(why, "exit code 0", 11) !=
	    0) {
		/* It never got as far as ready. */
		snprintf(text, sizeof(text), "the verifier did not start: %s",
		    why);
		verify_fail(text);
	}
	cancelled = 0;
	if (!TAILQ_EMPTY(&jobs))
		rooms_start(ROOM_VERIFIER);
}
