#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/channel.h"
#include "common/log.h"
#include "common/message.h"
#include "compat/fifo.h"
#include "lavavisord/config.h"
#include "lavavisord/ready_signs.h"
#include "lavavisord/rooms.h"
#include "lavavisord/services.h"
#include "lavavisord/services_own.h"

static void	supervisor_dispatch(struct channel *, struct imsg *);
static void	supervisor_gone(const char *);
static void	supervisor_ready(struct channel *);

static void	(*on_rotate)(struct service *);

void
supervisor_begin(void)
{
	static const struct room_user	 user = {
		supervisor_ready, supervisor_dispatch, supervisor_gone
	};

	rooms_use(ROOM_SUPERVISOR, &user);
	rooms_keep(ROOM_SUPERVISOR);
}

void
tell_policy(struct service *s)
{
	const struct config_service	*c = s->conf;
	struct msg_service		*m = &s->policy;

	/* One that is leaving keeps the policy it had. */
	if (c != NULL) {
		memset(m, 0, sizeof(*m));
		m->slot = s->slot;
		strlcpy(m->name, s->name, sizeof(m->name));
		m->restart = (uint8_t)c->restart;
		memcpy(m->unless, c->unless, sizeof(m->unless));
		m->stop_signal = (uint8_t)c->stop_signal;
		m->grace_ms = c->grace_ms;
		m->stable_ms = c->stable_ms;
		m->backoff_ms = c->backoff_ms;
		m->backoff_max_ms = c->backoff_max_ms;
		m->limit = c->limit;
		m->retry_ms = c->retry_ms;
		m->log_size = c->log_size;
		m->log_count = c->log_count;
	}
	rooms_send(ROOM_SUPERVISOR, MSG_SERVICE, 0, -1, m);
}

void
tell_want(struct service *s)
{
	struct msg_service_want	 m;

	memset(&m, 0, sizeof(m));
	m.slot = s->slot;
	m.want = s->want_given;
	m.order = s->order_given;
	rooms_send(ROOM_SUPERVISOR, MSG_SERVICE_WANT, 0, -1, &m);
}

void
tell_started(struct service *s)
{
	struct msg_service_started	 m;

	memset(&m, 0, sizeof(m));
	m.slot = s->slot;
	m.generation = s->generation;
	m.pid = s->run_pid;
	rooms_send(ROOM_SUPERVISOR, MSG_SERVICE_STARTED, 0, -1, &m);
}

void
tell_not_started(struct service *s, uint8_t wait, const char *error)
{
	service_set_reason(s, error);
	s->start_wait = wait;
	log_info("service %s is not started: %s", s->name, s->reason);
	tell_refused(s, wait, s->reason);
	service_event_now(s, SERVICE_EVENT_NOT_STARTED);
}

void
tell_refused(struct service *s, uint8_t wait, const char *error)
{
	struct msg_service_started	 m;

	memset(&m, 0, sizeof(m));
	m.slot = s->slot;
	m.generation = s->generation;
	m.wait = wait;
	s->refused = wait == 1;
	/* The number is used up: the next order must be for this one. */
	if (!s->started_untold)
		s->said.generation = s->generation;
	strlcpy(m.error, error, sizeof(m.error));
	rooms_send(ROOM_SUPERVISOR, MSG_SERVICE_STARTED, 0, -1, &m);
}

void
tell_ended(struct service *s)
{
	struct msg_service_ended	 m;

	memset(&m, 0, sizeof(m));
	m.slot = s->slot;
	m.generation = s->generation;
	m.exit_kind = s->state.exit_kind;
	m.exit_value = s->state.exit_value;
	m.wait = s->ended_wait;
	rooms_send(ROOM_SUPERVISOR, MSG_SERVICE_ENDED, 0, -1, &m);
}

/* It is not to be started by itself. */
void
tell_locked(struct service *s)
{
	struct msg_slot	 m = { s->slot };

	rooms_send(ROOM_SUPERVISOR, MSG_SERVICE_LOCK, 0, -1, &m);
}

void
tell_removed(uint32_t slot)
{
	struct msg_slot	 m = { slot };

	rooms_send(ROOM_SUPERVISOR, MSG_SERVICE_REMOVE, 0, -1, &m);
}

void
tell_log(struct service *s)
{
	struct msg_slot	 m = { s->slot };
	int		 fd;

	if ((fd = log_rotate(s)) == -1)
		return;
	rooms_send(ROOM_SUPERVISOR, MSG_SERVICE_LOG, 0, fd, &m);
	ready_signs_rotated(s);
	if (on_rotate != NULL)
		on_rotate(s);
}

