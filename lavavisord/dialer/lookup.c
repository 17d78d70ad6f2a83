#include <sys/types.h>
#include <sys/socket.h>
#include <sys/queue.h>

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "lavavisord/dialer/lookup.h"

/* A name takes two of them, one for each family. */
#define HELPERS		4

/* What is asked, and who waits for it */
struct question {
	TAILQ_ENTRY(question)	 entry;
	struct lookup_question	 q;
	TAILQ_HEAD(, lookup)	 askers;
	int			 answered;
};

struct lookup {
	TAILQ_ENTRY(lookup)	 entry;
	struct question		*question;
	lookup_done		 done;
	void			*arg;
};

static struct helper {
	int			 fd;	/* -1: it died */
	struct event		*readable;
	struct question		*busy;	/* NULL: idle */
} helpers[HELPERS];

/* Those that no helper has yet, the oldest first */
static TAILQ_HEAD(, question)	 queue = TAILQ_HEAD_INITIALIZER(queue);

static int		 answer_is_sound(const struct lookup_answer *, ssize_t);
static void		 helper_readable(int, short, void *);
static void		 helper_lost(struct helper *, const char *);
static void		 question_answer(struct question *,
			    const struct lookup_answer *);
static struct question	*question_find(const char *, int);
static void		 questions_send(void);

void
lookup_helpers(struct room *room)
{
	struct sigaction	 sa;
	struct helper		*h;

	/* One that dies is seen by its end of file, and is no zombie. */
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_IGN;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGCHLD, &sa, NULL);
	for (h = helpers; h < helpers + HELPERS; h++) {
		h->fd = room_helper(room, resolver_run);
		if ((h->readable = event_new(room->base, h->fd,
		    EV_READ | EV_PERSIST, helper_readable, h)) == NULL ||
		    event_add(h->readable, NULL) == -1)
			fatalx("out of memory for events");
	}
}

struct lookup *
lookup_new(const char *host, int family, lookup_done done, void *arg)
{
	struct question	*q;
	struct lookup	*l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		fatal("calloc");
	if ((q = question_find(host, family)) == NULL) {
		if ((q = calloc(1, sizeof(*q))) == NULL)
			fatal("calloc");
		strlcpy(q->q.host, host, sizeof(q->q.host));
		q->q.family = family;
		TAILQ_INIT(&q->askers);
		TAILQ_INSERT_TAIL(&queue, q, entry);
	}
	l->question = q;
	l->done = done;
	l->arg = arg;
	TAILQ_INSERT_TAIL(&q->askers, l, entry);
	questions_send();
	return l;
}

void
lookup_cancel(struct lookup *l)
{
	struct question	*q;
	struct helper	*h;

	if (l == NULL)
		return;
	q = l->question;
	TAILQ_REMOVE(&q->askers, l, entry);
	free(l);
	if (!TAILQ_EMPTY(&q->askers) || q->answered)
		return;
	/* A helper cannot be interrupted: its answer will find nobody. */
	for (h = helpers; h < helpers + HELPERS; h++)
		if (h->busy == q)
			return;
	TAILQ_REMOVE(&queue, q, entry);
	free(q);
}

static struct question *
question_find(const char *host, int family)
{
	struct question	*q;
	struct helper	*h;

	TAILQ_FOREACH(q, &queue, entry)
		if (q->q.family == family && strcmp(q->q.host, host) == 0)
			return q;
	for (h = helpers; h < helpers + HELPERS; h++)
		if (h->busy != NULL && h->busy->q.family == family &&
		    strcmp(h->busy->q.host, host) == 0)
			return h->busy;
	return NULL;
}

static void
questions_send(void)
{
	struct question	*q;
	struct helper	*h;

	for (h = helpers; h < helpers + HELPERS; h++) {
		if ((q = TAILQ_FIRST(&queue)) == NULL)
			return;
		if (h->fd == -1 || h->busy != NULL)
			continue;
		/* When it is dead, its end of file tells who asked. */
		if (write(h->fd, &q->q, sizeof(q->q)) !=
		    (ssize_t)sizeof(q->q))
			log_debug("a resolver takes no question: %s",
			    strerror(errno));
		TAILQ_REMOVE(&queue, q, entry);
		h->busy = q;
	}
}

static void
helper_readable(int fd, short what, void *arg)
{
	struct helper		*h = arg;
	struct lookup_answer	 a;
	struct question		*q = h->busy;
	ssize_t			 n;

	(void)what;
	if ((n = read(fd, &a, sizeof(a))) == -1 && errno == EINTR)
		return;
	if (n <= 0) {
		helper_lost(h, "died");
		return;
	}
	if (q == NULL || !answer_is_sound(&a, n)) {
		helper_lost(h, "talks nonsense");
		return;
	}
	if (a.refused != -1)
		log_warnx("system call %d was refused by the sandbox",
		    a.refused);
	h->busy = NULL;
	question_answer(q, &a);
	questions_send();
}

/* It reads what name servers send: not believed more than they are. */
static int
answer_is_sound(const struct lookup_answer *a, ssize_t n)
{
	return n == (ssize_t)sizeof(*a) && a->count <= LOOKUP_ADDRESSES &&
	    (a->error == 0 || a->count == 0);
}

/* Others go on with the work; without any the dialer is started anew. */
static void
helper_lost(struct helper *h, const char *how)
{
	static const struct lookup_answer	 none = { .error = EAI_FAIL };
	struct question				*q = h->busy;
	struct helper				*other;

	log_warnx("a resolver %s%s%s", how, q == NULL ? "" : " at ",
	    q == NULL ? "" : q->q.host);
	event_free(h->readable);
	h->readable = NULL;
	close(h->fd);
	h->fd = -1;
	h->busy = NULL;
	if (q != NULL)
		question_answer(q, &none);
	for (other = helpers; other < helpers + HELPERS; other++)
		if (other->fd != -1) {
			questions_send();
			return;
		}
	fatalx("no resolver is left");
}

static void
question_answer(struct question *q, const struct lookup_answer *a)
{
	struct lookup	*l;
	lookup_done	 done;
	void		*arg;

	/* A callback may cancel others, never add to those who wait here. */
	q->answered = 1;
	while ((l = TAILQ_FIRST(&q->askers)) != NULL) {
		TAILQ_REMOVE(&q->askers, l, entry);
		done = l->done;
		arg = l->arg;
		free(l);
		done(a, arg);
	}
	free(q);
}
