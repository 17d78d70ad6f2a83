#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/room.h"
#include "compat/fifo.h"
#include "lavavisord/supervisor/output.h"

static struct event_base		*base;
static const struct output_hooks	*hooks;
static int				 orphaned;

static void	at_line_end(struct output *);
static void	drop(struct output *, size_t *, int);
static void	hold_over(int, short, void *);
static void	later(struct event **, event_callback_fn, struct output *,
		    int);
static void	lose(struct output *, uint64_t, int);
static void	move_turn(struct output *);
static ssize_t	move_piece(struct output *, size_t, int *);
static void	readable(int, short, void *);
static void	report(int, short, void *);
static int	same_file(int, int);
static void	take_log(struct output *, int);

void
output_setup(struct event_base *eb, const struct output_hooks *h)
{
	base = eb;
	hooks = h;
}

void
output_init(struct output *o, uint32_t slot)
{
	memset(o, 0, sizeof(*o));
	o->slot = slot;
	o->fifo = o->log = o->next = -1;
	o->quiet = 1;
}

void
output_fifo(struct output *o, int fd)
{
	if (o->readable != NULL)
		event_free(o->readable);
	if (o->fifo != -1)
		close(o->fifo);
	o->fifo = fd;
	o->readable = event_new(base, fd, EV_READ | EV_PERSIST, readable, o);
	if (o->readable == NULL)
		fatalx("out of memory for events");
	if (o->log == -1) {
		/* Its log is on the way: keep what belongs there. */
		o->phase = OUTPUT_HELD;
		o->quiet = 0;
		later(&o->hold, hold_over, o, OUTPUT_HOLD_MS);
	} else
		output_wake(o);
}

void
output_log(struct output *o, int fd)
{
	if (o->log == -1 || o->phase == OUTPUT_HELD || same_file(o->log, fd)) {
		take_log(o, fd);
		output_wake(o);
		return;
	}
	if (o->next != -1)
		close(o->next);
	o->next = fd;
	o->phase = OUTPUT_ENDING;
	o->overrun = 0;
}

void
output_limit(struct output *o, uint64_t limit)
{
	o->limit = limit;
}

void
output_wake(struct output *o)
{
	if (o->readable == NULL || o->phase == OUTPUT_HELD)
		return;
	o->quiet = 0;
	if (event_add(o->readable, NULL) == -1)
		fatalx("event_add");
}

void
output_orphaned(struct output *o)
{
	orphaned = 1;
	if (o->phase == OUTPUT_HELD)
		o->phase = OUTPUT_LATE;
	output_wake(o);
	/* Polling does not tell of a fifo that never had a writer. */
	if (o->readable != NULL)
		event_active(o->readable, EV_READ, 0);
}

void
output_close(struct output *o)
{
	int	 turns = 64;

	if (o->phase == OUTPUT_HELD)
		o->phase = OUTPUT_LATE;
	if (o->fifo != -1)
		while (!o->quiet && turns-- > 0 && event_pending(o->readable,
		    EV_READ, NULL))
			move_turn(o);
	if (o->readable != NULL)
		event_free(o->readable);
	if (o->hold != NULL)
		event_free(o->hold);
	if (o->report != NULL)
		event_free(o->report);
	if (o->fifo != -1)
		close(o->fifo);
	if (o->log != -1)
		close(o->log);
	if (o->next != -1)
		close(o->next);
	output_init(o, o->slot);
}

