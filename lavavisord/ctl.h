/*
 * The questions and orders of lavavisorctl, as the two control rooms relay
 * them.  Rights follow the room: what `show` may not say is refused here,
 * whatever the message claims.
 */

#ifndef LAVAVISORD_CTL_H
#define LAVAVISORD_CTL_H

#include <jansson.h>

#include "common/message.h"

/* Exit codes of lavavisorctl */
#define CTL_DONE	0
#define CTL_FAILED	1
#define CTL_USAGE	2
#define CTL_NOTHING	3
#define CTL_REFUSED	5

struct client;
struct event_base;

/*
 * Registers the control rooms and keeps them running; they listen on these
 * sockets, which stay open here.  up is called once, when both are ready.
 */
void	 ctl_init(struct event_base *, int admin_fd, int show_fd,
	    void (*up)(void));

/* Sends one line of JSON; o is taken. */
void	 client_answer(struct client *, json_t *o);

/* Sends a line of text as it is. */
void	 client_line(struct client *, const char *);

/* Sends a file; fd is taken. */
void	 client_file(struct client *, const char *text, int fd);

/* The end of the answer; the client is freed. */
void	 client_end(struct client *, int code, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 3, 4)));

const struct msg_request *client_request(const struct client *);

/* Its request is about this: the argument that it left out. */
void	 client_means(struct client *, const char *argument);

/* The client's own number for whoever answers it, 0 at first. */
uint32_t *client_mark(struct client *);

/*
 * Keeps the client for later: it gets every event whose name is in `events`
 * (NULL: all; "" none) until it leaves or client_end() is called.  gone, if
 * not NULL, is called when it leaves by itself.  0, or -1 when too many stay
 * and it was ended.  One that stays already gets these events instead.
 */
int	 client_stays(struct client *, const char *events,
	    void (*gone)(struct client *));

/* f takes the files that follow the request; fd is f's then.  NULL: none. */
void	 client_files(struct client *, void (*f)(struct client *,
	    enum verify_file, int fd));

/* 1 while a file may follow. */
int	 client_has_files(const struct client *);

/* 1 if there is room for it; asked before what it waits for is done. */
int	 client_may_stay(const struct client *);

/* Calls f in timeout_ms; one timer a client. */
void	 client_timer(struct client *, int64_t timeout_ms,
	    void (*f)(struct client *));

/* Goes through the clients of one verb that stay; f may end them. */
void	 clients_each(enum verb, void (*f)(struct client *, void *), void *);

/* Ends all that stay, for a shutdown or reexec; a wait without an answer. */
void	 clients_end_all(int code, const char *text);

/* What each verb does; NULL: not for this build.  Filled by ctl_verbs.c. */
typedef void	(*verb_handler)(struct client *, const struct msg_request *);
verb_handler	 verb_find(uint32_t verb);

#endif
