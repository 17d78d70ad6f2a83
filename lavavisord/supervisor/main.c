/*
 * The supervisor: keeps the services as they are wanted and moves their output
 * to their logs.  It has no rights of its own: it orders, the parent acts.
 */

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/log.h"
#include "common/room.h"
#include "compat/fifo.h"
#include "lavavisord/supervisor/slot.h"

static void	ask_rotation(uint32_t);
static void	dispatch(struct room *, struct imsg *);
static void	exercise(struct room *);
static void	handle_ended(struct imsg *);
static void	handle_fd(struct imsg *);
static void	handle_lock(struct imsg *);
static void	handle_service(struct imsg *);
static void	handle_started(struct imsg *);
static void	handle_state(struct imsg *);
static void	handle_want(struct imsg *);
static void	handle_watch_log(struct imsg *);
static void	handle_watch_notify(struct imsg *);
static void	log_matched(uint32_t, uint64_t);
static void	orphaned(struct room *);
static void	output_ended(uint32_t);
static void	output_moved(uint32_t);
static void	prepare(struct room *);
static void	report_notified(const struct msg_notified *);
static void	report_lost(uint32_t, uint64_t, int);
static struct slot	*find(uint32_t, struct imsg *);

static const struct room_code	 code = {
	.kind = ROOM_SUPERVISOR,
	.prepare = prepare,
	.exercise = exercise,
	.dispatch = dispatch,
	.orphaned = orphaned
};

static const struct output_hooks	 hooks = {
	.rotate = ask_rotation,
	.lost = report_lost,
	.moved = output_moved,
	.quiet = output_ended
};

static struct room	*room;
static int		 is_orphan;

int
main(int argc, char *argv[])
{
	return room_main(&code, argc, argv);
}

static void
prepare(struct room *r)
{
	room = r;
	if (fifo_prepare() == -1)
		fatal("pipe");
	output_setup(r->base, &hooks);
	slots_setup(r);
}

/* One piece through a pipe, as later from each fifo. */
static void
exercise(struct room *r)
{
	uint32_t	 chance;
	size_t		 lost;
	int		 fds[2], ends;

	(void)r;
	if (pipe(fds) == -1)
		return;
	if (write(fds[1], "\n", 1) == 1)
		fifo_move_line(fds[0], fds[1], 1, &ends, &lost);
	close(fds[0]);
	close(fds[1]);
	chance = arc4random();
	(void)chance;
	(void)room_now_ms();
}

static void
dispatch(struct room *r, struct imsg *imsg)
{
	struct msg_slot	 m;
	struct slot	*slot;

	switch (imsg_get_type(imsg)) {
	case MSG_SERVICE:
		handle_service(imsg);
		break;
	case MSG_SERVICE_REMOVE:
		room_read(r, imsg, MSG_SERVICE_REMOVE, &m, sizeof(m));
		if ((slot = slot_find(m.slot)) != NULL)
			slot_remove(slot);
		break;
	case MSG_SERVICE_FIFO:
	case MSG_SERVICE_LOG:
		handle_fd(imsg);
		break;
	case MSG_SERVICES_END:
		slots_go();
		break;
	case MSG_SERVICE_STATE:
		handle_state(imsg);
		break;
	case MSG_SERVICE_LOCK:
		handle_lock(imsg);
		break;
	case MSG_SERVICE_WANT:
		handle_want(imsg);
		break;
	case MSG_WATCH_LOG:
		handle_watch_log(imsg);
		break;
	case MSG_WATCH_NOTIFY:
		handle_watch_notify(imsg);
		break;
	case MSG_SERVICE_STARTED:
		handle_started(imsg);
		break;
	case MSG_SERVICE_ENDED:
		handle_ended(imsg);
		break;
	default:
		fatalx("unexpected %s message",
		    message_name(imsg_get_type(imsg)));
	}
}

static struct slot *
find(uint32_t number, struct imsg *imsg)
{
	struct slot	*slot;

	if ((slot = slot_find(number)) == NULL)
		log_warnx("%s message for slot %u, which there is not",
		    message_name(imsg_get_type(imsg)), number);
	return slot;
}

static void
handle_service(struct imsg *imsg)
{
	struct msg_service	 m;

	room_read(room, imsg, MSG_SERVICE, &m, sizeof(m));
	slot_make(&m);
}

static void
handle_fd(struct imsg *imsg)
{
	struct msg_slot		 m;
	struct slot		*slot;
	enum message_type	 type = imsg_get_type(imsg);
	int			 fd;

	room_read(room, imsg, type, &m, sizeof(m));
	if ((slot = find(m.slot, imsg)) == NULL)
		return;			/* imsg_free() closes the fd */
	if ((fd = imsg_get_fd(imsg)) == -1) {
		log_warnx("%s: %s message came without its descriptor",
		    slot->service.name, message_name(type));
		return;
	}
	if (type == MSG_SERVICE_FIFO)
		output_fifo(&slot->output, fd);
	else
		output_log(&slot->output, fd);
}