void
services_on_rotate(void (*f)(struct service *))
{
	on_rotate = f;
}

/* Policy, last word, output: what a supervisor must have of a service */
void
tell_everything(struct service *s)
{
	struct msg_slot	 m = { s->slot };
	int		 fd;

	if (rooms_channel(ROOM_SUPERVISOR) == NULL)
		return;
	tell_policy(s);
	rooms_send(ROOM_SUPERVISOR, MSG_SERVICE_STATE, 0, -1, &s->said);
	/* A second log is gone on with at the end of the line in hand. */
	if ((fd = log_open_unfinished(s)) != -1)
		rooms_send(ROOM_SUPERVISOR, MSG_SERVICE_LOG, 0, fd, &m);
	tell_same_log(s);
	tell_fifo(s);
	/*
	 * What happened since its last word.  The order comes before the end,
	 * or one that is to stay down would be started again in between.
	 */
	if (s->started_untold)
		tell_started(s);
	if (s->said.order < s->order_given)
		tell_want(s);
	if (s->ended_untold)
		tell_ended(s);
	ready_signs_tell(s);
}

void
tell_same_log(struct service *s)
{
	struct msg_slot	 m = { s->slot };
	int		 fd;

	if ((fd = log_open(s)) != -1)
		rooms_send(ROOM_SUPERVISOR, MSG_SERVICE_LOG, 0, fd, &m);
	else
		log_warn("service %s: its log cannot be opened", s->name);
}

void
tell_fifo(struct service *s)
{
	struct msg_slot	 m = { s->slot };
	int		 fd = -1;

	if (s->fifo == -1)
		s->fifo = fifo_open(s->name);
	if (s->fifo != -1) {
		fifo_enlarge(s->fifo);
		fd = fifo_open_read(s->name);
	}
	if (fd != -1)
		rooms_send(ROOM_SUPERVISOR, MSG_SERVICE_FIFO, 0, fd, &m);
	else
		log_warn("service %s: its output cannot be read", s->name);
}

static void
supervisor_ready(struct channel *ch)
{
	struct room_view	 view;
	struct service		*s;
	char			 error[TEXT_SIZE];

	rooms_view(ROOM_SUPERVISOR, &view);
	/*
	 * A successor of ours must find and end it: two readers of one fifo
	 * would tear its lines.  So without a record it gets none.
	 */
	if (run_record_supervisor(view.pid, error) == -1) {
		log_warnx("the supervisor is not written down, killed: %s",
		    error);
		rooms_kill(ROOM_SUPERVISOR);
		return;
	}
	TAILQ_FOREACH(s, &services.list, entry)
		tell_everything(s);
	channel_send(ch, MSG_SERVICES_END, 0, -1, NULL);
}

static void
supervisor_gone(const char *why)
{
	/* Everything it must know is here; the next one is told. */
	(void)why;
}

static void
supervisor_dispatch(struct channel *ch, struct imsg *imsg)
{
	struct msg_service_state	 state;
	struct msg_output_lost		 lost;
	struct msg_log_matched		 matched;
	struct msg_notified		 notified;
	struct msg_order		 order;
	enum message_type		 type = imsg_get_type(imsg);

	switch (type) {
	case MSG_ORDER_START:
	case MSG_ORDER_SIGNAL:
	case MSG_ORDER_ROTATE:
		if (channel_read(ch, imsg, type, &order, sizeof(order)) == -1)
			break;
		if (type == MSG_ORDER_START)
			service_start_order(&order);
		else if (type == MSG_ORDER_SIGNAL)
			service_signal_order(&order);
		else
			service_rotate_order(&order);
		return;
	case MSG_SERVICE_STATE:
		if (channel_read(ch, imsg, type, &state, sizeof(state)) == -1)
			break;
		service_said(&state);
		return;
	case MSG_OUTPUT_LOST:
		if (channel_read(ch, imsg, type, &lost, sizeof(lost)) == -1)
			break;
		service_lost_output(&lost);
		return;
	case MSG_LOG_MATCHED:
		if (channel_read(ch, imsg, type, &matched, sizeof(matched)) ==
		    -1)
			break;
		ready_signs_matched(&matched);
		return;
	case MSG_NOTIFIED:
		if (channel_read(ch, imsg, type, &notified,
		    sizeof(notified)) == -1)
			break;
		ready_signs_notified(&notified);
		return;
	default:
		log_warnx("supervisor: unexpected %s message",
		    message_name(type));
		break;
	}
	rooms_kill(ROOM_SUPERVISOR);
}