static int
same_file(int a, int b)
{
	struct stat	 sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	    sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static void
take_log(struct output *o, int fd)
{
	off_t	 end;

	if (o->log != -1)
		close(o->log);
	if (o->next != -1 && o->next != fd)
		close(o->next);
	o->next = -1;
	o->log = fd;
	/* Something may have been written since the parent opened it. */
	end = lseek(fd, 0, SEEK_END);
	o->size = end > 0 ? (uint64_t)end : 0;
	o->phase = OUTPUT_PLAIN;
	if (o->hold != NULL)
		event_del(o->hold);
}

static void
readable(int fd, short what, void *arg)
{
	struct output	*o = arg;

	(void)fd;
	(void)what;
	move_turn(o);
	hooks->moved(o->slot);
}

/*
 * At most OUTPUT_TURN bytes, so that a service that floods its log holds up
 * nobody else; the event is level-triggered and comes again.
 */
static void
move_turn(struct output *o)
{
	size_t	 left = OUTPUT_TURN, asked;
	ssize_t	 n = 1;
	int	 ends;

	while (left > 0 && o->phase != OUTPUT_HELD) {
		asked = left < FIFO_PIECE ? left : FIFO_PIECE;
		if (o->log == -1) {
			drop(o, &left, 0);
			return;
		}
		n = move_piece(o, asked, &ends);
		if (n == 0)
			break;
		if (n == -1) {
			if (errno == EAGAIN)
				return;
			if (o->next != -1)
				take_log(o, o->next);
			else
				drop(o, &left, errno);
			if (o->quiet)
				return;
			continue;
		}
		left -= (size_t)n < left ? (size_t)n : left;
		if (ends || (o->phase == OUTPUT_ENDING &&
		    o->overrun > OUTPUT_LINE_MAX))
			at_line_end(o);
		else if (n < (ssize_t)asked && o->phase == OUTPUT_PLAIN &&
		    (o->limit == 0 || o->size < o->limit))
			return;		/* it was all */
	}
	if (n == 0) {
		o->quiet = 1;
		event_del(o->readable);
		hooks->quiet(o->slot);
	}
}

static ssize_t
move_piece(struct output *o, size_t max, int *ends)
{
	size_t	 lost;
	ssize_t	 n;

	*ends = 0;
	if (o->phase == OUTPUT_LATE && !orphaned &&
	    room_now_ms() - o->asked_ms > OUTPUT_ASK_S * 1000) {
		o->phase = OUTPUT_ENDING;
		o->overrun = 0;
	}
	if (o->phase == OUTPUT_PLAIN && o->limit != 0 && !orphaned) {
		if (o->size >= o->limit) {
			o->phase = OUTPUT_ENDING;
			o->overrun = 0;
		} else if (max > o->limit - o->size)
			max = (size_t)(o->limit - o->size);
	}
	if (o->phase == OUTPUT_ENDING)
		n = fifo_move_line(o->fifo, o->log, max, ends, &lost);
	else
		n = fifo_move(o->fifo, o->log, max, &lost);
	if (lost > 0)
		lose(o, lost, errno);
	if (n > 0) {
		o->size += (uint64_t)n;
		o->overrun += (uint64_t)n;
	}
	return n;
}

static void
at_line_end(struct output *o)
{
	if (o->next != -1) {
		take_log(o, o->next);
		return;
	}
	if (orphaned) {
		o->phase = OUTPUT_LATE;
		return;
	}
	o->phase = OUTPUT_HELD;
	o->asked_ms = room_now_ms();
	event_del(o->readable);
	later(&o->hold, hold_over, o, OUTPUT_HOLD_MS);
	hooks->rotate(o->slot);
}

static void
hold_over(int fd, short what, void *arg)
{
	struct output	*o = arg;

	(void)fd;
	(void)what;
	if (o->phase != OUTPUT_HELD)
		return;
	o->phase = OUTPUT_LATE;
	output_wake(o);
}

static void
later(struct event **ev, event_callback_fn callback, struct output *o, int ms)
{
	struct timeval	 tv;

	tv.tv_sec = ms / 1000;
	tv.tv_usec = (ms % 1000) * 1000;
	if (*ev == NULL && (*ev = evtimer_new(base, callback, o)) == NULL)
		fatalx("out of memory for events");
	if (evtimer_add(*ev, &tv) == -1)
		fatalx("event_add");
}

/* Throws a turn's worth away, so that the service can go on. */
static void
drop(struct output *o, size_t *left, int error)
{
	ssize_t	 n;

	while (*left > 0) {
		if ((n = fifo_drop(o->fifo, *left)) == -1) {
			*left = 0;
			return;
		}
		if (n == 0) {
			o->quiet = 1;
			event_del(o->readable);
			hooks->quiet(o->slot);
			return;
		}
		*left -= (size_t)n;
		lose(o, (uint64_t)n, error);
	}
}

static void
lose(struct output *o, uint64_t bytes, int error)
{
	o->lost += bytes;
	o->lost_errno = error;
	if (o->report == NULL || !evtimer_pending(o->report, NULL))
		report(-1, 0, o);
}

static void
report(int fd, short what, void *arg)
{
	struct output	*o = arg;

	(void)fd;
	(void)what;
	if (o->lost == 0)
		return;
	hooks->lost(o->slot, o->lost, o->lost_errno);
	o->lost = 0;
	later(&o->report, report, o, OUTPUT_REPORT_S * 1000);
}