static void
handle_watch_log(struct imsg *imsg)
{
	struct msg_watch_log	 m;
	struct slot		*slot;
	int			 fd;

	room_read(room, imsg, MSG_WATCH_LOG, &m, sizeof(m));
	if ((slot = find(m.slot, imsg)) == NULL ||
	    (fd = imsg_get_fd(imsg)) == -1)
		return;
	if (log_watch_is(slot->log_watch, &m)) {
		log_watch_next(slot->log_watch, fd);
		return;
	}
	log_watch_close(slot->log_watch);
	slot->log_watch = log_watch_open(room->base, fd, &m, log_matched);
}

static void
handle_watch_notify(struct imsg *imsg)
{
	struct msg_slot	 m;
	struct slot	*slot;
	int		 fd;

	room_read(room, imsg, MSG_WATCH_NOTIFY, &m, sizeof(m));
	if ((slot = find(m.slot, imsg)) == NULL ||
	    (fd = imsg_get_fd(imsg)) == -1)
		return;
	notify_close(slot->notify);
	slot->notify = notify_open(room->base, fd, m.slot, report_notified);
}

static void
log_matched(uint32_t number, uint64_t generation)
{
	struct msg_log_matched	 m;

	memset(&m, 0, sizeof(m));
	m.slot = number;
	m.generation = generation;
	room_send(room, MSG_LOG_MATCHED, 0, -1, &m);
}

static void
report_notified(const struct msg_notified *m)
{
	room_send(room, MSG_NOTIFIED, 0, -1, m);
}

static void
output_moved(uint32_t number)
{
	struct slot	*slot = slot_find(number);

	if (slot != NULL)
		log_watch_more(slot->log_watch);
}

static void
handle_state(struct imsg *imsg)
{
	struct msg_service_state	 m;
	struct slot			*slot;

	room_read(room, imsg, MSG_SERVICE_STATE, &m, sizeof(m));
	if ((slot = find(m.slot, imsg)) != NULL)
		slot_state(slot, &m);
}

static void
handle_want(struct imsg *imsg)
{
	struct msg_service_want	 m;
	struct policy_event	 event;
	struct slot		*slot;

	room_read(room, imsg, MSG_SERVICE_WANT, &m, sizeof(m));
	memset(&event, 0, sizeof(event));
	event.type = POLICY_WANT;
	event.want = m.want;
	event.order = m.order;
	if ((slot = find(m.slot, imsg)) != NULL)
		slot_event(slot, &event);
}

static void
handle_lock(struct imsg *imsg)
{
	struct msg_slot		 m;
	struct policy_event	 event;
	struct slot		*slot;

	room_read(room, imsg, MSG_SERVICE_LOCK, &m, sizeof(m));
	memset(&event, 0, sizeof(event));
	event.type = POLICY_LOCK;
	if ((slot = find(m.slot, imsg)) != NULL)
		slot_event(slot, &event);
}

static void
handle_started(struct imsg *imsg)
{
	struct msg_service_started	 m;
	struct policy_event		 event;
	struct slot			*slot;

	room_read(room, imsg, MSG_SERVICE_STARTED, &m, sizeof(m));
	memset(&event, 0, sizeof(event));
	event.type = m.pid > 0 ? POLICY_STARTED : POLICY_START_FAILED;
	event.generation = m.generation;
	event.pid = m.pid;
	event.wait = m.wait;
	if ((slot = find(m.slot, imsg)) != NULL)
		slot_event(slot, &event);
}

static void
handle_ended(struct imsg *imsg)
{
	struct msg_service_ended	 m;
	struct policy_event		 event;
	struct slot			*slot;

	room_read(room, imsg, MSG_SERVICE_ENDED, &m, sizeof(m));
	memset(&event, 0, sizeof(event));
	event.type = POLICY_ENDED;
	event.generation = m.generation;
	event.wait = m.wait;
	event.exit_kind = m.exit_kind;
	event.exit_value = m.exit_value;
	if ((slot = find(m.slot, imsg)) != NULL)
		slot_event(slot, &event);
}

static void
ask_rotation(uint32_t number)
{
	struct msg_order	 m;
	struct slot		*slot = slot_find(number);

	memset(&m, 0, sizeof(m));
	m.slot = number;
	m.generation = slot != NULL ? slot->state.generation : 0;
	room_send(room, MSG_ORDER_ROTATE, 0, -1, &m);
}

static void
report_lost(uint32_t number, uint64_t bytes, int error)
{
	struct msg_output_lost	 m;

	memset(&m, 0, sizeof(m));
	m.slot = number;
	m.bytes = bytes;
	strlcpy(m.error, error != 0 ? strerror(error) : OUTPUT_NO_LOG,
	    sizeof(m.error));
	room_send(room, MSG_OUTPUT_LOST, 0, -1, &m);
}

static void
output_ended(uint32_t number)
{
	(void)number;
	if (is_orphan && slots_are_quiet())
		exit(0);
}

/*
 * The services live on without the parent, and a full fifo would stop them:
 * stay until nobody writes or the next parent ends us.
 */
static void
orphaned(struct room *r)
{
	(void)r;
	is_orphan = 1;
	slots_orphaned();
	if (slots_are_quiet())
		exit(0);
}
