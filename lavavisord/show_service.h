/*
 * `lavavisorctl show service NAME`: one service in full.
 */

#ifndef LAVAVISORD_SHOW_SERVICE_H
#define LAVAVISORD_SHOW_SERVICE_H

struct client;
struct msg_request;

/*
 * Answers with one object: how the service does, what it executes, how its last
 * runs ended, and its definition with all defaults; secrets are masked.
 */
void	 show_service_whole(struct client *, const struct msg_request *);

#endif
